//! What Apache Kafka 4.3.1 wrote, against what this controller would have written in its place.

use super::*;
use crate::controller::brokers::Heartbeat;

/// The log as the file next to this one says it: offset and value.
fn kafkas_log() -> Vec<(i64, Vec<u8>)> {
    let lines = include_str!("kafka-4.3.1.log.txt").lines().filter(|line| !line.starts_with('#'));
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    };
    lines
        .map(|line| {
            let (offset, value) = line.split_once(' ').unwrap();
            (offset.parse().unwrap(), hex(value))
        })
        .collect()
}

/// A controller that has replayed Kafka's log up to an offset, and the records behind it, up to another.
fn at(offset: i64, until: i64) -> (Controller, Vec<MetadataRecord>) {
    let (mut controller, mut next) = (Controller::new(1, Overrides::new()), Vec::new());
    for (at, value) in kafkas_log() {
        let record = MetadataRecord::decode(&value).unwrap();
        if at < offset {
            controller.replay(Offset(at), record, &mut Delta::default()).unwrap();
        } else if at < until {
            next.push(record);
        }
    }
    (controller, next)
}

/// Kafka walks its topics in the order of a hash map.
fn sorted(mut records: Vec<MetadataRecord>) -> Vec<MetadataRecord> {
    records.sort_by_key(|record| match record {
        MetadataRecord::PartitionChange(change) => Some((change.topic_id, change.partition_id)),
        _ => None,
    });
    records
}

fn heartbeat(controller: &Controller, want_shut_down: bool) -> Vec<MetadataRecord> {
    let heartbeat = Heartbeat {
        id: NODE,
        epoch: controller.image().cluster.broker(NODE).unwrap().epoch,
        metadata_offset: Offset(i64::MAX),
        want_fence: false,
        want_shut_down,
        cordoned_log_dirs: None,
    };
    controller.broker_heartbeat(&heartbeat).unwrap().records
}

#[test]
fn every_record_of_kafkas_is_read_and_written_byte_for_byte() {
    for (offset, value) in kafkas_log() {
        let record = MetadataRecord::decode(&value).unwrap();
        assert_eq!(record.encode(MetadataVersion::LATEST).unwrap(), value, "{record:?} at {offset}");
    }
}

#[test]
fn a_snapshot_of_kafkas_log_loses_nothing() {
    let (controller, _) = at(i64::MAX, 0);
    let mut read = Image::default();
    for record in controller.image().to_records() {
        read.replay(record, &mut Delta::default()).unwrap();
    }
    assert_eq!(&read, controller.image());
}

#[test]
fn an_empty_log_gets_kafkas_first_batch() {
    let (controller, kafkas) = at(0, 12);
    assert_eq!(controller.activate(&bootstrap::default_records(), false).unwrap().records, kafkas);
}

#[test]
fn a_controller_registers_as_kafkas_does() {
    let (controller, kafkas) = at(12, 15);
    let MetadataRecord::RegisterController(kafkas) = &kafkas[0] else { panic!("{kafkas:?}") };
    let mut image = controller.image().clone();
    image.replay(kafkas.clone().into(), &mut Delta::default()).unwrap();
    let registration = image.cluster.controllers[&1].clone();
    assert_eq!(registration.features, features::supported(false));
    assert_eq!(names(&controller.register_controller(&registration).records), ["RegisterControllerRecord"]);
}

#[test]
fn a_topic_with_configs_gets_kafkas_records() {
    let (controller, kafkas) = at(31, 36);
    let MetadataRecord::Topic(kafkas_topic) = &kafkas[0] else { panic!("{kafkas:?}") };
    let configs = [("min.insync.replicas", Some("1")), ("retention.ms", Some("5000"))];
    let request = CreateTopicsRequest { topics: vec![with_configs("t1", &configs)], ..Default::default() };
    assert_eq!(controller.create_topics(&request, &mut || kafkas_topic.topic_id).records, kafkas);
}

#[test]
fn a_clean_stop_writes_kafkas_records() {
    let (controller, kafkas) = at(55, 60);
    let records = heartbeat(&controller, true);
    assert_eq!(records[0], kafkas[0]);
    assert_eq!(sorted(records), sorted(kafkas));
    let (controller, kafkas) = at(60, 61);
    assert_eq!(heartbeat(&controller, true), kafkas);
}

#[test]
fn a_start_after_a_clean_stop_writes_kafkas_records() {
    let (controller, kafkas) = at(76, 81);
    let records = heartbeat(&controller, false);
    assert_eq!(records[0], kafkas[0]);
    assert_eq!(sorted(records), sorted(kafkas));
}

/// Kafka waits for the old session to end, fences the broker and strikes it from the eligible replicas afterwards. The
/// new incarnation of a combined node knows that the old one is dead and does both in one step.
#[test]
fn a_start_after_a_kill_leads_where_kafkas_does() {
    let (killed, _) = at(98, 0);
    let mut ours = killed.clone();
    let mut log_end = 120;
    let mut apply = |controller: &mut Controller, records: Vec<MetadataRecord>| {
        for record in records {
            controller.replay(Offset(log_end), record, &mut Delta::default()).unwrap();
            log_end += 1;
        }
    };
    let (kafkas, _) = at(i64::MAX, 0);
    let broker = kafkas.image().cluster.broker(NODE).unwrap();
    let request = BrokerRegistrationRequest {
        id: NODE,
        incarnation_id: broker.incarnation_id,
        listeners: broker.listeners.clone(),
        features: broker.features.clone(),
        rack: None,
        log_dirs: broker.log_dirs.clone(),
        previous_epoch: -1,
    };
    let outcome = ours.register_broker(&request, Former::Gone, Offset(120)).unwrap();
    apply(&mut ours, outcome.records);
    let records = heartbeat(&ours, false);
    apply(&mut ours, records);
    for topic in kafkas.image().topics.iter() {
        for (index, kafkas) in &topic.partitions {
            let ours = &ours.image().topics.by_id(topic.id).unwrap().partitions[index];
            let steps = kafkas.partition_epoch - ours.partition_epoch;
            assert_eq!(steps, 1, "the step that Kafka takes apart");
            assert_eq!(ours, &crate::image::PartitionImage { partition_epoch: ours.partition_epoch, ..kafkas.clone() });
        }
    }
}
