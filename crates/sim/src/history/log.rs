//! What is known of one partition's log.

use std::collections::BTreeMap;

/// What a record is known to survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// A kill.
    Memory,
    /// A power cut too.
    Disk,
}

/// A log as it was found.
#[derive(Debug)]
pub struct Seen {
    /// Its first offset.
    pub start: i64,
    /// One past its last.
    pub end: i64,
    /// Its high watermark.
    pub high_watermark: i64,
    /// Offsets and values, ascending.
    pub records: Vec<(i64, u64)>,
}

/// What is known of a log.
#[derive(Debug, Default)]
pub struct PartitionLog {
    by_offset: BTreeMap<i64, (u64, Kept)>,
    by_value: BTreeMap<u64, i64>,
    /// The highest that anybody was told or could conclude.
    pub high_watermark: i64,
    /// Everything below was deleted, and that was acknowledged.
    pub start_acked: i64,
    /// Nothing from here on was asked to be deleted.
    pub start_tried: i64,
    /// How often records were lost as they may be: by a power cut, in a topic of `process-crash`.
    pub losses: u32,
}

impl PartitionLog {
    /// `value` is at `offset`.
    ///
    /// # Errors
    /// What is known contradicts it.
    pub fn learn(&mut self, offset: i64, value: u64, kept: Kept, is_ordered: bool) -> Result<(), String> {
        if let Some((known, strength)) = self.by_offset.get_mut(&offset) {
            if *known != value {
                return Err(format!("value {value:#x}, where {known:#x} was before"));
            }
            *strength = kept.max(*strength);
            return Ok(());
        }
        if let Some(other) = self.by_value.get(&value) {
            return Err(format!("value {value:#x}, which is at offset {other} too: a duplicate"));
        }
        if is_ordered {
            let before = self.by_value.range(..value).next_back().filter(|(other, _)| *other >> 32 == value >> 32);
            let after = self.by_value.range(value..).next().filter(|(other, _)| *other >> 32 == value >> 32);
            if before.is_some_and(|(_, &at)| at > offset) || after.is_some_and(|(_, &at)| at < offset) {
                return Err(format!("value {value:#x} is out of order: {before:x?} before, {after:x?} behind it"));
            }
        }
        self.by_offset.insert(offset, (value, kept));
        self.by_value.insert(value, offset);
        Ok(())
    }

    /// Compares with the log after a restart, and forgets what was lost as it may be.
    ///
    /// # Errors
    /// The first thing that was lost and must not have been, or makes no sense.
    pub fn compare(&mut self, seen: &Seen, power: bool, is_power_loss: bool) -> Result<(), String> {
        let Seen { start, end, high_watermark, records } = seen;
        let offsets = records.iter().map(|(offset, _)| *offset);
        if !offsets.eq(*start..*end) {
            return Err(format!("the log says {start}..{end} and holds {records:x?}"));
        }
        // Before it was acknowledged a deletion may or may not have happened.
        if *start < self.start_acked || *start > self.start_tried.max(self.start_acked) {
            let (acked, tried) = (self.start_acked, self.start_tried);
            return Err(format!(
                "the log starts at {start}; deletion up to {acked} was acknowledged, {tried} asked for"
            ));
        }
        let may_lose = power && !is_power_loss;
        if high_watermark < &self.high_watermark && !may_lose {
            return Err(format!("the high watermark fell from {} to {high_watermark}", self.high_watermark));
        }
        let lost = self.by_offset.split_off(end);
        if let Some((offset, (value, _))) = lost.iter().find(|(_, (_, kept))| !power || *kept == Kept::Disk) {
            return Err(format!("a lost write: value {value:#x} at {offset} is gone, the log ends at {end}"));
        }
        for (value, _) in lost.values() {
            self.by_value.remove(value);
        }
        if self.high_watermark > *end || !lost.is_empty() {
            self.losses += 1;
        }
        self.high_watermark = self.high_watermark.min(*end);
        Ok(())
    }

    /// Whether a reader at `offset` may be told that there is no such offset.
    #[must_use]
    pub fn may_be_out_of_range(&self, offset: i64) -> bool {
        offset < self.start_tried || offset > self.high_watermark
    }
}
