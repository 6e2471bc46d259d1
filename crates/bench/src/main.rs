//! How much work a broker does for a GiB, and how soon it is there: Milena and Apache Kafka, side by side.
//!
//! A load generator that costs little, so that what is measured is the broker: produce requests are encoded once and
//! only their correlation ids are patched, fetched batches are walked and dropped. The headline is the broker's *CPU
//! seconds per GiB*, because on one machine the MB/s of the wall clock say as much about the generator and the disk.
//!
//! Numbers from two different minutes cannot be divided by one another on a shared machine: memory handed back to the
//! hypervisor, a disk that is behind, a neighbour change them severalfold. So:
//!
//! - both brokers run at once, and their passes alternate, A B B A; ratios are of pairs, shown as median with min and max;
//! - both are warmed with each row's own load first, because a JVM needs it;
//! - before a pass that writes, the disk is synced, and as much page cache as it will fill is filled and freed;
//! - a floor can be measured with them: the least that a broker can do, on this machine and in this minute;
//! - what was written is read back: every batch with its CRC, at contiguous offsets, as many as were acknowledged. A pass
//!   that cannot be verified ends the run: an unverified number is not printed.
//!
//! `cargo run --release -p milena-bench -- --help` says how to use it.

mod consume;
mod durable;
mod floor;
mod idle;
mod payload;
mod produce;
mod rows;
mod system;
mod table;
mod topics;
mod usage;
mod wire;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use conformance::{kafka::Kafka, node::Product};

use crate::{
    rows::Row,
    system::{Launch, System},
};

/// Compare the cost of brokers: CPU seconds per GiB first, then MB/s, start-up, memory, many topics.
///
/// Without ROWs, all of them. Rows that start brokers of their own (idle, topics, durable) leave out --floor and one given by --address.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  milena-bench --milena target/release/milena --kafka --floor\n  \
                  milena-bench produce-16k consume-16k --milena target/release/milena --kafka --rounds 7\n  \
                  milena-bench produce-1m --address 127.0.0.1:9092 --pid 4711\n\n\
                  Each pass is told on stderr as it ends; the table on stdout comes at the end of each row."
)]
struct Cli {
    /// What to measure.
    #[arg(value_name = "ROW", value_enum)]
    rows: Vec<Row>,
    /// Measure this binary, started as `PATH dev`. Given more than once, they are compared.
    #[arg(long, value_name = "PATH")]
    milena: Vec<PathBuf>,
    /// Measure Apache Kafka, fetched if need be (Java and Maven needed). KAFKA_HEAP_OPTS is heeded.
    #[arg(long)]
    kafka: bool,
    /// Measure the least that a broker can do: receive, checksum, write, acknowledge; or send a range of a file.
    #[arg(long)]
    floor: bool,
    /// Be that floor.
    #[arg(long, value_name = "DIR", hide = true)]
    serve_floor: Option<PathBuf>,
    /// Measure a broker that runs already.
    #[arg(long, value_name = "HOST:PORT", requires = "pid")]
    address: Option<String>,
    /// The process whose CPU counts for --address.
    #[arg(long)]
    pid: Option<u32>,
    /// Passes of each broker per row.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// MiB of record data per pass.
    #[arg(long, default_value_t = 1024, value_name = "MIB")]
    volume: u64,
    /// Seconds of each row's load before it is measured; half of it if three passes cost the same by then.
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS")]
    warm: f64,
    /// Connections of the generator, each with a thread.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Produce requests under way on each connection.
    #[arg(long, default_value_t = 5)]
    in_flight: usize,
    /// Fetch requests under way on each connection; clients have one.
    #[arg(long, default_value_t = 1)]
    fetch_in_flight: usize,
    /// Partitions of the topic written to and read from.
    #[arg(long, default_value_t = 8)]
    partitions: i32,
    /// Where the brokers' directories are made; removed at the end. The default is the system's temporary directory.
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
}

impl Cli {
    fn load<'a>(&self, home: &'a Path) -> rows::Load<'a> {
        rows::Load {
            rounds: self.rounds,
            volume: self.volume << 20,
            warm: Duration::from_secs_f64(self.warm),
            connections: self.connections,
            in_flight: self.in_flight,
            fetch_in_flight: self.fetch_in_flight,
            partitions: self.partitions,
            home,
        }
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if let Some(home) = &cli.serve_floor {
        return floor::serve(home);
    }
    ensure!(
        cli.rounds > 0 && cli.connections > 0 && cli.in_flight > 0 && cli.fetch_in_flight > 0,
        "0 measures nothing"
    );
    ensure!(cli.partitions > 0 && cli.volume > 0, "0 measures nothing");
    let home = match &cli.home {
        Some(home) => {
            tempfile::tempdir_in(home).with_context(|| format!("making a directory in {}", home.display()))?
        }
        None => tempfile::tempdir()?,
    };
    let mut launches = Vec::new();
    for path in &cli.milena {
        let binary = path.canonicalize().with_context(|| format!("there is no {}", path.display()))?;
        let name = if cli.milena.len() == 1 { "Milena".to_owned() } else { path.display().to_string() };
        launches.push(Launch::new(&name, Product::Milena(binary), home.path()));
    }
    if cli.kafka {
        if let Some(missing) = Kafka::missing() {
            anyhow::bail!("Apache Kafka needs {missing}, which is not on this machine");
        }
        launches.push(Launch::new("Apache Kafka", Product::Kafka(Kafka::fetch()?), home.path()));
    }
    ensure!(
        !launches.is_empty() || cli.address.is_some() || cli.floor,
        "say what to measure: --milena PATH, --kafka, --floor, or --address HOST:PORT"
    );
    let rows = if cli.rows.is_empty() { Row::ALL.to_vec() } else { cli.rows.clone() };
    println!("{}", usage::machine()?);

    let (data, own): (Vec<Row>, Vec<Row>) = rows.iter().partition(|row| row.is_data());
    // First what is disturbed by what the others leave behind: freed memory, deleted files.
    for row in own {
        match row {
            Row::Idle => idle::run(&mut launches, cli.rounds)?,
            Row::Durable => durable::run(&mut launches, cli.rounds)?,
            _ => topics::run(&mut launches)?,
        }
    }
    if !data.is_empty() {
        let mut systems = Vec::new();
        for launch in &mut launches {
            systems.push(System::start(launch)?);
        }
        if let (Some(address), Some(pid)) = (&cli.address, cli.pid) {
            systems.push(System::running(address, pid)?);
        }
        if cli.floor {
            systems.push(System::floor(home.path())?);
        }
        let load = cli.load(home.path());
        for row in data {
            rows::run(row, &mut systems, &load)?;
        }
    }
    Ok(())
}
