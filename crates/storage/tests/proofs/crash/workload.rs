//! Random workloads, each of one kind, and what was promised at each change of the disk while one ran.

use std::{fmt, sync::Arc};

use protocol::types::{LeaderEpoch, Offset, Timestamp, Uuid};
use storage::{
    Checkpoint, CleanLimits, Installed, Log, LogConfig, RetiredSegments, SyncScope, compaction::offset_map::ENTRY_SIZE,
    disk::FaultDisk,
};

use super::promise::Promise;
use crate::node::{Chance, Content, NOW, Node, Seen, Written, see};

/// What a workload is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Appends that roll, syncs, restarts.
    Append,
    /// The end is taken back, or everything.
    Truncate,
    /// Segments go by size, records by DeleteRecords.
    Delete,
    /// Of each key only the newest stays.
    Compact,
    /// The partition goes.
    Remove,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Append, Self::Truncate, Self::Delete, Self::Compact, Self::Remove];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name)
    }

    pub(crate) fn config(self) -> LogConfig {
        let config = LogConfig { segment_bytes: 500, index_interval_bytes: 150, ..LogConfig::default() };
        match self {
            Self::Delete => LogConfig { retention_bytes: 1200, ..config },
            Self::Compact => LogConfig {
                compact: true,
                delete_old_segments: false,
                min_cleanable_ratio: 0.0,
                delete_retention_ms: 5,
                ..config
            },
            _ => config,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// As a leader, this many batches with one call.
    Append(u64),
    /// As a follower, of the next epoch.
    AppendPlaced(u64),
    BeginEpoch,
    Sync(SyncScope),
    /// A sync during which something is appended.
    SyncAndAppend,
    /// A sync during which the log is cut and appended to.
    SyncAndTruncate,
    Save,
    Retire,
    AdvanceStart,
    Truncate,
    TruncateFully,
    /// Of each key only the newest stays; nothing happens meanwhile, or an append, or a cut.
    Clean(u64),
    Stop,
    Kill,
    Crash,
    Delete,
}

fn action(kind: Kind, chance: &mut Chance) -> Action {
    use Action::*;
    let append = Append(1 + chance.below(4));
    let scope = if chance.below(2) == 0 { SyncScope::Records } else { SyncScope::Checkpoint };
    let common =
        [append, append, append, AppendPlaced(1 + chance.below(3)), BeginEpoch, Sync(scope), Sync(scope), Save];
    let restart = [Stop, Kill, Kill, Crash];
    let special: &[Action] = match kind {
        Kind::Append => &[SyncAndAppend],
        Kind::Truncate => &[Truncate, Truncate, SyncAndTruncate, TruncateFully],
        Kind::Delete => &[Retire, Retire, AdvanceStart],
        Kind::Compact => &[Clean(0), Clean(0), Clean(1), Clean(2)],
        Kind::Remove => &[],
    };
    let of = |all: &[Action], chance: &mut Chance| all[chance.below(all.len() as u64) as usize];
    match chance.below(16) {
        0..3 => of(&restart, chance),
        3..7 if !special.is_empty() => of(special, chance),
        _ => of(&common, chance),
    }
}

/// What became of a workload.
pub(crate) struct Trace {
    /// The disk before each change, and after all.
    pub(crate) disks: Vec<FaultDisk>,
    /// From which change on what was promised.
    promises: Vec<(usize, Arc<Promise>)>,
    actions: Vec<(usize, String)>,
    pub(crate) config: LogConfig,
}

impl Trace {
    /// What was promised before this change; and a number for it.
    pub(crate) fn promise(&self, change: usize) -> (usize, &Arc<Promise>) {
        let at = self.promises.partition_point(|(from, _)| *from <= change) - 1;
        (at, &self.promises[at].1)
    }

    /// What happened up to this change.
    pub(crate) fn story(&self, change: usize) -> String {
        let told = self.actions.iter().filter(|(from, _)| *from <= change);
        told.map(|(from, action)| format!("  from change {from}: {action}\n")).collect()
    }
}

struct World {
    node: Node,
    log: Log,
    kind: Kind,
    chance: Chance,
    /// What is promised now that nothing is going on.
    now: Promise,
    promises: Vec<(usize, Arc<Promise>)>,
    changes_before: u64,
    values: u32,
    clock: i64,
    retired: Vec<RetiredSegments>,
    is_gone: bool,
    /// Nobody cuts the log below: compaction relied on what is there.
    watermark: i64,
    /// The log goes on here once its directory is made, and made to stay.
    restarted: Option<i64>,
}

/// Runs the workload of this kind and seed.
///
/// # Errors
/// If, with nobody dying, the log is not what it should be.
pub(crate) fn run(kind: Kind, seed: u64) -> Result<Trace, String> {
    let mut chance = Chance(seed);
    let length = 10 + chance.below(10);
    run_actions(kind, seed, length, true)
}

/// The same with so many actions, and only if they are asked for with the disks.
///
/// # Errors
/// If, with nobody dying, the log is not what it should be.
pub(crate) fn run_actions(kind: Kind, seed: u64, length: u64, keep_disks: bool) -> Result<Trace, String> {
    let mut chance = Chance(seed);
    let disk = FaultDisk::new(seed);
    let mut node = Node::new(&disk);
    let changes_before = disk.changes();
    if keep_disks {
        disk.keep_history();
    }
    let log = node.open(kind.config())?.0;
    let mut now = Promise::new();
    now.registered = node.registered();
    let mut first = now.clone();
    first.registered = 0;
    let (promises, retired) = (vec![(0, Arc::new(first))], Vec::new());
    let actions: Vec<_> = (0..length).map(|_| action(kind, &mut chance)).collect();
    let actions = actions.into_iter().chain((kind == Kind::Remove).then_some(Action::Delete));
    let (values, clock, is_gone) = (0, NOW.0, false);
    let mut world = World {
        node,
        log,
        kind,
        chance,
        now,
        promises,
        changes_before,
        values,
        clock,
        retired,
        is_gone,
        watermark: 0,
        restarted: None,
    };
    let mut told = Vec::new();
    for action in actions {
        told.push((world.changes(), format!("{action:?}")));
        let fail = |error: String| format!("{kind} {seed}, with nobody dying, after {told:?}: {error}");
        world.quiet();
        world.step(action).map_err(fail)?;
        if !world.is_gone {
            let seen = see(&mut world.log).map_err(fail)?;
            world.check_living(&seen).map_err(fail)?;
            world.check_lookups().map_err(fail)?;
        }
    }
    world.quiet();
    let mut disks = disk.take_history();
    disks.push(disk.fork());
    Ok(Trace { disks, promises: world.promises, actions: told, config: kind.config() })
}

impl World {
    fn changes(&self) -> usize {
        (self.node.disk.changes() - self.changes_before) as usize
    }

    /// From now on, until the next change, what happened is promised, and nothing else.
    fn quiet(&mut self) {
        self.promise(self.changes(), self.now.clone());
    }

    /// From the next change on this is promised.
    fn during(&mut self, promise: Promise) {
        self.promise(self.changes() + 1, promise);
    }

    fn promise(&mut self, from: usize, promise: Promise) {
        // What was promised for a change that did not come counts no more.
        self.promises.retain(|(other, _)| *other < from);
        self.promises.push((from, Arc::new(promise)));
    }

    fn check_living(&self, seen: &Seen) -> Result<(), String> {
        let exact = Promise { start: (self.now.start.1, self.now.start.1), ..self.now.clone() };
        exact.check(seen, false)
    }

    /// Any offset, and any time, leads to its batch.
    fn check_lookups(&mut self) -> Result<(), String> {
        let start = self.now.start.1;
        let there: Vec<_> = self.now.batches.iter().filter(|batch| batch.next > start).cloned().collect();
        let (Some(last), 0) = (there.last(), self.now.compacted) else { return Ok(()) };
        let offset = start + self.chance.below((last.next - start) as u64) as i64;
        let read = self.log.read(Offset(offset), 1, self.log.end(), true).map_err(|error| format!("{error:?}"))?;
        let expected = there.iter().find(|batch| batch.next > offset).map(|batch| batch.base);
        if read.as_ref().map(|read| read.base.0) != expected {
            return Err(format!("reading {offset} gave {read:?}, not the batch at {expected:?}"));
        }
        let from = there[0].timestamp - 1;
        let time = from + self.chance.below((last.timestamp - from + 2) as u64) as i64;
        let found = self.log.offset_for_timestamp(Timestamp(time)).map_err(|error| format!("{error:?}"))?;
        let found = found.map(|found| (found.offset.0, found.timestamp.0));
        let expected = there.iter().find(|batch| batch.timestamp >= time);
        let expected = expected.map(|batch| (batch.base.max(start), batch.timestamp));
        if found != expected {
            return Err(format!("looking for time {time} gave {found:?}, not {expected:?}"));
        }
        Ok(())
    }

    fn epoch(&self) -> i32 {
        self.log.epochs().latest().map_or(0, |epoch| epoch.0)
    }

    /// Batches that would be the next ones.
    fn next_batches(&mut self, count: u64, epoch: i32) -> Vec<Arc<Written>> {
        let mut batches: Vec<Arc<Written>> = Vec::new();
        let mut states: std::collections::BTreeMap<i64, (i16, i32, bool)> = std::collections::BTreeMap::new();
        for (id, known) in self.log.producers().producers() {
            let next = known.batches().last().map_or(0, |last| last.last_sequence + 1);
            states.insert(id.0, (known.epoch.0, next, known.transaction_start.is_some()));
        }
        for _ in 0..count {
            let base = batches.last().map_or(self.log.end().0, |last| last.next);
            self.clock += 1;
            let id = self.chance.below(4) as i64;
            let (mut producer_epoch, mut sequence, is_open) = states.get(&id).copied().unwrap_or((0, 0, false));
            if id == 3 && is_open && self.chance.below(2) == 0 {
                let commit = self.chance.below(2) == 0;
                states.insert(id, (producer_epoch, sequence, false));
                batches.push(Arc::new(Written::marker(base, epoch, self.clock, (id, producer_epoch), commit)));
                continue;
            }
            if id > 0 && !is_open && self.chance.below(6) == 0 {
                (producer_epoch, sequence) = (producer_epoch + 1, 0);
            }
            let mut records = Vec::new();
            for _ in 0..1 + self.chance.below(3) {
                self.values += 1;
                let value = (self.chance.below(8) > 0).then_some(self.values);
                records.push((self.chance.below(6) as u8, value));
            }
            let count = records.len() as i32;
            let producer = (id > 0).then_some((id, producer_epoch, sequence));
            let content = Content { producer, is_transactional: id == 3, records };
            states.insert(id, (producer_epoch, sequence + count, id == 3));
            batches.push(Arc::new(Written::new(base, epoch, self.clock, content)));
        }
        batches
    }

    fn append(&mut self, count: u64) -> Result<(), String> {
        let batches = self.next_batches(count, self.epoch());
        let mut promise = self.now.clone();
        promise.batches.extend(batches.iter().cloned());
        self.during(promise);
        let views: Vec<_> = batches.iter().map(|batch| batch.batch()).collect();
        let epoch = LeaderEpoch(self.epoch());
        for (outcome, batch) in self.log.append_as_leader(&views, epoch, NOW).into_iter().zip(&batches) {
            let appended = outcome.map_err(|error| error.to_string())?;
            if (appended.offsets.start.0, appended.repeated) != (batch.base, None) {
                return Err(format!("a batch got {appended:?}, and should be at {}", batch.base));
            }
        }
        self.appended(batches);
        Ok(())
    }

    fn appended(&mut self, batches: Vec<Arc<Written>>) {
        self.now.batches.extend(batches);
        self.now.kept_kill = self.log.end().0;
    }

    /// Begins, and gives the job that is to be run.
    fn sync_job(&mut self, scope: SyncScope) -> Result<Option<storage::SyncJob>, String> {
        self.log.sync_job(scope).map_err(|error| error.to_string())
    }

    fn finish_sync(&mut self, job: Option<storage::SyncJob>) -> Result<(), String> {
        let Some(job) = job else { return Ok(()) };
        let result = job.run();
        let durable = self.log.sync_done(&job, result).map_err(|error| error.to_string())?;
        if durable > self.log.end() {
            return Err(format!("{durable} is durable, and the log ends at {}", self.log.end()));
        }
        // What the log claims is what it is held to.
        if self.restarted.is_some_and(|at| durable.0 <= at) {
            // Nothing is below, and nothing was synced.
            return Ok(());
        }
        self.now.kept_crash = durable.0;
        self.now.start.0 = self.now.start.0.max(self.restarted.take().unwrap_or(0));
        Ok(())
    }

    fn truncate(&mut self) -> Result<(), String> {
        let floor = self.now.start.1.max(self.watermark);
        let there: Vec<i64> = self.now.batches.iter().map(|batch| batch.base).filter(|base| *base >= floor).collect();
        if there.is_empty() {
            return Ok(());
        }
        let from = there.len() / 2;
        let to = there[from + self.chance.below((there.len() - from) as u64) as usize];
        self.now.last_batches_only = true;
        let mut promise = self.now.clone();
        promise.kept_crash = promise.kept_crash.min(to);
        promise.kept_kill = promise.kept_kill.min(to);
        self.during(promise);
        self.log.truncate_to(Offset(to)).map_err(|error| error.to_string())?;
        self.now.batches.retain(|batch| batch.base < to);
        self.now.kept_crash = self.now.kept_crash.min(to);
        self.now.kept_kill = to;
        Ok(())
    }

    fn clean(&mut self, meanwhile: u64) -> Result<(), String> {
        self.clock += 3;
        // A high watermark goes back no more than what survives a power cut, and a marker below it has settled things.
        let job = self.sync_job(SyncScope::Records)?;
        self.finish_sync(job)?;
        self.quiet();
        let stable = self.log.durable();
        self.watermark = self.watermark.max(stable.0);
        let keys = 2 + self.chance.below(8) as usize;
        let limits =
            CleanLimits { map_bytes_max: (keys + 1) * ENTRY_SIZE, load_factor: 0.99, io_bytes: 1, secret: [1, 2] };
        let job = self.log.clean_job(Timestamp(self.clock), stable, limits).map_err(|error| error.to_string())?;
        let Some(mut job) = job else { return Ok(()) };
        job.prepare(&mut |_| true).map_err(|error| error.to_string())?;
        let bound = job.what().bound.0;
        self.now.compacted = self.now.compacted.max(bound);
        self.during(self.now.clone());
        let mut is_whole = true;
        while let Some(group) = job.next_group(&mut |_| true).map_err(|error| error.to_string())? {
            self.meanwhile(meanwhile)?;
            match self.log.install(group) {
                Installed::Swap(swap) => {
                    let mut retired = None;
                    let result = swap.run().map(|found| retired = found);
                    self.log.swapped(&swap, result).map_err(|error| error.to_string())?;
                    if let Some(retired) = retired {
                        retired.remove().map_err(|error| error.to_string())?;
                    }
                }
                Installed::Stale(group) => {
                    group.discard();
                    is_whole = false;
                    break;
                }
            }
        }
        let cleaned = self.log.clean_done(job);
        if is_whole {
            let seen = see(&mut self.log)?;
            self.now.check_clean(&seen, cleaned.to.0)?;
            if cleaned.to <= cleaned.from {
                return Err(format!("cleaning from {} on got nowhere", cleaned.from));
            }
        }
        Ok(())
    }

    fn meanwhile(&mut self, what: u64) -> Result<(), String> {
        match what {
            1 => self.append(1)?,
            2 => self.truncate()?,
            _ => return Ok(()),
        }
        self.quiet();
        self.during(self.now.clone());
        Ok(())
    }

    fn step(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::Append(count) => self.append(count)?,
            Action::AppendPlaced(count) => {
                let batches = self.next_batches(count, self.epoch() + 1);
                let mut promise = self.now.clone();
                promise.batches.extend(batches.iter().cloned());
                self.during(promise);
                let bytes: Vec<u8> = batches.iter().flat_map(|batch| batch.bytes.clone()).collect();
                self.log.append_placed(&bytes, NOW).map_err(|error| error.to_string())?;
                self.appended(batches);
            }
            Action::BeginEpoch => self.log.begin_epoch(LeaderEpoch(self.epoch() + 1)),
            Action::Sync(scope) => {
                let job = self.sync_job(scope)?;
                self.finish_sync(job)?;
                if self.log.durable() != self.log.end() {
                    return Err("a sync left something".into());
                }
            }
            Action::SyncAndAppend => {
                let job = self.sync_job(SyncScope::Records)?;
                self.append(2)?;
                self.quiet();
                self.finish_sync(job)?;
            }
            Action::SyncAndTruncate => {
                let job = self.sync_job(SyncScope::Records)?;
                self.truncate()?;
                self.quiet();
                self.append(1)?;
                self.quiet();
                self.finish_sync(job)?;
            }
            Action::Save => {
                let dir = self.node.dir.as_ref().expect("it runs");
                for kind in Checkpoint::ALL {
                    dir.save_checkpoint(kind).map_err(|error| error.to_string())?;
                }
                if self.restarted.is_none() {
                    self.now.start.0 = self.now.start.1;
                }
            }
            Action::AdvanceStart => {
                let (from, end) = (self.now.start.1, self.log.end().0);
                let to = from + self.chance.below((end - from + 1) as u64) as i64;
                self.log.advance_start(Offset(to)).map_err(|error| error.to_string())?;
                self.now.start.1 = to;
            }
            Action::Retire => self.retire()?,
            Action::Truncate => self.truncate()?,
            Action::TruncateFully => {
                let at = self.log.end().0 + self.chance.below(10) as i64;
                let mut promise = self.now.clone();
                (promise.kept_crash, promise.kept_kill) = (0, 0);
                (promise.restart_at, promise.start.1) = (Some(at), at);
                self.during(promise);
                self.log.truncate_fully(Offset(at), NOW).map_err(|error| error.to_string())?;
                let had_records = self.now.kept_crash > 0;
                self.now.batches.clear();
                (self.now.kept_crash, self.now.kept_kill, self.now.start) = (at, at, (at, at));
                if !had_records {
                    (self.now.kept_crash, self.now.start.0, self.restarted) = (0, 0, Some(at));
                }
                self.now.last_batches_only = true;
            }
            Action::Clean(meanwhile) => {
                self.now.last_batches_only = true;
                self.clean(meanwhile)?;
            }
            Action::Stop | Action::Kill | Action::Crash => self.restart(action)?,
            Action::Delete => {
                let mut promise = self.now.clone();
                promise.may_be_gone = true;
                self.during(promise.clone());
                let deleted = self.log.delete(Uuid([5; 16])).map_err(|error| error.to_string())?;
                if let Some(deleted) = deleted {
                    deleted.remove().map_err(|error| error.to_string())?;
                }
                self.now = promise;
                (self.now.kept_kill, self.now.kept_crash) = (0, 0);
                self.is_gone = true;
            }
        }
        Ok(())
    }

    fn retire(&mut self) -> Result<(), String> {
        let (start, end) = (self.now.start.1, self.log.end().0);
        let watermark = Offset(start + self.chance.below((end - start + 1) as u64) as i64);
        let mut promise = self.now.clone();
        promise.start.1 = watermark.0.max(promise.start.1);
        self.during(promise);
        let retired = self.log.retire_segments(NOW, watermark).map_err(|error| error.to_string())?;
        self.now.start.1 = self.log.start().0;
        let Some(retired) = retired else { return Ok(()) };
        if self.log.start() > watermark {
            return Err(format!("the log starts at {}, and {watermark} only is committed", self.log.start()));
        }
        self.quiet();
        self.during(self.now.clone());
        retired.rename().map_err(|error| error.to_string())?;
        // Now the first segment says it.
        let first = self.log.segment_bases().next().map_or(0, |base| base.0);
        self.now.start.0 = self.now.start.0.max(first);
        self.retired.push(retired);
        if self.chance.below(2) == 0 {
            self.quiet();
            self.during(self.now.clone());
            for retired in self.retired.drain(..) {
                retired.remove().map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    fn restart(&mut self, action: Action) -> Result<(), String> {
        self.retired.clear();
        let disk = self.node.disk.clone();
        self.during(self.now.clone());
        match action {
            Action::Stop => {
                let stopped = self.log.stop().map_err(|error| error.to_string())?;
                let dir = self.node.dir.take().expect("it runs");
                dir.close(vec![stopped], 13).map_err(|error| error.to_string())?;
                disk.kill();
                self.now.kept_crash = self.now.kept_kill;
                (self.now.start.0, self.restarted) = (self.now.start.1, None);
                self.quiet();
                self.during(self.now.clone());
            }
            Action::Kill => disk.kill(),
            _ => {
                disk.crash();
                self.now.kept_kill = self.now.kept_crash;
                // The disk is another without a change.
                self.quiet();
                self.during(self.now.clone());
            }
        }
        let is_crash = action == Action::Crash;
        let (log, warnings) = self.node.open(self.kind.config())?;
        self.log = log;
        if let Some(damage) = warnings.iter().find(|warning| matches!(warning, storage::OpenWarning::Damaged(_))) {
            return Err(format!("{damage}"));
        }
        let seen = see(&mut self.log)?;
        self.now.check(&seen, is_crash)?;
        // It is not known to be on the platter, but what was is still.
        self.now.batches.retain(|batch| batch.next <= seen.end);
        if seen.batches.is_empty() && seen.end > self.now.kept_crash {
            self.now.producers_lost = true;
        }
        self.now.kept_kill = seen.end;
        self.now.start.1 = seen.start;
        self.restarted = self.restarted.filter(|at| *at <= seen.start);
        self.now.registered = self.node.registered();
        Ok(())
    }
}
