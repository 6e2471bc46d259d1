//! What can be wrong with bytes that came, and with a message that is to be written.

use std::fmt;

/// What is wrong with received bytes, where, and in which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The innermost field that was being read, `Struct.field` in Kafka's names; empty before the first.
    pub field: &'static str,
    /// Where in the message, in bytes.
    pub offset: usize,
    /// What is wrong there.
    pub problem: DecodeProblem,
}

/// What can be wrong with received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeProblem {
    /// The message does not have this version.
    Version {
        /// The version asked for.
        version: i16,
    },
    /// The bytes end inside a value.
    Short {
        /// How many bytes the value needs.
        needed: usize,
        /// How many there are.
        remaining: usize,
    },
    /// A count or length that the remaining bytes cannot hold.
    Length {
        /// The announced count or length.
        length: i64,
        /// How many bytes there are.
        remaining: usize,
    },
    /// A string of more than 32,767 bytes.
    StringTooLong {
        /// The announced length.
        length: usize,
    },
    /// Null where the version does not allow it.
    Null,
    /// A varint of more bytes than its type has.
    Varint,
    /// Bytes behind the end of a value that must end.
    TrailingBytes {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            DecodeProblem::Version { version } => write!(f, "there is no version {version}")?,
            DecodeProblem::Short { needed, remaining } => {
                write!(f, "{needed} bytes are needed and {remaining} remain")?;
            }
            DecodeProblem::Length { length, remaining } => {
                write!(f, "a length of {length} does not fit the {remaining} bytes that remain")?;
            }
            DecodeProblem::StringTooLong { length } => write!(f, "a string has at most 32767 bytes, not {length}")?,
            DecodeProblem::Null => f.write_str("null is not allowed")?,
            DecodeProblem::Varint => f.write_str("the varint is too long")?,
            DecodeProblem::TrailingBytes { count } => write!(f, "{count} bytes follow the end")?,
        }
        write!(f, " (at byte {}", self.offset)?;
        if self.field.is_empty() { f.write_str(")") } else { write!(f, ", field {})", self.field) }
    }
}

impl std::error::Error for DecodeError {}

/// Why a message cannot be written at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The field, `Struct.field`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: EncodeProblem,
}

/// What can be wrong with a message to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeProblem {
    /// The message does not have this version.
    Version {
        /// The version asked for.
        version: i16,
    },
    /// The field has a value, the version does not have the field, and leaving it out would change the meaning.
    NotInVersion {
        /// The version asked for.
        version: i16,
    },
    /// Null where the version does not allow it.
    Null,
    /// Longer than its length field can say.
    TooLong {
        /// The number of bytes or elements.
        length: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            EncodeProblem::Version { version } => write!(f, "{} has no version {version}", self.field),
            EncodeProblem::NotInVersion { version } => {
                write!(f, "{} has a value, but does not exist in version {version}", self.field)
            }
            EncodeProblem::Null => write!(f, "{} may not be null in this version", self.field),
            EncodeProblem::TooLong { length } => write!(f, "{} is too long: {length}", self.field),
        }
    }
}

impl std::error::Error for EncodeError {}
