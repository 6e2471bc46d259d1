//! Does either broker go on with the other's directory? Apache Kafka and Milena take turns on one, four each; whatever
//! a turn writes is compared at each later one, record by record and answer by answer.
//!
//! Turns end cleanly and by `kill -9`. In Kafka's turns there are transactions, and one of them is left open, so what
//! Milena takes over has to have a last stable offset and lists of aborted transactions.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::judges::dump_log;
use crate::kafka::Kafka;
use crate::node::{Node, Product};
use crate::process::Background;

const PATIENCE: Duration = Duration::from_secs(180);
/// Turns of each broker, and whether the turn ends by `kill -9`: each meets the other after both ends, and itself never.
const TURNS: [[bool; 2]; 4] = [[false, false], [true, true], [false, true], [true, false]];

/// Lets `kafka` and `milena` take turns on a directory that `kafka` formats in `home`; `latest` is the release whose
/// client and tools ask. Gives how much was compared.
///
/// # Errors
/// With what a turn did not find as the one before had left it.
pub fn judge(class_path: &str, kafka: Kafka, latest: &Kafka, milena: Product, home: &Path) -> Result<String> {
    let node_is_latest = kafka.version() == latest.version();
    let kafka = Product::Kafka(kafka);
    // The cleaner comes by at once, and the internal topics are small: there are many starts.
    let properties =
        ["log.cleaner.backoff.ms=200", "offsets.topic.num.partitions=4", "transaction.state.log.num.partitions=4"];
    let mut node = Node::with_properties(kafka.clone(), home, &properties.map(str::to_owned))?;
    let mut java = Command::new("java");
    java.args(["-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", class_path, "Directories"])
        .env("BOOTSTRAP", node.address());
    let mut clients = Background::start(&mut java)?;
    let mut turn = 0;
    // The older release meets each end once.
    for ends in if node_is_latest { &TURNS[..] } else { &TURNS[..2] } {
        for (product, is_killed) in [&kafka, &milena].into_iter().zip(*ends) {
            let is_kafka = matches!(product, Product::Kafka(_));
            let about = || format!("turn {turn}, of {}", if is_kafka { "Apache Kafka" } else { "Milena" });
            node.hand_over(product.clone());
            node.start().with_context(about)?;
            if turn > 0 {
                ask(&mut clients, "check").with_context(about)?;
            }
            let order = format!("write {turn}{}", if is_kafka { " transactions" } else { "" });
            ask(&mut clients, &order).with_context(about)?;
            if is_killed {
                node.kill().with_context(about)?;
            } else {
                node.stop().with_context(about)?;
                // After a kill there may be indexes of Kafka's own that its tool stumbles over: preallocated and empty.
                if !is_kafka {
                    dump_log::judge(latest, &node.data()).with_context(about)?;
                }
            }
            turn += 1;
        }
    }
    node.hand_over(kafka);
    node.start()?;
    let compared = ask(&mut clients, "check").context("after the last turn")?;
    node.stop()?;
    Ok(compared)
}

/// Gives the clients a command, and waits for what they say.
fn ask(clients: &mut Background, order: &str) -> Result<String> {
    let verdicts = |lines: &[String]| {
        let verdicts = lines.iter().filter_map(|line| line.strip_prefix("verdict\t")).map(str::to_owned);
        verdicts.collect::<Vec<_>>()
    };
    let before = verdicts(&clients.lines()).len();
    clients.tell(order)?;
    let verdict = clients.wait_for(order, PATIENCE, |lines| verdicts(lines).get(before).cloned())?;
    match verdict.split_once('\t') {
        Some(("ok", detail)) => Ok(detail.to_owned()),
        _ => bail!("{order}: {verdict}"),
    }
}
