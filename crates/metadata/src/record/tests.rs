use protocol::types::{BrokerId, LeaderEpoch, Uuid};

use super::*;

fn round_trip(record: impl Into<MetadataRecord>, level: i16) -> (i16, MetadataRecord) {
    let record = record.into();
    let value = record.encode(MetadataVersion(level)).unwrap();
    let version = stored::read_metadata_frame(&mut Reader::new(&value)).unwrap().version;
    (version, MetadataRecord::decode(&value).unwrap())
}

#[test]
fn a_registration_is_written_in_the_version_of_the_level() {
    let record = RegisterBrokerRecord {
        broker_id: BrokerId(1),
        broker_epoch: 13,
        rack: Some("a".into()),
        end_points: vec![RegisterBrokerBrokerEndpoint { name: "PLAINTEXT".into(), port: 9092, ..Default::default() }],
        ..Default::default()
    };
    for (level, version) in [(7, 1), (8, 2), (16, 2), (17, 3), (29, 3), (30, 4), (31, 4)] {
        assert_eq!(round_trip(record.clone(), level), (version, record.clone().into()), "at level {level}");
    }
}

#[test]
fn a_partition_is_written_in_the_version_of_the_level() {
    let record = PartitionRecord {
        partition_id: 3,
        topic_id: Uuid([7; 16]),
        replicas: vec![BrokerId(1)],
        isr: vec![1],
        leader: BrokerId(1),
        leader_epoch: LeaderEpoch(0),
        partition_epoch: 0,
        ..Default::default()
    };
    for (level, version) in [(16, 0), (17, 1), (22, 1), (23, 2), (30, 2)] {
        assert_eq!(round_trip(record.clone(), level).0, version, "at level {level}");
    }
}

#[test]
fn a_registration_change_takes_the_lowest_version_that_can_say_it() {
    let none = BrokerRegistrationChangeRecord { broker_id: BrokerId(1), broker_epoch: 13, ..Default::default() };
    for (version, record) in [
        (0, BrokerRegistrationChangeRecord { fenced: -1, ..none.clone() }),
        (1, BrokerRegistrationChangeRecord { in_controlled_shutdown: 1, ..none.clone() }),
        (2, BrokerRegistrationChangeRecord { log_dirs: vec![Uuid([9; 16])], ..none.clone() }),
        (3, BrokerRegistrationChangeRecord { cordoned_log_dirs: Some(Vec::new()), ..none }),
    ] {
        assert_eq!(round_trip(record.clone(), 30), (version, record.into()));
    }
}

#[test]
fn a_kind_of_a_later_kafka_is_refused_by_name() {
    let error = MetadataRecord::decode(&[1, 29, 0, 0, 0, 0, 1, 0]).unwrap_err();
    assert_eq!(error, RecordError::UnknownKind { kind: 29, version: 0 });
    assert!(error.to_string().contains("UnregisterControllerRecord"));
    assert!(MetadataRecord::decode(&[1, 6, 0]).unwrap_err().to_string().contains("kind 6"));
}

#[test]
fn a_version_of_a_later_kafka_is_refused_by_name() {
    let text = MetadataRecord::decode(&[1, 3, 9, 0]).unwrap_err().to_string();
    assert!(text.contains("PartitionRecord") && text.contains('9'), "{text}");
}

#[test]
fn bytes_behind_a_record_are_refused() {
    let mut value = MetadataRecord::from(NoOpRecord).encode(MetadataVersion::LATEST).unwrap();
    assert_eq!(MetadataRecord::decode(&value), Ok(NoOpRecord.into()));
    value.push(0);
    assert!(MetadataRecord::decode(&value).is_err());
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(value: Vec<u8>) {
        let _ = MetadataRecord::decode(&value);
        let framed: Vec<u8> = [&[1][..], &value].concat();
        let _ = MetadataRecord::decode(&framed);
    }
}
