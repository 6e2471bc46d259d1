//! OffsetFetch: read a group's offsets.
//!
//! Source: KIP-98, KIP-320, KIP-447, KIP-709, KIP-848.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// OffsetFetch (key 9): read a group's offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "1..=10", flexible = "6+")]
pub struct OffsetFetchRequest<'a> {
    #[field(versions = "1..=7")]
    pub group_id: Str<'a>,
    #[field(versions = "1..=7", nullable = "2+", default = Some(Default::default()))]
    pub topics: Option<Vec<OffsetFetchRequestTopic<'a>>>,
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchRequestGroup<'a>>,
    #[field(versions = "7+")]
    pub require_stable: bool,
}

/// Part of [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopic<'a> {
    #[field(versions = "1..=7")]
    pub name: Str<'a>,
    #[field(versions = "1..=7")]
    pub partition_indexes: Vec<i32>,
}

/// Part of [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopics<'a> {
    #[field(versions = "8..=9", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

/// Part of [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestGroup<'a> {
    pub group_id: Str<'a>,
    #[field(versions = "9+", nullable, ignorable)]
    pub member_id: Option<Str<'a>>,
    #[field(versions = "9+", default = -1, ignorable)]
    pub member_epoch: i32,
    #[field(nullable)]
    pub topics: Option<Vec<OffsetFetchRequestTopics<'a>>>,
}

/// The answer to [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "1..=10", flexible = "6+")]
pub struct OffsetFetchResponse<'a> {
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    #[field(versions = "1..=7")]
    pub topics: Vec<OffsetFetchResponseTopic<'a>>,
    #[field(versions = "2..=7", ignorable)]
    pub error_code: ErrorCode,
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchResponseGroup<'a>>,
}

/// Part of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartition<'a> {
    #[field(versions = "1..=7")]
    pub partition_index: i32,
    #[field(versions = "1..=7")]
    pub committed_offset: Offset,
    #[field(versions = "5..=7", default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    #[field(versions = "1..=7", nullable, default = Some(Default::default()))]
    pub metadata: Option<Str<'a>>,
    #[field(versions = "1..=7")]
    pub error_code: ErrorCode,
}

/// Part of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopic<'a> {
    #[field(versions = "1..=7")]
    pub name: Str<'a>,
    #[field(versions = "1..=7")]
    pub partitions: Vec<OffsetFetchResponsePartition<'a>>,
}

/// Part of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartitions<'a> {
    pub partition_index: i32,
    pub committed_offset: Offset,
    #[field(default = LeaderEpoch(-1))]
    pub committed_leader_epoch: LeaderEpoch,
    #[field(nullable)]
    pub metadata: Option<Str<'a>>,
    pub error_code: ErrorCode,
}

/// Part of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopics<'a> {
    #[field(versions = "8..=9", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions<'a>>,
}

/// Part of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseGroup<'a> {
    pub group_id: Str<'a>,
    pub topics: Vec<OffsetFetchResponseTopics<'a>>,
    pub error_code: ErrorCode,
}
