//! What the log says: groups as of their last synced generation, and offsets.
//!
//! The log may hold what this coordinator does not write. Groups of the later protocols (consumer, share, streams) are
//! kept by the keys of their records: enough to know that the id is taken, by what, and by members or not, and to take
//! all of it back. Records of an unknown type, and bytes that are no record, are passed over: whoever wrote them can
//! still read them.
//!
//! Source: Kafka `GroupMetadataManager.replay`, `OffsetMetadataManager.replay`; record types in
//! `GroupCoordinatorRecordSerde`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{
    Decode, DecodeError, Reader,
    codec::{self, Format, Message},
    stored::{
        groups::{
            GroupMetadataKey, GroupMetadataValue, LegacyOffsetCommitKey, LegacyOffsetCommitValue, OffsetCommitKey,
            OffsetCommitValue,
        },
        split_prefix,
    },
    types::{LeaderEpoch, Offset, ProducerId, Str, Timestamp, Uuid},
};

use super::{
    offsets::{CommittedOffset, Offsets},
    text,
};
use crate::runtime::{Marker, Position};

/// The state that replaying a partition of `__consumer_offsets` gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    groups: BTreeMap<Arc<str>, StoredGroup>,
    pub(super) offsets: Offsets,
}

/// A group, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StoredGroup {
    /// A classic group; also one that only ever committed offsets (a *simple* group), which has no protocol type.
    Classic(StoredClassic),
    /// A group of a type that is not supported yet.
    Other(StoredOther),
}

/// A classic group: its last synced generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StoredClassic {
    pub generation: i32,
    pub protocol_type: Option<Arc<str>>,
    pub protocol: Option<Arc<str>>,
    pub leader: Option<Arc<str>>,
    /// Since when it is in its state; `None` in records of before Kafka 2.1.
    pub state_since: Option<Timestamp>,
    pub members: Vec<StoredMember>,
}

/// A member of the last synced generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredMember {
    pub id: Arc<str>,
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    /// What it said under the protocol that was chosen.
    pub subscription: Arc<[u8]>,
    pub assignment: Arc<[u8]>,
}

/// Which of the later protocols a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherType {
    /// KIP-848.
    Consumer,
    /// KIP-932.
    Share,
    /// KIP-1071.
    Streams,
}

/// A group of a type that is not supported yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredOther {
    pub group_type: OtherType,
    /// The keys of its records that have a value.
    pub keys: BTreeSet<Box<[u8]>>,
}

impl OtherType {
    /// The type that a record type belongs to.
    const fn of(record_type: i16) -> Option<Self> {
        match record_type {
            3..=8 | 16 => Some(Self::Consumer),
            10..=15 => Some(Self::Share),
            17 | 19..=23 => Some(Self::Streams),
            _ => None,
        }
    }

    /// The type of the records that stand for a member each.
    const fn member_record(self) -> i16 {
        match self {
            Self::Consumer => 5,
            Self::Share => 10,
            Self::Streams => 19,
        }
    }

    /// As ListGroups calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        }
    }

    /// As ListGroups calls its protocol.
    pub(super) const fn protocol_type(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        }
    }
}

impl StoredOther {
    /// Whether no member is recorded.
    pub(super) fn is_empty(&self) -> bool {
        let member = self.group_type.member_record().to_be_bytes();
        !self.keys.iter().any(|key| key.starts_with(&member))
    }
}

impl State {
    /// Whether there are neither groups nor offsets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.offsets.all().next().is_none()
    }

    /// A group by its id.
    pub(super) fn group(&self, id: &str) -> Option<(&Arc<str>, &StoredGroup)> {
        self.groups.get_key_value(id)
    }

    /// All groups, by id.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Arc<str>, &StoredGroup)> {
        self.groups.iter()
    }

    /// The classic groups, by id.
    pub(super) fn classic_groups(&self) -> impl Iterator<Item = (&Arc<str>, &StoredClassic)> {
        self.groups.iter().filter_map(|(id, group)| match group {
            StoredGroup::Classic(classic) => Some((id, classic)),
            StoredGroup::Other(_) => None,
        })
    }

    /// Takes over what a record says; a record that nobody knows or that is damaged says nothing.
    pub fn replay(&mut self, at: Position, key: &[u8], value: Option<&[u8]>) {
        // Kafka stops loading at a record it cannot read, and the whole partition is then unavailable. One damaged
        // record takes one offset or group away here, not all of them.
        let _ = self.try_replay(at, key, value);
    }

    /// Ends a transaction whose offsets were replayed before.
    pub fn end_transaction(&mut self, producer: ProducerId, marker: Marker) {
        self.offsets.end_transaction(producer, marker);
    }

    fn try_replay(&mut self, at: Position, key: &[u8], value: Option<&[u8]>) -> Result<(), DecodeError> {
        let (record_type, rest) = split_prefix(key)?;
        match record_type {
            LegacyOffsetCommitKey::KEY => {
                let key: LegacyOffsetCommitKey<'_> = codec::decode_exact(rest, 0)?;
                let value = value.map(versioned::<LegacyOffsetCommitValue<'_>>).transpose()?;
                let offset = value.map(|value| CommittedOffset {
                    record: at.offset,
                    offset: Offset(value.offset),
                    leader_epoch: LeaderEpoch::NONE,
                    metadata: value.metadata.to_text().into(),
                    committed: value.commit_timestamp,
                    expires: None,
                    topic_id: Uuid::ZERO,
                });
                self.replay_offset(at, &key.group, &key.topic, key.partition, offset);
            }
            OffsetCommitKey::KEY => {
                let key: OffsetCommitKey<'_> = codec::decode_exact(rest, 0)?;
                let value = value.map(versioned::<OffsetCommitValue<'_>>).transpose()?;
                let offset = value.map(|value| CommittedOffset {
                    record: at.offset,
                    offset: Offset(value.offset),
                    leader_epoch: LeaderEpoch(value.leader_epoch),
                    metadata: value.metadata.to_text().into(),
                    committed: value.commit_timestamp,
                    expires: (value.expire_timestamp != Timestamp::NONE).then_some(value.expire_timestamp),
                    topic_id: value.topic_id,
                });
                self.replay_offset(at, &key.group, &key.topic, key.partition, offset);
            }
            GroupMetadataKey::KEY => {
                let key: GroupMetadataKey<'_> = codec::decode_exact(rest, 0)?;
                let value = value.map(versioned::<GroupMetadataValue<'_>>).transpose()?;
                self.replay_group(&key.group, value);
            }
            other => {
                if let Some(group_type) = OtherType::of(other) {
                    // Of each such key the group id is the first field, in the plain form.
                    let id = Str::decode(&mut Reader::new(rest), Format { version: 0, flexible: false })?;
                    self.replay_other(&text(&id), group_type, key, value.is_some());
                }
            }
        }
        Ok(())
    }

    fn replay_offset(
        &mut self,
        at: Position,
        group: &Str<'_>,
        topic: &Str<'_>,
        partition: i32,
        offset: Option<CommittedOffset>,
    ) {
        let (group, topic) = (text(group), topic.to_text());
        let Some(offset) = offset else {
            self.offsets.remove(&group, &topic, partition);
            return;
        };
        let group = match self.groups.get_key_value(&group) {
            Some((id, _)) => Arc::clone(id),
            None => {
                self.groups.insert(Arc::clone(&group), StoredGroup::Classic(StoredClassic::default()));
                group
            }
        };
        self.offsets.put(at.transaction, &group, &topic, partition, offset);
    }

    fn replay_group(&mut self, id: &Str<'_>, value: Option<GroupMetadataValue<'_>>) {
        let id = text(id);
        match value {
            Some(value) => {
                self.groups.insert(id, StoredGroup::Classic(StoredClassic::from(value)));
            }
            // Also written when a group goes over to another protocol; its records may come in either order.
            None if matches!(self.groups.get(&id), Some(StoredGroup::Classic(_))) => {
                self.groups.remove(&id);
            }
            None => {}
        }
    }

    fn replay_other(&mut self, id: &Arc<str>, group_type: OtherType, key: &[u8], has_value: bool) {
        let group = self.groups.get_mut(id);
        match (group, has_value) {
            (Some(StoredGroup::Other(other)), true) if other.group_type == group_type => {
                other.keys.insert(key.into());
            }
            (Some(StoredGroup::Other(other)), false) => {
                other.keys.remove(key);
                if other.keys.is_empty() {
                    self.groups.remove(id);
                }
            }
            (_, true) => {
                let other = StoredOther { group_type, keys: BTreeSet::from([key.into()]) };
                self.groups.insert(Arc::clone(id), StoredGroup::Other(other));
            }
            (_, false) => {}
        }
    }
}

impl From<GroupMetadataValue<'_>> for StoredClassic {
    fn from(value: GroupMetadataValue<'_>) -> Self {
        let members = value.members.into_iter().map(|member| StoredMember {
            id: text(&member.member_id),
            instance_id: member.group_instance_id.as_ref().map(text),
            client_id: text(&member.client_id),
            client_host: text(&member.client_host),
            rebalance_timeout_ms: match member.rebalance_timeout {
                -1 => member.session_timeout,
                rebalance_timeout => rebalance_timeout,
            },
            session_timeout_ms: member.session_timeout,
            subscription: member.subscription.into(),
            assignment: member.assignment.into(),
        });
        Self {
            generation: value.generation,
            protocol_type: (!value.protocol_type.is_empty()).then(|| text(&value.protocol_type)),
            protocol: value.protocol.as_ref().map(text),
            leader: value.leader.as_ref().map(text),
            state_since: (value.current_state_timestamp != Timestamp::NONE).then_some(value.current_state_timestamp),
            members: members.collect(),
        }
    }
}

/// Reads a value behind its version.
fn versioned<'a, M: Message + Decode<'a>>(bytes: &'a [u8]) -> Result<M, DecodeError> {
    let (version, rest) = split_prefix(bytes)?;
    codec::decode(rest, version)
}
