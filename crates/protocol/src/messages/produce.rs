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
#[message(key = 0, versions = "3..=13", flexible = "9+", listeners = "broker")]
pub struct ProduceRequest<'a> {
    /// The transactional id; null if there is no transaction.
    #[field(nullable)]
    pub transactional_id: Option<Str<'a>>,
    /// Who must have the records before the answer: 0 nobody, and there is no answer; 1 the leader; -1 all in sync.
    pub acks: i16,
    /// How long to wait for the replicas in sync, in milliseconds.
    pub timeout_ms: i32,
    /// What goes to each topic.
    pub topic_data: Vec<TopicProduceData<'a>>,
}

/// What goes to one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceData<'a> {
    /// The partition.
    pub index: i32,
    /// The record batches: one, in every version there is.
    #[field(nullable)]
    pub records: Option<Records<'a>>,
}

/// What goes to one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceData<'a> {
    /// The name of the topic.
    #[field(versions = "3..=12", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// What goes to each partition.
    pub partition_data: Vec<PartitionProduceData<'a>>,
}

/// The answer to [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "3..=13", flexible = "9+")]
pub struct ProduceResponse<'a> {
    /// What became of each topic.
    pub responses: Vec<TopicProduceResponse<'a>>,
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// Where the leaders named here listen.
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// A record that is at fault.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BatchIndexAndErrorMessage<'a> {
    /// Which record of the batch, from 0.
    pub batch_index: i32,
    /// What is wrong with the record; null if there is nothing to say.
    #[field(nullable)]
    pub batch_index_error_message: Option<Str<'a>>,
}

/// Who leads a partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    #[field(default = BrokerId(-1))]
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionProduceResponse<'a> {
    /// The partition.
    pub index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The offset the first record got; -1 if it failed.
    pub base_offset: Offset,
    /// The time the broker gave the records, in milliseconds since 1970; -1 where the producer's time counts.
    #[field(default = Timestamp(-1), ignorable)]
    pub log_append_time_ms: Timestamp,
    /// The first offset of the log; -1 if it is not known.
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    /// Which records were at fault.
    #[field(versions = "8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage<'a>>,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "8+", nullable, ignorable)]
    pub error_message: Option<Str<'a>>,
    /// Who leads instead, where the error says that the asked one does not.
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicProduceResponse<'a> {
    /// The name of the topic.
    #[field(versions = "3..=12", ignorable)]
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partition_responses: Vec<PartitionProduceResponse<'a>>,
}

/// Where a leader named in the answer listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
    /// The rack; null if it has none.
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
}
