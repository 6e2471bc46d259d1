//! RenewDelegationToken: let a delegation token live longer.
//!
//! Source: KIP-48.

use crate::{ErrorCode, Message, codec::Bytes, types::Timestamp};

/// RenewDelegationToken (key 39): let a delegation token live longer.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 39, versions = "1..=2", flexible = "2+", listeners = "broker, controller")]
pub struct RenewDelegationTokenRequest<'a> {
    /// The secret of the token, by which it is known.
    pub hmac: Bytes<'a>,
    /// How long the token is to live from now on, in milliseconds; -1 for what the broker has configured.
    pub renew_period_ms: i64,
}

/// The answer to [`RenewDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 39, versions = "1..=2", flexible = "2+")]
pub struct RenewDelegationTokenResponse {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// When the token runs out unless it is renewed, in milliseconds since 1970.
    pub expiry_timestamp_ms: Timestamp,
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
}
