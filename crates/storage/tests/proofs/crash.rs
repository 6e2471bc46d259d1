//! Every death at every moment: a workload runs on a disk that keeps its history; then, for the disk as it was before each
//! change, the process is killed, and the power is cut in every way, or in many, that what was not synced can be lost
//! ([`storage::disk::FaultDisk::crash_by`]). From each of these the node is started again, and what was promised must be there
//! ([`promise`]); what it is then is what a second start finds, whether it was stopped, killed or lost its power in
//! between, and it goes on where it ended.
//!
//! A failure says how to see it again: `PROOF='append 17 203 cut:1,0,2' cargo test -p milena-storage --test proofs replay`.

use std::{collections::BTreeSet, fmt, ops::Range};

use protocol::types::LeaderEpoch;
use storage::{LogConfig, OpenWarning, SyncScope, disk::FaultDisk};

pub(crate) mod promise;
pub(crate) mod workload;

use promise::Promise;
pub(crate) use workload::Kind;
use workload::Trace;

use crate::node::{Chance, Content, NOW, Node, Seen, Written, see};

/// How a node dies.
#[derive(Clone, Debug)]
enum Death {
    Kill,
    /// The power goes, and these choices say what of the unsynced changes is lost.
    Cut(Vec<u64>),
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill => f.write_str("kill"),
            Self::Cut(choices) => {
                let choices: Vec<_> = choices.iter().map(u64::to_string).collect();
                write!(f, "cut:{}", choices.join(","))
            }
        }
    }
}

impl Death {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "kill").then_some(Self::Kill),
            Some((_, choices)) => {
                let choices = choices.split(',').filter(|choice| !choice.is_empty());
                choices.map(|choice| choice.parse().ok()).collect::<Option<_>>().map(Self::Cut)
            }
        }
    }

    /// The disk after it.
    fn of(&self, disk: &FaultDisk) -> FaultDisk {
        let disk = disk.fork();
        match self {
            Self::Kill => disk.kill(),
            Self::Cut(choices) => {
                let mut choices = choices.iter();
                disk.crash_by(&mut |limit| choices.next().copied().unwrap_or(0) % limit);
            }
        }
        disk
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) workloads: u64,
    /// Moments before a change of the disk.
    pub(crate) moments: u64,
    /// Those at which the power was cut in every way that there is.
    pub(crate) exhausted: u64,
    /// Different states: contents of the disk, what was promised, and kind of death.
    pub(crate) states: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workloads, moments, exhausted, states } = self;
        write!(f, "{workloads} workloads, {moments} moments, {exhausted} of them in every way, {states} states")
    }
}

/// Runs the workloads of this kind with these seeds, at each moment up to `ways` power cuts unless there are no more.
///
/// # Errors
/// What is wrong, and how to see it again.
pub(crate) fn enumerate(kind: Kind, seeds: Range<u64>, ways: usize) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for seed in seeds {
        let trace = workload::run(kind, seed)?;
        tally.workloads += 1;
        let mut known = BTreeSet::new();
        for (change, disk) in trace.disks.iter().enumerate() {
            tally.moments += 1;
            let mut judge = |death: Death| {
                let dead = death.of(disk);
                let state = (trace.promise(change).0, matches!(death, Death::Kill), dead.digest());
                if !known.insert(state) {
                    return Ok(());
                }
                tally.states += 1;
                judge(&trace, change, dead, &death)
                    .map_err(|error| format!("PROOF='{kind} {seed} {change} {death}'\n{}{error}", trace.story(change)))
            };
            judge(Death::Kill)?;
            let mut way = Vec::new();
            let mut is_exhausted = false;
            for _ in 0..ways {
                judge(Death::Cut(way.clone()))?;
                let Some(next) = next_way(disk, way) else {
                    is_exhausted = true;
                    break;
                };
                way = next;
            }
            tally.exhausted += u64::from(is_exhausted);
            if is_exhausted {
                continue;
            }
            let mut chance = Chance(seed ^ (change as u64) << 32);
            for _ in 0..ways {
                let mut choices = Vec::new();
                disk.fork().crash_by(&mut |limit| {
                    choices.push(chance.below(limit));
                    choices[choices.len() - 1]
                });
                judge(Death::Cut(choices))?;
            }
        }
    }
    Ok(tally)
}

/// The choices after these, in the order of a search in depth.
fn next_way(disk: &FaultDisk, way: Vec<u64>) -> Option<Vec<u64>> {
    let (mut way, mut limits) = (way, Vec::new());
    let mut at = 0;
    disk.fork().crash_by(&mut |limit| {
        if at == way.len() {
            way.push(0);
        }
        limits.push(limit);
        at += 1;
        way[at - 1]
    });
    while let Some(last) = way.pop() {
        if last + 1 < limits[way.len()] {
            way.push(last + 1);
            return Some(way);
        }
    }
    None
}

/// Starts the node on what a death left, twice, and checks what it finds.
fn judge(trace: &Trace, change: usize, dead: FaultDisk, death: &Death) -> Result<(), String> {
    let promise = trace.promise(change).1;
    let is_cut = matches!(death, Death::Cut(_));
    let salt = dead.digest();
    let mut node = Node::dead(dead, promise.registered);
    let Some((seen, log)) = start(&mut node, trace.config, promise, is_cut)? else { return Ok(()) };
    check_names(&node)?;
    if promise.may_be_gone && seen.batches.is_empty() {
        return Ok(());
    }

    let mut log = log;
    let epoch = seen.epochs.last().map_or(0, |(epoch, _)| *epoch);
    let content = Content { producer: None, is_transactional: false, records: vec![(9, Some(7))] };
    let added = Written::new(seen.end, epoch, NOW.0 + 1000, content);
    let appended = log.append_as_leader(&[added.batch()], LeaderEpoch(epoch), NOW).remove(0);
    let appended = appended.map_err(|error| format!("appending after it: {error}"))?;
    if appended.offsets.start.0 != seen.end {
        return Err(format!("the log ended at {}, and the next batch got {appended:?}", seen.end));
    }
    let mut expected = see(&mut log)?;
    let mut is_stopped = false;
    match salt % 4 {
        0 => {
            drop(log);
            node.disk.kill();
        }
        1 => {
            is_stopped = true;
            if !node.stop(log) {
                return Err("it cannot be stopped".into());
            }
            node.disk.kill();
        }
        2 => {
            let job = log.sync_job(SyncScope::Records).map_err(|error| error.to_string())?;
            let job = job.ok_or("there is nothing to sync after an append")?;
            let result = job.run();
            log.sync_done(&job, result).map_err(|error| error.to_string())?;
            drop(log);
            cut_by(&node.disk, salt);
        }
        _ => {
            drop(log);
            cut_by(&node.disk, salt);
            let before = Promise { kept_kill: promise.kept_crash, ..Promise::clone(promise) };
            let mut promise = before.clone();
            promise.batches.retain(|batch| batch.next <= seen.end);
            promise.batches.push(added.into());
            promise.producers_lost |= seen.batches.is_empty();
            promise.registered = node.registered();
            promise.start.1 = promise.start.1.max(seen.start);
            let (again, _) = started(&mut node, trace.config).map_err(second)?;
            // What was being cut was cut or was not, and may be back until something is synced.
            return check(&promise, &again, true).or_else(|_| check(&before, &again, true)).map_err(second);
        }
    }
    let mut log = node.open(trace.config).map_err(second)?.0;
    let again = see(&mut log).map_err(second)?;
    expected.durable = again.durable;
    if is_stopped && again.durable != again.end {
        return Err(format!("a clean stop left {again:?}"));
    }
    // A start that was saved by nobody may go back.
    if again.start < expected.start && again.start >= promise.start.0 {
        return Ok(());
    }
    let mut again = again;
    if promise.last_batches_only {
        for known in expected.producers.iter_mut().chain(&mut again.producers) {
            known.batches.drain(..known.batches.len().saturating_sub(1));
        }
    }
    if again == expected { Ok(()) } else { Err(second(differ(&expected, &again))) }
}

fn second(error: String) -> String {
    format!("at the second start: {error}")
}

fn differ(expected: &Seen, found: &Seen) -> String {
    format!("{}\n where before was {}", tell(found), tell(expected))
}

fn tell(seen: &Seen) -> String {
    let batches: Vec<_> = seen.batches.iter().map(|batch| (batch.base, batch.next)).collect();
    let Seen { start, end, durable, stable, epochs, producers, .. } = seen;
    format!("{start}..{end}, durable {durable}, stable {stable}, batches {batches:?}, epochs {epochs:?}, {producers:?}")
}

fn cut_by(disk: &FaultDisk, seed: u64) {
    let mut chance = Chance(seed);
    disk.crash_by(&mut |limit| chance.below(limit));
}

/// Starts, and checks what is found; `None` if the partition was being deleted and is gone.
fn start(
    node: &mut Node,
    config: LogConfig,
    promise: &Promise,
    is_cut: bool,
) -> Result<Option<(Seen, storage::Log)>, String> {
    let (seen, log) = match started(node, config) {
        Err(_) if promise.may_be_gone => return Ok(None),
        started => started?,
    };
    check(promise, &seen, is_cut)?;
    Ok(Some((seen, log)))
}

fn started(node: &mut Node, config: LogConfig) -> Result<(Seen, storage::Log), String> {
    let (mut log, warnings) = node.open(config)?;
    if let Some(warning) = warnings.iter().find(|warning| matches!(warning, OpenWarning::Damaged(_))) {
        return Err(format!("called damaged: {warning}"));
    }
    let seen = see(&mut log)?;
    Ok((seen, log))
}

fn check(promise: &Promise, seen: &Seen, is_cut: bool) -> Result<(), String> {
    promise.check(seen, is_cut).map_err(|error| format!("{error}\n{}", tell(seen)))
}

/// Nothing unfinished is left beside the log, and nothing that belongs to no segment.
fn check_names(node: &Node) -> Result<(), String> {
    let files = node.files();
    for name in &files {
        let unfinished = [".tmp", ".deleted", ".cleaned", ".swap"].iter().any(|suffix| name.ends_with(suffix));
        let beside = ["index", "timeindex", "txnindex"];
        let stem = name.split_once('.').filter(|(_, extension)| beside.contains(extension)).map(|(stem, _)| stem);
        if unfinished || stem.is_some_and(|stem| !files.contains(&format!("{stem}.log"))) {
            return Err(format!("{name} was left: {files:?}"));
        }
    }
    Ok(())
}

fn prove(kind: Kind, seeds: Range<u64>, ways: usize) {
    match enumerate(kind, seeds.clone(), ways) {
        Ok(tally) => println!("{kind}, seeds {seeds:?}, up to {ways} cuts at a moment: {tally}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn any_death_while_appending_keeps_what_was_safe() {
    prove(Kind::Append, 0..24, 12);
}

#[test]
fn any_death_while_truncating_keeps_what_was_safe() {
    prove(Kind::Truncate, 0..24, 12);
}

#[test]
fn any_death_while_deleting_records_keeps_what_was_safe() {
    prove(Kind::Delete, 0..24, 12);
}

#[test]
fn any_death_while_compacting_keeps_what_was_safe() {
    prove(Kind::Compact, 0..24, 12);
}

#[test]
fn any_death_while_removing_a_partition_leaves_all_or_nothing() {
    prove(Kind::Remove, 0..24, 12);
}

/// `PROOF='<kind> <from>..<to> <ways>'` runs other workloads, `PROOF='<kind> <seed> <change> <death>'` one state again.
#[test]
fn replay() {
    let Ok(proof) = std::env::var("PROOF") else { return };
    let words: Vec<_> = proof.split(' ').collect();
    let kind = Kind::parse(words[0]).expect("the name of a kind");
    if let Some((from, to)) = words[1].split_once("..") {
        return prove(kind, from.parse().unwrap()..to.parse().unwrap(), words[2].parse().unwrap());
    }
    let (seed, change): (u64, usize) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    let death = Death::parse(words[3]).expect("kill, or cut: and numbers");
    let trace = workload::run(kind, seed).unwrap();
    println!("{}promised: {:#?}", trace.story(change), trace.promise(change).1);
    let dead = death.of(&trace.disks[change]);
    let left = Node::dead(dead.clone(), 0);
    println!("{:?}", left.files());
    for kind in storage::Checkpoint::ALL {
        let path = std::path::Path::new(crate::node::ROOT).join(kind.file_name());
        let text = storage::disk::read_file(&left.disk, &path, 1000).unwrap_or_default();
        println!("{kind:?}: {:?}", String::from_utf8_lossy(&text));
    }
    judge(&trace, change, dead, &death).unwrap();
}
