//! Metadata and its kin: topics, brokers, and topics that appear when asked for.

use protocol::{
    ErrorCode,
    messages::{
        describe_cluster::DescribeClusterRequest,
        describe_log_dirs::{DescribableLogDirTopic, DescribeLogDirsRequest},
        describe_quorum::{DescribeQuorumRequest, RequestPartitionData, RequestTopicData},
        describe_topic_partitions::{DescribeTopicPartitionsRequest, RequestCursor, TopicRequest},
        find_coordinator::FindCoordinatorRequest,
        metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseTopic},
    },
    types::{BrokerId, LeaderEpoch, Uuid},
};

use crate::{
    batches::batch,
    node::{CLUSTER, TestNode},
};

fn topic(name: Option<&'static str>, topic_id: Uuid) -> MetadataRequestTopic<'static> {
    MetadataRequestTopic { name: name.map(Into::into), topic_id }
}

fn about(topics: Option<Vec<MetadataRequestTopic<'static>>>) -> MetadataRequest<'static> {
    MetadataRequest { topics, allow_auto_topic_creation: false, ..MetadataRequest::default() }
}

fn names(response: &MetadataResponse<'_>) -> Vec<String> {
    let mut names = response
        .topics
        .iter()
        .map(|topic| topic.name.as_ref().map_or_else(String::new, ToString::to_string))
        .collect::<Vec<_>>();
    names.sort();
    names
}

fn one(node: &TestNode, version: i16, asked: MetadataRequestTopic<'static>) -> MetadataResponseTopic<'static> {
    let mut topics = node.ask(version, &about(Some(vec![asked]))).topics;
    assert_eq!(topics.len(), 1);
    topics.remove(0)
}

/// What is said of a name, with creation allowed.
fn asked_for(node: &TestNode, version: i16, name: &'static str) -> ErrorCode {
    let topics = Some(vec![topic(Some(name), Uuid::ZERO)]);
    let request = MetadataRequest { topics, allow_auto_topic_creation: true, ..MetadataRequest::default() };
    node.ask(version, &request).topics[0].error_code
}

#[test]
fn null_is_all_topics_and_empty_is_none_but_in_version_0_empty_is_all() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.topic("u", 1, &[]);
    let empty = node.ask(
        0,
        &MetadataRequest { topics: Some(Vec::new()), allow_auto_topic_creation: true, ..MetadataRequest::default() },
    );
    assert_eq!(names(&empty), ["t", "u"]);
    for version in 1..=13 {
        let request =
            |topics| MetadataRequest { topics, allow_auto_topic_creation: true, ..MetadataRequest::default() };
        let all = node.ask(version, &request(None));
        assert_eq!(names(&all), ["t", "u"], "version {version}");
        let none = node.ask(version, &request(Some(Vec::new())));
        assert_eq!(names(&none), [] as [&str; 0]);
        assert_eq!((all.brokers.len(), none.brokers.len()), (1, 1), "brokers always");
    }
}

#[test]
fn a_topic_is_told_with_its_id_leader_and_replicas() {
    let node = TestNode::new();
    let id = node.topic("t", 2, &[]);
    let response = node.ask(12, &about(None));
    assert_eq!(response.cluster_id.as_ref().map(ToString::to_string), Some(CLUSTER.to_owned()));
    assert_eq!(response.controller_id, BrokerId(1));
    let broker = &response.brokers[0];
    assert_eq!((broker.node_id, broker.host.to_string(), broker.port), (BrokerId(1), "127.0.0.1".to_owned(), 9092));
    let told = &response.topics[0];
    assert_eq!((told.topic_id, told.is_internal, told.partitions.len()), (id, false, 2));
    for partition in &told.partitions {
        assert_eq!((partition.error_code, partition.leader_id), (ErrorCode::NONE, BrokerId(1)));
        assert_eq!(partition.leader_epoch, LeaderEpoch(0));
        assert_eq!((&partition.replica_nodes, &partition.isr_nodes), (&vec![BrokerId(1)], &vec![BrokerId(1)]));
        assert_eq!(partition.offline_replicas, []);
    }
}

#[test]
fn a_leader_epoch_rises_with_every_start() {
    let mut node = TestNode::new();
    node.topic("t", 1, &[]);
    let mut last = LeaderEpoch(0);
    for end in [TestNode::restart, TestNode::kill] {
        node = end(node);
        let partition = one(&node, 12, topic(Some("t"), Uuid::ZERO)).partitions.remove(0);
        assert!(partition.leader_epoch > last, "{} after {last}", partition.leader_epoch);
        last = partition.leader_epoch;
        assert_eq!((partition.leader_id, partition.isr_nodes), (BrokerId(1), vec![BrokerId(1)]));
    }
}

#[test]
fn the_advertised_address_is_told_as_it_was_written() {
    let advertised =
        [("advertised.listeners", "PLAINTEXT://localhost:19092,CONTROLLER://127.0.0.1:9093"), ("broker.rack", "r1")];
    let node = TestNode::with(&advertised);
    let broker = node.ask(12, &about(None)).brokers.remove(0);
    assert_eq!((broker.host.to_string(), broker.port), ("localhost".to_owned(), 19_092));
    assert_eq!(broker.rack.map(|rack| rack.to_string()), Some("r1".to_owned()));
}

#[test]
fn a_client_is_told_the_address_of_the_listener_it_came_in_by() {
    let node = TestNode::with(&[
        ("listeners", "INSIDE://127.0.0.1:9092,OUTSIDE://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093"),
        ("advertised.listeners", "INSIDE://inside:9092,OUTSIDE://outside:19094,CONTROLLER://127.0.0.1:9093"),
        ("listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT"),
        ("inter.broker.listener.name", "INSIDE"),
    ])
    .on_listener("INSIDE");
    let find = FindCoordinatorRequest { key: "g".into(), ..FindCoordinatorRequest::default() };
    node.ask(3, &find);
    let assert_told = |node: &TestNode, address: (&str, i32)| {
        let broker = node.ask(12, &about(None)).brokers.remove(0);
        assert_eq!((&*broker.host.to_string(), broker.port), address, "Metadata");
        let broker = node.ask(1, &DescribeClusterRequest { endpoint_type: 1, ..Default::default() }).brokers.remove(0);
        assert_eq!((&*broker.host.to_string(), broker.port), address, "DescribeCluster");
        let coordinator = node.ask(3, &find);
        assert_eq!(coordinator.error_code, ErrorCode::NONE);
        assert_eq!((&*coordinator.host.to_string(), coordinator.port), address, "FindCoordinator");
    };
    assert_told(&node, ("inside", 9092));
    assert_told(&node.on_listener("OUTSIDE"), ("outside", 19_094));
}

#[test]
fn a_name_asked_for_twice_is_answered_once() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let asked = topic(Some("t"), Uuid::ZERO);
    assert_eq!(names(&node.ask(12, &about(Some(vec![asked.clone(), asked])))), ["t"]);
}

#[test]
fn where_name_and_id_disagree_the_id_wins() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let other = node.topic("u", 1, &[]);
    let told = one(&node, 12, topic(Some("t"), other));
    assert_eq!((told.error_code, told.topic_id), (ErrorCode::NONE, other));
    assert_eq!(told.name.map(|name| name.to_string()), Some("u".to_owned()));
}

#[test]
fn an_unknown_id_and_no_name_at_all_have_errors_of_their_own() {
    let node = TestNode::new();
    let unknown = one(&node, 12, topic(None, Uuid([9; 16])));
    assert_eq!((unknown.error_code, unknown.name), (ErrorCode::UNKNOWN_TOPIC_ID, None));
    assert_eq!(one(&node, 12, topic(None, Uuid::ZERO)).error_code, ErrorCode::UNKNOWN_SERVER_ERROR);
    let before_12 = one(&node, 10, topic(None, Uuid::ZERO));
    assert_eq!(before_12.error_code, ErrorCode::INVALID_REQUEST);
    assert_eq!(before_12.name.map(|name| name.to_string()), Some(String::new()));
}

#[test]
fn a_topic_appears_when_it_is_asked_for() {
    for version in [0, 1, 3, 4, 12] {
        let node = TestNode::with(&[("num.partitions", "2")]);
        assert_eq!(asked_for(&node, version, "t"), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        node.work();
        let told = one(&node, 12, topic(Some("t"), Uuid::ZERO));
        assert_eq!((told.error_code, told.partitions.len()), (ErrorCode::NONE, 2), "version {version}");
        node.produced("t", batch(&["a"]));
    }
}

#[test]
fn a_topic_does_not_appear_where_that_is_not_allowed() {
    let node = TestNode::new();
    assert_eq!(one(&node, 12, topic(Some("t"), Uuid::ZERO)).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    node.work();
    assert_eq!(names(&node.ask(12, &about(None))), [] as [&str; 0], "the client did not allow it");
    let closed = TestNode::with(&[("auto.create.topics.enable", "false")]);
    assert_eq!(asked_for(&closed, 12, "t"), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    closed.work();
    assert_eq!(names(&closed.ask(12, &about(None))), [] as [&str; 0], "the operator did not");
}

#[test]
fn a_name_that_is_illegal_or_collides_never_becomes_a_topic() {
    let node = TestNode::new();
    node.topic("a.b", 1, &[]);
    for _ in 0..2 {
        for illegal in ["", "a b", ".", ".."] {
            assert_eq!(asked_for(&node, 12, illegal), ErrorCode::INVALID_TOPIC_EXCEPTION, "{illegal:?}");
            assert_eq!(one(&node, 12, topic(Some(illegal), Uuid::ZERO)).error_code, ErrorCode::INVALID_TOPIC_EXCEPTION);
        }
        assert_eq!(asked_for(&node, 12, "a_b"), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        node.work();
    }
    assert_eq!(names(&node.ask(12, &about(None))), ["a.b"]);
}

#[test]
fn authorized_operations_are_told_only_where_asked_for() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let with = MetadataRequest {
        include_cluster_authorized_operations: true,
        include_topic_authorized_operations: true,
        ..about(None)
    };
    let told = node.ask(10, &with);
    assert_eq!((told.cluster_authorized_operations, told.topics[0].topic_authorized_operations), (8096, 3576));
    let not = node.ask(10, &about(None));
    assert_eq!((not.cluster_authorized_operations, not.topics[0].topic_authorized_operations), (i32::MIN, i32::MIN));
}

#[test]
fn the_metadata_log_is_no_topic_to_clients() {
    let node = TestNode::new();
    let told = one(&node, 12, topic(Some("__cluster_metadata"), Uuid::ZERO));
    assert_eq!((told.error_code, told.is_internal), (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, false));
    assert_eq!(one(&node, 12, topic(None, Uuid::ONE)).error_code, ErrorCode::UNKNOWN_TOPIC_ID);
}

#[test]
fn partitions_are_described_page_by_page() {
    let node = TestNode::new();
    node.topic("t", 3, &[]);
    node.topic("u", 2, &[]);
    let ask = |names: &[&'static str], limit: i32, cursor: Option<(&'static str, i32)>| {
        let topics = names.iter().map(|name| TopicRequest { name: (*name).into() }).collect();
        let cursor = cursor.map(|(name, partition_index)| RequestCursor { topic_name: name.into(), partition_index });
        node.ask(0, &DescribeTopicPartitionsRequest { topics, response_partition_limit: limit, cursor })
    };
    let all = ask(&[], 2000, None);
    assert_eq!(all.topics.iter().map(|topic| topic.partitions.len()).collect::<Vec<_>>(), [3, 2]);
    assert!(all.topics.iter().all(|topic| topic.topic_authorized_operations == 3576));
    assert_eq!(all.next_cursor, None);
    assert_eq!(ask(&["none"], 2000, None).topics[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let first = ask(&["t", "u"], 2, None);
    let cursor = first.next_cursor.expect("there is more");
    assert_eq!((cursor.topic_name.to_string(), cursor.partition_index), ("t".to_owned(), 2));
    let second = ask(&["t", "u"], 2, Some(("t", 2)));
    let told = second.topics.iter().flat_map(|topic| topic.partitions.iter().map(|p| p.partition_index));
    assert_eq!(told.collect::<Vec<_>>(), [2, 0]);
    let cursor = second.next_cursor.expect("there is more");
    assert_eq!((cursor.topic_name.to_string(), cursor.partition_index), ("u".to_owned(), 1));
}

#[test]
fn a_cluster_is_described_as_the_listener_sees_it() {
    let node = TestNode::new();
    let of = |endpoint_type| DescribeClusterRequest { endpoint_type, ..DescribeClusterRequest::default() };
    let brokers = node.ask(1, &DescribeClusterRequest { include_cluster_authorized_operations: true, ..of(1) });
    assert_eq!((brokers.error_code, brokers.cluster_id.to_string()), (ErrorCode::NONE, CLUSTER.to_owned()));
    assert_eq!((brokers.controller_id, brokers.brokers[0].port), (BrokerId(1), 9092));
    assert_eq!(brokers.cluster_authorized_operations, 8096);
    let refused = node.ask(1, &of(2));
    assert_eq!(refused.error_code, ErrorCode::MISMATCHED_ENDPOINT_TYPE);
    let message = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER";
    assert_eq!(refused.error_message.unwrap().to_string(), message);
    assert_eq!(node.ask(1, &of(9)).error_code, ErrorCode::UNSUPPORTED_ENDPOINT_TYPE);
    assert_eq!(node.ask(0, &of(1)).cluster_authorized_operations, i32::MIN);
    let node = node.on_controller();
    let controllers = node.ask(1, &of(2));
    assert_eq!((controllers.error_code, controllers.brokers[0].port), (ErrorCode::NONE, 9093));
    assert_eq!(node.ask(1, &of(1)).error_code, ErrorCode::MISMATCHED_ENDPOINT_TYPE);
    assert_eq!(node.ask(0, &of(1)).error_code, ErrorCode::INVALID_REQUEST);
}

#[test]
fn the_quorum_is_described_on_both_listeners() {
    let mut node = TestNode::new();
    for _ in 0..2 {
        let partitions = vec![RequestPartitionData { partition_index: 0 }];
        let topics = vec![RequestTopicData { topic_name: "__cluster_metadata".into(), partitions }];
        for version in 0..=2 {
            let response = node.ask(version, &DescribeQuorumRequest { topics: topics.clone() });
            let partition = &response.topics[0].partitions[0];
            assert_eq!((response.error_code, partition.error_code), (ErrorCode::NONE, ErrorCode::NONE));
            assert_eq!(partition.leader_id, BrokerId(1));
            assert_eq!(
                partition.current_voters.iter().map(|voter| voter.replica_id).collect::<Vec<_>>(),
                [BrokerId(1)]
            );
            assert_eq!(partition.high_watermark, partition.current_voters[0].log_end_offset);
        }
        node = node.on_controller();
    }
}

#[test]
fn the_log_directory_is_described_with_what_is_in_it() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let sent = batch(&["a"]);
    node.produced("t", sent.clone());
    for version in 1..=5 {
        for topics in [None, Some(vec![DescribableLogDirTopic { topic: "t".into(), partitions: vec![0] }])] {
            let response = node.ask(version, &DescribeLogDirsRequest { topics });
            let dir = &response.results[0];
            assert_eq!((dir.error_code, dir.log_dir.to_string()), (ErrorCode::NONE, "/data".to_owned()));
            let topic = dir.topics.iter().find(|topic| topic.name == "t").expect("the topic");
            let partition = &topic.partitions[0];
            assert_eq!((partition.partition_size, partition.offset_lag), (sent.len() as i64, 0));
        }
    }
}
