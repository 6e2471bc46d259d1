//! SaslHandshake: choose how to authenticate.
//!
//! Source: KIP-43, KIP-152.

use crate::{ErrorCode, Message, types::Str};

/// SaslHandshake (key 17): choose how to authenticate.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=1", listeners = "broker, controller")]
pub struct SaslHandshakeRequest<'a> {
    /// The mechanism the client wants, as in `SCRAM-SHA-256`.
    pub mechanism: Str<'a>,
}

/// The answer to [`SaslHandshakeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=1")]
pub struct SaslHandshakeResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The mechanisms the broker has.
    pub mechanisms: Vec<Str<'a>>,
}
