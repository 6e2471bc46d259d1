//! What a leader asks of a producer's batch before it takes it, and what it changes.
//!
//! A producer sends one batch per partition. Whatever a header says is checked against what else is known, but a
//! compressed body is opened only where the answer depends on what is in it, because that costs more than everything
//! else a broker does with a batch:
//!
//! | [`ValidationPolicy`] | uncompressed | compressed |
//! |---|---|---|
//! | `Header` | header | header |
//! | `Walk` (default) | every record | header |
//! | `Full` (as Apache Kafka) | every record | every record |
//!
//! Every policy opens the body where meaning needs it: the topic is compacted, so that each record needs a key; its
//! `compression.type` is another codec; the header's timestamps lie outside the topic's window, or contradict one
//! another or the topic, so that the records must be asked which of them is at fault.
//!
//! Most batches are taken as they came, and nothing is copied or allocated for them. What is repaired instead of
//! refused, as Apache Kafka does: a wrong max timestamp, a LogAppendTime bit where the topic has CreateTime, bytes
//! behind the batch (dropped), offset deltas that are not 0, 1, 2, … (numbered anew). What the leader decides by itself
//! is LogAppendTime and another codec.
//!
//! Not checked here, because it needs the state of the partition: sequences and epochs against earlier batches, and
//! whether a transactional batch belongs to an open transaction.
//!
//! Source: Kafka `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords`, `LogValidator`.

use std::{borrow::Cow, fmt};

use super::{
    BatchBuilder, BatchError, BatchHeader, Compression, CompressionType, DecompressError, HEADER_SIZE, Record,
    RecordBatch, RecordError, TimestampType, batch, builder, next_batch, record::RecordProblem,
};
use crate::{
    error::ErrorCode,
    types::{Offset, Timestamp},
};

/// How much of a batch is looked at; `milena.record.validation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidationPolicy {
    /// The header, unless meaning needs more.
    Header,
    /// Also the records of a batch that is not compressed, which is nearly free.
    #[default]
    Walk,
    /// All records of every batch.
    Full,
}

/// What a topic asks of the batches written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `max.message.bytes`: the largest size of a batch as it is sent and as it is stored.
    pub max_message_bytes: usize,
    /// Whether each record needs a key: `cleanup.policy` has `compact`.
    pub compacted: bool,
    /// `compression.type`; `None` is `producer`, which keeps what came.
    pub compression: Option<Compression>,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how much older than now a record may be.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far ahead of now a record may be.
    pub timestamp_after_max_ms: i64,
    /// How much is looked at.
    pub policy: ValidationPolicy,
    /// The largest size of the records without compression, in bytes. Apache Kafka has no such bound.
    pub decompressed_bytes_max: usize,
}

impl Default for Rules {
    /// Kafka's defaults. Records may decompress to what `socket.request.max.bytes` would let in without compression.
    fn default() -> Self {
        Self {
            max_message_bytes: 1_048_588,
            compacted: false,
            compression: None,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            policy: ValidationPolicy::default(),
            decompressed_bytes_max: 104_857_600,
        }
    }
}

/// A batch that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validated<'a> {
    /// What to write, at base offset 0 still: the batch as it came, or a repaired copy.
    pub bytes: Cow<'a, [u8]>,
    /// The header of `bytes`, with the record count and the base and max timestamps.
    pub header: BatchHeader,
    /// Offset delta of the first record that has the max timestamp; `None` if the records were not looked at.
    pub max_timestamp_delta: Option<i32>,
}

/// Why a record is refused, and with it its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The topic is compacted and the record has no key.
    NoKey,
    /// The timestamp is outside `earliest..=latest`.
    Timestamp {
        /// The record's.
        timestamp: Timestamp,
        /// The earliest one allowed.
        earliest: Timestamp,
        /// The latest one allowed.
        latest: Timestamp,
    },
    /// The producer says LogAppendTime, which is the leader's to say.
    LogAppendTime,
}

/// A refused record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// Where it stands in its batch, from 0: `batch_index` of the Produce response.
    pub index: i32,
    /// Why it is refused; `batch_index_error_message` of the Produce response.
    pub reason: Rejection,
}

/// At most so many refused records are named, since a compressed batch can hold millions of them.
pub const REJECTED_RECORDS_MAX: usize = 10_000;

/// Why a batch is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidateError {
    /// The bytes are not a batch, or not a whole one.
    Batch(BatchError),
    /// There are no bytes.
    NoBatch,
    /// Another batch follows.
    SecondBatch,
    /// The producer placed the batch itself.
    BaseOffset(Offset),
    /// The batch is larger than the topic allows, as it was sent or as it would be stored.
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// What the topic allows.
        max: usize,
    },
    /// The CRC is not that of the bytes.
    Crc {
        /// The CRC that the header has.
        stored: u32,
    },
    /// Record count and last offset delta do not go together, or are below one record.
    Count {
        /// The record count.
        count: i32,
        /// The last offset delta.
        last_offset_delta: i32,
    },
    /// A control batch, which is the brokers' to write.
    Control,
    /// An idempotent producer without a sequence number.
    Sequence(i32),
    /// The records could not be decompressed.
    Decompress(DecompressError),
    /// The records are not as the header or the format says.
    Record(RecordError),
    /// Records that the topic does not take: all of them, up to [`REJECTED_RECORDS_MAX`].
    Rejected(Vec<RejectedRecord>),
}

impl ValidateError {
    /// The code that Kafka answers.
    #[must_use]
    pub fn error_code(&self) -> ErrorCode {
        match self {
            Self::Batch(BatchError::Length { .. }) | Self::Crc { .. } => ErrorCode::CORRUPT_MESSAGE,
            // Of the formats that do not exist; the old ones are no longer valid.
            Self::Batch(BatchError::Magic { magic }) if !(0..2).contains(magic) => ErrorCode::CORRUPT_MESSAGE,
            Self::TooLarge { .. } | Self::Decompress(DecompressError::TooLarge { .. }) => ErrorCode::MESSAGE_TOO_LARGE,
            Self::Decompress(DecompressError::UnknownCodec | DecompressError::Corrupt { .. }) => {
                ErrorCode::UNKNOWN_SERVER_ERROR
            }
            // Apache Kafka meets a varint that does not end as an exception it did not expect.
            Self::Record(RecordError { problem: RecordProblem::LengthVarint, .. }) => ErrorCode::UNKNOWN_SERVER_ERROR,
            Self::Rejected(records) if records.iter().any(|record| record.reason != Rejection::NoKey) => {
                ErrorCode::INVALID_TIMESTAMP
            }
            Self::Batch(_)
            | Self::NoBatch
            | Self::SecondBatch
            | Self::BaseOffset(_)
            | Self::Count { .. }
            | Self::Control
            | Self::Sequence(_)
            | Self::Record(_)
            | Self::Rejected(_) => ErrorCode::INVALID_RECORD,
        }
    }

    /// The refused records, for `record_errors` of the Produce response.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedRecord] {
        match self {
            Self::Rejected(records) => records,
            _ => &[],
        }
    }

    /// Whether Apache Kafka finds this in the request, before it turns to the partition: it then answers
    /// `log_start_offset` -1 and no text.
    #[must_use]
    pub const fn is_before_append(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::NoBatch | Self::SecondBatch)
    }
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch(e) => e.fmt(f),
            Self::NoBatch => f.write_str("a partition's records must be one batch, and there is none"),
            Self::SecondBatch => f.write_str("a partition's records must be one batch, and there is a second"),
            Self::BaseOffset(offset) => write!(f, "the batch's base offset must be 0 and is {offset}"),
            Self::TooLarge { size, max } => write!(f, "the batch has {size} bytes and the topic allows {max}"),
            Self::Crc { stored } => write!(f, "the batch is corrupt: {stored:#010x} is not its CRC"),
            Self::Count { count, last_offset_delta } => {
                write!(f, "a batch cannot have {count} records and a last offset delta of {last_offset_delta}")
            }
            Self::Control => f.write_str("clients may not write control batches"),
            Self::Sequence(sequence) => write!(f, "an idempotent producer's sequence number cannot be {sequence}"),
            Self::Decompress(e) => e.fmt(f),
            Self::Record(e) => e.fmt(f),
            Self::Rejected(records) => {
                write!(f, "{} records are refused, among them", records.len())?;
                for (i, record) in records.iter().take(3).enumerate() {
                    write!(f, "{} record {}: {}", if i == 0 { "" } else { ";" }, record.index, record.reason)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ValidateError {}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("a record of a compacted topic needs a key"),
            Self::Timestamp { timestamp, earliest, latest } => {
                write!(f, "the timestamp {timestamp} is outside {earliest} to {latest}")
            }
            Self::LogAppendTime => f.write_str("a producer may not say that its timestamps are LogAppendTime"),
        }
    }
}

/// Checks the records of one partition in a Produce request, and makes them what is to be written.
///
/// `now` is the wall clock: the timestamp under LogAppendTime, and what CreateTime is compared with.
///
/// # Errors
/// The batch is refused as a whole; see [`ValidateError::error_code`]. The order of the checks is Kafka's, so that a
/// batch with two faults gets Kafka's answer.
pub fn validate_produce<'a>(bytes: &'a [u8], rules: &Rules, now: Timestamp) -> Result<Validated<'a>, ValidateError> {
    let batch = only_batch(bytes)?;
    let source = check_header(&batch, rules)?;
    let target = rules.compression.filter(|target| target.codec() != source);
    let walk = match rules.policy {
        ValidationPolicy::Header => false,
        ValidationPolicy::Walk => source == CompressionType::None,
        ValidationPolicy::Full => true,
    };
    if walk || rules.compacted || target.is_some() || !header_timestamps_are_fine(&batch, rules, now) {
        let body = batch.decompress(rules.decompressed_bytes_max).map_err(ValidateError::Decompress)?;
        let walked = walk_records(&batch, &body, rules, now)?;
        if !walked.consecutive {
            return rebuild(&batch, &body, target.unwrap_or(Compression::of(source)), &walked, rules, now);
        }
        finish(batch, target.map(|target| (target, body)), Some(walked), rules, now)
    } else {
        finish(batch, None, None, rules, now)
    }
}

/// The batch that all of the bytes are, but for bytes behind it that are not even the front of another.
fn only_batch(bytes: &[u8]) -> Result<RecordBatch<'_>, ValidateError> {
    let (batch, rest) = next_batch(bytes).map_err(ValidateError::Batch)?.ok_or(ValidateError::NoBatch)?;
    match next_batch(rest) {
        Ok(None) | Err(BatchError::Short { .. }) => Ok(batch),
        // A batch too short for its format, or of an old one, is a second batch all the same.
        Ok(Some(_)) | Err(BatchError::Magic { magic: 0..=2 }) => Err(ValidateError::SecondBatch),
        Err(e) => Err(ValidateError::Batch(e)),
    }
}

fn check_header(batch: &RecordBatch<'_>, rules: &Rules) -> Result<CompressionType, ValidateError> {
    if batch.base_offset != Offset::ZERO {
        return Err(ValidateError::BaseOffset(batch.base_offset));
    }
    check_size(batch.size(), rules)?;
    if !batch.crc_is_valid() {
        return Err(ValidateError::Crc { stored: batch.crc });
    }
    let codec = batch.attributes.compression().ok_or(ValidateError::Decompress(DecompressError::UnknownCodec))?;
    let (count, last_offset_delta) = (batch.record_count, batch.last_offset_delta);
    if count < 1 || i64::from(count) != i64::from(last_offset_delta) + 1 {
        return Err(ValidateError::Count { count, last_offset_delta });
    }
    if batch.attributes.is_control() {
        return Err(ValidateError::Control);
    }
    if batch.has_producer_id() && batch.base_sequence < 0 {
        return Err(ValidateError::Sequence(batch.base_sequence));
    }
    Ok(codec)
}

fn check_size(size: usize, rules: &Rules) -> Result<(), ValidateError> {
    let max = rules.max_message_bytes;
    if size > max { Err(ValidateError::TooLarge { size, max }) } else { Ok(()) }
}

/// Whether the header gives no reason to ask the records for their timestamps.
fn header_timestamps_are_fine(batch: &RecordBatch<'_>, rules: &Rules, now: Timestamp) -> bool {
    batch.attributes.timestamp_type() == TimestampType::CreateTime
        && (rules.timestamp_type == TimestampType::LogAppendTime
            || batch.base_timestamp <= batch.max_timestamp
                && timestamp_is_allowed(batch.base_timestamp, rules, now)
                && timestamp_is_allowed(batch.max_timestamp, rules, now))
}

/// Whether CreateTime may be `timestamp`. A record without a timestamp is always taken; one so old that its age is no
/// number never is, as in Apache Kafka, where the age overflows.
fn timestamp_is_allowed(timestamp: Timestamp, rules: &Rules, now: Timestamp) -> bool {
    timestamp == Timestamp::NONE
        || now.0.checked_sub(timestamp.0).is_some_and(|age| {
            age <= rules.timestamp_before_max_ms && age >= rules.timestamp_after_max_ms.saturating_neg()
        })
}

/// What the records turned out to be.
struct Walked {
    max_timestamp: Timestamp,
    max_timestamp_delta: i32,
    /// Whether the offset deltas are 0, 1, 2, …
    consecutive: bool,
}

fn walk_records(batch: &RecordBatch<'_>, body: &[u8], rules: &Rules, now: Timestamp) -> Result<Walked, ValidateError> {
    let mut walked = Walked { max_timestamp: Timestamp::NONE, max_timestamp_delta: 0, consecutive: true };
    let mut rejected = Vec::new();
    for record in batch.records(body).with_create_time() {
        let record = record.map_err(ValidateError::Record)?;
        if record.timestamp > walked.max_timestamp {
            walked.max_timestamp = record.timestamp;
            walked.max_timestamp_delta = record.index;
        }
        walked.consecutive &= record.offset_delta == record.index;
        if let Some(reason) = rejection(&record, batch, rules, now)
            && rejected.len() < REJECTED_RECORDS_MAX
        {
            rejected.push(RejectedRecord { index: record.index, reason });
        }
    }
    if rejected.is_empty() { Ok(walked) } else { Err(ValidateError::Rejected(rejected)) }
}

fn rejection(record: &Record<'_>, batch: &RecordBatch<'_>, rules: &Rules, now: Timestamp) -> Option<Rejection> {
    if rules.compacted && record.key.is_none() {
        return Some(Rejection::NoKey);
    }
    match rules.timestamp_type {
        TimestampType::CreateTime => {
            (!timestamp_is_allowed(record.timestamp, rules, now)).then_some(Rejection::Timestamp {
                timestamp: record.timestamp,
                earliest: Timestamp(now.0.saturating_sub(rules.timestamp_before_max_ms)),
                latest: Timestamp(now.0.saturating_add(rules.timestamp_after_max_ms)),
            })
        }
        TimestampType::LogAppendTime => {
            (batch.attributes.timestamp_type() == TimestampType::LogAppendTime).then_some(Rejection::LogAppendTime)
        }
    }
}

/// The batch with what is decided about it, copied only if that is anything new.
fn finish<'a>(
    batch: RecordBatch<'a>,
    recompress: Option<(Compression, Cow<'a, [u8]>)>,
    walked: Option<Walked>,
    rules: &Rules,
    now: Timestamp,
) -> Result<Validated<'a>, ValidateError> {
    let (max_timestamp, max_timestamp_delta) = match (rules.timestamp_type, walked) {
        (TimestampType::LogAppendTime, _) => (now, Some(0)),
        (TimestampType::CreateTime, Some(walked)) => (walked.max_timestamp, Some(walked.max_timestamp_delta)),
        (TimestampType::CreateTime, None) => (batch.max_timestamp, None),
    };
    let attributes = batch.attributes.with_timestamp_type(rules.timestamp_type);
    let bytes = if let Some((target, body)) = recompress {
        let mut uncompressed = Vec::with_capacity(HEADER_SIZE + body.len());
        uncompressed.resize(HEADER_SIZE, 0);
        uncompressed.extend_from_slice(&body);
        let bytes = builder::finish(BatchHeader { attributes, max_timestamp, ..*batch.header() }, uncompressed, target);
        check_size(bytes.len(), rules)?;
        Cow::Owned(bytes)
    } else if attributes != batch.attributes || max_timestamp != batch.max_timestamp {
        let mut bytes = batch.bytes().to_vec();
        batch::patch_timestamps(&mut bytes, rules.timestamp_type, max_timestamp);
        Cow::Owned(bytes)
    } else {
        Cow::Borrowed(batch.bytes())
    };
    let header = match &bytes {
        Cow::Borrowed(_) => *batch.header(),
        Cow::Owned(bytes) => BatchHeader::read(bytes).expect("a batch made from a batch"),
    };
    Ok(Validated { bytes, header, max_timestamp_delta })
}

/// The batch with its records numbered 0, 1, 2, … in the order in which they stand.
fn rebuild(
    batch: &RecordBatch<'_>,
    body: &[u8],
    compression: Compression,
    walked: &Walked,
    rules: &Rules,
    now: Timestamp,
) -> Result<Validated<'static>, ValidateError> {
    let mut builder = BatchBuilder::new(compression).leader_epoch(batch.partition_leader_epoch).producer(
        batch.producer_id,
        batch.producer_epoch,
        batch.base_sequence,
    );
    if batch.attributes.is_transactional() {
        builder = builder.transactional();
    }
    let max_timestamp_delta = match rules.timestamp_type {
        TimestampType::CreateTime => walked.max_timestamp_delta,
        TimestampType::LogAppendTime => {
            builder = builder.log_append_time(now);
            0
        }
    };
    for record in batch.records(body).with_create_time() {
        builder.append_record(&record.map_err(ValidateError::Record)?);
    }
    let bytes = builder.build();
    check_size(bytes.len(), rules)?;
    let header = BatchHeader::read(&bytes).expect("a batch just built");
    Ok(Validated { bytes: Cow::Owned(bytes), header, max_timestamp_delta: Some(max_timestamp_delta) })
}

#[cfg(test)]
mod tests;
