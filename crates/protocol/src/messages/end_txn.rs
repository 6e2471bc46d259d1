//! EndTxn: commit or abort a transaction.
//!
//! Source: KIP-98, KIP-890.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// EndTxn (key 26): commit or abort a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 26, versions = "0..=5", flexible = "3+", listeners = "broker")]
pub struct EndTxnRequest<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// Whether to commit; else abort.
    pub committed: bool,
}

/// The answer to [`EndTxnRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 26, versions = "0..=5", flexible = "3+")]
pub struct EndTxnResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The producer id for the next transaction; -1 in a failed request.
    #[field(versions = "5+", default = ProducerId(-1), ignorable)]
    pub producer_id: ProducerId,
    /// The producer epoch for the next transaction; -1 in a failed request.
    #[field(versions = "5+", default = ProducerEpoch(-1), ignorable)]
    pub producer_epoch: ProducerEpoch,
}
