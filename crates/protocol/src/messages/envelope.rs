//! Envelope: a broker passes a client's request on to the controller.
//!
//! Source: KIP-590.

use crate::{ErrorCode, Message, codec::Bytes};

/// Envelope (key 58): a broker passes a client's request on to the controller.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 58, versions = "0", flexible = "0+", listeners = "controller")]
pub struct EnvelopeRequest<'a> {
    /// The request of the client, header and body.
    pub request_data: Bytes<'a>,
    /// Who the client is, as [`DefaultPrincipalData`](crate::stored::principal::DefaultPrincipalData) with its version
    /// in front; null if it is not known.
    #[field(nullable, default = Some(Default::default()))]
    pub request_principal: Option<Bytes<'a>>,
    /// The address of the client, as 4 or 16 bytes.
    pub client_host_address: Bytes<'a>,
}

/// The answer to [`EnvelopeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 58, versions = "0", flexible = "0+")]
pub struct EnvelopeResponse<'a> {
    /// The response to the client, header and body; null if it failed before.
    #[field(nullable)]
    pub response_data: Option<Bytes<'a>>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
