//! DescribeTransactions: transactions in full.
//!
//! Source: KIP-664.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// DescribeTransactions (key 65): transactions in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 65, versions = "0", flexible = "0+", listeners = "broker")]
pub struct DescribeTransactionsRequest<'a> {
    /// The transactional ids to tell of.
    pub transactional_ids: Vec<Str<'a>>,
}

/// The answer to [`DescribeTransactionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 65, versions = "0", flexible = "0+")]
pub struct DescribeTransactionsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The transactions and their states.
    pub transaction_states: Vec<TransactionState<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicData<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TransactionState<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The state, by name: `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`.
    pub transaction_state: Str<'a>,
    /// After how long an open transaction is aborted, in milliseconds.
    pub transaction_timeout_ms: i32,
    /// When the transaction began, in milliseconds since 1970; -1 if none is open.
    pub transaction_start_time_ms: i64,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// The topics.
    pub topics: Vec<TopicData<'a>>,
}
