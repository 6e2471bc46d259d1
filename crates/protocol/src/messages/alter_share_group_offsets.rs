//! AlterShareGroupOffsets: set where delivery of a share group's partitions starts.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str, Uuid},
};

/// AlterShareGroupOffsets (key 91): set where delivery of a share group's partitions starts.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 91, versions = "0", flexible = "0+", listeners = "broker")]
pub struct AlterShareGroupOffsetsRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic<'a>>,
}

/// Where delivery of one partition is to start.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterShareGroupOffsetsRequestPartition {
    /// The partition.
    pub partition_index: i32,
    /// Where delivery is to start.
    pub start_offset: Offset,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterShareGroupOffsetsRequestTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
}

/// The answer to [`AlterShareGroupOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 91, versions = "0", flexible = "0+")]
pub struct AlterShareGroupOffsetsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// What became of each topic.
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterShareGroupOffsetsResponsePartition<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterShareGroupOffsetsResponseTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition<'a>>,
}
