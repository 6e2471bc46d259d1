//! Opening a log: finding out where it ends and what its batches say, when nothing in its directory can be trusted.
//!
//! After a clean stop the files say it all: the active segment's index leads to its last few batches, whose headers
//! give the end. After anything else the segments from the *recovery point* on (everything below is known to be on the
//! platter) are walked batch by batch with their checksums, and their indexes, epochs and producers are made anew.
//!
//! What is done about a batch that is not whole depends on where it is ([`crate::scan::chain`]): above the recovery point
//! the log is cut there; below it nothing is cut, ever, and the damage is fenced off ([`super::quarantine`]).
//!
//! In one of our own lineages ([`crate::manifest`]) a log that *ends* below its recovery point is damaged too: whoever
//! shortens a log lowers the recovery point first. What is missing is fenced off, and the log goes on at the recovery
//! point. Apache Kafka does it the other way round, so after one of its runs this only moves the recovery point.
//!
//! Everything but the batches is a hint: an index, a snapshot, an epoch file that is missing or bad is made anew, and
//! said so.
//!
//! Source: Kafka `LogLoader`, `LogSegment.recover`, `ProducerStateManager.truncateAndReload`.

use std::sync::Arc;

use protocol::types::{LeaderEpoch, Offset, Timestamp, TopicPartition, Uuid};

use super::{
    AppendError, DiskError, Log,
    cleaning::CleaningState,
    sync::{Sealed, SyncState},
};
use crate::{
    LogConfig,
    bugs::{self, Bug},
    checkpoint::Checkpoint,
    compaction::swap,
    disk::{read_file, write_file},
    epochs::{self, LeaderEpochs},
    index::relative,
    names::{FileName, Kind, parse_file_name},
    producer_state::ProducerStates,
    scan::{
        Flaw, Step, Walk,
        chain::{Chain, Expected, Hole, Link},
    },
    segment::{Aborted, Segment, load_index},
    shared::Shared,
};

mod error;
mod producers;

pub use error::{OpenError, OpenWarning};

/// The largest file of ours, or of Kafka's small ones, that is read.
pub(super) const SMALL_FILE_MAX: u64 = 256 << 20;

/// What is known about a log before it is opened.
#[derive(Debug)]
pub(crate) struct OpenInput {
    pub(crate) partition: TopicPartition,
    pub(crate) topic_id: Uuid,
    pub(crate) config: LogConfig,
    /// Whether there is a directory.
    pub(crate) exists: bool,
    /// Whether the last process stopped cleanly.
    pub(crate) clean: bool,
    /// The lineage, if our own files here are right.
    pub(crate) lineage: Option<Uuid>,
    /// From the checkpoint.
    pub(crate) recovery_point: Offset,
    /// From the checkpoint.
    pub(crate) start: Option<Offset>,
    pub(crate) now: Timestamp,
}

/// What a walk over a segment found.
struct Scanned {
    segment: Segment,
    /// The offset after its last whole batch, or after what is damaged behind it.
    next: Offset,
    /// What ended the walk, if not the end of the file: a torn tail.
    flaw: Option<Flaw>,
}

/// What a partition's directory holds.
#[derive(Default)]
struct Listing {
    bases: Vec<Offset>,
    /// Offsets of snapshots, oldest first.
    snapshots: Vec<Offset>,
}

impl Log {
    pub(crate) fn open(shared: &Arc<Shared>, input: OpenInput) -> Result<(Self, Vec<OpenWarning>), OpenError> {
        let start = input.start.unwrap_or(Offset::ZERO);
        let mut log = Self {
            shared: shared.clone(),
            dir: shared.root.join(input.partition.to_string()),
            partition: input.partition.clone(),
            topic_id: input.topic_id,
            config: input.config,
            segments: Vec::new(),
            start,
            end: start,
            epochs: LeaderEpochs::default(),
            producers: ProducerStates::default(),
            sync: SyncState { durable: start, clean: input.clean, ..SyncState::default() },
            cleaning: CleaningState::default(),
            closed: None,
        };
        let mut warnings = Vec::new();
        if input.exists {
            log.load(&input, &mut warnings)?;
        }
        Ok((log, warnings))
    }

    fn load(&mut self, input: &OpenInput, warnings: &mut Vec<OpenWarning>) -> Result<(), OpenError> {
        self.check_topic_id(warnings)?;
        let listing = self.list_files()?;
        self.epochs = self.load_epochs(warnings)?;
        // After a kill names may be in the page cache only, the directory's own too.
        (self.sync.names_changed, self.sync.dir_made) = (!input.clean, !input.clean);
        let recovery_point = input.recovery_point;
        let Some(&last) = listing.bases.last() else {
            if input.lineage.is_some() && recovery_point > self.start {
                return Err(OpenError::Missing { dir: self.dir.clone() });
            }
            if !self.epochs.entries().is_empty() {
                // What comes may be of an older epoch than what went.
                self.shared.disk.unlink(&self.dir.join(epochs::FILE_NAME))?;
                (self.epochs, self.sync.epochs_changed) = (LeaderEpochs::default(), true);
            }
            return Ok(());
        };
        self.load_segments(input, &listing.bases, warnings)?;
        if self.end < recovery_point && input.lineage.is_some() {
            self.note_missing(recovery_point);
        }
        let first = self.segments[0].base;
        self.start = self.start.max(first);
        self.sync.durable = recovery_point.clamp(first, self.end);
        if self.start > self.end {
            // Everything that is left was deleted before what would have followed was lost.
            let (start, now) = (self.start, input.now);
            return self.truncate_fully(start, now).map_err(|error| {
                OpenError::Disk(DiskError::new("restart", &self.dir, std::io::Error::other(error.to_string())))
            });
        }
        self.load_quarantine(warnings)?;
        if self.segments.last().is_some_and(|active| active.is_damaged() && active.base < self.end) {
            // New records do not go behind what is damaged: whoever reads the file without knowing would stop there.
            match self.roll(self.end, input.now) {
                Err(AppendError::Offline(reason)) => {
                    let error = std::io::Error::other(reason.to_string());
                    return Err(DiskError::new("begin a segment in", &self.dir, error).into());
                }
                // With the disk full they do.
                _ => self.sync.clean = false,
            }
        }
        self.sync.epochs_changed |= self.epochs.truncate_end(self.end);
        self.sync.epochs_changed |= self.epochs.truncate_start(self.start);
        let snapshots = self.tidy_snapshots(listing.snapshots)?;
        self.load_producers(&snapshots, input.lineage, warnings)?;
        self.load_aborted(&snapshots)?;
        self.producers.remove_expired(input.now, self.config.producer_id_expiration_ms);
        if !input.clean && self.size() > 0 && last <= self.end {
            write_file(&*self.shared.disk, &Kind::Snapshot.path(&self.dir, self.end), &self.producers.to_snapshot())?;
        }
        Ok(())
    }

    /// Compares `partition.metadata` with the topic's id; a file that is missing or bad is made anew.
    fn check_topic_id(&self, warnings: &mut Vec<OpenWarning>) -> Result<(), OpenError> {
        let path = self.dir.join(crate::PARTITION_METADATA);
        match read_file(&*self.shared.disk, &path, 1024) {
            Ok(bytes) => match crate::parse_partition_metadata(&bytes) {
                Some(found) if found == self.topic_id || self.topic_id.is_zero() => return Ok(()),
                Some(found) => return Err(OpenError::OtherTopic { found }),
                None => {
                    warnings.push(OpenWarning::Ignored { path: path.clone(), reason: "it holds no topic id".into() })
                }
            },
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
        if !self.topic_id.is_zero() {
            write_file(&*self.shared.disk, &path, &crate::partition_metadata(self.topic_id))?;
        }
        Ok(())
    }

    /// Lists the directory and removes what is of no use.
    fn list_files(&self) -> Result<Listing, OpenError> {
        swap::recover(&*self.shared.disk, &self.dir)?;
        let mut listing = Listing::default();
        let mut indexes = Vec::new();
        for entry in self.shared.disk.list(&self.dir)? {
            let path = self.dir.join(&entry.name);
            match parse_file_name(&entry.name) {
                FileName::Segment(base, Kind::Log) => listing.bases.push(base),
                FileName::Segment(offset, Kind::Snapshot) => listing.snapshots.push(offset),
                FileName::Segment(base, _) => indexes.push((base, path)),
                FileName::Leftover if bugs::on(Bug::LeftoversStay) => {}
                FileName::Leftover => self.shared.disk.unlink(&path)?,
                FileName::Cleaned(_) | FileName::Swap(..) | FileName::Other => {}
            }
        }
        // Of a segment that is gone; one that may begin at the same offset again must not find them.
        for (base, path) in indexes {
            if listing.bases.binary_search(&base).is_err() {
                self.shared.disk.unlink(&path)?;
            }
        }
        Ok(listing)
    }

    fn load_epochs(&mut self, warnings: &mut Vec<OpenWarning>) -> Result<LeaderEpochs, OpenError> {
        let path = self.dir.join(epochs::FILE_NAME);
        match read_file(&*self.shared.disk, &path, SMALL_FILE_MAX) {
            Ok(bytes) => match LeaderEpochs::from_bytes(&bytes) {
                Ok(epochs) => return Ok(epochs),
                Err(error) => warnings.push(OpenWarning::Ignored { path, reason: error.to_string() }),
            },
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
        // Made anew from the batches, all of them: `load_segments` sees that there is nothing.
        self.sync.epochs_changed = true;
        Ok(LeaderEpochs::default())
    }

    fn load_segments(
        &mut self,
        input: &OpenInput,
        bases: &[Offset],
        warnings: &mut Vec<OpenWarning>,
    ) -> Result<(), OpenError> {
        let disk = self.shared.disk.clone();
        let recovery_point = input.recovery_point;
        // A start that nobody saved goes back, and the epochs were cut there.
        let first = self.epochs.entries().first().map(|first| first.start);
        if first.is_some_and(|first| !input.clean && first > bases[0].max(self.start)) {
            self.epochs = LeaderEpochs::default();
            self.sync.epochs_changed = true;
        }
        let all_epochs = self.epochs.entries().is_empty();
        let scan_from = if input.clean {
            bases.len() - 1
        } else {
            // A segment that was sealed right at the recovery point may not have its indexes yet.
            bases.partition_point(|base| *base < recovery_point).saturating_sub(1)
        };
        for (&base, &next) in bases[..scan_from].iter().zip(&bases[1..]) {
            let size = disk.size(&Kind::Log.path(&self.dir, base))?;
            let mut segment = Segment::stored(base, next, size, input.now);
            segment.gaps = self.may_have_gaps();
            if all_epochs {
                self.note_epochs(&segment)?;
            }
            self.segments.push(segment);
        }
        self.end = bases[scan_from];
        for (at, &base) in bases.iter().enumerate().skip(scan_from) {
            let path = Kind::Log.path(&self.dir, base);
            let size = disk.size(&path)?;
            // Compaction leaves gaps between segments too, but none that are not on the platter.
            let hole = base > self.end && at > scan_from && self.end >= recovery_point && input.lineage.is_some();
            let misplaced = base < self.end || hole;
            let scanned = if misplaced {
                let flaw = Some(Flaw::Offsets { base, expected: self.end });
                Scanned { segment: Segment::found(base, input.now), next: self.end, flaw }
            } else {
                self.scan(base, size, bases.get(at + 1).copied(), input)?
            };
            let (next, position) = (scanned.next, scanned.segment.size);
            if let Some(flaw) = scanned.flaw {
                let kept = (!misplaced).then_some(scanned.segment);
                let bytes = self.cut_tail(kept, &bases[at..])?;
                self.end = next;
                warnings.push(OpenWarning::Cut { path, position, bytes, flaw });
                break;
            }
            self.end = next;
            let mut segment = scanned.segment;
            segment.next = bases.get(at + 1).copied().unwrap_or(segment.next);
            self.segments.push(segment);
        }
        // What was found behind the recovery point may be in the page cache only.
        for pair in scan_from..self.segments.len().saturating_sub(1) {
            let (base, next) = (self.segments[pair].base, self.segments[pair + 1].base);
            self.sync.sealed.push(Sealed { base, next, producers: None });
        }
        Ok(())
    }

    /// Removes the segments that begin at `bases`, newest first, so that what is left is a log at any moment; of the
    /// oldest only what is behind its last whole batch, if it is `kept`.
    fn cut_tail(&mut self, kept: Option<Segment>, bases: &[Offset]) -> Result<u64, OpenError> {
        let disk = self.shared.disk.clone();
        let mut bytes = 0;
        for &base in bases[usize::from(kept.is_some())..].iter().rev() {
            bytes += disk.size(&Kind::Log.path(&self.dir, base))?;
            self.segments.push(Segment::found(base, Timestamp::NONE));
            self.remove_active()?;
        }
        if let Some(segment) = kept {
            let file = segment.file(&self.shared, &self.dir)?;
            bytes += file.size()? - segment.size;
            file.truncate(segment.size)?;
            file.sync()?;
            self.segments.push(segment);
        }
        // Now, or a power cut could bring what was cut back behind new records.
        disk.sync_dir(&self.dir)?;
        self.sync.clean = false;
        Ok(bytes)
    }

    /// Walks over a segment and makes its index; after a clean stop only from the index's last entry on.
    fn scan(
        &mut self,
        base: Offset,
        size: u64,
        following: Option<Offset>,
        input: &OpenInput,
    ) -> Result<Scanned, OpenError> {
        if input.clean {
            if let Some(scanned) = self.resume(base, size, input)? {
                return Ok(scanned);
            }
            // Its indexes have to be written again.
            self.sync.clean = false;
        }
        let mut segment = Segment::found(base, input.now);
        segment.gaps = self.may_have_gaps();
        let file = segment.file(&self.shared, &self.dir)?;
        let known = Expected {
            base,
            // One that is followed by a segment that begins before it ended is told by the next step.
            limit: following.filter(|following| *following <= input.recovery_point).unwrap_or(Offset(i64::MAX)),
            mark: input.recovery_point,
            // After a clean stop there is no reason to be here but that something is not what it was.
            checked_from: if input.clean { Offset::ZERO } else { input.recovery_point },
            gaps: self.may_have_gaps(),
        };
        let mut chain = Chain::new(&*file, 0..size, base, known, Vec::new());
        let flaw = loop {
            match chain.step()? {
                Link::Batch(found) => {
                    let header = &found.header;
                    let (epoch, base) = (header.partition_leader_epoch, header.base_offset);
                    let is_known = |offset| self.epochs.epoch_of(offset) == Some(epoch);
                    if epoch >= LeaderEpoch(0) && !(is_known(base) && is_known(header.last_offset())) {
                        // The file knows an epoch that came to no batch, or lacks this one.
                        self.sync.epochs_changed |= self.epochs.truncate_end(base);
                        if self.epochs.latest().is_none_or(|latest| latest < epoch) {
                            self.assign_epoch(epoch, base);
                        }
                    }
                    segment.note(header, self.config.index_interval_bytes);
                }
                Link::Hole(hole) => segment.note_hole(hole),
                Link::End => break None,
                Link::Torn { flaw } => break Some(flaw),
            }
        };
        Ok(Scanned { next: segment.next, segment, flaw })
    }

    /// Fences off what should be between the end of the log and its recovery point.
    fn note_missing(&mut self, recovery_point: Offset) {
        let active = self.segments.last_mut().expect("there is one");
        let (positions, offsets) = (active.size..active.size, self.end..recovery_point);
        active.note_hole(Hole { positions, offsets, flaw: Flaw::Missing });
        self.end = recovery_point;
    }

    /// Whether compaction may have taken batches out of the middle.
    pub(super) fn may_have_gaps(&self) -> bool {
        self.config.compact || self.shared.checkpoint(Checkpoint::Cleaner, &self.partition).is_some()
    }

    /// Takes the active segment's index from its files; `None` if they do not fit the log.
    fn resume(&mut self, base: Offset, size: u64, input: &OpenInput) -> Result<Option<Scanned>, OpenError> {
        if self.epochs.entries().is_empty() {
            return Ok(None);
        }
        let Some(index) = load_index(&self.shared, &self.dir, base, size)? else { return Ok(None) };
        let last = index.offsets.last().copied();
        let mut segment = Segment::found(base, input.now);
        let file = segment.file(&self.shared, &self.dir)?;
        let from = last.map_or(0, |last| u64::from(last.position));
        if let Step::Batch(first) = Walk::headers(&*file, 0, size).step()? {
            if first.header.base_offset < base {
                return Ok(None);
            }
            segment.first_timestamp = Some(first.header.max_timestamp);
        }
        segment.resume(index, from);
        let mut walk = Walk::contents(&*file, from, size);
        let mut next = base;
        // Nobody has written since the recovery point was, but for Apache Kafka, which may not have written it.
        let ends_well = |next: Offset| match input.lineage {
            Some(_) if input.recovery_point > Offset::ZERO => next == input.recovery_point,
            _ => next >= input.recovery_point,
        };
        loop {
            let found = match walk.step()? {
                Step::Batch(found) => found,
                Step::End if ends_well(next) => return Ok(Some(Scanned { segment, next, flaw: None })),
                // Whatever is wrong, a walk over all of the segment tells it better.
                Step::End | Step::Flaw(_) => return Ok(None),
            };
            let header = &found.header;
            let expected =
                last.filter(|_| found.position == from).map(|last| base.plus(i64::from(last.relative_offset)));
            if header.base_offset < next
                || header.last_offset_delta < 0
                || relative(base, header.last_offset()).is_none()
                || expected.is_some_and(|expected| header.last_offset() != expected)
                || !walk.crc_is_valid(&found)?
            {
                return Ok(None);
            }
            segment.note(header, self.config.index_interval_bytes);
            next = header.next_offset();
        }
    }

    /// Takes the epochs from the batches of a segment below the recovery point.
    fn note_epochs(&mut self, segment: &Segment) -> Result<(), OpenError> {
        let file = segment.file(&self.shared, &self.dir)?;
        let expected = segment.expected(Offset(i64::MAX));
        let mut chain = Chain::new(&*file, 0..segment.size, segment.base, expected, Vec::new());
        loop {
            match chain.step()? {
                Link::Batch(found) => {
                    if found.header.partition_leader_epoch > self.epochs.latest().unwrap_or(LeaderEpoch::NONE) {
                        self.assign_epoch(found.header.partition_leader_epoch, found.header.base_offset);
                    }
                }
                Link::Hole(hole) => segment.add_hole(&self.shared, &self.dir, hole),
                Link::End | Link::Torn { .. } => return Ok(()),
            }
        }
    }

    /// Takes up the last segment again, whose file now has `size` bytes.
    pub(super) fn reload_tail(&mut self, size: u64) -> Result<(), DiskError> {
        let Some(last) = self.segments.len().checked_sub(1) else { return Ok(()) };
        let mut aborted = self.aborted_in(last)?.to_vec();
        let mut old = self.segments.remove(last);
        let mut segment = Segment::found(old.base, old.touched);
        let file = segment.file(&self.shared, &self.dir)?;
        let mut walk = Walk::headers(&*file, 0, size);
        self.end = old.base;
        while let Step::Batch(found) = walk.step()? {
            segment.note(&found.header, self.config.index_interval_bytes);
            self.end = found.header.next_offset();
        }
        aborted.retain(|entry| entry.last_offset < self.end);
        segment.aborted = Aborted::Held(aborted);
        if bugs::on(Bug::CutLogKeepsIndex) {
            old.size = size;
            segment = old;
        }
        self.segments.push(segment);
        if bugs::on(Bug::CutLogKeepsTransactions) {
            return Ok(());
        }
        let mut snapshots = Vec::new();
        for entry in self.shared.disk.list(&self.dir)? {
            if let FileName::Segment(offset, Kind::Snapshot) = parse_file_name(&entry.name) {
                snapshots.push(offset);
            }
        }
        self.load_producers(&snapshots, None, &mut Vec::new())
    }
}
