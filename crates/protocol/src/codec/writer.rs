//! Collects written bytes, and the places where bytes from elsewhere belong.

use super::{
    EncodeError, EncodeProblem, Format,
    reader::{Length, STRING_LEN_MAX},
};

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
    pub(super) bytes: Vec<u8>,
    pub(super) splices: Vec<Splice>,
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

    pub(super) fn length(&mut self, length: usize, kind: Length, format: Format) -> Result<(), EncodeError> {
        let too_long = EncodeError { field: "", problem: EncodeProblem::TooLong { length } };
        if kind == Length::String && length > STRING_LEN_MAX {
            return Err(too_long);
        }
        if format.flexible {
            let length = i32::try_from(length).map_err(|_| too_long)?;
            self.unsigned_varint(length as u32 + 1);
        } else if kind == Length::String {
            self.put(&(length as i16).to_be_bytes());
        } else {
            self.put(&i32::try_from(length).map_err(|_| too_long)?.to_be_bytes());
        }
        Ok(())
    }

    pub(super) fn null(&mut self, kind: Length, format: Format) {
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
