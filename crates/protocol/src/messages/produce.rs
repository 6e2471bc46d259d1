//! Produce: append record batches to partitions.
//!
//! Source: KIP-13, KIP-32, KIP-98, KIP-110, KIP-467, KIP-516, KIP-890, KIP-951.

use crate::{
    ErrorCode, Message,
    codec::Records,
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp, Uuid},
};

/// Produce (key 0): append record batches to partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "3..=13", flexible = "9+")]
pub struct ProduceRequest<'a> {
    #[field(nullable)]
    pub transactional_id: Option<Str<'a>>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData<'a>>,
}

/// Part of [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceData<'a> {
    pub index: i32,
    #[field(nullable)]
    pub records: Option<Records<'a>>,
}

/// Part of [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceData<'a> {
    #[field(versions = "3..=12", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData<'a>>,
}

/// The answer to [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "3..=13", flexible = "9+")]
pub struct ProduceResponse<'a> {
    pub responses: Vec<TopicProduceResponse<'a>>,
    pub throttle_time_ms: i32,
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// Part of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BatchIndexAndErrorMessage<'a> {
    pub batch_index: i32,
    #[field(nullable)]
    pub batch_index_error_message: Option<Str<'a>>,
}

/// Part of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    #[field(default = BrokerId(-1))]
    pub leader_id: BrokerId,
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// Part of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceResponse<'a> {
    pub index: i32,
    pub error_code: ErrorCode,
    pub base_offset: Offset,
    #[field(default = Timestamp(-1))]
    pub log_append_time_ms: Timestamp,
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    #[field(versions = "8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage<'a>>,
    #[field(versions = "8+", nullable, ignorable)]
    pub error_message: Option<Str<'a>>,
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// Part of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceResponse<'a> {
    #[field(versions = "3..=12", ignorable)]
    pub name: Str<'a>,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse<'a>>,
}

/// Part of [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    pub node_id: BrokerId,
    pub host: Str<'a>,
    pub port: i32,
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
}
