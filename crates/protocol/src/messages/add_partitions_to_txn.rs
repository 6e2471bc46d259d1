//! AddPartitionsToTxn: partitions join a transaction.
//!
//! Source: KIP-98, KIP-890.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// AddPartitionsToTxn (key 24): partitions join a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 24, versions = "0..=5", flexible = "3+", listeners = "broker")]
pub struct AddPartitionsToTxnRequest<'a> {
    /// The transactions.
    #[field(versions = "4+")]
    pub transactions: Vec<AddPartitionsToTxnTransaction<'a>>,
    /// The transactional id.
    #[field(versions = "0..=3")]
    pub v3_and_below_transactional_id: Str<'a>,
    /// The id of the producer.
    #[field(versions = "0..=3")]
    pub v3_and_below_producer_id: ProducerId,
    /// The epoch of the producer.
    #[field(versions = "0..=3")]
    pub v3_and_below_producer_epoch: i16,
    /// The partitions to add.
    #[field(versions = "0..=3")]
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic<'a>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The partitions to add to, or to look for in, one transaction.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTransaction<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// Whether only to check that the partitions are in the transaction.
    pub verify_only: bool,
    /// The topics.
    pub topics: Vec<AddPartitionsToTxnTopic<'a>>,
}

/// The answer to [`AddPartitionsToTxnRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 24, versions = "0..=5", flexible = "3+")]
pub struct AddPartitionsToTxnResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    #[field(versions = "4+", ignorable)]
    pub error_code: ErrorCode,
    /// What became of each transaction.
    #[field(versions = "4+")]
    pub results_by_transaction: Vec<AddPartitionsToTxnResult<'a>>,
    /// What became of each topic of the one transaction.
    #[field(versions = "0..=3")]
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnPartitionResult {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub partition_error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnTopicResult<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What became of each partition.
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AddPartitionsToTxnResult<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// What became of each topic.
    pub topic_results: Vec<AddPartitionsToTxnTopicResult<'a>>,
}
