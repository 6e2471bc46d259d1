use proptest::prelude::*;
use protocol::types::{BrokerId, Uuid};

use super::*;
use crate::{
    format,
    voters::{Endpoint, ReplicaKey, Voter},
};

const BOOTSTRAP: &[u8] = include_bytes!("../testdata/bootstrap.checkpoint");
const STANDALONE: &[u8] = include_bytes!("../testdata/standalone.checkpoint");

fn voters() -> VoterSet {
    let key = ReplicaKey::new(BrokerId(1), "Zak8kkDaS7uuiUYA6v66pw".parse().unwrap());
    let endpoint = Endpoint { name: "CONTROLLER".to_owned(), host: "127.0.0.1".to_owned(), port: 9193 };
    VoterSet::of(Voter { key, endpoints: vec![endpoint], kraft_versions: 0..=1 })
}

/// The batches of a file, times and checksums taken out: Apache Kafka looks at the clock for each.
fn timeless(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut batches = Vec::new();
    while let Some((batch, behind)) = next_batch(rest).unwrap() {
        let mut bytes = batch.bytes().to_vec();
        bytes[17..21].fill(0);
        bytes[27..43].fill(0);
        batches.push(bytes);
        rest = behind;
    }
    batches
}

#[test]
fn the_formatter_writes_what_apache_kafka_s_writes() {
    let snapshot = Snapshot::read(BOOTSTRAP).unwrap();
    assert_eq!((snapshot.last_contained_log_timestamp, snapshot.kraft_version), (Timestamp(0), None));
    let records: Vec<_> = snapshot.records().map(<[u8]>::to_vec).collect();
    assert_eq!(records.len(), 6, "the levels of six features");
    let ours = format::bootstrap_checkpoint(records, Timestamp(1_000));
    assert_eq!(timeless(&ours), timeless(BOOTSTRAP));

    let snapshot = Snapshot::read(STANDALONE).unwrap();
    assert_eq!((snapshot.kraft_version, snapshot.voters), (Some(1), Some(voters())));
    let voter = voters().iter().next().unwrap().clone();
    let ours = format::standalone_checkpoint(voter, snapshot.last_contained_log_timestamp);
    assert_eq!(timeless(&ours), timeless(STANDALONE));
}

#[test]
fn the_directory_of_another_voter_is_written_as_given() {
    let key = ReplicaKey::new(BrokerId(7), Uuid([3; 16]));
    let bytes =
        format::standalone_checkpoint(Voter { key, endpoints: Vec::new(), kraft_versions: 0..=0 }, Timestamp(1));
    assert!(Snapshot::read(&bytes).unwrap().voters.unwrap().is_only_voter(key));
}

#[test]
fn a_snapshot_s_name_says_what_it_covers() {
    let id = SnapshotId { end_offset: Offset(4711), epoch: LeaderEpoch(3) };
    assert_eq!(id.file_name(), "00000000000000004711-0000000003.checkpoint");
    assert_eq!(SnapshotId::from_file_name(&id.file_name()), Some(id));
    assert_eq!(SnapshotId::BOOTSTRAP.file_name(), "00000000000000000000-0000000000.checkpoint");
    for name in [
        "bootstrap.checkpoint",
        "00000000000000004711-0000000003.checkpoint.part",
        "00000000000000004711-0000000003.checkpoint.deleted",
        "4711-3.checkpoint",
        "+0000000000000004711-0000000003.checkpoint",
        "99999999999999999999-0000000003.checkpoint",
        "00000000000000004711-9999999999.checkpoint",
    ] {
        assert_eq!(SnapshotId::from_file_name(name), None, "{name}");
    }
    assert!(is_leftover("00000000000000004711-0000000003-123.checkpoint.part"));
    assert!(is_leftover("00000000000000004711-0000000003.checkpoint.deleted"));
    assert!(!is_leftover("00000000000000004711-0000000003.checkpoint"));
}

#[test]
fn a_snapshot_that_is_not_whole_is_refused() {
    for length in 0..BOOTSTRAP.len() {
        Snapshot::read(&BOOTSTRAP[..length]).unwrap_err();
    }
    // At the end of a batch the cut shows only by the missing footer.
    assert_eq!(Snapshot::read(&BOOTSTRAP[..336]).unwrap_err(), SnapshotError::NoFooter);
    assert_eq!(Snapshot::read(&BOOTSTRAP[83..]).unwrap_err(), SnapshotError::NoHeader);
    let twice = [BOOTSTRAP, BOOTSTRAP].concat();
    assert!(matches!(Snapshot::read(&twice), Err(SnapshotError::Content { at: 411, .. })));
}

#[test]
fn old_snapshots_go_by_size_and_by_age_and_the_latest_stays() {
    let file = |end, timestamp| SnapshotFile {
        id: SnapshotId { end_offset: Offset(end), epoch: LeaderEpoch(1) },
        bytes: 100,
        last_contained_log_timestamp: Timestamp(timestamp),
    };
    let files = [file(0, 0), file(10, 1_000), file(20, 2_000)];
    let ask = |bytes, ms, files: &[SnapshotFile]| {
        Retention { bytes, ms }.next_start(files, 500, Timestamp(3_000)).map(|id| id.end_offset.0)
    };
    assert_eq!(ask(-1, -1, &files), None);
    assert_eq!(ask(800, -1, &files), None);
    assert_eq!(ask(799, -1, &files), Some(10));
    assert_eq!(ask(799, -1, &files[1..]), None, "700 bytes are left");
    assert_eq!(ask(-1, 2_999, &files), Some(10));
    assert_eq!(ask(-1, 2_000, &files[1..]), None);
    assert_eq!(ask(0, 0, &files[2..]), None, "the latest is always kept");
}

proptest! {
    #[test]
    fn every_record_comes_back_in_order(
        records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..40),
        repeat in 1usize..100, timestamp in 0i64..i64::MAX / 2, with_voters: bool, epoch in 0..i32::MAX,
    ) {
        let id = SnapshotId { end_offset: Offset(99), epoch: LeaderEpoch(epoch) };
        let voters = with_voters.then(voters);
        let level = i16::from(with_voters);
        let mut writer = SnapshotWriter::new(id, Timestamp(timestamp), level, voters.as_ref(), Timestamp(1));
        // Many, so that they fill several batches.
        let records: Vec<_> = std::iter::repeat_n(records, repeat).flatten().collect();
        records.iter().for_each(|record| writer.append(record.clone()));
        let bytes = writer.finish();
        let snapshot = Snapshot::read(&bytes).unwrap();
        prop_assert_eq!(snapshot.records().collect::<Vec<_>>(), records);
        prop_assert_eq!(snapshot.last_contained_log_timestamp, Timestamp(timestamp));
        prop_assert_eq!(snapshot.voters, voters);
        prop_assert_eq!(snapshot.kraft_version.unwrap_or(0), level);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(at in 0usize..411, byte: u8, garbage: Vec<u8>) {
        let mut bytes = BOOTSTRAP.to_vec();
        bytes[at] = byte;
        for bytes in [&bytes, &garbage] {
            if let Ok(snapshot) = Snapshot::read(bytes) {
                prop_assert_eq!(snapshot.records().count(), 6);
            }
        }
    }
}
