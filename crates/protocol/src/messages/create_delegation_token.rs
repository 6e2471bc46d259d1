//! CreateDelegationToken: make a delegation token.
//!
//! Source: KIP-48, KIP-373.

use crate::{
    ErrorCode, Message,
    codec::Bytes,
    types::{Str, Timestamp},
};

/// CreateDelegationToken (key 38): make a delegation token.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 38, versions = "1..=3", flexible = "2+", listeners = "broker, controller")]
pub struct CreateDelegationTokenRequest<'a> {
    /// The type of the principal whose token it is to be; null for the asking one.
    #[field(versions = "3+", nullable, default = Some(Default::default()))]
    pub owner_principal_type: Option<Str<'a>>,
    /// The name of the principal whose token it is to be; null for the asking one.
    #[field(versions = "3+", nullable, default = Some(Default::default()))]
    pub owner_principal_name: Option<Str<'a>>,
    /// Who may renew the token, beside its owner.
    pub renewers: Vec<CreatableRenewers<'a>>,
    /// How long the token may live with all renewals, in milliseconds; -1 for what the broker has configured.
    pub max_lifetime_ms: i64,
}

/// One principal that may renew the token.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableRenewers<'a> {
    /// The type of the principal, `User`.
    pub principal_type: Str<'a>,
    /// The name of the principal.
    pub principal_name: Str<'a>,
}

/// The answer to [`CreateDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 38, versions = "1..=3", flexible = "2+")]
pub struct CreateDelegationTokenResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The type of the principal, `User`.
    pub principal_type: Str<'a>,
    /// The name of the principal.
    pub principal_name: Str<'a>,
    /// The type of the principal that asked for the token.
    #[field(versions = "3+")]
    pub token_requester_principal_type: Str<'a>,
    /// The name of the principal that asked for the token.
    #[field(versions = "3+")]
    pub token_requester_principal_name: Str<'a>,
    /// When the token was made, in milliseconds since 1970.
    pub issue_timestamp_ms: Timestamp,
    /// When the token runs out unless it is renewed, in milliseconds since 1970.
    pub expiry_timestamp_ms: Timestamp,
    /// When the token ends for good, in milliseconds since 1970.
    pub max_timestamp_ms: Timestamp,
    /// The id of the token.
    pub token_id: Str<'a>,
    /// The secret of the token, by which it is known.
    pub hmac: Bytes<'a>,
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
}
