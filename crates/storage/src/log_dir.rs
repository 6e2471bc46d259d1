//! A log directory: whose it is, which partitions it holds, and how the last run on it ended.
//!
//! What a start does, in this order:
//!
//! 1. [`LogDir::open`] takes `.lock`, reads `meta.properties`, the checkpoints and the names of the partitions'
//!    directories, and takes `.kafka_cleanshutdown` away: from now on the directory is in use.
//! 2. The metadata log in it is opened and read. Its last registration of this node tells which incarnation ran last.
//! 3. [`LogDir::begin`] compares that with `milena.manifest`, decides whether our own files are right, and starts a
//!    manifest of this incarnation.
//! 4. [`LogDir::open_log`] opens partitions, at any time. A partition without records costs nothing.
//!
//! [`LogDir::close`] is the way back: the logs were stopped, everything is synced at once, the checkpoints and last
//! the marker are written.
//!
//! Source: Kafka `LogManager`, `LogDirFailureHandler`, `MetaPropertiesEnsemble`, `CleanShutdownFileHandler`.

use std::{collections::BTreeMap, path::Path, path::PathBuf, sync::Arc};

use protocol::types::{BrokerId, Offset, Timestamp, TopicPartition, Uuid};

use crate::{
    LogConfig, PARTITION_METADATA,
    checkpoint::{Checkpoint, parse_copy, parse_offsets},
    disk::{Disk, DiskError, DiskLock, LockError, Open, read_file, replace_file, temporary_path, write_file},
    log::{Damage, DeletedDir, Log, OpenError, OpenInput, OpenWarning, StoppedLog},
    manifest::{self, Change, Manifest, ManifestEntry},
    names::{DirName, parse_dir_name, stray_dir_name},
    shared::{Books, Shared},
    space::SpaceStatus,
};

mod error;
mod meta_properties;
#[cfg(test)]
mod tests;

pub use error::LogDirError;
pub use meta_properties::{MetaProperties, MetaPropertiesError};

const LOCK: &str = ".lock";
const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
/// With less room than this a start takes what was held in reserve.
const START_BYTES: u64 = 16 << 20;
/// More files than this are synced together, with whatever else is on the file system.
const SINGLE_SYNCS_MAX: usize = 64;

/// How much a log directory may hold on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogDirLimits {
    /// Open segment files: at most half of what the process may open, the rest is for sockets. Readers that are still
    /// sending keep theirs open beyond it.
    pub open_files: usize,
    /// Indexes of sealed segments in memory.
    pub indexes: usize,
}

impl Default for LogDirLimits {
    fn default() -> Self {
        Self { open_files: 4096, indexes: 256 }
    }
}

/// A log directory in use by this process. See the [module](self).
#[derive(Debug)]
pub struct LogDir {
    shared: Arc<Shared>,
    meta: MetaProperties,
    /// How the last run ended: cleanly, as this broker epoch, or not.
    clean: Option<CleanShutdown>,
    leftovers: Vec<DeletedDirName>,
    warnings: Vec<OpenWarning>,
    _lock: Box<dyn DiskLock>,
}

type DeletedDirName = String;

/// The content of `.kafka_cleanshutdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanShutdown {
    /// The broker epoch of the run that stopped, or -1.
    pub broker_epoch: i64,
}

impl CleanShutdown {
    /// The text of the file.
    #[must_use]
    pub fn to_text(self) -> String {
        format!(r#"{{"version":0,"brokerEpoch":{}}}"#, self.broker_epoch)
    }

    /// What the file says. Its presence alone means a clean stop, whatever stands in it.
    fn of(bytes: &[u8]) -> Self {
        let number = std::str::from_utf8(bytes).ok().and_then(|text| {
            let (_, number) = text.split_once(r#""brokerEpoch""#)?;
            number.trim_matches(|c: char| c.is_whitespace() || ":}".contains(c)).parse().ok()
        });
        Self { broker_epoch: number.unwrap_or(-1) }
    }
}

/// The cluster and node that a log directory is made for. Writes `meta.properties` and makes the directory if need be.
///
/// # Errors
/// As the disk says.
pub fn format(disk: &dyn Disk, path: &Path, meta: &MetaProperties) -> Result<(), DiskError> {
    make_dirs(disk, path)?;
    replace_file(disk, &path.join(MetaProperties::FILE_NAME), meta.to_text().as_bytes())
}

/// Makes a directory and those above it, as far as they are missing, so that a power cut does not take them.
///
/// # Errors
/// As the disk says.
pub fn make_dirs(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    match disk.create_dir(path) {
        Ok(()) => {}
        Err(error) if error.source.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) if error.is_missing() => {
            let Some(parent) = path.parent() else { return Err(error) };
            make_dirs(disk, parent)?;
            disk.create_dir(path)?;
        }
        Err(error) => return Err(error),
    }
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => disk.sync_dir(Path::new(".")),
        Some(parent) => disk.sync_dir(parent),
        None => Ok(()),
    }
}

/// Reads a log directory's `meta.properties`; `None` if it has none.
///
/// # Errors
/// [`LogDirError::MetaProperties`], [`LogDirError::Disk`].
pub fn read_meta_properties(disk: &dyn Disk, path: &Path) -> Result<Option<MetaProperties>, LogDirError> {
    let path = path.join(MetaProperties::FILE_NAME);
    match read_file(disk, &path, 64 << 10) {
        Ok(bytes) => {
            MetaProperties::from_bytes(&bytes).map(Some).map_err(|error| LogDirError::MetaProperties { path, error })
        }
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl LogDir {
    /// Takes a formatted directory into use.
    ///
    /// # Arguments
    /// - `cluster_id`: the cluster that it must belong to, if that is known.
    ///
    /// # Errors
    /// [`LogDirError`]; the directory is then as it was, but for an empty `.lock`.
    pub fn open(
        disk: Arc<dyn Disk>,
        path: &Path,
        node_id: BrokerId,
        cluster_id: Option<&str>,
        limits: LogDirLimits,
    ) -> Result<Self, LogDirError> {
        let Some(meta) = read_meta_properties(&*disk, path)? else {
            return Err(LogDirError::NotFormatted { path: path.to_owned() });
        };
        if meta.node_id != node_id {
            return Err(LogDirError::OtherNode { path: path.to_owned(), found: meta.node_id, expected: node_id });
        }
        if let Some(expected) = cluster_id.filter(|expected| *expected != meta.cluster_id) {
            let (found, expected) = (meta.cluster_id.clone(), expected.to_owned());
            return Err(LogDirError::OtherCluster { path: path.to_owned(), found, expected });
        }
        let lock = disk.lock(&path.join(LOCK)).map_err(|error| match error {
            LockError::Held { by } => LogDirError::InUse { path: path.to_owned(), by },
            LockError::Disk(error) => LogDirError::Disk(error),
        })?;
        let shared = Arc::new(Shared::new(disk, path.to_owned(), limits.open_files, limits.indexes));
        // What a start writes has to have room.
        if shared.disk.space(path)?.0 < START_BYTES {
            shared.release_reserve();
        }
        let mut dir = Self { shared, meta, clean: None, leftovers: Vec::new(), warnings: Vec::new(), _lock: lock };
        dir.load_checkpoints()?;
        dir.list_partitions()?;
        dir.take_clean_shutdown()?;
        Ok(dir)
    }

    fn load_checkpoints(&mut self) -> Result<(), DiskError> {
        for kind in Checkpoint::ALL {
            let path = self.shared.root.join(kind.file_name());
            let offsets = match read_file(&*self.shared.disk, &path, 256 << 20) {
                Ok(bytes) => parse_offsets(&bytes).unwrap_or_else(|error| {
                    self.warnings.push(OpenWarning::Ignored { path, reason: error.to_string() });
                    Default::default()
                }),
                Err(error) if error.is_missing() => {
                    // Apache Kafka makes them empty at its first start.
                    write_file(&*self.shared.disk, &path, b"")?;
                    Default::default()
                }
                Err(error) => return Err(error),
            };
            self.shared.books.lock().checkpoints.insert(kind, offsets);
        }
        Ok(())
    }

    fn list_partitions(&mut self) -> Result<(), DiskError> {
        let mut books = self.shared.books.lock();
        for entry in self.shared.disk.list(&self.shared.root)?.into_iter().filter(|entry| entry.is_dir) {
            match parse_dir_name(&entry.name) {
                DirName::Partition(partition) => {
                    books.dirs.insert(partition);
                }
                DirName::Deleted => self.leftovers.push(entry.name),
                DirName::Aside | DirName::Other => {}
            }
        }
        Ok(())
    }

    fn take_clean_shutdown(&mut self) -> Result<(), DiskError> {
        let path = self.shared.root.join(CLEAN_SHUTDOWN);
        match read_file(&*self.shared.disk, &path, 4096) {
            Ok(bytes) => self.clean = Some(CleanShutdown::of(&bytes)),
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(error),
        }
        // On the platter before anything is appended: a marker that comes back would hide a torn tail.
        self.shared.disk.unlink(&path)?;
        self.shared.disk.sync_dir(&self.shared.root)
    }

    /// Who the directory belongs to.
    #[must_use]
    pub fn meta(&self) -> &MetaProperties {
        &self.meta
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.root
    }

    /// The disk it is on.
    #[must_use]
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.shared.disk
    }

    /// How the last run ended: `None` if it did not stop cleanly.
    #[must_use]
    pub fn clean_shutdown(&self) -> Option<CleanShutdown> {
        self.clean
    }

    /// Files that were not believed when the directory was opened.
    #[must_use]
    pub fn warnings(&self) -> &[OpenWarning] {
        &self.warnings
    }

    /// Why the directory is dead for this process, if it is.
    #[must_use]
    pub fn offline(&self) -> Option<Arc<str>> {
        self.shared.offline()
    }

    /// What was found damaged since somebody last asked, by readers and the scrubber; what an opening finds is in its
    /// warnings.
    #[must_use]
    pub fn take_damage(&self) -> Vec<Damage> {
        self.shared.take_damage()
    }

    /// Looks how much room there is, for who appends until the next look, and sees to the reserve.
    ///
    /// # Arguments
    /// - `reserve`: `milena.disk.reserve.bytes`; on a small disk it is less.
    ///
    /// # Errors
    /// As the disk says; nothing has changed then.
    pub fn look_at_space(&self, reserve: u64) -> Result<SpaceStatus, DiskError> {
        self.shared.space.look(&*self.shared.disk, &self.shared.root, reserve)
    }

    /// The partitions that have a directory, of whatever topic.
    #[must_use]
    pub fn partitions(&self) -> Vec<TopicPartition> {
        self.shared.books.lock().dirs.iter().cloned().collect()
    }

    /// Whether a partition has a directory, or had one when this was written down last.
    #[must_use]
    pub fn has_records(&self, partition: &TopicPartition) -> bool {
        let books = self.shared.books.lock();
        books.dirs.contains(partition) || books.promised.contains_key(partition)
    }

    /// The topic's id that stands in a partition's directory, if it has one.
    ///
    /// # Errors
    /// As the disk says.
    pub fn stored_topic_id(&self, partition: &TopicPartition) -> Result<Option<Uuid>, DiskError> {
        let path = self.shared.root.join(partition.to_string()).join(PARTITION_METADATA);
        match read_file(&*self.shared.disk, &path, 1024) {
            Ok(bytes) => Ok(crate::parse_partition_metadata(&bytes)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Directories of removed partitions that an earlier run left, to be removed now.
    pub fn take_leftovers(&mut self) -> Vec<DeletedDir> {
        let root = &self.shared.root;
        let dir = |name: String| DeletedDir { shared: self.shared.clone(), dir: root.join(name) };
        self.leftovers.drain(..).map(dir).collect()
    }

    /// Sets the directory of a partition aside that belongs to no topic: it is renamed to `-stray`, as Apache Kafka does,
    /// and nobody touches it any more. Its name is free then. Nobody must have it open.
    ///
    /// # Returns
    /// Where it is now.
    ///
    /// # Errors
    /// As the disk says; it may or may not have its new name then.
    ///
    /// Source: Kafka `LogManager.addStrayLog`.
    pub fn set_aside(&self, partition: &TopicPartition, unique: Uuid) -> Result<PathBuf, DiskError> {
        let (disk, root) = (&*self.shared.disk, &self.shared.root);
        let to = root.join(stray_dir_name(partition, unique));
        self.shared.record(Change::Removed(partition))?;
        disk.rename(&root.join(partition.to_string()), &to)?;
        disk.sync_dir(root)?;
        for kind in Checkpoint::ALL {
            self.shared.set_checkpoint(kind, partition, None);
            self.shared.save(kind)?;
        }
        Ok(to)
    }

    /// Starts a manifest of this incarnation, and with it the use of our own files.
    ///
    /// # Arguments
    /// - `last`: the incarnation that this node last registered with, as the metadata log says; `None` if it never has.
    /// - `incarnation`: the one it is going to register with now.
    ///
    /// # Returns
    /// Whether the last who ran here was one of us. If not, everything is taken from Kafka's files and the records.
    ///
    /// # Errors
    /// As the disk says.
    pub fn begin(&self, last: Option<Uuid>, incarnation: Uuid) -> Result<bool, DiskError> {
        let registered = last.unwrap_or(Uuid::ZERO);
        let path = self.shared.root.join(manifest::FILE_NAME);
        let found = match read_file(&*self.shared.disk, &path, 256 << 20) {
            Ok(bytes) => {
                Manifest::from_bytes(&bytes).filter(|found| [found.incarnation, found.registered].contains(&registered))
            }
            Err(error) if error.is_missing() => None,
            Err(error) => return Err(error),
        };
        let mut books = self.shared.books.lock();
        let trusted = found.is_some();
        let found = found.unwrap_or(Manifest { lineage: incarnation, ..Manifest::default() });
        let mut next = Manifest { incarnation, lineage: found.lineage, registered, ..Manifest::default() };
        for (partition, entry) in found.partitions {
            // A directory that was made but never synced may be gone after a power cut, and took nothing with it.
            if entry.durable && !books.dirs.contains(&partition) {
                books.promised.insert(partition.clone(), entry.topic_id);
            }
            if entry.durable || books.dirs.contains(&partition) {
                next.partitions.insert(partition, entry);
            }
        }
        for partition in
            books.dirs.iter().filter(|partition| !next.partitions.contains_key(partition)).cloned().collect::<Vec<_>>()
        {
            let topic_id = self.stored_topic_id(&partition)?.unwrap_or_default();
            next.partitions.insert(partition, ManifestEntry { topic_id, durable: false });
        }
        // Offsets of a partition that was removed say nothing about the next one of its name.
        let Books { dirs, promised, checkpoints, unsaved, .. } = &mut *books;
        for (kind, offsets) in checkpoints {
            let before = offsets.len();
            if self.believe_copy(*kind, trusted, offsets)? {
                unsaved.insert(*kind);
            }
            offsets.retain(|partition, _| dirs.contains(partition) || promised.contains_key(partition));
            if offsets.len() < before {
                unsaved.insert(*kind);
            }
        }
        let bytes = next.to_bytes();
        replace_file(&*self.shared.disk, &path, &bytes)?;
        let file = self.shared.disk.open(&path, Open::Existing)?;
        books.manifest_file = Some((file, bytes.len() as u64));
        books.manifest = next;
        books.trusted = trusted;
        drop(books);
        Checkpoint::ALL.into_iter().try_for_each(|kind| self.shared.save(kind))?;
        Ok(trusted)
    }

    /// Takes the offsets from our own copy of a checkpoint, if that is whole, and nobody else ran here since it was made.
    /// Whether Kafka's says something else.
    fn believe_copy(
        &self,
        kind: Checkpoint,
        trusted: bool,
        offsets: &mut BTreeMap<TopicPartition, Offset>,
    ) -> Result<bool, DiskError> {
        let Some(name) = kind.copy_name() else { return Ok(false) };
        let path = self.shared.root.join(name);
        let copy = match read_file(&*self.shared.disk, &path, 256 << 20) {
            Ok(bytes) => parse_copy(&bytes),
            Err(error) if error.is_missing() => return Ok(false),
            Err(error) => return Err(error),
        };
        if !trusted {
            self.shared.disk.unlink(&path)?;
            self.shared.disk.sync_dir(&self.shared.root)?;
            return Ok(false);
        }
        // Who removes the recovery points wants everything to be looked at.
        let Some(copy) = copy.filter(|_| kind != Checkpoint::RecoveryPoint || !offsets.is_empty()) else {
            return Ok(false);
        };
        // That log is open already, and has noted what it knows.
        let is_metadata = |partition: &TopicPartition| partition.topic == "__cluster_metadata";
        let mut believed = copy;
        believed.retain(|partition, _| !is_metadata(partition));
        believed.extend(offsets.iter().filter(|(partition, _)| is_metadata(partition)).map(|(p, o)| (p.clone(), *o)));
        let differs = believed != *offsets;
        *offsets = believed;
        Ok(differs)
    }

    /// Opens the log of a partition; it has a directory only once it has records.
    ///
    /// Nobody must have it open. Before [`LogDir::begin`] only for the metadata log.
    ///
    /// # Arguments
    /// - `topic_id`: the topic's id, which must be that in the directory; zero to ask for none.
    /// - `now`: wall clock.
    ///
    /// # Errors
    /// [`OpenError`]: the partition is offline. The files are as they were.
    pub fn open_log(
        &self,
        partition: &TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        now: Timestamp,
    ) -> Result<(Log, Vec<OpenWarning>), OpenError> {
        let (exists, promised, trusted) = {
            let books = self.shared.books.lock();
            (books.dirs.contains(partition), books.promised.get(partition) == Some(&topic_id), books.trusted)
        };
        if promised {
            return Err(OpenError::Missing { dir: self.shared.root.join(partition.to_string()) });
        }
        if !exists {
            // Left by an earlier topic of the name, perhaps.
            for kind in Checkpoint::ALL.into_iter().filter(|kind| self.checkpoint(*kind, partition).is_some()) {
                self.shared.set_checkpoint(kind, partition, None);
                self.shared.save(kind)?;
            }
        }
        let input = OpenInput {
            partition: partition.clone(),
            topic_id,
            config,
            exists,
            clean: self.clean.is_some(),
            lineage: self.shared.lineage().filter(|_| trusted),
            recovery_point: self.shared.checkpoint(Checkpoint::RecoveryPoint, partition).unwrap_or(Offset::ZERO),
            start: self.shared.checkpoint(Checkpoint::LogStart, partition),
            now,
        };
        Log::open(&self.shared, input)
    }

    /// The offset that a checkpoint holds of a partition.
    #[must_use]
    pub fn checkpoint(&self, kind: Checkpoint, partition: &TopicPartition) -> Option<Offset> {
        self.shared.checkpoint(kind, partition)
    }

    /// Notes an offset of a partition for the next [`LogDir::save_checkpoint`]. Recovery points and log starts are
    /// noted by the logs themselves.
    pub fn set_checkpoint(&self, kind: Checkpoint, partition: &TopicPartition, offset: Offset) {
        self.shared.set_checkpoint(kind, partition, Some(offset));
    }

    /// Writes a checkpoint's file, if anything in it changed.
    ///
    /// # Errors
    /// As the disk says; the old file is then still there.
    pub fn save_checkpoint(&self, kind: Checkpoint) -> Result<(), DiskError> {
        self.shared.save(kind)
    }

    /// Gives the directory back after a clean stop: syncs what the logs left, writes the checkpoints and the marker,
    /// removes `.lock`.
    ///
    /// # Arguments
    /// - `stopped`: what [`Log::stop`] returned, for each log that was opened.
    /// - `broker_epoch`: of this run; -1 if it never registered.
    ///
    /// # Errors
    /// As the disk says, and if the directory went offline before: the next start then recovers.
    pub fn close(&self, stopped: Vec<StoppedLog>, broker_epoch: i64) -> Result<(), DiskError> {
        let (disk, root) = (&*self.shared.disk, &self.shared.root);
        if let Some(reason) = self.shared.offline() {
            return Err(DiskError::new("close", root, std::io::Error::other(&*reason)));
        }
        let many = stopped.iter().map(|log| log.unsynced.len()).sum::<usize>() > SINGLE_SYNCS_MAX;
        if many {
            disk.sync_all(root)?;
        } else {
            for log in &stopped {
                for path in &log.unsynced {
                    disk.open(path, Open::Existing)?.sync()?;
                }
            }
        }
        for path in stopped.iter().flat_map(|log| &log.unnamed) {
            disk.rename(&temporary_path(path), path)?;
        }
        // Before the recovery points: nobody looks for what files of before do not say of records below them.
        if many {
            disk.sync_all(root)?;
        } else {
            stopped.iter().filter_map(|log| log.unsynced_dir.as_ref()).try_for_each(|dir| disk.sync_dir(dir))?;
            disk.sync_dir(root)?;
        }
        for log in &stopped {
            self.shared.set_checkpoint(Checkpoint::RecoveryPoint, &log.partition, Some(log.end));
            self.shared.set_checkpoint(Checkpoint::LogStart, &log.partition, log.start_inside.then_some(log.start));
        }
        for kind in [Checkpoint::RecoveryPoint, Checkpoint::HighWatermark, Checkpoint::LogStart] {
            // Written although nothing changed: Apache Kafka has a line count in them after its first stop.
            self.shared.books.lock().unsaved.insert(kind);
            self.shared.save(kind)?;
        }
        self.close_manifest()?;
        replace_file(disk, &root.join(CLEAN_SHUTDOWN), CleanShutdown { broker_epoch }.to_text().as_bytes())?;
        disk.unlink(&root.join(LOCK))
    }

    /// Writes the manifest anew: whatever is there now is on the platter.
    fn close_manifest(&self) -> Result<(), DiskError> {
        let mut books = self.shared.books.lock();
        if books.manifest_file.take().is_none() {
            return Ok(());
        }
        let mut last = std::mem::take(&mut books.manifest);
        for (partition, entry) in &mut last.partitions {
            entry.durable |= books.dirs.contains(partition);
        }
        replace_file(&*self.shared.disk, &self.shared.root.join(manifest::FILE_NAME), &last.to_bytes())
    }
}
