//! Kafka's primitive encodings, and the traits that the [`Message`](crate::Message) derive implements.
//!
//! Every value is written in one of two ways. Before a message became *flexible* (KIP-482) a string is an `i16` length
//! and its bytes, an array an `i32` count and its elements, and `-1` stands for null. From then on both are *compact*:
//! an unsigned varint of the length plus one, 0 for null, and each struct ends in a section of tagged fields that
//! readers may skip. [`Format`] carries the version and which of the two ways it means.
//!
//! A reader never believes a number from the wire: a length is checked against the bytes that remain, an element takes
//! at least a byte, and the memory set aside for an array grows with the bytes that really came.

mod error;
mod fields;
mod reader;
mod records;
mod values;
mod writer;

pub use error::{DecodeError, DecodeProblem, EncodeError, EncodeProblem};
pub use fields::{
    absent_field, read_field, read_optional_field, read_optional_tag, write_field, write_optional_field,
    write_optional_tag,
};
pub use reader::Reader;
pub use records::Records;
pub use values::Bytes;
pub use writer::{Splice, Writer};

use crate::schema::MessageSchema;

/// How a message is written: its version, and whether that version is flexible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The version of the message.
    pub version: i16,
    /// Compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Format {
    /// The same version without compact lengths, for the one field of Kafka's that never became compact.
    #[must_use]
    pub const fn inflexible(self) -> Self {
        Self { flexible: false, ..self }
    }
}

/// A message of the wire or of a stored log, as its definition names it.
pub trait Message {
    /// What the definition says, as data.
    const SCHEMA: &'static MessageSchema;
    /// The name of Kafka's definition, as in `FetchRequest` or `PartitionRecord`.
    const NAME: &'static str = Self::SCHEMA.name;
    /// The API key, the type of a stored record, or -1 for what has none.
    const KEY: i16 = Self::SCHEMA.key;
    /// The lowest version that exists.
    const VERSION_MIN: i16 = Self::SCHEMA.versions.min;
    /// The highest version that exists.
    const VERSION_MAX: i16 = Self::SCHEMA.versions.max;
    /// The first flexible version; `i16::MAX` where none is.
    const FLEXIBLE_MIN: i16 = Self::SCHEMA.flexible_min;
}

/// Reads a message at `version` from the front of `bytes`, which may go on behind it.
///
/// # Errors
/// A version that the message does not have, and whatever the bytes get wrong.
pub fn decode<'a, M: Message + Decode<'a>>(bytes: &'a [u8], version: i16) -> Result<M, DecodeError> {
    let mut reader = Reader::new(bytes);
    decode_from(&mut reader, version)
}

/// Reads a message at `version` and requires that nothing follows it.
///
/// # Errors
/// As [`decode`]; and [`DecodeProblem::TrailingBytes`].
pub fn decode_exact<'a, M: Message + Decode<'a>>(bytes: &'a [u8], version: i16) -> Result<M, DecodeError> {
    let mut reader = Reader::new(bytes);
    let message = decode_from(&mut reader, version)?;
    match reader.remaining() {
        0 => Ok(message),
        count => Err(reader.error(DecodeProblem::TrailingBytes { count })),
    }
}

/// Reads a message at `version` where the reader stands.
///
/// # Errors
/// As [`decode`].
pub fn decode_from<'a, M: Message + Decode<'a>>(reader: &mut Reader<'a>, version: i16) -> Result<M, DecodeError> {
    M::decode(reader, M::SCHEMA.decode_format(reader, version)?)
}

/// Writes a message at `version` behind what `writer` holds.
///
/// # Errors
/// A version that the message does not have, and values that the version cannot hold.
pub fn encode<M: Message + Encode>(message: &M, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
    message.encode(writer, M::SCHEMA.encode_format(version)?)
}

/// The bytes of a message at `version`.
///
/// # Errors
/// As [`encode`].
pub fn to_bytes<M: Message + Encode>(message: &M, version: i16) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    encode(message, &mut writer, version)?;
    Ok(writer.into_bytes())
}

/// What can be read from the wire.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of Kafka's protocol",
    note = "a field is a bool, i8, i16, u16, i32, u32, i64, f64, Uuid, Str, Bytes, Records, a number of `types`, a struct \
            that derives Message, or a Vec of these"
)]
pub trait Decode<'a>: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// What the bytes get wrong.
    fn decode(reader: &mut Reader<'a>, format: Format) -> Result<Self, DecodeError>;

    /// Reads one value that may be null. A struct says so by a byte in front of it; strings, bytes and arrays by their
    /// length.
    ///
    /// # Errors
    /// What the bytes get wrong.
    fn decode_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>, DecodeError> {
        if i8::decode(reader, format)? < 0 { Ok(None) } else { Self::decode(reader, format).map(Some) }
    }
}

/// What can be written to the wire.
pub trait Encode {
    /// Writes one value.
    ///
    /// # Errors
    /// A value that the version cannot hold.
    fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError>;

    /// Writes one value that could have been null; the inverse of [`Decode::decode_nullable`].
    ///
    /// # Errors
    /// A value that the version cannot hold.
    fn encode_some(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        writer.put(&[1]);
        self.encode(writer, format)
    }

    /// Writes null in the place of such a value.
    fn encode_null(writer: &mut Writer, _format: Format) {
        writer.put(&(-1i8).to_be_bytes());
    }
}

#[cfg(test)]
mod tests;
