//! DescribeDelegationToken: delegation tokens and who may renew them.
//!
//! Source: KIP-48, KIP-373.

use crate::{
    ErrorCode, Message,
    codec::Bytes,
    types::{Str, Timestamp},
};

/// DescribeDelegationToken (key 41): delegation tokens and who may renew them.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 41, versions = "1..=3", flexible = "2+", listeners = "broker, controller")]
pub struct DescribeDelegationTokenRequest<'a> {
    /// Whose tokens to tell of; null for all.
    #[field(nullable, default = Some(Default::default()))]
    pub owners: Option<Vec<DescribeDelegationTokenOwner<'a>>>,
}

/// A principal whose tokens to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeDelegationTokenOwner<'a> {
    /// The type of the principal, `User`.
    pub principal_type: Str<'a>,
    /// The name of the principal.
    pub principal_name: Str<'a>,
}

/// The answer to [`DescribeDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 41, versions = "1..=3", flexible = "2+")]
pub struct DescribeDelegationTokenResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The tokens.
    pub tokens: Vec<DescribedDelegationToken<'a>>,
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
}

/// One principal that may renew the token.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedDelegationTokenRenewer<'a> {
    /// The type of the principal, `User`.
    pub principal_type: Str<'a>,
    /// The name of the principal.
    pub principal_name: Str<'a>,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedDelegationToken<'a> {
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
    pub issue_timestamp: Timestamp,
    /// When the token runs out unless it is renewed, in milliseconds since 1970.
    pub expiry_timestamp: Timestamp,
    /// When the token ends for good, in milliseconds since 1970.
    pub max_timestamp: Timestamp,
    /// The id of the token.
    pub token_id: Str<'a>,
    /// The secret of the token, by which it is known.
    pub hmac: Bytes<'a>,
    /// Who may renew the token, beside its owner.
    pub renewers: Vec<DescribedDelegationTokenRenewer<'a>>,
}
