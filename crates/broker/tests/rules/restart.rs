//! What is there again after a stop, a kill and a power cut.

use protocol::{
    ErrorCode,
    messages::metadata::MetadataRequest,
    types::{LeaderEpoch, Offset},
};
use storage::Disk;

use crate::{
    batches::{batch, values},
    node::{TestNode, only_produced, produce_request},
};

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_a_kill() {
    for end in [TestNode::restart, TestNode::kill] {
        let node = TestNode::new();
        let id = node.topic("t", 2, &[]);
        node.produced("t", batch(&["a", "b"]));
        assert_eq!(
            only_produced(node.ask(11, &produce_request(1, &[("t", 1, batch(&["c"]))]))).error_code,
            ErrorCode::NONE
        );
        let node = end(node);
        assert_eq!(values(&node.records("t", 0)), ["a", "b"]);
        assert_eq!(node.fetch_from("t", 1, 0).high_watermark, Offset(1));
        let told = node.ask(12, &MetadataRequest { topics: None, ..MetadataRequest::default() });
        assert_eq!(told.topics[0].topic_id, id);
        assert_eq!(node.produced("t", batch(&["d"])), 2);
        let node = end(node);
        assert_eq!(values(&node.records("t", 0)), ["a", "b", "d"]);
    }
}

#[test]
fn under_power_loss_durability_what_was_acknowledged_is_there_after_a_power_cut() {
    for _ in 0..5 {
        let node = TestNode::with(&[("milena.durability", "power-loss")]);
        node.topic("t", 1, &[]);
        for i in 0..10 {
            node.produced("t", batch(&[format!("{i}").as_str()]));
        }
        let node = node.lose_power();
        assert_eq!(values(&node.records("t", 0)).len(), 10);
        assert_eq!(node.produced("t", batch(&["more"])), 10);
        let node = node.lose_power();
        assert_eq!(values(&node.records("t", 0)).len(), 11);
    }
}

#[test]
fn a_power_cut_leaves_a_front_of_what_was_written() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    for i in 0..50 {
        node.produced("t", batch(&[format!("{i}").as_str()]));
    }
    let node = node.lose_power();
    let kept = values(&node.records("t", 0));
    assert_eq!(kept, (0..kept.len()).map(|i| i.to_string()).collect::<Vec<_>>());
    assert_eq!(node.produced("t", batch(&["next"])), kept.len() as i64);
}

#[test]
fn a_torn_batch_at_the_end_is_cut_off() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    let (disk, settings, now) = node.die();
    let path = std::path::Path::new(crate::node::DIR).join("t-0/00000000000000000000.log");
    let size = disk.size(&path).expect("a segment");
    let file = disk.open(&path, storage::disk::Open::Existing).expect("a segment");
    file.write_at(size, &mut [std::io::IoSlice::new(&[0xa5; 40])]).expect("a disk");
    let node = TestNode::open(disk, settings, now).expect("it starts");
    assert_eq!(values(&node.records("t", 0)), ["a"]);
    assert_eq!(node.disk.size(&path).expect("a segment"), size);
}

#[test]
fn a_deleted_topic_stays_deleted() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    crate::topics::delete(&node, "t");
    let node = node.kill();
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    node.topic("t", 1, &[]);
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn a_clean_stop_leaves_the_marker_and_no_locks_and_a_start_takes_it() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    let marker = node.path(".kafka_cleanshutdown");
    assert!(node.disk.size(&marker).is_err());
    node.node.close(node.now()).expect("a clean stop");
    let (disk, settings, now) = node.die();
    assert!(disk.size(&marker).is_ok());
    let node = TestNode::open(disk, settings, now).expect("it starts");
    assert!(node.disk.size(&marker).is_err());
    let epoch = node.list_offset(11, "t", -1).leader_epoch;
    assert!(epoch > LeaderEpoch(0));
}

#[test]
fn retention_deletes_from_the_front_and_never_what_is_being_written() {
    let node = TestNode::new();
    node.topic("t", 1, &[("segment.bytes", "1048576"), ("retention.ms", "1000"), ("file.delete.delay.ms", "1000")]);
    for _ in 0..15 {
        node.produced("t", batch(&["x".repeat(100_000).as_str()]));
    }
    node.pass_ms(700_000);
    node.pass_ms(700_000);
    let start = node.list_offset(11, "t", -2).offset;
    assert!(start > Offset::ZERO, "{start}");
    assert_eq!(node.list_offset(11, "t", -1).offset, Offset(15));
    assert_eq!(node.produced("t", batch(&["a"])), 15);
    let node = node.kill();
    assert_eq!(node.list_offset(11, "t", -2).offset, start, "also after a kill");
}

#[test]
fn only_the_log_that_is_asked_for_is_opened_after_a_start_and_a_stop_hides_none_of_the_others() {
    let node = TestNode::new();
    node.topic("t", 3, &[]);
    for partition in 0..3 {
        let sent = produce_request(1, &[("t", partition, batch(&["a"]))]);
        assert_eq!(only_produced(node.ask(11, &sent)).error_code, ErrorCode::NONE);
    }
    let open = |node: &TestNode| node.node.topics.partitions().len();
    let node = node.kill();
    assert_eq!(open(&node), 0);
    assert_eq!(node.produced("t", batch(&["b"])), 1);
    assert_eq!(open(&node), 1);
    // The two others were not recovered: the stop does that, or the next start would believe them.
    let node = node.restart();
    assert_eq!(node.fetch_from("t", 2, 0).high_watermark, Offset(1));
    assert_eq!(open(&node), 1);
    let node = node.restart();
    node.node.open_logs(|_, _| true);
    assert_eq!(open(&node), 3);
    assert_eq!(values(&node.records("t", 0)), ["a", "b"]);
}
