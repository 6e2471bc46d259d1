//! AllocateProducerIds: a broker gets a block of producer ids.
//!
//! Source: KIP-730.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, ProducerId},
};

/// AllocateProducerIds (key 67): a broker gets a block of producer ids.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 67, versions = "0", flexible = "0+", listeners = "controller")]
pub struct AllocateProducerIdsRequest {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The epoch of the broker's registration; -1 if it is not known.
    #[field(default = -1)]
    pub broker_epoch: i64,
}

/// The answer to [`AllocateProducerIdsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 67, versions = "0", flexible = "0+")]
pub struct AllocateProducerIdsResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The first producer id given.
    pub producer_id_start: ProducerId,
    /// How many producer ids are given.
    pub producer_id_len: i32,
}
