//! Kafka's primitive encodings, and the traits that the [`Message`](crate::Message) derive implements.
//!
//! Every value is written in one of two ways. Before a message became *flexible* (KIP-482) a string is an `i16` length
//! and its bytes, an array an `i32` count and its elements, and `-1` stands for null. From then on both are *compact*:
//! an unsigned varint of the length plus one, 0 for null, and each struct ends in a section of tagged fields that
//! readers may skip. [`Format`] carries the version and which of the two ways it means.
//!
//! A reader never believes a number from the wire: a length is checked against the bytes that remain, an element takes
//! at least a byte, and the memory set aside for an array grows with the bytes that really came.

use std::{borrow::Cow, fmt, mem::size_of};

use crate::{
    error::ErrorCode,
    types::{BrokerId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Str, Timestamp, Uuid},
};

/// How a message is written: its version, and whether that version is flexible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The version of the message.
    pub version: i16,
    /// Compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

/// A message of the wire or of a stored log, as its definition names it.
pub trait Message {
    /// The name of Kafka's definition, as in `FetchRequest` or `PartitionRecord`.
    const NAME: &'static str;
    /// The API key, the type of a stored record, or -1 for what has none.
    const KEY: i16;
    /// The lowest version that exists.
    const VERSION_MIN: i16;
    /// The highest version that exists.
    const VERSION_MAX: i16;
    /// The first flexible version; `i16::MAX` where none is.
    const FLEXIBLE_MIN: i16;

    /// How this message is written at `version`.
    #[must_use]
    fn format(version: i16) -> Format {
        Format { version, flexible: version >= Self::FLEXIBLE_MIN }
    }
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
    if !(M::VERSION_MIN..=M::VERSION_MAX).contains(&version) {
        return Err(reader.error(DecodeProblem::Version { version }));
    }
    M::decode(reader, M::format(version))
}

/// Writes a message at `version` behind what `writer` holds.
///
/// # Errors
/// A version that the message does not have, and values that the version cannot hold.
pub fn encode<M: Message + Encode>(message: &M, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
    if !(M::VERSION_MIN..=M::VERSION_MAX).contains(&version) {
        return Err(EncodeError { field: M::NAME, problem: EncodeProblem::Version { version } });
    }
    message.encode(writer, M::format(version))
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

/// What is wrong with received bytes, where, and in which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// The innermost field that was being read, `Struct.field`; empty before the first.
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

/// Walks over received bytes.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the front of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// An error at the place where the reader stands.
    #[must_use]
    #[cold]
    pub fn error(&self, problem: DecodeProblem) -> DecodeError {
        DecodeError { field: "", offset: self.position, problem }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeProblem::Short`].
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        if count > self.remaining() {
            return Err(self.error(DecodeProblem::Short { needed: count, remaining: self.remaining() }));
        }
        let start = self.position;
        self.position += count;
        Ok(&self.bytes[start..self.position])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(self.take(N)?.try_into().expect("take returns what was asked for"))
    }

    /// An unsigned varint of at most five bytes.
    ///
    /// # Errors
    /// [`DecodeProblem::Short`], [`DecodeProblem::Varint`].
    #[inline]
    pub fn unsigned_varint(&mut self) -> Result<u32, DecodeError> {
        match self.short_varint() {
            Some(value) => Ok(value.into()),
            None => self.long_unsigned_varint(),
        }
    }

    /// A varint of one byte, as most lengths and deltas in records are.
    #[inline]
    fn short_varint(&mut self) -> Option<u8> {
        let value = *self.bytes.get(self.position).filter(|&&byte| byte < 0x80)?;
        self.position += 1;
        Some(value)
    }

    fn long_unsigned_varint(&mut self) -> Result<u32, DecodeError> {
        // The fifth byte has room for four bits only; Apache Kafka drops the others, and so does the cast.
        self.varint_of::<5>().map(|value| value as u32)
    }

    /// A varint of at most `MAX` bytes; bits beyond the 64th are dropped.
    #[inline]
    fn varint_of<const MAX: usize>(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in 0..MAX {
            let Some(&byte) = self.bytes.get(self.position) else {
                return Err(self.error(DecodeProblem::Short { needed: 1, remaining: 0 }));
            };
            self.position += 1;
            value |= u64::from(byte & 0x7f) << (7 * shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeProblem::Varint))
    }

    /// A zigzag varint of at most five bytes, as records use it.
    ///
    /// # Errors
    /// [`DecodeProblem::Short`], [`DecodeProblem::Varint`].
    #[inline]
    pub fn varint(&mut self) -> Result<i32, DecodeError> {
        let raw = self.unsigned_varint()?;
        Ok((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }

    /// A zigzag varint of at most ten bytes, as records use it.
    ///
    /// # Errors
    /// [`DecodeProblem::Short`], [`DecodeProblem::Varint`].
    #[inline]
    pub fn varlong(&mut self) -> Result<i64, DecodeError> {
        match self.short_varint() {
            Some(raw) => Ok(i64::from(raw >> 1) ^ -i64::from(raw & 1)),
            None => self.long_varlong(),
        }
    }

    fn long_varlong(&mut self) -> Result<i64, DecodeError> {
        let raw = self.varint_of::<10>()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// The length of a string, of bytes or of an array; `None` is null.
    fn length(&mut self, kind: Length, format: Format) -> Result<Option<usize>, DecodeError> {
        let length = if format.flexible {
            i64::from(self.unsigned_varint()?) - 1
        } else if kind == Length::String {
            i64::from(i16::from_be_bytes(self.array()?))
        } else {
            i64::from(i32::from_be_bytes(self.array()?))
        };
        match usize::try_from(length) {
            // Whatever is negative is null: Apache Kafka reads -2 as it reads -1.
            Err(_) => Ok(None),
            Ok(length) if length > self.remaining() => {
                let remaining = self.remaining();
                Err(self.error(DecodeProblem::Length { length: length as i64, remaining }))
            }
            Ok(length) => Ok(Some(length)),
        }
    }

    fn nullable_bytes(&mut self, kind: Length, format: Format) -> Result<Option<&'a [u8]>, DecodeError> {
        match self.length(kind, format)? {
            None => Ok(None),
            Some(length) => self.take(length).map(Some),
        }
    }

    fn bytes(&mut self, kind: Length, format: Format) -> Result<&'a [u8], DecodeError> {
        self.nullable_bytes(kind, format)?.ok_or_else(|| self.error(DecodeProblem::Null))
    }

    /// The section of tagged fields that ends a flexible struct. `known` reads the fields it knows and says so; the
    /// others are skipped.
    ///
    /// # Errors
    /// What the section gets wrong, or what `known` says.
    pub fn tagged_fields(
        &mut self,
        mut known: impl FnMut(u32, &mut Reader<'a>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let count = self.unsigned_varint()?;
        for _ in 0..count {
            let tag = self.unsigned_varint()?;
            let size = self.unsigned_varint()? as usize;
            let start = self.position;
            let field = self.take(size)?;
            let mut inner = Reader::new(field);
            known(tag, &mut inner).map_err(|e| DecodeError { offset: e.offset + start, ..e })?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    String,
    Other,
}

/// A place in written bytes where bytes from elsewhere belong: the records of a fetch answer, which go from the file to
/// the socket and never pass through here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splice {
    /// How many written bytes come before it.
    pub position: usize,
    /// How many bytes belong there; the lengths written around it count them.
    pub length: usize,
}

/// Collects written bytes.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    splices: Vec<Splice>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), splices: Vec::new() }
    }

    /// A writer that goes on behind `bytes`.
    #[must_use]
    pub const fn over(bytes: Vec<u8>) -> Self {
        Self { bytes, splices: Vec::new() }
    }

    /// What has been written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What has been written, to be changed where a length was left open.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What has been written.
    ///
    /// # Panics
    /// If there are splices, which would be lost.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        assert!(self.splices.is_empty(), "records from elsewhere belong between these bytes");
        self.bytes
    }

    /// What has been written, and where bytes from elsewhere belong, in ascending order.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<Splice>) {
        (self.bytes, self.splices)
    }

    /// How many bytes in all belong into the splices.
    #[must_use]
    pub fn elsewhere(&self) -> usize {
        self.splices.iter().map(|splice| splice.length).sum()
    }

    /// How many bytes have been written, those of splices not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// An unsigned varint.
    pub fn unsigned_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A zigzag varint, as records use it.
    pub fn varint(&mut self, value: i32) {
        self.unsigned_varint(((value << 1) ^ (value >> 31)) as u32);
    }

    /// A zigzag varint of up to ten bytes, as records use it.
    pub fn varlong(&mut self, value: i64) {
        let mut value = ((value << 1) ^ (value >> 63)) as u64;
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn length(&mut self, length: usize, kind: Length, format: Format) -> Result<(), EncodeError> {
        let too_long = EncodeError { field: "", problem: EncodeProblem::TooLong { length } };
        if format.flexible {
            let length = i32::try_from(length).map_err(|_| too_long)?;
            self.unsigned_varint(length as u32 + 1);
        } else if kind == Length::String {
            self.put(&i16::try_from(length).map_err(|_| too_long)?.to_be_bytes());
        } else {
            self.put(&i32::try_from(length).map_err(|_| too_long)?.to_be_bytes());
        }
        Ok(())
    }

    fn null(&mut self, kind: Length, format: Format) {
        if format.flexible {
            self.bytes.push(0);
        } else if kind == Length::String {
            self.put(&(-1i16).to_be_bytes());
        } else {
            self.put(&(-1i32).to_be_bytes());
        }
    }

    /// One tagged field: the tag, the size, and what `value` writes.
    ///
    /// # Errors
    /// What `value` says.
    pub fn tagged_field(
        &mut self,
        tag: u32,
        value: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.unsigned_varint(tag);
        let start = self.bytes.len();
        value(self)?;
        // The size comes before a value whose size is not known yet: written behind it, then turned to the front.
        let end = self.bytes.len();
        self.unsigned_varint((end - start) as u32);
        let size = self.bytes.len() - end;
        self.bytes[start..].rotate_right(size);
        Ok(())
    }
}

/// What can be read from the wire.
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

macro_rules! fixed_width {
    ($($number:ty),*) => {$(
        impl Decode<'_> for $number {
            fn decode(reader: &mut Reader<'_>, _: Format) -> Result<Self, DecodeError> {
                Ok(Self::from_be_bytes(reader.array()?))
            }
        }

        impl Encode for $number {
            fn encode(&self, writer: &mut Writer, _: Format) -> Result<(), EncodeError> {
                writer.put(&self.to_be_bytes());
                Ok(())
            }
        }
    )*};
}

fixed_width!(i8, i16, u16, i32, u32, i64, f64);

macro_rules! wrapped {
    ($($wrapper:ident($inner:ty)),*) => {$(
        impl Decode<'_> for $wrapper {
            fn decode(reader: &mut Reader<'_>, format: Format) -> Result<Self, DecodeError> {
                <$inner>::decode(reader, format).map($wrapper)
            }
        }

        impl Encode for $wrapper {
            fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
                self.0.encode(writer, format)
            }
        }
    )*};
}

wrapped!(
    Offset(i64),
    LeaderEpoch(i32),
    ProducerId(i64),
    ProducerEpoch(i16),
    Timestamp(i64),
    BrokerId(i32),
    ErrorCode(i16)
);

impl Decode<'_> for bool {
    fn decode(reader: &mut Reader<'_>, format: Format) -> Result<Self, DecodeError> {
        Ok(i8::decode(reader, format)? != 0)
    }
}

impl Encode for bool {
    fn encode(&self, writer: &mut Writer, _: Format) -> Result<(), EncodeError> {
        writer.put(&[u8::from(*self)]);
        Ok(())
    }
}

impl Decode<'_> for Uuid {
    fn decode(reader: &mut Reader<'_>, _: Format) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

impl Encode for Uuid {
    fn encode(&self, writer: &mut Writer, _: Format) -> Result<(), EncodeError> {
        writer.put(&self.0);
        Ok(())
    }
}

impl<'a> Decode<'a> for Str<'a> {
    fn decode(reader: &mut Reader<'a>, format: Format) -> Result<Self, DecodeError> {
        reader.bytes(Length::String, format).map(Self::from_bytes)
    }

    fn decode_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>, DecodeError> {
        Ok(reader.nullable_bytes(Length::String, format)?.map(Self::from_bytes))
    }
}

impl Encode for Str<'_> {
    fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        writer.length(self.len(), Length::String, format)?;
        writer.put(self.as_bytes());
        Ok(())
    }

    fn encode_some(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        self.encode(writer, format)
    }

    fn encode_null(writer: &mut Writer, format: Format) {
        writer.null(Length::String, format);
    }
}

/// Kafka's `bytes`: borrowed from the frame when read, borrowed or owned when written.
pub type Bytes<'a> = Cow<'a, [u8]>;

impl<'a> Decode<'a> for Bytes<'a> {
    fn decode(reader: &mut Reader<'a>, format: Format) -> Result<Self, DecodeError> {
        reader.bytes(Length::Other, format).map(Cow::Borrowed)
    }

    fn decode_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>, DecodeError> {
        Ok(reader.nullable_bytes(Length::Other, format)?.map(Cow::Borrowed))
    }
}

impl Encode for Bytes<'_> {
    fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        writer.length(self.len(), Length::Other, format)?;
        writer.put(self);
        Ok(())
    }

    fn encode_some(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        self.encode(writer, format)
    }

    fn encode_null(writer: &mut Writer, format: Format) {
        writer.null(Length::Other, format);
    }
}

/// The record batches in a message: bytes at hand, or a promise of bytes that join them on the way to the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records<'a> {
    /// Batches at hand.
    Bytes(Bytes<'a>),
    /// So many bytes of a file, which the writer leaves a [`Splice`] for.
    Elsewhere(usize),
}

impl Default for Records<'_> {
    fn default() -> Self {
        Self::Bytes(Cow::Borrowed(&[]))
    }
}

impl Records<'_> {
    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Elsewhere(length) => *length,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes at hand; those elsewhere are none here, and a received message has none of those.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Elsewhere(_) => &[],
        }
    }
}

impl<'a> Decode<'a> for Records<'a> {
    fn decode(reader: &mut Reader<'a>, format: Format) -> Result<Self, DecodeError> {
        Bytes::decode(reader, format).map(Self::Bytes)
    }

    fn decode_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>, DecodeError> {
        Ok(Bytes::decode_nullable(reader, format)?.map(Self::Bytes))
    }
}

impl Encode for Records<'_> {
    fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        writer.length(self.len(), Length::Other, format)?;
        match self {
            Self::Bytes(bytes) => writer.put(bytes),
            Self::Elsewhere(length) => {
                let position = writer.bytes.len();
                writer.splices.push(Splice { position, length: *length });
            }
        }
        Ok(())
    }

    fn encode_some(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        self.encode(writer, format)
    }

    fn encode_null(writer: &mut Writer, format: Format) {
        writer.null(Length::Other, format);
    }
}

impl<'a, T: Decode<'a>> Decode<'a> for Vec<T> {
    fn decode(reader: &mut Reader<'a>, format: Format) -> Result<Self, DecodeError> {
        Self::decode_nullable(reader, format)?.ok_or_else(|| reader.error(DecodeProblem::Null))
    }

    fn decode_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>, DecodeError> {
        let Some(count) = reader.length(Length::Other, format)? else { return Ok(None) };
        // An element takes at least a byte, so `count` is bounded by what came; but an element in memory can be much
        // larger than on the wire, so what is set aside at once is bounded by the bytes too.
        let mut elements = Self::with_capacity(count.min(1 + reader.remaining() * 8 / size_of::<T>().max(1)));
        for _ in 0..count {
            elements.push(T::decode(reader, format)?);
        }
        Ok(Some(elements))
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        writer.length(self.len(), Length::Other, format)?;
        self.iter().try_for_each(|element| element.encode(writer, format))
    }

    fn encode_some(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError> {
        self.encode(writer, format)
    }

    fn encode_null(writer: &mut Writer, format: Format) {
        writer.null(Length::Other, format);
    }
}

/// The derive's one call per field that is read; the error gets the field's name.
#[doc(hidden)]
pub fn read_field<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    format: Format,
    field: &'static str,
) -> Result<T, DecodeError> {
    T::decode(reader, format).map_err(|e| named(e, field))
}

/// The same for a field that is an `Option`; `nullable` says whether this version allows null.
#[doc(hidden)]
pub fn read_optional_field<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<Option<T>, DecodeError> {
    if nullable { T::decode_nullable(reader, format) } else { T::decode(reader, format).map(Some) }
        .map_err(|e| named(e, field))
}

#[cold]
fn named(error: DecodeError, field: &'static str) -> DecodeError {
    if error.field.is_empty() { DecodeError { field, ..error } } else { error }
}

/// The derive's one call per field that is written.
#[doc(hidden)]
pub fn write_field<T: Encode>(
    value: &T,
    writer: &mut Writer,
    format: Format,
    field: &'static str,
) -> Result<(), EncodeError> {
    value.encode(writer, format).map_err(|e| if e.field.is_empty() { EncodeError { field, ..e } } else { e })
}

/// The same for a field that is an `Option`; `nullable` says whether this version allows null.
#[doc(hidden)]
pub fn write_optional_field<T: Encode>(
    value: &Option<T>,
    writer: &mut Writer,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<(), EncodeError> {
    let written = match value {
        None if nullable => {
            T::encode_null(writer, format);
            Ok(())
        }
        None => Err(EncodeError { field, problem: EncodeProblem::Null }),
        Some(value) if nullable => value.encode_some(writer, format),
        Some(value) => value.encode(writer, format),
    };
    written.map_err(|e| if e.field.is_empty() { EncodeError { field, ..e } } else { e })
}

#[cfg(test)]
mod tests;
