//! Produce and consume: passes that alternate between the brokers, each verified.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{
    consume::{self, Plan, Until},
    payload::Payload,
    produce,
    system::System,
    table::{self, Spread},
    usage::{Meter, Usage, sync_disk, warm_pages},
    wire::{Connection, Topic},
};

/// One line of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// Time until ready, and memory and CPU while idle; also after kill -9.
    Idle,
    /// 1,000 topics of 10 partitions: created, usable, written to.
    Topics,
    /// Batches a second that survive a power cut, with 1, 16 and 64 producers.
    Durable,
    /// Produce, requests of 1 MiB.
    #[value(name = "produce-1m")]
    Produce1M,
    /// Produce, requests of 128 KiB.
    #[value(name = "produce-128k")]
    Produce128K,
    /// Produce, requests of 16 KiB.
    #[value(name = "produce-16k")]
    Produce16K,
    /// Consume, fetches of 1 MiB.
    #[value(name = "consume-1m")]
    Consume1M,
    /// Consume, fetches of 16 KiB.
    #[value(name = "consume-16k")]
    Consume16K,
}

impl Row {
    /// Every row, in the order in which they are run.
    pub(crate) const ALL: [Self; 8] = [
        Self::Idle,
        Self::Topics,
        Self::Durable,
        Self::Produce1M,
        Self::Produce128K,
        Self::Produce16K,
        Self::Consume1M,
        Self::Consume16K,
    ];

    /// Whether it moves data between brokers that stay up.
    pub(crate) fn is_data(self) -> bool {
        !matches!(self, Self::Idle | Self::Topics | Self::Durable)
    }

    fn writes(self) -> bool {
        matches!(self, Self::Produce1M | Self::Produce128K | Self::Produce16K)
    }

    /// The size of a batch, and of a fetch.
    fn size(self) -> usize {
        match self {
            Self::Produce16K | Self::Consume16K => 16 << 10,
            Self::Produce128K => 128 << 10,
            Self::Idle | Self::Topics | Self::Durable | Self::Produce1M | Self::Consume1M => 1 << 20,
        }
    }
}

/// How much load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load<'a> {
    /// Passes per broker.
    pub(crate) rounds: usize,
    /// Bytes per pass.
    pub(crate) volume: u64,
    /// How long to warm up.
    pub(crate) warm: Duration,
    /// Connections.
    pub(crate) connections: usize,
    /// Produce requests under way on each.
    pub(crate) in_flight: usize,
    /// Fetches under way on each.
    pub(crate) fetch_in_flight: usize,
    /// Partitions.
    pub(crate) partitions: i32,
    /// Where the brokers have their files.
    pub(crate) home: &'a Path,
}

/// The result of a pass.
#[derive(Clone, Copy, Debug)]
struct Pass {
    gib: f64,
    usage: Usage,
}

impl Pass {
    fn cpu(&self) -> f64 {
        self.usage.broker / self.gib
    }

    fn megabytes_per_second(&self) -> f64 {
        self.gib * f64::from(1 << 30) / 1e6 / self.usage.wall
    }
}

/// A broker and what it holds for a row that reads.
struct Contender<'a> {
    system: &'a System,
    stored: Option<Topic>,
    passes: Vec<Pass>,
}

/// Runs one row and prints it.
pub(crate) fn run(row: Row, systems: &mut [System], load: &Load<'_>) -> Result<()> {
    let payload = Payload::of_size(row.size());
    let mut contenders = Vec::new();
    for system in systems.iter() {
        let stored = if row.writes() { None } else { Some(fill(system, &payload, load)?) };
        contenders.push(Contender { system, stored, passes: Vec::new() });
    }
    for contender in &contenders {
        let name = &contender.system.name;
        let took = warm(contender, &payload, load).with_context(|| format!("{row:?}: warming {name}"))?;
        eprintln!("{row:?}: {name} was warmed for {:.0} s", took.as_secs_f64());
    }
    for round in 0..load.rounds {
        let count = contenders.len();
        for turn in 0..count {
            // A B, then B A: whoever comes second pays for what the first left behind, in turn.
            let at = if round % 2 == 0 { turn } else { count - 1 - turn };
            let contender = &mut contenders[at];
            let name = &contender.system.name;
            let pass = pass(contender, &payload, load).with_context(|| format!("{row:?} of {name}"))?;
            let usage = pass.usage;
            eprintln!(
                "{row:?} {}/{} {name}: broker {:.3} s/GiB, {:.0} MB/s, generator {:.2} s, rest {:.2} s, stolen {:.2} s",
                round + 1,
                load.rounds,
                pass.cpu(),
                pass.megabytes_per_second(),
                usage.own,
                usage.rest,
                usage.steal
            );
            contender.passes.push(pass);
        }
    }
    for contender in &contenders {
        if let Some(topic) = &contender.stored {
            Connection::open(&contender.system.target)?.delete_topic(topic)?;
        }
    }
    report(row, &contenders, load);
    Ok(())
}

fn fresh_topic(system: &System, partitions: i32) -> Result<Topic> {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?;
    Connection::open(&system.target)?.create_topic(&format!("bench-{}", now.as_nanos()), partitions)
}

/// The most passes that warm a broker up, however much time is left: they write too.
const WARM_PASSES_MAX: usize = 60;
/// How many passes in a row must cost about the same before a broker counts as warm.
const WARM_PASSES_ALIKE: usize = 3;
/// What "about" is.
const WARM_TOLERANCE: f64 = 0.05;

/// Runs short passes for as long as asked, or half of it if they cost the broker the same by then: a JVM compiles for
/// tens of seconds, and seems steady in between. Gives the time it took.
fn warm(contender: &Contender<'_>, payload: &Payload, load: &Load<'_>) -> Result<Duration> {
    let begin = Instant::now();
    let short = Load { volume: load.volume.div_ceil(4), ..*load };
    let mut costs = Vec::new();
    while begin.elapsed() < load.warm && costs.len() < WARM_PASSES_MAX {
        costs.push(pass(contender, payload, &short)?.cpu());
        let alike = costs.last_chunk::<WARM_PASSES_ALIKE>().is_some_and(|last| {
            let spread = Spread::of(*last);
            spread.max <= spread.min * (1.0 + WARM_TOLERANCE)
        });
        if alike && begin.elapsed() >= load.warm / 2 {
            break;
        }
    }
    Ok(begin.elapsed())
}

fn pass(contender: &Contender<'_>, payload: &Payload, load: &Load<'_>) -> Result<Pass> {
    match &contender.stored {
        Some(topic) => read_pass(contender.system, topic, payload, load),
        None => write_pass(contender.system, payload, load),
    }
}

fn write_pass(system: &System, payload: &Payload, load: &Load<'_>) -> Result<Pass> {
    let topic = fresh_topic(system, load.partitions)?;
    let requests = load.volume.div_ceil(payload.bytes.len() as u64);
    sync_disk();
    warm_pages(load.home, load.volume)?;
    let meter = Meter::start(system.pid)?;
    let written = produce::run(&system.target, &topic, payload, load.connections, load.in_flight, requests)?;
    let usage = meter.stop()?;
    verify(system, &topic, payload, &written, load)?;
    Connection::open(&system.target)?.delete_topic(&topic)?;
    let bytes = written.iter().sum::<u64>() * payload.bytes.len() as u64;
    Ok(Pass { gib: gib(bytes), usage })
}

fn read_pass(system: &System, topic: &Topic, payload: &Payload, load: &Load<'_>) -> Result<Pass> {
    let each = load.volume / load.connections.min(topic.partitions as usize) as u64;
    let meter = Meter::start(system.pid)?;
    let read = consume::run(&system.target, topic, payload, reading(payload, load, Until::Bytes(each)))?;
    Ok(Pass { gib: gib(read.bytes), usage: meter.stop()? })
}

fn reading(payload: &Payload, load: &Load<'_>, until: Until) -> Plan {
    Plan {
        connections: load.connections,
        in_flight: load.fetch_in_flight,
        fetch_bytes: payload.bytes.len() as i32,
        until,
    }
}

/// Writes a topic to be read, and verifies it.
fn fill(system: &System, payload: &Payload, load: &Load<'_>) -> Result<Topic> {
    let topic = fresh_topic(system, load.partitions)?;
    let requests = load.volume.div_ceil(payload.bytes.len() as u64);
    let written = produce::run(&system.target, &topic, payload, load.connections, load.in_flight, requests)?;
    verify(system, &topic, payload, &written, load)?;
    sync_disk();
    Ok(topic)
}

/// Reads a topic from its beginning to its end: exactly what was acknowledged must be there.
fn verify(system: &System, topic: &Topic, payload: &Payload, written: &[u64], load: &Load<'_>) -> Result<()> {
    let plan = Plan { connections: load.connections, in_flight: 1, fetch_bytes: 1 << 20, until: Until::End };
    let read = consume::run(&system.target, topic, payload, plan).context("reading back what was written")?;
    ensure!(read.batches == written, "acknowledged {written:?} batches by partition, found {:?}", read.batches);
    Ok(())
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn report(row: Row, contenders: &[Contender<'_>], load: &Load<'_>) {
    let size = row.size() >> 10;
    let connections = load.connections;
    let title = if row.writes() {
        let partitions = load.partitions;
        let in_flight = load.in_flight;
        format!(
            "Produce {size} KiB: {connections} connections, {in_flight} requests under way on each, {partitions} partitions, \
             acks=all, records of 1 KiB"
        )
    } else {
        let in_flight = load.fetch_in_flight;
        format!(
            "Consume {size} KiB, hot, stored as such: {connections} connections, {in_flight} fetch under way on each"
        )
    };
    let head = ["", "broker CPU s/GiB", "MB/s", "generator CPU s/GiB"];
    let mut lines = Vec::new();
    for contender in contenders {
        let spread = |number: fn(&Pass) -> f64| Spread::of(contender.passes.iter().map(number));
        lines.push(vec![
            contender.system.name.clone(),
            format!("{:.3}", spread(Pass::cpu)),
            format!("{:.0}", spread(Pass::megabytes_per_second)),
            format!("{:.2}", spread(|pass| pass.usage.own / pass.gib)),
        ]);
    }
    let Some((ours, others)) = contenders.split_first() else { return };
    for theirs in others {
        let pairs = || ours.passes.iter().zip(&theirs.passes);
        let less = Spread::of(pairs().map(|(a, b)| b.cpu() / a.cpu()));
        let faster = Spread::of(pairs().map(|(a, b)| a.megabytes_per_second() / b.megabytes_per_second()));
        lines.push(vec![
            format!("{} beats {} by", ours.system.name, theirs.system.name),
            format!("{less:.2} x"),
            format!("{faster:.2} x"),
            String::new(),
        ]);
    }
    table::print(&title, &head, &lines);
    let shortest = contenders.iter().flat_map(|c| &c.passes).map(|pass| pass.usage.broker).fold(f64::MAX, f64::min);
    if shortest < 1.0 {
        println!(
            "  (the shortest pass cost the broker {shortest:.2} s, in steps of 0.01 s: more --volume is more exact)"
        );
    }
}
