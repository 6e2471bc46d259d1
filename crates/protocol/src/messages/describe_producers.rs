//! DescribeProducers: the producers that a partition remembers.
//!
//! Source: KIP-664.

use crate::{
    ErrorCode, Message,
    types::{Offset, ProducerId, Str, Timestamp},
};

/// DescribeProducers (key 61): the producers that a partition remembers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 61, versions = "0", flexible = "0+", listeners = "broker")]
pub struct DescribeProducersRequest<'a> {
    /// The topics.
    pub topics: Vec<TopicRequest<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partition_indexes: Vec<i32>,
}

/// The answer to [`DescribeProducersRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 61, versions = "0", flexible = "0+")]
pub struct DescribeProducersResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<TopicResponse<'a>>,
}

/// One producer.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ProducerState {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer.
    pub producer_epoch: i32,
    /// The sequence number of the last record; -1 if there is none.
    #[field(default = -1)]
    pub last_sequence: i32,
    /// When the producer last wrote, in milliseconds since 1970; -1 if it is not known.
    #[field(default = Timestamp(-1))]
    pub last_timestamp: Timestamp,
    /// The epoch of the transaction coordinator that wrote the last marker; -1 if none did.
    pub coordinator_epoch: i32,
    /// Where the producer's open transaction began; -1 if it has none.
    #[field(default = Offset(-1))]
    pub current_txn_start_offset: Offset,
}

/// The producers that one partition remembers.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResponse<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The producers the partition remembers.
    pub active_producers: Vec<ProducerState>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicResponse<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<PartitionResponse<'a>>,
}
