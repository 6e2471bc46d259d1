//! The log of one partition: batches, one after the other, in a row of segments.
//!
//! ```text
//!        start                                durable                end
//!          │                                     │                    │
//!  ┌───────┼───────────┬─────────────────────┬───┼────────────────────┤
//!  │ 0.log │           │ 4711.log            │ 9│042.log             │   ← batches are added here
//!  └───────┼───────────┴─────────────────────┴───┼────────────────────┘
//!   sealed               sealed                active
//!
//!  ░░░░░░░░ removed for readers by DeleteRecords or retention; whole segments below go from the disk
//!           ═════════════════════════════════════ survives a power cut
//!                                                ───────────────────── is in the page cache: survives a kill
//! ```
//!
//! - *start*: the first offset that may be read.
//! - *durable*: everything below survives a power cut. Moved by syncs only ([`Log::sync_job`]).
//! - *end*: the next offset to be given out. Strictly grows, but for [`Log::truncate_to`].
//!
//! The log is synchronous and called under its partition's lock, so what takes long is handed out as a value to be run
//! without it: [`SyncJob`], [`RetiredSegments`], [`DeletedDir`]. An append is one `pwritev`; the rare one that begins a
//! segment also makes a file.
//!
//! A failed write or sync takes the whole log directory out of use ([`AppendError::Offline`]) and is never retried:
//! what is on the platter is then unknown. A full disk is not a failure: the file is cut back to its last batch and
//! the append refused, until there is room.
//!
//! The directory is made by the first append. What else is in it ([`epochs`](crate::epochs),
//! [`producer_state`](crate::producer_state)) lags behind in memory and is written by the sync that makes its batches
//! durable; after a crash it is made from the batches (`log::recovery`).
//!
//! Source: Kafka `UnifiedLog`, `LocalLog`.

use std::{path::PathBuf, sync::Arc};

use protocol::types::{LeaderEpoch, Offset, Timestamp, TopicPartition, Uuid};

use crate::{
    LogConfig,
    disk::{DiskError, FileRange},
    epochs::LeaderEpochs,
    producer_state::ProducerStates,
    segment::Segment,
    shared::Shared,
};

mod append;
mod cleaning;
mod quarantine;
mod read;
mod recovery;
mod retention;
mod sync;
#[cfg(test)]
mod tests;
mod transactions;

pub use append::{AppendError, Appended};
pub use cleaning::Installed;
pub use quarantine::{Damage, QUARANTINE_FILE, QuarantineFile, Scrub, ScrubCursor};
pub use read::{LogRead, ReadError, TimestampOffset};
pub use recovery::{OpenError, OpenWarning};
pub use retention::{DeletedDir, RetiredSegments, TruncateError};
pub use sync::{StoppedLog, SyncJob, SyncScope};

pub(crate) use recovery::OpenInput;

/// The log of one partition. See the [module](self).
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    partition: TopicPartition,
    topic_id: Uuid,
    /// The partition's directory, whether it is there or not.
    dir: PathBuf,
    config: LogConfig,
    /// By base offset; the last is active. Empty until the first append.
    segments: Vec<Segment>,
    /// Not below the first segment's base, not above `end`.
    start: Offset,
    /// Everything written is below.
    end: Offset,
    epochs: LeaderEpochs,
    producers: ProducerStates,
    sync: sync::SyncState,
    cleaning: cleaning::CleaningState,
    /// Why nothing can be done any more, if it is not the directory's fault: removed, or stopped.
    closed: Option<Arc<str>>,
}

impl Log {
    /// Which partition's log it is.
    #[must_use]
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// The topic's id; zero if it has none.
    #[must_use]
    pub fn topic_id(&self) -> Uuid {
        self.topic_id
    }

    /// The first offset that may be read.
    #[must_use]
    pub fn start(&self) -> Offset {
        self.start
    }

    /// The next offset to be given out (Kafka's LEO).
    #[must_use]
    pub fn end(&self) -> Offset {
        self.end
    }

    /// Everything below survives a power cut.
    #[must_use]
    pub fn durable(&self) -> Offset {
        self.sync.durable
    }

    /// The bytes of all segments.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    /// The base offsets of the segments, oldest first.
    pub fn segment_bases(&self) -> impl ExactSizeIterator<Item = Offset> {
        self.segments.iter().map(|segment| segment.base)
    }

    /// The leader epochs of the batches, and where each began.
    #[must_use]
    pub fn epochs(&self) -> &LeaderEpochs {
        &self.epochs
    }

    /// The idempotent and transactional producers.
    #[must_use]
    pub fn producers(&self) -> &ProducerStates {
        &self.producers
    }

    /// How far a consumer may read that reads committed data only (Kafka's LSO). Once asked with a high watermark,
    /// the log takes every transaction whose marker is below it as settled.
    #[must_use]
    pub fn last_stable_offset(&mut self, high_watermark: Offset) -> Offset {
        self.producers.first_unstable(high_watermark).map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// Forgets producers that were silent for too long. To be called now and then.
    pub fn expire_producers(&mut self, now: Timestamp) {
        self.producers.remove_expired(now, self.config.producer_id_expiration_ms);
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Puts other settings in force, from the next append on.
    pub fn set_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    /// Notes that a leader begins `epoch` at the end of the log.
    ///
    /// It becomes durable with the first batch of that epoch: an epoch without records binds nobody.
    ///
    /// A later epoch that the log knows of is forgotten: whoever lets somebody lead in `epoch` has not seen it, so it came
    /// from a batch whose epoch, which no checksum covers, is not what it was.
    pub fn begin_epoch(&mut self, epoch: LeaderEpoch) {
        if self.epochs.latest() != Some(epoch) && self.epochs.assign(epoch, self.end) {
            self.sync.epoch_begun = true;
        }
    }

    fn assign_epoch(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.epochs.latest() != Some(epoch) && self.epochs.assign(epoch, start) {
            self.sync.epochs_changed = true;
        }
    }

    /// Whether the log can be used.
    fn check_open(&self) -> Result<(), Arc<str>> {
        match self.closed.clone().or_else(|| self.shared.offline()) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    /// The index of the segment that holds `offset`, or would: the last that begins at or before it.
    fn segment_of(&self, offset: Offset) -> Option<usize> {
        self.segments.partition_point(|segment| segment.base <= offset).checked_sub(1)
    }
}
