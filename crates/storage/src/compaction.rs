//! Compaction: of each key only the newest record stays.
//!
//! ```text
//!            clean                 first dirty           dirty                bound         active
//!  ┌────────────────────────────────────┬───────────────────────────────────────┬────────────────────┐
//!  │ one record a key, with gaps        │ all records                           │ not to be touched  │
//!  └────────────────────────────────────┴───────────────────────────────────────┴────────────────────┘
//!    2. all of this is written anew,       1. of this the newest offset of each
//!       a group of segments at a time         key is put into a map
//! ```
//!
//! - A cleaning ends at segments that are sealed, synced, below the last stable offset, and old enough. What is not
//!   committed, or belongs to a transaction without a marker, is never looked at.
//! - If the map is full before that, the cleaning ends there, and the next goes on: each gets on by one record at least.
//! - It reads and writes without the log's lock, and at no time holds more than the map and two buffers. The lock is taken
//!   to say what there is to do ([`Log::clean_job`]), and for each group to put it in the place of what it was made of
//!   ([`Log::install`], [`Swap::run`], [`Log::swapped`]). If the log was cut, deleted, or retention took segments away in
//!   between, the group is thrown away.
//! - It may end at any point, by a power cut too ([`swap`]).
//!
//! What of a batch stays is decided by [`filter`], [`transactions`] and [`offset_map`], which know no disk.
//!
//! [`Log::clean_job`]: crate::Log::clean_job
//! [`Log::install`]: crate::Log::install
//! [`Log::swapped`]: crate::Log::swapped
//!
//! Source: Kafka `LogCleaner`, `Cleaner`, `LogCleanerManager`; KIP-58 (minimum lag), KIP-354 (maximum lag), KIP-534.

use std::fmt;

use protocol::types::Offset;

use crate::disk::DiskError;

pub mod filter;
mod group;
mod job;
pub mod offset_map;
pub(crate) mod swap;
pub mod transactions;

pub use filter::{Filter, Kept, LastWrite, Unreadable};
pub use group::CleanedGroup;
pub use job::{CleanJob, Cleaned};
pub use offset_map::OffsetMap;
pub use swap::Swap;
pub use transactions::{CleanedTransactions, MarkerFate};

pub(crate) use job::{JobInput, Source};

/// How much of a log there is to clean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cleanable {
    /// Where the part begins that was not cleaned yet.
    pub first_dirty: Offset,
    /// Where it ends, as far as it may be cleaned now.
    pub bound: Offset,
    /// The bytes of segments before `first_dirty`.
    pub clean_bytes: u64,
    /// The bytes of segments from there up to `bound`.
    pub dirty_bytes: u64,
    /// For how long records wait that are older than `max.compaction.lag.ms`, in milliseconds; 0 if none are.
    pub overdue_ms: i64,
    /// `min.cleanable.dirty.ratio`.
    pub ratio_min: f64,
}

impl Cleanable {
    /// The part of the bytes that are not clean, from 0 to 1.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let all = self.clean_bytes + self.dirty_bytes;
        if all == 0 { 0.0 } else { self.dirty_bytes as f64 / all as f64 }
    }

    /// Whether it is time.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.dirty_bytes > 0 && (self.overdue_ms > 0 || self.ratio() > self.ratio_min)
    }
}

/// How a cleaning may use the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleanLimits {
    /// How much memory the map of keys may take.
    pub map_bytes_max: usize,
    /// Which part of it may be filled.
    pub load_factor: f64,
    /// How many bytes are read and written at a time.
    pub io_bytes: usize,
    /// What the keys' hash depends on: drawn anew each time.
    pub secret: [u64; 2],
}

/// Tells the driver that so many bytes were read or written; its answer is whether to go on.
pub type Pace<'a> = &'a mut dyn FnMut(u64) -> bool;

/// Why a cleaning ended early. The log is as it was, or some groups of it are clean.
#[derive(Debug)]
pub enum CleanError {
    /// Somebody wanted it to, or the log was cut, deleted or stopped.
    Aborted,
    /// A batch is damaged, or not what it says. It would be so the next time too.
    Unreadable(Unreadable),
    /// The disk is full; worth another try.
    DiskFull,
    /// The disk failed: the log directory is dead for this process.
    Disk(DiskError),
}

impl fmt::Display for CleanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("it was given up"),
            Self::Unreadable(error) => error.fmt(f),
            Self::DiskFull => f.write_str("no space is left on the disk"),
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CleanError {}

impl From<Unreadable> for CleanError {
    fn from(error: Unreadable) -> Self {
        Self::Unreadable(error)
    }
}

impl From<DiskError> for CleanError {
    fn from(error: DiskError) -> Self {
        if error.is_full() { Self::DiskFull } else { Self::Disk(error) }
    }
}
