//! The group coordinator: classic groups, and the offsets of all groups, over one partition of `__consumer_offsets`.
//!
//! Two kinds of state, told apart by where they come from:
//!
//! - [`State`] is what the log says: each group as of its last synced generation, and its offsets. It changes by
//!   [`State::replay`] only.
//! - [`Soft`] is what goes on: groups with members or with a join under way ([`classic`]), their timers, and who is
//!   parked. A group that is not in there is as the log has it.
//!
//! A generation reaches the log when its leader's SyncGroup brings the assignment, so a coordinator that fails between
//! join and sync forgets that generation, and its members join again. That is Kafka's rule too.
//!
//! Deciding works on a copy of one group (a [`Decision`](decision)), which then replaces it; members are shared between
//! both, so a copy is cheap.
//!
//! - [`request`]: what is asked and answered. - [`join`], [`sync`], [`heartbeat`], [`leave`]: the four APIs of a member.
//! - [`decision`]: rebalances, which all four bring about. - [`timers`]: what time brings about.
//! - [`commit`], [`fetch`], [`expiry`]: offsets in, out, and gone. - [`admin`]: list, describe, delete.
//! - [`state`], [`offsets`], [`records`]: the log's side.
//!
//! Source: Kafka `GroupCoordinatorShard`, `GroupMetadataManager`, `OffsetMetadataManager`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{
    ErrorCode,
    types::{Monotonic, Now, ProducerId, Str},
};

use self::{
    classic::ClassicGroup,
    state::{StoredGroup, StoredOther},
};
use crate::runtime::{self, Completion, Coordinator, Marker, Position, Token};

mod admin;
mod classic;
mod commit;
mod decision;
mod error;
mod expiry;
mod fetch;
mod heartbeat;
mod join;
mod leave;
mod offsets;
mod records;
mod request;
mod state;
mod sync;
mod timers;

pub use self::{
    request::{Body, Caller, Request, Response, TopicNames},
    state::State,
};

/// What the coordinator decides, and what it changes.
type Outcome = runtime::Outcome<Response, Change>;

/// The numbers that an operator can turn. The names are those of Kafka's broker configs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`: how long the first join of an empty group waits for others.
    pub initial_rebalance_delay_ms: u64,
    /// `group.max.size`: members of a group.
    pub max_size: usize,
    /// `offset.metadata.max.bytes`. Kafka counts UTF-16 units.
    pub offset_metadata_max: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check_interval_ms: u64,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            max_size: i32::MAX as usize,
            offset_metadata_max: 4_096,
            offsets_retention_ms: 7 * 24 * 3_600 * 1_000,
            offsets_retention_check_interval_ms: 600_000,
        }
    }
}

/// What is not in the log.
#[derive(Debug, Default)]
pub struct Soft {
    /// Every group with members, with pending ones, or in a rebalance.
    groups: BTreeMap<Arc<str>, Arc<ClassicGroup>>,
    /// When to look at a group again. May be early: a heartbeat moves a deadline on, not the entry here.
    wakeups: BTreeSet<(Monotonic, Arc<str>)>,
    /// When to look for expired offsets again.
    next_expiry: Monotonic,
}

/// A change of [`Soft`].
#[derive(Debug)]
pub enum Change {
    /// This is how the group is from now on.
    Group(Box<Live>),
    /// A member was heard of, and is to be heard of again by then.
    Heard(Arc<str>, Arc<str>, Monotonic),
    /// The group is gone.
    Gone(Arc<str>),
    /// Expired offsets are to be looked for at this time.
    NextExpiry(Monotonic),
}

/// A group as it goes on, opaque outside of the coordinator.
#[derive(Debug)]
pub struct Live(ClassicGroup);

/// The coordinator of the groups of one partition; see [`Shard`](runtime::Shard) for how it is driven.
#[derive(Debug)]
pub struct GroupCoordinator {
    config: GroupConfig,
    state: State,
    soft: Soft,
}

/// A group, as a request finds it.
enum Found<'a> {
    /// Nothing is known of it.
    None,
    /// A classic group; to be copied for a decision.
    Classic(Arc<ClassicGroup>),
    /// A group of a type that is not supported yet.
    Other(&'a StoredOther),
}

impl GroupCoordinator {
    /// A coordinator that goes on from what was replayed into `state`. Each member has its whole session timeout to
    /// make itself heard again.
    #[must_use]
    pub fn new(config: GroupConfig, state: State, now: Now) -> Self {
        let next_expiry = now.mono.plus_ms(config.offsets_retention_check_interval_ms);
        let mut this = Self { config, state, soft: Soft { next_expiry, ..Soft::default() } };
        let live: Vec<_> = this
            .state
            .classic_groups()
            .filter(|(_, stored)| !stored.members.is_empty())
            .map(|(id, stored)| ClassicGroup::resume(id, stored, now))
            .collect();
        for group in live {
            let group = this.decide(group, now).resume();
            this.apply(Change::Group(Box::new(Live(group))));
        }
        this
    }

    /// What the log says.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The live group: as it goes on, or else as it is stored.
    fn find(&self, id: &str) -> Found<'_> {
        if let Some(group) = self.soft.groups.get(id) {
            return Found::Classic(Arc::clone(group));
        }
        match self.state.group(id) {
            None => Found::None,
            Some((id, StoredGroup::Classic(stored))) => Found::Classic(Arc::new(ClassicGroup::stored(id, stored))),
            Some((_, StoredGroup::Other(other))) => Found::Other(other),
        }
    }

    fn schedule(&mut self, id: &Arc<str>, at: Option<Monotonic>) {
        let group = Arc::make_mut(self.soft.groups.get_mut(id).expect("only a live group is scheduled"));
        if let Some(before) = group.wakeup.take() {
            self.soft.wakeups.remove(&(before, Arc::clone(id)));
        }
        group.wakeup = at;
        if let Some(at) = at {
            self.soft.wakeups.insert((at, Arc::clone(id)));
        }
    }

    fn forget(&mut self, id: &str) {
        if let Some((id, group)) = self.soft.groups.remove_entry(id)
            && let Some(at) = group.wakeup
        {
            self.soft.wakeups.remove(&(at, id));
        }
    }
}

impl Coordinator for GroupCoordinator {
    type Request<'a> = Request<'a>;
    type Response = Response;
    type Change = Change;

    fn handle(&self, now: Now, token: Token, request: Request<'_>) -> Outcome {
        let Request { caller, body } = request;
        if body.group_ids().any(too_long) {
            return Outcome::answer(token, body.refuse(&caller, ErrorCode::INVALID_GROUP_ID));
        }
        match body {
            Body::JoinGroup(request) => self.join(now, token, &caller, &request),
            Body::SyncGroup(request) => self.sync(now, token, &caller, &request),
            Body::Heartbeat(request) => self.heartbeat(now, token, &request),
            Body::LeaveGroup(request) => self.leave(now, token, &caller, &request),
            Body::OffsetCommit(request) => self.commit(now, token, &caller, &request),
            Body::OffsetFetch { group, require_stable } => {
                Outcome::answer(token, Response::OffsetFetch(self.fetch(&caller, &group, require_stable)))
            }
            Body::OffsetDelete(request) => self.delete_offsets(token, &caller, &request),
            Body::ListGroups(request) => Outcome::answer(token, Response::ListGroups(self.list(&request))),
            Body::DescribeGroups(ids) => {
                Outcome::answer(token, Response::DescribeGroups(self.describe(caller.version, &ids)))
            }
            Body::DeleteGroups(ids) => self.delete_groups(token, &ids),
            Body::TopicsDeleted(topics) => self.topics_deleted(token, topics),
        }
    }

    fn on_timeout(&self, now: Now) -> Outcome {
        match self.soft.wakeups.first() {
            Some((at, id)) if *at <= now.mono => self.wake(&self.soft.groups[id], now),
            _ if self.soft.next_expiry <= now.mono => self.expire(now),
            _ => Outcome::nothing(),
        }
    }

    fn poll_timeout(&self) -> Option<Monotonic> {
        let wakeup = self.soft.wakeups.first().map(|(at, _)| *at);
        Some(wakeup.map_or(self.soft.next_expiry, |at| at.min(self.soft.next_expiry)))
    }

    fn replay(&mut self, at: Position, key: &[u8], value: Option<&[u8]>) {
        self.state.replay(at, key, value);
    }

    fn end_transaction(&mut self, producer: ProducerId, marker: Marker) {
        self.state.end_transaction(producer, marker);
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Group(live) => {
                let group = live.0;
                let id = Arc::clone(&group.id);
                self.forget(&id);
                if !group.is_as_stored() {
                    let at = group.next_deadline();
                    self.soft.groups.insert(Arc::clone(&id), Arc::new(group));
                    self.schedule(&id, at);
                }
            }
            Change::Heard(id, member, deadline) => {
                let Some(group) = self.soft.groups.get_mut(&id) else { return };
                let group = Arc::make_mut(group);
                let Some(member) = group.members.get_mut(&member) else { return };
                Arc::make_mut(member).deadline = Some(deadline);
                if group.wakeup.is_none_or(|at| at > deadline) {
                    self.schedule(&id, Some(deadline));
                }
            }
            Change::Gone(id) => self.forget(&id),
            Change::NextExpiry(at) => self.soft.next_expiry = at,
        }
    }

    fn unload(self, error: ErrorCode) -> Vec<Completion<Response>> {
        self.soft.groups.values().flat_map(|group| group.abandon(error)).collect()
    }

    fn fail(response: &mut Response, error: ErrorCode) {
        response.fail(error);
    }
}

/// Whether a string cannot be stored: its length there is an `i16`.
fn too_long(text: &Str<'_>) -> bool {
    text.to_text().len() > i16::MAX as usize
}

/// A string to keep. What is not UTF-8 is replaced, as Kafka does when it reads one.
fn text(string: &Str<'_>) -> Arc<str> {
    string.to_text().into()
}

/// A kept string, to be sent.
fn sent(text: &str) -> Str<'static> {
    Str::from(text.to_owned())
}

#[cfg(test)]
mod tests;
