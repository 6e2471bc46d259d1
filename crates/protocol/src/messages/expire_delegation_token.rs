//! ExpireDelegationToken: end a delegation token, or change when it ends.
//!
//! Source: KIP-48.

use crate::{ErrorCode, Message, codec::Bytes, types::Timestamp};

/// ExpireDelegationToken (key 40): end a delegation token, or change when it ends.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 40, versions = "1..=2", flexible = "2+", listeners = "broker, controller")]
pub struct ExpireDelegationTokenRequest<'a> {
    /// The secret of the token, by which it is known.
    pub hmac: Bytes<'a>,
    /// How long the token is still to live, in milliseconds; negative to end it now.
    pub expiry_time_period_ms: i64,
}

/// The answer to [`ExpireDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 40, versions = "1..=2", flexible = "2+")]
pub struct ExpireDelegationTokenResponse {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// When the token runs out unless it is renewed, in milliseconds since 1970.
    pub expiry_timestamp_ms: Timestamp,
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
}
