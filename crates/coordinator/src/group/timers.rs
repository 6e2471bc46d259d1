//! What time brings about in a classic group.
//!
//! | what is over | what follows |
//! |---|---|
//! | a member's session | it is out, and the others share its work; not while it is parked, which is a sign of life |
//! | a new member's first join (5 min) | it is out and is told UNKNOWN_MEMBER_ID; if it is there it joins again |
//! | a pending id | nobody waits for it any more |
//! | the time to join | the next delay of a first rebalance, or the next generation without who did not join |
//! | the time to sync | who did not is out, and the rest rebalances |
//!
//! Source: Kafka `GroupMetadataManager.expireClassicGroupMemberHeartbeat`, `expirePendingSync`.

use protocol::types::{Monotonic, Now};

use super::{
    GroupCoordinator, Outcome,
    classic::{ClassicGroup, Phase},
    decision::Decision,
};

impl GroupCoordinator {
    /// Looks what has become due in a group.
    pub(super) fn wake(&self, group: &ClassicGroup, now: Now) -> Outcome {
        let mut decision = self.decide(group.clone(), now);
        decision.expire_members();
        decision.expire_phase();
        decision.done()
    }
}

impl Decision<'_> {
    fn is_over(&self, deadline: Monotonic) -> bool {
        deadline <= self.now.mono
    }

    fn expire_members(&mut self) {
        let pending_before = self.group.pending.len();
        let now = self.now.mono;
        self.group.pending.retain(|_, deadline| *deadline > now);
        if self.group.pending.len() < pending_before {
            self.complete_if_all_joined();
        }
        for id in self.group.member_ids() {
            // An earlier departure may have completed a rebalance and changed who is here and until when.
            let Some(member) = self.group.members.get(&id) else { continue };
            if !member.deadline.is_some_and(|deadline| self.is_over(deadline)) {
                continue;
            }
            if member.is_excused() {
                self.group.member_mut(&id).deadline = None;
            } else {
                self.drop_member(&id);
                self.after_departure();
            }
        }
    }

    fn expire_phase(&mut self) {
        match &self.group.phase {
            Phase::PreparingRebalance(joining) if self.is_over(joining.deadline) => self.joining_expired(),
            Phase::CompletingRebalance(syncing) | Phase::Stable(Some(syncing)) if self.is_over(syncing.deadline) => {
                let missing = syncing.missing.clone();
                self.syncing_expired(&missing);
            }
            _ => {}
        }
    }
}
