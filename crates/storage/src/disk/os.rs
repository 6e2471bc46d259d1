//! [`Disk`] on the real file system.

use std::{
    collections::BTreeSet,
    fs, io,
    io::IoSlice,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use rustix::{
    fs::{FallocateFlags, FlockOperation, Mode, OFlags},
    io::Errno,
    process::{Flock, FlockType},
};

use super::{Disk, DiskError, DiskFile, DiskLock, Entry, LockError, Open, Result};

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

/// What this process has locked, by device and inode. The system grants a process its own record locks again, and
/// takes them all back when any descriptor of the file is closed; two nodes in one process must exclude each other
/// all the same.
static LOCKED: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());

fn open_fd(path: &Path, flags: OFlags) -> Result<OwnedFd> {
    rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::from_raw_mode(0o644))
        .map_err(|error| DiskError::new("open", path, error))
}

impl Disk for OsDisk {
    fn open(&self, path: &Path, open: Open) -> Result<Arc<dyn DiskFile>> {
        let flags = match open {
            Open::Existing => OFlags::empty(),
            Open::New => OFlags::CREATE | OFlags::EXCL,
            Open::OrCreate => OFlags::CREATE,
            Open::Empty => OFlags::CREATE | OFlags::TRUNC,
        };
        Ok(Arc::new(OsFile { fd: open_fd(path, OFlags::RDWR | flags)?, path: path.to_owned() }))
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>> {
        let failed = |error: io::Error| DiskError::new("list", dir, error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_dir = entry.file_type().map_err(failed)?.is_dir();
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry { name, is_dir });
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    fn size(&self, path: &Path) -> Result<u64> {
        fs::metadata(path).map(|metadata| metadata.len()).map_err(|error| DiskError::new("look at", path, error))
    }

    fn create_dir(&self, dir: &Path) -> Result<()> {
        fs::create_dir(dir).map_err(|error| DiskError::new("create", dir, error))
    }

    fn remove_dir(&self, dir: &Path) -> Result<()> {
        fs::remove_dir(dir).map_err(|error| DiskError::new("remove", dir, error))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        fs::rename(from, to).map_err(|error| DiskError::new("rename", from, error))
    }

    fn unlink(&self, path: &Path) -> Result<()> {
        fs::remove_file(path).map_err(|error| DiskError::new("remove", path, error))
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let fd = open_fd(dir, OFlags::RDONLY | OFlags::DIRECTORY)?;
        rustix::fs::fsync(fd).map_err(|error| DiskError::new("sync", dir, error))
    }

    fn sync_all(&self, path: &Path) -> Result<()> {
        let fd = open_fd(path, OFlags::RDONLY)?;
        rustix::fs::syncfs(fd).map_err(|error| DiskError::new("sync", path, error))
    }

    fn space(&self, path: &Path) -> Result<(u64, u64)> {
        let stat = rustix::fs::statvfs(path).map_err(|error| DiskError::new("look at", path, error))?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok((bytes(stat.f_bavail), bytes(stat.f_blocks)))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskLock>, LockError> {
        // Looked up before the file is opened: closing a second descriptor would give the first one's lock away.
        let mut locked = LOCKED.lock();
        let failed = |error| DiskError::new("lock", path, error);
        if let Ok(stat) = rustix::fs::stat(path)
            && locked.contains(&(stat.st_dev, stat.st_ino))
        {
            return Err(LockError::Held { by: None });
        }
        let fd = open_fd(path, OFlags::RDWR | OFlags::CREATE)?;
        match rustix::fs::fcntl_lock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::AGAIN | Errno::ACCESS) => {
                let holder = rustix::process::fcntl_getlk(&fd, &Flock::from(FlockType::WriteLock));
                let by = holder.ok().flatten().and_then(|lock| lock.pid);
                return Err(LockError::Held { by: by.and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok()) });
            }
            Err(error) => return Err(failed(error).into()),
        }
        let stat = rustix::fs::fstat(&fd).map_err(failed)?;
        let key = (stat.st_dev, stat.st_ino);
        locked.insert(key);
        Ok(Box::new(OsLock { key, fd: Some(fd) }))
    }
}

#[derive(Debug)]
struct OsLock {
    key: (u64, u64),
    fd: Option<OwnedFd>,
}

impl DiskLock for OsLock {}

impl Drop for OsLock {
    fn drop(&mut self) {
        // Both under the list's lock, or another thread of ours could be told that a stranger holds it.
        let mut locked = LOCKED.lock();
        self.fd = None;
        locked.remove(&self.key);
    }
}

#[derive(Debug)]
struct OsFile {
    fd: OwnedFd,
    path: PathBuf,
}

impl OsFile {
    fn failed(&self, operation: &'static str, error: impl Into<io::Error>) -> DiskError {
        DiskError::new(operation, &self.path, error)
    }
}

/// How many slices one `pwritev` takes (`IOV_MAX` of Linux).
const SLICES_MAX: usize = 1024;

impl DiskFile for OsFile {
    fn write_at(&self, mut position: u64, mut parts: &mut [IoSlice<'_>]) -> Result<()> {
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            let batch = &parts[..parts.len().min(SLICES_MAX)];
            match rustix::io::pwritev(&self.fd, batch, position) {
                Ok(0) => return Err(self.failed("write", io::ErrorKind::WriteZero)),
                Ok(written) => {
                    position += written as u64;
                    IoSlice::advance_slices(&mut parts, written);
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.failed("write", error)),
            }
        }
        Ok(())
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match rustix::io::pread(&self.fd, &mut buffer[filled..], position + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.failed("read", error)),
            }
        }
        Ok(filled)
    }

    fn size(&self) -> Result<u64> {
        let stat = rustix::fs::fstat(&self.fd).map_err(|error| self.failed("look at", error))?;
        Ok(u64::try_from(stat.st_size).unwrap_or(0))
    }

    fn sync(&self) -> Result<()> {
        rustix::fs::fdatasync(&self.fd).map_err(|error| self.failed("sync", error))
    }

    fn truncate(&self, size: u64) -> Result<()> {
        rustix::fs::ftruncate(&self.fd, size).map_err(|error| self.failed("truncate", error))
    }

    fn allocate(&self, size: u64) -> Result<()> {
        match rustix::fs::fallocate(&self.fd, FallocateFlags::KEEP_SIZE, 0, size) {
            Ok(()) | Err(Errno::OPNOTSUPP) => Ok(()),
            Err(error) => Err(self.failed("allocate space for", error)),
        }
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        Some(self.fd.as_fd())
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
