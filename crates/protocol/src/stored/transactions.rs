//! The records of `__transaction_state`, the transaction coordinator's log.
//!
//! They are framed as in [`groups`](super::groups).
//!
//! Source: KIP-98; KIP-890 for version 1.

use crate::{
    Message,
    types::{ProducerEpoch, ProducerId, Str, Timestamp},
};

/// Type 0, the only one: a transactional id.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct TransactionLogKey<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
}

/// The value of [`TransactionLogKey`]: the state of its transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0..=1", flexible = "1+")]
pub struct TransactionLogValue<'a> {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The producer id of the transaction before; -1 if it was the same.
    #[field(versions = "1+", tag = 0, default = -1)]
    pub previous_producer_id: i64,
    /// The producer id that replaces this one when the transaction ends; -1 if none does.
    #[field(versions = "1+", tag = 1, default = -1)]
    pub next_producer_id: i64,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// The epoch that goes with the next producer id; -1 if there is none.
    #[field(versions = "1+", tag = 3, default = -1)]
    pub next_producer_epoch: i16,
    /// After how long an open transaction is aborted, in milliseconds.
    pub transaction_timeout_ms: i32,
    /// 0 empty, 1 ongoing, 2 prepared to commit, 3 prepared to abort, 4 committed, 5 aborted, 6 dead, 7 to be fenced.
    pub transaction_status: i8,
    /// The partitions with records of the transaction; null if there are none.
    #[field(nullable, default = Some(Default::default()))]
    pub transaction_partitions: Option<Vec<PartitionsSchema<'a>>>,
    /// When the state last changed, in milliseconds since 1970.
    pub transaction_last_update_timestamp_ms: Timestamp,
    /// When the transaction began, in milliseconds since 1970; -1 if none is open.
    pub transaction_start_timestamp_ms: Timestamp,
    /// The transaction protocol that the client speaks: 2 has an epoch for each transaction (KIP-890).
    #[field(versions = "1+", tag = 2)]
    pub client_transaction_version: i16,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionsSchema<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions.
    pub partition_ids: Vec<i32>,
}
