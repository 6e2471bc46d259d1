//! What of a batch stays.
//!
//! A record stays if it is its key's newest, or behind what the cleaning has mapped. So a batch stays as it is, or loses
//! records, or goes; offsets never change. Besides:
//!
//! - A *tombstone* (a record without a value) has to be seen by whoever read an older value. The first cleaning that meets
//!   one writes into its batch's header when it may go, `delete.retention.ms` from then: the delete horizon (KIP-534).
//!   The first cleaning after that takes it away. A marker of whose transaction nothing is left is treated alike.
//! - Records of *aborted* transactions go at once, wherever they are.
//! - The *last batch of a producer* that the log remembers stays, without records if need be: its header is what the next
//!   sequence number is compared with. So does the last batch before the end of what is cleaned, and of each segment that
//!   comes of it, or there would be a gap between segments, which looks like a loss.
//! - A record *without a key* has no place in a compacted log, and goes.
//!
//! Nothing here knows a disk. A filter is told batches in the order of the log.
//!
//! Source: Kafka `Cleaner.cleanInto`, `MemoryRecords.filterTo`; KIP-98, KIP-534.

use std::{collections::BTreeMap, fmt};

use protocol::{
    records::{BatchBuilder, Compression, CompressionType, Record, RecordBatch, TimestampType, builder::empty_batch},
    types::{Offset, ProducerEpoch, ProducerId, Timestamp},
};

use super::{CleanedTransactions, MarkerFate, OffsetMap};
use crate::{
    bugs::{self, Bug},
    producer_state::ProducerStates,
};

/// How much a batch may decompress to.
const DECOMPRESSED_MAX: usize = 256 << 20;

/// The last thing that a producer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastWrite {
    /// A batch that ends at this offset.
    Batch(Offset),
    /// Nothing but markers, the last with this epoch.
    Marker(ProducerEpoch),
}

impl LastWrite {
    /// Those of all producers that a log remembers.
    #[must_use]
    pub fn all(producers: &ProducerStates) -> BTreeMap<ProducerId, Self> {
        let of = |producer: &crate::producer_state::Producer| match producer.batches().last() {
            Some(last) => Self::Batch(last.last_offset),
            None => Self::Marker(producer.epoch),
        };
        producers.producers().iter().map(|(&id, producer)| (id, of(producer))).collect()
    }
}

/// A batch whose checksum is right and whose content is not what it says, so that nobody can tell what to keep of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The batch's base offset.
    pub base: Offset,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the batch at offset {} cannot be read: {}", self.base, self.reason)
    }
}

impl std::error::Error for Unreadable {}

/// What of a batch stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// All of it, as it is.
    Whole,
    /// These bytes: the same place in the log, with fewer records or with a delete horizon.
    Changed(Vec<u8>),
}

/// Calls `each` with the records of `batch` until it says `false`.
///
/// # Errors
/// [`Unreadable`].
pub fn each_record(batch: &RecordBatch<'_>, mut each: impl FnMut(&Record<'_>) -> bool) -> Result<(), Unreadable> {
    let unreadable = |reason: &dyn fmt::Display| Unreadable { base: batch.base_offset, reason: reason.to_string() };
    let body = batch.decompress(DECOMPRESSED_MAX).map_err(|error| unreadable(&error))?;
    for record in batch.records(&body) {
        if !each(&record.map_err(|error| unreadable(&error))?) {
            break;
        }
    }
    Ok(())
}

/// The rules of one cleaning.
#[derive(Debug)]
pub struct Filter<'a> {
    /// The newest offsets of the keys that are below `mapped`; of those below where the cleaning began only as far as
    /// they came again.
    pub map: &'a OffsetMap,
    /// What is here or behind is not in the map, and stays.
    pub mapped: Offset,
    /// Wall clock.
    pub now: Timestamp,
    /// `delete.retention.ms`.
    pub delete_retention_ms: i64,
    /// What may be asked of the log's producers.
    pub last_writes: &'a BTreeMap<ProducerId, LastWrite>,
    /// At which level batches of a codec are compressed again, if not at its default.
    pub compression: Option<Compression>,
}

impl Filter<'_> {
    /// What of `batch`, the next one, stays.
    ///
    /// # Arguments
    /// - `ends`: whether it is the last of a segment or of what is cleaned, and its header stays.
    ///
    /// # Errors
    /// [`Unreadable`]: nothing is decided.
    pub fn apply(
        &self,
        batch: &RecordBatch<'_>,
        transactions: &mut CleanedTransactions,
        ends: bool,
    ) -> Result<Kept, Unreadable> {
        let horizon = batch.delete_horizon();
        let passed = horizon.is_some_and(|horizon| horizon <= self.now);
        let is_control = batch.attributes.is_control();
        let (idle, discarded) = if is_control {
            let idle = transactions.marker_fate(batch) == MarkerFate::Idle;
            (idle, idle && passed)
        } else {
            (false, transactions.is_aborted(batch))
        };
        let header_stays = ends || self.is_last_write(batch);
        if discarded {
            return Ok(if header_stays { self.without_records(batch) } else { Kept::Nothing });
        }

        let mut stays = Vec::new();
        let (mut kept, mut tombstones, mut next_delta) = (0, false, 0);
        each_record(batch, |record| {
            let stay = is_control || self.record_stays(record, passed);
            stays.push(stay);
            kept += i32::from(stay);
            tombstones |= stay && record.value.is_none();
            let in_place = (next_delta..=batch.last_offset_delta).contains(&record.offset_delta);
            next_delta = if in_place { record.offset_delta + 1 } else { i32::MAX };
            in_place
        })?;
        if next_delta == i32::MAX {
            return Err(Unreadable { base: batch.base_offset, reason: "its offsets do not rise".to_owned() });
        }
        if kept == 0 {
            return Ok(if header_stays { self.without_records(batch) } else { Kept::Nothing });
        }
        let new_horizon = ((tombstones || idle) && horizon.is_none())
            .then(|| Timestamp(self.now.0.saturating_add(self.delete_retention_ms.max(0))));
        if kept as usize == stays.len() && new_horizon.is_none() {
            return Ok(Kept::Whole);
        }
        self.rebuild(batch, &stays, new_horizon.or(horizon)).map(Kept::Changed)
    }

    fn record_stays(&self, record: &Record<'_>, horizon_passed: bool) -> bool {
        if record.offset >= self.mapped {
            return true;
        }
        let Some(key) = record.key else { return false };
        let is_newest = self.map.get(key).is_none_or(|newest| record.offset >= newest);
        is_newest && (record.value.is_some() || !horizon_passed)
    }

    fn is_last_write(&self, batch: &RecordBatch<'_>) -> bool {
        batch.has_producer_id()
            && !bugs::on(Bug::LastBatchCompacted)
            && match self.last_writes.get(&batch.producer_id) {
                Some(LastWrite::Batch(last)) => !batch.attributes.is_control() && batch.last_offset() == *last,
                Some(LastWrite::Marker(epoch)) => batch.attributes.is_control() && batch.producer_epoch == *epoch,
                None => false,
            }
    }

    fn without_records(&self, batch: &RecordBatch<'_>) -> Kept {
        if batch.record_count == 0 { Kept::Whole } else { Kept::Changed(empty_batch(batch.header())) }
    }

    fn rebuild(
        &self,
        batch: &RecordBatch<'_>,
        stays: &[bool],
        horizon: Option<Timestamp>,
    ) -> Result<Vec<u8>, Unreadable> {
        let codec = batch.attributes.compression().unwrap_or(CompressionType::None);
        let compression = self.compression.filter(|wanted| wanted.codec() == codec).unwrap_or(Compression::of(codec));
        let mut builder = BatchBuilder::new(compression)
            .base_offset(batch.base_offset)
            .leader_epoch(batch.partition_leader_epoch)
            .producer(batch.producer_id, batch.producer_epoch, batch.base_sequence);
        if batch.attributes.is_transactional() {
            builder = builder.transactional();
        }
        if batch.attributes.is_control() {
            builder = builder.control();
        }
        if batch.attributes.timestamp_type() == TimestampType::LogAppendTime {
            builder = builder.log_append_time(batch.max_timestamp);
        }
        if let Some(horizon) = horizon {
            builder = builder.delete_horizon(horizon);
        }
        let mut stays = stays.iter();
        each_record(batch, |record| {
            if stays.next() == Some(&true) {
                builder.append_at(record.offset_delta, record.timestamp, record.key, record.value, record.headers);
            }
            true
        })?;
        Ok(builder.build_spanning(batch.last_offset_delta))
    }
}
