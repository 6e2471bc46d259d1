//! InitProducerId: the id and epoch of an idempotent or transactional producer.
//!
//! Source: KIP-98, KIP-360, KIP-890, KIP-939.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// InitProducerId (key 22): the id and epoch of an idempotent or transactional producer.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0..=6", flexible = "2+", unstable = "6+", listeners = "broker")]
pub struct InitProducerIdRequest<'a> {
    /// The transactional id; null for a producer that is only idempotent.
    #[field(nullable, default = Some(Default::default()))]
    pub transactional_id: Option<Str<'a>>,
    /// After how long an open transaction is aborted, in milliseconds.
    pub transaction_timeout_ms: i32,
    /// The id the producer has, to get a new epoch of it; -1 at first.
    #[field(versions = "3+", default = ProducerId(-1))]
    pub producer_id: ProducerId,
    /// The epoch the producer has; -1 at first.
    #[field(versions = "3+", default = ProducerEpoch(-1))]
    pub producer_epoch: ProducerEpoch,
    /// Whether an outer coordinator decides about this producer's transactions (KIP-939).
    #[field(versions = "6+")]
    pub enable2_pc: bool,
    /// Whether to leave a prepared transaction as it is, instead of aborting it (KIP-939).
    #[field(versions = "6+")]
    pub keep_prepared_txn: bool,
}

/// The answer to [`InitProducerIdRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0..=6", flexible = "2+", unstable = "6+")]
pub struct InitProducerIdResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The id of the producer; -1 if there is none.
    #[field(default = ProducerId(-1))]
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// The producer id of the transaction that was kept; -1 if there is none.
    #[field(versions = "6+", default = ProducerId(-1))]
    pub ongoing_txn_producer_id: ProducerId,
    /// The producer epoch of the transaction that was kept; -1 if there is none.
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}
