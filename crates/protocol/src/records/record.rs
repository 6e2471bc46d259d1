//! The records of a decompressed body.
//!
//! A record borrows its key, value and headers from the body; walking allocates nothing. Null and empty stay apart.
//! Every length is checked against the bytes of the record it stands in, and a record must end where it says it ends:
//! what is accepted here every client reads the same way.
//!
//! Source: Kafka `DefaultRecord.readFrom`, `DefaultRecordBatch.RecordIterator`.

use std::{fmt, iter::FusedIterator};

use super::{
    TimestampType,
    batch::{BatchHeader, NO_SEQUENCE, increment_sequence},
};
use crate::{
    codec::{DecodeError, DecodeProblem, Reader},
    types::{Offset, Timestamp},
};

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it stands in its batch, from 0.
    pub index: i32,
    /// Its attributes, of which Kafka uses none.
    pub attributes: i8,
    /// Its offset, if the batch's base offset is the final one.
    pub offset: Offset,
    /// `offset` less the batch's base offset.
    pub offset_delta: i32,
    /// The producer's timestamp, or under LogAppendTime the leader's.
    pub timestamp: Timestamp,
    /// Its sequence number, or [`NO_SEQUENCE`].
    pub sequence: i32,
    /// The key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is null, which in a compacted topic is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, in their order.
    pub headers: Headers<'a>,
    /// Its size in bytes, its own length included.
    pub size: usize,
}

/// A record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key, meant to be UTF-8; keys may repeat.
    pub key: &'a [u8],
    /// The value; `None` is null.
    pub value: Option<&'a [u8]>,
}

/// The headers of a record. Iterating yields each in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    count: usize,
    /// Exactly `count` headers, each of which has been read once without an error.
    bytes: &'a [u8],
}

impl Headers<'_> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.count = self.count.checked_sub(1)?;
        let mut reader = Reader::new(self.bytes);
        let header = read_header(&mut reader).expect("these bytes have been read once");
        self.bytes = &self.bytes[reader.position()..];
        Some(header)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// What is wrong with the records of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The record, from 0.
    pub index: i32,
    /// What is wrong with it.
    pub problem: RecordProblem,
}

/// What can be wrong with the records of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordProblem {
    /// The bytes are used up.
    Missing,
    /// The length is a varint of more than five bytes.
    LengthVarint,
    /// The length is negative or goes beyond the body.
    Length {
        /// What it says.
        length: i32,
        /// How many bytes follow.
        remaining: usize,
    },
    /// The record's fields do not fit into its length.
    Fields,
    /// The record goes on behind its last field.
    Trailing {
        /// For how many bytes.
        count: usize,
    },
    /// The header count is negative or more than the bytes can hold.
    HeaderCount {
        /// What it says.
        count: i32,
    },
    /// The key of a header is null.
    HeaderKey,
    /// The body goes on behind the last record.
    BodyTrailing {
        /// For how many bytes.
        count: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}: ", self.index)?;
        match self.problem {
            RecordProblem::Missing => f.write_str("the batch holds fewer records than it says"),
            RecordProblem::LengthVarint => f.write_str("its length is not a number"),
            RecordProblem::Length { length, remaining } => {
                write!(f, "a length of {length} where {remaining} bytes follow")
            }
            RecordProblem::Fields => f.write_str("its fields do not fit into its length"),
            RecordProblem::Trailing { count } => write!(f, "{count} bytes follow its last field"),
            RecordProblem::HeaderCount { count } => write!(f, "it cannot have {count} headers"),
            RecordProblem::HeaderKey => f.write_str("the key of a header is null"),
            RecordProblem::BodyTrailing { count } => write!(f, "{count} bytes follow this record, the last"),
        }
    }
}

impl std::error::Error for RecordError {}

/// Walks the records of a decompressed body. After an error there is nothing more.
///
/// As many records are yielded as the header counts; that the body ends with the last of them is checked, and so is
/// that a body without records is empty.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    reader: Reader<'a>,
    count: i32,
    index: i32,
    base_offset: Offset,
    base_timestamp: Timestamp,
    log_append_time: Option<Timestamp>,
    base_sequence: i32,
    finished: bool,
}

impl<'a> Records<'a> {
    /// The records of `body`, the decompressed body of the batch with this header.
    #[must_use]
    pub fn new(header: &BatchHeader, body: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(body),
            count: header.record_count,
            index: 0,
            base_offset: header.base_offset,
            base_timestamp: header.base_timestamp,
            log_append_time: match header.attributes.timestamp_type() {
                TimestampType::CreateTime => None,
                TimestampType::LogAppendTime => Some(header.max_timestamp),
            },
            base_sequence: header.base_sequence,
            finished: false,
        }
    }

    /// The same, with the timestamps that the producer gave, even if the header says that the leader's count.
    #[must_use]
    pub fn with_create_time(self) -> Self {
        Self { log_append_time: None, ..self }
    }

    fn read(&mut self) -> Result<Record<'a>, RecordProblem> {
        let start = self.reader.position();
        let length = self.reader.varint().map_err(|e| match e.problem {
            DecodeProblem::Varint => RecordProblem::LengthVarint,
            _ => RecordProblem::Missing,
        })?;
        let remaining = self.reader.remaining();
        let bytes = usize::try_from(length)
            .ok()
            .and_then(|length| self.reader.take(length).ok())
            .ok_or(RecordProblem::Length { length, remaining })?;
        let size = self.reader.position() - start;
        let mut fields = Reader::new(bytes);
        let fields = &mut fields;

        let attributes = fields.take(1)?[0] as i8;
        let timestamp_delta = fields.varlong()?;
        let offset_delta = fields.varint()?;
        let key = read_bytes(fields)?;
        let value = read_bytes(fields)?;
        let header_count = fields.varint()?;
        // A header takes two bytes at least; Apache Kafka compares with one.
        let count = usize::try_from(header_count)
            .ok()
            .filter(|&count| count <= fields.remaining() / 2)
            .ok_or(RecordProblem::HeaderCount { count: header_count })?;
        let headers = Headers { count, bytes: &bytes[fields.position()..] };
        for _ in 0..count {
            read_header(fields)?;
        }
        if fields.remaining() > 0 {
            return Err(RecordProblem::Trailing { count: fields.remaining() });
        }
        Ok(Record {
            index: self.index,
            attributes,
            offset: Offset(self.base_offset.0.wrapping_add(i64::from(offset_delta))),
            offset_delta,
            timestamp: self.log_append_time.unwrap_or(Timestamp(self.base_timestamp.0.wrapping_add(timestamp_delta))),
            sequence: if self.base_sequence < 0 {
                NO_SEQUENCE
            } else {
                increment_sequence(self.base_sequence, offset_delta)
            },
            key,
            value,
            headers,
            size,
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        if self.index >= self.count {
            self.finished = true;
            let count = self.reader.remaining();
            let index = self.index - 1;
            return (count > 0).then_some(Err(RecordError { index, problem: RecordProblem::BodyTrailing { count } }));
        }
        let record = self.read().map_err(|problem| RecordError { index: self.index, problem });
        self.index += 1;
        self.finished = record.is_err();
        Some(record)
    }
}

impl FusedIterator for Records<'_> {}

fn read_bytes<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, RecordProblem> {
    match usize::try_from(reader.varint()?) {
        // Whatever is negative is null, as Apache Kafka has it.
        Err(_) => Ok(None),
        Ok(length) => Ok(Some(reader.take(length)?)),
    }
}

fn read_header<'a>(reader: &mut Reader<'a>) -> Result<Header<'a>, RecordProblem> {
    let key = read_bytes(reader)?.ok_or(RecordProblem::HeaderKey)?;
    Ok(Header { key, value: read_bytes(reader)? })
}

impl From<DecodeError> for RecordProblem {
    fn from(_: DecodeError) -> Self {
        Self::Fields
    }
}
