//! A decision about one classic group, and the rebalances that many decisions bring about.
//!
//! A [`Decision`] holds a copy of the group. Its methods change the copy and collect what follows: records, answers to
//! those who were parked. [`Decision::done`] hands all of it over as an outcome; until then nothing has happened.
//!
//! Source: Kafka `GroupMetadataManager.prepareRebalance`, `completeClassicGroupJoin`, `maybeCompleteJoinPhase`,
//! `tryCompleteInitialRebalanceElseSchedule`, `expirePendingSync`.

use std::{collections::BTreeSet, sync::Arc};

use protocol::{
    ErrorCode,
    types::{Monotonic, Now},
};

use super::{
    Change, GroupConfig, GroupCoordinator, Live, Outcome,
    classic::{ClassicGroup, InitialDelay, Joining, Member, Phase, Syncing, join_refused, span_ms, sync_refused},
    records,
    request::Response,
};
use crate::runtime::Token;

/// How long a new member may wait in its first join. It does not know its id yet and cannot heartbeat, so that nothing
/// else tells that it has gone; a longer rebalance than this answers it, and it joins again.
///
/// Source: Kafka `GroupCoordinatorConfig.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS`.
const NEW_MEMBER_JOIN_TIMEOUT_MS: u64 = 5 * 60 * 1_000;

/// A copy of a group to decide on, and what has been decided.
pub(super) struct Decision<'a> {
    pub config: &'a GroupConfig,
    pub now: Now,
    pub group: ClassicGroup,
    pub outcome: Outcome,
}

impl GroupCoordinator {
    pub(super) fn decide(&self, group: ClassicGroup, now: Now) -> Decision<'_> {
        Decision { config: &self.config, now, group, outcome: Outcome::nothing() }
    }
}

impl Decision<'_> {
    /// The outcome: the group is as the copy has become.
    pub(super) fn done(mut self) -> Outcome {
        self.outcome.changes.push(Change::Group(Box::new(Live(self.group))));
        self.outcome
    }

    /// The group after loading. One that has become too large by a change of `group.max.size` rebalances: its members
    /// can still commit, and the last to join again are sent away.
    pub(super) fn resume(mut self) -> ClassicGroup {
        if self.group.members.len() > self.config.max_size {
            self.prepare_rebalance();
        }
        assert!(self.outcome.records.is_empty(), "a rebalance with members writes nothing before its sync");
        self.group
    }

    /// An answer.
    pub(super) fn answer(&mut self, token: Token, response: Response) {
        self.outcome.answer_also(token, response);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.group.phase = phase;
        self.group.state_since = self.now.wall;
    }

    fn in_ms(&self, milliseconds: u64) -> Monotonic {
        self.now.mono.plus_ms(milliseconds)
    }

    /// A member was heard of.
    pub(super) fn heard(&mut self, id: &str) {
        let now = self.now.mono;
        let member = self.group.member_mut(id);
        member.deadline = Some(now.plus_ms(span_ms(member.session_timeout_ms)));
    }

    /// Adds a member whose join is parked.
    pub(super) fn add_member(&mut self, protocol_type: &Arc<str>, mut member: Member) {
        member.deadline = Some(self.in_ms(NEW_MEMBER_JOIN_TIMEOUT_MS));
        if let Phase::PreparingRebalance(Joining { initial: Some(initial), .. }) = &mut self.group.phase {
            initial.member_added = true;
        }
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(Arc::clone(protocol_type));
        }
        self.group.insert(member);
        self.rebalance_or_complete();
    }

    /// Begins a rebalance; or, if one is under way, ends it if nobody is left to wait for.
    pub(super) fn rebalance_or_complete(&mut self) {
        match self.group.phase {
            Phase::PreparingRebalance(_) => self.complete_if_all_joined(),
            _ => self.prepare_rebalance(),
        }
    }

    /// Asks all members to join again.
    pub(super) fn prepare_rebalance(&mut self) {
        if matches!(self.group.phase, Phase::CompletingRebalance(_)) {
            // Who waits for an assignment is not going to get it.
            for id in self.group.member_ids() {
                self.group.member_mut(&id).assignment = Arc::default();
                self.answer_sync(&id, |_, _| sync_refused(ErrorCode::REBALANCE_IN_PROGRESS));
            }
        }
        if self.group.phase == Phase::Empty {
            let delay_ms = self.config.initial_rebalance_delay_ms;
            let remaining_ms = self.group.rebalance_timeout_ms().saturating_sub(delay_ms);
            let initial = Some(InitialDelay { delay_ms, remaining_ms, member_added: false });
            self.enter(Phase::PreparingRebalance(Joining { deadline: self.in_ms(delay_ms), initial }));
            return;
        }
        let deadline = self.in_ms(self.group.rebalance_timeout_ms());
        self.enter(Phase::PreparingRebalance(Joining { deadline, initial: None }));
        self.complete_if_all_joined();
    }

    /// Ends a rebalance that has nobody left to wait for; the first one of a group waits for its time in any case.
    pub(super) fn complete_if_all_joined(&mut self) {
        if let Phase::PreparingRebalance(Joining { initial: None, .. }) = self.group.phase
            && self.group.all_have_joined()
        {
            self.complete_join();
        }
    }

    /// The time to join is over: the next delay of a first rebalance, or the next generation.
    pub(super) fn joining_expired(&mut self) {
        let Phase::PreparingRebalance(Joining { deadline, initial: Some(initial) }) = &mut self.group.phase else {
            self.complete_join();
            return;
        };
        if !initial.member_added || initial.remaining_ms == 0 {
            self.complete_join();
            return;
        }
        let delay_ms = self.config.initial_rebalance_delay_ms.min(initial.remaining_ms);
        *deadline = self.now.mono.plus_ms(delay_ms);
        *initial = InitialDelay {
            delay_ms,
            remaining_ms: initial.remaining_ms.saturating_sub(initial.delay_ms),
            member_added: false,
        };
    }

    /// The next generation, of those who have joined. Static members may be late: they keep their place until their
    /// session ends.
    fn complete_join(&mut self) {
        for id in self.group.member_ids() {
            let member = &self.group.members[&id];
            if member.joining.is_none() && member.instance_id.is_none() {
                self.group.remove(&id);
            }
        }
        let joined = self.group.members.values().find(|member| member.joining.is_some()).map(|m| Arc::clone(&m.id));
        match (&self.group.leader, joined) {
            (Some(leader), Some(joined)) => {
                if self.group.members[leader].joining.is_none() {
                    self.group.leader = Some(joined);
                }
            }
            // Only silent static members: there is nobody to assign anything, so the sessions decide.
            (Some(_), None) => {
                let deadline = self.in_ms(self.group.rebalance_timeout_ms().max(1));
                self.group.phase = Phase::PreparingRebalance(Joining { deadline, initial: None });
                return;
            }
            (None, _) => {}
        }
        self.group.generation = self.group.generation.checked_add(1).unwrap_or(1);
        self.group.protocol = self.group.elect_protocol();
        self.group.subscribed_topics = self.group.read_subscriptions();
        if self.group.members.is_empty() {
            self.enter(Phase::Empty);
            self.outcome.records.push(records::group_metadata(&self.group));
            return;
        }
        let deadline = self.in_ms(self.group.rebalance_timeout_ms());
        let missing = self.group.members.keys().cloned().collect();
        self.enter(Phase::CompletingRebalance(Syncing { deadline, missing }));
        for id in self.group.member_ids() {
            let response = |group: &ClassicGroup, version| Response::JoinGroup(group.joined(version, &id));
            self.answer_join(&id, response);
            self.group.member_mut(&id).is_new = false;
            self.heard(&id);
        }
    }

    /// The time to sync is over: who has not is taken to be dead.
    pub(super) fn syncing_expired(&mut self, missing: &BTreeSet<Arc<str>>) {
        for id in missing {
            self.drop_member(id);
        }
        self.prepare_rebalance();
    }

    /// Takes a member out and answers what it has parked; what the group does about it is for the caller.
    pub(super) fn drop_member(&mut self, id: &str) {
        self.answer_join(id, |_, version| join_refused(version, "", ErrorCode::UNKNOWN_MEMBER_ID));
        self.answer_sync(id, |_, _| sync_refused(ErrorCode::UNKNOWN_MEMBER_ID));
        self.group.remove(id);
    }

    /// After members have left or died: those who remain share their work, or a rebalance goes on without them.
    pub(super) fn after_departure(&mut self) {
        match self.group.phase {
            Phase::Empty => {}
            Phase::PreparingRebalance(_) => self.complete_if_all_joined(),
            Phase::CompletingRebalance(_) | Phase::Stable(_) => self.prepare_rebalance(),
        }
    }

    /// Answers the parked JoinGroup of a member, if there is one.
    pub(super) fn answer_join(&mut self, id: &str, response: impl FnOnce(&ClassicGroup, i16) -> Response) {
        if let Some(waiter) = self.group.member_mut(id).joining.take() {
            let response = response(&self.group, waiter.version);
            self.answer(waiter.token, response);
        }
    }

    /// Answers the parked SyncGroup of a member, if there is one. It is alive, so its session begins anew.
    pub(super) fn answer_sync(&mut self, id: &str, response: impl FnOnce(&ClassicGroup, &Member) -> Response) {
        if let Some(waiter) = self.group.member_mut(id).syncing.take() {
            let response = response(&self.group, &self.group.members[id]);
            self.answer(waiter.token, response);
            self.heard(id);
        }
    }
}
