//! The records of `__consumer_offsets`: written as Kafka 4.3 writes them, byte for byte.
//!
//! Source: Kafka `GroupCoordinatorRecordHelpers`, `OffsetAndMetadata`.

use std::borrow::Cow;

use protocol::{
    Encode,
    codec::Message,
    stored::{
        groups::{GroupMetadataKey, GroupMetadataValue, MemberMetadata, OffsetCommitKey, OffsetCommitValue},
        prefixed,
    },
    types::{Str, Timestamp},
};

use super::{classic::ClassicGroup, offsets::CommittedOffset};
use crate::runtime::Record;

/// The version that Kafka 4.3 writes; 4 can only be read.
const GROUP_METADATA_VALUE: i16 = 3;
/// The version that Kafka 4.3 writes, but for an offset with its own time to expire, which only version 1 has.
const OFFSET_COMMIT_VALUE: i16 = 4;
const OFFSET_COMMIT_VALUE_WITH_EXPIRY: i16 = 1;

/// A group as it is now: its generation, its members and what each was assigned.
pub(super) fn group_metadata(group: &ClassicGroup) -> Record {
    let members = group
        .members
        .values()
        .map(|member| MemberMetadata {
            member_id: Str::from(&*member.id),
            group_instance_id: member.instance_id.as_deref().map(Str::from),
            client_id: Str::from(&*member.client_id),
            client_host: Str::from(&*member.client_host),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: Cow::Borrowed(group.metadata_of(member)),
            assignment: Cow::Borrowed(&member.assignment),
        })
        .collect();
    let value = GroupMetadataValue {
        protocol_type: Str::from(group.protocol_type.as_deref().unwrap_or_default()),
        generation: group.generation,
        protocol: group.protocol.as_deref().map(Str::from),
        leader: group.leader.as_deref().map(Str::from),
        current_state_timestamp: group.state_since,
        members,
    };
    Record { key: group_metadata_key(&group.id), value: Some(encoded(GROUP_METADATA_VALUE, &value)) }
}

/// A group without a generation, as it is when the first member asks to join it.
pub(super) fn new_group(id: &str, now: Timestamp) -> Record {
    let value = GroupMetadataValue {
        protocol: None,
        leader: None,
        current_state_timestamp: now,
        ..GroupMetadataValue::default()
    };
    Record { key: group_metadata_key(id), value: Some(encoded(GROUP_METADATA_VALUE, &value)) }
}

/// Takes a group back.
pub(super) fn group_tombstone(id: &str) -> Record {
    Record { key: group_metadata_key(id), value: None }
}

/// A committed offset.
pub(super) fn offset_commit(group: &str, topic: &str, partition: i32, offset: &CommittedOffset) -> Record {
    let version = if offset.expires.is_some() { OFFSET_COMMIT_VALUE_WITH_EXPIRY } else { OFFSET_COMMIT_VALUE };
    let value = OffsetCommitValue {
        offset: offset.offset.0,
        leader_epoch: offset.leader_epoch.0,
        metadata: Str::from(&*offset.metadata),
        commit_timestamp: offset.committed,
        expire_timestamp: offset.expires.unwrap_or(Timestamp::NONE),
        topic_id: offset.topic_id,
    };
    Record { key: offset_commit_key(group, topic, partition), value: Some(encoded(version, &value)) }
}

/// Takes a committed offset back.
pub(super) fn offset_tombstone(group: &str, topic: &str, partition: i32) -> Record {
    Record { key: offset_commit_key(group, topic, partition), value: None }
}

fn group_metadata_key(group: &str) -> Vec<u8> {
    keyed(&GroupMetadataKey { group: Str::from(group) })
}

fn offset_commit_key(group: &str, topic: &str, partition: i32) -> Vec<u8> {
    keyed(&OffsetCommitKey { group: Str::from(group), topic: Str::from(topic), partition })
}

fn keyed<M: Message + Encode>(key: &M) -> Vec<u8> {
    prefixed(M::KEY, key, 0).expect("ids are checked to be storable where they come in")
}

fn encoded<M: Message + Encode>(version: i16, value: &M) -> Vec<u8> {
    prefixed(version, value, version).expect("strings are checked to be storable where they come in")
}
