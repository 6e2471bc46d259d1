//! The disk as the log sees it: one small synchronous trait, so that everything above it can be run against a disk
//! that tears, loses and refuses.
//!
//! Two things stand between a `write` and the platter, and the trait names both. A file's *content* lives in the page
//! cache until [`DiskFile::sync`]; a file's *name* lives in its directory until [`Disk::sync_dir`]. A process that is
//! killed keeps both; a power cut keeps only what was synced, and of the rest any part in any order. Code above this
//! trait may rely on nothing else.
//!
//! - [`OsDisk`]: the real one, by `rustix`. The only place in this crate that touches files.
//! - `FaultDisk` (feature `fault`): in memory, deterministic from a seed.
//!
//! An error of `sync` must never be answered by trying again: Linux marks the pages clean and the next call succeeds
//! although the bytes are gone (`fsync` on ext4, XFS and btrfs alike). The log above closes itself instead.

use std::{fmt, io, io::IoSlice, os::fd::BorrowedFd, path::Path, path::PathBuf, sync::Arc};

use crate::bugs::{self, Bug};

#[cfg(feature = "fault")]
mod fault;
mod os;
#[cfg(test)]
mod tests;

#[cfg(feature = "fault")]
pub use fault::{FaultDisk, FaultRule};
pub use os::OsDisk;

/// An operation on the disk failed.
#[derive(Debug)]
pub struct DiskError {
    /// What was tried: `open`, `write`, `sync`, …
    pub operation: &'static str,
    /// On which file or directory, by the name it had when it was opened.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl DiskError {
    /// `operation` on `path` failed with `source`.
    pub fn new(operation: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self { operation, path: path.to_owned(), source: source.into() }
    }

    /// Whether the disk, or the user's share of it, is full: nothing is broken, and it may pass.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    /// Whether there is no such file or directory.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.operation, self.path.display(), self.source)
    }
}

impl std::error::Error for DiskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The answer of most operations.
pub type Result<T, E = DiskError> = std::result::Result<T, E>;

/// What [`Disk::open`] does about a file that is there, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// It must be there; its content stays.
    Existing,
    /// It must not be there.
    New,
    /// It is made if it is not there; its content stays.
    OrCreate,
    /// It is made if it is not there, and emptied if it is.
    Empty,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name without its path. Names that are not UTF-8 are left out by [`Disk::list`]: none of ours are.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// A lock that another process holds, or a disk that fails.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else has it.
    Held {
        /// The process, where the system says so; `None` inside another container, or for this very process.
        by: Option<u32>,
    },
    /// The file could not be made or locked.
    Disk(DiskError),
}

impl From<DiskError> for LockError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// An exclusive lock, given back when dropped.
pub trait DiskLock: Send + Sync + fmt::Debug {}

/// Names, directories, and the way to files.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens the file at `path` for reading and writing.
    fn open(&self, path: &Path, open: Open) -> Result<Arc<dyn DiskFile>>;

    /// The entries of a directory, by name.
    fn list(&self, dir: &Path) -> Result<Vec<Entry>>;

    /// The size in bytes of the file at `path`, without opening it.
    fn size(&self, path: &Path) -> Result<u64>;

    /// Makes one directory; its parent must be there and it must not.
    fn create_dir(&self, dir: &Path) -> Result<()>;

    /// Removes an empty directory.
    fn remove_dir(&self, dir: &Path) -> Result<()>;

    /// Gives a file or directory another name in the same directory. A file of that name is replaced, at once and
    /// whole; handles stay with the file.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Removes a file's name. Who has it open keeps its content.
    fn unlink(&self, path: &Path) -> Result<()>;

    /// Makes the names in `dir` survive a power cut.
    fn sync_dir(&self, dir: &Path) -> Result<()>;

    /// Makes everything on the file system of `path` survive a power cut, other people's files included: dear where
    /// the file system is shared, cheap compared to hundreds of single syncs.
    fn sync_all(&self, path: &Path) -> Result<()>;

    /// How many bytes can still be written to the file system of `path`, and how many it has in all.
    fn space(&self, path: &Path) -> Result<(u64, u64)>;

    /// Takes the exclusive lock on the file at `path`, which is made if need be, without waiting.
    ///
    /// It excludes Apache Kafka too: Java's `FileChannel.tryLock` is a POSIX record lock.
    fn lock(&self, path: &Path) -> Result<Box<dyn DiskLock>, LockError>;
}

/// An open file. All positions and lengths are in bytes.
///
/// Calls from several threads are allowed, as they are on a file descriptor.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Writes `parts`, one after the other, from `position` on. The slices are used up.
    ///
    /// After an error any part of them may have been written.
    fn write_at(&self, position: u64, parts: &mut [IoSlice<'_>]) -> Result<()>;

    /// Reads into `buffer` from `position` on; less than its length only at the end of the file.
    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize>;

    /// The file's size.
    fn size(&self) -> Result<u64>;

    /// Makes the content survive a power cut (`fdatasync`); the file's name is [`Disk::sync_dir`]'s.
    fn sync(&self) -> Result<()>;

    /// Cuts the file, or extends it with zeros, to `size`.
    fn truncate(&self, size: u64) -> Result<()>;

    /// Reserves space up to `size` without changing the file's size: Apache Kafka's tools take a tail of zeros for
    /// corruption. Does nothing where the file system cannot.
    fn allocate(&self, size: u64) -> Result<()>;

    /// The descriptor for `sendfile`; `None` if the file is not the system's.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// The name it was opened by.
    fn path(&self) -> &Path;
}

/// Some bytes of a file. It holds the file open: neither deletion nor the limit on open files can take it away.
#[derive(Clone, Debug)]
pub struct FileRange {
    /// The file.
    pub file: Arc<dyn DiskFile>,
    /// Where the bytes begin.
    pub position: u64,
    /// How many they are.
    pub len: u64,
}

impl FileRange {
    /// Copies the bytes out.
    ///
    /// # Errors
    /// Also if the file ends before the range does.
    pub fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.len).expect("a range fits into memory")];
        read_exact(&*self.file, self.position, &mut bytes)?;
        Ok(bytes)
    }
}

/// Fills `buffer` from `position` on.
///
/// # Errors
/// `UnexpectedEof` if the file ends before.
pub fn read_exact(file: &dyn DiskFile, position: u64, buffer: &mut [u8]) -> Result<()> {
    if file.read_at(position, buffer)? == buffer.len() {
        Ok(())
    } else {
        Err(DiskError::new("read", file.path(), io::ErrorKind::UnexpectedEof))
    }
}

/// The whole content of the file at `path`.
///
/// # Errors
/// `InvalidData` if it has more than `size_max` bytes.
pub fn read_file(disk: &dyn Disk, path: &Path, size_max: u64) -> Result<Vec<u8>> {
    let file = disk.open(path, Open::Existing)?;
    let len = file.size()?;
    if len > size_max {
        let message = format!("it has {len} bytes, more than {size_max}");
        return Err(DiskError::new("read", path, io::Error::new(io::ErrorKind::InvalidData, message)));
    }
    FileRange { file, position: 0, len }.read()
}

/// Makes `bytes` the content of the file at `path`, new or not; a power cut may leave any part of it.
///
/// # Errors
/// As the disk says; the content is then anything.
pub fn write_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<Arc<dyn DiskFile>> {
    let file = disk.open(path, Open::Empty)?;
    if !bytes.is_empty() {
        file.write_at(0, &mut [IoSlice::new(bytes)])?;
    }
    Ok(file)
}

/// The name that a file has until it is whole.
#[must_use]
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    temporary.into()
}

/// Makes `bytes` the content of the file at `path` so that after a power cut it is either the old or the new one:
/// writes `<path>.tmp`, syncs it, renames it, syncs the directory.
///
/// # Errors
/// As the disk says; the old content stays, or the new is there but may not survive a power cut.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_path(path);
    let file = write_file(disk, &temporary, bytes)?;
    if !bugs::on(Bug::CheckpointsNotSynced) {
        file.sync()?;
    }
    disk.rename(&temporary, path)?;
    if bugs::on(Bug::NamesNotSynced) {
        return Ok(());
    }
    disk.sync_dir(path.parent().expect("a file has a directory"))
}
