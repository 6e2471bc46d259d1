//! SaslHandshake: choose how to authenticate.
//!
//! Source: KIP-43, KIP-152.

use crate::{ErrorCode, Message, types::Str};

/// SaslHandshake (key 17): choose how to authenticate.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=1")]
pub struct SaslHandshakeRequest<'a> {
    pub mechanism: Str<'a>,
}

/// The answer to [`SaslHandshakeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=1")]
pub struct SaslHandshakeResponse<'a> {
    pub error_code: ErrorCode,
    pub mechanisms: Vec<Str<'a>>,
}
