//! DescribeShareGroupOffsets: where delivery of a share group's partitions stands.
//!
//! Source: KIP-932, KIP-1226.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// DescribeShareGroupOffsets (key 90): where delivery of a share group's partitions stands.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 90, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct DescribeShareGroupOffsetsRequest<'a> {
    /// The groups.
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeShareGroupOffsetsRequestTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The partitions of one group to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeShareGroupOffsetsRequestGroup<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The partitions, by topic; null for all.
    #[field(nullable, default = Some(Default::default()))]
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic<'a>>>,
}

/// The answer to [`DescribeShareGroupOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 90, versions = "0..=1", flexible = "0+")]
pub struct DescribeShareGroupOffsetsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The groups.
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup<'a>>,
}

/// Where delivery of one partition stands.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeShareGroupOffsetsResponsePartition<'a> {
    /// The partition.
    pub partition_index: i32,
    /// Where delivery starts; -1 if it is not known yet.
    pub start_offset: Offset,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// How many records are between the start offset and the end of the log; -1 if it is not known.
    #[field(versions = "1+", default = -1, ignorable)]
    pub lag: i64,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeShareGroupOffsetsResponseTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition<'a>>,
}

/// The partitions of one group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeShareGroupOffsetsResponseGroup<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic<'a>>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
