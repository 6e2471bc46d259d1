//! ListOffsets: find offsets by timestamp, or the ends of a log.
//!
//! Source: KIP-79, KIP-207, KIP-320, KIP-405, KIP-734, KIP-1005, KIP-1023, KIP-1075.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp},
};

/// ListOffsets (key 2): find offsets by timestamp, or the ends of a log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "1..=11", flexible = "6+")]
pub struct ListOffsetsRequest<'a> {
    pub replica_id: BrokerId,
    #[field(versions = "2+")]
    pub isolation_level: i8,
    pub topics: Vec<ListOffsetsTopic<'a>>,
    #[field(versions = "10+", ignorable)]
    pub timeout_ms: i32,
}

/// Part of [`ListOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartition {
    pub partition_index: i32,
    #[field(versions = "4+", default = LeaderEpoch(-1), ignorable)]
    pub current_leader_epoch: LeaderEpoch,
    pub timestamp: Timestamp,
}

/// Part of [`ListOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopic<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<ListOffsetsPartition>,
}

/// The answer to [`ListOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "1..=11", flexible = "6+")]
pub struct ListOffsetsResponse<'a> {
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<ListOffsetsTopicResponse<'a>>,
}

/// Part of [`ListOffsetsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[field(default = Timestamp(-1))]
    pub timestamp: Timestamp,
    #[field(default = Offset(-1))]
    pub offset: Offset,
    #[field(versions = "4+", default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// Part of [`ListOffsetsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopicResponse<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}
