//! InitProducerId: the id and epoch of an idempotent or transactional producer.
//!
//! Source: KIP-98, KIP-360, KIP-890, KIP-939.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// InitProducerId (key 22): the id and epoch of an idempotent or transactional producer.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0..=6", flexible = "2+")]
pub struct InitProducerIdRequest<'a> {
    #[field(nullable)]
    pub transactional_id: Option<Str<'a>>,
    pub transaction_timeout_ms: i32,
    #[field(versions = "3+", default = ProducerId(-1))]
    pub producer_id: ProducerId,
    #[field(versions = "3+", default = ProducerEpoch(-1))]
    pub producer_epoch: ProducerEpoch,
    #[field(versions = "6+")]
    pub enable2_pc: bool,
    #[field(versions = "6+")]
    pub keep_prepared_txn: bool,
}

/// The answer to [`InitProducerIdRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0..=6", flexible = "2+")]
pub struct InitProducerIdResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(default = ProducerId(-1))]
    pub producer_id: ProducerId,
    pub producer_epoch: ProducerEpoch,
    #[field(versions = "6+", default = ProducerId(-1))]
    pub ongoing_txn_producer_id: ProducerId,
    #[field(versions = "6+", default = -1)]
    pub ongoing_txn_producer_epoch: i16,
}
