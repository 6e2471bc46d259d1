//! Offsets that nobody needs any more, and the groups that go with them.
//!
//! An offset expires `offsets.retention.minutes` after the group became empty; in a group without a protocol, and for a
//! topic that the members of a stable group do not read, after its commit. One with a time to expire of its own keeps
//! that. An offset over which a transaction is open stays. An empty group whose last offset has gone goes too.
//!
//! When a topic is deleted its offsets go at once: a new topic of the same name begins anew.
//!
//! Source: Kafka `GroupCoordinatorShard.cleanupGroupMetadata`, `OffsetMetadataManager.cleanupExpiredOffsets`,
//! `onTopicsDeleted`; KIP-211.

use std::{collections::BTreeSet, sync::Arc};

use protocol::{
    ErrorCode,
    types::{Now, Timestamp, Uuid},
};

use super::{
    Change, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Phase},
    offsets::CommittedOffset,
    records,
    request::Response,
    state::{StoredGroup, StoredOther},
};
use crate::runtime::{Record, Token};

/// After this many tombstones the rest waits for the next step, so that a batch stays far below a segment and requests
/// get in between.
const TOMBSTONES_MAX: usize = 1_000;

/// From when on the offsets of a group grow old.
enum Ageing {
    /// Not at all: they are in use.
    None,
    /// Since then, all of them.
    Since(Timestamp),
    /// Each since its commit.
    SinceCommit,
}

impl Ageing {
    fn of(group: &ClassicGroup) -> Self {
        match (&group.phase, group.protocol_type.is_some()) {
            (_, false) => Self::SinceCommit,
            (Phase::Empty, true) if group.state_since == Timestamp::NONE => Self::SinceCommit,
            (Phase::Empty, true) => Self::Since(group.state_since),
            (Phase::Stable(_), true) if group.is_of_consumers() && group.subscribed_topics.is_some() => {
                Self::SinceCommit
            }
            _ => Self::None,
        }
    }

    fn is_over(&self, offset: &CommittedOffset, now: Timestamp, retention_ms: i64) -> bool {
        let since = match self {
            Self::None => return false,
            Self::Since(since) => *since,
            Self::SinceCommit => offset.committed,
        };
        match offset.expires {
            Some(expires) => now >= expires,
            None => now.0.saturating_sub(since.0) >= retention_ms,
        }
    }
}

impl GroupCoordinator {
    /// Looks for what has expired.
    pub(super) fn expire(&self, now: Now) -> Outcome {
        let mut outcome = Outcome::nothing();
        let mut next = now.mono.plus_ms(self.config.offsets_retention_check_interval_ms.max(1));
        for (id, stored) in self.state.groups() {
            if outcome.records.len() >= TOMBSTONES_MAX {
                next = now.mono;
                break;
            }
            // Offsets of a group of a later protocol are left alone: whether they are in use is not known here.
            if let (StoredGroup::Classic(_), Found::Classic(group)) = (stored, self.find(id)) {
                self.expire_group(&group, now, &mut outcome);
            }
        }
        outcome.changes.push(Change::NextExpiry(next));
        outcome
    }

    fn expire_group(&self, group: &ClassicGroup, now: Now, outcome: &mut Outcome) {
        let offsets = &self.state.offsets;
        let ageing = Ageing::of(group);
        let mut is_left = offsets.has_pending(&group.id);
        for (topic, partitions) in offsets.of_group(&group.id).into_iter().flatten() {
            for (partition, offset) in partitions {
                if !group.is_subscribed_to(topic)
                    && ageing.is_over(offset, now.wall, self.config.offsets_retention_ms)
                    && !offsets.is_pending(&group.id, topic, *partition)
                {
                    outcome.records.push(records::offset_tombstone(&group.id, topic, *partition));
                } else {
                    is_left = true;
                }
            }
        }
        if !is_left && group.phase == Phase::Empty && group.pending.is_empty() {
            outcome.records.push(records::group_tombstone(&group.id));
            outcome.changes.push(Change::Gone(Arc::clone(&group.id)));
        }
    }

    /// The records that take back all that a group has: its offsets, then itself.
    pub(super) fn tombstones(&self, id: &str, other: Option<&StoredOther>) -> Vec<Record> {
        let partitions: BTreeSet<_> = self.state.offsets.partitions(id).collect();
        let mut records: Vec<_> =
            partitions.into_iter().map(|(topic, partition)| records::offset_tombstone(id, topic, partition)).collect();
        match other {
            None => records.push(records::group_tombstone(id)),
            Some(other) => {
                records.extend(other.keys.iter().map(|key| Record { key: key.to_vec(), value: None }));
            }
        }
        records
    }

    pub(super) fn topics_deleted(&self, token: Token, topics: &[(String, Uuid)]) -> Outcome {
        let is_in = |name: &str, offset: &CommittedOffset| {
            topics.iter().any(|(deleted, id)| deleted == name && [Uuid::ZERO, *id].contains(&offset.topic_id))
        };
        let partitions: BTreeSet<_> = self
            .state
            .offsets
            .all()
            .filter(|(_, topic, _, offset)| is_in(topic, offset))
            .map(|(group, topic, partition, _)| (group, topic, partition))
            .collect();
        let mut outcome = Outcome::answer(token, Response::TopicsDeleted(ErrorCode::NONE));
        outcome.records = partitions
            .into_iter()
            .map(|(group, topic, partition)| records::offset_tombstone(group, topic, partition))
            .collect();
        outcome
    }
}
