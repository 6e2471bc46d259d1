//! Does what was acknowledged outlive `kill -9`? A Java producer sends without pause, idempotent, with five requests
//! in flight, while the node is killed and started again; then everything is read back.
//!
//! The moment of each kill is when the producer has had a number of records acknowledged since the last start, and a
//! little more: it differs from kill to kill, and no machine is too slow for it.

use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::node::Node;
use crate::process::Background;

const PATIENCE: Duration = Duration::from_secs(120);
/// So much has to be acknowledged before the next kill.
const ACKNOWLEDGED_MIN: u64 = 1_000;

/// Kills `node`, which runs, `cycles` times; gives what the program found that read everything back.
///
/// # Errors
/// If a record was lost, is there twice, or is out of order; or if a send failed, or the node did not come back.
pub fn judge(class_path: &str, node: &mut Node, cycles: u32) -> Result<String> {
    let mut java = Command::new("java");
    java.args(["-Xmx1g", "-XX:+UseSerialGC", "-cp", class_path, "Kill9"]).env("BOOTSTRAP", node.address());
    let mut producer = Background::start(&mut java)?;
    for cycle in 0..cycles {
        let before = acknowledged(&producer.lines());
        let more = format!("{ACKNOWLEDGED_MIN} more acknowledged records (cycle {cycle}, after {before})");
        producer.wait_for(&more, PATIENCE, |lines| (acknowledged(lines) >= before + ACKNOWLEDGED_MIN).then_some(()))?;
        // Any number will do, as long as the moments differ: steps of 37 ms, around the clock of 200.
        thread::sleep(Duration::from_millis(u64::from(cycle) * 37 % 200));
        node.kill().with_context(|| format!("cycle {cycle}"))?;
        node.start().with_context(|| format!("after kill {}", cycle + 1))?;
    }
    producer.tell("finish")?;
    let verdict = producer.wait_for("verdict", 2 * PATIENCE, |lines| {
        lines.iter().find_map(|line| line.strip_prefix("verdict\t").map(str::to_owned))
    })?;
    producer.wait(PATIENCE)?;
    match verdict.split_once('\t') {
        Some(("ok", detail)) => Ok(detail.to_owned()),
        _ => bail!("{verdict}"),
    }
}

fn acknowledged(lines: &[String]) -> u64 {
    let last = lines.iter().rev().find_map(|line| line.strip_prefix("acknowledged\t"));
    last.and_then(|count| count.parse().ok()).unwrap_or(0)
}
