//! What is in the files, byte for byte as Apache Kafka 4.3.1 writes them.

use super::*;
use crate::index::{OffsetEntry, TimeEntry, read_offset_index, read_time_index};

#[test]
fn a_rolled_segment_leaves_its_indexes_and_an_empty_snapshot() {
    let mut node = Node::new(&FaultDisk::new(1));
    let size = batch(1).len() as u32;
    let mut log = node.open(LogConfig { segment_bytes: 3 * size, index_interval_bytes: 1, ..LogConfig::default() });
    for timestamp in [5, 9, 7, 8] {
        append(&mut log, &batch_at(&[timestamp])).unwrap();
    }
    sync(&mut log, SyncScope::Records);
    assert_eq!(
        node.files(),
        [
            "00000000000000000000.index",
            "00000000000000000000.log",
            "00000000000000000000.timeindex",
            "00000000000000000003.log",
            "00000000000000000003.snapshot",
            "leader-epoch-checkpoint",
            "milena.producers",
            "partition.metadata",
        ]
    );
    let entry = |relative_offset, position| OffsetEntry { relative_offset, position };
    let offsets = read_offset_index(&node.file("00000000000000000000.index")).unwrap();
    assert_eq!(offsets, [entry(1, size), entry(2, 2 * size)], "the first entry is the second batch");
    let times = read_time_index(&node.file("00000000000000000000.timeindex")).unwrap();
    assert_eq!(times, [TimeEntry { timestamp: Timestamp(9), relative_offset: 1 }]);
    assert_eq!(node.file("00000000000000000003.snapshot"), [0, 1, 0x48, 0x67, 0x4b, 0xc7, 0, 0, 0, 0]);
}

#[test]
fn a_clean_stop_leaves_what_kafka_leaves() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(LogConfig::default());
    append(&mut log, &batch_at(&[5, 6])).unwrap();
    append(&mut log, &sequenced(4, 0, 0, 1)).unwrap();
    assert!(node.disk.size(&node.root.join(".lock")).is_ok());
    for checkpoint in crate::Checkpoint::ALL {
        assert_eq!(node.disk.size(&node.root.join(checkpoint.file_name())).unwrap(), 0);
    }
    node.stop(log);
    let file = |name: &str| String::from_utf8(read_file(&disk, &node.root.join(name), 1000).unwrap()).unwrap();
    assert!(node.disk.size(&node.root.join(".lock")).is_err());
    assert_eq!(file(".kafka_cleanshutdown"), r#"{"version":0,"brokerEpoch":13}"#);
    assert_eq!(file("recovery-point-offset-checkpoint"), "0\n1\norders 0 3\n");
    assert_eq!(file("log-start-offset-checkpoint"), "0\n0\n");
    assert_eq!(file("cleaner-offset-checkpoint"), "");
    assert_eq!(node.file("00000000000000000000.index"), b"");
    let times = read_time_index(&node.file("00000000000000000000.timeindex")).unwrap();
    assert_eq!(times, [TimeEntry { timestamp: NOW, relative_offset: 2 }]);
    assert_eq!(node.file("00000000000000000003.snapshot").len(), 10 + 46);
    node.start();
    assert!(node.disk.size(&node.root.join(".kafka_cleanshutdown")).is_err());
    assert_eq!(node.dir.as_ref().unwrap().clean_shutdown().map(|clean| clean.broker_epoch), Some(13));
}
