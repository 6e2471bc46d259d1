//! Reading: a range of a file, found without copying it.

use std::{fmt, sync::Arc};

use protocol::{
    records::RecordBatch,
    types::{LeaderEpoch, Offset, Timestamp},
};

use super::{Damage, DiskError, FileRange, Log};
use crate::{
    bugs::{self, Bug},
    disk::read_exact,
    segment::{Place, Segment},
};

/// Why an offset could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is not in the log. Kafka code 1.
    OutOfRange {
        /// Where the log starts.
        start: Offset,
        /// Where it ends.
        end: Offset,
    },
    /// It is in a part of the log that is damaged. Kafka code 56; what is before and behind can be read.
    Damaged(Box<Damage>),
    /// A batch in the way cannot be decompressed or is not what it says. Kafka code 2.
    Corrupt {
        /// The batch's base offset.
        base: Offset,
    },
    /// The disk failed, now or before, or the log was removed or stopped. Kafka code 56.
    Offline(Arc<str>),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { start, end } => write!(f, "the log holds the offsets {start} to {end}"),
            Self::Damaged(damage) => damage.fmt(f),
            Self::Corrupt { base } => write!(f, "the batch at offset {base} is corrupt"),
            Self::Offline(reason) => write!(f, "the log is offline: {reason}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What was found at an offset.
#[derive(Clone, Debug)]
pub struct LogRead {
    /// Base offset of the first batch: at or before the offset asked for, or after it where compaction left a gap.
    pub base: Offset,
    /// The bytes, from the first batch's on. The last batch may be cut.
    pub range: FileRange,
}

/// A record found by its timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// The record's timestamp.
    pub timestamp: Timestamp,
    /// Its offset.
    pub offset: Offset,
    /// The leader epoch that wrote it, or -1.
    pub leader_epoch: LeaderEpoch,
}

/// How much a batch may decompress to when a record is looked for by its timestamp.
const DECOMPRESSED_MAX: usize = 256 << 20;

impl Log {
    /// Finds the bytes from `offset` on.
    ///
    /// # Arguments
    /// - `max_bytes`: how many at most. The first batch is given whole even if it has more, if `at_least_one` is set,
    ///   or a consumer could never get past it; without it, a batch that does not fit is cut.
    /// - `until`: no batch that begins at or beyond this offset: the high watermark or the last stable offset.
    ///
    /// # Returns
    /// `None` if there is nothing to read (yet). The bytes end with their segment, so there may be more behind them.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] below [`Log::start`] and above [`Log::end`]; [`ReadError::Damaged`].
    ///
    /// Source: Kafka `LocalLog.read`, `LogSegment.read`; KIP-74 (the first batch).
    pub fn read(
        &self,
        offset: Offset,
        max_bytes: u32,
        until: Offset,
        at_least_one: bool,
    ) -> Result<Option<LogRead>, ReadError> {
        self.check_open().map_err(ReadError::Offline)?;
        if offset < self.start || offset > self.end {
            return Err(ReadError::OutOfRange { start: self.start, end: self.end });
        }
        if offset >= until.min(self.end) {
            return Ok(None);
        }
        let first = self.segment_of(offset).unwrap_or(0);
        for segment in &self.segments[first..] {
            if segment.base >= until {
                break;
            }
            let place = self.on_disk(segment.locate(&self.shared, &self.dir, offset))?;
            self.check_damage(segment, offset)?;
            let Some(place) = place else { continue };
            if place.base >= until {
                break;
            }
            let bound = if until >= self.end || bugs::on(Bug::ReadsBeyondBound) {
                segment.size
            } else {
                let next = self.on_disk(segment.locate(&self.shared, &self.dir, until))?;
                next.map_or(segment.size, |next| next.position)
            };
            let max_bytes = u64::from(max_bytes).max(if at_least_one { place.size } else { 0 });
            let len = max_bytes.min(bound.saturating_sub(place.position));
            if len == 0 {
                return Ok(None);
            }
            let end = self.on_disk(segment.examine(&self.shared, &self.dir, place, place.position + len))?;
            self.check_damage(segment, offset)?;
            let len = len.min(end.saturating_sub(place.position));
            let file = self.on_disk(segment.file(&self.shared, &self.dir))?;
            let range = FileRange { file, position: place.position, len };
            return Ok(Some(LogRead { base: place.base, range }));
        }
        Ok(None)
    }

    /// Whether a reader that comes to `segment` for `offset` would be led over something that is damaged.
    fn check_damage(&self, segment: &Segment, offset: Offset) -> Result<(), ReadError> {
        match segment.hole_at(offset.max(segment.base)) {
            Some(hole) => Err(ReadError::Damaged(Box::new(Damage::of(&self.dir, segment.base, &hole)))),
            None => Ok(()),
        }
    }

    /// How many bytes of batches there are from `offset` up to `until`, roughly: what a fetch that waits may count on.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn bytes_between(&self, offset: Offset, until: Offset) -> Result<u64, ReadError> {
        self.check_open().map_err(ReadError::Offline)?;
        let position = |offset: Offset| -> Result<u64, ReadError> {
            let Some(at) = self.segment_of(offset) else { return Ok(0) };
            let before: u64 = self.segments[..at].iter().map(|segment| segment.size).sum();
            let segment = &self.segments[at];
            if offset >= self.end {
                return Ok(before + segment.size);
            }
            let place = self.on_disk(segment.locate(&self.shared, &self.dir, offset))?;
            Ok(before + place.map_or(segment.size, |place| place.position))
        };
        Ok(position(until.min(self.end))?.saturating_sub(position(offset.max(self.start))?))
    }

    /// Finds the first record with a timestamp of at least `timestamp`; exact, inside of batches too.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the batch that should have it cannot be read.
    ///
    /// Source: Kafka `LogSegment.findOffsetByTimestamp`; KIP-79.
    pub fn offset_for_timestamp(&self, timestamp: Timestamp) -> Result<Option<TimestampOffset>, ReadError> {
        self.check_open().map_err(ReadError::Offline)?;
        for segment in &self.segments {
            let largest = self.on_disk(segment.largest(&self.shared, &self.dir))?;
            if largest.is_none_or(|(largest, _)| largest < timestamp) {
                continue;
            }
            let mut from = self.start;
            while let Some(place) = self.on_disk(segment.locate_time(&self.shared, &self.dir, timestamp, from))? {
                let bytes = self.on_disk(self.read_batch(segment, place))?;
                if let Some(found) = self.first_record(&bytes, place, timestamp)? {
                    return Ok(Some(found));
                }
                // A header may claim a larger timestamp than its records have, or the record is below the start.
                let Some(batch) = RecordBatch::new(&bytes) else { return Err(ReadError::Corrupt { base: place.base }) };
                from = batch.next_offset();
            }
        }
        Ok(None)
    }

    /// Finds the record with the largest timestamp; the first, if several have it.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if its batch cannot be read.
    ///
    /// Source: Kafka `UnifiedLog.fetchOffsetByTimestamp` for `MAX_TIMESTAMP`; KIP-734.
    pub fn max_timestamp(&self) -> Result<Option<TimestampOffset>, ReadError> {
        self.check_open().map_err(ReadError::Offline)?;
        let mut largest: Option<(Timestamp, Offset, &Segment)> = None;
        for segment in &self.segments {
            let found = self.on_disk(segment.largest(&self.shared, &self.dir))?;
            if let Some((timestamp, offset)) = found
                && largest.is_none_or(|(known, _, _)| timestamp > known)
            {
                largest = Some((timestamp, offset, segment));
            }
        }
        let Some((timestamp, offset, segment)) = largest else { return Ok(None) };
        let Some(place) = self.on_disk(segment.locate(&self.shared, &self.dir, offset))? else { return Ok(None) };
        let bytes = self.on_disk(self.read_batch(segment, place))?;
        self.first_record(&bytes, place, timestamp)
    }

    fn read_batch(&self, segment: &Segment, place: Place) -> Result<Vec<u8>, DiskError> {
        let mut bytes = vec![0; place.size as usize];
        read_exact(&*segment.file(&self.shared, &self.dir)?, place.position, &mut bytes)?;
        Ok(bytes)
    }

    /// The first record of the batch that has at least this timestamp and may be read.
    fn first_record(
        &self,
        bytes: &[u8],
        place: Place,
        timestamp: Timestamp,
    ) -> Result<Option<TimestampOffset>, ReadError> {
        let corrupt = ReadError::Corrupt { base: place.base };
        let batch = RecordBatch::new(bytes).ok_or_else(|| corrupt.clone())?;
        let body = batch.decompress(DECOMPRESSED_MAX).map_err(|_| corrupt.clone())?;
        for record in batch.records(&body) {
            let record = record.map_err(|_| corrupt.clone())?;
            if record.timestamp >= timestamp && record.offset >= self.start {
                let leader_epoch = batch.partition_leader_epoch;
                return Ok(Some(TimestampOffset { timestamp: record.timestamp, offset: record.offset, leader_epoch }));
            }
        }
        Ok(None)
    }

    /// An error of the disk takes the directory out of use.
    pub(super) fn on_disk<T>(&self, result: Result<T, DiskError>) -> Result<T, ReadError> {
        result.map_err(|error| ReadError::Offline(self.shared.fail(&error)))
    }
}
