//! OffsetDelete: delete offsets of a group.
//!
//! Source: KIP-496.

use crate::{ErrorCode, Message, types::Str};

/// OffsetDelete (key 47): delete offsets of a group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 47, versions = "0", listeners = "broker")]
pub struct OffsetDeleteRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<OffsetDeleteRequestTopic<'a>>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestPartition {
    /// The partition.
    pub partition_index: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// The answer to [`OffsetDeleteRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 47, versions = "0")]
pub struct OffsetDeleteResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub topics: Vec<OffsetDeleteResponseTopic<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponsePartition {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponseTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What became of each partition.
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}
