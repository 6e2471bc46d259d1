//! TxnOffsetCommit: store a group's offsets as part of a transaction.
//!
//! Source: KIP-98, KIP-447, KIP-890, KIP-1319.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Str, Uuid},
};

/// TxnOffsetCommit (key 28): store a group's offsets as part of a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 28, versions = "0..=6", flexible = "3+", unstable = "6+", listeners = "broker")]
pub struct TxnOffsetCommitRequest<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// The generation of a classic group, the member epoch of a new one; -1 for commits outside a group.
    #[field(versions = "3+", default = -1)]
    pub generation_id: i32,
    /// The id of the member; empty for commits outside a group.
    #[field(versions = "3+")]
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "3+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    /// The topics.
    pub topics: Vec<TxnOffsetCommitRequestTopic<'a>>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitRequestPartition<'a> {
    /// The partition.
    pub partition_index: i32,
    /// The offset of the next record to read.
    pub committed_offset: Offset,
    /// The leader epoch of the last record read; -1 if it is not known.
    #[field(versions = "2+", default = LeaderEpoch(-1), ignorable)]
    pub committed_leader_epoch: LeaderEpoch,
    /// What the client wants to keep beside the offset.
    #[field(nullable, default = Some(Default::default()))]
    pub committed_metadata: Option<Str<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitRequestTopic<'a> {
    /// The name of the topic.
    #[field(versions = "0..=5", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<TxnOffsetCommitRequestPartition<'a>>,
}

/// The answer to [`TxnOffsetCommitRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 28, versions = "0..=6", flexible = "3+", unstable = "6+")]
pub struct TxnOffsetCommitResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub topics: Vec<TxnOffsetCommitResponseTopic<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitResponsePartition {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TxnOffsetCommitResponseTopic<'a> {
    /// The name of the topic.
    #[field(versions = "0..=5", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}
