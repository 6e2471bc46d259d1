//! Room on the disk: who may still write when it gets short, so that a full disk stops producers and nothing else.
//!
//! ```text
//!  free bytes
//!  ──────────────── a twentieth of the disk, or four times the reserve
//!   alert             told in the metrics and the log
//!  ──────────────── twice the reserve
//!   backpressure      producers are slowed down
//!  ──────────────── the reserve
//!   read-only         records of producers are refused; readers, commits, deletes and retention go on in what is left
//!  ──────────────── 0, and a file of the reserve's size (`milena.reserve`), given up for what must not stop
//! ```
//!
//! Free space is asked for now and then only ([`LogDir::look_at_space`](crate::LogDir::look_at_space)); in between what is
//! appended is counted, so nobody runs through the reserve between two looks. Metadata and the node's own topics are
//! not counted: they are what the reserve is for ([`LogConfig::headroom`](crate::LogConfig)).
//!
//! The file is there because the rest of the disk is everybody's: what another program writes cannot take it. It has no
//! content, only space. When something that must not stop finds the disk full, it is removed and the operation tried
//! again, once. It comes back when there is room.
//!
//! Source: the idea of KIP-928, which Apache Kafka does not have: there a full disk is a failed one.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
};

use parking_lot::Mutex;

use crate::disk::{Disk, DiskError, DiskFile, Open};

/// The file's name.
pub const RESERVE_FILE: &str = "milena.reserve";

/// How much room there is. See the [module](self).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpaceLevel {
    /// Enough.
    #[default]
    Ok,
    /// Somebody should look after it.
    Alert,
    /// Producers are slowed down.
    Backpressure,
    /// Producers are refused.
    ReadOnly,
}

impl SpaceLevel {
    const ALL: [Self; 4] = [Self::Ok, Self::Alert, Self::Backpressure, Self::ReadOnly];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Alert => "alert",
            Self::Backpressure => "backpressure",
            Self::ReadOnly => "read-only",
        }
    }

    /// The level with so many bytes left. To be written to again takes a quarter of the reserve more than it took to be
    /// read-only, so that it does not come and go.
    #[must_use]
    pub fn of(free: u64, total: u64, reserve: u64, before: Self) -> Self {
        let slack = if before == Self::ReadOnly { reserve / 4 } else { 0 };
        if reserve > 0 && free < reserve + slack {
            Self::ReadOnly
        } else if free < reserve.saturating_mul(2) {
            Self::Backpressure
        } else if free < reserve.saturating_mul(4).max(total / 20) {
            Self::Alert
        } else {
            Self::Ok
        }
    }
}

/// Room on the file system of a log directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpaceStatus {
    /// What it means.
    pub level: SpaceLevel,
    /// Bytes that can still be written.
    pub free: u64,
    /// Bytes in all.
    pub total: u64,
    /// By how much producers are to be slowed down, in ms for each request.
    pub throttle_ms: u64,
}

#[derive(Debug)]
pub(crate) struct Space {
    /// What producers may still append before somebody has to look again.
    left: AtomicI64,
    level: AtomicU8,
    reserve: Mutex<Option<Arc<dyn DiskFile>>>,
}

/// The longest that one request is held back.
const THROTTLE_MS_MAX: u64 = 1000;

impl Space {
    pub(crate) fn new() -> Self {
        Self { left: AtomicI64::new(i64::MAX), level: AtomicU8::new(0), reserve: Mutex::default() }
    }

    /// Takes `bytes` for a producer's batch; `false` if it has to be refused.
    pub(crate) fn take(&self, bytes: u64) -> bool {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let taken = |left: i64| if left >= bytes { Some(left - bytes) } else { None };
        self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, taken).is_ok()
    }

    /// Looks how much room there is, and sees to the reserve, which is `reserve` bytes, or less on a small disk.
    pub(crate) fn look(&self, disk: &dyn Disk, root: &Path, reserve: u64) -> Result<SpaceStatus, DiskError> {
        let (mut free, total) = disk.space(root)?;
        let reserve = reserve.min(total / 32);
        let before = SpaceLevel::ALL[usize::from(self.level.load(Ordering::Acquire))];
        if reserve == 0 {
            self.release(disk, root);
        } else if free >= reserve.saturating_mul(5) && self.hold(disk, root, reserve) {
            free = disk.space(root)?.0;
        }
        let level = SpaceLevel::of(free, total, reserve, before);
        let left = if level == SpaceLevel::ReadOnly { 0 } else { free - reserve.min(free) };
        let left = if reserve == 0 { i64::MAX } else { i64::try_from(left).unwrap_or(i64::MAX) };
        self.left.store(left, Ordering::Release);
        self.level.store(level as u8, Ordering::Release);
        let throttle_ms = match level {
            SpaceLevel::Backpressure => THROTTLE_MS_MAX * (2 * reserve - free) / reserve,
            _ => 0,
        };
        Ok(SpaceStatus { level, free, total, throttle_ms })
    }

    /// Takes the reserve, if it is not held. Whether that changed anything.
    fn hold(&self, disk: &dyn Disk, root: &Path, bytes: u64) -> bool {
        let mut reserve = self.reserve.lock();
        if reserve.is_some() {
            return false;
        }
        // Without it the reserve is only what is left free, as on a file system that cannot set space aside.
        let held = disk.open(&root.join(RESERVE_FILE), Open::OrCreate);
        *reserve = held.and_then(|file| file.allocate(bytes).map(|()| file)).ok();
        reserve.is_some()
    }

    /// Gives the reserve up. Whether there was one.
    pub(crate) fn release(&self, disk: &dyn Disk, root: &Path) -> bool {
        let mut reserve = self.reserve.lock();
        *reserve = None;
        disk.unlink(&root.join(RESERVE_FILE)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::FaultDisk;

    #[test]
    fn the_levels_come_one_after_the_other_and_go_later_than_they_came() {
        let level = |free, before| SpaceLevel::of(free, 10_000, 100, before);
        let coming = [1000, 499, 400, 199, 100, 99].map(|free| level(free, SpaceLevel::Ok));
        use SpaceLevel::{Alert, Backpressure, Ok, ReadOnly};
        assert_eq!(coming, [Ok, Alert, Alert, Backpressure, Backpressure, ReadOnly]);
        assert_eq!([124, 125, 200].map(|free| level(free, ReadOnly)), [ReadOnly, Backpressure, Alert]);
        assert_eq!(SpaceLevel::of(0, 0, 0, Ok), Ok, "without a reserve nobody is refused");
    }

    #[test]
    fn nobody_runs_through_the_reserve_between_two_looks_and_it_is_given_up_for_who_must_not_stop() {
        let (disk, root) = (FaultDisk::new(1), Path::new("/"));
        disk.set_capacity(64_000);
        let space = Space::new();
        let status = space.look(&disk, root, 1000).unwrap();
        assert_eq!((status.level, status.free), (SpaceLevel::Ok, 63_000), "the reserve is taken");
        assert!(space.take(62_000) && !space.take(1));
        let file = disk.open(Path::new("/data"), Open::New).unwrap();
        file.write_at(0, &mut [std::io::IoSlice::new(&[1; 62_500])]).unwrap();
        let status = space.look(&disk, root, 1000).unwrap();
        assert_eq!((status.level, status.free), (SpaceLevel::ReadOnly, 500));
        assert!(!space.take(1));
        assert!(file.write_at(62_500, &mut [std::io::IoSlice::new(&[1; 600])]).unwrap_err().is_full());
        assert!(space.release(&disk, root));
        file.write_at(62_500, &mut [std::io::IoSlice::new(&[1; 600])]).unwrap();
        file.truncate(1000).unwrap();
        let status = space.look(&disk, root, 1000).unwrap();
        assert_eq!((status.level, status.free), (SpaceLevel::Ok, 62_000), "and taken again");
        assert!(space.take(60_000));
    }
}
