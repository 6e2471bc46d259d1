//! Fetch sessions (KIP-227): a fetch that names only what changed, and an answer that does too.

use protocol::{
    ErrorCode,
    messages::fetch::{FetchPartition, FetchRequest, FetchResponse, ForgottenTopic},
    types::{Offset, Uuid},
};

use crate::{
    batches::{batch, values},
    node::{TestNode, bytes, fetch_partition, fetch_request},
};

fn with_topic() -> TestNode {
    let node = TestNode::new();
    node.topic("t", 3, &[]);
    node
}

/// A fetch of a session.
fn of_session(id: i32, epoch: i32, partitions: &[FetchPartition]) -> FetchRequest<'static> {
    let topics: &[(&'static str, &[FetchPartition])] = if partitions.is_empty() { &[] } else { &[("t", partitions)] };
    FetchRequest { session_id: id, session_epoch: epoch, ..fetch_request(topics) }
}

/// A new session over all three partitions.
fn opened(node: &TestNode) -> i32 {
    let all = [fetch_partition(0, 0), fetch_partition(1, 0), fetch_partition(2, 0)];
    let response = node.ask(12, &of_session(0, 0, &all));
    assert_eq!(indexes(&response), [0, 1, 2], "the first answer tells of all");
    assert_ne!(response.session_id, 0);
    response.session_id
}

fn indexes(response: &FetchResponse<'_>) -> Vec<i32> {
    response.responses.iter().flat_map(|topic| &topic.partitions).map(|data| data.partition_index).collect()
}

#[test]
fn a_fetch_without_a_session_gets_none() {
    let node = with_topic();
    for version in [7, 12] {
        assert_eq!(node.ask(version, &of_session(0, -1, &[fetch_partition(0, 0)])).session_id, 0);
    }
}

#[test]
fn an_incremental_fetch_is_told_only_of_what_changed() {
    let node = with_topic();
    let id = opened(&node);
    assert!(indexes(&node.ask(12, &of_session(id, 1, &[]))).is_empty());
    node.produce_at(11, "t", 1, batch(&["a"]));
    let response = node.ask(12, &of_session(id, 2, &[]));
    assert_eq!((response.session_id, indexes(&response)), (id, vec![1]));
    assert_eq!(values(&bytes(&response.responses[0].partitions[0])), ["a"]);
    // The client goes on behind it.
    assert!(indexes(&node.ask(12, &of_session(id, 3, &[fetch_partition(1, 1)]))).is_empty());
}

#[test]
fn a_forgotten_partition_is_forgotten() {
    let node = with_topic();
    let id = opened(&node);
    node.produce_at(11, "t", 1, batch(&["a"]));
    let forgotten = ForgottenTopic { topic: "t".into(), partitions: vec![1], ..ForgottenTopic::default() };
    let request = FetchRequest { forgotten_topics_data: vec![forgotten], ..of_session(id, 1, &[]) };
    assert!(indexes(&node.ask(12, &request)).is_empty());
}

#[test]
fn a_wrong_epoch_is_refused_and_the_session_lives_on() {
    let node = with_topic();
    let id = opened(&node);
    for epoch in [2, 7] {
        let refused = node.ask(12, &of_session(id, epoch, &[]));
        assert_eq!((refused.error_code, refused.session_id), (ErrorCode::INVALID_FETCH_SESSION_EPOCH, 0));
        assert!(indexes(&refused).is_empty());
    }
    assert_eq!(node.ask(12, &of_session(id, 1, &[])).error_code, ErrorCode::NONE);
}

#[test]
fn an_unknown_session_is_not_found_unless_a_new_one_is_asked_for() {
    let node = with_topic();
    for (id, epoch) in [(4711, 1), (0, 5)] {
        let refused = node.ask(12, &of_session(id, epoch, &[]));
        assert_eq!((refused.error_code, refused.session_id), (ErrorCode::FETCH_SESSION_ID_NOT_FOUND, 0));
    }
    let response = node.ask(12, &of_session(4711, 0, &[fetch_partition(0, 0)]));
    assert_eq!(response.error_code, ErrorCode::NONE);
    assert!(response.session_id != 0 && response.session_id != 4711);
}

#[test]
fn a_session_is_closed_by_asking_for_none() {
    let node = with_topic();
    let id = opened(&node);
    assert_eq!(node.ask(12, &of_session(id, -1, &[fetch_partition(0, 0)])).session_id, 0);
    assert_eq!(node.ask(12, &of_session(id, 1, &[])).error_code, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
}

#[test]
fn a_partition_in_error_is_repeated_every_time() {
    let node = with_topic();
    let id = node.ask(12, &of_session(0, 0, &[fetch_partition(0, 0), fetch_partition(1, 99)])).session_id;
    for epoch in 1..4 {
        let response = node.ask(12, &of_session(id, epoch, &[]));
        assert_eq!(indexes(&response), [1]);
        assert_eq!(response.responses[0].partitions[0].error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    }
}

#[test]
fn names_and_ids_are_not_mixed_in_a_session() {
    let node = TestNode::new();
    let topic_id = node.topic("t", 3, &[]);
    let id = opened(&node);
    let mixed = node.ask(13, &of_session(id, 1, &[]));
    assert_eq!((mixed.error_code, mixed.session_id), (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, id));
    let mut by_id = of_session(0, 0, &[fetch_partition(0, 0)]);
    by_id.topics[0].topic_id = topic_id;
    let id = node.ask(13, &by_id).session_id;
    let mixed = node.ask(12, &of_session(id, 1, &[]));
    assert_eq!((mixed.error_code, mixed.session_id), (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, id));
}

#[test]
fn a_moved_log_start_is_told() {
    let node = with_topic();
    node.produced("t", batch(&["a", "b"]));
    let end = FetchPartition { fetch_offset: Offset(2), ..fetch_partition(0, 2) };
    let id = node.ask(12, &of_session(0, 0, &[end])).session_id;
    assert!(indexes(&node.ask(12, &of_session(id, 1, &[]))).is_empty());
    crate::topics::delete_records(&node, "t", 0, 1);
    let response = node.ask(12, &of_session(id, 2, &[]));
    assert_eq!(indexes(&response), [0]);
    assert_eq!(response.responses[0].partitions[0].log_start_offset, Offset(1));
}

#[test]
fn a_topic_made_again_is_another_topic_to_a_session() {
    let node = TestNode::new();
    let old = node.topic("t", 1, &[]);
    let mut request = of_session(0, 0, &[fetch_partition(0, 0)]);
    request.topics[0].topic_id = old;
    let id = node.ask(13, &request).session_id;
    crate::topics::delete(&node, "t");
    let new = node.topic("t", 1, &[]);
    assert!(new != old && new != Uuid::ZERO);
    let response = node.ask(13, &of_session(id, 1, &[]));
    assert_eq!(response.responses[0].partitions[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
}
