//! Committed offsets: who may commit them, and how they come back.

use protocol::{
    ErrorCode,
    messages::{
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol},
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_delete::{OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
        offset_fetch::{
            OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
        },
    },
    stored::consumer_protocol,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

use crate::{
    groups::{alone, coordinating},
    node::TestNode,
};

/// A node that coordinates groups, with a topic `t` of two partitions.
fn with_topic() -> TestNode {
    let node = coordinating();
    node.topic("t", 2, &[]);
    node
}

/// A commit of one offset of `t-0`.
fn commit(
    group: &'static str,
    generation: i32,
    member: &str,
    offset: i64,
    metadata: Option<&str>,
) -> OffsetCommitRequest<'static> {
    let partition = OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: Offset(offset),
        committed_leader_epoch: LeaderEpoch(3),
        committed_metadata: metadata.map(|text| Str::from(text.to_owned())),
    };
    let topic = OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..OffsetCommitRequestTopic::default()
    };
    OffsetCommitRequest {
        group_id: group.into(),
        generation_id_or_member_epoch: generation,
        member_id: Str::from(member.to_owned()),
        topics: vec![topic],
        ..OffsetCommitRequest::default()
    }
}

fn committed(node: &TestNode, version: i16, request: &OffsetCommitRequest<'static>) -> ErrorCode {
    node.ask(version, request).topics[0].partitions[0].error_code
}

/// Offset, leader epoch and metadata of `t-0` in a group.
fn fetched(node: &TestNode, group: &'static str) -> (i64, i32, Option<String>) {
    let topics = vec![OffsetFetchRequestTopics {
        name: "t".into(),
        partition_indexes: vec![0],
        ..OffsetFetchRequestTopics::default()
    }];
    let groups = vec![OffsetFetchRequestGroup {
        group_id: group.into(),
        topics: Some(topics),
        ..OffsetFetchRequestGroup::default()
    }];
    let mut response = node.ask(9, &OffsetFetchRequest { groups, ..OffsetFetchRequest::default() });
    let group = response.groups.remove(0);
    assert_eq!(group.error_code, ErrorCode::NONE);
    let partition = &group.topics[0].partitions[0];
    assert_eq!(partition.error_code, ErrorCode::NONE);
    let metadata = partition.metadata.as_ref().map(ToString::to_string);
    (partition.committed_offset.0, partition.committed_leader_epoch.0, metadata)
}

#[test]
fn what_is_committed_comes_back_also_after_a_power_cut() {
    let node = with_topic();
    for version in 2..=9 {
        let offset = 10 + i64::from(version);
        assert_eq!(committed(&node, version, &commit("g", -1, "", offset, Some("note"))), ErrorCode::NONE);
        let epoch = if version >= 6 { 3 } else { -1 };
        assert_eq!(fetched(&node, "g"), (offset, epoch, Some("note".to_owned())), "version {version}");
    }
    let node = node.lose_power();
    assert_eq!(fetched(&node, "g"), (19, 3, Some("note".to_owned())));
}

#[test]
fn without_a_generation_anybody_commits_into_a_group_without_members() {
    let node = with_topic();
    for (group, member, offset) in [("g", "", 1), ("g", "anybody", 2), ("", "", 3)] {
        assert_eq!(committed(&node, 9, &commit(group, -1, member, offset, None)), ErrorCode::NONE);
        assert_eq!(fetched(&node, group), (offset, 3, Some(String::new())), "null metadata is kept as empty");
    }
    for offset in [-1, -5] {
        assert_eq!(committed(&node, 9, &commit("g", -1, "", offset, None)), ErrorCode::NONE);
        assert_eq!(fetched(&node, "g").0, offset);
    }
}

#[test]
fn with_a_generation_only_a_member_commits() {
    let node = with_topic();
    let stranger = commit("none", 1, "m", 1, None);
    assert_eq!(committed(&node, 8, &stranger), ErrorCode::ILLEGAL_GENERATION, "a group that nobody knows");
    assert_eq!(committed(&node, 9, &stranger), ErrorCode::GROUP_ID_NOT_FOUND, "which has a code of its own later");
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 1, None)), ErrorCode::NONE);
    assert_eq!(
        committed(&node, 9, &commit("g", 1, "m", 1, None)),
        ErrorCode::UNKNOWN_MEMBER_ID,
        "a group that is known"
    );
    let member = alone(&node);
    assert_eq!(committed(&node, 9, &commit("g", 1, &member, 5, None)), ErrorCode::NONE);
    assert_eq!(committed(&node, 9, &commit("g", 2, &member, 6, None)), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(committed(&node, 9, &commit("g", 1, "stranger", 6, None)), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 6, None)), ErrorCode::UNKNOWN_MEMBER_ID, "an active group");
    assert_eq!(fetched(&node, "g").0, 5);
}

fn join(member: &str) -> JoinGroupRequest<'static> {
    JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: 6000,
        rebalance_timeout_ms: 2000,
        member_id: Str::from(member.to_owned()),
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol { name: "range".into(), metadata: subscribed().into() }],
        ..JoinGroupRequest::default()
    }
}

/// What a consumer that subscribed to `t` tells its group.
fn subscribed() -> Vec<u8> {
    use consumer_protocol::ConsumerProtocolSubscription;
    let subscription =
        ConsumerProtocolSubscription { topics: vec!["t".into()], ..ConsumerProtocolSubscription::default() };
    let body = protocol::codec::to_bytes(&subscription, 1).expect("a subscription");
    [&1_i16.to_be_bytes()[..], &body].concat()
}

#[test]
fn a_member_commits_while_others_join_but_not_while_it_waits_for_its_assignment() {
    let node = with_topic();
    let member = node.ask(3, &join("")).member_id.to_string();
    assert_eq!(committed(&node, 9, &commit("g", 1, &member, 1, None)), ErrorCode::REBALANCE_IN_PROGRESS, "completing");
    let sync = protocol::messages::sync_group::SyncGroupRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: Str::from(member.clone()),
        ..Default::default()
    };
    assert_eq!(node.ask(3, &sync).error_code, ErrorCode::NONE);
    let other = node.start(3, &join(""));
    assert!(other.is_waiting());
    assert_eq!(committed(&node, 9, &commit("g", 1, &member, 1, None)), ErrorCode::NONE, "joining");
}

#[test]
fn metadata_has_a_largest_size() {
    let node = with_topic();
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 1, Some(&"x".repeat(4096)))), ErrorCode::NONE);
    assert_eq!(
        committed(&node, 9, &commit("g", -1, "", 2, Some(&"x".repeat(4097)))),
        ErrorCode::OFFSET_METADATA_TOO_LARGE
    );
    assert_eq!(fetched(&node, "g").0, 1);
}

#[test]
fn offsets_of_what_does_not_exist_are_refused() {
    let node = with_topic();
    let mut request = commit("g", -1, "", 1, None);
    request.topics[0].name = "u".into();
    assert_eq!(committed(&node, 9, &request), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let mut request = commit("g", -1, "", 1, None);
    request.topics[0].partitions[0].partition_index = 7;
    assert_eq!(committed(&node, 9, &request), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let mut request = commit("g", -1, "", 1, None);
    request.topics[0].topic_id = Uuid([9; 16]);
    assert_eq!(committed(&node, 10, &request), ErrorCode::UNKNOWN_TOPIC_ID);
}

#[test]
fn null_is_all_topics_and_a_group_that_nobody_knows_has_none() {
    let node = with_topic();
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 4, None)), ErrorCode::NONE);
    for version in 2..=7 {
        let all = node
            .ask(version, &OffsetFetchRequest { group_id: "g".into(), topics: None, ..OffsetFetchRequest::default() });
        assert_eq!((all.error_code, all.topics.len()), (ErrorCode::NONE, 1), "version {version}");
        assert_eq!(all.topics[0].partitions[0].committed_offset, Offset(4));
        let none =
            OffsetFetchRequest { group_id: "g".into(), topics: Some(Vec::new()), ..OffsetFetchRequest::default() };
        assert_eq!(node.ask(version, &none).topics, []);
    }
    for version in 8..=9 {
        let groups = ["g", "none"].map(|id| OffsetFetchRequestGroup {
            group_id: id.into(),
            topics: None,
            ..OffsetFetchRequestGroup::default()
        });
        let response =
            node.ask(version, &OffsetFetchRequest { groups: groups.to_vec(), ..OffsetFetchRequest::default() });
        let told = response.groups.iter().map(|group| (group.error_code, group.topics.len())).collect::<Vec<_>>();
        assert_eq!(told, [(ErrorCode::NONE, 1), (ErrorCode::NONE, 0)]);
    }
    assert_eq!(fetched(&node, "none"), (-1, -1, Some(String::new())));
}

#[test]
fn an_unknown_topic_has_no_offset_and_no_error_but_an_unknown_id_has() {
    let node = with_topic();
    let id = {
        let topics = vec![OffsetFetchRequestTopic { name: "nowhere".into(), partition_indexes: vec![0] }];
        let request =
            OffsetFetchRequest { group_id: "g".into(), topics: Some(topics), ..OffsetFetchRequest::default() };
        for version in 1..=7 {
            let partition = node.ask(version, &request).topics.remove(0).partitions.remove(0);
            assert_eq!((partition.error_code, partition.committed_offset), (ErrorCode::NONE, Offset::NONE));
        }
        node.topic("u", 1, &[])
    };
    let by_id = |topic_id| {
        let topics = vec![OffsetFetchRequestTopics {
            topic_id,
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        }];
        let groups = vec![OffsetFetchRequestGroup {
            group_id: "g".into(),
            topics: Some(topics),
            ..OffsetFetchRequestGroup::default()
        }];
        let mut response = node.ask(10, &OffsetFetchRequest { groups, ..OffsetFetchRequest::default() });
        response.groups.remove(0).topics.remove(0).partitions.remove(0)
    };
    assert_eq!(by_id(Uuid([9; 16])).error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!((by_id(id).error_code, by_id(id).committed_offset), (ErrorCode::NONE, Offset::NONE));
}

fn delete_offset(node: &TestNode, group: &'static str, topic: &'static str) -> (ErrorCode, Option<ErrorCode>) {
    let partitions = vec![OffsetDeleteRequestPartition { partition_index: 0 }];
    let topics = vec![OffsetDeleteRequestTopic { name: topic.into(), partitions }];
    let response = node.ask(0, &OffsetDeleteRequest { group_id: group.into(), topics });
    (response.error_code, response.topics.first().map(|topic| topic.partitions[0].error_code))
}

#[test]
fn an_offset_is_deleted_unless_the_group_reads_the_topic() {
    let node = with_topic();
    assert_eq!(delete_offset(&node, "none", "t").0, ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 4, None)), ErrorCode::NONE);
    assert_eq!(delete_offset(&node, "g", "u"), (ErrorCode::NONE, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)));
    assert_eq!(delete_offset(&node, "g", "t"), (ErrorCode::NONE, Some(ErrorCode::NONE)));
    assert_eq!(fetched(&node, "g").0, -1);
    assert_eq!(node.ask(3, &join("")).error_code, ErrorCode::NONE);
    assert_eq!(delete_offset(&node, "g", "t"), (ErrorCode::NONE, Some(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC)));
}

#[test]
fn offsets_go_with_their_topic() {
    let node = with_topic();
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 4, None)), ErrorCode::NONE);
    crate::topics::delete(&node, "t");
    node.topic("t", 1, &[]);
    assert_eq!(fetched(&node, "g").0, -1);
}

#[test]
fn offsets_that_nobody_needs_go_after_their_retention() {
    let node = TestNode::with(&[("offsets.retention.minutes", "1")]);
    let request =
        protocol::messages::find_coordinator::FindCoordinatorRequest { key: "g".into(), ..Default::default() };
    node.ask(0, &request);
    node.work();
    node.topic("t", 1, &[]);
    assert_eq!(committed(&node, 9, &commit("g", -1, "", 4, None)), ErrorCode::NONE);
    node.pass_ms(59_000);
    assert_eq!(fetched(&node, "g").0, 4);
    node.pass_ms(700_000);
    assert_eq!(fetched(&node, "g").0, -1);
}

#[test]
fn a_heartbeat_needs_no_commit() {
    // A group that lives on heartbeats alone keeps its offsets, however long it lives.
    let node = with_topic();
    let member = alone(&node);
    assert_eq!(committed(&node, 9, &commit("g", 1, &member, 4, None)), ErrorCode::NONE);
    for _ in 0..100 {
        node.pass_ms(5000);
        let beat = HeartbeatRequest {
            group_id: "g".into(),
            generation_id: 1,
            member_id: Str::from(member.clone()),
            ..HeartbeatRequest::default()
        };
        assert_eq!(node.ask(4, &beat).error_code, ErrorCode::NONE);
    }
    assert_eq!(fetched(&node, "g").0, 4);
}
