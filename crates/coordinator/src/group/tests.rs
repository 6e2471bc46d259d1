//! A coordinator with its log and its clock, and a vocabulary for groups.

use std::collections::BTreeMap;

use protocol::{
    messages::{
        describe_groups::DescribedGroup,
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberIdentity},
        list_groups::{ListGroupsRequest, ListedGroup},
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics},
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse},
    },
    types::{Offset, Timestamp, Uuid},
};

use super::*;
use crate::runtime::{Record, Shard, Step};

mod admin;
mod expiry;
mod joining;
mod loading;
mod offsets;
mod random;
mod static_members;
mod timeouts;

/// Topics `t1` to `t9` of three partitions each; the id of `t1` ends in 1.
struct Topics;

impl TopicNames for Topics {
    fn topic_id(&self, name: &str) -> Option<Uuid> {
        let digit = name.strip_prefix('t')?.parse::<u8>().ok()?;
        (1..=9).contains(&digit).then(|| topic_id(digit))
    }

    fn topic_name(&self, id: Uuid) -> Option<String> {
        let digit = id.0[15];
        (id == topic_id(digit) && (1..=9).contains(&digit)).then(|| format!("t{digit}"))
    }

    fn has_partition(&self, name: &str, partition: i32) -> bool {
        self.topic_id(name).is_some() && (0..3).contains(&partition)
    }
}

fn topic_id(digit: u8) -> Uuid {
    let mut id = [7; 16];
    id[15] = digit;
    Uuid(id)
}

struct Bench {
    config: GroupConfig,
    shard: Option<Shard<GroupCoordinator>>,
    log: Vec<Record>,
    now: Now,
    asked: u64,
    /// Who has no answer yet.
    open: BTreeSet<u64>,
    /// Whether the shard has replayed what is not in `log`.
    has_foreign_records: bool,
    answers: BTreeMap<u64, Response>,
}

impl Bench {
    fn new() -> Self {
        Self::with(GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() })
    }

    fn with(config: GroupConfig) -> Self {
        let now = Now { mono: Monotonic(0), wall: Timestamp(1_000_000) };
        let core = GroupCoordinator::new(config.clone(), State::default(), now);
        let shard = Some(Shard::new(core, Offset(0), Offset(0)));
        Self {
            config,
            shard,
            log: Vec::new(),
            now,
            asked: 0,
            open: BTreeSet::new(),
            has_foreign_records: false,
            answers: BTreeMap::new(),
        }
    }

    fn shard(&mut self) -> &mut Shard<GroupCoordinator> {
        self.shard.as_mut().unwrap()
    }

    fn core(&self) -> &GroupCoordinator {
        self.shard.as_ref().unwrap().core()
    }

    /// The state that the log alone gives.
    fn replayed(&self) -> State {
        let mut state = State::default();
        for (offset, record) in (0..).map(Offset).zip(&self.log) {
            state.replay(Position { offset, transaction: None }, &record.key, record.value.as_deref());
        }
        state
    }

    /// The coordinator dies, and another one reads the log.
    fn restart(&mut self) {
        let ended = self.shard.take().unwrap().unload(ErrorCode::NOT_COORDINATOR);
        self.collect(ended);
        let end = Offset(self.log.len() as i64);
        let core = GroupCoordinator::new(self.config.clone(), self.replayed(), self.now);
        self.shard = Some(Shard::new(core, end, end));
    }

    fn collect(&mut self, completions: Vec<Completion<Response>>) {
        for Completion { token, response } in completions {
            assert!(self.open.remove(&token.0), "{token:?} is answered twice, or never asked");
            self.answers.insert(token.0, response);
        }
    }

    fn carry_out(&mut self, step: Step<GroupCoordinator>) {
        match step {
            Step::Done(completions) => self.collect(completions),
            Step::Append(append) => {
                let start = Offset(self.log.len() as i64);
                self.log.extend_from_slice(append.records());
                let end = Offset(self.log.len() as i64);
                self.shard().appended(append, start..end);
                let committed = self.shard().committed(end);
                self.collect(committed);
                if !self.has_foreign_records {
                    assert_eq!(self.core().state, self.replayed(), "the state is what the log says");
                }
            }
        }
    }

    /// Asks without waiting; the answer, once there is one, is under the returned number.
    fn send(&mut self, version: i16, body: Body<'_>) -> u64 {
        let token = self.asked;
        self.asked += 1;
        self.open.insert(token);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&token.to_be_bytes());
        let caller = Caller { version, client_id: "c", client_host: "/127.0.0.1", random, topics: &Topics };
        let now = self.now;
        let step = self.shard().handle(now, Token(token), Request { caller, body });
        self.carry_out(step);
        token
    }

    /// Asks for something that is answered at once.
    fn ask(&mut self, version: i16, body: Body<'_>) -> Response {
        let token = self.send(version, body);
        self.answers.remove(&token).expect("an answer at once")
    }

    /// Lets time pass, and every timer in it.
    fn pass_ms(&mut self, ms: u64) {
        let end = Now { mono: self.now.mono.plus_ms(ms), wall: Timestamp(self.now.wall.0 + ms as i64) };
        while let Some(at) = self.shard().poll_timeout().filter(|at| *at <= end.mono) {
            let passed = at.since(self.now.mono).as_millis() as i64;
            self.now = Now { mono: at.max(self.now.mono), wall: Timestamp(self.now.wall.0 + passed) };
            let now = self.now;
            let step = self.shard().tick(now);
            self.carry_out(step);
        }
        self.now = end;
    }

    fn join(&mut self, join: Join<'_>) -> u64 {
        self.send(join.version, Body::JoinGroup(join.request()))
    }

    /// The answer to a parked join that must be there by now.
    fn joined(&mut self, token: u64) -> JoinGroupResponse<'static> {
        match self.answers.remove(&token) {
            Some(Response::JoinGroup(response)) => response,
            other => panic!("no answer to a join, but {other:?}"),
        }
    }

    fn join_now(&mut self, join: Join<'_>) -> JoinGroupResponse<'static> {
        let token = self.join(join);
        self.joined(token)
    }

    /// A dynamic member's first two requests: the id it is given, and its parked join.
    fn enter(&mut self, join: Join<'_>) -> (String, u64) {
        let required = self.join_now(join);
        assert_eq!(required.error_code, ErrorCode::MEMBER_ID_REQUIRED);
        let id = required.member_id.to_string();
        let token = self.join(Join { member_id: &id, ..join });
        (id, token)
    }

    fn sync(&mut self, member: &JoinGroupResponse<'_>, assignments: &[(&str, &str)]) -> u64 {
        let assignments = assignments.iter().map(|(id, assignment)| SyncGroupRequestAssignment {
            member_id: (*id).into(),
            assignment: assignment.as_bytes().into(),
        });
        let request = SyncGroupRequest {
            group_id: "g".into(),
            generation_id: member.generation_id,
            member_id: member.member_id.borrowed(),
            protocol_type: Some("consumer".into()),
            protocol_name: Some("range".into()),
            assignments: assignments.collect(),
            ..SyncGroupRequest::default()
        };
        self.send(5, Body::SyncGroup(request))
    }

    fn synced(&mut self, token: u64) -> SyncGroupResponse<'static> {
        match self.answers.remove(&token) {
            Some(Response::SyncGroup(response)) => response,
            other => panic!("no answer to a sync, but {other:?}"),
        }
    }

    fn heartbeat(&mut self, id: &str, generation: i32) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: "g".into(),
            generation_id: generation,
            member_id: id.into(),
            group_instance_id: None,
        };
        let Response::Heartbeat(response) = self.ask(4, Body::Heartbeat(request)) else { panic!() };
        response.error_code
    }

    fn leave(&mut self, members: &[(&str, Option<&str>)]) -> LeaveGroupResponse<'static> {
        let members = members.iter().map(|(id, instance)| MemberIdentity {
            member_id: (*id).into(),
            group_instance_id: instance.map(Into::into),
            reason: None,
        });
        let request =
            LeaveGroupRequest { group_id: "g".into(), members: members.collect(), ..LeaveGroupRequest::default() };
        let Response::LeaveGroup(response) = self.ask(5, Body::LeaveGroup(request)) else { panic!() };
        response
    }

    /// A stable group of `n` members, the leader first; each is assigned its own number.
    fn stable_group(&mut self, n: usize) -> Vec<JoinGroupResponse<'static>> {
        let mut members: Vec<JoinGroupResponse<'static>> = Vec::new();
        while members.len() < n {
            let (_, token) = self.enter(Join::default());
            let before: Vec<_> = members
                .iter()
                .map(|member| self.join(Join { member_id: &member.member_id.to_string(), ..Join::default() }))
                .collect();
            self.pass_ms(0);
            members = before.into_iter().chain([token]).map(|token| self.joined(token)).collect();
            members.sort_by_key(|member| member.member_id != member.leader);
            let assignments: Vec<_> =
                members.iter().enumerate().map(|(i, m)| (m.member_id.to_string(), i.to_string())).collect();
            let assignments: Vec<_> = assignments.iter().map(|(id, a)| (id.as_str(), a.as_str())).collect();
            let tokens: Vec<_> = members.iter().rev().map(|member| self.sync(member, &assignments)).collect();
            for (i, token) in tokens.into_iter().rev().enumerate() {
                assert_eq!(*self.synced(token).assignment, *i.to_string().as_bytes());
            }
        }
        members
    }

    fn commit(&mut self, commit: Commit<'_>) -> ErrorCode {
        let Response::OffsetCommit(response) = self.ask(commit.version, Body::OffsetCommit(commit.request())) else {
            panic!()
        };
        response.topics[0].partitions[0].error_code
    }

    /// What group `g` has committed for partition 0 of a topic.
    fn fetch(&mut self, topic: &str) -> (i64, String, ErrorCode) {
        let topics = Some(vec![OffsetFetchRequestTopics {
            name: topic.into(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        }]);
        let group = OffsetFetchRequestGroup { group_id: "g".into(), topics, ..OffsetFetchRequestGroup::default() };
        let Response::OffsetFetch(response) = self.ask(9, Body::OffsetFetch { group, require_stable: true }) else {
            panic!()
        };
        let partition = response.topics[0].partitions[0].clone();
        (partition.committed_offset.0, partition.metadata.unwrap().to_string(), partition.error_code)
    }

    fn describe(&mut self) -> DescribedGroup<'static> {
        let Response::DescribeGroups(mut groups) = self.ask(5, Body::DescribeGroups(vec!["g".into()])) else {
            panic!()
        };
        groups.remove(0)
    }

    fn state(&mut self) -> String {
        self.describe().group_state.to_string()
    }

    fn list(&mut self, states: &[&str], types: &[&str]) -> Vec<String> {
        let request = ListGroupsRequest {
            states_filter: states.iter().map(|state| (*state).into()).collect(),
            types_filter: types.iter().map(|group_type| (*group_type).into()).collect(),
        };
        let Response::ListGroups(groups) = self.ask(5, Body::ListGroups(request)) else { panic!() };
        let show = |group: ListedGroup<'_>| format!("{} {} {}", group.group_id, group.group_state, group.group_type);
        groups.unwrap().into_iter().map(show).collect()
    }
}

/// A JoinGroup to group `g`.
#[derive(Clone, Copy)]
struct Join<'a> {
    version: i16,
    group: &'a str,
    member_id: &'a str,
    instance: Option<&'a str>,
    protocol_type: &'a str,
    /// Names of protocols, each with what is said under it.
    protocols: &'a [(&'a str, &'a [u8])],
    session_ms: i32,
    rebalance_ms: i32,
}

impl Default for Join<'_> {
    fn default() -> Self {
        Self {
            version: 9,
            group: "g",
            member_id: "",
            instance: None,
            protocol_type: "consumer",
            protocols: &[("range", b"\0\0\0\0\0\x01\0\x02t1\xff\xff\xff\xff")],
            session_ms: 10_000,
            rebalance_ms: 60_000,
        }
    }
}

impl<'a> Join<'a> {
    fn request(self) -> JoinGroupRequest<'a> {
        let protocols = self
            .protocols
            .iter()
            .map(|(name, metadata)| JoinGroupRequestProtocol { name: (*name).into(), metadata: (*metadata).into() });
        JoinGroupRequest {
            group_id: self.group.into(),
            session_timeout_ms: self.session_ms,
            rebalance_timeout_ms: self.rebalance_ms,
            member_id: self.member_id.into(),
            group_instance_id: self.instance.map(Into::into),
            protocol_type: self.protocol_type.into(),
            protocols: protocols.collect(),
            reason: None,
        }
    }
}

/// An OffsetCommit for one partition.
#[derive(Clone, Copy)]
struct Commit<'a> {
    version: i16,
    group: &'a str,
    member_id: &'a str,
    generation: i32,
    topic: &'a str,
    topic_id: Uuid,
    partition: i32,
    offset: i64,
    metadata: Option<&'a str>,
    retention_ms: i64,
}

impl Default for Commit<'_> {
    fn default() -> Self {
        Self {
            version: 9,
            group: "g",
            member_id: "",
            generation: -1,
            topic: "t1",
            topic_id: Uuid::ZERO,
            partition: 0,
            offset: 1,
            metadata: None,
            retention_ms: -1,
        }
    }
}

impl<'a> Commit<'a> {
    fn request(self) -> OffsetCommitRequest<'a> {
        let partition = OffsetCommitRequestPartition {
            partition_index: self.partition,
            committed_offset: Offset(self.offset),
            committed_metadata: self.metadata.map(Into::into),
            ..OffsetCommitRequestPartition::default()
        };
        let topic =
            OffsetCommitRequestTopic { name: self.topic.into(), topic_id: self.topic_id, partitions: vec![partition] };
        OffsetCommitRequest {
            group_id: self.group.into(),
            generation_id_or_member_epoch: self.generation,
            member_id: self.member_id.into(),
            group_instance_id: None,
            retention_time_ms: self.retention_ms,
            topics: vec![topic],
        }
    }
}

/// No error.
const OK: ErrorCode = ErrorCode::NONE;
