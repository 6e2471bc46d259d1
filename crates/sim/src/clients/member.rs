//! A member of a classic group that commits offsets, and one who commits without being a member.
//!
//! The leader shares the partitions out; each member commits for its own, always more than it found. So of each
//! partition's committed offset one thing must be true whatever happens to members and node: it never falls.
//!
//! One request is under way at a time. A commit in doubt is followed by a fetch of what is committed.

use fastrand::Rng;
use protocol::{
    ErrorCode, api,
    messages::{
        find_coordinator::FindCoordinatorRequest,
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, MemberIdentity},
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse},
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment},
    },
    types::{Offset, Str},
};

use crate::{
    client::{Client, Cx, Input, Link},
    history::History,
    settings::pick,
};

const PROTOCOL: &str = "shares";
const SESSION_TIMEOUT_MS: i32 = 6_000;
const REBALANCE_TIMEOUT_MS: i32 = 6_000;

/// One partition, and what is committed for it as far as the member knows.
#[derive(Clone, Debug)]
struct Owned {
    partition: usize,
    committed: i64,
}

/// What the member does next.
#[derive(Clone, Debug)]
enum Stage {
    Find,
    Join,
    /// With what the leader assigns: members and partitions.
    Sync(Vec<(String, Vec<u8>)>),
    Fetch,
    Steady,
}

#[derive(Debug)]
enum Kept {
    Find,
    Join,
    Sync,
    Fetch { floors: Vec<Option<i64>> },
    Heartbeat,
    Commit { i: usize, offset: i64 },
    Leave,
}

/// A member.
#[derive(Debug)]
pub struct Member {
    link: Link<Kept>,
    group: String,
    topic: usize,
    partitions: usize,
    is_member: bool,
    stage: Stage,
    member_id: String,
    generation: i32,
    owned: Vec<Owned>,
    versions: Versions,
    pace_us: u64,
}

#[derive(Debug)]
struct Versions {
    find: i16,
    join: i16,
    sync: i16,
    heartbeat: i16,
    commit: i16,
    fetch: i16,
}

impl Member {
    /// Somebody who commits offsets of `topic` for `group`; a member of it, or alone.
    #[must_use]
    pub fn new(name: String, group: &str, topic: usize, is_member: bool, history: &History, rng: &mut Rng) -> Self {
        let partitions = history.topics[topic].partitions.len();
        let all = (0..partitions).map(|partition| Owned { partition, committed: -1 });
        Self {
            link: Link::new(name),
            group: group.to_owned(),
            topic,
            partitions,
            is_member,
            stage: Stage::Find,
            member_id: String::new(),
            generation: -1,
            owned: if is_member { Vec::new() } else { all.collect() },
            versions: Versions {
                find: pick(rng, &[0, 3, 4, 6]),
                join: pick(rng, &[2, 4, 5, 9]),
                sync: pick(rng, &[1, 3, 5]),
                heartbeat: pick(rng, &[1, 3, 4]),
                commit: pick(rng, &[2, 7, 9, 10]),
                fetch: pick(rng, &[8, 9, 10]),
            },
            pace_us: pick(rng, &[20_000, 200_000, 1_000_000]),
        }
    }

    fn group(&self) -> Str<'static> {
        self.group.clone().into()
    }

    fn me(&self) -> Str<'static> {
        self.member_id.clone().into()
    }

    fn go_on(&mut self, cx: &mut Cx<'_>) {
        if !self.link.is_up || self.link.under_way() > 0 {
            return;
        }
        match self.stage.clone() {
            Stage::Find => {
                let version = self.versions.find;
                let mut request = FindCoordinatorRequest::default();
                if version >= 4 {
                    request.coordinator_keys.push(self.group());
                } else {
                    request.key = self.group();
                }
                self.link.send(cx, &request, version, Kept::Find);
            }
            Stage::Join => {
                let protocols = vec![JoinGroupRequestProtocol { name: PROTOCOL.into(), ..Default::default() }];
                let request = JoinGroupRequest {
                    group_id: self.group(),
                    session_timeout_ms: SESSION_TIMEOUT_MS,
                    rebalance_timeout_ms: REBALANCE_TIMEOUT_MS,
                    member_id: self.me(),
                    protocol_type: "consumer".into(),
                    protocols,
                    ..Default::default()
                };
                self.link.send(cx, &request, self.versions.join, Kept::Join);
            }
            Stage::Sync(shares) => {
                let assignment = |(member, share): (String, Vec<u8>)| SyncGroupRequestAssignment {
                    member_id: member.into(),
                    assignment: share.into(),
                };
                let request = SyncGroupRequest {
                    group_id: self.group(),
                    generation_id: self.generation,
                    member_id: self.me(),
                    protocol_type: Some("consumer".into()),
                    protocol_name: Some(PROTOCOL.into()),
                    assignments: shares.into_iter().map(assignment).collect(),
                    ..Default::default()
                };
                self.link.send(cx, &request, self.versions.sync, Kept::Sync);
            }
            Stage::Fetch => self.fetch(cx),
            Stage::Steady => match cx.rng.u8(..20) {
                _ if cx.is_ending => self.fetch(cx),
                0 if self.is_member => self.leave(cx),
                1 => self.fetch(cx),
                2..=9 if self.is_member => {
                    let request = HeartbeatRequest {
                        group_id: self.group(),
                        generation_id: self.generation,
                        member_id: self.me(),
                        ..Default::default()
                    };
                    self.link.send(cx, &request, self.versions.heartbeat, Kept::Heartbeat);
                }
                _ => self.commit(cx),
            },
        }
    }

    fn leave(&mut self, cx: &mut Cx<'_>) {
        let members = vec![MemberIdentity { member_id: self.me(), ..Default::default() }];
        let request = LeaveGroupRequest { group_id: self.group(), members, ..Default::default() };
        self.link.send(cx, &request, 4, Kept::Leave);
    }

    fn fetch(&mut self, cx: &mut Cx<'_>) {
        let topic = &cx.history.topics[self.topic];
        let asked = OffsetFetchRequestTopics {
            name: topic.name.clone().into(),
            topic_id: topic.id,
            partition_indexes: (0..self.partitions as i32).collect(),
        };
        let floors = (0..self.partitions).map(|i| cx.history.committed_floor(&self.group, self.topic, i));
        let kept = Kept::Fetch { floors: floors.collect() };
        let group = OffsetFetchRequestGroup { group_id: self.group(), topics: Some(vec![asked]), ..Default::default() };
        let request = OffsetFetchRequest { groups: vec![group], ..Default::default() };
        self.link.send(cx, &request, self.versions.fetch, kept);
    }

    fn commit(&mut self, cx: &mut Cx<'_>) {
        if self.owned.is_empty() {
            return cx.wake(self.pace_us);
        }
        let i = cx.rng.usize(..self.owned.len());
        let offset = self.owned[i].committed.max(0) + cx.rng.i64(1..10);
        let partition = self.owned[i].partition;
        cx.history.committing(&self.group, self.topic, partition, offset);
        let topic = &cx.history.topics[self.topic];
        let committed = OffsetCommitRequestPartition {
            partition_index: partition as i32,
            committed_offset: Offset(offset),
            committed_metadata: Some(Str::EMPTY),
            ..Default::default()
        };
        let topics = vec![OffsetCommitRequestTopic {
            name: topic.name.clone().into(),
            topic_id: topic.id,
            partitions: vec![committed],
        }];
        let request = OffsetCommitRequest {
            group_id: self.group(),
            generation_id_or_member_epoch: self.generation,
            member_id: self.me(),
            topics,
            ..Default::default()
        };
        self.link.send(cx, &request, self.versions.commit, Kept::Commit { i, offset });
    }

    fn answered(&mut self, frame: &[u8], cx: &mut Cx<'_>) {
        let Some((kept, body)) = self.link.answered(frame, cx.history) else { return };
        match self.take(kept, body, cx) {
            Ok(ErrorCode::NONE) => {}
            Ok(code) => self.refused(code, cx),
            Err(error) => cx.history.violated(format!("{}: {error:?}", self.link.name())),
        }
    }

    /// Takes an answer; gives back its error.
    fn take(&mut self, kept: Kept, body: &[u8], cx: &mut Cx<'_>) -> Result<ErrorCode, protocol::DecodeError> {
        Ok(match kept {
            Kept::Find => {
                let (_, answer) = api::decode_response::<FindCoordinatorRequest<'_>>(body, self.versions.find)?;
                let code = answer.coordinators.first().map_or(answer.error_code, |found| found.error_code);
                if code == ErrorCode::NONE {
                    self.stage = if self.is_member { Stage::Join } else { Stage::Fetch };
                }
                code
            }
            Kept::Join => {
                let (_, answer) = api::decode_response::<JoinGroupRequest<'_>>(body, self.versions.join)?;
                if matches!(answer.error_code, ErrorCode::NONE | ErrorCode::MEMBER_ID_REQUIRED) {
                    self.member_id = answer.member_id.to_string();
                }
                if answer.error_code == ErrorCode::NONE {
                    self.joined(&answer, cx);
                }
                answer.error_code
            }
            Kept::Sync => {
                let (_, answer) = api::decode_response::<SyncGroupRequest<'_>>(body, self.versions.sync)?;
                if answer.error_code == ErrorCode::NONE {
                    let own = |partition: &u8| Owned { partition: usize::from(*partition), committed: -1 };
                    self.owned = answer.assignment.iter().map(own).collect();
                    self.stage = Stage::Fetch;
                }
                answer.error_code
            }
            Kept::Fetch { floors } => {
                let (_, answer) = api::decode_response::<OffsetFetchRequest<'_>>(body, self.versions.fetch)?;
                self.fetched(&answer, &floors, cx)
            }
            Kept::Heartbeat => {
                api::decode_response::<HeartbeatRequest<'_>>(body, self.versions.heartbeat)?.1.error_code
            }
            Kept::Commit { i, offset } => {
                let (_, answer) = api::decode_response::<OffsetCommitRequest<'_>>(body, self.versions.commit)?;
                let code = answer.topics[0].partitions[0].error_code;
                if code == ErrorCode::NONE {
                    let owned = &mut self.owned[i];
                    owned.committed = offset;
                    cx.history.was_committed(&self.group, self.topic, owned.partition, offset);
                    cx.note(format_args!("{} committed {offset} for {}", self.link.name(), owned.partition));
                }
                code
            }
            Kept::Leave => {
                self.stage = Stage::Join;
                self.member_id.clear();
                self.owned.clear();
                api::decode_response::<LeaveGroupRequest<'_>>(body, 4)?.1.error_code
            }
        })
    }

    fn joined(&mut self, answer: &JoinGroupResponse<'_>, cx: &mut Cx<'_>) {
        self.generation = answer.generation_id;
        cx.note(format_args!("{} is in generation {}", self.link.name(), self.generation));
        let mut shares = Vec::new();
        if answer.leader == answer.member_id {
            let members = answer.members.len();
            for (i, member) in answer.members.iter().enumerate() {
                let share = (0..self.partitions).filter(|partition| partition % members == i);
                shares.push((member.member_id.to_string(), share.map(|partition| partition as u8).collect()));
            }
        }
        self.stage = Stage::Sync(shares);
    }

    fn fetched(&mut self, answer: &OffsetFetchResponse<'_>, floors: &[Option<i64>], cx: &mut Cx<'_>) -> ErrorCode {
        let Some(group) = answer.groups.first() else { return ErrorCode::UNKNOWN_SERVER_ERROR };
        if group.error_code != ErrorCode::NONE {
            return group.error_code;
        }
        for found in group.topics.iter().flat_map(|topic| &topic.partitions) {
            if found.error_code != ErrorCode::NONE {
                return found.error_code;
            }
            let (partition, offset) = (found.partition_index as usize, found.committed_offset.0);
            let told = (offset >= 0).then_some(offset);
            cx.history.offset_fetched(&self.group, self.topic, partition, floors[partition], told);
            if let Some(owned) = self.owned.iter_mut().find(|owned| owned.partition == partition) {
                owned.committed = offset;
            }
        }
        self.stage = Stage::Steady;
        ErrorCode::NONE
    }

    fn refused(&mut self, code: ErrorCode, cx: &mut Cx<'_>) {
        cx.note(format_args!("{} is told {code:?}", self.link.name()));
        match code {
            ErrorCode::COORDINATOR_NOT_AVAILABLE
            | ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
            | ErrorCode::MEMBER_ID_REQUIRED => {}
            ErrorCode::REBALANCE_IN_PROGRESS if self.is_member => self.stage = Stage::Join,
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::ILLEGAL_GENERATION if self.is_member => {
                self.stage = Stage::Join;
                self.member_id.clear();
            }
            other => cx.history.violated(format!("{}: in {:?}: {other:?}", self.link.name(), self.stage)),
        }
    }
}

impl Client for Member {
    fn name(&self) -> &str {
        self.link.name()
    }

    fn on(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Connected => self.link.is_up = true,
            Input::Lost => {
                let lost = self.link.lost();
                if matches!(self.stage, Stage::Steady) && !lost.is_empty() {
                    self.stage = Stage::Fetch;
                }
                if lost.iter().any(|kept| matches!(kept, Kept::Leave)) {
                    self.stage = Stage::Join;
                    self.member_id.clear();
                    self.owned.clear();
                }
                let after = cx.rng.u64(..20_000);
                return cx.connect(after);
            }
            Input::Answer(frame) => {
                self.answered(&frame, cx);
                if !matches!(self.stage, Stage::Sync(_)) {
                    let after = cx.rng.u64(1..=self.pace_us);
                    return cx.wake(after);
                }
            }
            Input::Timer => {}
        }
        self.go_on(cx);
    }

    fn is_done(&self, _: &History) -> bool {
        matches!(self.stage, Stage::Steady)
    }
}
