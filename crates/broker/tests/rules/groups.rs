//! Classic groups: who is in them, who is asked to wait, and who is told to go.

use protocol::{
    ErrorCode,
    messages::{
        delete_groups::DeleteGroupsRequest,
        describe_groups::{DescribeGroupsRequest, DescribedGroup},
        find_coordinator::FindCoordinatorRequest,
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, MemberIdentity},
        list_groups::ListGroupsRequest,
        metadata::MetadataRequest,
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse},
    },
    types::{BrokerId, Str},
};

use crate::node::{Asked, TestNode};

/// A node that coordinates groups.
pub(crate) fn coordinating() -> TestNode {
    coordinating_with(&[])
}

pub(crate) fn coordinating_with(settings: &[(&'static str, &'static str)]) -> TestNode {
    let node = TestNode::with(settings);
    let request = FindCoordinatorRequest { key: "g".into(), ..FindCoordinatorRequest::default() };
    assert_eq!(node.ask(0, &request).error_code, ErrorCode::COORDINATOR_NOT_AVAILABLE);
    node.work();
    assert_eq!(node.ask(0, &request).error_code, ErrorCode::NONE);
    node
}

fn text(owned: &str) -> Str<'static> {
    Str::from(owned.to_owned())
}

/// A join of the group `g`.
fn join(member_id: &str) -> JoinGroupRequest<'static> {
    JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: 6000,
        rebalance_timeout_ms: 2000,
        member_id: text(member_id),
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol { name: "range".into(), metadata: b"wishes"[..].into() }],
        ..JoinGroupRequest::default()
    }
}

fn static_join(instance: &'static str, member_id: &str) -> JoinGroupRequest<'static> {
    JoinGroupRequest { group_instance_id: Some(instance.into()), ..join(member_id) }
}

/// A sync of `g`, with the protocol that everybody has, and assignments of the leader's.
fn sync(generation_id: i32, member_id: &str, assigned: &[&str]) -> SyncGroupRequest<'static> {
    let assignments = assigned.iter().map(|member| SyncGroupRequestAssignment {
        member_id: text(member),
        assignment: format!("for {member}").into_bytes().into(),
    });
    SyncGroupRequest {
        group_id: "g".into(),
        generation_id,
        member_id: text(member_id),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        assignments: assignments.collect(),
        ..SyncGroupRequest::default()
    }
}

fn beat(node: &TestNode, group: &'static str, generation_id: i32, member_id: &str) -> ErrorCode {
    let member_id = text(member_id);
    node.ask(4, &HeartbeatRequest { group_id: group.into(), generation_id, member_id, ..HeartbeatRequest::default() })
        .error_code
}

/// The group `g` with one member that has its assignment.
pub(crate) fn alone(node: &TestNode) -> String {
    let joined = node.ask(3, &join(""));
    assert_eq!((joined.error_code, joined.generation_id), (ErrorCode::NONE, 1));
    let member = joined.member_id.to_string();
    assert_eq!(node.ask(5, &sync(1, &member, &[&member])).error_code, ErrorCode::NONE);
    member
}

/// The group `g` with a leader and another member, in generation 2, both with their assignments.
fn pair(node: &TestNode) -> (String, String) {
    let leader = alone(node);
    let second = node.start(3, &join(""));
    assert!(second.is_waiting(), "it waits for the first to join again");
    let first = node.ask(3, &join(&leader));
    let second = node.answer(second);
    assert_eq!((first.generation_id, second.generation_id), (2, 2));
    assert_eq!((first.leader.to_string(), second.leader.to_string()), (leader.clone(), leader.clone()));
    assert_eq!((first.members.len(), second.members.len()), (2, 0), "only the leader sees all");
    let follower = second.member_id.to_string();
    let waiting = node.start(5, &sync(2, &follower, &[]));
    assert!(waiting.is_waiting(), "it waits for the leader's assignments");
    let led = node.ask(5, &sync(2, &leader, &[&leader, &follower]));
    assert_eq!(led.assignment, format!("for {leader}").into_bytes());
    assert_eq!(node.answer(waiting).assignment, format!("for {follower}").into_bytes());
    (leader, follower)
}

pub(crate) fn describe(node: &TestNode, version: i16, group: &'static str) -> DescribedGroup<'static> {
    node.ask(version, &DescribeGroupsRequest { groups: vec![group.into()], ..DescribeGroupsRequest::default() })
        .groups
        .remove(0)
}

#[test]
fn a_coordinator_is_found_once_the_offsets_topic_is_there() {
    let node = coordinating();
    for group in ["g", ""] {
        for version in 1..=3 {
            let request = FindCoordinatorRequest { key: group.into(), ..FindCoordinatorRequest::default() };
            let found = node.ask(version, &request);
            assert_eq!((found.error_code, found.node_id, found.port), (ErrorCode::NONE, BrokerId(1), 9092));
            assert_eq!(found.error_message.map(|message| message.to_string()), Some("NONE".to_owned()));
        }
        for version in 4..=6 {
            let coordinator_keys = vec![group.into()];
            let request = FindCoordinatorRequest { coordinator_keys, ..FindCoordinatorRequest::default() };
            let found = node.ask(version, &request).coordinators.remove(0);
            assert_eq!((found.error_code, found.node_id, found.port), (ErrorCode::NONE, BrokerId(1), 9092));
            assert_eq!(found.error_message.map(|message| message.to_string()), Some(String::new()));
        }
    }
}

#[test]
fn only_groups_have_a_coordinator() {
    let node = coordinating();
    for (key_type, code) in [
        (1, ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        (2, ErrorCode::INVALID_REQUEST),
        (9, ErrorCode::INVALID_REQUEST),
    ] {
        let request = FindCoordinatorRequest {
            key_type,
            coordinator_keys: vec!["x".into()],
            ..FindCoordinatorRequest::default()
        };
        assert_eq!(node.ask(6, &request).coordinators[0].error_code, code, "type {key_type}");
    }
}

#[test]
fn the_offsets_topic_is_internal_and_as_large_as_configured() {
    let node = coordinating();
    let topic = node.ask(12, &MetadataRequest { topics: None, ..MetadataRequest::default() }).topics.remove(0);
    assert_eq!(topic.name.map(|name| name.to_string()), Some("__consumer_offsets".to_owned()));
    assert_eq!((topic.is_internal, topic.partitions.len()), (true, 3));
    for (config, value) in
        [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", "104857600")]
    {
        assert_eq!(crate::configs::value(&node, crate::configs::TOPIC, "__consumer_offsets", config), value);
    }
}

#[test]
fn who_joins_without_an_id_is_given_one_to_join_with() {
    let node = coordinating();
    for version in 4..=9 {
        let given = node.ask(version, &join(""));
        assert_eq!(given.error_code, ErrorCode::MEMBER_ID_REQUIRED);
        assert!(given.member_id.to_string().starts_with("tester-"), "{}", given.member_id);
        assert_eq!(given.protocol_type, None);
        let name = given.protocol_name.map(|name| name.to_string());
        assert_eq!(name, if version >= 7 { None } else { Some(String::new()) });
        assert_eq!(describe(&node, 5, "g").members.len(), 0, "it is not a member yet");
    }
    let id = node.ask(9, &join("")).member_id.to_string();
    assert_eq!(node.ask(9, &join(&id)).error_code, ErrorCode::NONE);
}

#[test]
fn before_version_4_who_joins_is_in_at_once() {
    for version in 0..=3 {
        let node = coordinating();
        let joined = node.ask(version, &join(""));
        assert_eq!((joined.error_code, joined.generation_id, joined.members.len()), (ErrorCode::NONE, 1, 1));
        assert_eq!(joined.leader, joined.member_id);
        assert_eq!(joined.protocol_name.map(|name| name.to_string()), Some("range".to_owned()));
    }
}

#[test]
fn a_join_that_makes_no_sense_says_why() {
    let node = coordinating();
    let no_protocols = JoinGroupRequest { protocols: Vec::new(), ..join("") };
    for (request, code) in [
        (JoinGroupRequest { group_id: "".into(), ..join("") }, ErrorCode::INVALID_GROUP_ID),
        (JoinGroupRequest { session_timeout_ms: 5999, ..join("") }, ErrorCode::INVALID_SESSION_TIMEOUT),
        (JoinGroupRequest { session_timeout_ms: 1_800_001, ..join("") }, ErrorCode::INVALID_SESSION_TIMEOUT),
        (JoinGroupRequest { protocol_type: "".into(), ..join("") }, ErrorCode::INCONSISTENT_GROUP_PROTOCOL),
        (no_protocols, ErrorCode::INCONSISTENT_GROUP_PROTOCOL),
        (join("stranger"), ErrorCode::UNKNOWN_MEMBER_ID),
    ] {
        assert_eq!(node.ask(3, &request).error_code, code, "{request:?}");
    }
    alone(&node);
    let other_type = JoinGroupRequest { protocol_type: "connect".into(), ..join("") };
    assert_eq!(node.ask(3, &other_type).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let protocols = vec![JoinGroupRequestProtocol { name: "sticky".into(), ..JoinGroupRequestProtocol::default() }];
    let other_protocol = JoinGroupRequest { protocols, ..join("") };
    assert_eq!(node.ask(3, &other_protocol).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

#[test]
fn a_group_has_no_more_members_than_allowed() {
    let node = coordinating_with(&[("group.max.size", "1")]);
    alone(&node);
    assert_eq!(node.ask(3, &join("")).error_code, ErrorCode::GROUP_MAX_SIZE_REACHED);
}

#[test]
fn a_static_member_joins_at_once_and_takes_its_own_place_without_a_rebalance() {
    let node = coordinating();
    let first = node.ask(9, &static_join("i1", ""));
    assert_eq!((first.error_code, first.generation_id), (ErrorCode::NONE, 1));
    let old = first.member_id.to_string();
    assert!(old.starts_with("i1-"), "{old}");
    assert_eq!(node.ask(5, &sync(1, &old, &[&old])).error_code, ErrorCode::NONE);

    let again = node.ask(9, &static_join("i1", ""));
    assert_eq!((again.error_code, again.generation_id, again.skip_assignment), (ErrorCode::NONE, 1, true));
    assert_eq!(again.members.len(), 1);
    let new = again.member_id.to_string();
    assert!(new.starts_with("i1-") && new != old, "{new}");
    let resent: SyncGroupResponse<'_> = node.ask(5, &sync(1, &new, &[]));
    assert_eq!(resent.assignment, format!("for {old}").into_bytes(), "it has what it had");

    assert_eq!(node.ask(9, &static_join("i1", &old)).error_code, ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(node.ask(9, &join(&old)).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
    let version_5 = node.ask(5, &static_join("i1", ""));
    assert_eq!((version_5.error_code, version_5.generation_id, version_5.members.len()), (ErrorCode::NONE, 1, 0));
}

#[test]
fn a_sync_fits_the_group_or_says_why_not() {
    let node = coordinating();
    let member = node.ask(3, &join("")).member_id.to_string();
    let without_protocol = SyncGroupRequest { protocol_type: None, protocol_name: None, ..sync(1, &member, &[]) };
    for (request, code) in [
        (without_protocol.clone(), ErrorCode::INCONSISTENT_GROUP_PROTOCOL),
        (
            SyncGroupRequest { protocol_name: Some("sticky".into()), ..sync(1, &member, &[]) },
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
        ),
        (sync(9, &member, &[]), ErrorCode::ILLEGAL_GENERATION),
        (sync(1, "stranger", &[]), ErrorCode::UNKNOWN_MEMBER_ID),
    ] {
        assert_eq!(node.ask(5, &request).error_code, code, "{request:?}");
    }
    assert_eq!(node.ask(4, &without_protocol).error_code, ErrorCode::NONE, "before version 5 nobody says");
    let second = node.start(3, &join(""));
    assert_eq!(node.ask(5, &sync(1, &member, &[])).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    drop(second);
}

#[test]
fn two_members_share_a_group() {
    let node = coordinating();
    let (leader, follower) = pair(&node);
    assert_eq!(beat(&node, "g", 2, &leader), ErrorCode::NONE);
    assert_eq!(beat(&node, "g", 2, &follower), ErrorCode::NONE);
    let described = describe(&node, 5, "g");
    assert_eq!((described.error_code, described.group_state.to_string()), (ErrorCode::NONE, "Stable".to_owned()));
    assert_eq!(
        (described.protocol_type.to_string(), described.protocol_data.to_string()),
        ("consumer".to_owned(), "range".to_owned())
    );
    for member in &described.members {
        assert_eq!(member.client_id, "tester");
        assert_eq!(member.client_host, "/127.0.0.1");
        assert_eq!(&*member.member_metadata, b"wishes");
        assert_eq!(member.member_assignment, format!("for {}", member.member_id).into_bytes());
    }
}

#[test]
fn a_heartbeat_tells_where_the_group_is() {
    let node = coordinating();
    assert_eq!(beat(&node, "none", 0, "stranger"), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(beat(&node, "", 0, "stranger"), ErrorCode::INVALID_GROUP_ID);
    let member = node.ask(3, &join("")).member_id.to_string();
    assert_eq!(beat(&node, "g", 1, &member), ErrorCode::NONE, "before its sync");
    assert_eq!(beat(&node, "g", 7, &member), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(beat(&node, "g", 1, "stranger"), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(node.ask(5, &sync(1, &member, &[&member])).error_code, ErrorCode::NONE);
    let second = node.start(3, &join(""));
    assert_eq!(beat(&node, "g", 1, &member), ErrorCode::REBALANCE_IN_PROGRESS, "while others join");
    assert!(second.is_waiting());
}

#[test]
fn who_does_not_join_again_is_dropped_at_the_rebalance_timeout() {
    let node = coordinating();
    let lazy = alone(&node);
    let before = node.elapsed_ms();
    let second: JoinGroupResponse<'_> = node.ask(3, &join(""));
    assert_eq!(node.elapsed_ms() - before, 2000);
    assert_eq!((second.error_code, second.generation_id, second.members.len()), (ErrorCode::NONE, 2, 1));
    assert_eq!(beat(&node, "g", 1, &lazy), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn who_is_silent_is_dropped_at_the_session_timeout() {
    let node = coordinating();
    let silent = alone(&node);
    node.pass_ms(5999);
    assert_eq!(describe(&node, 5, "g").members.len(), 1);
    assert_eq!(beat(&node, "g", 1, &silent), ErrorCode::NONE, "which begins anew with a heartbeat");
    node.pass_ms(5999);
    assert_eq!(describe(&node, 5, "g").members.len(), 1);
    node.pass_ms(1);
    let described = describe(&node, 5, "g");
    assert_eq!((described.members.len(), described.group_state.to_string()), (0, "Empty".to_owned()));
    assert_eq!(beat(&node, "g", 1, &silent), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn who_was_only_given_an_id_does_not_count() {
    let node = coordinating();
    assert_eq!(node.ask(4, &join("")).error_code, ErrorCode::MEMBER_ID_REQUIRED);
    let described = describe(&node, 5, "g");
    assert_eq!((described.group_state.to_string(), described.members.len()), ("Empty".to_owned(), 0));
}

fn leave(node: &TestNode, version: i16, group: &'static str, member: &str) -> (ErrorCode, Vec<ErrorCode>) {
    let request = if version < 3 {
        LeaveGroupRequest { group_id: group.into(), member_id: text(member), ..LeaveGroupRequest::default() }
    } else {
        let members = vec![MemberIdentity { member_id: text(member), ..MemberIdentity::default() }];
        LeaveGroupRequest { group_id: group.into(), members, ..LeaveGroupRequest::default() }
    };
    let response = node.ask(version, &request);
    (response.error_code, response.members.iter().map(|member| member.error_code).collect())
}

#[test]
fn a_stranger_cannot_leave() {
    let node = coordinating();
    alone(&node);
    for version in 3..=5 {
        assert_eq!(leave(&node, version, "g", "stranger"), (ErrorCode::NONE, vec![ErrorCode::UNKNOWN_MEMBER_ID]));
    }
    assert_eq!(leave(&node, 1, "g", "stranger").0, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_member_that_leaves_makes_the_others_join_again() {
    let node = coordinating();
    let (leader, follower) = pair(&node);
    assert_eq!(leave(&node, 5, "g", &leader), (ErrorCode::NONE, vec![ErrorCode::NONE]));
    assert_eq!(beat(&node, "g", 2, &follower), ErrorCode::REBALANCE_IN_PROGRESS);
    let joined = node.ask(3, &join(&follower));
    assert_eq!((joined.generation_id, joined.leader), (3, joined.member_id));
}

#[test]
fn a_static_member_leaves_by_its_instance() {
    let node = coordinating();
    assert_eq!(node.ask(9, &static_join("i1", "")).error_code, ErrorCode::NONE);
    let members = vec![MemberIdentity { group_instance_id: Some("i1".into()), ..MemberIdentity::default() }];
    let response = node.ask(3, &LeaveGroupRequest { group_id: "g".into(), members, ..LeaveGroupRequest::default() });
    assert_eq!((response.error_code, response.members[0].error_code), (ErrorCode::NONE, ErrorCode::NONE));
    assert_eq!(describe(&node, 5, "g").members.len(), 0);
}

#[test]
fn an_unknown_group_is_dead_and_an_error_only_from_version_6_on() {
    let node = coordinating();
    for version in 0..=6 {
        let described = describe(&node, version, "none");
        assert_eq!(described.group_state, "Dead");
        let code = if version >= 6 { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::NONE };
        assert_eq!(described.error_code, code, "version {version}");
    }
    let with = DescribeGroupsRequest { groups: vec!["g".into()], include_authorized_operations: true };
    alone(&node);
    assert_eq!(node.ask(5, &with).groups[0].authorized_operations, 3400);
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let node = coordinating();
    alone(&node);
    let list = |states: &[&'static str], types: &[&'static str]| {
        let request = ListGroupsRequest {
            states_filter: states.iter().map(|state| (*state).into()).collect(),
            types_filter: types.iter().map(|kind| (*kind).into()).collect(),
        };
        let response = node.ask(5, &request);
        assert_eq!(response.error_code, ErrorCode::NONE);
        response.groups.len()
    };
    assert_eq!(list(&[], &[]), 1);
    assert_eq!(list(&["Stable"], &[]), 1);
    assert_eq!(list(&["sTABLE", "Empty"], &[]), 1, "case does not matter");
    assert_eq!(list(&["Empty"], &[]), 0);
    assert_eq!(list(&["nonsense"], &[]), 0);
    assert_eq!(list(&[], &["classic"]), 1);
    assert_eq!(list(&[], &["consumer"]), 0);
    assert_eq!(list(&[], &["nonsense"]), 0);
    let listed = node.ask(5, &ListGroupsRequest::default()).groups.remove(0);
    assert_eq!(
        (listed.group_id.to_string(), listed.protocol_type.to_string()),
        ("g".to_owned(), "consumer".to_owned())
    );
    assert_eq!(
        (listed.group_state.to_string(), listed.group_type.to_string()),
        ("Stable".to_owned(), "classic".to_owned())
    );
}

#[test]
fn a_group_with_members_is_not_deleted() {
    let node = coordinating();
    let member = alone(&node);
    let delete = |groups: &[&'static str]| {
        let request = DeleteGroupsRequest { groups_names: groups.iter().map(|group| (*group).into()).collect() };
        let mut codes =
            node.ask(2, &request).results.iter().map(|r| (r.group_id.to_string(), r.error_code)).collect::<Vec<_>>();
        codes.sort();
        codes
    };
    let codes = delete(&["none", "g"]);
    assert_eq!(
        codes,
        [("g".to_owned(), ErrorCode::NON_EMPTY_GROUP), ("none".to_owned(), ErrorCode::GROUP_ID_NOT_FOUND)]
    );
    leave(&node, 5, "g", &member);
    assert_eq!(delete(&["g"]), [("g".to_owned(), ErrorCode::NONE)]);
    assert_eq!(describe(&node, 5, "g").group_state, "Dead");
}

#[test]
fn groups_are_there_again_after_a_kill() {
    let node = coordinating();
    let member = alone(&node);
    let node = node.kill();
    assert_eq!(beat(&node, "g", 1, &member), ErrorCode::NONE);
    let described = describe(&node, 5, "g");
    assert_eq!((described.group_state.to_string(), described.members.len()), ("Stable".to_owned(), 1));
}

#[test]
fn without_a_coordinator_everybody_is_sent_away() {
    let node = TestNode::new();
    assert_eq!(node.ask(9, &join("")).error_code, ErrorCode::NOT_COORDINATOR);
    assert_eq!(beat(&node, "g", 1, "m"), ErrorCode::NOT_COORDINATOR);
    let asked: Asked<SyncGroupRequest<'static>> = node.start(5, &sync(1, "m", &[]));
    assert_eq!(node.answer(asked).error_code, ErrorCode::NOT_COORDINATOR);
}
