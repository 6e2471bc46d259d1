//! What Milena says and stores: Kafka's wire messages, stored records, record batches and error codes.
//!
//! The crate is the vocabulary of the house. A message is a plain Rust struct and the struct *is* the schema: which
//! field exists in which version, what may be null, what is a tagged field stands beside the field, and the
//! [`Message`] derive writes the codec from it. Nothing here knows of sockets, files or time.
//!
//! - [`types`]: the numbers and names that could be confused with one another, each a type of its own.
//! - [`codec`]: Kafka's primitive encodings, and the two traits that the derive implements.
//! - [`messages`]: requests and responses, one file per API.
//! - [`stored`]: the records that Kafka's logs, snapshots and internal topics hold.
//! - [`api`]: API keys, the versions of Kafka 4.3, request and response headers, frames.
//! - [`schema`]: what a message says about itself as data, for tools; [`registry`]: all messages by name.
//! - [`records`]: record batches and the compression inside them.
//! - [`error`]: Kafka's error codes.
//!
//! Pure: no IO, no clock, no randomness. Whatever a peer announces is checked against the bytes it sent before
//! anything is allocated.

// The derive names its traits by this path, so that the crate itself can use it.
extern crate self as protocol;

pub mod api;
pub mod codec;
pub mod error;
pub mod messages;
pub mod records;
pub mod registry;
pub mod schema;
pub mod stored;
pub mod types;

pub use codec::{Decode, DecodeError, Encode, EncodeError, Reader, Writer};
pub use error::ErrorCode;
pub use protocol_derive::Message;
