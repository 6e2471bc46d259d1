//! ListOffsets: offsets by time, and the ends of a log.

use protocol::{
    ErrorCode,
    types::{LeaderEpoch, Offset, Timestamp},
};

use crate::{
    batches::timed,
    node::{START, TestNode, list_offsets_request},
};

const T: i64 = START.wall.0;

/// A node with records of these ages in `t`: 10, 30 | 20, 40, 40 | 15.
fn with_records() -> TestNode {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    for batch in [&[T + 10, T + 30][..], &[T + 20, T + 40, T + 40], &[T + 15]] {
        node.produced("t", timed(batch));
    }
    node
}

fn found(node: &TestNode, version: i16, timestamp: i64) -> (ErrorCode, i64, i64, i32) {
    let response = node.list_offset(version, "t", timestamp);
    (response.error_code, response.timestamp.0, response.offset.0, response.leader_epoch.0)
}

#[test]
fn the_ends_of_a_log_come_without_a_time_and_with_the_leader_epoch() {
    let node = with_records();
    assert_eq!(found(&node, 11, -1), (ErrorCode::NONE, -1, 6, 0));
    assert_eq!(found(&node, 11, -2), (ErrorCode::NONE, -1, 0, 0));
    assert_eq!(found(&node, 11, -4), (ErrorCode::NONE, -1, 0, 0));
}

#[test]
fn the_largest_timestamp_is_found_at_the_first_record_that_has_it() {
    let node = with_records();
    assert_eq!(found(&node, 7, -3), (ErrorCode::NONE, T + 40, 3, 0));
    let empty = TestNode::new();
    empty.topic("t", 1, &[]);
    let none = empty.list_offset(11, "t", -3);
    assert_eq!((none.error_code, none.offset), (ErrorCode::NONE, Offset::NONE));
}

#[test]
fn without_tiers_nothing_is_tiered() {
    let node = with_records();
    for special in [-5, -6] {
        let response = node.list_offset(11, "t", special);
        assert_eq!((response.error_code, response.offset), (ErrorCode::NONE, Offset::NONE));
    }
}

#[test]
fn a_special_timestamp_newer_than_the_version_is_unsupported() {
    let node = with_records();
    for (special, since) in [(-3, 7), (-4, 8), (-5, 9), (-6, 11)] {
        let response = node.list_offset(since - 1, "t", special);
        assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION, "{special}");
        assert_eq!(node.list_offset(since, "t", special).error_code, ErrorCode::NONE, "{special}");
    }
    for special in [-7, -100, i64::MIN] {
        assert_eq!(node.list_offset(11, "t", special).error_code, ErrorCode::UNSUPPORTED_VERSION);
    }
}

#[test]
fn a_time_finds_the_first_record_that_is_not_older_even_inside_a_batch() {
    let node = with_records();
    for (time, timestamp, offset) in [(0, T + 10, 0), (T + 11, T + 30, 1), (T + 30, T + 30, 1), (T + 31, T + 40, 3)] {
        for version in 1..=11 {
            let response = node.list_offset(version, "t", time);
            assert_eq!(
                (response.timestamp, response.offset),
                (Timestamp(timestamp), Offset(offset)),
                "{time} v{version}"
            );
        }
    }
    assert_eq!(found(&node, 11, T + 41), (ErrorCode::NONE, -1, -1, -1), "none is not an error");
}

#[test]
fn a_partition_named_twice_is_one_invalid_answer() {
    let node = TestNode::new();
    node.topic("t", 2, &[]);
    let response = node.ask(11, &list_offsets_request(0, &[("t", &[(0, -1), (1, -1), (0, -2)])]));
    let mut answered =
        response.topics[0].partitions.iter().map(|p| (p.partition_index, p.error_code)).collect::<Vec<_>>();
    answered.sort();
    assert_eq!(answered, [(0, ErrorCode::INVALID_REQUEST), (1, ErrorCode::NONE)]);
}

#[test]
fn an_isolation_level_that_there_is_not_is_an_unknown_error() {
    let node = with_records();
    let ask =
        |level| node.ask(11, &list_offsets_request(level, &[("t", &[(0, -1)])])).topics.remove(0).partitions.remove(0);
    assert_eq!(ask(7).error_code, ErrorCode::UNKNOWN_SERVER_ERROR);
    assert_eq!((ask(1).error_code, ask(1).offset), (ErrorCode::NONE, Offset(6)));
}

#[test]
fn what_does_not_exist_is_unknown() {
    let node = with_records();
    let ask = |topic, partition| {
        node.ask(11, &list_offsets_request(0, &[(topic, &[(partition, -1)])])).topics.remove(0).partitions.remove(0)
    };
    for (topic, partition) in [("u", 0), ("t", 1), ("t", -1), ("__cluster_metadata", 0)] {
        let response = ask(topic, partition);
        assert_eq!(response.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!((response.offset, response.timestamp), (Offset::NONE, Timestamp::NONE));
    }
}

#[test]
fn a_reader_with_another_leader_epoch_is_told_so() {
    let node = with_records().restart();
    let ask = |epoch| {
        let mut request = list_offsets_request(0, &[("t", &[(0, -1)])]);
        request.topics[0].partitions[0].current_leader_epoch = LeaderEpoch(epoch);
        node.ask(11, &request).topics[0].partitions[0].error_code
    };
    assert_eq!(ask(99), ErrorCode::UNKNOWN_LEADER_EPOCH);
    assert_eq!(ask(0), ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(ask(-1), ErrorCode::NONE);
}

#[test]
fn times_are_found_again_after_a_kill_and_a_clock_that_went_back_breaks_nothing() {
    let node = with_records().kill();
    assert_eq!(node.list_offset(11, "t", T + 31).offset, Offset(3));
    node.produced("t", timed(&[T - 5000]));
    assert_eq!(node.list_offset(11, "t", T + 31).offset, Offset(3));
    assert_eq!(node.list_offset(11, "t", T - 9999).offset, Offset(0));
}
