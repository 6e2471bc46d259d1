//! One batch: its header, a view over its bytes, and the changes a broker makes to it.
//!
//! Nothing here decompresses or walks records; that a header says so does not make it true (see
//! [`validate`](super::validate) for what a leader asks). Arithmetic on fields that a peer wrote wraps and never
//! panics.

use std::{borrow::Cow, fmt, ops::Deref};

use super::{
    Attributes, TimestampType,
    compression::{self, DecompressError},
    record::Records,
};
use crate::types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

/// Size of a batch's header in bytes; the records follow.
pub const HEADER_SIZE: usize = 61;
/// Size of what stands before the bytes that `batch length` counts: base offset and length.
pub const LENGTH_END: usize = 12;
/// Size of what a broker overwrites when it places a batch: base offset, length, leader epoch.
pub const PLACEMENT_SIZE: usize = 16;
/// The only magic that can be produced, and the only one of which we read more than the magic.
pub const MAGIC: i8 = 2;

/// Where `base offset` stands (`i64`).
pub const BASE_OFFSET_AT: usize = 0;
/// Where `batch length` stands (`i32`).
pub const BATCH_LENGTH_AT: usize = 8;
/// Where `partition leader epoch` stands (`i32`).
pub const LEADER_EPOCH_AT: usize = 12;
/// Where `magic` stands (`i8`), in the formats before v2 too.
pub const MAGIC_AT: usize = 16;
/// Where the CRC-32C stands (`u32`).
pub const CRC_AT: usize = 17;
/// Where `attributes` stands (`i16`); the CRC covers everything from here to the end.
pub const ATTRIBUTES_AT: usize = 21;
/// Where `last offset delta` stands (`i32`).
pub const LAST_OFFSET_DELTA_AT: usize = 23;
/// Where `base timestamp` stands (`i64`).
pub const BASE_TIMESTAMP_AT: usize = 27;
/// Where `max timestamp` stands (`i64`).
pub const MAX_TIMESTAMP_AT: usize = 35;
/// Where `producer id` stands (`i64`).
pub const PRODUCER_ID_AT: usize = 43;
/// Where `producer epoch` stands (`i16`).
pub const PRODUCER_EPOCH_AT: usize = 51;
/// Where `base sequence` stands (`i32`).
pub const BASE_SEQUENCE_AT: usize = 53;
/// Where `record count` stands (`i32`).
pub const RECORD_COUNT_AT: usize = 57;

/// The smallest length that any format allows (a v0 message without key and value); below it Kafka calls the bytes
/// corrupt without a look at the magic.
const LENGTH_MIN_ANY: i32 = 14;

/// The sequence of a batch of no idempotent producer.
pub const NO_SEQUENCE: i32 = -1;

/// The sequence number `increment` after `sequence`; `2^31 - 1` is followed by 0.
///
/// Source: Kafka `DefaultRecordBatch.incrementSequence`.
#[must_use]
pub const fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    sequence.wrapping_add(increment) & i32::MAX
}

/// The sequence number `decrement` before `sequence`; 0 follows `2^31 - 1`.
#[must_use]
pub const fn decrement_sequence(sequence: i32, decrement: i32) -> i32 {
    sequence.wrapping_sub(decrement) & i32::MAX
}

/// Why bytes are not a batch of format v2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// The bytes end inside the batch, as the last one of a Fetch response may, or a log after a power cut.
    Short {
        /// How many bytes it has, or at least has.
        needed: usize,
        /// How many there are.
        remaining: usize,
    },
    /// `batch length` is less than the rest of a header.
    Length {
        /// What it says.
        length: i32,
    },
    /// Not format v2. The formats 0 and 1 cannot be produced since Kafka 4.0; others do not exist.
    Magic {
        /// What it says.
        magic: i8,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { needed, remaining } => write!(f, "the batch has {needed} bytes and {remaining} remain"),
            Self::Length { length } => write!(f, "a batch cannot have a length of {length}"),
            Self::Magic { magic } => write!(f, "batches of magic {magic} are not supported"),
        }
    }
}

impl std::error::Error for BatchError {}

/// The fields of a batch's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; after compaction, where the first record was.
    pub base_offset: Offset,
    /// The batch's size without base offset and this field; at least 49.
    pub batch_length: i32,
    /// The epoch of the leader that wrote it.
    pub partition_leader_epoch: LeaderEpoch,
    /// CRC-32C from the attributes to the end.
    pub crc: u32,
    /// Codec and kind.
    pub attributes: Attributes,
    /// Offset of the last record less `base_offset`.
    pub last_offset_delta: i32,
    /// What the records' timestamp deltas count from; or see [`BatchHeader::delete_horizon`].
    pub base_timestamp: Timestamp,
    /// The largest timestamp in the batch; under LogAppendTime each record's.
    pub max_timestamp: Timestamp,
    /// The idempotent producer.
    pub producer_id: ProducerId,
    /// The producer's incarnation.
    pub producer_epoch: ProducerEpoch,
    /// The first record's sequence number, or [`NO_SEQUENCE`].
    pub base_sequence: i32,
    /// The number of records; less than the offsets the batch spans after compaction.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`, of which the first [`HEADER_SIZE`] are looked at.
    ///
    /// # Errors
    /// As [`next_batch`], except that the records need not be there.
    pub fn read(bytes: &[u8]) -> Result<Self, BatchError> {
        let batch_length = check_length(bytes)?;
        let Some(header) = bytes.first_chunk::<HEADER_SIZE>() else {
            return Err(BatchError::Short { needed: HEADER_SIZE, remaining: bytes.len() });
        };
        Ok(Self::parse(header, batch_length))
    }

    fn parse(header: &[u8; HEADER_SIZE], batch_length: i32) -> Self {
        Self {
            base_offset: Offset(i64::from_be_bytes(field(header, BASE_OFFSET_AT))),
            batch_length,
            partition_leader_epoch: LeaderEpoch(i32::from_be_bytes(field(header, LEADER_EPOCH_AT))),
            crc: u32::from_be_bytes(field(header, CRC_AT)),
            attributes: Attributes(i16::from_be_bytes(field(header, ATTRIBUTES_AT))),
            last_offset_delta: i32::from_be_bytes(field(header, LAST_OFFSET_DELTA_AT)),
            base_timestamp: Timestamp(i64::from_be_bytes(field(header, BASE_TIMESTAMP_AT))),
            max_timestamp: Timestamp(i64::from_be_bytes(field(header, MAX_TIMESTAMP_AT))),
            producer_id: ProducerId(i64::from_be_bytes(field(header, PRODUCER_ID_AT))),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(field(header, PRODUCER_EPOCH_AT))),
            base_sequence: i32::from_be_bytes(field(header, BASE_SEQUENCE_AT)),
            record_count: i32::from_be_bytes(field(header, RECORD_COUNT_AT)),
        }
    }

    /// The bytes of a header with these fields.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        put(&mut bytes, BASE_OFFSET_AT, self.base_offset.0.to_be_bytes());
        put(&mut bytes, BATCH_LENGTH_AT, self.batch_length.to_be_bytes());
        put(&mut bytes, LEADER_EPOCH_AT, self.partition_leader_epoch.0.to_be_bytes());
        put(&mut bytes, MAGIC_AT, MAGIC.to_be_bytes());
        put(&mut bytes, CRC_AT, self.crc.to_be_bytes());
        put(&mut bytes, ATTRIBUTES_AT, self.attributes.0.to_be_bytes());
        put(&mut bytes, LAST_OFFSET_DELTA_AT, self.last_offset_delta.to_be_bytes());
        put(&mut bytes, BASE_TIMESTAMP_AT, self.base_timestamp.0.to_be_bytes());
        put(&mut bytes, MAX_TIMESTAMP_AT, self.max_timestamp.0.to_be_bytes());
        put(&mut bytes, PRODUCER_ID_AT, self.producer_id.0.to_be_bytes());
        put(&mut bytes, PRODUCER_EPOCH_AT, self.producer_epoch.0.to_be_bytes());
        put(&mut bytes, BASE_SEQUENCE_AT, self.base_sequence.to_be_bytes());
        put(&mut bytes, RECORD_COUNT_AT, self.record_count.to_be_bytes());
        bytes
    }

    /// The batch's size in bytes, header included.
    #[must_use]
    pub const fn size(&self) -> usize {
        LENGTH_END + self.batch_length as usize
    }

    /// Offset of the last record.
    #[must_use]
    pub const fn last_offset(&self) -> Offset {
        Offset(self.base_offset.0.wrapping_add(self.last_offset_delta as i64))
    }

    /// Offset of whatever comes after this batch.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.wrapping_add(1))
    }

    /// The last record's sequence number, or [`NO_SEQUENCE`]; `2^31 - 1` is followed by 0.
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence == NO_SEQUENCE {
            NO_SEQUENCE
        } else {
            increment_sequence(self.base_sequence, self.last_offset_delta)
        }
    }

    /// Whether a producer id is given.
    #[must_use]
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id.0 > ProducerId::NONE.0
    }

    /// When tombstones and transaction markers in this batch may go, if the cleaner has said so (KIP-534).
    #[must_use]
    pub const fn delete_horizon(&self) -> Option<Timestamp> {
        if self.attributes.has_delete_horizon() { Some(self.base_timestamp) } else { None }
    }
}

/// A view over the bytes of exactly one batch of format v2. The header's fields are its own.
///
/// That the size is right and the magic is 2 is certain; nothing else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordBatch<'a> {
    header: BatchHeader,
    /// `header.size()` bytes.
    bytes: &'a [u8],
}

impl<'a> RecordBatch<'a> {
    /// The batch that all of `bytes` are; `None` unless they are exactly one.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        match next_batch(bytes) {
            Ok(Some((batch, []))) => Some(batch),
            _ => None,
        }
    }

    /// The parsed header.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// All bytes of the batch.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What follows the header: the records, compressed or not.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        &self.bytes[HEADER_SIZE..]
    }

    /// The records' bytes without compression.
    ///
    /// # Errors
    /// See [`compression::decompress`].
    pub fn decompress(&self, limit: usize) -> Result<Cow<'a, [u8]>, DecompressError> {
        let codec = self.attributes.compression().ok_or(DecompressError::UnknownCodec)?;
        compression::decompress(codec, self.body(), limit)
    }

    /// The records, of which `decompressed` are the bytes: what [`RecordBatch::decompress`] returned.
    #[must_use]
    pub fn records<'b>(&self, decompressed: &'b [u8]) -> Records<'b> {
        Records::new(&self.header, decompressed)
    }

    /// Whether the bytes are those the CRC was made over. Reads the whole batch.
    #[must_use]
    pub fn crc_is_valid(&self) -> bool {
        self.crc == crc_of(self.bytes)
    }
}

impl Deref for RecordBatch<'_> {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        &self.header
    }
}

/// The batch at the front of `bytes` and the bytes behind it; `None` if there are no bytes.
///
/// # Errors
/// Checked in this order, which decides how Kafka answers a Produce: [`BatchError::Length`] if the length could be
/// that of no format, [`BatchError::Magic`] for a magic that does not exist, [`BatchError::Short`],
/// [`BatchError::Magic`] for an old one, [`BatchError::Length`] if it is too short for v2.
///
/// Source: Kafka `ByteBufferLogInputStream.nextBatch`.
pub fn next_batch(bytes: &[u8]) -> Result<Option<(RecordBatch<'_>, &[u8])>, BatchError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let length = announced_length(bytes)?;
    let size = LENGTH_END + length as usize;
    if bytes.len() < size {
        return Err(BatchError::Short { needed: size, remaining: bytes.len() });
    }
    let batch_length = check_length(bytes)?;
    let (bytes, rest) = bytes.split_at(size);
    let header = bytes.first_chunk().expect("the length was checked to hold a header");
    Ok(Some((RecordBatch { header: BatchHeader::parse(header, batch_length), bytes }, rest)))
}

/// The length that the front of `bytes` announces, if it is one that some format allows, of a magic that exists.
fn announced_length(bytes: &[u8]) -> Result<i32, BatchError> {
    let short = |needed| BatchError::Short { needed, remaining: bytes.len() };
    if bytes.len() < LENGTH_END {
        return Err(short(LENGTH_END));
    }
    let length = i32::from_be_bytes(field(bytes, BATCH_LENGTH_AT));
    if length < LENGTH_MIN_ANY {
        return Err(BatchError::Length { length });
    }
    match bytes.get(MAGIC_AT) {
        None => Err(short(LENGTH_END + length as usize)),
        Some(&magic) if magic as i8 > MAGIC || (magic as i8) < 0 => Err(BatchError::Magic { magic: magic as i8 }),
        Some(_) => Ok(length),
    }
}

/// The length that the front of `bytes` announces, if it is one of format v2.
fn check_length(bytes: &[u8]) -> Result<i32, BatchError> {
    let length = announced_length(bytes)?;
    let magic = bytes[MAGIC_AT] as i8;
    if magic != MAGIC {
        Err(BatchError::Magic { magic })
    } else if (length as usize) < HEADER_SIZE - LENGTH_END {
        Err(BatchError::Length { length })
    } else {
        Ok(length)
    }
}

/// The first 16 bytes of a batch as they should be on disk: placed at `base_offset`, written in `leader_epoch`. With
/// the batch from its 16th byte on they make the batch whole, so that it need not be copied to be placed.
///
/// # Panics
/// If `batch` has fewer than 12 bytes.
#[must_use]
pub fn placement(base_offset: Offset, leader_epoch: LeaderEpoch, batch: &[u8]) -> [u8; PLACEMENT_SIZE] {
    let mut bytes = [0; PLACEMENT_SIZE];
    put(&mut bytes, BASE_OFFSET_AT, base_offset.0.to_be_bytes());
    bytes[BATCH_LENGTH_AT..LENGTH_END].copy_from_slice(&batch[BATCH_LENGTH_AT..LENGTH_END]);
    put(&mut bytes, LEADER_EPOCH_AT, leader_epoch.0.to_be_bytes());
    bytes
}

/// Places a batch in a log: at `base_offset`, written in `leader_epoch`. The CRC covers neither.
///
/// # Panics
/// If `batch` has fewer than 16 bytes.
pub fn patch_placement(batch: &mut [u8], base_offset: Offset, leader_epoch: LeaderEpoch) {
    put(batch, BASE_OFFSET_AT, base_offset.0.to_be_bytes());
    put(batch, LEADER_EPOCH_AT, leader_epoch.0.to_be_bytes());
}

/// Gives all records of a batch the timestamp `now`: sets the LogAppendTime bit and the max timestamp, keeps the base
/// timestamp, renews the CRC.
///
/// # Panics
/// If `batch` is not one whole batch.
pub fn patch_log_append_time(batch: &mut [u8], now: Timestamp) {
    patch_timestamps(batch, TimestampType::LogAppendTime, now);
}

/// Says that the records have their producer's timestamps and that the largest is `max_timestamp`: clears the
/// LogAppendTime bit, sets the max timestamp, renews the CRC.
///
/// # Panics
/// If `batch` is not one whole batch.
pub fn patch_max_timestamp(batch: &mut [u8], max_timestamp: Timestamp) {
    patch_timestamps(batch, TimestampType::CreateTime, max_timestamp);
}

pub(super) fn patch_timestamps(batch: &mut [u8], timestamp_type: TimestampType, max_timestamp: Timestamp) {
    let attributes = Attributes(i16::from_be_bytes(field(batch, ATTRIBUTES_AT)));
    put(batch, ATTRIBUTES_AT, attributes.with_timestamp_type(timestamp_type).0.to_be_bytes());
    put(batch, MAX_TIMESTAMP_AT, max_timestamp.0.to_be_bytes());
    patch_crc(batch);
}

/// Makes the CRC that of the bytes.
///
/// # Panics
/// If `batch` has fewer than 21 bytes.
pub fn patch_crc(batch: &mut [u8]) {
    let crc = crc_of(batch);
    put(batch, CRC_AT, crc.to_be_bytes());
}

fn crc_of(batch: &[u8]) -> u32 {
    crc32c::crc32c(&batch[ATTRIBUTES_AT..])
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("a slice of N bytes")
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}
