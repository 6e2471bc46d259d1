//! SaslHandshake (key 17), versions 0–1, and SaslAuthenticate (key 36), versions 0–2, on a listener without
//! authentication: both are answered with ILLEGAL_SASL_STATE, as Apache Kafka does on PLAINTEXT. Listeners that
//! authenticate are not there yet.

use protocol::{
    ErrorCode,
    messages::{
        sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse},
        sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse},
    },
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers SaslHandshake.
pub fn handshake(
    _: &Node,
    _: &Context<'_>,
    _: SaslHandshakeRequest<'_>,
    _: Now,
) -> Reply<SaslHandshakeResponse<'static>> {
    SaslHandshakeResponse { error_code: ErrorCode::ILLEGAL_SASL_STATE, ..SaslHandshakeResponse::default() }.into()
}

/// Answers SaslAuthenticate.
pub fn authenticate(
    _: &Node,
    _: &Context<'_>,
    _: SaslAuthenticateRequest<'_>,
    _: Now,
) -> Reply<SaslAuthenticateResponse<'static>> {
    let error_message = Some("this listener does not authenticate: its security protocol is PLAINTEXT".into());
    SaslAuthenticateResponse {
        error_code: ErrorCode::ILLEGAL_SASL_STATE,
        error_message,
        ..SaslAuthenticateResponse::default()
    }
    .into()
}
