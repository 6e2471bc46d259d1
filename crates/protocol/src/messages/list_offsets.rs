//! ListOffsets: find offsets by timestamp, or the ends of a log.
//!
//! Source: KIP-79, KIP-207, KIP-320, KIP-405, KIP-734, KIP-1005, KIP-1023, KIP-1075.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp},
};

/// ListOffsets (key 2): find offsets by timestamp, or the ends of a log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "1..=11", flexible = "6+", listeners = "broker")]
pub struct ListOffsetsRequest<'a> {
    /// The `node.id` of the replica; -1 for a client.
    pub replica_id: BrokerId,
    /// 0 to read all records, 1 to read only those of committed transactions.
    #[field(versions = "2+")]
    pub isolation_level: i8,
    /// The topics.
    pub topics: Vec<ListOffsetsTopic<'a>>,
    /// How long to wait for it to be done, in milliseconds.
    #[field(versions = "10+", ignorable)]
    pub timeout_ms: i32,
}

/// What to look for in one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartition {
    /// The partition.
    pub partition_index: i32,
    /// The leader epoch the client knows, to be fenced by; -1 for no fencing.
    #[field(versions = "4+", default = LeaderEpoch(-1), ignorable)]
    pub current_leader_epoch: LeaderEpoch,
    /// The time to look for, in milliseconds since 1970; or -1 the end, -2 the start, -3 the largest timestamp, -4 the
    /// local start, -5 the end of what is in remote storage, -6 the first record not there.
    pub timestamp: Timestamp,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ListOffsetsPartition>,
}

/// The answer to [`ListOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "1..=11", flexible = "6+")]
pub struct ListOffsetsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<ListOffsetsTopicResponse<'a>>,
}

/// What was found in one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsPartitionResponse {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The timestamp of the record found, in milliseconds since 1970; -1 if there is none, or an end was asked for.
    #[field(default = Timestamp(-1))]
    pub timestamp: Timestamp,
    /// The offset found; -1 if there is none.
    #[field(default = Offset(-1))]
    pub offset: Offset,
    /// The leader epoch; -1 if it is not known.
    #[field(versions = "4+", default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListOffsetsTopicResponse<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}
