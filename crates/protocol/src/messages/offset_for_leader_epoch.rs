//! OffsetForLeaderEpoch: where a leader epoch ends in a log.
//!
//! Source: KIP-101, KIP-279, KIP-320, KIP-392.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str},
};

/// OffsetForLeaderEpoch (key 23): where a leader epoch ends in a log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "2..=4", flexible = "4+", listeners = "broker")]
pub struct OffsetForLeaderEpochRequest<'a> {
    /// The `node.id` of the replica; -1 for a client.
    #[field(versions = "3+", default = BrokerId(-2), ignorable)]
    pub replica_id: BrokerId,
    /// The topics.
    pub topics: Vec<OffsetForLeaderTopic<'a>>,
}

/// Which epoch of one partition to look for.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderPartition {
    /// The partition.
    pub partition: i32,
    /// The leader epoch the client knows, to be fenced by; -1 for no fencing.
    #[field(default = LeaderEpoch(-1), ignorable)]
    pub current_leader_epoch: LeaderEpoch,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopic<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions.
    pub partitions: Vec<OffsetForLeaderPartition>,
}

/// The answer to [`OffsetForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "2..=4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<OffsetForLeaderTopicResult<'a>>,
}

/// Where a leader epoch ends in one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The partition.
    pub partition: i32,
    /// The largest leader epoch, up to the one asked for, that the log has; -1 if there is none.
    #[field(default = LeaderEpoch(-1), ignorable)]
    pub leader_epoch: LeaderEpoch,
    /// The offset behind the last record of that epoch; -1 if there is none.
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopicResult<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions.
    pub partitions: Vec<EpochEndOffset>,
}
