//! The cleaner: which log is compacted next, how fast, and what became of it.
//!
//! Each worker looks at all compacted partitions, takes the dirtiest of those that are due, cleans it, and looks again; with
//! nothing to do it rests for `log.cleaner.backoff.ms`. It does so step by step ([`Worker::step`]), so that the simulator
//! can let anything happen in between. What a cleaning does is [`storage::compaction`]'s.
//!
//! A partition of which a batch is damaged cannot be cleaned: it is left alone until the node starts again, and shown in
//! the metrics with the reason. A full disk only lets the cleaning wait.
//!
//! Source: Kafka `LogCleaner`, `LogCleanerManager`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metadata::config::BrokerLayers;
use parking_lot::{Condvar, Mutex};
use protocol::types::{Monotonic, Now, Uuid};
use storage::{Checkpoint, CleanError, CleanJob, CleanLimits, Cleanable, SpaceLevel};

use crate::{node::Node, partition::Partition};

/// The settings of the cleaner, all of which can be changed while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleanerConfig {
    /// `log.cleaner.threads`.
    pub threads: usize,
    /// `log.cleaner.dedupe.buffer.size`, the share of one thread.
    pub map_bytes_max: usize,
    /// `log.cleaner.io.buffer.load.factor`.
    pub load_factor: f64,
    /// `log.cleaner.io.buffer.size`, of which a thread has one half of its share to read and one to write.
    pub io_bytes: usize,
    /// `log.cleaner.io.max.bytes.per.second`, of all threads.
    pub bytes_per_second: f64,
    /// `log.cleaner.backoff.ms`.
    pub backoff_ms: u64,
}

impl CleanerConfig {
    /// What the broker's configuration says.
    #[must_use]
    pub fn new(layers: BrokerLayers<'_>) -> Self {
        let threads = usize::try_from(layers.int("log.cleaner.threads")).unwrap_or(1).max(1);
        let share = |bytes: i64| usize::try_from(bytes).unwrap_or(0) / threads;
        Self {
            threads,
            map_bytes_max: share(layers.long("log.cleaner.dedupe.buffer.size")),
            load_factor: layers.double("log.cleaner.io.buffer.load.factor"),
            io_bytes: share(layers.int("log.cleaner.io.buffer.size").into()) / 2,
            bytes_per_second: layers.double("log.cleaner.io.max.bytes.per.second"),
            backoff_ms: u64::try_from(layers.long("log.cleaner.backoff.ms")).unwrap_or(0),
        }
    }
}

/// Which partition: its topic's id and its index.
type Key = (Uuid, i32);

/// The last cleaning that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanFailure {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Why.
    pub reason: String,
}

/// The last cleaning of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct LastClean {
    seconds: f64,
    map_utilization: f64,
    bytes_read: u64,
    bytes_kept: u64,
    overdue_ms: i64,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeSet<Key>,
    uncleanable: BTreeMap<Key, CleanFailure>,
    failure: Option<CleanFailure>,
    last_run: Option<Monotonic>,
    dirtiest_ratio: f64,
    last: BTreeMap<usize, LastClean>,
    /// Until when the bytes of the past keep the workers from going on.
    paid_until: Monotonic,
    is_closed: bool,
}

/// What all workers share.
#[derive(Debug, Default)]
pub struct Cleaner {
    state: Mutex<State>,
    woken: Condvar,
    dead: AtomicU64,
}

/// What the metrics say of the cleaner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CleanerStatus {
    /// Partitions that cannot be cleaned, with the reason.
    pub uncleanable: Vec<CleanFailure>,
    /// Bytes of those that should be.
    pub uncleanable_bytes: u64,
    /// The dirty part of the dirtiest log, from 0 to 100.
    pub max_dirty_percent: i64,
    /// Milliseconds since a worker last looked for something to do.
    pub since_last_run_ms: i64,
    /// Of the memory for keys, which part was in use in the last cleaning, from 0 to 100.
    pub max_buffer_utilization_percent: i64,
    /// Which part of what was read was written again in the last cleaning, from 0 to 100.
    pub recopy_percent: i64,
    /// How long the last cleaning took, in seconds.
    pub max_clean_time_secs: i64,
    /// For how long records were overdue that the last cleaning met, in seconds.
    pub max_compaction_delay_secs: i64,
    /// Threads that have ended and should not.
    pub dead_threads: u64,
    /// The last cleaning that went wrong.
    pub failure: Option<CleanFailure>,
}

impl Cleaner {
    /// How long a worker has to wait after it has read or written `bytes`, so that all of them together keep to their
    /// limit.
    pub fn pay(&self, bytes: u64, bytes_per_second: f64, now: Monotonic) -> Duration {
        if bytes == 0 || bytes_per_second >= 1e15 {
            return Duration::ZERO;
        }
        let cost_ns = bytes as f64 / bytes_per_second.max(1.0) * 1e9;
        let mut state = self.state.lock();
        state.paid_until = Monotonic(state.paid_until.max(now).0.saturating_add(cost_ns.min(1e18) as u64));
        // Small debts are let grow, or a worker would sleep for each batch.
        let debt = state.paid_until.since(now);
        if debt < Duration::from_millis(20) { Duration::ZERO } else { debt }
    }

    /// Waits; not beyond [`close`](Self::close). `false` after that.
    pub fn rest(&self, duration: Duration) -> bool {
        let mut state = self.state.lock();
        if !state.is_closed && !duration.is_zero() {
            self.woken.wait_for(&mut state, duration);
        }
        !state.is_closed
    }

    /// Lets all workers give up what they are at.
    pub fn close(&self) {
        self.state.lock().is_closed = true;
        self.woken.notify_all();
    }

    /// So many workers have ended that should not have.
    pub fn note_dead(&self, count: usize) {
        self.dead.store(count as u64, Ordering::Relaxed);
    }

    /// What there is to say.
    #[must_use]
    pub fn status(&self, node: &Node, now: Now) -> CleanerStatus {
        let (partitions, dead_threads) = (node.topics.partitions(), self.dead.load(Ordering::Relaxed));
        let uncleanable_keys: BTreeSet<_> = self.state.lock().uncleanable.keys().copied().collect();
        let bytes = partitions.iter().filter(|partition| uncleanable_keys.contains(&key(partition)));
        let bytes = bytes.filter_map(|partition| partition.cleanable(node.steady_now(now)));
        let uncleanable_bytes = bytes.map(|cleanable| cleanable.dirty_bytes).sum();
        let mut state = self.state.lock();
        let there: BTreeSet<_> = partitions.iter().map(|partition| key(partition)).collect();
        state.uncleanable.retain(|key, _| there.contains(key));
        let most = |of: fn(&LastClean) -> f64| state.last.values().map(of).fold(0.0, f64::max) as i64;
        let (read, kept) =
            state.last.values().fold((0, 0), |(read, kept), last| (read + last.bytes_read, kept + last.bytes_kept));
        CleanerStatus {
            uncleanable: state.uncleanable.values().cloned().collect(),
            uncleanable_bytes,
            max_dirty_percent: (100.0 * state.dirtiest_ratio) as i64,
            since_last_run_ms: state.last_run.map_or(0, |at| now.mono.since(at).as_millis() as i64),
            max_buffer_utilization_percent: most(|last| 100.0 * last.map_utilization),
            recopy_percent: (100 * kept).checked_div(read).unwrap_or(0) as i64,
            max_clean_time_secs: most(|last| last.seconds),
            max_compaction_delay_secs: most(|last| last.overdue_ms as f64 / 1000.0),
            dead_threads,
            failure: state.failure.clone(),
        }
    }
}

fn key(partition: &Partition) -> Key {
    (partition.topic_id(), partition.index())
}

/// A cleaning under way.
#[derive(Debug)]
struct Running {
    partition: Arc<Partition>,
    job: CleanJob,
    is_prepared: bool,
    began: Monotonic,
}

/// What a worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// More of the same.
    Again,
    /// Nothing before this moment.
    Rest(Monotonic),
}

/// One that cleans.
#[derive(Debug, Default)]
pub struct Worker {
    index: usize,
    running: Option<Running>,
    rests_until: Monotonic,
}

impl Worker {
    /// The worker of this number.
    #[must_use]
    pub fn new(index: usize) -> Self {
        Self { index, ..Self::default() }
    }

    /// Does the next thing: finds a log and the newest offsets of its keys, or cleans a group of its segments.
    ///
    /// # Arguments
    /// - `pace`: is told how many bytes were read or written, may wait, and says whether to go on.
    pub fn step(&mut self, node: &Node, now: Now, pace: &mut dyn FnMut(u64) -> bool) -> Step {
        if self.running.is_none() {
            if now.mono < self.rests_until {
                return Step::Rest(self.rests_until);
            }
            let config = node.cleaner_config();
            self.running = find(node, now, &config);
            if self.running.is_none() {
                self.rests_until = now.mono.plus_ms(config.backoff_ms);
                return Step::Rest(self.rests_until);
            }
            return Step::Again;
        }
        let Some(running) = &mut self.running else { return Step::Again };
        let outcome = if running.is_prepared {
            running.job.next_group(pace).and_then(|group| {
                let Some(group) = group else { return Ok(false) };
                if running.partition.install(node, group, now) { Ok(true) } else { Err(CleanError::Aborted) }
            })
        } else {
            running.is_prepared = true;
            running.job.prepare(pace).map(|()| true)
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => self.end(node, now, Ok(())),
            Err(error) => self.end(node, now, Err(error)),
        }
        Step::Again
    }

    /// Gives up what is under way; what was written of it is removed.
    pub fn give_up(&mut self, node: &Node) {
        if let Some(running) = self.running.take() {
            node.cleaner.state.lock().running.remove(&key(&running.partition));
        }
    }

    fn end(&mut self, node: &Node, now: Now, outcome: Result<(), CleanError>) {
        let Some(Running { partition, job, began, .. }) = self.running.take() else { return };
        let name = format!("{}-{}", partition.topic(), partition.index());
        let overdue_ms = job.what().overdue_ms;
        let mut failure = None;
        match outcome {
            Ok(()) => {
                let cleaned = partition.clean_done(job);
                node.save_checkpoint(Checkpoint::Cleaner);
                tracing::info!(
                    partition = %name, from = cleaned.from.0, to = cleaned.to.0, read = cleaned.bytes_read,
                    kept = cleaned.bytes_kept, "a log was compacted"
                );
                let last = LastClean {
                    seconds: now.mono.since(began).as_secs_f64(),
                    map_utilization: cleaned.map_utilization,
                    bytes_read: cleaned.bytes_read,
                    bytes_kept: cleaned.bytes_kept,
                    overdue_ms,
                };
                node.cleaner.state.lock().last.insert(self.index, last);
            }
            Err(CleanError::Aborted) => tracing::debug!(partition = %name, "a compaction was given up"),
            Err(CleanError::DiskFull) => {
                self.rests_until = now.mono.plus_ms(node.cleaner_config().backoff_ms);
                failure = Some((CleanError::DiskFull.to_string(), false));
            }
            Err(CleanError::Unreadable(error)) => failure = Some((error.to_string(), true)),
            Err(CleanError::Disk(error)) => failure = Some((partition.clean_failed(error).to_string(), false)),
        }
        let mut state = node.cleaner.state.lock();
        state.running.remove(&key(&partition));
        if let Some((reason, is_lasting)) = failure {
            tracing::error!(partition = %name, %reason, "a log cannot be compacted");
            let failure = CleanFailure { topic: partition.topic().to_owned(), partition: partition.index(), reason };
            if is_lasting {
                state.uncleanable.insert(key(&partition), failure.clone());
            }
            state.failure = Some(failure);
        }
    }
}

/// The dirtiest of the logs that are due.
///
/// Source: Kafka `LogCleanerManager.grabFilthiestCompactedLog`.
fn find(node: &Node, now: Now, config: &CleanerConfig) -> Option<Running> {
    // To write a log anew takes room, before it gives any.
    if !node.config.logs.cleaner_enable || node.space.status().level == SpaceLevel::ReadOnly {
        return None;
    }
    let wall = node.steady_now(now);
    let mut compacted = node.topics.partitions();
    compacted.retain(|partition| partition.config().topic.cleanup_compact && !partition.is_offline());
    {
        let mut state = node.cleaner.state.lock();
        state.last_run = Some(now.mono);
        compacted.retain(|one| !state.running.contains(&key(one)) && !state.uncleanable.contains_key(&key(one)));
    }
    let mut dirtiest_ratio: f64 = 0.0;
    let mut chosen: Option<(Cleanable, Arc<Partition>)> = None;
    for partition in compacted {
        let Some(cleanable) = partition.cleanable(wall) else { continue };
        dirtiest_ratio = dirtiest_ratio.max(cleanable.ratio());
        let is_dirtier = chosen.as_ref().is_none_or(|(known, _)| cleanable.ratio() > known.ratio());
        if cleanable.is_due() && is_dirtier {
            chosen = Some((cleanable, partition));
        }
    }
    let mut state = node.cleaner.state.lock();
    state.dirtiest_ratio = dirtiest_ratio;
    let (_, partition) = chosen?;
    if !state.running.insert(key(&partition)) {
        return None;
    }
    drop(state);
    let limits = CleanLimits {
        map_bytes_max: config.map_bytes_max,
        load_factor: config.load_factor,
        io_bytes: config.io_bytes,
        secret: [node.chance.u64(), node.chance.u64()],
    };
    let Some(job) = partition.clean_job(wall, limits) else {
        node.cleaner.state.lock().running.remove(&key(&partition));
        return None;
    };
    Some(Running { partition, job, is_prepared: false, began: now.mono })
}
