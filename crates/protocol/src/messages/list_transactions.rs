//! ListTransactions: the transactions of a coordinator.
//!
//! Source: KIP-664, KIP-994, KIP-1152.

use crate::{
    ErrorCode, Message,
    types::{ProducerId, Str},
};

/// ListTransactions (key 66): the transactions of a coordinator.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 66, versions = "0..=2", flexible = "0+", listeners = "broker")]
pub struct ListTransactionsRequest<'a> {
    /// The states to tell of, by name; empty for all.
    pub state_filters: Vec<Str<'a>>,
    /// The producer ids to tell of; empty for all.
    pub producer_id_filters: Vec<ProducerId>,
    /// Only transactions that run longer, in milliseconds; negative for all.
    #[field(versions = "1+", default = -1)]
    pub duration_filter: i64,
    /// The pattern of transactional ids to tell of, in the syntax of RE2; null or empty for all.
    #[field(versions = "2+", nullable)]
    pub transactional_id_pattern: Option<Str<'a>>,
}

/// The answer to [`ListTransactionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 66, versions = "0..=2", flexible = "0+")]
pub struct ListTransactionsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The states asked for that do not exist.
    pub unknown_state_filters: Vec<Str<'a>>,
    /// The transactions and their states.
    pub transaction_states: Vec<TransactionState<'a>>,
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TransactionState<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The state, by name: `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`.
    pub transaction_state: Str<'a>,
}
