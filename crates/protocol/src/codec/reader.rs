//! Walks over received bytes, and believes no number among them.

use super::{DecodeError, DecodeProblem, Format};

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

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
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
    pub(super) fn length(&mut self, kind: Length, format: Format) -> Result<Option<usize>, DecodeError> {
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
            // Only compact lengths can say so; Apache Kafka refuses it as well.
            Ok(length) if kind == Length::String && length > STRING_LEN_MAX => {
                Err(self.error(DecodeProblem::StringTooLong { length }))
            }
            Ok(length) => Ok(Some(length)),
        }
    }

    pub(super) fn nullable_bytes(&mut self, kind: Length, format: Format) -> Result<Option<&'a [u8]>, DecodeError> {
        match self.length(kind, format)? {
            None => Ok(None),
            Some(length) => self.take(length).map(Some),
        }
    }

    pub(super) fn bytes(&mut self, kind: Length, format: Format) -> Result<&'a [u8], DecodeError> {
        self.nullable_bytes(kind, format)?.ok_or_else(|| self.error(DecodeProblem::Null))
    }

    /// Passes over the section of tagged fields that ends a flexible struct.
    ///
    /// # Errors
    /// What the section gets wrong.
    pub fn skip_tagged_fields(&mut self) -> Result<(), DecodeError> {
        self.tagged_fields(|_, _| Ok(()))
    }

    /// The section of tagged fields that ends a flexible struct. `known` reads the fields it knows, and the
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

/// The most bytes that a string may have, whatever its length field could say.
pub(super) const STRING_LEN_MAX: usize = i16::MAX as usize;

/// Which kind of length stands in front of a value that is not flexible.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// An `i16`.
    String,
    /// An `i32`.
    Other,
}
