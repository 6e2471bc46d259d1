//! The derive that turns a struct into a message of Kafka's protocol.
//!
//! The struct is the schema. What Kafka's definitions say in JSON stands here in attributes, and the codec is written
//! from it:
//!
//! ```ignore
//! #[derive(Message)]
//! #[message(key = 1, versions = "4..=18", flexible = "12+", listeners = "broker, controller")]
//! pub struct FetchRequest<'a> {
//!     #[field(versions = "12+", tag = 0, nullable)]
//!     pub cluster_id: Option<Str<'a>>,
//!     …
//! ```
//!
//! | on the struct | meaning |
//! |---|---|
//! | `key = 1` | API key or record type; left out for what has none |
//! | `versions = "4..=18"` | the versions that exist: `"3"`, `"4..=18"` |
//! | `flexible = "12+"` | the first flexible version; left out where none is |
//! | `unstable = "18+"` | versions that exist for tools and are not advertised: Kafka 4.3 has them as unstable or not at all |
//! | `listeners = "broker, controller"` | where a request may be sent |
//! | nothing | a struct inside a message; it follows the version of the whole |
//!
//! | on a field | meaning |
//! |---|---|
//! | `versions = "12+"` | the versions that have it: `"7"`, `"0..=3"`, `"12+"`; all when left out |
//! | `nullable`, `nullable = "8+"` | may be null, always or from a version on; the type is an `Option` |
//! | `tag = 0` | a tagged field, from its first version on |
//! | `default = -1` | the value where the version lacks it; else `Default::default()` |
//! | `ignorable` | a value is dropped silently in a version that lacks it, instead of an error |
//! | `name = "isKRaftBroker"` | Kafka's name in JSON, where it is not the field's own in camel case |
//! | `unstable` | only Kafka 4.4 has it, in a version that 4.3 has as well |
//! | `flexible = "none"` | not compact in a flexible version either; one field of Kafka's is so |
//!
//! What contradicts itself is a compile error at the attribute. The derive also implements `Default`, with these
//! defaults, and describes the struct as `protocol::schema` wants it. What it writes per field is one call into
//! `protocol::codec` each way, so that the expanded code stays small.

mod attributes;
mod codec;
mod description;
mod versions;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Lifetime, Result, parse_macro_input, spanned::Spanned};

use attributes::{FieldAttributes, MessageAttributes};

/// Writes `Decode`, `Encode`, `Default`, the description and, where the struct is a whole message, `codec::Message`.
#[proc_macro_derive(Message, attributes(message, field))]
pub fn derive_message(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// A struct as it was read, free of contradictions.
struct Input<'i> {
    ast: &'i DeriveInput,
    /// The lifetime of what it borrows, if it does.
    lifetime: Option<Lifetime>,
    /// If it is a whole message.
    message: Option<MessageAttributes>,
    fields: Vec<FieldAttributes<'i>>,
}

impl<'i> Input<'i> {
    fn parse(ast: &'i DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &ast.data else {
            return Err(Error::new(ast.ident.span(), "a message is a struct"));
        };
        if let Some(parameter) = ast.generics.type_params().next() {
            return Err(Error::new(parameter.span(), "a message has no type parameters"));
        }
        let mut lifetimes = ast.generics.lifetimes();
        let lifetime = lifetimes.next().map(|l| l.lifetime.clone());
        if let Some(second) = lifetimes.next() {
            return Err(Error::new(second.span(), "a message borrows from one frame: one lifetime"));
        }
        let fields = match &data.fields {
            Fields::Named(named) => named.named.iter().collect(),
            Fields::Unit => Vec::new(),
            Fields::Unnamed(unnamed) => {
                return Err(Error::new(unnamed.span(), "the fields of a message have names"));
            }
        };
        let message = MessageAttributes::parse(&ast.attrs)?;
        let fields = fields.into_iter().map(FieldAttributes::parse).collect::<Result<Vec<_>>>()?;
        attributes::check(message.as_ref(), &fields)?;
        Ok(Self { ast, lifetime, message, fields })
    }
}

fn expand(ast: &DeriveInput) -> Result<TokenStream> {
    let input = Input::parse(ast)?;
    let codec = codec::expand(&input);
    let description = description::expand(&input);
    Ok(quote!(#codec #description))
}

#[cfg(test)]
mod tests;
