//! The two indexes of a segment: where an offset is, and which offset has a timestamp.
//!
//! Both are sparse, one entry per `index.interval.bytes` of log, made when a batch is appended and enough bytes went
//! before it; so the first batch of a segment never has one. They only shorten a search, which ends by reading batch
//! headers: nothing is lost with them, and whatever is wrong with a file of theirs, it is made anew from the log.
//!
//! ```text
//! .index       relative offset u32 │ position u32      of a batch's LAST offset, and where the batch begins
//! .timeindex   timestamp i64 │ relative offset u32     the largest timestamp so far, and who had it
//! ```
//!
//! Numbers are big-endian, offsets are relative to the segment's base. Apache Kafka keeps the files of the active
//! segment preallocated with zeros and cuts them when it closes the segment; we write them only then.
//!
//! Source: Kafka `OffsetIndex`, `TimeIndex`.

use protocol::types::{Offset, Timestamp};

/// Size of an entry of `.index` in bytes.
pub const OFFSET_ENTRY_SIZE: usize = 8;
/// Size of an entry of `.timeindex` in bytes.
pub const TIME_ENTRY_SIZE: usize = 12;

/// An entry of `.index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetEntry {
    /// The last offset of a batch, less the segment's base.
    pub relative_offset: u32,
    /// Where in the segment's file that batch begins.
    pub position: u32,
}

/// An entry of `.timeindex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeEntry {
    /// The largest timestamp of the segment up to here.
    pub timestamp: Timestamp,
    /// The last offset of the batch that has it, less the segment's base.
    pub relative_offset: u32,
}

/// Both indexes of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentIndex {
    /// Entries of `.index`: both numbers strictly rise.
    pub offsets: Vec<OffsetEntry>,
    /// Entries of `.timeindex`: timestamps strictly rise, offsets do not fall.
    pub times: Vec<TimeEntry>,
}

impl SegmentIndex {
    /// Where to start when looking for `relative_offset`: the batch of this entry ends at or before it. `None` is the
    /// beginning of the segment.
    pub(crate) fn entry_below(&self, relative_offset: u32) -> Option<OffsetEntry> {
        let after = self.offsets.partition_point(|entry| entry.relative_offset <= relative_offset);
        after.checked_sub(1).map(|last| self.offsets[last])
    }

    /// The relative offset to start at when looking for the first record of `timestamp` or later: every batch that
    /// ends before it is older.
    pub(crate) fn offset_before(&self, timestamp: Timestamp) -> u32 {
        let after = self.times.partition_point(|entry| entry.timestamp < timestamp);
        after.checked_sub(1).map_or(0, |last| self.times[last].relative_offset)
    }

    /// Notes that `largest`, of the batch ending at `relative_offset`, is the largest timestamp so far.
    pub(crate) fn note_time(&mut self, timestamp: Timestamp, relative_offset: u32) {
        if timestamp.0 >= 0 && self.times.last().is_none_or(|last| timestamp > last.timestamp) {
            self.times.push(TimeEntry { timestamp, relative_offset });
        }
    }

    /// The bytes of the `.index` file.
    #[must_use]
    pub fn offset_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.offsets.len() * OFFSET_ENTRY_SIZE);
        for entry in &self.offsets {
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
            bytes.extend_from_slice(&entry.position.to_be_bytes());
        }
        bytes
    }

    /// The bytes of the `.timeindex` file.
    #[must_use]
    pub fn time_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.times.len() * TIME_ENTRY_SIZE);
        for entry in &self.times {
            bytes.extend_from_slice(&entry.timestamp.0.to_be_bytes());
            bytes.extend_from_slice(&entry.relative_offset.to_be_bytes());
        }
        bytes
    }

    /// The index that the two files hold, if they can be those of a segment of `size` bytes.
    #[must_use]
    pub fn from_bytes(offset_bytes: &[u8], time_bytes: &[u8], size: u64) -> Option<Self> {
        let index = Self { offsets: read_offset_index(offset_bytes)?, times: read_time_index(time_bytes)? };
        let rises = |entries: &[OffsetEntry]| {
            entries
                .windows(2)
                .all(|pair| pair[0].relative_offset < pair[1].relative_offset && pair[0].position < pair[1].position)
        };
        let times_rise = |entries: &[TimeEntry]| {
            entries
                .windows(2)
                .all(|pair| pair[0].timestamp < pair[1].timestamp && pair[0].relative_offset <= pair[1].relative_offset)
        };
        let in_range = |relative_offset: u32| relative_offset <= i32::MAX as u32;
        let offsets_in_range = index.offsets.last().is_none_or(|last| in_range(last.relative_offset))
            && index.times.last().is_none_or(|last| in_range(last.relative_offset));
        // The first batch of a segment has no entry.
        let fits = index.offsets.first().is_none_or(|first| first.position > 0)
            && index.offsets.last().is_none_or(|last| u64::from(last.position) < size);
        (fits && offsets_in_range && rises(&index.offsets) && times_rise(&index.times)).then_some(index)
    }
}

/// The entries of an `.index` file as they stand there, zeros of preallocation included; `None` if its size is not one
/// of whole entries.
#[must_use]
pub fn read_offset_index(bytes: &[u8]) -> Option<Vec<OffsetEntry>> {
    let (entries, rest) = bytes.as_chunks::<OFFSET_ENTRY_SIZE>();
    let read = |entry: &[u8; OFFSET_ENTRY_SIZE]| {
        let number = u64::from_be_bytes(*entry);
        OffsetEntry { relative_offset: (number >> 32) as u32, position: number as u32 }
    };
    rest.is_empty().then(|| entries.iter().map(read).collect())
}

/// The entries of a `.timeindex` file as they stand there, zeros of preallocation included; `None` if its size is not
/// one of whole entries.
#[must_use]
pub fn read_time_index(bytes: &[u8]) -> Option<Vec<TimeEntry>> {
    let (entries, rest) = bytes.as_chunks::<TIME_ENTRY_SIZE>();
    let read = |entry: &[u8; TIME_ENTRY_SIZE]| {
        let (timestamp, offset) = entry.split_at(8);
        TimeEntry {
            timestamp: Timestamp(i64::from_be_bytes(timestamp.try_into().expect("8 bytes"))),
            relative_offset: u32::from_be_bytes(offset.try_into().expect("4 bytes")),
        }
    };
    rest.is_empty().then(|| entries.iter().map(read).collect())
}

/// How far `offset` is from `base`, if an index can say it.
pub(crate) fn relative(base: Offset, offset: Offset) -> Option<u32> {
    let distance = offset.0.checked_sub(base.0)?;
    (0..=i64::from(i32::MAX)).contains(&distance).then_some(distance as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_search_starts_at_the_last_entry_that_is_not_too_far() {
        let entry = |relative_offset, position| OffsetEntry { relative_offset, position };
        let index = SegmentIndex { offsets: vec![entry(5, 100), entry(9, 200)], times: vec![] };
        let found = [0, 4, 5, 8, 9, 100].map(|offset| index.entry_below(offset).map_or(0, |entry| entry.position));
        assert_eq!(found, [0, 0, 100, 100, 200, 200]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_index_or_are_refused(offsets: Vec<u8>, times: Vec<u8>, size: u32) {
            if let Some(index) = SegmentIndex::from_bytes(&offsets, &times, u64::from(size)) {
                prop_assert_eq!(index.offset_bytes(), offsets);
                prop_assert_eq!(index.time_bytes(), times);
            }
        }
    }
}
