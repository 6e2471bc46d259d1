//! Many topics: how long until they are created, until every partition answers, and until every partition was written.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use protocol::{
    codec::Records,
    messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    records::{BatchBuilder, Compression},
    types::{Str, Timestamp},
};

use crate::{
    system::{Launch, System},
    table,
    usage::{Meter, resident_mib},
    wire::{Connection, Partitions, Topic},
};

const TOPICS: usize = 1000;
const PARTITIONS: i32 = 10;
/// Topics per CreateTopics: Apache Kafka refuses more than 10,000 metadata records for one request.
const TOPICS_PER_REQUEST: usize = 100;
/// Partitions that take longer than this are not going to be there.
const PATIENCE: Duration = Duration::from_secs(180);

/// Creates the topics on a fresh broker of each kind and prints how long that took.
pub(crate) fn run(launches: &mut [Launch]) -> Result<()> {
    let mut lines = Vec::new();
    for launch in launches.iter_mut() {
        let system = System::start(launch)?;
        lines.push(one(&system).with_context(|| format!("{TOPICS} topics on {}", launch.name))?);
    }
    let title =
        format!("Topics: {TOPICS} of {PARTITIONS} partitions, created by {} requests", TOPICS / TOPICS_PER_REQUEST);
    let head = ["", "created, s", "usable, s", "written to, s", "broker CPU, s", "resident, MiB"];
    table::print(&title, &head, &lines);
    Ok(())
}

fn one(system: &System) -> Result<Vec<String>> {
    let mut connection = Connection::open(&system.target)?;
    let meter = Meter::start(system.pid)?;
    let begin = Instant::now();
    let names: Vec<String> = (0..TOPICS).map(|i| format!("topic-{i:04}")).collect();
    let mut topics = Vec::new();
    for names in names.chunks(TOPICS_PER_REQUEST) {
        topics.extend(connection.create_topics(names, PARTITIONS)?);
    }
    let created = begin.elapsed().as_secs_f64();
    until_done(&topics, |missing| connection.unusable(missing))?;
    let usable = begin.elapsed().as_secs_f64();
    until_done(&topics, |missing| write(&mut connection, missing))?;
    let written = begin.elapsed().as_secs_f64();
    eprintln!("Topics {}: created {created:.2} s, usable {usable:.2} s, written to {written:.2} s", system.name);
    let number = |number: f64| format!("{number:.2}");
    let memory = format!("{:.0}", resident_mib(system.pid)?);
    let cpu = meter.stop()?.broker;
    Ok(vec![system.name.clone(), number(created), number(usable), number(written), number(cpu), memory])
}

/// Asks again for what `ask` says is still missing.
fn until_done(topics: &[Topic], mut ask: impl FnMut(&Partitions<'_>) -> Result<Vec<(String, i32)>>) -> Result<()> {
    let begin = Instant::now();
    let mut missing: Partitions<'_> = topics.iter().map(|topic| (topic, (0..topic.partitions).collect())).collect();
    loop {
        let asked = Instant::now();
        let failed: BTreeSet<(String, i32)> = ask(&missing)?.into_iter().collect();
        let took = asked.elapsed();
        for (topic, partitions) in &mut missing {
            partitions.retain(|&partition| failed.contains(&(topic.name.clone(), partition)));
        }
        missing.retain(|(_, partitions)| !partitions.is_empty());
        if missing.is_empty() {
            return Ok(());
        }
        ensure!(begin.elapsed() < PATIENCE, "{} topics are still not usable", missing.len());
        // To ask for thousands of partitions is work for the broker: let it have most of the time for its own.
        std::thread::sleep((took * 4).max(Duration::from_millis(10)));
    }
}

/// Writes a record to each partition, all in one request.
fn write(connection: &mut Connection, missing: &Partitions<'_>) -> Result<Vec<(String, i32)>> {
    let mut builder = BatchBuilder::new(Compression::NONE);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_millis() as i64;
    builder.append(Timestamp(now), None, Some(b"usable"), &[]);
    let batch = builder.build();
    let partition = |&index: &i32| {
        let records = Some(Records::Bytes(batch.clone().into()));
        PartitionProduceData { index, records }
    };
    let topic = |(topic, partitions): &(&Topic, Vec<i32>)| TopicProduceData {
        name: Str::from(topic.name.clone()),
        topic_id: topic.id,
        partition_data: partitions.iter().map(partition).collect(),
    };
    let topic_data = missing.iter().map(topic).collect();
    let answer =
        connection.call(&ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 60_000, topic_data })?;
    let mut failed = Vec::new();
    for topic in &answer.responses {
        let name = missing.iter().find(|(known, _)| known.id == topic.topic_id || known.name == topic.name.to_text());
        let name = &name.context("Produce: an answer for a topic that was not asked for")?.0.name;
        for partition in topic.partition_responses.iter().filter(|partition| partition.error_code.is_error()) {
            failed.push((name.clone(), partition.index));
        }
    }
    Ok(failed)
}
