//! DeleteRecords: move the start of a log forward.
//!
//! Source: KIP-107.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str},
};

/// DeleteRecords (key 21): move the start of a log forward.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0..=2", flexible = "2+")]
pub struct DeleteRecordsRequest<'a> {
    pub topics: Vec<DeleteRecordsTopic<'a>>,
    pub timeout_ms: i32,
}

/// Part of [`DeleteRecordsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartition {
    pub partition_index: i32,
    pub offset: Offset,
}

/// Part of [`DeleteRecordsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopic<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<DeleteRecordsPartition>,
}

/// The answer to [`DeleteRecordsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0..=2", flexible = "2+")]
pub struct DeleteRecordsResponse<'a> {
    pub throttle_time_ms: i32,
    pub topics: Vec<DeleteRecordsTopicResult<'a>>,
}

/// Part of [`DeleteRecordsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsPartitionResult {
    pub partition_index: i32,
    pub low_watermark: i64,
    pub error_code: ErrorCode,
}

/// Part of [`DeleteRecordsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteRecordsTopicResult<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}
