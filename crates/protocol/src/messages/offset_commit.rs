//! OffsetCommit: store a group's offsets.
//!
//! Source: KIP-98, KIP-211, KIP-320, KIP-345, KIP-848.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// OffsetCommit (key 8): store a group's offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "2..=10", flexible = "8+")]
pub struct OffsetCommitRequest<'a> {
    pub group_id: Str<'a>,
    #[field(default = -1)]
    pub generation_id_or_member_epoch: i32,
    pub member_id: Str<'a>,
    #[field(versions = "7+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    #[field(versions = "2..=4", default = -1, ignorable)]
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic<'a>>,
}

/// Part of [`OffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestPartition<'a> {
    pub partition_index: i32,
    pub committed_offset: Offset,
    #[field(versions = "6+", default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    #[field(nullable)]
    pub committed_metadata: Option<Str<'a>>,
}

/// Part of [`OffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitRequestTopic<'a> {
    #[field(versions = "2..=9", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition<'a>>,
}

/// The answer to [`OffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "2..=10", flexible = "8+")]
pub struct OffsetCommitResponse<'a> {
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic<'a>>,
}

/// Part of [`OffsetCommitResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

/// Part of [`OffsetCommitResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetCommitResponseTopic<'a> {
    #[field(versions = "2..=9", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}
