//! SaslAuthenticate: one step of authentication.
//!
//! Source: KIP-152, KIP-368.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// SaslAuthenticate (key 36): one step of authentication.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 36, versions = "0..=2", flexible = "2+", listeners = "broker, controller")]
pub struct SaslAuthenticateRequest<'a> {
    /// One message of the SASL mechanism.
    pub auth_bytes: Bytes<'a>,
}

/// The answer to [`SaslAuthenticateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 36, versions = "0..=2", flexible = "2+")]
pub struct SaslAuthenticateResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// One message of the SASL mechanism.
    pub auth_bytes: Bytes<'a>,
    /// After how long the client must authenticate again, in milliseconds; 0 for never.
    #[field(versions = "1+", ignorable)]
    pub session_lifetime_ms: i64,
}
