//! DescribeProducers: the producers that a partition remembers.
//!
//! Source: KIP-664.

use crate::{
    ErrorCode, Message,
    types::{Offset, ProducerId, Str, Timestamp},
};

/// DescribeProducers (key 61): the producers that a partition remembers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 61, versions = "0", flexible = "0+")]
pub struct DescribeProducersRequest<'a> {
    pub topics: Vec<TopicRequest<'a>>,
}

/// Part of [`DescribeProducersRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest<'a> {
    pub name: Str<'a>,
    pub partition_indexes: Vec<i32>,
}

/// The answer to [`DescribeProducersRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 61, versions = "0", flexible = "0+")]
pub struct DescribeProducersResponse<'a> {
    pub throttle_time_ms: i32,
    pub topics: Vec<TopicResponse<'a>>,
}

/// Part of [`DescribeProducersResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ProducerState {
    pub producer_id: ProducerId,
    pub producer_epoch: i32,
    #[field(default = -1)]
    pub last_sequence: i32,
    #[field(default = Timestamp(-1))]
    pub last_timestamp: Timestamp,
    pub coordinator_epoch: i32,
    #[field(default = Offset(-1))]
    pub current_txn_start_offset: Offset,
}

/// Part of [`DescribeProducersResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResponse<'a> {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub active_producers: Vec<ProducerState>,
}

/// Part of [`DescribeProducersResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicResponse<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<PartitionResponse<'a>>,
}
