//! DeleteRecords: move the start of a log forward.
//!
//! Source: KIP-107.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str},
};

/// DeleteRecords (key 21): move the start of a log forward.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0..=2", flexible = "2+", listeners = "broker")]
pub struct DeleteRecordsRequest<'a> {
    /// The topics.
    pub topics: Vec<DeleteRecordsTopic<'a>>,
    /// How long to wait for it to be done, in milliseconds.
    pub timeout_ms: i32,
}

/// Where the log of one partition is to begin.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartition {
    /// The partition.
    pub partition_index: i32,
    /// Where the log is to begin; -1 for the high watermark.
    pub offset: Offset,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<DeleteRecordsPartition>,
}

/// The answer to [`DeleteRecordsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0..=2", flexible = "2+")]
pub struct DeleteRecordsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub topics: Vec<DeleteRecordsTopicResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartitionResult {
    /// The partition.
    pub partition_index: i32,
    /// The lowest start of the log among the replicas; -1 if it failed.
    pub low_watermark: i64,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopicResult<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What became of each partition.
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}
