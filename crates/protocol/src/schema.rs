//! What the struct of a message says about it, as data, and its values without knowing its type.
//!
//! A message is known at compile time where it is handled. Tools want the opposite: `milena wire` turns any message
//! into JSON and back, a test compares each with Kafka's definition, a fuzzer fills them. For these the derive writes
//! down the struct as a [`StructSchema`] and lets its fields be reached by number ([`Struct`]). It is a table and two
//! `match`es per struct; what is done with them is written once. No handler uses any of it.
//!
//! Source: Kafka `generator/`, whose definitions say the same in JSON.

mod reflect;
pub mod sample;

pub use reflect::{Described, List, Misfit, Reflect, Scalar, Struct, Value, no_field};

use std::fmt;

use crate::codec::{DecodeError, DecodeProblem, EncodeError, EncodeProblem, Format, Reader, Writer};

/// An inclusive run of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The first.
    pub min: i16,
    /// The last; `i16::MAX` where only the message's own last version ends it.
    pub max: i16,
}

impl Versions {
    /// Whether `version` is among them.
    #[must_use]
    pub const fn contains(self, version: i16) -> bool {
        self.min <= version && version <= self.max
    }
}

/// As Kafka writes them: `7`, `4-18`, `12+`.
impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, i16::MAX) => write!(f, "{min}+"),
            (min, max) if min == max => write!(f, "{min}"),
            (min, max) => write!(f, "{min}-{max}"),
        }
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `uint16`.
    Uint16,
    /// `int32`.
    Int32,
    /// `uint32`.
    Uint32,
    /// `int64`.
    Int64,
    /// `float64`.
    Float64,
    /// `uuid`.
    Uuid,
    /// `string`.
    String,
    /// `bytes`.
    Bytes,
    /// `records`: bytes that are record batches.
    Records,
    /// An array.
    Array(&'static Kind),
    /// A struct of its own.
    Struct(&'static StructSchema),
}

impl Kind {
    /// The least and the greatest value of a type of whole numbers.
    #[must_use]
    pub const fn bounds(self) -> Option<(i64, i64)> {
        Some(match self {
            Self::Int8 => (i8::MIN as i64, i8::MAX as i64),
            Self::Int16 => (i16::MIN as i64, i16::MAX as i64),
            Self::Uint16 => (0, u16::MAX as i64),
            Self::Int32 => (i32::MIN as i64, i32::MAX as i64),
            Self::Uint32 => (0, u32::MAX as i64),
            Self::Int64 => (i64::MIN, i64::MAX),
            _ => return None,
        })
    }
}

/// As Kafka's definitions write it: `int32`, `[]string`, `[]FetchTopic`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Int32 => "int32",
            Self::Uint32 => "uint32",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::Uuid => "uuid",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Records => "records",
            Self::Array(element) => return write!(f, "[]{element}"),
            Self::Struct(schema) => schema.name,
        })
    }
}

/// What a struct says about one of its fields.
#[derive(Clone, Copy, Debug)]
pub struct FieldSchema {
    /// Kafka's name, as its JSON has it: `clusterId`.
    pub name: &'static str,
    /// The type.
    pub kind: Kind,
    /// The versions that have it.
    pub versions: Versions,
    /// The versions in which it may be null; those that lack the field do not count.
    pub nullable: Option<Versions>,
    /// The tag, if it is a tagged field.
    pub tag: Option<u32>,
    /// Whether a version that lacks the field drops its value silently.
    pub ignorable: bool,
    /// Whether it is compact in a flexible version; false for one field of Kafka's only.
    pub flexible: bool,
    /// Whether stable versions have it that Kafka 4.3 knows without it.
    pub unstable: bool,
}

impl FieldSchema {
    /// Whether it may be null in `version`.
    #[must_use]
    pub fn is_nullable(&self, version: i16) -> bool {
        self.nullable.is_some_and(|versions| versions.contains(version))
    }
}

/// What a struct says about itself.
#[derive(Clone, Copy, Debug)]
pub struct StructSchema {
    /// Its name in Rust. That of a whole message is Kafka's; one inside may have more words, where two have the same.
    pub name: &'static str,
    /// Its fields, in the order in which they are written.
    pub fields: &'static [FieldSchema],
    /// Makes one that has all fields at their defaults.
    pub new: fn() -> Box<dyn Struct>,
}

/// Where a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// To a broker.
    Broker,
    /// To a controller.
    Controller,
}

/// How a message is read where a version is known to exist.
pub type Read = for<'a> fn(&mut Reader<'a>, Format) -> Result<Box<dyn Struct + 'a>, DecodeError>;

/// What a message says about itself.
#[derive(Clone, Copy, Debug)]
pub struct MessageSchema {
    /// The name of Kafka's definition, as in `FetchRequest`.
    pub name: &'static str,
    /// The API key, the type of a stored record, or -1 for what has none.
    pub key: i16,
    /// The versions that exist.
    pub versions: Versions,
    /// The last version that Kafka 4.3 has as stable; below the first where none is.
    pub stable_max: i16,
    /// The first flexible version; `i16::MAX` where none is.
    pub flexible_min: i16,
    /// Where a request may be sent; of other messages, nothing.
    pub listeners: &'static [Listener],
    /// Its fields.
    pub body: &'static StructSchema,
    /// Reads it; what [`decode`](Self::decode) calls once the version is known to exist.
    #[doc(hidden)]
    pub read: Read,
}

impl MessageSchema {
    /// How it is written at `version`, whether that exists or not.
    #[must_use]
    pub const fn format(&self, version: i16) -> Format {
        Format { version, flexible: version >= self.flexible_min }
    }

    pub(crate) fn decode_format(&self, reader: &Reader<'_>, version: i16) -> Result<Format, DecodeError> {
        if self.versions.contains(version) {
            Ok(self.format(version))
        } else {
            Err(reader.error(DecodeProblem::Version { version }))
        }
    }

    pub(crate) fn encode_format(&self, version: i16) -> Result<Format, EncodeError> {
        if self.versions.contains(version) {
            Ok(self.format(version))
        } else {
            Err(EncodeError { field: self.name, problem: EncodeProblem::Version { version } })
        }
    }

    /// Reads one at `version` where the reader stands, through the codec of its type.
    ///
    /// # Errors
    /// A version that the message does not have, and whatever the bytes get wrong.
    pub fn decode<'a>(&self, reader: &mut Reader<'a>, version: i16) -> Result<Box<dyn Struct + 'a>, DecodeError> {
        let format = self.decode_format(reader, version)?;
        (self.read)(reader, format)
    }

    /// Writes `value`, which is of this message, at `version`, through the codec of its type.
    ///
    /// # Errors
    /// A version that the message does not have, and values that the version cannot hold.
    pub fn encode(&self, value: &dyn Struct, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        value.write(writer, self.encode_format(version)?)
    }
}

#[cfg(test)]
mod tests;
