//! Logs on disk, in Apache Kafka's own format, byte for byte: its tools read our directories, and either broker starts
//! on the other's.
//!
//! - [`disk`]: the disk as a trait, the real one, and one that fails on purpose.
//! - [`log_dir`]: a log directory, who owns it, which partitions it holds (Kafka `LogManager`).
//! - [`log`]: the log of one partition (Kafka `UnifiedLog`).
//! - [`producer_state`], [`epochs`]: what a log remembers of its producers and its leaders.
//! - [`compaction`]: keeping of each key only the newest record.
//! - [`index`], [`checkpoint`], [`manifest`]: files beside the records.
//!
//! Synchronous, and without threads of its own: whoever calls decides what waits for the disk. Time enters as an
//! argument; nothing here is random.

#[doc(hidden)]
pub mod bugs;
mod cache;
pub mod checkpoint;
pub mod compaction;
pub mod config;
pub mod disk;
pub mod epochs;
pub mod index;
pub mod log;
pub mod log_dir;
pub mod manifest;
mod names;
pub mod producer_state;
mod scan;
mod segment;
mod shared;
pub mod space;
pub mod txn_index;

use protocol::types::Uuid;

pub use checkpoint::Checkpoint;
pub use compaction::{CleanError, CleanJob, CleanLimits, Cleanable, Cleaned};
pub use config::LogConfig;
pub use disk::{Disk, DiskError, FileRange, OsDisk};
pub use log::{
    AppendError, Appended, Damage, DeletedDir, Installed, Log, LogRead, OpenError, OpenWarning, QuarantineFile,
    ReadError, RetiredSegments, Scrub, ScrubCursor, StoppedLog, SyncJob, SyncScope, TimestampOffset, TruncateError,
};
pub use log_dir::{LogDir, LogDirError, LogDirLimits, MetaProperties};
pub use scan::Flaw;
pub use space::{SpaceLevel, SpaceStatus};

/// The file in a partition's directory that holds its topic's id.
pub const PARTITION_METADATA: &str = "partition.metadata";

/// The text of [`PARTITION_METADATA`].
#[must_use]
pub fn partition_metadata(topic_id: Uuid) -> Vec<u8> {
    format!("version: 0\ntopic_id: {topic_id}").into_bytes()
}

/// The topic's id in the text of [`PARTITION_METADATA`].
#[must_use]
pub fn parse_partition_metadata(bytes: &[u8]) -> Option<Uuid> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (version, topic_id) = text.trim_end().split_once('\n')?;
    if version != "version: 0" {
        return None;
    }
    topic_id.strip_prefix("topic_id: ")?.parse().ok()
}
