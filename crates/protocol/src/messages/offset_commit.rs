//! OffsetCommit: store a group's offsets.
//!
//! Source: KIP-98, KIP-211, KIP-320, KIP-345, KIP-848.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// OffsetCommit (key 8): store a group's offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "2..=10", flexible = "8+", listeners = "broker")]
pub struct OffsetCommitRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The generation of a classic group, the member epoch of a new one; -1 for commits outside a group.
    #[field(default = -1, ignorable)]
    pub generation_id_or_member_epoch: i32,
    /// The id of the member; empty for commits outside a group.
    #[field(ignorable)]
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "7+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    /// How long to keep the offset, in milliseconds; -1 for the broker's config.
    #[field(versions = "2..=4", default = -1, ignorable)]
    pub retention_time_ms: i64,
    /// The topics.
    pub topics: Vec<OffsetCommitRequestTopic<'a>>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestPartition<'a> {
    /// The partition.
    pub partition_index: i32,
    /// The offset of the next record to read.
    pub committed_offset: Offset,
    /// The leader epoch of the last record read; -1 if it is not known.
    #[field(versions = "6+", default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    /// What the client wants to keep beside the offset.
    #[field(nullable, default = Some(Default::default()))]
    pub committed_metadata: Option<Str<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestTopic<'a> {
    /// The name of the topic.
    #[field(versions = "2..=9", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<OffsetCommitRequestPartition<'a>>,
}

/// The answer to [`OffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "2..=10", flexible = "8+")]
pub struct OffsetCommitResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub topics: Vec<OffsetCommitResponseTopic<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponsePartition {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponseTopic<'a> {
    /// The name of the topic.
    #[field(versions = "2..=9", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<OffsetCommitResponsePartition>,
}
