//! ElectLeaders: elect leaders of partitions.
//!
//! Source: KIP-183, KIP-460.

use crate::{ErrorCode, Message, types::Str};

/// ElectLeaders (key 43): elect leaders of partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 43, versions = "0..=2", flexible = "2+", listeners = "broker, controller")]
pub struct ElectLeadersRequest<'a> {
    /// 0 to elect the preferred replica, 1 to elect any that lives, at the price of records.
    #[field(versions = "1+")]
    pub election_type: i8,
    /// The partitions; null for all.
    #[field(nullable, default = Some(Default::default()))]
    pub topic_partitions: Option<Vec<TopicPartitions<'a>>>,
    /// How long to wait for it to be done, in milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicPartitions<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The answer to [`ElectLeadersRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 43, versions = "0..=2", flexible = "2+")]
pub struct ElectLeadersResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    #[field(versions = "1+")]
    pub error_code: ErrorCode,
    /// What became of each partition.
    pub replica_election_results: Vec<ReplicaElectionResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResult<'a> {
    /// The partition.
    pub partition_id: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaElectionResult<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// What became of each partition.
    pub partition_result: Vec<PartitionResult<'a>>,
}
