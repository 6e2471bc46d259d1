//! One cleaning of one log: what it reads, and in which order.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use protocol::{
    records::RecordBatch,
    types::{Offset, ProducerId, Timestamp, TopicPartition},
};

use super::{
    CleanError, CleanLimits, Cleanable, CleanedGroup, CleanedTransactions, Filter, LastWrite, OffsetMap, Pace,
    Unreadable, filter::each_record, group::GroupWriter,
};
use crate::{
    LogConfig,
    bugs::{self, Bug},
    cache::Slot,
    disk::{DiskError, DiskFile, Open},
    index::relative,
    names::Kind,
    producer_state::{Marker, ProducerStates},
    scan::{Step, Walk},
    shared::Shared,
};

/// A segment to be read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) base: Offset,
    /// Where the next segment begins.
    pub(crate) next: Offset,
    pub(crate) size: u64,
    pub(crate) touched: Timestamp,
    pub(crate) file: Arc<Slot<Arc<dyn DiskFile>>>,
}

/// What a log tells a cleaning.
#[derive(Debug)]
pub(crate) struct JobInput {
    pub(crate) shared: Arc<Shared>,
    pub(crate) partition: TopicPartition,
    pub(crate) dir: PathBuf,
    pub(crate) generation: u64,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) config: LogConfig,
    pub(crate) now: Timestamp,
    pub(crate) what: Cleanable,
    /// The segments that may be cleaned, oldest first, and behind them those that are read for their markers only.
    pub(crate) sources: Vec<Source>,
    /// All transactions with a record in what is cleaned have their marker below.
    pub(crate) high_watermark: Offset,
    pub(crate) last_writes: BTreeMap<ProducerId, LastWrite>,
}

/// What a cleaning came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cleaned {
    /// Where it began.
    pub from: Offset,
    /// Everything below is clean now.
    pub to: Offset,
    /// Bytes read to be written anew.
    pub bytes_read: u64,
    /// Bytes of those that stayed.
    pub bytes_kept: u64,
    /// Which part of the map's memory was in use, from 0 to 1.
    pub map_utilization: f64,
}

/// A cleaning of one log, to be run without its lock: [`prepare`](Self::prepare), then
/// [`next_group`](Self::next_group) and [`Log::install`](crate::Log::install) until there is none, then
/// [`Log::clean_done`](crate::Log::clean_done).
#[derive(Debug)]
#[must_use = "nothing is cleaned until the job is run"]
pub struct CleanJob {
    pub(crate) input: JobInput,
    limits: CleanLimits,
    map: OffsetMap,
    transactions: CleanedTransactions,
    /// Indexes into the sources.
    groups: VecDeque<Range<usize>>,
    pub(crate) cleaned: Cleaned,
}

impl CleanJob {
    pub(crate) fn new(input: JobInput, limits: CleanLimits) -> Self {
        let cleaned = Cleaned { from: input.what.first_dirty, to: input.what.first_dirty, ..Cleaned::default() };
        let map = OffsetMap::new(0, limits.load_factor, 0, limits.secret);
        Self { input, limits, map, transactions: CleanedTransactions::default(), groups: VecDeque::new(), cleaned }
    }

    /// Whose log it is.
    #[must_use]
    pub fn partition(&self) -> &TopicPartition {
        &self.input.partition
    }

    /// What it is going to clean.
    #[must_use]
    pub fn what(&self) -> Cleanable {
        self.input.what
    }

    /// Finds the aborted transactions, and the newest offset of each key that is not clean.
    ///
    /// # Errors
    /// [`CleanError`].
    pub fn prepare(&mut self, pace: Pace<'_>) -> Result<(), CleanError> {
        let (aborted, records) = self.scan_headers(pace)?;
        self.transactions = CleanedTransactions::new(aborted);
        let CleanLimits { map_bytes_max, load_factor, secret, .. } = self.limits;
        self.map = OffsetMap::new(map_bytes_max, load_factor, records, secret);
        self.cleaned.to = self.map_keys(pace)?;
        self.cleaned.map_utilization = self.map.utilization(map_bytes_max);
        self.groups = self.group();
        Ok(())
    }

    /// The aborted transactions of which something may be in what is cleaned, and how many records are dirty.
    fn scan_headers(&self, pace: Pace<'_>) -> Result<(Vec<crate::txn_index::AbortedTxn>, u64), CleanError> {
        let Cleanable { first_dirty, bound, .. } = self.input.what;
        let (mut producers, mut aborted, mut records) = (ProducerStates::default(), Vec::new(), 0);
        for source in &self.input.sources {
            self.go_on(pace, 0)?;
            // Behind the bound only for the markers of what is open there.
            if source.base >= bound && producers.first_unstable(Offset(i64::MAX)).is_none() {
                break;
            }
            let file = self.open(source)?;
            let mut walk = Walk::headers(&*file, 0, source.size);
            while let Some(found) = next(source, &mut walk)? {
                let header = &found.header;
                if header.base_offset >= self.input.high_watermark {
                    return Ok((aborted, records));
                }
                let is_control = header.attributes.is_control();
                let marker = if is_control && header.record_count > 0 {
                    let marker = walk.batch(&found)?.as_ref().and_then(Marker::of);
                    Some(marker.ok_or_else(|| damaged(header.base_offset, &"it is no marker, and should be one"))?)
                } else {
                    None
                };
                aborted.extend(producers.apply(header, marker));
                if !is_control && header.next_offset() > first_dirty && header.base_offset < bound {
                    records += u64::from(header.record_count.max(0).unsigned_abs());
                }
            }
        }
        Ok((aborted, records))
    }

    /// Fills the map. Returns up to where everything is in it.
    fn map_keys(&mut self, pace: Pace<'_>) -> Result<Offset, CleanError> {
        let Cleanable { first_dirty, bound, .. } = self.input.what;
        let mut map = std::mem::replace(&mut self.map, OffsetMap::new(0, 0.5, 0, [0; 2]));
        let mut transactions = self.transactions.clone();
        let mut full_at = None;
        'sources: for source in self.input.sources.iter().filter(|source| source.base < bound) {
            let file = self.open(source)?;
            let mut walk = self.walk(source, &*file);
            while let Some(found) = next(source, &mut walk)? {
                if found.header.attributes.is_control() {
                    if let Some(batch) = walk.batch(&found)? {
                        transactions.marker_fate(&batch);
                    }
                    continue;
                }
                let is_aborted = transactions.is_aborted(&found.header);
                if is_aborted || found.header.next_offset() <= first_dirty {
                    continue;
                }
                let batch = whole(&mut walk, &found)?;
                let base = found.header.base_offset;
                let place = |offset| if bugs::on(Bug::KeysByBatch) { base } else { offset };
                each_record(&batch, |record| {
                    if record.offset < first_dirty || record.key.is_none_or(|key| map.put(key, place(record.offset))) {
                        return true;
                    }
                    full_at = Some(if bugs::on(Bug::CleansFromBatchStart) { base } else { record.offset });
                    false
                })?;
                if full_at.is_some() {
                    break 'sources;
                }
                self.go_on(pace, found.header.size() as u64)?;
            }
        }
        self.map = map;
        Ok(full_at.unwrap_or(bound))
    }

    /// Which segments become one.
    ///
    /// Source: Kafka `Cleaner.groupSegmentsBySize`.
    fn group(&self) -> VecDeque<Range<usize>> {
        let mut groups: VecDeque<Range<usize>> = VecDeque::new();
        let mut size = 0;
        let sources = self.input.sources.iter().take_while(|source| source.base < self.cleaned.to);
        for (at, source) in sources.enumerate().filter(|(_, source)| source.base < self.input.what.bound) {
            let fits = |group: &&mut Range<usize>| {
                size + source.size <= u64::from(self.input.config.segment_bytes)
                    && relative(self.input.sources[group.start].base, source.next).is_some()
            };
            match groups.back_mut().filter(fits) {
                Some(group) => {
                    group.end = at + 1;
                    size += source.size;
                }
                None => {
                    groups.push_back(at..at + 1);
                    size = source.size;
                }
            }
        }
        groups
    }

    /// Writes the next group of segments anew, beside the old ones; `None` if that was the last.
    ///
    /// # Errors
    /// [`CleanError`]; what was written of the group is gone again, if the disk lets it.
    pub fn next_group(&mut self, pace: Pace<'_>) -> Result<Option<CleanedGroup>, CleanError> {
        while let Some(group) = self.groups.pop_front() {
            let sources = self.input.sources[group].to_vec();
            let mut writer = GroupWriter::new(&self.input, sources.clone(), self.limits.io_bytes);
            let written = self.write(&sources, &mut writer, pace);
            let group = written.and_then(|is_changed| if is_changed { writer.finish().map(Some) } else { Ok(None) });
            match group {
                Ok(Some(group)) => return Ok(Some(group)),
                Ok(None) => writer.discard(),
                Err(error) => {
                    writer.discard();
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// Writes what stays of some segments. Returns whether that is something else than they are.
    fn write(&mut self, sources: &[Source], writer: &mut GroupWriter, pace: Pace<'_>) -> Result<bool, CleanError> {
        let mut is_changed = sources.len() > 1;
        let (last, bound) = (sources.last().expect("a group has a segment").next, self.input.what.bound);
        for source in sources {
            let file = self.open(source)?;
            let mut walk = self.walk(source, &*file);
            while let Some(found) = next(source, &mut walk)? {
                let batch = whole(&mut walk, &found)?;
                let filter = Filter {
                    map: &self.map,
                    mapped: self.cleaned.to,
                    now: self.input.now,
                    delete_retention_ms: self.input.config.delete_retention_ms,
                    last_writes: &self.input.last_writes,
                    compression: self.input.config.compression,
                };
                let ends = [last, bound].contains(&batch.next_offset());
                let kept = filter.apply(&batch, &mut self.transactions, ends)?;
                let written = writer.write(&batch, &kept, self.transactions.take_left())?;
                is_changed |= kept != super::Kept::Whole;
                self.cleaned.bytes_read += found.header.size() as u64;
                self.cleaned.bytes_kept += written;
                self.go_on(pace, found.header.size() as u64 + written)?;
            }
        }
        Ok(is_changed)
    }

    fn walk<'a>(&self, source: &Source, file: &'a dyn DiskFile) -> Walk<'a> {
        Walk::in_chunks(file, source.size, self.limits.io_bytes)
    }

    /// The file of a segment, which retention may have taken away meanwhile.
    fn open(&self, source: &Source) -> Result<Arc<dyn DiskFile>, CleanError> {
        let JobInput { shared, dir, .. } = &self.input;
        let open = || shared.disk.open(&Kind::Log.path(dir, source.base), Open::Existing);
        match shared.files.get(&source.file, open) {
            Err(error) if error.is_missing() => Err(CleanError::Aborted),
            opened => Ok(opened?),
        }
    }

    fn go_on(&self, pace: Pace<'_>, bytes: u64) -> Result<(), CleanError> {
        if self.input.cancelled.load(Ordering::Acquire) || !pace(bytes) { Err(CleanError::Aborted) } else { Ok(()) }
    }
}

fn damaged(base: Offset, reason: &dyn std::fmt::Display) -> CleanError {
    Unreadable { base, reason: reason.to_string() }.into()
}

/// The next batch of a segment.
fn next(source: &Source, walk: &mut Walk<'_>) -> Result<Option<crate::scan::Found>, CleanError> {
    match walk.step()? {
        Step::Batch(found) => {
            let header = &found.header;
            let is_placed = header.base_offset >= source.base
                && header.last_offset_delta >= 0
                && header.next_offset() <= source.next;
            if is_placed { Ok(Some(found)) } else { Err(damaged(header.base_offset, &"it is out of place")) }
        }
        Step::End => Ok(None),
        Step::Flaw(flaw) => Err(damaged(source.base, &format_args!("behind byte {}, {flaw}", walk.position()))),
    }
}

/// The batch that was found, whose checksum is right.
fn whole<'a>(walk: &'a mut Walk<'_>, found: &crate::scan::Found) -> Result<RecordBatch<'a>, CleanError> {
    let batch: Result<_, DiskError> = walk.batch(found);
    batch?.ok_or_else(|| damaged(found.header.base_offset, &"its checksum is wrong"))
}
