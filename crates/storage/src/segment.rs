//! One segment of a log: a file of batches that begins at a base offset, and its indexes.
//!
//! The last segment is the *active* one: batches are added to it, its indexes live in memory, and where its last few
//! batches begin is remembered, because that is where most consumers read. The others are *sealed* and never change;
//! once their indexes are on disk they are kept in a cache only.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, OnceLock},
};

use protocol::{
    records::{BatchHeader, HEADER_SIZE},
    types::{Offset, Timestamp},
};

use crate::{
    cache::Slot,
    disk::{DiskError, DiskFile, Open, read_file},
    index::{OffsetEntry, SegmentIndex, relative},
    names::Kind,
    scan::{Found, Step, Walk},
    shared::Shared,
};

/// How many of the active segment's last batches are found without reading.
const RECENT_MAX: usize = 64;

/// The largest timestamp of a segment, and the last offset of the first batch that has it.
pub(crate) type Largest = Option<(Timestamp, Offset)>;

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base: Offset,
    /// Bytes of the file that are batches; nobody reads beyond.
    pub(crate) size: u64,
    /// Largest timestamp of the first batch: the segment's age counts from it.
    pub(crate) first_timestamp: Option<Timestamp>,
    /// When a batch was last added, or the log was opened: stands in where batches have no timestamps.
    pub(crate) touched: Timestamp,
    file: Arc<Slot<Arc<dyn DiskFile>>>,
    index: Index,
    /// Where a batch is, for the last few batches of the active segment.
    recent: VecDeque<Recent>,
    bytes_since_entry: u64,
}

#[derive(Debug)]
enum Index {
    /// In memory only, or to be written.
    Held { index: SegmentIndex, largest: Largest },
    /// In its files.
    Stored { slot: Arc<Slot<Arc<SegmentIndex>>>, largest: OnceLock<Largest> },
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    base: Offset,
    last: Offset,
    position: u64,
    size: u64,
}

/// Where a batch is in its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) base: Offset,
    pub(crate) position: u64,
    pub(crate) size: u64,
}

impl From<Found> for Place {
    fn from(found: Found) -> Self {
        Self { base: found.header.base_offset, position: found.position, size: found.header.size() as u64 }
    }
}

impl Segment {
    /// An empty segment whose file is made now.
    pub(crate) fn create(
        shared: &Shared,
        dir: &Path,
        base: Offset,
        now: Timestamp,
        reserve: Option<u64>,
    ) -> Result<Self, DiskError> {
        let file = shared.disk.open(&Kind::Log.path(dir, base), Open::New)?;
        if let Some(size) = reserve
            && let Err(error) = file.allocate(size)
        {
            // The next try makes the file again.
            shared.disk.unlink(file.path())?;
            return Err(error);
        }
        let segment = Self::found(base, now);
        shared.files.put(&segment.file, file);
        Ok(segment)
    }

    /// A segment whose file is there, to be filled by [`note`](Self::note).
    pub(crate) fn found(base: Offset, now: Timestamp) -> Self {
        Self {
            base,
            size: 0,
            first_timestamp: None,
            touched: now,
            file: Slot::empty(),
            index: Index::Held { index: SegmentIndex::default(), largest: None },
            recent: VecDeque::new(),
            bytes_since_entry: 0,
        }
    }

    /// A sealed segment whose file and indexes are there.
    pub(crate) fn stored(base: Offset, size: u64, now: Timestamp) -> Self {
        let index = Index::Stored { slot: Slot::empty(), largest: OnceLock::new() };
        Self { size, index, ..Self::found(base, now) }
    }

    /// The same, to be added to: takes the index up to its last entry, whose batch ends before what
    /// [`note`](Self::note) is told next.
    pub(crate) fn resume(&mut self, index: SegmentIndex, position: u64) {
        let largest = index.times.last().map(|last| (last.timestamp, self.base.plus(i64::from(last.relative_offset))));
        self.index = Index::Held { index, largest };
        self.size = position;
    }

    pub(crate) fn file(&self, shared: &Shared, dir: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        shared.files.get(&self.file, || shared.disk.open(&Kind::Log.path(dir, self.base), Open::Existing))
    }

    /// Takes note of a batch at the end of the file.
    pub(crate) fn note(&mut self, header: &BatchHeader, index_interval: u32) {
        let (last, position, size) = (header.last_offset(), self.size, header.size() as u64);
        let relative_last = relative(self.base, last).expect("a segment is closed before its offsets are too far");
        let Index::Held { index, largest } = &mut self.index else { unreachable!("only the active segment grows") };
        if largest.is_none_or(|(timestamp, _)| header.max_timestamp > timestamp) && header.max_timestamp.0 >= 0 {
            *largest = Some((header.max_timestamp, last));
        }
        if self.bytes_since_entry > u64::from(index_interval) {
            let position = u32::try_from(position).expect("a segment is closed before it has 4 GiB");
            index.offsets.push(OffsetEntry { relative_offset: relative_last, position });
            note_largest(index, *largest, self.base);
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += size;
        if position == 0 {
            self.first_timestamp = Some(header.max_timestamp);
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent { base: header.base_offset, last, position, size });
        self.size += size;
    }

    /// How many entries the two indexes have, that of offsets first.
    pub(crate) fn index_entries(&self) -> (usize, usize) {
        match &self.index {
            Index::Held { index, .. } => (index.offsets.len(), index.times.len()),
            Index::Stored { .. } => (0, 0),
        }
    }

    /// The bytes of `.index` and `.timeindex`, the largest timestamp added to the latter; `None` if they are on disk.
    pub(crate) fn index_files(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        let Index::Held { index, largest } = &mut self.index else { return None };
        note_largest(index, *largest, self.base);
        Some((index.offset_bytes(), index.time_bytes()))
    }

    /// Whether the segment is sealed and everything about it is on the platter.
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.index, Index::Stored { .. })
    }

    /// The indexes are on disk, and the segment is sealed.
    pub(crate) fn index_stored(&mut self) {
        if let Index::Held { largest, .. } = &self.index {
            self.index = Index::Stored { slot: Slot::empty(), largest: OnceLock::from(*largest) };
            self.recent = VecDeque::new();
        }
    }

    /// Looks at the index, which is read from its files, or made from the log if they are bad.
    fn with_index<T>(
        &self,
        shared: &Shared,
        dir: &Path,
        look: impl FnOnce(&SegmentIndex) -> T,
    ) -> Result<T, DiskError> {
        match &self.index {
            Index::Held { index, .. } => Ok(look(index)),
            Index::Stored { slot, .. } => {
                let load = || -> Result<_, DiskError> {
                    Ok(Arc::new(match load_index(shared, dir, self.base, self.size)? {
                        Some(index) => index,
                        None => self.rebuild_index(shared, dir)?,
                    }))
                };
                shared.indexes.get(slot, load).map(|index| look(&index))
            }
        }
    }

    fn rebuild_index(&self, shared: &Shared, dir: &Path) -> Result<SegmentIndex, DiskError> {
        let file = self.file(shared, dir)?;
        let mut rebuilt = Self::found(self.base, self.touched);
        let mut walk = Walk::headers(&*file, 0, self.size);
        while let Step::Batch(found) = walk.step()? {
            if relative(self.base, found.header.last_offset()).is_none() {
                break;
            }
            rebuilt.note(&found.header, crate::LogConfig::default().index_interval_bytes);
        }
        rebuilt.index_files();
        match rebuilt.index {
            Index::Held { index, .. } => Ok(index),
            Index::Stored { .. } => unreachable!("a rebuilt index is held"),
        }
    }

    /// The largest timestamp, if any batch has one.
    pub(crate) fn largest(&self, shared: &Shared, dir: &Path) -> Result<Largest, DiskError> {
        match &self.index {
            Index::Held { largest, .. } => Ok(*largest),
            Index::Stored { largest, .. } => {
                if let Some(largest) = largest.get() {
                    return Ok(*largest);
                }
                let last = self.with_index(shared, dir, |index| index.times.last().copied())?;
                let found = last.map(|last| (last.timestamp, self.base.plus(i64::from(last.relative_offset))));
                Ok(*largest.get_or_init(|| found))
            }
        }
    }

    /// The first batch that ends at `offset` or later.
    pub(crate) fn locate(&self, shared: &Shared, dir: &Path, offset: Offset) -> Result<Option<Place>, DiskError> {
        let at = self.recent.partition_point(|batch| batch.last < offset);
        if let Some(batch) = self.recent.get(at)
            && (at > 0 || batch.base <= offset || batch.position == 0)
        {
            return Ok(Some(Place { base: batch.base, position: batch.position, size: batch.size }));
        }
        if at > 0 {
            return Ok(None);
        }
        let target = relative(self.base, offset).unwrap_or(if offset < self.base { 0 } else { u32::MAX });
        let entry = self.with_index(shared, dir, |index| index.entry_below(target))?;
        self.first_batch(shared, dir, entry, |header| header.last_offset() >= offset)
    }

    /// The first batch with a timestamp of at least `timestamp`, of those that end at `from` or later.
    pub(crate) fn locate_time(
        &self,
        shared: &Shared,
        dir: &Path,
        timestamp: Timestamp,
        from: Offset,
    ) -> Result<Option<Place>, DiskError> {
        let entry = self.with_index(shared, dir, |index| {
            let from = relative(self.base, from).unwrap_or(0);
            index.entry_below(index.offset_before(timestamp).max(from))
        })?;
        let wanted = |header: &BatchHeader| header.max_timestamp >= timestamp && header.last_offset() >= from;
        self.first_batch(shared, dir, entry, wanted)
    }

    /// The first batch, from the one of `entry` on, that is `wanted`. An entry that leads nowhere, as one of a file
    /// without a checksum may, is passed over.
    fn first_batch(
        &self,
        shared: &Shared,
        dir: &Path,
        entry: Option<OffsetEntry>,
        wanted: impl Fn(&BatchHeader) -> bool,
    ) -> Result<Option<Place>, DiskError> {
        let file = self.file(shared, dir)?;
        let mut walk = Walk::headers(&*file, 0, self.size);
        if let Some(entry) = entry {
            let mut from_entry = Walk::headers(&*file, u64::from(entry.position).min(self.size), self.size);
            if let Step::Batch(found) = from_entry.step()?
                && relative(self.base, found.header.last_offset()) == Some(entry.relative_offset)
            {
                if wanted(&found.header) {
                    return Ok(Some(found.into()));
                }
                walk = from_entry;
            }
        }
        while let Step::Batch(found) = walk.step()? {
            if wanted(&found.header) {
                return Ok(Some(found.into()));
            }
        }
        Ok(None)
    }
}

fn note_largest(index: &mut SegmentIndex, largest: Largest, base: Offset) {
    if let Some((timestamp, offset)) = largest {
        index.note_time(timestamp, relative(base, offset).expect("it is the offset of a batch of the segment"));
    }
}

/// The indexes in the files of a segment; `None` if one is missing or bad.
pub(crate) fn load_index(
    shared: &Shared,
    dir: &Path,
    base: Offset,
    size: u64,
) -> Result<Option<SegmentIndex>, DiskError> {
    // An index has at most an entry for each batch; a file larger than that is none of ours to read.
    let size_max = size / HEADER_SIZE as u64 * 12 + 12;
    let read = |kind: Kind| match read_file(&*shared.disk, &kind.path(dir, base), size_max) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() || error.source.kind() == std::io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error),
    };
    let (Some(offsets), Some(times)) = (read(Kind::Index)?, read(Kind::TimeIndex)?) else { return Ok(None) };
    Ok(SegmentIndex::from_bytes(&offsets, &times, size))
}
