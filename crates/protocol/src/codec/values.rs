//! How each of Kafka's primitive types is read and written, and arrays of whatever can be.

use std::{borrow::Cow, mem::size_of};

use super::{Decode, DecodeError, DecodeProblem, Encode, EncodeError, Format, Reader, Writer, reader::Length};
use crate::{
    api::ApiKey,
    error::ErrorCode,
    types::{BrokerId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Str, Timestamp, Uuid},
};

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
    ErrorCode(i16),
    ApiKey(i16)
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
