//! Making, growing and deleting topics, and deleting records.

use protocol::{
    ErrorCode,
    messages::{
        create_partitions::{CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic},
        create_topics::{
            CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult, CreateTopicsRequest,
        },
        delete_records::{
            DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsTopic,
        },
        delete_topics::{DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest},
        metadata::{MetadataRequest, MetadataRequestTopic},
    },
    types::{BrokerId, Offset, Uuid},
};

use crate::{
    batches::{batch, keyed, values},
    node::TestNode,
};

/// Deletes a topic, which works.
pub(crate) fn delete(node: &TestNode, name: &'static str) {
    let request =
        DeleteTopicsRequest { topic_names: vec![name.into()], timeout_ms: 1000, ..DeleteTopicsRequest::default() };
    assert_eq!(node.ask(5, &request).responses[0].error_code, ErrorCode::NONE);
}

/// Asks for the records of a partition before an offset to be deleted.
pub(crate) fn delete_records(
    node: &TestNode,
    name: &'static str,
    partition_index: i32,
    offset: i64,
) -> DeleteRecordsPartitionResult {
    let partitions = vec![DeleteRecordsPartition { partition_index, offset: Offset(offset) }];
    let topics = vec![DeleteRecordsTopic { name: name.into(), partitions }];
    let response = node.ask(2, &DeleteRecordsRequest { topics, timeout_ms: 1000 });
    response.topics.into_iter().next().expect("the topic").partitions.remove(0)
}

fn creatable(name: &'static str, partitions: i32, factor: i16) -> CreatableTopic<'static> {
    CreatableTopic {
        name: name.into(),
        num_partitions: partitions,
        replication_factor: factor,
        ..CreatableTopic::default()
    }
}

fn configured(name: &'static str, configs: &[(&'static str, Option<&'static str>)]) -> CreatableTopic<'static> {
    let configs =
        configs.iter().map(|(name, value)| CreatableTopicConfig { name: (*name).into(), value: value.map(Into::into) });
    CreatableTopic { configs: configs.collect(), ..creatable(name, 1, 1) }
}

fn assigned(name: &'static str, assignments: &[(i32, &[i32])]) -> CreatableTopic<'static> {
    let assignments = assignments.iter().map(|(partition_index, brokers)| CreatableReplicaAssignment {
        partition_index: *partition_index,
        broker_ids: brokers.iter().copied().map(BrokerId).collect(),
    });
    CreatableTopic { assignments: assignments.collect(), ..creatable(name, -1, -1) }
}

fn create(
    node: &TestNode,
    topics: &[CreatableTopic<'static>],
    validate_only: bool,
) -> Vec<CreatableTopicResult<'static>> {
    node.ask(7, &CreateTopicsRequest { topics: topics.to_vec(), timeout_ms: 1000, validate_only }).topics
}

fn exists(node: &TestNode, name: &'static str) -> bool {
    let topics = vec![MetadataRequestTopic { name: Some(name.into()), ..MetadataRequestTopic::default() }];
    let request =
        MetadataRequest { topics: Some(topics), allow_auto_topic_creation: false, ..MetadataRequest::default() };
    node.ask(12, &request).topics[0].error_code == ErrorCode::NONE
}

fn partitions(node: &TestNode, name: &'static str) -> usize {
    let topics = vec![MetadataRequestTopic { name: Some(name.into()), ..MetadataRequestTopic::default() }];
    node.ask(12, &MetadataRequest { topics: Some(topics), ..MetadataRequest::default() }).topics[0].partitions.len()
}

#[test]
fn a_new_topic_is_told_with_its_partitions_replicas_and_configs() {
    let node = TestNode::new();
    for validate_only in [true, false] {
        let topic = CreatableTopic { num_partitions: 3, ..configured("t", &[("retention.ms", Some("1000"))]) };
        let result = create(&node, &[topic], validate_only).remove(0);
        assert_eq!((result.error_code, result.num_partitions, result.replication_factor), (ErrorCode::NONE, 3, 1));
        assert_ne!(result.topic_id, Uuid::ZERO);
        let configs = result.configs.expect("configs");
        let kafkas = configs.iter().filter(|config| !config.name.to_string().starts_with("milena."));
        assert_eq!(kafkas.count(), 33);
        let source = |name: &str| configs.iter().find(|config| config.name == *name).expect("a config").config_source;
        assert_eq!((source("retention.ms"), source("segment.bytes")), (1, 5));
        assert_eq!(exists(&node, "t"), !validate_only);
    }
}

#[test]
fn every_version_makes_a_topic() {
    let node = TestNode::new();
    for (version, name) in (2..=7).zip(["t2", "t3", "t4", "t5", "t6", "t7"]) {
        let request = CreateTopicsRequest { topics: vec![creatable(name, 1, 1)], ..CreateTopicsRequest::default() };
        assert_eq!(node.ask(version, &request).topics[0].error_code, ErrorCode::NONE, "version {version}");
        assert!(exists(&node, name));
    }
}

#[test]
fn minus_one_is_the_default() {
    let node = TestNode::with(&[("num.partitions", "4")]);
    let result = create(&node, &[creatable("t", -1, -1)], false).remove(0);
    assert_eq!((result.error_code, result.num_partitions, result.replication_factor), (ErrorCode::NONE, 4, 1));
}

#[test]
fn a_topic_that_cannot_be_made_says_why() {
    let node = TestNode::new();
    node.topic("there", 1, &[]);
    node.topic("with.dot", 1, &[]);
    let long: &'static str = "x".repeat(250).leak();
    let refused = [
        (creatable("there", 1, 1), ErrorCode::TOPIC_ALREADY_EXISTS),
        (creatable("t", 0, 1), ErrorCode::INVALID_PARTITIONS),
        (creatable("t", -2, 1), ErrorCode::INVALID_PARTITIONS),
        (creatable("t", 10_001, 1), ErrorCode::POLICY_VIOLATION),
        (creatable("t", 1, 0), ErrorCode::INVALID_REPLICATION_FACTOR),
        (creatable("t", 1, 2), ErrorCode::INVALID_REPLICATION_FACTOR),
        (configured("t", &[("no.such.config", Some("1"))]), ErrorCode::INVALID_CONFIG),
        (configured("t", &[("retention.ms", Some("soon"))]), ErrorCode::INVALID_CONFIG),
        (configured("t", &[("segment.bytes", Some("1"))]), ErrorCode::INVALID_CONFIG),
        (configured("t", &[("retention.ms", None)]), ErrorCode::INVALID_CONFIG),
        (assigned("t", &[(0, &[9])]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        (assigned("t", &[(0, &[1, 1])]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        (assigned("t", &[(1, &[1])]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        (CreatableTopic { num_partitions: 1, ..assigned("t", &[(0, &[1])]) }, ErrorCode::INVALID_REQUEST),
        (creatable("", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable(".", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("..", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("a b", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("ä", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("a/b", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable(long, 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("with_dot", 1, 1), ErrorCode::INVALID_TOPIC_EXCEPTION),
        (creatable("__cluster_metadata", 1, 1), ErrorCode::INVALID_REQUEST),
    ];
    for (topic, code) in refused {
        for validate_only in [true, false] {
            let result = create(&node, std::slice::from_ref(&topic), validate_only).remove(0);
            assert_eq!(result.error_code, code, "{topic:?}: {:?}", result.error_message);
            assert_eq!((result.num_partitions, result.replication_factor), (-1, -1));
            assert_eq!(result.configs.as_deref().unwrap_or_default(), []);
            assert_eq!(result.topic_id, Uuid::ZERO);
        }
    }
}

#[test]
fn a_topic_named_twice_is_one_invalid_result() {
    let node = TestNode::new();
    let results = create(&node, &[creatable("t", 1, 1), creatable("u", 1, 1), creatable("t", 2, 1)], false);
    let mut codes = results.iter().map(|result| (result.name.to_string(), result.error_code)).collect::<Vec<_>>();
    codes.sort();
    assert_eq!(codes, [("t".to_owned(), ErrorCode::INVALID_REQUEST), ("u".to_owned(), ErrorCode::NONE)]);
    assert!(!exists(&node, "t") && exists(&node, "u"));
}

#[test]
fn of_a_config_given_twice_the_last_wins() {
    let node = TestNode::new();
    let topic = configured("t", &[("retention.ms", Some("1")), ("retention.ms", Some("2"))]);
    let result = create(&node, &[topic], false).remove(0);
    assert_eq!(result.error_code, ErrorCode::NONE);
    let configs = result.configs.expect("configs");
    let retention = configs.iter().find(|config| config.name == "retention.ms").expect("retention.ms");
    assert_eq!(retention.value.as_ref().map(ToString::to_string), Some("2".to_owned()));
}

#[test]
fn a_topic_may_have_no_cleanup_policy() {
    let node = TestNode::new();
    assert_eq!(
        create(&node, &[configured("t", &[("cleanup.policy", Some(""))])], false)[0].error_code,
        ErrorCode::NONE
    );
}

#[test]
fn a_timeout_of_0_is_over_before_anything_is_done() {
    let node = TestNode::new();
    node.topic("there", 1, &[]);
    let create = CreateTopicsRequest { topics: vec![creatable("t", 1, 1)], timeout_ms: 0, validate_only: false };
    assert_eq!(node.ask(7, &create).topics[0].error_code, ErrorCode::REQUEST_TIMED_OUT);
    assert!(!exists(&node, "t"));
    let delete = DeleteTopicsRequest { topic_names: vec!["there".into()], ..DeleteTopicsRequest::default() };
    assert_eq!(node.ask(5, &delete).responses[0].error_code, ErrorCode::REQUEST_TIMED_OUT);
    assert!(exists(&node, "there"));
}

#[test]
fn a_topic_only_grows() {
    let node = TestNode::new();
    node.topic("t", 2, &[]);
    let grow = |name: &'static str, count: i32, assignments: Option<&[&[i32]]>, validate_only: bool| {
        let assignments = assignments.map(|all| {
            let one = |brokers: &&[i32]| CreatePartitionsAssignment {
                broker_ids: brokers.iter().copied().map(BrokerId).collect(),
            };
            all.iter().map(one).collect()
        });
        let topics = vec![CreatePartitionsTopic { name: name.into(), count, assignments }];
        let request = CreatePartitionsRequest { topics, timeout_ms: 1000, validate_only };
        node.ask(3, &request).results.remove(0).error_code
    };
    for count in [2, 1, 0, -1] {
        assert_eq!(grow("t", count, None, false), ErrorCode::INVALID_PARTITIONS, "{count}");
    }
    assert_eq!(grow("u", 3, None, false), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(grow("t", 3, Some(&[&[9]]), false), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(grow("t", 3, Some(&[&[1], &[1]]), false), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(grow("t", 3, None, true), ErrorCode::NONE);
    assert_eq!(partitions(&node, "t"), 2, "it was only asked");
    assert_eq!(grow("t", 3, Some(&[&[1]]), false), ErrorCode::NONE);
    assert_eq!(grow("t", 5, None, false), ErrorCode::NONE);
    assert_eq!(partitions(&node, "t"), 5);
    assert_eq!(node.produce_at(11, "t", 4, batch(&["a"])).error_code, ErrorCode::NONE, "it serves at once");
}

#[test]
fn a_topic_named_twice_does_not_grow() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let topic = |count| CreatePartitionsTopic { name: "t".into(), count, ..CreatePartitionsTopic::default() };
    let request = CreatePartitionsRequest { topics: vec![topic(2), topic(3)], timeout_ms: 1000, validate_only: false };
    let results = node.ask(3, &request).results;
    assert!(results.iter().all(|result| result.error_code == ErrorCode::INVALID_REQUEST), "{results:?}");
    assert_eq!(partitions(&node, "t"), 1);
}

fn named(name: Option<&'static str>, topic_id: Uuid) -> DeleteTopicState<'static> {
    DeleteTopicState { name: name.map(Into::into), topic_id }
}

fn deleted(node: &TestNode, topics: Vec<DeleteTopicState<'static>>) -> Vec<DeletableTopicResult<'static>> {
    let request = DeleteTopicsRequest { topics, timeout_ms: 1000, ..DeleteTopicsRequest::default() };
    node.ask(6, &request).responses
}

#[test]
fn a_topic_is_deleted_by_name_or_by_id() {
    let node = TestNode::new();
    let id = node.topic("t", 1, &[]);
    let other = node.topic("u", 1, &[]);
    let results = deleted(&node, vec![named(Some("t"), Uuid::ZERO), named(None, other)]);
    assert!(results.iter().all(|result| result.error_code == ErrorCode::NONE), "{results:?}");
    assert!(
        results.iter().any(|result| result.topic_id == id && result.name.as_ref().is_some_and(|name| *name == "t"))
    );
    assert!(!exists(&node, "t") && !exists(&node, "u"));
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_ne!(node.topic("t", 1, &[]), id, "made again, it is another topic");
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn what_cannot_be_deleted_says_why() {
    let node = TestNode::new();
    let id = node.topic("t", 1, &[]);
    for (topic, code) in [
        (named(Some("u"), Uuid::ZERO), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (named(Some("a b"), Uuid::ZERO), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (named(None, Uuid([9; 16])), ErrorCode::UNKNOWN_TOPIC_ID),
        (named(None, Uuid::ZERO), ErrorCode::INVALID_REQUEST),
        (named(Some("t"), id), ErrorCode::INVALID_REQUEST),
    ] {
        let results = deleted(&node, vec![topic.clone()]);
        assert_eq!(results.iter().map(|result| result.error_code).collect::<Vec<_>>(), [code], "{topic:?}");
    }
    let twice = deleted(&node, vec![named(Some("t"), Uuid::ZERO), named(Some("t"), Uuid::ZERO)]);
    assert_eq!(twice.iter().map(|result| result.error_code).collect::<Vec<_>>(), [ErrorCode::INVALID_REQUEST]);
    assert!(exists(&node, "t"));
}

#[test]
fn records_are_deleted_from_the_front() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a", "b", "c"]));
    node.produced("t", batch(&["d"]));
    let inside = delete_records(&node, "t", 0, 1);
    assert_eq!((inside.error_code, inside.low_watermark), (ErrorCode::NONE, 1));
    assert_eq!(values(&node.records("t", 1)), ["a", "b", "c", "d"], "the whole batch comes");
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    let backwards = delete_records(&node, "t", 0, 0);
    assert_eq!((backwards.error_code, backwards.low_watermark), (ErrorCode::NONE, 1));
    let all = delete_records(&node, "t", 0, -1);
    assert_eq!((all.error_code, all.low_watermark), (ErrorCode::NONE, 4));
    assert_eq!(node.list_offset(11, "t", -2).offset, Offset(4));
    let node = node.kill();
    assert_eq!(node.list_offset(11, "t", -2).offset, Offset(4), "also after a kill");
}

#[test]
fn records_that_cannot_be_deleted_say_why() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.topic("compacted", 1, &[("cleanup.policy", "compact")]);
    node.topic("both", 1, &[("cleanup.policy", "compact,delete")]);
    node.topic("__consumer_offsets", 1, &[]);
    node.produced("t", batch(&["a"]));
    node.produced("both", keyed(&[(Some("k"), "v")]));
    for (topic, partition, offset, code) in [
        ("t", 0, 2, ErrorCode::OFFSET_OUT_OF_RANGE),
        ("t", 0, -2, ErrorCode::OFFSET_OUT_OF_RANGE),
        ("t", 1, 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("u", 0, 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("compacted", 0, 0, ErrorCode::POLICY_VIOLATION),
        ("both", 0, 1, ErrorCode::NONE),
        ("__consumer_offsets", 0, 0, ErrorCode::INVALID_TOPIC_EXCEPTION),
    ] {
        let result = delete_records(&node, topic, partition, offset);
        assert_eq!(result.error_code, code, "{topic}-{partition} before {offset}");
        assert_eq!(result.low_watermark, if code == ErrorCode::NONE { 1 } else { -1 });
    }
}
