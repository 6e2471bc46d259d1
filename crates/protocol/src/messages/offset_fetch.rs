//! OffsetFetch: read a group's offsets.
//!
//! Source: KIP-98, KIP-320, KIP-447, KIP-709, KIP-848.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// OffsetFetch (key 9): read a group's offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "1..=10", flexible = "6+", listeners = "broker")]
pub struct OffsetFetchRequest<'a> {
    /// The id of the group.
    #[field(versions = "1..=7")]
    pub group_id: Str<'a>,
    /// The partitions, by topic; null for all that have offsets.
    #[field(versions = "1..=7", nullable = "2..=7", default = Some(Default::default()))]
    pub topics: Option<Vec<OffsetFetchRequestTopic<'a>>>,
    /// The groups.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchRequestGroup<'a>>,
    /// Whether to fail for partitions with offsets in an open transaction, instead of telling the older offset.
    #[field(versions = "7+")]
    pub require_stable: bool,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopic<'a> {
    /// The name of the topic.
    #[field(versions = "1..=7")]
    pub name: Str<'a>,
    /// The partitions.
    #[field(versions = "1..=7")]
    pub partition_indexes: Vec<i32>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestTopics<'a> {
    /// The name of the topic.
    #[field(versions = "8..=9", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partition_indexes: Vec<i32>,
}

/// The partitions of one group to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchRequestGroup<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member; null outside a group of the consumer protocol.
    #[field(versions = "9+", nullable, ignorable)]
    pub member_id: Option<Str<'a>>,
    /// The epoch of the member; -1 outside a group of the consumer protocol.
    #[field(versions = "9+", default = -1, ignorable)]
    pub member_epoch: i32,
    /// The partitions, by topic; null for all that have offsets.
    #[field(nullable, default = Some(Default::default()))]
    pub topics: Option<Vec<OffsetFetchRequestTopics<'a>>>,
}

/// The answer to [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "1..=10", flexible = "6+")]
pub struct OffsetFetchResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// The topics.
    #[field(versions = "1..=7")]
    pub topics: Vec<OffsetFetchResponseTopic<'a>>,
    /// What went wrong, or none.
    #[field(versions = "2..=7", ignorable)]
    pub error_code: ErrorCode,
    /// The groups.
    #[field(versions = "8+")]
    pub groups: Vec<OffsetFetchResponseGroup<'a>>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartition<'a> {
    /// The partition.
    #[field(versions = "1..=7")]
    pub partition_index: i32,
    /// The offset of the next record to read; -1 if none is stored.
    #[field(versions = "1..=7")]
    pub committed_offset: Offset,
    /// The leader epoch of the last record read; -1 if it is not known.
    #[field(versions = "5..=7", default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    /// What the client kept beside the offset.
    #[field(versions = "1..=7", nullable, default = Some(Default::default()))]
    pub metadata: Option<Str<'a>>,
    /// What went wrong, or none.
    #[field(versions = "1..=7")]
    pub error_code: ErrorCode,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopic<'a> {
    /// The name of the topic.
    #[field(versions = "1..=7")]
    pub name: Str<'a>,
    /// The partitions.
    #[field(versions = "1..=7")]
    pub partitions: Vec<OffsetFetchResponsePartition<'a>>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponsePartitions<'a> {
    /// The partition.
    pub partition_index: i32,
    /// The offset of the next record to read; -1 if none is stored.
    pub committed_offset: Offset,
    /// The leader epoch of the last record read; -1 if it is not known.
    #[field(default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    /// What the client kept beside the offset.
    #[field(nullable, default = Some(Default::default()))]
    pub metadata: Option<Str<'a>>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseTopics<'a> {
    /// The name of the topic.
    #[field(versions = "8..=9", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<OffsetFetchResponsePartitions<'a>>,
}

/// The offsets of one group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetFetchResponseGroup<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<OffsetFetchResponseTopics<'a>>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
