//! AddOffsetsToTxn: a group's offsets join a transaction.
//!
//! Source: KIP-98, KIP-890.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// AddOffsetsToTxn (key 25): a group's offsets join a transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 25, versions = "0..=4", flexible = "3+", listeners = "broker")]
pub struct AddOffsetsToTxnRequest<'a> {
    /// The transactional id.
    pub transactional_id: Str<'a>,
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The answer to [`AddOffsetsToTxnRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 25, versions = "0..=4", flexible = "3+")]
pub struct AddOffsetsToTxnResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
