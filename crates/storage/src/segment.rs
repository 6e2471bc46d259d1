//! One segment of a log: a file of batches that begins at a base offset, and its indexes.
//!
//! The last segment is the *active* one: batches are added to it, its indexes live in memory, and where its last few
//! batches begin is remembered, because that is where most consumers read. The others are *sealed* and never change;
//! once their indexes are on disk they are kept in a cache only.

use std::{
    collections::VecDeque,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use protocol::{
    records::{BatchHeader, HEADER_SIZE},
    types::{Offset, Timestamp},
};

use crate::{
    cache::Slot,
    compaction::Source,
    disk::{DiskError, DiskFile, Open, read_file},
    index::{OffsetEntry, SegmentIndex, relative},
    names::Kind,
    scan::{
        Found, Step, Walk,
        chain::{Chain, Expected, Hole, Link},
    },
    shared::Shared,
    txn_index::{self, AbortedTxn},
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
    /// No offset of the segment is at or beyond it: where the next segment begins, or the log ends.
    pub(crate) next: Offset,
    /// Whether compaction may have left gaps between its batches.
    pub(crate) gaps: bool,
    /// So much of the file has its space on the disk for certain; less than `size` if nobody asked.
    pub(crate) allocated: u64,
    file: Arc<Slot<Arc<dyn DiskFile>>>,
    /// The file, as long as it does not have its name.
    pinned: Option<Arc<dyn DiskFile>>,
    index: Index,
    /// Where a batch is, for the last few batches of the active segment.
    recent: VecDeque<Recent>,
    bytes_since_entry: u64,
    /// The transactions that markers in it aborted.
    pub(crate) aborted: Aborted,
    /// A marker of a transaction was noted.
    pub(crate) has_markers: bool,
    /// What stands in its files was taken up.
    pub(crate) is_resumed: bool,
    examined: Mutex<Examined>,
}

#[derive(Debug)]
pub(crate) enum Aborted {
    /// Nobody has looked yet.
    Unknown,
    /// In memory only, or to be written.
    Held(Vec<AbortedTxn>),
    /// In the file, if there are any.
    Stored(Arc<Slot<Arc<[AbortedTxn]>>>),
}

/// The bytes of a segment's indexes.
#[derive(Debug)]
pub(crate) struct IndexFiles {
    offsets: Vec<u8>,
    times: Vec<u8>,
    aborted: Vec<u8>,
}

impl IndexFiles {
    /// Where each goes; one without bytes must not be there.
    pub(crate) fn files(&self, dir: &Path, base: Offset) -> [(PathBuf, Option<&[u8]>); 3] {
        let aborted = (!self.aborted.is_empty()).then_some(&*self.aborted);
        [
            (Kind::Index.path(dir, base), Some(&*self.offsets)),
            (Kind::TimeIndex.path(dir, base), Some(&*self.times)),
            (Kind::TxnIndex.path(dir, base), aborted),
        ]
    }
}

/// What is known of a segment's bytes, and grows while it is read.
#[derive(Debug)]
struct Examined {
    /// The batches here are known to be a chain.
    whole: Range<u64>,
    /// Where a batch begins, or after, that begins at the end of `whole`.
    next: Offset,
    /// By position.
    holes: Vec<Hole>,
}

impl Examined {
    fn ranges(&self) -> Vec<Range<u64>> {
        self.holes.iter().map(|hole| hole.positions.clone()).collect()
    }

    /// Whether it was not known.
    fn add(&mut self, hole: Hole) -> bool {
        let at = self.holes.partition_point(|known| known.offsets.start < hole.offsets.start);
        if self.holes.get(at).is_some_and(|known| known.offsets.start < hole.offsets.end)
            || at > 0 && self.holes[at - 1].offsets.end > hole.offsets.start
        {
            return false;
        }
        self.holes.insert(at, hole);
        true
    }
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
        let segment = Self { aborted: Aborted::Held(Vec::new()), ..Self::found(base, now) };
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
            next: base,
            gaps: false,
            allocated: 0,
            file: Slot::empty(),
            pinned: None,
            index: Index::Held { index: SegmentIndex::default(), largest: None },
            recent: VecDeque::new(),
            bytes_since_entry: 0,
            aborted: Aborted::Unknown,
            has_markers: false,
            is_resumed: false,
            examined: Mutex::new(Examined { whole: 0..0, next: base, holes: Vec::new() }),
        }
    }

    /// A sealed segment whose file and indexes are there, and whose offsets end before `next`.
    pub(crate) fn stored(base: Offset, next: Offset, size: u64, now: Timestamp) -> Self {
        let index = Index::Stored { slot: Slot::empty(), largest: OnceLock::new() };
        Self { size, next, index, aborted: Aborted::Stored(Slot::empty()), ..Self::found(base, now) }
    }

    /// The same, to be added to: takes the index up to its last entry, whose batch ends before what
    /// [`note`](Self::note) is told next.
    pub(crate) fn resume(&mut self, index: SegmentIndex, position: u64) {
        let largest = index.times.last().map(|last| (last.timestamp, self.base.plus(i64::from(last.relative_offset))));
        self.index = Index::Held { index, largest };
        self.size = position;
        self.is_resumed = true;
        // What the index says of the batches before is not known to be right.
        self.examined.get_mut().whole = position..position;
    }

    /// Keeps the file open until it has its name, and the segment as one that is not stored.
    pub(crate) fn pin(&mut self, file: Arc<dyn DiskFile>) {
        self.pinned = Some(file);
    }

    /// The file has its name, and so have those of the indexes.
    pub(crate) fn unpin(&mut self, shared: &Shared) {
        if let Some(file) = self.pinned.take() {
            shared.files.put(&self.file, file);
            self.index_stored();
        }
    }

    /// What compaction needs to read the segment, which ends before `next`.
    pub(crate) fn source(&self, next: Offset) -> Source {
        Source { base: self.base, next, size: self.size, touched: self.touched, file: Arc::clone(&self.file) }
    }

    pub(crate) fn file(&self, shared: &Shared, dir: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        if let Some(file) = &self.pinned {
            return Ok(Arc::clone(file));
        }
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
        self.has_markers |= header.attributes.is_control() && header.has_producer_id();
        if position == 0 {
            self.first_timestamp = Some(header.max_timestamp);
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(Recent { base: header.base_offset, last, position, size });
        self.size += size;
        self.next = header.next_offset();
        let examined = self.examined.get_mut();
        if examined.whole.end == position {
            (examined.whole.end, examined.next) = (self.size, self.next);
        }
    }

    /// Takes note of something at the end of the file that is no batch any more.
    pub(crate) fn note_hole(&mut self, hole: Hole) {
        assert_eq!(hole.positions.start, self.size, "a hole is where the next batch should be");
        self.size = hole.positions.end;
        self.next = self.next.max(hole.offsets.end);
        self.bytes_since_entry += hole.positions.end - hole.positions.start;
        let examined = self.examined.get_mut();
        if examined.whole.end == hole.positions.start {
            (examined.whole.end, examined.next) = (self.size, self.next);
        }
        examined.add(hole);
    }

    /// What is known to be damaged.
    pub(crate) fn holes(&self) -> Vec<Hole> {
        self.examined.lock().holes.clone()
    }

    /// What is known to be damaged at `offset`.
    pub(crate) fn hole_at(&self, offset: Offset) -> Option<Hole> {
        self.examined.lock().holes.iter().find(|hole| hole.offsets.contains(&offset)).cloned()
    }

    /// Whether anything of it is known to be damaged: compaction has to leave it alone then.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.examined.lock().holes.is_empty()
    }

    /// Takes over what was found somewhere in the file.
    pub(crate) fn add_hole(&self, shared: &Shared, dir: &Path, hole: Hole) {
        let mut examined = self.examined.lock();
        if hole.positions.end <= self.size && examined.add(hole.clone()) {
            examined.whole = 0..0;
            examined.next = self.base;
            drop(examined);
            shared.report(dir, self.base, &hole);
        }
    }

    /// What is known of the batches before they are looked at: all of them were written, and sealed or noted here.
    pub(crate) fn expected(&self, checked_from: Offset) -> Expected {
        Expected { base: self.base, limit: self.next, mark: self.next, checked_from, gaps: self.gaps }
    }

    /// Makes sure that what begins with the batch at `from` is a chain of batches, by their headers, as far as `to`.
    ///
    /// # Returns
    /// Where it ends to be one, at most `to`.
    pub(crate) fn examine(&self, shared: &Shared, dir: &Path, from: Place, to: u64) -> Result<u64, DiskError> {
        let mut examined = self.examined.lock();
        let mut found = Vec::new();
        let known = examined.whole.contains(&from.position);
        if !(known && to <= examined.whole.end) {
            let begin = if known {
                (examined.whole.end, examined.next)
            } else {
                (examined.whole, examined.next) = (from.position..from.position, from.base);
                (from.position, from.base)
            };
            let file = self.file(shared, dir)?;
            let expected = self.expected(Offset(i64::MAX));
            let mut chain = Chain::new(&*file, begin.0..self.size, begin.1, expected, examined.ranges());
            loop {
                match chain.step()? {
                    Link::Batch(batch) => {
                        (examined.whole.end, examined.next) = (batch.end(), batch.header.next_offset());
                        if batch.end() >= to {
                            break;
                        }
                    }
                    Link::Hole(hole) => {
                        (examined.whole.end, examined.next) = (hole.positions.end, hole.offsets.end);
                        if examined.add(hole.clone()) {
                            found.push(hole);
                        }
                    }
                    Link::End | Link::Torn { .. } => break,
                }
            }
        }
        let end = examined.holes.iter().map(|hole| hole.positions.start).find(|start| *start >= from.position);
        drop(examined);
        found.iter().for_each(|hole| shared.report(dir, self.base, hole));
        Ok(end.map_or(to, |end| end.min(to)))
    }

    /// A walk over the batches from `position` on, around what is damaged.
    pub(crate) fn walk<'a>(&self, file: &'a dyn DiskFile, position: u64) -> Walk<'a> {
        Walk::headers(file, position, self.size).around(self.examined.lock().ranges())
    }

    /// Takes note of a transaction that a marker at the end of the file aborted.
    pub(crate) fn note_aborted(&mut self, transaction: AbortedTxn) {
        if let Aborted::Held(aborted) = &mut self.aborted {
            aborted.push(transaction);
        }
    }

    /// How many entries the two indexes have, that of offsets first.
    pub(crate) fn index_entries(&self) -> (usize, usize) {
        match &self.index {
            Index::Held { index, .. } => (index.offsets.len(), index.times.len()),
            Index::Stored { .. } => (0, 0),
        }
    }

    /// What goes into the files of the indexes, the largest timestamp added to `.timeindex`; `None` if they are on disk.
    pub(crate) fn index_files(&mut self) -> Option<IndexFiles> {
        let Index::Held { index, largest } = &mut self.index else { return None };
        note_largest(index, *largest, self.base);
        let aborted = match &self.aborted {
            Aborted::Held(aborted) => txn_index::to_bytes(aborted),
            Aborted::Unknown | Aborted::Stored(_) => Vec::new(),
        };
        Some(IndexFiles { offsets: index.offset_bytes(), times: index.time_bytes(), aborted })
    }

    /// Whether the segment is sealed and everything about it is on the platter.
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self.index, Index::Stored { .. })
    }

    /// The indexes are on disk, and the segment is sealed.
    pub(crate) fn index_stored(&mut self) {
        if let Index::Held { largest, .. } = &self.index {
            self.index = Index::Stored { slot: Slot::empty(), largest: OnceLock::from(*largest) };
            self.aborted = Aborted::Stored(Slot::empty());
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
        let known = self.examined.lock().ranges();
        let mut chain = Chain::new(&*file, 0..self.size, self.base, self.expected(Offset(i64::MAX)), known);
        loop {
            match chain.step()? {
                Link::Batch(found) => {
                    rebuilt.size = found.position;
                    rebuilt.note(&found.header, crate::LogConfig::default().index_interval_bytes);
                }
                Link::Hole(hole) => self.add_hole(shared, dir, hole),
                Link::End | Link::Torn { .. } => break,
            }
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

    /// The offset of a batch that begins at `position` or behind it and that the index knows.
    pub(crate) fn offset_behind(
        &self,
        shared: &Shared,
        dir: &Path,
        position: u64,
    ) -> Result<Option<Offset>, DiskError> {
        let entry = self.with_index(shared, dir, |index| {
            let at = index.offsets.partition_point(|entry| u64::from(entry.position) < position);
            index.offsets.get(at).copied()
        })?;
        Ok(entry.map(|entry| self.base.plus(i64::from(entry.relative_offset))))
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
    /// without a checksum may, is passed over, and the index made anew.
    fn first_batch(
        &self,
        shared: &Shared,
        dir: &Path,
        entry: Option<OffsetEntry>,
        wanted: impl Fn(&BatchHeader) -> bool,
    ) -> Result<Option<Place>, DiskError> {
        let file = self.file(shared, dir)?;
        let mut begin = (0, self.base);
        if let Some(entry) = entry {
            let position = u64::from(entry.position).min(self.size);
            let last = self.base.plus(i64::from(entry.relative_offset));
            match Walk::headers(&*file, position, self.size).step()? {
                Step::Batch(found) if found.header.last_offset() == last => {
                    if wanted(&found.header) {
                        return Ok(Some(found.into()));
                    }
                    begin = (found.end(), found.header.next_offset());
                }
                _ if self.examined.lock().holes.iter().any(|hole| hole.positions.contains(&position)) => {}
                _ => {
                    if let Index::Stored { slot, .. } = &self.index {
                        shared.indexes.put(slot, Arc::new(self.rebuild_index(shared, dir)?));
                    }
                }
            }
        }
        let known = self.examined.lock().ranges();
        let expected = self.expected(Offset(i64::MAX));
        let mut chain = Chain::new(&*file, begin.0..self.size, begin.1, expected, known);
        loop {
            match chain.step()? {
                Link::Batch(found) if wanted(&found.header) => return Ok(Some(found.into())),
                Link::Batch(_) => {}
                Link::Hole(hole) => self.add_hole(shared, dir, hole),
                Link::End | Link::Torn { .. } => return Ok(None),
            }
        }
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
