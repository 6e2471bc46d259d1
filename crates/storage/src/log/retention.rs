//! Giving up records: from the front by age, size and on demand, from the back when a leader's log says otherwise, and
//! all of them with their partition.
//!
//! From the front whole segments go, and only those below the high watermark: what is not committed might still be
//! taken back. Their files are renamed to `*.deleted` first and removed a while later, so that who reads them can
//! finish; both happen without the log's lock.
//!
//! Source: Kafka `UnifiedLog.deleteOldSegments`, `UnifiedLog.truncateTo`, `LocalLog.deleteSegmentFiles`.

use std::{fmt, path::PathBuf, sync::Arc};

use protocol::types::{Offset, Timestamp, Uuid};

use super::{AppendError, DiskError, Log};
use crate::{
    bugs::{self, Bug},
    checkpoint::Checkpoint,
    disk::Disk,
    epochs,
    manifest::Change,
    names::{Kind, deleted_dir_name},
    producer_state::{OWN_FILE_NAME, ProducerStates},
    segment::Segment,
    shared::Shared,
};

/// Segments that are no longer part of the log, with their files still there.
#[derive(Debug)]
#[must_use = "the files stay until they are removed"]
pub struct RetiredSegments {
    shared: Arc<Shared>,
    dir: PathBuf,
    bases: Vec<Offset>,
    /// How long to wait between [`rename`](Self::rename) and [`remove`](Self::remove): `file.delete.delay.ms`.
    pub delay_ms: u64,
}

impl RetiredSegments {
    pub(crate) fn new(shared: Arc<Shared>, dir: PathBuf, bases: Vec<Offset>, delay_ms: u64) -> Self {
        Self { shared, dir, bases, delay_ms }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.bases.len()
    }

    /// Gives the files their `.deleted` names, which survive a power cut: a restart removes them then.
    ///
    /// # Errors
    /// As the disk says; files that are not there are passed over.
    pub fn rename(&self) -> Result<(), DiskError> {
        self.each(|disk, path, deleted| disk.rename(&path, &deleted))?;
        pass_missing(self.shared.disk.sync_dir(&self.dir))
    }

    /// Removes the renamed files.
    ///
    /// # Errors
    /// As the disk says; files that are not there are passed over.
    pub fn remove(self) -> Result<(), DiskError> {
        self.each(|disk, path, deleted| disk.unlink(if bugs::on(Bug::RemovesReusedName) { &path } else { &deleted }))
    }

    fn each(&self, act: impl Fn(&dyn Disk, PathBuf, PathBuf) -> Result<(), DiskError>) -> Result<(), DiskError> {
        for &base in &self.bases {
            for kind in Kind::ALL {
                let path = kind.path(&self.dir, base);
                let mut deleted = path.clone().into_os_string();
                deleted.push(".deleted");
                pass_missing(act(&*self.shared.disk, path, deleted.into()))?;
            }
        }
        Ok(())
    }
}

fn pass_missing(result: Result<(), DiskError>) -> Result<(), DiskError> {
    match result {
        Err(error) if !error.is_missing() => Err(error),
        _ => Ok(()),
    }
}

/// A directory of a partition that is no longer one, with its files still there.
#[derive(Debug)]
#[must_use = "the directory stays until it is removed"]
pub struct DeletedDir {
    pub(crate) shared: Arc<Shared>,
    pub(crate) dir: PathBuf,
}

impl DeletedDir {
    /// Removes it and everything in it.
    ///
    /// # Errors
    /// As the disk says; the next start finds the rest.
    pub fn remove(self) -> Result<(), DiskError> {
        let disk = &*self.shared.disk;
        // Or a power cut could bring the directory back under its old name, with a part of its files.
        disk.sync_dir(&self.shared.root)?;
        for entry in disk.list(&self.dir)? {
            disk.unlink(&self.dir.join(entry.name))?;
        }
        disk.remove_dir(&self.dir)
    }
}

/// Why the start or the end of a log could not be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TruncateError {
    /// It is beyond the end. Kafka code 1.
    OutOfRange {
        /// Where the log ends.
        end: Offset,
    },
    /// The disk failed, now or before, or the log was removed or stopped. Kafka code 56.
    Offline(Arc<str>),
}

impl fmt::Display for TruncateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { end } => write!(f, "the log ends at {end}"),
            Self::Offline(reason) => write!(f, "the log is offline: {reason}"),
        }
    }
}

impl std::error::Error for TruncateError {}

impl Log {
    /// Lets the log start at `to`, if that is further than it does (DeleteRecords). Files go by
    /// [`Log::retire_segments`]; the new start survives a restart once
    /// [`LogDir::save_checkpoint`](crate::LogDir::save_checkpoint) ran.
    ///
    /// # Errors
    /// If `to` is beyond the end.
    pub fn advance_start(&mut self, to: Offset) -> Result<(), TruncateError> {
        self.check_open().map_err(TruncateError::Offline)?;
        if to > self.end {
            return Err(TruncateError::OutOfRange { end: self.end });
        }
        if to > self.start {
            self.start = to;
            self.sync.epochs_changed |= self.epochs.truncate_start(to);
            self.shared.set_checkpoint(Checkpoint::LogStart, &self.partition, Some(to));
        }
        Ok(())
    }

    /// Takes segments out of the log that are too old, too much, or below its start; `None` if there are none.
    ///
    /// A segment stays until the sync after its end is done, because its producers are remembered elsewhere only then.
    /// If all records of the active segment could go, a new one is begun, and the next call takes the old one.
    ///
    /// # Errors
    /// [`AppendError::Offline`], or [`AppendError::DiskFull`] when no new segment can be made.
    pub fn retire_segments(
        &mut self,
        now: Timestamp,
        high_watermark: Offset,
    ) -> Result<Option<RetiredSegments>, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        let count = self.count_retired(now, high_watermark);
        let mut count = count.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        if count > 0 && count == self.segments.len() {
            self.roll(self.end.plus(-i64::from(bugs::on(Bug::EmptyLogGoesBack))), now)?;
        }
        while count > 0 && !self.segments[..count].iter().all(Segment::is_stored) {
            count -= 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let bases = self.segments.drain(..count).map(|segment| segment.base).collect();
        let first = self.segments[0].base;
        if first > self.start {
            self.start = first;
            self.sync.epochs_changed |= self.epochs.truncate_start(first);
        }
        // Until the segments have lost their names for good, this tells what must not come back.
        self.shared.set_checkpoint(Checkpoint::LogStart, &self.partition, Some(self.start));
        let delay_ms = self.config.file_delete_delay_ms;
        Ok(Some(RetiredSegments::new(self.shared.clone(), self.dir.clone(), bases, delay_ms)))
    }

    /// How many segments, from the oldest on, can go.
    fn count_retired(&self, now: Timestamp, high_watermark: Offset) -> Result<usize, DiskError> {
        let next = |at: usize| self.segments.get(at + 1).map_or(self.end, |next| next.base);
        let config = &self.config;
        let limits = config.delete_old_segments;
        let mut excess = self.size().saturating_sub(u64::try_from(config.retention_bytes).unwrap_or(u64::MAX));
        for (at, segment) in self.segments.iter().enumerate() {
            let last = at + 1 == self.segments.len();
            if next(at) > high_watermark && !bugs::on(Bug::RetentionPassesWatermark) || last && segment.size == 0 {
                return Ok(at);
            }
            let oversized = limits && segment.size <= excess && segment.size > 0;
            excess -= if oversized { segment.size } else { 0 };
            let below_start = !last && next(at) <= self.start.plus(i64::from(bugs::on(Bug::RetiresOneTooMany)));
            if !(oversized || below_start || limits && self.is_too_old(segment, now)?) {
                return Ok(at);
            }
        }
        Ok(self.segments.len())
    }

    fn is_too_old(&self, segment: &Segment, now: Timestamp) -> Result<bool, DiskError> {
        if self.config.retention_ms < 0 {
            return Ok(false);
        }
        let newest = segment.largest(&self.shared, &self.dir)?.map_or(segment.touched, |(timestamp, _)| timestamp);
        Ok(now.0.saturating_sub(newest.0) > self.config.retention_ms)
    }

    /// Removes the records from `to` on: a leader's log has others there. `to` is the base offset of a batch, or the
    /// batch that holds it goes whole.
    ///
    /// That the log is going to be shorter is written down first, so that a missing end is not taken for a loss. On
    /// return the records are gone for good; this waits for the disk.
    ///
    /// # Errors
    /// [`TruncateError::Offline`] only; nothing happens if `to` is at or beyond the end.
    pub fn truncate_to(&mut self, to: Offset) -> Result<(), TruncateError> {
        self.check_open().map_err(TruncateError::Offline)?;
        if to < self.end {
            self.cut(to).map_err(|error| TruncateError::Offline(self.shared.fail(&error)))?;
        }
        Ok(())
    }

    /// Removes all records and lets the log go on at `at`: a snapshot holds what was before.
    ///
    /// # Errors
    /// [`TruncateError::Offline`] only.
    pub fn truncate_fully(&mut self, at: Offset, now: Timestamp) -> Result<(), TruncateError> {
        self.check_open().map_err(TruncateError::Offline)?;
        self.restart(at).map_err(|error| TruncateError::Offline(self.shared.fail(&error)))?;
        match self.roll(at, now) {
            Err(AppendError::Offline(reason)) => Err(TruncateError::Offline(reason)),
            // With the disk full the segment is begun by the next append.
            _ => Ok(()),
        }
    }

    fn restart(&mut self, at: Offset) -> Result<(), DiskError> {
        self.forget_tail(Offset::ZERO)?;
        // Before the segments go: nothing else says by then that offsets below were given out.
        self.shared.set_checkpoint(Checkpoint::LogStart, &self.partition, Some(at));
        self.shared.save(Checkpoint::LogStart)?;
        // What follows may be of an older epoch than what went.
        pass_missing(self.shared.disk.unlink(&self.dir.join(epochs::FILE_NAME)))?;
        while !self.segments.is_empty() {
            self.remove_active()?;
        }
        (self.start, self.end) = (at, if bugs::on(Bug::EmptiedLogKeepsEnd) { self.end } else { at });
        self.sync.durable = at;
        self.producers = ProducerStates::default();
        self.epochs.truncate_end(Offset::ZERO);
        self.sync.epochs_changed = true;
        Ok(())
    }

    /// Makes sure that nothing on disk speaks of records from `to` on.
    fn forget_tail(&mut self, to: Offset) -> Result<(), DiskError> {
        if let Some(retired) = self.end_cleaning()? {
            retired.remove()?;
        }
        self.cancel_sync();
        self.sync.clean = false;
        if self.cut_cleaned(to) {
            self.shared.save(Checkpoint::Cleaner)?;
        }
        // One that ended there is the active one now.
        self.sync.sealed.retain(|sealed| sealed.next < to);
        if self.sync.durable > to {
            self.sync.durable = to;
            self.shared.set_checkpoint(Checkpoint::RecoveryPoint, &self.partition, Some(to));
            self.shared.save(Checkpoint::RecoveryPoint)?;
        }
        pass_missing(self.shared.disk.unlink(&self.dir.join(OWN_FILE_NAME)))?;
        for entry in self
            .shared
            .disk
            .list(&self.dir)
            .or_else(|error| if error.is_missing() { Ok(vec![]) } else { Err(error) })?
        {
            if let crate::names::FileName::Segment(offset, Kind::Snapshot) = crate::names::parse_file_name(&entry.name)
                && offset > to
            {
                self.shared.disk.unlink(&self.dir.join(entry.name))?;
            }
        }
        if !self.segments.is_empty() {
            self.shared.disk.sync_dir(&self.dir)?;
        }
        Ok(())
    }

    fn cut(&mut self, to: Offset) -> Result<(), DiskError> {
        self.forget_tail(to)?;
        while self.segments.len() > 1 && self.segments.last().is_some_and(|active| active.base >= to) {
            self.remove_active()?;
        }
        if self.segments.first().is_some_and(|first| first.base > to) {
            return self.restart(to);
        }
        if let Some(active) = self.segments.last() {
            let cut = active.locate(&self.shared, &self.dir, to)?;
            let size = cut.map_or(active.size, |place| place.position);
            let file = active.file(&self.shared, &self.dir)?;
            file.truncate(size)?;
            // Or a power cut could bring old records back behind new ones.
            file.sync()?;
            self.shared.disk.sync_dir(&self.dir)?;
            self.reload_tail(size)?;
            let end = cut.map_or(to, |place| place.base.min(to));
            if self.end < end {
                // Compaction took what was in front. Offsets that were given out must not be given out again, after a
                // restart either: a segment that begins there says so.
                self.end = end;
                let touched = self.segments.last().map_or(Timestamp::NONE, |active| active.touched);
                self.roll(end, touched).map_err(|error| {
                    DiskError::new("begin a segment in", &self.dir, std::io::Error::other(error.to_string()))
                })?;
            }
        }
        self.sync.epochs_changed |= self.epochs.truncate_end(self.end);
        self.start = self.start.min(self.end);
        Ok(())
    }

    /// Removes the files of the last segment.
    pub(super) fn remove_active(&mut self) -> Result<(), DiskError> {
        let Some(active) = self.segments.pop() else { return Ok(()) };
        for kind in [Kind::Log, Kind::Index, Kind::TimeIndex, Kind::TxnIndex] {
            pass_missing(self.shared.disk.unlink(&kind.path(&self.dir, active.base)))?;
        }
        self.sync.names_changed = true;
        Ok(())
    }

    /// Ends the log's use and takes its directory out of the partitions'; `None` if it never had one.
    ///
    /// # Arguments
    /// - `unique`: makes the directory's new name one that was never used.
    ///
    /// # Errors
    /// [`AppendError::Offline`]: it may or may not be gone after a restart.
    ///
    /// Source: Kafka `LogManager.asyncDelete`.
    pub fn delete(&mut self, unique: Uuid) -> Result<Option<DeletedDir>, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        self.cancel_cleaning();
        self.closed = Some("it was deleted".into());
        self.cancel_sync();
        for kind in Checkpoint::ALL {
            self.shared.set_checkpoint(kind, &self.partition, None);
        }
        if !self.shared.books.lock().dirs.contains(&self.partition) {
            return Ok(None);
        }
        let deleted = self.shared.root.join(deleted_dir_name(&self.partition, unique));
        let renamed = self.shared.record(Change::Removed(&self.partition));
        let renamed = renamed.and_then(|()| self.shared.disk.rename(&self.dir, &deleted));
        renamed.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        Ok(Some(DeletedDir { shared: self.shared.clone(), dir: deleted }))
    }
}
