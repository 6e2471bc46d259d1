//! What the logs of one log directory share: the disk, the open files, the books kept about them all, and their end.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IoSlice,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use parking_lot::Mutex;
use protocol::types::{Offset, TopicPartition, Uuid};

use crate::{
    bugs::{self, Bug},
    cache::Cache,
    checkpoint::{Checkpoint, format_offsets, seal_copy},
    disk::{Disk, DiskError, DiskFile, replace_file},
    index::SegmentIndex,
    log::Damage,
    manifest::{Change, Manifest},
    scan::chain::Hole,
    space::Space,
    txn_index::AbortedTxn,
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    /// The log directory.
    pub(crate) root: PathBuf,
    /// Open segment files.
    pub(crate) files: Cache<Arc<dyn DiskFile>>,
    /// Indexes of sealed segments.
    pub(crate) indexes: Cache<Arc<SegmentIndex>>,
    /// Aborted transactions of sealed segments.
    pub(crate) aborted: Cache<Arc<[AbortedTxn]>>,
    pub(crate) books: Mutex<Books>,
    /// Held while a checkpoint is written, and before `books`.
    saving: Mutex<()>,
    /// What was found damaged since somebody last asked.
    damage: Mutex<Vec<Damage>>,
    /// How much room there is.
    pub(crate) space: Space,
    /// Why the directory is dead for this process.
    offline: OnceLock<Arc<str>>,
}

/// What is known about the directory's partitions.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Partitions with a directory.
    pub(crate) dirs: BTreeSet<TopicPartition>,
    /// Partitions, and their topics' ids, that had a directory as the manifest of the last run says, and have none.
    pub(crate) promised: BTreeMap<TopicPartition, Uuid>,
    pub(crate) manifest: Manifest,
    /// The manifest's file and its size, once this start has its own.
    pub(crate) manifest_file: Option<(Arc<dyn DiskFile>, u64)>,
    /// Whether nobody else ran here since the files that carry the lineage were written.
    pub(crate) trusted: bool,
    pub(crate) checkpoints: BTreeMap<Checkpoint, BTreeMap<TopicPartition, Offset>>,
    /// Checkpoints that differ from their files.
    pub(crate) unsaved: BTreeSet<Checkpoint>,
}

impl Shared {
    pub(crate) fn new(disk: Arc<dyn Disk>, root: PathBuf, open_files_max: usize, indexes_max: usize) -> Self {
        Self {
            disk,
            root,
            files: Cache::new(open_files_max),
            indexes: Cache::new(indexes_max),
            aborted: Cache::new(indexes_max),
            books: Mutex::default(),
            saving: Mutex::default(),
            damage: Mutex::default(),
            space: Space::new(),
            offline: OnceLock::new(),
        }
    }

    /// Takes the whole directory out of use: after a failed write or sync nobody knows what is on the platter.
    pub(crate) fn fail(&self, error: &DiskError) -> Arc<str> {
        if bugs::on(Bug::AppendsAfterError) {
            return error.to_string().into();
        }
        self.offline.get_or_init(|| error.to_string().into()).clone()
    }

    pub(crate) fn offline(&self) -> Option<Arc<str>> {
        self.offline.get().cloned()
    }

    /// Does what must not stop because the disk is full: if it is, the reserve is given up, and it is done again. Once.
    pub(crate) fn with_reserve<T>(&self, act: impl Fn() -> Result<T, DiskError>) -> Result<T, DiskError> {
        match act() {
            Err(error) if error.is_full() && self.release_reserve() => act(),
            done => done,
        }
    }

    /// Gives the reserve up. Whether there was one.
    pub(crate) fn release_reserve(&self) -> bool {
        self.space.release(&*self.disk, &self.root)
    }

    /// Notes that something of the segment at `base` in the partition's directory `dir` is damaged.
    pub(crate) fn report(&self, dir: &Path, base: Offset, hole: &Hole) {
        self.damage.lock().push(Damage::of(dir, base, hole));
    }

    pub(crate) fn take_damage(&self) -> Vec<Damage> {
        std::mem::take(&mut self.damage.lock())
    }

    /// Forgets what was noted of a partition: whoever opened it was told.
    pub(crate) fn take_damage_of(&self, partition: &TopicPartition) {
        self.damage.lock().retain(|damage| damage.partition != *partition);
    }

    /// The lineage that our own files carry; none before this start has its manifest.
    pub(crate) fn lineage(&self) -> Option<Uuid> {
        let books = self.books.lock();
        books.manifest_file.as_ref().map(|_| books.manifest.lineage)
    }

    /// Notes a change in the manifest, without a sync.
    pub(crate) fn record(&self, change: Change<'_>) -> Result<(), DiskError> {
        let mut books = self.books.lock();
        if let Some((file, size)) = &mut books.manifest_file {
            let line = change.to_line();
            let written = self.with_reserve(|| file.write_at(*size, &mut [IoSlice::new(line.as_bytes())]));
            match (written, change) {
                (Ok(()), _) => {
                    *size += line.len() as u64;
                    books.manifest.apply(change);
                }
                // A line that is not there only makes the next start less strict, or, of a partition that is gone, say
                // that something is missing that nobody asks for.
                (Err(error), Change::Removed(_) | Change::Durable(_)) if error.is_full() => {}
                (Err(error), _) => return Err(error),
            }
        }
        match change {
            Change::Made(partition, _) => books.dirs.insert(partition.clone()),
            Change::Removed(partition) => books.dirs.remove(partition),
            Change::Durable(_) => false,
        };
        Ok(())
    }

    pub(crate) fn checkpoint(&self, kind: Checkpoint, partition: &TopicPartition) -> Option<Offset> {
        self.books.lock().checkpoints.get(&kind)?.get(partition).copied()
    }

    /// Notes an offset, to be saved by the next [`save`](Self::save); `None` forgets it.
    pub(crate) fn set_checkpoint(&self, kind: Checkpoint, partition: &TopicPartition, offset: Option<Offset>) {
        let mut books = self.books.lock();
        let offsets = books.checkpoints.entry(kind).or_default();
        let before = match offset {
            Some(offset) => offsets.insert(partition.clone(), offset),
            None => offsets.remove(partition),
        };
        if before != offset {
            books.unsaved.insert(kind);
        }
    }

    /// Writes a checkpoint's file if it changed. On return it is on the platter, whoever wrote it.
    pub(crate) fn save(&self, kind: Checkpoint) -> Result<(), DiskError> {
        let _saving = self.saving.lock();
        let (bytes, has_begun) = {
            let mut books = self.books.lock();
            if !books.unsaved.remove(&kind) {
                return Ok(());
            }
            (format_offsets(books.checkpoints.entry(kind).or_default()), books.manifest_file.is_some())
        };
        let path = self.root.join(kind.file_name());
        let copy = kind.copy_name().filter(|_| has_begun).map(|name| (self.root.join(name), seal_copy(&bytes)));
        let saved = self.with_reserve(|| {
            if let Some((path, bytes)) = &copy {
                replace_file(&*self.disk, path, bytes)?;
            }
            replace_file(&*self.disk, &path, &bytes)
        });
        if saved.is_err() {
            self.books.lock().unsaved.insert(kind);
        }
        saved
    }
}
