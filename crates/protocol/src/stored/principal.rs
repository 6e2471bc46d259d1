//! The principal of a client, as brokers pass it on in Envelope.
//!
//! A version (`i16`) stands in front.
//!
//! Source: KIP-590.

use crate::{Message, types::Str};

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct DefaultPrincipalData<'a> {
    /// The type of the principal, `User`.
    pub r#type: Str<'a>,
    /// The name of the principal.
    pub name: Str<'a>,
    /// Whether it authenticated by a delegation token.
    pub token_authenticated: bool,
}
