//! Batches made here: by clients, by coordinators and quorums for their own records, by a leader that recompresses.
//!
//! ```
//! # extern crate milena_protocol as protocol;
//! use protocol::records::{BatchBuilder, Compression, CompressionType, RecordBatch};
//! use protocol::types::Timestamp;
//!
//! let mut builder = BatchBuilder::new(Compression::of(CompressionType::Zstd));
//! builder.append(Timestamp(1_700_000_000_000), Some(b"key"), Some(b"value"), &[]);
//! let bytes = builder.build();
//!
//! let batch = RecordBatch::new(&bytes).unwrap();
//! let body = batch.decompress(1024).unwrap();
//! let record = batch.records(&body).next().unwrap().unwrap();
//! assert_eq!(record.value, Some(&b"value"[..]));
//! ```
//!
//! Source: Kafka `MemoryRecordsBuilder`.

use super::{
    Attributes, BatchHeader, Compression, ControlRecordType, HEADER_SIZE, Header, Record, TimestampType,
    batch::{LENGTH_END, NO_SEQUENCE, patch_crc},
};
use crate::{
    codec::Writer,
    types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp},
};

/// Collects records and makes them one batch.
#[derive(Debug)]
pub struct BatchBuilder {
    compression: Compression,
    /// The header as it will be, but for length and CRC. Its `last_offset_delta` is -1 while there are no records.
    header: BatchHeader,
    log_append_time: Option<Timestamp>,
    /// Room for the header, and the records uncompressed.
    bytes: Writer,
    /// One record's fields, whose length must be written before them.
    record: Writer,
}

impl BatchBuilder {
    /// An empty batch at base offset 0, of no leader epoch and no producer.
    #[must_use]
    pub fn new(compression: Compression) -> Self {
        Self {
            compression,
            header: BatchHeader {
                base_offset: Offset::ZERO,
                batch_length: 0,
                partition_leader_epoch: LeaderEpoch::NONE,
                crc: 0,
                attributes: Attributes::default().with_compression(compression.codec()),
                last_offset_delta: -1,
                base_timestamp: Timestamp::NONE,
                max_timestamp: Timestamp::NONE,
                producer_id: ProducerId::NONE,
                producer_epoch: ProducerEpoch::NONE,
                base_sequence: NO_SEQUENCE,
                record_count: 0,
            },
            log_append_time: None,
            bytes: Writer::over(vec![0; HEADER_SIZE]),
            record: Writer::new(),
        }
    }

    /// Gives the first record this offset.
    #[must_use]
    pub fn base_offset(mut self, offset: Offset) -> Self {
        self.header.base_offset = offset;
        self
    }

    /// Says in which epoch the batch is written.
    #[must_use]
    pub fn leader_epoch(mut self, epoch: LeaderEpoch) -> Self {
        self.header.partition_leader_epoch = epoch;
        self
    }

    /// Says which idempotent producer writes the batch, and the first record's sequence number.
    #[must_use]
    pub fn producer(mut self, id: ProducerId, epoch: ProducerEpoch, base_sequence: i32) -> Self {
        self.header.producer_id = id;
        self.header.producer_epoch = epoch;
        self.header.base_sequence = base_sequence;
        self
    }

    /// Makes the records part of their producer's transaction.
    #[must_use]
    pub fn transactional(mut self) -> Self {
        self.header.attributes = self.header.attributes.with_transactional(true);
        self
    }

    /// Makes it a control batch; see [`BatchBuilder::append_control`].
    #[must_use]
    pub fn control(mut self) -> Self {
        self.header.attributes = self.header.attributes.with_control(true);
        self
    }

    /// Says when tombstones and transaction markers in the batch may go (KIP-534). The records' timestamps count from
    /// there then, and stay what they are.
    #[must_use]
    pub fn delete_horizon(mut self, horizon: Timestamp) -> Self {
        self.header.attributes = self.header.attributes.with_delete_horizon(true);
        self.header.base_timestamp = horizon;
        self
    }

    /// Gives all records the timestamp `now`, whatever they are appended with.
    #[must_use]
    pub fn log_append_time(mut self, now: Timestamp) -> Self {
        self.header.attributes = self.header.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        self.log_append_time = Some(now);
        self
    }

    /// Appends a record at the next offset.
    ///
    /// # Panics
    /// If the record does not fit into 2 GiB.
    pub fn append(&mut self, timestamp: Timestamp, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) {
        self.append_at(self.header.last_offset_delta + 1, timestamp, key, value, headers.iter().copied());
    }

    /// Appends a record of another batch at the next offset.
    ///
    /// # Panics
    /// As [`BatchBuilder::append`].
    pub fn append_record(&mut self, record: &Record<'_>) {
        self.append_at(self.header.last_offset_delta + 1, record.timestamp, record.key, record.value, record.headers);
    }

    /// Appends a control record at the next offset.
    ///
    /// # Panics
    /// If it is not a control batch; and as [`BatchBuilder::append`].
    pub fn append_control(&mut self, timestamp: Timestamp, kind: ControlRecordType, value: &[u8]) {
        assert!(self.header.attributes.is_control(), "a control record belongs into a control batch");
        self.append(timestamp, Some(&kind.key()), Some(value), &[]);
    }

    /// Appends a record `offset_delta` behind the base offset, which leaves a gap if that is not the next one.
    ///
    /// # Panics
    /// If the delta is not above the last one; and as [`BatchBuilder::append`].
    pub fn append_at<'h>(
        &mut self,
        offset_delta: i32,
        timestamp: Timestamp,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: impl ExactSizeIterator<Item = Header<'h>>,
    ) {
        assert!(offset_delta > self.header.last_offset_delta, "offsets rise inside a batch");
        if self.is_empty() && !self.header.attributes.has_delete_horizon() {
            self.header.base_timestamp = timestamp;
        }
        let record = &mut self.record;
        record.bytes_mut().clear();
        record.put(&[0]);
        record.varlong(timestamp.0.wrapping_sub(self.header.base_timestamp.0));
        record.varint(offset_delta);
        put_bytes(record, key);
        put_bytes(record, value);
        record.varint(length(headers.len()));
        for header in headers {
            put_bytes(record, Some(header.key));
            put_bytes(record, header.value);
        }
        self.bytes.varint(length(record.len()));
        self.bytes.put(record.bytes());

        self.header.max_timestamp = self.header.max_timestamp.max(timestamp);
        self.header.last_offset_delta = offset_delta;
        self.header.record_count += 1;
    }

    /// How many records there are.
    #[must_use]
    pub const fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// Whether there are no records yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.header.record_count == 0
    }

    /// The size in bytes that the batch would have without compression.
    #[must_use]
    pub fn uncompressed_size(&self) -> usize {
        self.bytes.len()
    }

    /// The offset that the next record would get.
    #[must_use]
    pub const fn next_offset(&self) -> Offset {
        self.header.next_offset()
    }

    /// The batch, which spans offsets up to `last_offset_delta` behind the base offset, whatever its last record's is: so
    /// it keeps its last offset and sequence number when its last records are compacted away.
    ///
    /// # Panics
    /// If a record is beyond; and as [`BatchBuilder::build`].
    #[must_use]
    pub fn build_spanning(mut self, last_offset_delta: i32) -> Vec<u8> {
        assert!(last_offset_delta >= self.header.last_offset_delta, "a batch spans its records");
        self.header.last_offset_delta = last_offset_delta;
        self.build()
    }

    /// The batch.
    ///
    /// # Panics
    /// If there are no records, or more than 2 GiB of them.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        assert!(!self.is_empty(), "a batch has at least one record");
        let records = self.bytes.into_bytes();
        let header =
            BatchHeader { max_timestamp: self.log_append_time.unwrap_or(self.header.max_timestamp), ..self.header };
        finish(header, records, self.compression)
    }
}

/// A batch without records that spans the same offsets as the one with this header, and remembers its producer: what
/// compaction leaves of a batch whose records are all gone.
///
/// Source: Kafka `DefaultRecordBatch.writeEmptyHeader`.
#[must_use]
pub fn empty_batch(header: &BatchHeader) -> Vec<u8> {
    let attributes = Attributes::default()
        .with_timestamp_type(header.attributes.timestamp_type())
        .with_transactional(header.attributes.is_transactional())
        .with_control(header.attributes.is_control());
    let header = BatchHeader { attributes, base_timestamp: Timestamp::NONE, record_count: 0, ..*header };
    finish(header, vec![0; HEADER_SIZE], Compression::NONE)
}

/// A batch with the records of `uncompressed`, which has room for the header before them. Length, codec and CRC of
/// `header` are made right.
pub(super) fn finish(mut header: BatchHeader, uncompressed: Vec<u8>, compression: Compression) -> Vec<u8> {
    header.attributes = header.attributes.with_compression(compression.codec());
    let mut bytes = if compression == Compression::NONE {
        uncompressed
    } else {
        let mut bytes = Vec::with_capacity(HEADER_SIZE + uncompressed.len() / 2);
        bytes.resize(HEADER_SIZE, 0);
        compression.compress(&uncompressed[HEADER_SIZE..], &mut bytes);
        bytes
    };
    header.batch_length = length(bytes.len() - LENGTH_END);
    bytes[..HEADER_SIZE].copy_from_slice(&header.to_bytes());
    patch_crc(&mut bytes);
    bytes
}

fn put_bytes(writer: &mut Writer, bytes: Option<&[u8]>) {
    match bytes {
        None => writer.varint(-1),
        Some(bytes) => {
            writer.varint(length(bytes.len()));
            writer.put(bytes);
        }
    }
}

fn length(length: usize) -> i32 {
    i32::try_from(length).expect("records fit into 2 GiB")
}
