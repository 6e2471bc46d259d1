//! The simulator in CI: a handful of seeds, each a whole life of a node with its deaths.

use milena_sim::{Options, run};

/// `SEED=N cargo test -p milena-sim --test seeds` replays one.
fn seeds(from: u64, count: u64) -> std::ops::Range<u64> {
    match std::env::var("SEED").ok().and_then(|seed| seed.parse::<u64>().ok()) {
        Some(seed) => seed..seed + 1,
        None => from..from + count,
    }
}

fn check(seeds: std::ops::Range<u64>, options: Options) {
    for seed in seeds {
        if let Err(failure) = run(seed, options) {
            panic!("{failure}");
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kills_and_power_cuts() {
    check(seeds(0, 20), Options::default());
}

#[test]
fn nothing_acknowledged_is_lost_by_kills_whatever_the_durability() {
    check(seeds(1000, 8), Options { power_cuts: false, ..Options::default() });
}

#[test]
fn a_seed_gives_the_same_run_each_time() {
    for seed in seeds(0, 2) {
        let (first, second) = (run(seed, Options::default()), run(seed, Options::default()));
        match (first, second) {
            (Ok(first), Ok(second)) => assert_eq!(first, second, "seed {seed}"),
            (Err(failure), _) | (_, Err(failure)) => panic!("{failure}"),
        }
    }
}
