//! OffsetForLeaderEpoch: where a leader epoch ends in a log.
//!
//! Source: KIP-101, KIP-279, KIP-320, KIP-392.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str},
};

/// OffsetForLeaderEpoch (key 23): where a leader epoch ends in a log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "2..=4", flexible = "4+")]
pub struct OffsetForLeaderEpochRequest<'a> {
    #[field(versions = "3+", default = BrokerId(-2), ignorable)]
    pub replica_id: BrokerId,
    pub topics: Vec<OffsetForLeaderTopic<'a>>,
}

/// Part of [`OffsetForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    #[field(default = LeaderEpoch(-1))]
    pub current_leader_epoch: LeaderEpoch,
    pub leader_epoch: LeaderEpoch,
}

/// Part of [`OffsetForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopic<'a> {
    pub topic: Str<'a>,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

/// The answer to [`OffsetForLeaderEpochRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "2..=4", flexible = "4+")]
pub struct OffsetForLeaderEpochResponse<'a> {
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult<'a>>,
}

/// Part of [`OffsetForLeaderEpochResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    pub error_code: ErrorCode,
    pub partition: i32,
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
}

/// Part of [`OffsetForLeaderEpochResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetForLeaderTopicResult<'a> {
    pub topic: Str<'a>,
    pub partitions: Vec<EpochEndOffset>,
}
