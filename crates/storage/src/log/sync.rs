//! Making the log survive a power cut, without holding it up.
//!
//! A sync takes milliseconds, so it runs without the log's lock, in three steps: [`Log::sync_job`] under the lock says
//! what is to be done, [`SyncJob::run`] does it, [`Log::sync_done`] under the lock again moves `durable`. Appends go on
//! in between and are the next job's. At most one job of a log is under way, so that a sealed segment cannot be
//! overtaken by what comes after it. A truncation in between makes the job's result worthless, which the generation
//! tells; one that has not begun does nothing then, and one that is at it is waited for, or it would write files anew that
//! speak of what was cut.
//!
//! What a job does, in the order in which it must reach the platter: sealed segments and their indexes, the active
//! segment, the leader epochs, the producers, the names. Only then are the offsets durable.

use std::{
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use protocol::types::{Offset, Timestamp, TopicPartition};

use super::{AppendError, Log};
use crate::{
    bugs::{self, Bug},
    checkpoint::Checkpoint,
    disk::{Disk, DiskError, DiskFile, Open, replace_file, temporary_path, write_file},
    epochs,
    manifest::Change,
    names::Kind,
    producer_state::{OWN_FILE_NAME, OwnFile},
    segment::IndexFiles,
    shared::Shared,
};

/// What a log knows about its syncs.
#[derive(Debug, Default)]
pub(super) struct SyncState {
    pub(super) durable: Offset,
    /// Grows when the log is cut.
    pub(super) generation: u64,
    /// A job is under way.
    pub(super) running: bool,
    /// Of the job under way: set, it does nothing any more. Locked while it runs.
    pub(super) cancelled: Arc<Mutex<bool>>,
    /// The directory is new.
    pub(super) dir_made: bool,
    /// Files in the directory are new or gone.
    pub(super) names_changed: bool,
    pub(super) epochs_changed: bool,
    /// An epoch has begun that has no batches yet, and that the file need not have.
    pub(super) epoch_begun: bool,
    /// Segments that are sealed but whose files are not on the platter.
    pub(super) sealed: Vec<Sealed>,
    /// When the oldest record was written that is not durable.
    pub(super) unsynced_since: Option<Timestamp>,
    /// The files that a clean stop leaves are there, and right.
    pub(super) clean: bool,
}

/// A segment that was just sealed.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    pub(super) base: Offset,
    /// Where the next one begins.
    pub(super) next: Offset,
    /// The producers' snapshot at `next`; a recovered segment has none, or the one it had.
    pub(super) producers: Option<Vec<u8>>,
}

impl SyncState {
    pub(super) fn written(&mut self, now: Timestamp) {
        self.unsynced_since.get_or_insert(now);
        self.clean = false;
        self.epochs_changed |= mem::take(&mut self.epoch_begun);
    }
}

/// How much a sync is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncScope {
    /// What makes the records durable.
    Records,
    /// Also what makes the next start fast; for now and then (Kafka does it each minute).
    Checkpoint,
}

/// A sync to be run without the log's lock, and then handed to [`Log::sync_done`].
#[derive(Debug)]
#[must_use = "nothing is durable until the job was run and handed to `Log::sync_done`"]
pub struct SyncJob {
    shared: Arc<Shared>,
    partition: TopicPartition,
    dir: PathBuf,
    generation: u64,
    cancelled: Arc<Mutex<bool>>,
    end: Offset,
    sealed: Vec<SealedFiles>,
    active: Option<Arc<dyn DiskFile>>,
    epochs: Option<Vec<u8>>,
    producers: Option<Vec<u8>>,
    names_changed: bool,
    dir_made: bool,
}

#[derive(Debug)]
struct SealedFiles {
    sealed: Sealed,
    file: Arc<dyn DiskFile>,
    index: IndexFiles,
}

impl SyncJob {
    /// Does it. May take long; needs no lock.
    ///
    /// # Errors
    /// To be handed to [`Log::sync_done`], never to be answered by another try.
    pub fn run(&self) -> Result<(), DiskError> {
        let cancelled = self.cancelled.lock();
        if *cancelled {
            return Ok(());
        }
        // Everything is written as a whole and synced at the end, so it can be begun anew; but a sync that failed is
        // never repeated, whatever it failed for.
        self.shared.with_reserve(|| self.run_once().map_err(lasting_sync))
    }

    fn run_once(&self) -> Result<(), DiskError> {
        let disk = &*self.shared.disk;
        for SealedFiles { sealed, file, index } in &self.sealed {
            file.sync()?;
            for (path, bytes) in index.files(&self.dir, sealed.base) {
                put_index(disk, &path, bytes)?.iter().try_for_each(|file| file.sync())?;
            }
            if let Some(producers) = &sealed.producers {
                write_file(disk, &Kind::Snapshot.path(&self.dir, sealed.next), producers)?.sync()?;
            }
        }
        if let Some(active) = &self.active {
            active.sync()?;
        }
        if let Some(epochs) = &self.epochs {
            replace_file(disk, &self.dir.join(epochs::FILE_NAME), epochs)?;
        }
        if let Some(producers) = &self.producers {
            replace_file(disk, &self.dir.join(OWN_FILE_NAME), producers)?;
        }
        if (self.names_changed || !self.sealed.is_empty()) && !bugs::on(Bug::NamesNotSynced) {
            disk.sync_dir(&self.dir)?;
        }
        if self.dir_made {
            match disk.open(&self.dir.join(crate::PARTITION_METADATA), Open::Existing) {
                Ok(file) => file.sync()?,
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error),
            }
            disk.sync_dir(&self.shared.root)?;
            self.shared.record(Change::Durable(&self.partition))?;
        }
        Ok(())
    }

    /// The offset below which everything is durable once the job is done.
    #[must_use]
    pub fn end(&self) -> Offset {
        self.end
    }
}

/// Writes a file of a segment's index; one that may not be there when it is empty is removed.
fn put_index(disk: &dyn Disk, path: &Path, bytes: Option<&[u8]>) -> Result<Option<Arc<dyn DiskFile>>, DiskError> {
    match bytes {
        Some(bytes) => write_file(disk, path, bytes).map(Some),
        None => match disk.unlink(path) {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(None),
        },
    }
}

/// A sync that failed for want of space has failed: what was written before may be gone.
fn lasting_sync(error: DiskError) -> DiskError {
    if error.operation == "sync" && error.is_full() {
        return DiskError { source: std::io::Error::other(error.source.to_string()), ..error };
    }
    error
}

/// A log that was stopped: what [`LogDir::close`](crate::LogDir::close) has to sync and to note.
#[derive(Debug)]
pub struct StoppedLog {
    pub(crate) partition: TopicPartition,
    pub(crate) start: Offset,
    /// Whether the start is above the first segment's base, so that it has to be noted.
    pub(crate) start_inside: bool,
    pub(crate) end: Offset,
    /// By their paths: ten thousand logs have more files than a process may have open.
    pub(crate) unsynced: Vec<PathBuf>,
    /// Files that get their names once they are synced: an older one of that name is better than a torn one.
    pub(crate) unnamed: Vec<PathBuf>,
    pub(crate) unsynced_dir: Option<PathBuf>,
}

impl Log {
    /// Whether a sync is due although nobody waits for one: segments were sealed, or `flush.messages` or `flush.ms`
    /// is reached.
    #[must_use]
    pub fn sync_due(&self, now: Timestamp) -> bool {
        let unsynced = self.end.0 - self.sync.durable.0;
        let waited = self.sync.unsynced_since.map_or(0, |since| now.0.saturating_sub(since.0));
        !self.sync.running
            && (!self.sync.sealed.is_empty()
                || unsynced > 0 && (unsynced >= self.config.flush_messages || waited >= self.config.flush_ms))
    }

    /// What has to be synced; `None` if nothing has, or if a job is under way: then ask again when that is done.
    ///
    /// # Errors
    /// [`AppendError::Offline`].
    pub fn sync_job(&mut self, scope: SyncScope) -> Result<Option<SyncJob>, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        let dirty = self.sync.durable < self.end || !self.sync.sealed.is_empty();
        let state_dirty = self.sync.epochs_changed && !self.segments.is_empty();
        if self.sync.running || !(dirty || state_dirty) {
            return Ok(None);
        }
        self.job(scope).map(Some).map_err(|error| AppendError::Offline(self.shared.fail(&error)))
    }

    fn job(&mut self, scope: SyncScope) -> Result<SyncJob, DiskError> {
        let mut sealed = Vec::new();
        for seal in mem::take(&mut self.sync.sealed) {
            let Ok(at) = self.segments.binary_search_by_key(&seal.base, |segment| segment.base) else { continue };
            let file = self.segments[at].file(&self.shared, &self.dir)?;
            if let Some(index) = self.segments[at].index_files() {
                sealed.push(SealedFiles { sealed: seal, file, index });
            }
        }
        let active = match self.segments.last() {
            Some(active) if self.sync.durable < self.end => Some(active.file(&self.shared, &self.dir)?),
            _ => None,
        };
        // What a sealed segment says of producers has to stand in our file before it may be cleaned or retired, also if a
        // start found it sealed and synced.
        let grown = scope == SyncScope::Checkpoint && self.sync.durable < self.end;
        let lineage = self.shared.lineage().filter(|_| grown || !sealed.is_empty());
        self.sync.running = true;
        self.sync.cancelled = Arc::default();
        self.sync.unsynced_since = None;
        Ok(SyncJob {
            shared: self.shared.clone(),
            partition: self.partition.clone(),
            dir: self.dir.clone(),
            generation: self.sync.generation,
            cancelled: Arc::clone(&self.sync.cancelled),
            end: self.end,
            sealed,
            active,
            epochs: mem::take(&mut self.sync.epochs_changed).then(|| self.epochs.to_bytes()),
            producers: lineage.map(|lineage| OwnFile::to_bytes(lineage, self.end, &self.producers)),
            names_changed: mem::take(&mut self.sync.names_changed),
            dir_made: mem::take(&mut self.sync.dir_made),
        })
    }

    /// Takes the result of a job and returns [`Log::durable`], which it may have moved.
    ///
    /// # Errors
    /// [`AppendError::Offline`] if the job failed: the log directory is dead for this process. [`AppendError::DiskFull`]
    /// if there was no room for the files beside the records: nothing is lost, and the next job does it all.
    pub fn sync_done(&mut self, job: &SyncJob, result: Result<(), DiskError>) -> Result<Offset, AppendError> {
        self.sync.running = false;
        let is_stale = job.generation != self.sync.generation && !bugs::on(Bug::StaleSyncCounts);
        let is_full = result.as_ref().is_err_and(DiskError::is_full);
        if is_stale || is_full {
            self.take_back(job);
        }
        if is_full {
            return Err(AppendError::DiskFull);
        }
        result.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        if !is_stale {
            self.sync.durable = self.sync.durable.max(job.end);
            for files in &job.sealed {
                if let Ok(at) = self.segments.binary_search_by_key(&files.sealed.base, |segment| segment.base) {
                    self.segments[at].index_stored();
                }
            }
            self.shared.set_checkpoint(Checkpoint::RecoveryPoint, &self.partition, Some(self.sync.durable));
        }
        Ok(self.sync.durable)
    }

    /// What a job was to do is the next one's.
    fn take_back(&mut self, job: &SyncJob) {
        let is_sealed = |sealed: &&Sealed| {
            let at = self.segments.binary_search_by_key(&sealed.base, |segment| segment.base);
            at.is_ok_and(|at| self.segments.get(at + 1).is_some_and(|next| next.base == sealed.next))
        };
        let again: Vec<_> = job.sealed.iter().map(|files| &files.sealed).filter(is_sealed).cloned().collect();
        self.sync.sealed.splice(0..0, again);
        self.sync.epochs_changed |= job.epochs.is_some();
        self.sync.names_changed |= job.names_changed;
        self.sync.dir_made |= job.dir_made;
    }

    /// Sees to it that the job under way does nothing any more, because the files are going to be others; waits for it
    /// if it is at it.
    pub(super) fn cancel_sync(&mut self) {
        self.sync.generation += 1;
        *self.sync.cancelled.lock() = true;
    }

    /// Ends the log's use and writes what a clean stop leaves behind: indexes, producers, epochs. The caller hands
    /// what this returns to [`LogDir::close`](crate::LogDir::close), which syncs it all at once.
    ///
    /// # Errors
    /// [`AppendError::Offline`]: the stop is not a clean one, and the next start recovers.
    pub fn stop(&mut self) -> Result<StoppedLog, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        let stopped = self.write_clean().map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        self.closed = Some("it was stopped".into());
        Ok(stopped)
    }

    fn write_clean(&mut self) -> Result<StoppedLog, DiskError> {
        if let Some(retired) = self.end_cleaning()? {
            retired.remove()?;
        }
        let mut stopped = StoppedLog {
            partition: self.partition.clone(),
            start: self.start,
            start_inside: self.segments.first().map_or(self.start > Offset::ZERO, |first| self.start > first.base),
            end: self.end,
            unsynced: Vec::new(),
            unnamed: Vec::new(),
            unsynced_dir: None,
        };
        if self.sync.clean && !self.sync.epochs_changed || self.segments.is_empty() {
            return Ok(stopped);
        }
        let (shared, dir) = (self.shared.clone(), self.dir.clone());
        let put = |stopped: &mut StoppedLog, path: PathBuf, bytes: &[u8]| -> Result<(), DiskError> {
            write_file(&*shared.disk, &path, bytes)?;
            stopped.unsynced.push(path);
            Ok(())
        };
        let put_unnamed = |stopped: &mut StoppedLog, path: PathBuf, bytes: &[u8]| -> Result<(), DiskError> {
            put(stopped, temporary_path(&path), bytes)?;
            stopped.unnamed.push(path);
            Ok(())
        };
        for sealed in mem::take(&mut self.sync.sealed) {
            if let Some(producers) = &sealed.producers {
                put(&mut stopped, Kind::Snapshot.path(&dir, sealed.next), producers)?;
            }
        }
        for segment in &mut self.segments {
            if let Some(index) = segment.index_files() {
                for (path, bytes) in index.files(&dir, segment.base) {
                    let is_there = put_index(&*shared.disk, &path, bytes)?.is_some();
                    stopped.unsynced.extend(is_there.then_some(path));
                }
                stopped.unsynced.push(Kind::Log.path(&dir, segment.base));
            }
        }
        if self.size() > 0 {
            put(&mut stopped, Kind::Snapshot.path(&dir, self.end), &self.producers.to_snapshot())?;
            if let Some(lineage) = self.shared.lineage() {
                let bytes = OwnFile::to_bytes(lineage, self.end, &self.producers);
                put_unnamed(&mut stopped, dir.join(OWN_FILE_NAME), &bytes)?;
            }
        }
        if mem::take(&mut self.sync.epochs_changed) {
            put_unnamed(&mut stopped, dir.join(epochs::FILE_NAME), &self.epochs.to_bytes())?;
        }
        stopped.unsynced_dir = Some(dir);
        Ok(stopped)
    }
}
