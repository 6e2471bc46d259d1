//! SaslAuthenticate: one step of authentication.
//!
//! Source: KIP-152, KIP-368.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// SaslAuthenticate (key 36): one step of authentication.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 36, versions = "0..=2", flexible = "2+")]
pub struct SaslAuthenticateRequest<'a> {
    pub auth_bytes: Bytes<'a>,
}

/// The answer to [`SaslAuthenticateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 36, versions = "0..=2", flexible = "2+")]
pub struct SaslAuthenticateResponse<'a> {
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub auth_bytes: Bytes<'a>,
    #[field(versions = "1+", ignorable)]
    pub session_lifetime_ms: i64,
}
