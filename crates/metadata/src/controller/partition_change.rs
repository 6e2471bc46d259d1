//! What becomes of one partition when its ISR or the brokers around it change: who leads, who may lead later.
//!
//! The leader stays where it may. Else the first replica leads that is in the ISR or, once the ISR is empty, among the
//! eligible leader replicas: those that left while the ISR was below `min.insync.replicas`, and so hold everything that
//! was acknowledged. If both are empty, the last known leader comes back, marked as recovering, since it may have lost
//! records in a crash. `unclean.leader.election.enable` lets any replica lead then.
//!
//! Source: KIP-966; Kafka `PartitionChangeBuilder`.

use std::collections::BTreeSet;

use protocol::{
    stored::metadata::PartitionChangeRecord,
    types::{BrokerId, Uuid},
};

use crate::{
    MetadataVersion,
    image::{LeaderRecoveryState, PartitionImage},
};

const NO_LEADER: BrokerId = BrokerId(-1);
const NO_CHANGE: BrokerId = BrokerId(-2);

/// The question.
pub(super) struct PartitionChange<'a> {
    /// The partition as it is.
    pub(super) partition: &'a PartitionImage,
    /// The ISR that it shall have.
    pub(super) target_isr: Vec<BrokerId>,
    /// A broker that may have lost what it held.
    pub(super) unclean_shutdown: Option<BrokerId>,
    /// Whether any replica may lead when no other can.
    pub(super) unclean_election: bool,
    /// `min.insync.replicas` of the topic.
    pub(super) min_isr: usize,
    /// Whether eligible leader replicas are kept.
    pub(super) elr_enabled: bool,
    /// The level of the cluster.
    pub(super) level: MetadataVersion,
    /// Whether a broker is there to lead.
    pub(super) acceptable: &'a dyn Fn(BrokerId) -> bool,
}

/// Who leads from now on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elected {
    Clean(BrokerId),
    Unclean(BrokerId),
    Nobody,
}

impl PartitionChange<'_> {
    /// The record that makes it so; `None` if nothing changes.
    pub(super) fn record(mut self, topic_id: Uuid, partition_id: i32) -> Option<PartitionChangeRecord> {
        let unchanged = PartitionChangeRecord { partition_id, topic_id, ..PartitionChangeRecord::default() };
        let mut record = unchanged.clone();
        let mut elr = self.target_elr();
        let elected = self.elect(&elr);
        let leader = match elected {
            Elected::Clean(broker) | Elected::Unclean(broker) => Some(broker),
            Elected::Nobody => None,
        };
        if leader != self.partition.leader {
            record.leader = leader.unwrap_or(NO_LEADER);
            if let Some(leader) = leader
                && elr.remove(&leader)
            {
                self.target_isr = vec![leader];
            }
            if let Elected::Unclean(leader) = elected {
                record.isr = Some(vec![leader]);
                elr.clear();
                if self.partition.leader_recovery_state != LeaderRecoveryState::Recovering {
                    record.leader_recovery_state = LeaderRecoveryState::Recovering.code();
                }
            }
        }
        let elr: Vec<BrokerId> = elr.into_iter().collect();
        if elr != self.partition.eligible_leader_replicas {
            record.eligible_leader_replicas = Some(elr);
        }
        // Without eligible replicas the last one stays in the ISR, or nobody could ever lead again.
        let may_be_set = self.elr_enabled || !self.target_isr.is_empty();
        if record.isr.is_none() && may_be_set && self.target_isr != self.partition.isr {
            record.isr = Some(self.target_isr.clone());
        }
        let shrinks = record.isr.as_ref().is_some_and(|isr| self.partition.isr.iter().any(|b| !isr.contains(b)));
        if shrinks && record.leader == NO_CHANGE && self.level.bumps_epoch_on_shrink() {
            record.leader = self.partition.leader.unwrap_or(NO_LEADER);
        }
        if self.elr_enabled {
            record.last_known_elr = self.last_known(record.leader);
        }
        (record != unchanged).then_some(record)
    }

    /// Those that hold everything that was acknowledged, outside the ISR that shall be.
    fn target_elr(&self) -> BTreeSet<BrokerId> {
        if !self.elr_enabled || self.target_isr.len() >= self.min_isr {
            return BTreeSet::new();
        }
        let held = self.partition.eligible_leader_replicas.iter().chain(&self.partition.isr).copied();
        held.filter(|broker| !self.target_isr.contains(broker) && self.unclean_shutdown != Some(*broker)).collect()
    }

    fn elect(&self, elr: &BTreeSet<BrokerId>) -> Elected {
        let in_sync =
            |broker: BrokerId| self.target_isr.contains(&broker) || self.target_isr.is_empty() && elr.contains(&broker);
        let valid = |broker: &BrokerId| in_sync(*broker) && (self.acceptable)(*broker);
        let replicas = &self.partition.replicas;
        if let Some(leader) = self.partition.leader.iter().chain(replicas).find(|broker| valid(broker)) {
            return Elected::Clean(*leader);
        }
        if let [last] = self.partition.last_known_elr[..]
            && self.elr_enabled
            && elr.is_empty()
            && self.target_isr.is_empty()
            && (self.acceptable)(last)
        {
            return Elected::Unclean(last);
        }
        match replicas.iter().find(|broker| (self.acceptable)(**broker)) {
            Some(leader) if self.unclean_election => Elected::Unclean(*leader),
            _ => Elected::Nobody,
        }
    }

    /// The last leader is remembered when the partition loses it, and forgotten when there is one again.
    fn last_known(&self, leader: BrokerId) -> Option<Vec<BrokerId>> {
        let known = !self.partition.last_known_elr.is_empty();
        match (leader, self.partition.leader) {
            (NO_LEADER, Some(last)) if !known => Some(vec![last]),
            (NO_LEADER | NO_CHANGE, _) => None,
            _ => known.then(Vec::new),
        }
    }
}
