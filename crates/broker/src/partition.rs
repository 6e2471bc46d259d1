//! One partition of this node: its log, its leader, and who waits for either.
//!
//! ```text
//!                        ┌─ Mutex ──────────────────────────────────────┐
//!  Produce ─▶ append ───▶│ log: place, one pwritev   leader: high water-│──▶ unlock ─▶ wake fetches that wait
//!  Fetch ───▶ read ─────▶│ log: find the file range  mark, who waits    │──▶ unlock ─▶ sendfile, elsewhere
//!  sync-N ──▶ sync ─────▶│ what is to be synced ·················· done │──▶ unlock ─▶ keep promises
//!                        └──────────────────────────────────────────────┘
//! ```
//!
//! A handler locks a partition and calls it; there is no thread, no queue and no message in between. What takes long
//! (syncs, renames, unlinks) runs without the lock, on another thread. Nobody holds the locks of two partitions, and
//! whoever is woken is woken after the lock is released.
//!
//! Source: Kafka `Partition`, `ReplicaManager`.

use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    task::Waker,
};

use arc_swap::ArcSwap;
use metadata::{
    config::{TopicConfig, topic},
    topic_name::{CONSUMER_OFFSETS, is_internal},
};
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};
use protocol::{
    ErrorCode,
    records::{Compression, CompressionType, RecordBatch, Rules, TimestampType, Validated, ValidationPolicy},
    types::{LeaderEpoch, Now, Offset, OffsetRange, ProducerId, Timestamp, Uuid},
};
use replication::leader::{Durability, Leader};
use storage::{
    CleanJob, CleanLimits, Cleanable, Cleaned, Damage, DiskError, Installed, Log, LogConfig, RetiredSegments, Scrub,
    ScrubCursor, StoppedLog, SyncScope, TimestampOffset,
    compaction::CleanedGroup,
    disk::FileRange,
    producer_state::{Producer, SequenceError},
    txn_index::AbortedTxn,
};

use crate::{
    answer::{Promise, Ticket, promise},
    node::Node,
};

/// The bound on what a batch may become without compression, where the broker has to look inside.
const DECOMPRESSED_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What of a topic's configuration a partition acts on.
#[derive(Clone, Debug)]
pub struct PartitionConfig {
    /// As the operator set it.
    pub topic: TopicConfig,
    /// What a produced batch has to be.
    pub rules: Rules,
}

impl PartitionConfig {
    /// The configuration of a topic named `name`.
    #[must_use]
    pub fn new(topic: TopicConfig) -> Self {
        let codec = |compression: &topic::Compression| -> Option<Compression> {
            let at = |codec, level: i32| Some(Compression::at_level(codec, level).unwrap_or(Compression::of(codec)));
            match *compression {
                topic::Compression::Producer => None,
                topic::Compression::Uncompressed => Some(Compression::NONE),
                topic::Compression::Gzip(level) => at(CompressionType::Gzip, level),
                topic::Compression::Snappy => at(CompressionType::Snappy, 0),
                topic::Compression::Lz4(level) => at(CompressionType::Lz4, level),
                topic::Compression::Zstd(level) => at(CompressionType::Zstd, level),
            }
        };
        let rules = Rules {
            max_message_bytes: topic.max_message_bytes as usize,
            compacted: topic.cleanup_compact,
            compression: codec(&topic.compression),
            timestamp_type: match topic.timestamp_type {
                topic::TimestampType::CreateTime => TimestampType::CreateTime,
                topic::TimestampType::LogAppendTime => TimestampType::LogAppendTime,
            },
            timestamp_before_max_ms: topic.timestamp_before_max_ms,
            timestamp_after_max_ms: topic.timestamp_after_max_ms,
            policy: match topic.record_validation {
                topic::RecordValidation::Header => ValidationPolicy::Header,
                topic::RecordValidation::Walk => ValidationPolicy::Walk,
                topic::RecordValidation::Full => ValidationPolicy::Full,
            },
            decompressed_bytes_max: DECOMPRESSED_BYTES_MAX,
        };
        Self { topic, rules }
    }

    /// What the log of one of the topic's partitions needs of it. `draw` is any number: it spreads the moments at which
    /// logs begin a new segment.
    #[must_use]
    pub fn log(&self, producer_id_expiration_ms: i64, draw: u64) -> LogConfig {
        let topic = &self.topic;
        let jitter = topic.segment_jitter_ms.max(0) as u64;
        LogConfig {
            segment_bytes: topic.segment_bytes,
            segment_ms: topic.segment_ms,
            segment_jitter_ms: if jitter == 0 { 0 } else { (draw % jitter) as i64 },
            index_interval_bytes: topic.index_interval_bytes,
            index_bytes_max: topic.segment_index_bytes,
            delete_old_segments: topic.cleanup_delete,
            compact: topic.cleanup_compact,
            delete_retention_ms: topic.delete_retention_ms,
            min_compaction_lag_ms: topic.min_compaction_lag_ms,
            max_compaction_lag_ms: topic.max_compaction_lag_ms,
            min_cleanable_ratio: topic.min_cleanable_ratio,
            compression: self.rules.compression,
            retention_ms: topic.retention_ms,
            retention_bytes: topic.retention_bytes,
            file_delete_delay_ms: topic.file_delete_delay_ms.max(0) as u64,
            flush_messages: topic.flush_messages,
            flush_ms: topic.flush_ms,
            producer_id_expiration_ms,
            preallocate: topic.preallocate,
            headroom: false,
        }
    }

    fn durability(&self, topic: &str) -> Durability {
        match self.topic.durability {
            _ if is_internal(topic) => Durability::PowerLoss,
            topic::Durability::PowerLoss => Durability::PowerLoss,
            topic::Durability::ProcessCrash => Durability::ProcessCrash,
        }
    }
}

/// Which records a reader may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// All that is committed in the log's sense: below the high watermark.
    #[default]
    Uncommitted,
    /// Only what no open transaction precedes: below the last stable offset.
    Committed,
    /// All that is in the log; for this node itself.
    Everything,
}

/// What a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// From where on.
    pub offset: Offset,
    /// At most so many bytes; zero or less is none.
    pub max_bytes: i64,
    /// The first batch comes whole, however large.
    pub at_least_one: bool,
    /// How far.
    pub isolation: Isolation,
    /// The leader epoch that the reader knows; negative if none.
    pub current_leader_epoch: LeaderEpoch,
    /// The epoch of the record before `offset` in the reader's own log; negative if it does not say.
    pub last_fetched_epoch: LeaderEpoch,
}

impl Default for ReadRequest {
    fn default() -> Self {
        Self {
            offset: Offset::ZERO,
            max_bytes: 0,
            at_least_one: false,
            isolation: Isolation::default(),
            current_leader_epoch: LeaderEpoch::NONE,
            last_fetched_epoch: LeaderEpoch::NONE,
        }
    }
}

/// What a reader gets.
#[derive(Clone, Debug)]
pub struct Read {
    /// One past the last committed record.
    pub high_watermark: Offset,
    /// One past the last record that no open transaction precedes.
    pub last_stable: Offset,
    /// The first record.
    pub log_start: Offset,
    /// The bytes; `None` if there are none (yet).
    pub range: Option<FileRange>,
    /// The aborted transactions that reach into the bytes, for [`Isolation::Committed`].
    pub aborted: Vec<AbortedTxn>,
}

/// Why a reader gets nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The log says why.
    Log(storage::ReadError),
    /// The reader's leader epoch is over.
    FencedEpoch,
    /// The reader's leader epoch has not begun here.
    UnknownEpoch,
    /// The reader's log holds other records than this one: they agree below this point.
    Diverging {
        /// The largest epoch here that is not above the reader's.
        epoch: LeaderEpoch,
        /// Where it ends here.
        end_offset: Offset,
    },
    /// The reader names an epoch that is above all that are known here.
    EpochOutOfRange,
}

impl ReadError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Log(storage::ReadError::OutOfRange { .. }) | Self::EpochOutOfRange => ErrorCode::OFFSET_OUT_OF_RANGE,
            Self::Log(storage::ReadError::Corrupt { .. }) => ErrorCode::CORRUPT_MESSAGE,
            Self::Log(storage::ReadError::Offline(_) | storage::ReadError::Damaged(_)) => {
                ErrorCode::KAFKA_STORAGE_ERROR
            }
            Self::FencedEpoch => ErrorCode::FENCED_LEADER_EPOCH,
            Self::UnknownEpoch => ErrorCode::UNKNOWN_LEADER_EPOCH,
            Self::Diverging { .. } => ErrorCode::NONE,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            other => f.write_str(other.code().message()),
        }
    }
}

impl From<storage::ReadError> for ReadError {
    fn from(error: storage::ReadError) -> Self {
        Self::Log(error)
    }
}

/// Why a batch was not appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendError(storage::AppendError);

impl AppendError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match &self.0 {
            storage::AppendError::Sequence(SequenceError::OutOfOrder { .. }) => ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
            storage::AppendError::Sequence(SequenceError::StaleEpoch { .. }) => ErrorCode::INVALID_PRODUCER_EPOCH,
            storage::AppendError::Sequence(SequenceError::OpenTransaction { .. }) => ErrorCode::INVALID_TXN_STATE,
            storage::AppendError::OutOfPlace { .. } => ErrorCode::UNKNOWN_SERVER_ERROR,
            storage::AppendError::Malformed(_) => ErrorCode::CORRUPT_MESSAGE,
            storage::AppendError::DiskFull | storage::AppendError::Offline(_) => ErrorCode::KAFKA_STORAGE_ERROR,
        }
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a batch counts already.
pub enum Committed {
    /// It does, or nobody wants to know.
    Now,
    /// The ticket will say.
    Later(Ticket<Result<(), ErrorCode>>),
}

/// A batch that is in the log.
pub struct Appended {
    /// The offset of its first record.
    pub base_offset: Offset,
    /// The broker's time where that is the record's time, the batch's own for a repeat, else -1.
    pub log_append_time: Timestamp,
    /// The first record of the log.
    pub log_start: Offset,
    /// Whether it counts.
    pub committed: Committed,
}

/// Opens the log of a partition, or says in the log why it cannot.
pub type Opener = Box<dyn FnOnce(&PartitionConfig) -> Option<Log> + Send>;

enum State {
    /// Nobody has asked for the log since the node started.
    Pending(Opener),
    Open(Box<Inner>),
    /// The log could not be opened.
    Failed,
}

struct Inner {
    log: Log,
    leader: Leader<Promise<Result<(), ErrorCode>>>,
    waiters: Vec<Weak<FetchWaiter>>,
}

/// One partition.
pub struct Partition {
    topic: Arc<str>,
    index: i32,
    topic_id: Uuid,
    config: ArcSwap<PartitionConfig>,
    epoch: LeaderEpoch,
    state: Mutex<State>,
    is_open: AtomicBool,
    /// It is in the queue for a sync, or a sync is under way that will look again.
    sync_queued: AtomicBool,
    /// The next sync is to do also what makes the next start quick.
    checkpoint_wanted: AtomicBool,
    offline: AtomicBool,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({}-{})", self.topic, self.index)
    }
}

impl Partition {
    /// The leader, in `epoch`, of a log that [`open`](Self::open) opens.
    #[must_use]
    pub fn new(
        topic: Arc<str>,
        index: i32,
        topic_id: Uuid,
        epoch: LeaderEpoch,
        config: Arc<PartitionConfig>,
        opener: Opener,
    ) -> Self {
        Self {
            topic,
            index,
            topic_id,
            config: ArcSwap::new(config),
            epoch,
            state: Mutex::new(State::Pending(opener)),
            is_open: AtomicBool::new(false),
            sync_queued: AtomicBool::new(false),
            checkpoint_wanted: AtomicBool::new(false),
            offline: AtomicBool::new(false),
        }
    }

    /// Opens the log, unless it is open. Whoever comes meanwhile waits: nobody can do anything without it.
    ///
    /// # Returns
    /// Whether it is open.
    pub fn open(&self) -> bool {
        if self.is_open() {
            return true;
        }
        let mut state = self.state.lock();
        if let State::Pending(_) = &*state
            && let State::Pending(opener) = std::mem::replace(&mut *state, State::Failed)
        {
            let config = self.config.load();
            if let Some(log) = opener(&config) {
                *state = State::Open(Box::new(self.lead(log, &config)));
                self.is_open.store(true, Ordering::Release);
            }
        }
        matches!(*state, State::Open(_))
    }

    /// Whether the log is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    fn lead(&self, mut log: Log, config: &PartitionConfig) -> Inner {
        log.begin_epoch(self.epoch);
        let leader = Leader::new(self.epoch, config.durability(&self.topic), log.end(), log.durable());
        let mut inner = Inner { log, leader, waiters: Vec::new() };
        // What a kill left in the page cache was committed perhaps, and must not stop to be: readers would see the high
        // watermark fall.
        if inner.leader.wants_sync() {
            let synced = match inner.log.sync_job(SyncScope::Records) {
                Ok(Some(job)) => {
                    let result = job.run();
                    inner.log.sync_done(&job, result)
                }
                Ok(None) => Ok(inner.log.durable()),
                Err(error) => Err(error),
            };
            match synced {
                Ok(durable) => {
                    inner.leader.synced(durable);
                }
                Err(error) => {
                    self.failed(&mut inner, error);
                }
            }
        }
        inner
    }

    /// The log and its leader.
    ///
    /// # Panics
    /// If the log is not open: who found the partition by [`Topics`](crate::topics::Topics) has had it opened.
    fn inner(&self) -> MappedMutexGuard<'_, Inner> {
        MutexGuard::map(self.state.lock(), |state| match state {
            State::Open(inner) => &mut **inner,
            State::Pending(_) | State::Failed => panic!("{}-{} is not open", self.topic, self.index),
        })
    }

    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The topic's id.
    #[must_use]
    pub fn topic_id(&self) -> Uuid {
        self.topic_id
    }

    /// Which of the topic's partitions it is.
    #[must_use]
    pub fn index(&self) -> i32 {
        self.index
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> Arc<PartitionConfig> {
        self.config.load_full()
    }

    /// Puts another configuration in force.
    pub fn set_config(&self, config: Arc<PartitionConfig>, producer_id_expiration_ms: i64, draw: u64) {
        let mut inner = self.inner();
        let headroom = is_internal(&self.topic);
        inner.log.set_config(LogConfig { headroom, ..config.log(producer_id_expiration_ms, draw) });
        inner.leader.set_durability(config.durability(&self.topic));
        self.config.store(config);
    }

    /// The first offset that may be read.
    #[must_use]
    pub fn log_start(&self) -> Offset {
        self.inner().log.start()
    }

    /// The next offset to be given out.
    #[must_use]
    pub fn log_end(&self) -> Offset {
        self.inner().log.end()
    }

    /// The bytes of its log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner().log.size()
    }

    /// One past the last committed record.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.inner().leader.high_watermark()
    }

    /// The epoch that this node leads in.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.inner().leader.epoch()
    }

    /// Whether the log failed.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.offline.load(Ordering::Acquire)
    }

    /// Writes a producer's batch.
    ///
    /// # Errors
    /// The log is as it was before, unless it is offline.
    pub fn append(
        self: &Arc<Self>,
        node: &Node,
        batch: &Validated<'_>,
        acks: i16,
        now: Now,
    ) -> Result<Appended, AppendError> {
        let view = RecordBatch::new(&batch.bytes).expect("it was validated");
        let mut inner = self.inner();
        let epoch = inner.leader.epoch();
        let outcome = inner.log.append_as_leader(&[view], epoch, now.wall).pop().expect("an outcome for the batch");
        let appended = match outcome {
            Ok(appended) => appended,
            Err(error) => {
                let failed = self.failed(&mut inner, error);
                drop(inner);
                node.metrics.produce_failures.add(1);
                return Err(failed);
            }
        };
        let end = inner.log.end();
        let moved = inner.leader.appended(end);
        let (log_start, high_watermark) = (inner.log.start(), inner.leader.high_watermark());
        let committed = if acks == -1 && appended.offsets.end > high_watermark {
            let (promise, ticket) = promise();
            // A repeat waits for what is in front of it too: waiters come in the order of offsets.
            inner.leader.wait_for(end, promise);
            Committed::Later(ticket)
        } else {
            Committed::Now
        };
        let wants_sync = inner.leader.wants_sync() || inner.log.sync_due(now.wall);
        let woken = if moved { inner.arrived(batch.bytes.len() as i64) } else { Vec::new() };
        drop(inner);
        if wants_sync {
            self.queue_sync(node);
        }
        woken.iter().for_each(|waiter| waiter.wake());
        let log_append_time = match appended.repeated {
            Some(timestamp) => timestamp,
            None if batch.header.attributes.timestamp_type() == TimestampType::LogAppendTime => now.wall,
            None => Timestamp::NONE,
        };
        Ok(Appended { base_offset: appended.offsets.start, log_append_time, log_start, committed })
    }

    /// Writes a batch that this node made itself, and has it synced.
    ///
    /// # Errors
    /// The log is as it was before, unless it is offline.
    pub fn append_own(self: &Arc<Self>, node: &Node, batch: Vec<u8>, now: Now) -> Result<OffsetRange, AppendError> {
        let view = RecordBatch::new(&batch).expect("it was built here");
        let mut inner = self.inner();
        let epoch = inner.leader.epoch();
        let outcome = inner.log.append_as_leader(&[view], epoch, now.wall).pop().expect("an outcome for the batch");
        let appended = outcome.map_err(|error| self.failed(&mut inner, error))?;
        let end = inner.log.end();
        inner.leader.appended(end);
        drop(inner);
        self.queue_sync(node);
        Ok(appended.offsets)
    }

    fn failed(&self, inner: &mut Inner, error: storage::AppendError) -> AppendError {
        if let storage::AppendError::Offline(reason) = &error
            && !self.offline.swap(true, Ordering::AcqRel)
        {
            tracing::error!(partition = %format_args!("{}-{}", self.topic, self.index), %reason, "a log is offline");
            for promise in inner.leader.drain() {
                promise.keep(Err(ErrorCode::KAFKA_STORAGE_ERROR));
            }
        }
        AppendError(error)
    }

    fn queue_sync(self: &Arc<Self>, node: &Node) {
        if !self.sync_queued.swap(true, Ordering::AcqRel) {
            node.syncs.push(Arc::clone(self));
        }
    }

    /// Syncs what is in the log now, and tells everybody who waited for it. Called by the threads for that.
    pub fn sync(self: &Arc<Self>, node: &Node) {
        // Cleared first: what is appended from here on asks again.
        self.sync_queued.store(false, Ordering::Release);
        let is_checkpoint = self.checkpoint_wanted.swap(false, Ordering::AcqRel);
        let scope = if is_checkpoint { SyncScope::Checkpoint } else { SyncScope::Records };
        let job = self.inner().log.sync_job(scope);
        let job = match job {
            Ok(Some(job)) => job,
            Ok(None) => return,
            Err(error) => {
                self.failed(&mut self.inner(), error);
                return;
            }
        };
        let result = job.run();
        let mut inner = self.inner();
        let (mut kept, mut woken, mut is_full) = (Vec::new(), Vec::new(), false);
        match inner.log.sync_done(&job, result) {
            Ok(durable) => {
                if inner.leader.synced(durable) {
                    while let Some(promise) = inner.leader.pop_committed() {
                        kept.push(promise);
                    }
                    woken = inner.arrived(i64::MAX);
                }
            }
            Err(error) => {
                is_full = error == storage::AppendError::DiskFull;
                self.failed(&mut inner, error);
            }
        }
        let (high_watermark, again) = (inner.leader.high_watermark(), inner.leader.wants_sync());
        drop(inner);
        if again && !is_full && !self.is_offline() {
            self.queue_sync(node);
        }
        kept.into_iter().for_each(|promise| promise.keep(Ok(())));
        woken.iter().for_each(|waiter| waiter.wake());
        if *self.topic == *CONSUMER_OFFSETS {
            node.groups.committed(self.index, high_watermark);
        }
    }

    /// Finds what a reader asks for.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self, request: &ReadRequest) -> Result<Read, ReadError> {
        let mut inner = self.inner();
        inner.check_epoch(request.current_leader_epoch)?;
        let high_watermark = inner.leader.high_watermark();
        let last_stable = inner.log.last_stable_offset(high_watermark);
        let end = inner.log.end();
        if request.last_fetched_epoch >= LeaderEpoch(0) {
            let known = inner.log.epochs().end_offset_for(request.last_fetched_epoch, end);
            let (epoch, end_offset) = known.ok_or(ReadError::EpochOutOfRange)?;
            if epoch < request.last_fetched_epoch || end_offset < request.offset {
                return Err(ReadError::Diverging { epoch, end_offset });
            }
        }
        let until = match request.isolation {
            Isolation::Uncommitted => high_watermark,
            Isolation::Committed => last_stable,
            Isolation::Everything => end,
        };
        let max_bytes = u32::try_from(request.max_bytes.clamp(0, i64::from(i32::MAX))).expect("it is in range");
        let found = inner.log.read(request.offset, max_bytes, until, request.at_least_one)?;
        let log_start = inner.log.start();
        let mut aborted = match &found {
            Some(found) if request.isolation == Isolation::Committed => inner.log.aborted_transactions(found, until)?,
            _ => Vec::new(),
        };
        drop(inner);
        let mut range = found.map(|found| found.range);
        // Only the first batch of an answer may come cut or too large: a reader could do nothing with a part of it.
        if !request.at_least_one && range.as_ref().is_some_and(|range| !has_whole_batch(range)) {
            range = None;
            aborted.clear();
        }
        Ok(Read { high_watermark, last_stable, log_start, range, aborted })
    }

    /// Whether a reader that knows `epoch` may read here.
    ///
    /// # Errors
    /// [`ReadError::FencedEpoch`], [`ReadError::UnknownEpoch`].
    pub fn check_epoch(&self, epoch: LeaderEpoch) -> Result<(), ReadError> {
        self.inner().check_epoch(epoch)
    }

    /// One past the last record that a reader may see.
    #[must_use]
    pub fn last_offset(&self, isolation: Isolation) -> Offset {
        let mut inner = self.inner();
        let high_watermark = inner.leader.high_watermark();
        match isolation {
            Isolation::Uncommitted => high_watermark,
            Isolation::Committed => inner.log.last_stable_offset(high_watermark),
            Isolation::Everything => inner.log.end(),
        }
    }

    /// The first record that is not older than `timestamp`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn offset_for_timestamp(&self, timestamp: Timestamp) -> Result<Option<TimestampOffset>, ReadError> {
        Ok(self.inner().log.offset_for_timestamp(timestamp)?)
    }

    /// The first record with the largest timestamp.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn offset_of_max_timestamp(&self) -> Result<Option<TimestampOffset>, ReadError> {
        Ok(self.inner().log.max_timestamp()?)
    }

    /// The largest epoch that is not above `epoch`, and where it ends; `None` if `epoch` has not begun.
    #[must_use]
    pub fn end_of_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let inner = self.inner();
        if epoch == inner.leader.epoch() {
            return Some((epoch, inner.log.end()));
        }
        inner.log.epochs().end_offset_for(epoch, inner.log.end())
    }

    /// Lets the log begin at `before`, -1 being the high watermark. Returns where it begins.
    ///
    /// # Errors
    /// [`ReadError::Log`] with `OutOfRange` for an offset that is not committed, or below -1.
    pub fn delete_records(self: &Arc<Self>, node: &Node, before: Offset) -> Result<Offset, ReadError> {
        let mut inner = self.inner();
        let high_watermark = inner.leader.high_watermark();
        let to = if before == Offset::NONE { high_watermark } else { before };
        if to < Offset::ZERO || to > high_watermark {
            let start = inner.log.start();
            return Err(storage::ReadError::OutOfRange { start, end: high_watermark }.into());
        }
        inner.log.advance_start(to).map_err(|error| match error {
            storage::TruncateError::OutOfRange { end } => {
                storage::ReadError::OutOfRange { start: inner.log.start(), end }
            }
            storage::TruncateError::Offline(reason) => storage::ReadError::Offline(reason),
        })?;
        let start = inner.log.start();
        drop(inner);
        // The answer promises that the records are gone, also after a restart.
        node.save_log_starts().map_err(|error| storage::ReadError::Offline(error.to_string().into()))?;
        Ok(start)
    }

    /// What of the log is damaged and cannot be read.
    #[must_use]
    pub fn damage(&self) -> Vec<Damage> {
        self.inner().log.damage()
    }

    /// Writes down what of the log is damaged, so that the next start knows it.
    pub fn remember_damage(&self) {
        let file = self.inner().log.quarantine_file();
        if let Err(error) = file.write() {
            tracing::warn!(partition = ?self, %error, "what is damaged is not written down, and will be looked for again");
        }
    }

    /// The next part of the log to be scrubbed; `None` if there is no more.
    #[must_use]
    pub fn scrub(&self, after: Option<ScrubCursor>) -> Option<Scrub> {
        let scrub = self.inner().log.scrub(after);
        scrub.unwrap_or_else(|error| {
            tracing::error!(partition = ?self, %error, "a log cannot be scrubbed");
            None
        })
    }

    /// Takes what a scrub found.
    pub fn scrubbed(&self, scrub: &Scrub) {
        if let Err(error) = self.inner().log.scrubbed(scrub) {
            tracing::error!(partition = ?self, %error, "what was found damaged cannot be read again");
        }
    }

    /// The producers that the log remembers.
    #[must_use]
    pub fn producers(&self) -> Vec<(ProducerId, Producer)> {
        self.inner().log.producers().producers().iter().map(|(&id, producer)| (id, *producer)).collect()
    }

    /// Forgets silent producers, and takes segments out that retention lets go.
    #[must_use = "the files stay until they are removed"]
    pub fn retire(&self, now: Now) -> Option<RetiredSegments> {
        let mut inner = self.inner();
        inner.log.expire_producers(now.wall);
        let high_watermark = inner.leader.high_watermark();
        match inner.log.retire_segments(now.wall, high_watermark) {
            Ok(retired) => retired,
            Err(error) => {
                let failed = self.failed(&mut inner, error);
                tracing::warn!(partition = %format_args!("{}-{}", self.topic, self.index), error = %failed, "retention failed");
                None
            }
        }
    }

    /// How much of its log could be compacted; `None` if nothing ever could, or while it is.
    #[must_use]
    pub fn cleanable(&self, now: Timestamp) -> Option<Cleanable> {
        let mut inner = self.inner();
        let high_watermark = inner.leader.high_watermark();
        match inner.log.cleanable(now, high_watermark) {
            Ok(cleanable) => cleanable,
            Err(error) => {
                self.failed(&mut inner, error);
                None
            }
        }
    }

    /// Begins to compact its log; `None` if there is nothing to do.
    #[must_use]
    pub fn clean_job(&self, now: Timestamp, limits: CleanLimits) -> Option<CleanJob> {
        let mut inner = self.inner();
        let high_watermark = inner.leader.high_watermark();
        match inner.log.clean_job(now, high_watermark, limits) {
            Ok(job) => job,
            Err(error) => {
                self.failed(&mut inner, error);
                None
            }
        }
    }

    /// Puts segments that were made by compaction in the place of others. `false`: the log is not what it was when the
    /// cleaning began, or failed, and the cleaning has to end.
    pub fn install(&self, node: &Node, group: CleanedGroup, now: Now) -> bool {
        let installed = self.inner().log.install(group);
        let swap = match installed {
            Installed::Swap(swap) => swap,
            Installed::Stale(group) => {
                group.discard();
                return false;
            }
        };
        let mut retired = None;
        let result = swap.run().map(|found| retired = found);
        let mut inner = self.inner();
        let swapped = inner.log.swapped(&swap, result).map_err(|error| self.failed(&mut inner, error));
        drop(inner);
        if let Some(retired) = retired {
            node.discard(retired, now);
        }
        swapped.is_ok()
    }

    /// Ends a compaction that came to its end.
    pub fn clean_done(&self, job: CleanJob) -> Cleaned {
        self.inner().log.clean_done(job)
    }

    /// Ends one during which the disk failed.
    pub fn clean_failed(&self, error: DiskError) -> AppendError {
        let mut inner = self.inner();
        let error = inner.log.clean_failed(&error);
        self.failed(&mut inner, error)
    }

    /// Whether records are to be synced before they count.
    #[must_use]
    pub fn wants_sync(&self) -> bool {
        self.inner().leader.wants_sync()
    }

    /// Whether records wait for a sync, those that `flush.ms` asks for among them.
    #[must_use]
    pub fn is_sync_due(&self, now: Now) -> bool {
        let inner = self.inner();
        // Those who wait, too: the last sync may have found no room for what it had to write beside the records.
        inner.log.sync_due(now.wall) || inner.leader.wants_sync()
    }

    /// Queues a sync that does also what makes the next start quick.
    pub fn ask_for_checkpoint(self: &Arc<Self>, node: &Node) {
        self.checkpoint_wanted.store(true, Ordering::Release);
        self.queue_sync(node);
    }

    /// Queues a sync.
    pub fn ask_for_sync(self: &Arc<Self>, node: &Node) {
        self.queue_sync(node);
    }

    /// Ends the log's use as a clean stop does.
    ///
    /// # Errors
    /// The stop is not clean, and the next start recovers.
    pub fn stop(&self) -> Result<StoppedLog, AppendError> {
        self.inner().log.stop().map_err(AppendError)
    }

    /// Ends the log's use and takes its directory away, as the topic is deleted. Everybody who waits is told.
    ///
    /// # Errors
    /// The directory may or may not be gone after a restart.
    pub fn delete(&self, unique: Uuid) -> Result<Option<storage::DeletedDir>, AppendError> {
        let mut inner = self.inner();
        let deleted = inner.log.delete(unique);
        for promise in inner.leader.drain() {
            promise.keep(Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        }
        let woken = inner.arrived(i64::MAX);
        drop(inner);
        woken.iter().for_each(|waiter| waiter.wake());
        deleted.map_err(AppendError)
    }

    /// Lets `waiter` hear of what is committed from here on.
    pub fn register(&self, waiter: &Arc<FetchWaiter>) {
        let mut inner = self.inner();
        inner.waiters.retain(|known| known.strong_count() > 0);
        inner.waiters.push(Arc::downgrade(waiter));
    }
}

impl Inner {
    fn check_epoch(&self, epoch: LeaderEpoch) -> Result<(), ReadError> {
        match epoch {
            LeaderEpoch(..0) => Ok(()),
            epoch if epoch < self.leader.epoch() => Err(ReadError::FencedEpoch),
            epoch if epoch > self.leader.epoch() => Err(ReadError::UnknownEpoch),
            _ => Ok(()),
        }
    }

    /// Tells those who wait that `bytes` more can be read; gives those who have enough.
    fn arrived(&mut self, bytes: i64) -> Vec<Arc<FetchWaiter>> {
        let mut enough = Vec::new();
        self.waiters.retain(|waiter| match waiter.upgrade() {
            None => false,
            Some(waiter) if waiter.arrived(bytes) => {
                enough.push(waiter);
                false
            }
            Some(_) => true,
        });
        enough
    }
}

/// Whether a range holds the first of its batches whole: the size stands in bytes 8 to 12.
fn has_whole_batch(range: &FileRange) -> bool {
    let mut front = [0; 12];
    if range.len < 12 {
        return false;
    }
    match range.file.read_at(range.position, &mut front) {
        Ok(12) => {
            let length = i32::from_be_bytes([front[8], front[9], front[10], front[11]]);
            u64::try_from(length).is_ok_and(|length| 12 + length <= range.len)
        }
        _ => false,
    }
}

/// What a waiter misses before it has said how much it waits for: more than ever comes.
const NOT_SAID: i64 = i64::MAX / 2;

/// A fetch that waits for bytes, wherever they come.
///
/// It is registered first, and looks at the partitions once more before it says how much it still misses: what came in
/// between is counted and not lost.
#[derive(Debug)]
pub struct FetchWaiter {
    /// How many bytes are missing; as long as that is not said, [`NOT_SAID`] minus those that came.
    missing: AtomicI64,
    waker: Mutex<Waker>,
}

impl FetchWaiter {
    /// A waiter that wakes `waker`.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        Self { missing: AtomicI64::new(NOT_SAID), waker: Mutex::new(waker) }
    }

    /// Waits for `bytes` in all since it was registered, to be called once. `false`: they have come.
    #[must_use]
    pub fn wait_for(&self, bytes: i64) -> bool {
        let change = bytes - NOT_SAID;
        self.missing.fetch_add(change, Ordering::AcqRel) + change > 0
    }

    /// Whether the bytes have come; if not, `waker` is woken when they do.
    #[must_use]
    pub fn has_enough(&self, waker: &Waker) -> bool {
        let mut known = self.waker.lock();
        if !known.will_wake(waker) {
            known.clone_from(waker);
        }
        self.missing.load(Ordering::Acquire) <= 0
    }

    /// Counts bytes in; whether that was the last that was missing.
    fn arrived(&self, bytes: i64) -> bool {
        let counted = |missing: i64| Some(missing.saturating_sub(bytes));
        let before = self.missing.fetch_update(Ordering::AcqRel, Ordering::Acquire, counted).expect("it always counts");
        before.saturating_sub(bytes) <= 0
    }

    fn wake(&self) {
        self.waker.lock().wake_by_ref();
    }
}
