//! Fetch: what comes, how much of it, when, and what is said where nothing can come.

use protocol::{
    ErrorCode,
    messages::{
        fetch::{FetchPartition, FetchRequest, PartitionData},
        offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic},
    },
    types::{BrokerId, LeaderEpoch, Offset, Uuid},
};

use crate::{
    batches::{batch, parse, values},
    node::{TestNode, bytes, fetch_partition, fetch_request, fetched, only_fetched},
};

/// A node with the topic `t`, of `partitions`.
fn with_topic(partitions: i32) -> TestNode {
    let node = TestNode::new();
    node.topic("t", partitions, &[]);
    node
}

/// Kafka's shape of an error: no offsets, no records, and no list of transactions.
#[track_caller]
fn assert_failed(data: &PartitionData<'_>, code: ErrorCode) {
    assert_eq!(data.error_code, code);
    let offsets = [data.high_watermark, data.last_stable_offset, data.log_start_offset];
    assert_eq!(offsets, [Offset::NONE; 3]);
    assert!(bytes(data).is_empty());
}

#[test]
fn an_offset_outside_the_log_is_out_of_range_on_both_sides() {
    let node = with_topic(1);
    node.produced("t", batch(&["a", "b"]));
    for offset in [3, -1, -2, i64::MAX, i64::MIN] {
        let data = node.fetch("t", offset);
        assert_failed(&data, ErrorCode::OFFSET_OUT_OF_RANGE);
        assert_eq!(data.aborted_transactions, None);
    }
    assert_eq!(node.fetch("t", 2).error_code, ErrorCode::NONE, "the end itself is in range");
}

#[test]
fn what_does_not_exist_is_unknown() {
    let node = with_topic(1);
    for (topic, partition) in [("t", 1), ("t", -1), ("u", 0), ("__cluster_metadata", 0)] {
        let data = node.fetch_from(topic, partition, 0);
        assert_failed(&data, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(data.aborted_transactions, Some(Vec::new()));
    }
    let mut by_id = fetch_request(&[("", &[fetch_partition(0, 0)])]);
    by_id.topics[0].topic_id = Uuid([9; 16]);
    let data = only_fetched(node.ask(13, &by_id));
    assert_failed(&data, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!(data.aborted_transactions, Some(Vec::new()));
}

#[test]
fn a_topic_is_named_by_its_id_from_version_13_on() {
    let node = TestNode::new();
    let id = node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    let mut request = fetch_request(&[("", &[fetch_partition(0, 0)])]);
    request.topics[0].topic_id = id;
    for version in 13..=18 {
        let response = node.ask(version, &request);
        assert_eq!(response.responses[0].topic_id, id);
        assert_eq!(values(&bytes(&only_fetched(response))), ["a"], "version {version}");
    }
}

#[test]
fn every_version_with_names_reads() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    for version in 4..=12 {
        let data = only_fetched(node.ask(version, &fetch_request(&[("t", &[fetch_partition(0, 0)])])));
        assert_eq!(values(&bytes(&data)), ["a"], "version {version}");
        assert_eq!((data.high_watermark, data.last_stable_offset), (Offset(1), Offset(1)));
        assert_eq!(data.preferred_read_replica, BrokerId(-1));
    }
}

#[test]
fn an_offset_inside_a_batch_brings_the_whole_batch() {
    let node = with_topic(1);
    node.produced("t", batch(&["a", "b", "c"]));
    node.produced("t", batch(&["d"]));
    assert_eq!(values(&node.records("t", 2)), ["a", "b", "c", "d"]);
    assert_eq!(values(&node.records("t", 3)), ["d"]);
}

#[test]
fn of_a_partition_named_twice_the_last_counts() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    node.produced("t", batch(&["b"]));
    let request = fetch_request(&[("t", &[fetch_partition(0, 0), fetch_partition(0, 1)])]);
    assert_eq!(values(&bytes(&only_fetched(node.ask(12, &request)))), ["b"]);
}

#[test]
fn the_first_batch_comes_whole_whatever_the_limits_but_only_one() {
    let node = with_topic(3);
    for partition in 0..3 {
        node.produce_at(11, "t", partition, batch(&["x"]));
        node.produce_at(11, "t", partition, batch(&["y"]));
    }
    let limited = |max_bytes: i32, partition_max: i32| {
        let partition = |index| FetchPartition { partition_max_bytes: partition_max, ..fetch_partition(index, 0) };
        let request =
            FetchRequest { max_bytes, ..fetch_request(&[("t", &[partition(1), partition(0), partition(2)])]) };
        let all = fetched(node.ask(12, &request));
        assert_eq!(all.iter().map(|data| data.partition_index).collect::<Vec<_>>(), [1, 0, 2], "as requested");
        all.iter().map(|data| values(&bytes(data)).len()).collect::<Vec<_>>()
    };
    for limit in [0, 1] {
        assert_eq!(limited(limit, 1024 * 1024), [1, 0, 0]);
        assert_eq!(limited(1024 * 1024, limit), [1, 0, 0]);
    }
    assert_eq!(limited(1024 * 1024, 1024 * 1024), [2, 2, 2]);
}

#[test]
fn a_batch_behind_the_first_is_cut_at_the_limit() {
    let node = with_topic(1);
    let one = batch(&["a"]);
    node.produced("t", one.clone());
    node.produced("t", one.clone());
    let partition = FetchPartition { partition_max_bytes: one.len() as i32 + 10, ..fetch_partition(0, 0) };
    let got = bytes(&only_fetched(node.ask(12, &fetch_request(&[("t", &[partition])]))));
    assert_eq!(got.len(), one.len() + 10);
    assert_eq!(parse(&got[..one.len()]).len(), 1);
}

#[test]
fn a_negative_limit_is_an_unknown_error() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    let request = FetchRequest { max_bytes: -1, ..fetch_request(&[("t", &[fetch_partition(0, 0)])]) };
    assert_eq!(only_fetched(node.ask(12, &request)).error_code, ErrorCode::UNKNOWN_SERVER_ERROR);
}

/// How long a fetch takes, in milliseconds.
fn takes_ms(node: &TestNode, request: &FetchRequest<'static>) -> u64 {
    let before = node.elapsed_ms();
    node.ask(12, request);
    node.elapsed_ms() - before
}

#[test]
fn with_too_little_a_fetch_waits_as_long_as_it_may_and_no_longer() {
    let node = with_topic(2);
    let of = |partitions: &[FetchPartition]| FetchRequest { max_wait_ms: 777, ..fetch_request(&[("t", partitions)]) };
    assert_eq!(takes_ms(&node, &of(&[fetch_partition(0, 0), fetch_partition(1, 0)])), 777, "empty");
    assert_eq!(takes_ms(&node, &FetchRequest { min_bytes: 0, ..of(&[fetch_partition(0, 0)]) }), 0, "nothing is enough");
    assert_eq!(takes_ms(&node, &of(&[fetch_partition(0, 0), fetch_partition(1, 9)])), 0, "one is out of range");
    assert_eq!(takes_ms(&node, &of(&[fetch_partition(0, 0), fetch_partition(7, 0)])), 777, "one is unknown");
    assert_eq!(takes_ms(&node, &of(&[fetch_partition(7, 0)])), 0, "only an unknown one");
    node.produced("t", batch(&["a"]));
    assert_eq!(takes_ms(&node, &of(&[fetch_partition(0, 0), fetch_partition(1, 0)])), 0, "there is something");
    let much = FetchRequest { min_bytes: 10_000, ..of(&[fetch_partition(0, 0)]) };
    assert_eq!(takes_ms(&node, &much), 777, "not enough");
}

#[test]
fn a_waiting_fetch_is_answered_when_enough_has_come() {
    let node = with_topic(2);
    let one = batch(&["a"]).len() as i32;
    let partitions = [fetch_partition(0, 0), fetch_partition(1, 0)];
    let request = FetchRequest { max_wait_ms: 10_000, min_bytes: 2 * one, ..fetch_request(&[("t", &partitions)]) };
    let asked = node.start(12, &request);
    assert!(asked.is_waiting());
    node.produced("t", batch(&["a"]));
    let asked = node.look(asked);
    assert!(asked.is_waiting(), "half of it");
    node.produce_at(11, "t", 1, batch(&["b"]));
    let asked = node.look(asked);
    assert!(!asked.is_waiting());
    assert_eq!(fetched(node.answer(asked)).len(), 2);
    assert_eq!(node.elapsed_ms(), 0);
}

#[test]
fn a_fetch_that_waits_on_a_topic_hears_that_it_is_gone() {
    let node = with_topic(1);
    let request = FetchRequest { max_wait_ms: 10_000, ..fetch_request(&[("t", &[fetch_partition(0, 0)])]) };
    let asked = node.start(12, &request);
    assert!(asked.is_waiting());
    crate::topics::delete(&node, "t");
    assert_eq!(only_fetched(node.answer(asked)).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(node.elapsed_ms(), 0);
}

#[test]
fn a_leader_epoch_of_the_future_is_unknown_and_a_negative_one_is_none() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    let fetch = |epoch: i32| {
        let partition = FetchPartition { current_leader_epoch: LeaderEpoch(epoch), ..fetch_partition(0, 0) };
        only_fetched(node.ask(12, &fetch_request(&[("t", &[partition])])))
    };
    assert_failed(&fetch(1), ErrorCode::UNKNOWN_LEADER_EPOCH);
    for epoch in [0, -1, -2] {
        assert_eq!(fetch(epoch).error_code, ErrorCode::NONE, "epoch {epoch}");
    }
}

#[test]
fn a_leader_epoch_of_the_past_is_fenced() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    let node = node.restart();
    let partition = FetchPartition { current_leader_epoch: LeaderEpoch(0), ..fetch_partition(0, 0) };
    let data = only_fetched(node.ask(12, &fetch_request(&[("t", &[partition])])));
    assert_failed(&data, ErrorCode::FENCED_LEADER_EPOCH);
}

#[test]
fn a_last_fetched_epoch_above_the_logs_is_out_of_range_and_one_that_ended_before_diverges() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    let node = node.restart();
    node.produced("t", batch(&["b"]));
    let fetch = |epoch: i32, offset: i64| {
        let partition = FetchPartition { last_fetched_epoch: LeaderEpoch(epoch), ..fetch_partition(0, offset) };
        only_fetched(node.ask(12, &fetch_request(&[("t", &[partition])])))
    };
    let above = fetch(99, 1);
    assert_failed(&above, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(above.diverging_epoch.epoch, -1);
    assert_eq!(values(&bytes(&fetch(0, 1))), ["b"]);
    let beyond = fetch(0, 2);
    assert_eq!(beyond.error_code, ErrorCode::NONE);
    assert_eq!((beyond.diverging_epoch.epoch, beyond.diverging_epoch.end_offset), (0, Offset(1)));
    assert!(bytes(&beyond).is_empty());
}

#[test]
fn the_end_of_an_epoch_is_told_and_none_of_the_future() {
    let node = with_topic(1);
    node.produced("t", batch(&["a", "b"]));
    let node = node.restart();
    node.produced("t", batch(&["c"]));
    let latest = node.list_offset(11, "t", -1).leader_epoch;
    assert!(latest > LeaderEpoch(0), "a restart is a new epoch");
    let end_of = |version: i16, epoch: i32| {
        let partitions =
            vec![OffsetForLeaderPartition { leader_epoch: LeaderEpoch(epoch), ..OffsetForLeaderPartition::default() }];
        let topics = vec![OffsetForLeaderTopic { topic: "t".into(), partitions }];
        let response =
            node.ask(version, &OffsetForLeaderEpochRequest { topics, ..OffsetForLeaderEpochRequest::default() });
        let partition = &response.topics[0].partitions[0];
        (partition.error_code, partition.leader_epoch, partition.end_offset)
    };
    for version in 2..=4 {
        assert_eq!(end_of(version, 0), (ErrorCode::NONE, LeaderEpoch(0), Offset(2)));
        assert_eq!(end_of(version, latest.0), (ErrorCode::NONE, latest, Offset(3)));
        assert_eq!(end_of(version, latest.0 + 1), (ErrorCode::NONE, LeaderEpoch::NONE, Offset::NONE));
    }
}

#[test]
fn transactions_are_listed_to_readers_of_committed_records_only() {
    let node = with_topic(1);
    node.produced("t", batch(&["a"]));
    assert_eq!(node.fetch("t", 0).aborted_transactions, None);
    let request = FetchRequest { isolation_level: 1, ..fetch_request(&[("t", &[fetch_partition(0, 0)])]) };
    let data = only_fetched(node.ask(12, &request));
    assert_eq!(data.aborted_transactions, Some(Vec::new()));
    assert_eq!(values(&bytes(&data)), ["a"]);
}

#[test]
fn fetch_max_bytes_of_the_broker_limits_every_answer() {
    let node = TestNode::with(&[("fetch.max.bytes", "1024")]);
    node.topic("t", 1, &[]);
    let large = batch(&["x".repeat(700).as_str()]);
    node.produced("t", large.clone());
    node.produced("t", large);
    assert_eq!(node.records("t", 0).len(), 1024);
}
