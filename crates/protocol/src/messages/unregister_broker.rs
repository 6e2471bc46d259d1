//! UnregisterBroker: a broker is gone for good.
//!
//! Source: KIP-631.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// UnregisterBroker (key 64): a broker is gone for good.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 64, versions = "0", flexible = "0+", listeners = "broker, controller")]
pub struct UnregisterBrokerRequest {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
}

/// The answer to [`UnregisterBrokerRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 64, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
