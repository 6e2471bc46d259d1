//! Durable appends: how many batches a second are acknowledged once they survive a power cut, by how many producers write
//! at once, each to a partition of its own with one request under way.
//!
//! Milena is asked with `milena.durability=power-loss`, Apache Kafka with `flush.messages=1`, which is the same promise
//! made in another way. Beside it what each does with its default, where the page cache is enough.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::{
    payload::Payload,
    produce,
    system::{Launch, System},
    table::{self, Spread},
    usage::sync_disk,
    wire::Connection,
};

const PRODUCERS: [usize; 3] = [1, 16, 64];
/// Bytes of a batch.
const BATCH: usize = 4 << 10;
/// Batches that each producer writes in a pass.
const EACH: u64 = 300;

/// Measures each broker in turn, pass by pass, and prints the rates.
pub(crate) fn run(launches: &mut [Launch], rounds: usize) -> Result<()> {
    let systems = launches.iter_mut().map(System::start).collect::<Result<Vec<_>>>()?;
    let payload = Payload::of_size(BATCH);
    let mut lines = Vec::new();
    let mut rates = vec![vec![Vec::new(); PRODUCERS.len() * 2]; systems.len()];
    for round in 0..=rounds {
        for (system, rates) in systems.iter().zip(&mut rates) {
            for (column, rate) in rates.iter_mut().enumerate() {
                let (producers, is_durable) = (PRODUCERS[column / 2], column % 2 == 0);
                let name = format!("durable-{round}-{column}");
                let measured = pass(system, &name, producers, is_durable, &payload);
                let measured = measured.with_context(|| format!("{producers} producers on {}", system.name))?;
                eprintln!("Durable {round}/{rounds} {}: {producers} producers, {measured:.0}/s", system.name);
                // The first warms it up.
                if round > 0 {
                    rate.push(measured);
                }
            }
        }
    }
    for (system, rates) in systems.iter().zip(rates) {
        for (what, column) in [("power-loss", 0), ("page cache", 1)] {
            let rates = rates.iter().skip(column).step_by(2);
            let cells = rates.map(|rates| format!("{:.0}", Spread::of(rates.iter().copied())));
            lines.push([format!("{}, {what}", system.name)].into_iter().chain(cells).collect());
        }
    }
    let title = format!("Durable: acknowledged batches of {} KiB a second, one under way each", BATCH >> 10);
    let producers = PRODUCERS.map(|producers| format!("{producers} producers"));
    let head = ["", &producers[0], &producers[1], &producers[2]];
    table::print(&title, &head, &lines);
    Ok(())
}

fn pass(system: &System, name: &str, producers: usize, is_durable: bool, payload: &Payload) -> Result<f64> {
    let mut connection = Connection::open(&system.target)?;
    let partitions = i32::try_from(producers)?;
    let topic = if is_durable {
        let ours = [("milena.durability", "power-loss")];
        let made = connection.create_topic_with(name, partitions, &ours);
        made.or_else(|_| connection.create_topic_with(name, partitions, &[("flush.messages", "1")]))?
    } else {
        connection.create_topic_with(name, partitions, &[])?
    };
    sync_disk();
    let begin = Instant::now();
    let written = produce::run(&system.target, &topic, payload, producers, 1, EACH * producers as u64)?;
    let rate = written.iter().sum::<u64>() as f64 / begin.elapsed().as_secs_f64();
    connection.delete_topic(&topic)?;
    Ok(rate)
}
