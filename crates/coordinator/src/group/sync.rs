//! SyncGroup: a member fetches its assignment, which the leader brings.
//!
//! Followers are parked until the leader's SyncGroup. That one makes the generation's record, and once it is in the log
//! the group is stable and everybody is answered, as soon as the record is committed.
//!
//! Source: Kafka `GroupMetadataManager.classicGroupSyncToClassicGroup`; KIP-345, KIP-559.

use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    ErrorCode,
    messages::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment},
    types::{Now, Str},
};

use super::{
    Caller, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Phase, Waiter, sync_refused},
    decision::Decision,
    error::GroupError,
    records,
    request::Response,
};
use crate::runtime::Token;

/// From this version on a member has to say what protocol it syncs for (KIP-559).
const PROTOCOL_SINCE: i16 = 5;

impl GroupCoordinator {
    pub(super) fn sync(&self, now: Now, token: Token, caller: &Caller<'_>, request: &SyncGroupRequest<'_>) -> Outcome {
        let refuse = |error: GroupError| Outcome::answer(token, sync_refused(error.code()));
        let says_protocol = request.protocol_type.is_some() && request.protocol_name.is_some();
        if caller.version >= PROTOCOL_SINCE && !says_protocol {
            return refuse(GroupError::InconsistentProtocol);
        }
        if request.group_id.is_empty() {
            return refuse(GroupError::EmptyGroupId);
        }
        let id = request.group_id.to_text();
        let Found::Classic(group) = self.find(&id) else {
            return refuse(GroupError::UnknownMember);
        };
        if let Err(error) = check(&group, request) {
            return refuse(error);
        }
        let mut decision = self.decide(Arc::unwrap_or_clone(group), now);
        let waiter = Waiter { token, version: caller.version };
        decision.sync(waiter, &request.member_id.to_text(), &request.assignments);
        decision.done()
    }
}

fn check(group: &ClassicGroup, request: &SyncGroupRequest<'_>) -> Result<(), GroupError> {
    let instance_id = request.group_instance_id.as_ref().map(Str::to_text);
    group.check_member(&request.member_id.to_text(), instance_id.as_deref())?;
    group.check_generation(request.generation_id)?;
    let differs = |said: &Option<Str<'_>>, is: &Option<Arc<str>>| match (said, is) {
        (Some(said), Some(is)) => said.to_text() != **is,
        _ => false,
    };
    if differs(&request.protocol_type, &group.protocol_type) || differs(&request.protocol_name, &group.protocol) {
        return Err(GroupError::InconsistentProtocol);
    }
    match group.phase {
        Phase::PreparingRebalance(_) => Err(GroupError::Rebalancing),
        _ => Ok(()),
    }
}

impl Decision<'_> {
    fn sync(&mut self, waiter: Waiter, id: &str, assignments: &[SyncGroupRequestAssignment<'_>]) {
        // An earlier sync of the same member, which it has given up. Kafka leaves that one without an answer.
        self.answer_sync(id, |_, _| sync_refused(ErrorCode::REBALANCE_IN_PROGRESS));
        self.group.has_synced(id);
        if matches!(self.group.phase, Phase::Stable(_)) {
            let response = self.group.synced(&self.group.members[id]);
            self.answer(waiter.token, Response::SyncGroup(response));
            return;
        }
        self.group.member_mut(id).syncing = Some(waiter);
        if self.group.is_leader(id) {
            self.assign(assignments);
        }
    }

    /// The leader has spoken. Members that it forgot get nothing, ids that are no members are passed over.
    fn assign(&mut self, assignments: &[SyncGroupRequestAssignment<'_>]) {
        let assignments: BTreeMap<_, _> =
            assignments.iter().map(|given| (given.member_id.to_text(), &given.assignment)).collect();
        for id in self.group.member_ids() {
            let given = assignments.get(&*id).map(|assignment| Arc::from(&***assignment));
            self.group.member_mut(&id).assignment = given.unwrap_or_default();
        }
        self.outcome.records.push(records::group_metadata(&self.group));
        let Phase::CompletingRebalance(syncing) = self.group.phase.clone() else {
            unreachable!("only a group that completes a rebalance is assigned to");
        };
        self.enter(Phase::Stable((!syncing.missing.is_empty()).then_some(syncing)));
        for id in self.group.member_ids() {
            self.answer_sync(&id, |group, member| Response::SyncGroup(group.synced(member)));
        }
    }
}
