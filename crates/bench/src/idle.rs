//! How soon a broker is there, and what it costs while nothing happens.

use std::{thread, time::Duration};

use anyhow::{Context, Result};

use crate::{
    system::{self, Launch},
    table::{self, Spread},
    usage::{cpu_seconds, resident_mib},
};

/// How long a broker is left alone before its memory is looked at.
const QUIET: Duration = Duration::from_secs(5);

/// Starts each broker with an empty directory, lets it idle, kills it, starts it again; prints what that took.
pub(crate) fn run(launches: &mut [Launch], rounds: usize) -> Result<()> {
    let mut lines = Vec::new();
    for launch in launches.iter_mut() {
        let (mut ready, mut again, mut memory, mut cpu) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let mut node = launch.fresh()?;
            ready.push(system::start(&mut node).with_context(|| launch.name.clone())?.as_secs_f64() * 1000.0);
            let pid = node.pid().context("the node does not run")?;
            let before = cpu_seconds(&pid.to_string())?;
            thread::sleep(QUIET);
            cpu.push((cpu_seconds(&pid.to_string())? - before) / QUIET.as_secs_f64() * 100.0);
            memory.push(resident_mib(pid)?);
            node.kill()?;
            let restart = system::start(&mut node).with_context(|| format!("{} after kill -9", launch.name))?;
            again.push(restart.as_secs_f64() * 1000.0);
            eprintln!("Idle {}/{rounds} {}: ready after {:.0} ms", round + 1, launch.name, ready[round]);
        }
        lines.push(vec![
            launch.name.clone(),
            format!("{:.0}", Spread::of(ready)),
            format!("{:.0}", Spread::of(again)),
            format!("{:.1}", Spread::of(memory)),
            format!("{:.1}", Spread::of(cpu)),
        ]);
    }
    let head = ["", "ready, ms", "after kill -9, ms", "resident, MiB", "idle CPU, %"];
    table::print("Idle: an empty node, from its start to its first answer, then left alone for 5 s", &head, &lines);
    Ok(())
}
