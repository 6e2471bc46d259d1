//! The record batches that Produce and Fetch carry.

use std::borrow::Cow;

use super::{Bytes, Decode, DecodeError, Encode, EncodeError, Format, Reader, Splice, Writer, reader::Length};

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
