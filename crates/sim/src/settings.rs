//! What differs from run to run: the node's settings and the weather, drawn from the seed.
//!
//! Each run draws its own mixture, so that what is rare in one is common in another: tiny segments, a checkpoint every
//! second, syncs that take long, a metadata snapshot every few records.

use fastrand::Rng;
use metadata::config::{ServerConfig, properties::Properties};

/// What a person chooses about a run, apart from its seed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// After so many events the faults end, and everything has to come to rest.
    pub steps: u64,
    /// Whether the power may be cut; else the node is only killed and stopped.
    pub power_cuts: bool,
    /// Whether each event is printed.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { steps: 3000, power_cuts: true, verbose: false }
    }
}

/// The weather of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// A frame is under way for at most so long.
    pub(crate) latency_us_max: u64,
    /// A log that asks for a sync waits at most so long for it.
    pub(crate) sync_delay_us_max: u64,
    /// So many events lie between two faults, on average.
    pub(crate) events_between_faults: u64,
    /// Of 100 deaths, so many in the middle of an operation of the disk.
    pub(crate) torn_percent: u8,
    /// Of 100 deaths, so many by a power cut.
    pub(crate) power_percent: u8,
}

impl Weather {
    pub(crate) fn draw(rng: &mut Rng, options: &Options) -> Self {
        Self {
            latency_us_max: pick(rng, &[1, 500, 5_000]),
            sync_delay_us_max: pick(rng, &[1, 2_000, 30_000]),
            events_between_faults: pick(rng, &[30, 100, 400]),
            torn_percent: pick(rng, &[0, 50, 100]),
            power_percent: if options.power_cuts { pick(rng, &[20, 50, 100]) } else { 0 },
        }
    }
}

/// One of `choices`.
pub(crate) fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// The node's settings, in the data directory `dir`.
pub(crate) fn node_config(rng: &mut Rng, dir: &str) -> ServerConfig {
    let mut file = Properties::default();
    let mut set = |name: &str, value: &str| file.set(name, value);
    set("process.roles", "broker,controller");
    set("node.id", "1");
    set("listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093");
    set("controller.listener.names", "CONTROLLER");
    set("controller.quorum.bootstrap.servers", "127.0.0.1:9093");
    set("log.dirs", dir);
    set("offsets.topic.num.partitions", "3");
    set("offsets.topic.replication.factor", "1");
    set("transaction.state.log.replication.factor", "1");
    set("transaction.state.log.min.isr", "1");
    set("share.coordinator.state.topic.replication.factor", "1");
    set("share.coordinator.state.topic.min.isr", "1");
    set("group.initial.rebalance.delay.ms", "0");
    set("auto.create.topics.enable", "false");
    // Nothing disappears but what a client deletes.
    set("log.retention.ms", "-1");
    set("log.segment.bytes", pick(rng, &["1500", "20000", "1073741824"]));
    set("log.cleaner.min.cleanable.ratio", "0");
    set("log.cleaner.backoff.ms", pick(rng, &["20", "1000", "15000"]));
    set("log.index.interval.bytes", pick(rng, &["100", "4096"]));
    set("log.flush.offset.checkpoint.interval.ms", pick(rng, &["500", "60000"]));
    set("log.segment.delete.delay.ms", pick(rng, &["100", "60000"]));
    set("metadata.log.max.record.bytes.between.snapshots", pick(rng, &["1500", "20971520"]));
    match ServerConfig::from_properties(&file, &[]) {
        Ok((config, _)) => config,
        Err(errors) => panic!("the simulator's own settings are not accepted: {errors:?}"),
    }
}
