//! Runs the simulator: one seed to look at it, or many to find one that fails.

use anyhow::{Result, bail};
use clap::Parser;
use milena_sim::{Options, run};

/// Runs a node under a simulated disk, clock, network and clients, and looks for promises it does not keep.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Args {
    /// Runs this seed.
    #[arg(long, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Runs the seeds from the first to before the second, as in 0..1000.
    #[arg(long, value_parser = parse_seeds, default_value = "0..100")]
    seeds: (u64, u64),
    /// How many events happen before the faults end.
    #[arg(long, default_value_t = Options::default().steps)]
    steps: u64,
    /// Kills and stops the node, and leaves the power on.
    #[arg(long)]
    no_power_cuts: bool,
    /// Prints every event.
    #[arg(long)]
    verbose: bool,
    /// Goes on after a seed that fails.
    #[arg(long)]
    keep_going: bool,
}

fn parse_seeds(text: &str) -> Result<(u64, u64), String> {
    let ends = text.split_once("..").ok_or("write it as in 0..1000")?;
    let parse = |end: &str| end.parse::<u64>().map_err(|error| error.to_string());
    Ok((parse(ends.0)?, parse(ends.1)?))
}

fn main() -> Result<()> {
    let args = Args::parse();
    let options = Options { steps: args.steps, power_cuts: !args.no_power_cuts, verbose: args.verbose };
    if args.verbose {
        let level = tracing::Level::INFO;
        tracing_subscriber::fmt().without_time().with_target(false).with_ansi(false).with_max_level(level).init();
    }
    let (from, to) = args.seed.map_or(args.seeds, |seed| (seed, seed + 1));
    let (mut passed, mut failed) = (0u64, Vec::new());
    let (mut kills, mut power_cuts, mut stops, mut acknowledged) = (0, 0, 0, 0);
    for seed in from..to {
        match run(seed, options) {
            Ok(summary) => {
                passed += 1;
                kills += summary.kills;
                power_cuts += summary.power_cuts;
                stops += summary.stops;
                acknowledged += summary.acknowledged;
                if args.seed.is_some() {
                    println!("{summary:#?}");
                }
            }
            Err(failure) => {
                println!("{failure}");
                failed.push(seed);
                if !args.keep_going {
                    break;
                }
            }
        }
        if (seed - from + 1).is_multiple_of(100) {
            println!("{} seeds", seed - from + 1);
        }
    }
    println!(
        "{passed} passed, {} failed; {kills} kills, {power_cuts} power cuts, {stops} clean stops, {acknowledged} records",
        failed.len()
    );
    if !failed.is_empty() {
        bail!("these seeds fail: {failed:?}");
    }
    Ok(())
}
