//! Idempotent producers: what is a repeat, what is a gap, and who is out of date.

use protocol::{
    ErrorCode,
    messages::{
        describe_producers::{DescribeProducersRequest, TopicRequest},
        init_producer_id::InitProducerIdRequest,
    },
    types::{Offset, ProducerEpoch, ProducerId, Timestamp},
};

use crate::{
    batches::{sequenced, values},
    node::{START, TestNode},
};

fn with_topic() -> TestNode {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node
}

/// What becomes of `count` records of producer 1 from a sequence number on.
fn send(node: &TestNode, epoch: i16, sequence: i32, count: usize) -> (ErrorCode, Offset) {
    let response = node.produce("t", sequenced(1, epoch, sequence, count));
    (response.error_code, response.base_offset)
}

/// The request of a producer that is only idempotent.
fn plain() -> InitProducerIdRequest<'static> {
    InitProducerIdRequest { transactional_id: None, ..InitProducerIdRequest::default() }
}

#[test]
fn every_producer_gets_an_id_of_its_own() {
    let node = TestNode::new();
    let init = |request: &InitProducerIdRequest<'static>| node.ask(5, request);
    let idempotent = InitProducerIdRequest { transaction_timeout_ms: 60_000, ..plain() };
    let first = init(&idempotent);
    assert_eq!(
        (first.error_code, first.producer_id, first.producer_epoch),
        (ErrorCode::NONE, ProducerId(0), ProducerEpoch(0))
    );
    // What one brings means nothing without a transactional id, nor does a timeout.
    let brought =
        InitProducerIdRequest { producer_id: ProducerId(0), producer_epoch: ProducerEpoch(3), ..idempotent.clone() };
    let second = init(&brought);
    assert_eq!(
        (second.error_code, second.producer_id, second.producer_epoch),
        (ErrorCode::NONE, ProducerId(1), ProducerEpoch(0))
    );
    let third = init(&InitProducerIdRequest { transaction_timeout_ms: 0, ..idempotent });
    assert_eq!((third.error_code, third.producer_id), (ErrorCode::NONE, ProducerId(2)));
    for version in 0..=5 {
        assert_eq!(node.ask(version, &plain()).error_code, ErrorCode::NONE);
    }
}

#[test]
fn an_id_is_never_given_twice_not_even_after_a_kill() {
    let node = TestNode::new();
    let ask = |node: &TestNode| node.ask(5, &plain()).producer_id.0;
    let before = (0..1100).map(|_| ask(&node)).collect::<Vec<_>>();
    assert_eq!(before, (0..1100).collect::<Vec<_>>());
    let node = node.kill();
    assert_eq!(ask(&node), 2000, "the rest of a block is not used again");
}

#[test]
fn a_transactional_id_is_refused_as_long_as_there_are_no_transactions() {
    let node = TestNode::new();
    for (id, code) in [("", ErrorCode::INVALID_REQUEST), ("tx", ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)] {
        let request = InitProducerIdRequest { transactional_id: Some(id.into()), ..plain() };
        assert_eq!(node.ask(4, &request).error_code, code);
    }
}

#[test]
fn a_repeat_of_the_last_five_batches_is_answered_like_the_first_time() {
    let node = with_topic();
    for i in 0..6 {
        assert_eq!(send(&node, 0, i * 2, 2), (ErrorCode::NONE, Offset(i64::from(i) * 2)));
    }
    for i in 1..6 {
        assert_eq!(send(&node, 0, i * 2, 2), (ErrorCode::NONE, Offset(i64::from(i) * 2)), "batch {i} again");
    }
    assert_eq!(node.fetch("t", 0).high_watermark, Offset(12), "nothing was written twice");
    assert_eq!(send(&node, 0, 0, 2).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, "the sixth-last is forgotten");
}

#[test]
fn a_repeat_is_told_the_batchs_own_timestamp() {
    let node = with_topic();
    let first = node.produce("t", sequenced(1, 0, 0, 1));
    assert_eq!(first.log_append_time_ms, Timestamp::NONE);
    let again = node.produce("t", sequenced(1, 0, 0, 1));
    assert_eq!(again.log_append_time_ms, START.wall);
}

#[test]
fn a_gap_and_a_part_of_a_batch_are_out_of_order() {
    let node = with_topic();
    assert_eq!(send(&node, 0, 0, 3).0, ErrorCode::NONE);
    assert_eq!(send(&node, 0, 4, 1).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, "a gap");
    assert_eq!(send(&node, 0, 0, 2).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, "its front");
    assert_eq!(send(&node, 0, 1, 2).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, "its end");
    assert_eq!(send(&node, 0, 3, 1), (ErrorCode::NONE, Offset(3)));
}

#[test]
fn a_new_epoch_begins_at_0_and_ends_the_old_one() {
    let node = with_topic();
    assert_eq!(send(&node, 0, 0, 1).0, ErrorCode::NONE);
    assert_eq!(send(&node, 1, 1, 1).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(send(&node, 1, 0, 1).0, ErrorCode::NONE);
    for version in [3, 11] {
        let response = node.produce_at(version, "t", 0, sequenced(1, 0, 1, 1));
        assert_eq!(response.error_code, ErrorCode::INVALID_PRODUCER_EPOCH);
    }
}

#[test]
fn a_producer_without_state_may_begin_anywhere() {
    let node = with_topic();
    assert_eq!(send(&node, 4, 1234, 1).0, ErrorCode::NONE);
    assert_eq!(send(&node, 4, 1235, 1).0, ErrorCode::NONE);
}

#[test]
fn sequence_numbers_begin_again_behind_the_largest() {
    let node = with_topic();
    assert_eq!(send(&node, 0, i32::MAX - 1, 2).0, ErrorCode::NONE);
    assert_eq!(send(&node, 0, 0, 1).0, ErrorCode::NONE);
    let inside = TestNode::new();
    inside.topic("t", 1, &[]);
    assert_eq!(send(&inside, 0, i32::MAX - 1, 4).0, ErrorCode::NONE, "inside a batch");
    assert_eq!(send(&inside, 0, 1, 1).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(send(&inside, 0, 2, 1).0, ErrorCode::NONE);
}

#[test]
fn all_five_batches_are_remembered_over_a_restart_and_a_kill() {
    for end in [TestNode::restart, TestNode::kill] {
        let node = with_topic();
        for i in 0..6 {
            assert_eq!(send(&node, 0, i, 1), (ErrorCode::NONE, Offset(i.into())));
        }
        let node = end(node);
        for i in 1..6 {
            assert_eq!(send(&node, 0, i, 1), (ErrorCode::NONE, Offset(i.into())), "batch {i} again");
        }
        assert_eq!(send(&node, 0, 6, 1), (ErrorCode::NONE, Offset(6)));
        assert_eq!(values(&node.records("t", 0)).len(), 7);
    }
}

#[test]
fn producers_are_described_with_what_they_wrote_last() {
    let node = with_topic();
    assert_eq!(send(&node, 3, 0, 5).0, ErrorCode::NONE);
    let topic = TopicRequest { name: "t".into(), partition_indexes: vec![0, 1] };
    let response = node.ask(0, &DescribeProducersRequest { topics: vec![topic] });
    let partitions = &response.topics[0].partitions;
    let producer = &partitions[0].active_producers[0];
    assert_eq!((producer.producer_id, producer.producer_epoch, producer.last_sequence), (ProducerId(1), 3, 4));
    assert_eq!((producer.last_timestamp, producer.current_txn_start_offset), (START.wall, Offset::NONE));
    assert_eq!(partitions[1].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[test]
fn a_silent_producer_is_forgotten() {
    let node = TestNode::with(&[("producer.id.expiration.ms", "60000")]);
    node.topic("t", 1, &[]);
    assert_eq!(send(&node, 0, 0, 1).0, ErrorCode::NONE);
    assert_eq!(send(&node, 0, 9, 1).0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    node.pass_ms(600_000);
    node.pass_ms(1);
    assert_eq!(send(&node, 0, 9, 1).0, ErrorCode::NONE, "it has no state any more, so it may begin anywhere");
}
