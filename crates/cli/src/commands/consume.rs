//! `milena consume`: print the records of a topic, alone or as a member of a group.
//!
//! Without `--follow` it prints what is there and ends: the end of each partition is learned first, and whatever is
//! written later is not waited for. With it, it goes on until it is interrupted. A member of a group commits what it
//! has printed, and leaves the group when it ends.

use std::{
    collections::BTreeMap,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use client::{
    Cluster, Consumer, GroupConsumer,
    admin::{OffsetSpec, list_offsets},
    consumer::{ConsumedRecord, ConsumerOptions},
    group::GroupOptions,
};
use protocol::types::{Offset, TopicPartition};

use crate::{
    context::{Context, Shared},
    failure::Usage,
    format::{self, Format},
    instant,
};

/// How long one look for records may take, and so how soon a changed group is noticed.
const POLL: Duration = Duration::from_millis(500);
/// How often a member commits what it has printed.
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// Print the records of topics
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  milena consume orders
  milena consume orders --follow
  milena consume orders --partition 0 --offset -10
  milena consume orders --offset @2026-11-25T08:00:00Z --format '%D %k=%v\\n'
  milena consume orders --group billing --follow --output json

Formats:
  %t  topic              %k  key            %T  timestamp in ms since 1970
  %p  partition          %v  value          %D  timestamp as a date, UTC
  %o  offset             %K  key length     %h  headers, as a=1,b=2
  %%  a percent sign     %V  value length   \\n \\t \\r \\0 \\\\ as in C
A length of -1 is null. %s and %S are kcat's words for %v and %V.

JSON (--output json) is one object a line, with the keys topic, partition, offset, timestamp,
timestamp_type, key, value and headers. What is not UTF-8 is null and stands beside it, as in
value_base64.

Exit codes:
  0  done, or interrupted
  1  refused or failed
  2  the command line is wrong
  3  no broker could be reached")]
pub(crate) struct Consume {
    #[command(flatten)]
    pub(crate) shared: Shared,
    /// The topics
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
    /// Go on with what is written from now on, until interrupted; starts at the end, unless told otherwise
    #[arg(short, long)]
    follow: bool,
    /// Start at the first record there is; without --follow that is so anyway
    #[arg(long, conflicts_with = "offset")]
    from_beginning: bool,
    /// Where to start: an offset, -N for the last N records of each partition, 'beginning', 'end', or a time as in
    /// @2026-11-25T08:00:00Z or @1700000000000
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true)]
    offset: Option<Start>,
    /// Only this partition; may be repeated
    #[arg(short, long = "partition", value_name = "N", conflicts_with = "group", value_parser = clap::value_parser!(i32).range(0..))]
    partitions: Vec<i32>,
    /// Read as a member of this group: go on where it has read to, share the partitions, commit what is printed
    #[arg(short, long, value_name = "GROUP", conflicts_with = "offset")]
    group: Option<String>,
    /// End after so many records
    #[arg(short = 'n', long, value_name = "N")]
    max_records: Option<u64>,
    /// How to print a record; see below
    #[arg(long, value_name = "FORMAT", default_value = r"%v\n")]
    format: Format,
}

/// Where to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    At(OffsetSpec),
    /// So many records before the end.
    Last(i64),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "beginning" | "earliest" => return Ok(Self::At(OffsetSpec::Earliest)),
            "end" | "latest" => return Ok(Self::At(OffsetSpec::Latest)),
            _ => {}
        }
        if let Some(time) = text.strip_prefix('@') {
            return match instant::parse(time) {
                Some(time) => Ok(Self::At(OffsetSpec::Timestamp(time))),
                None => Err("a time is written as 2026-11-25T08:00:00Z or in milliseconds since 1970".to_owned()),
            };
        }
        match text.parse::<i64>() {
            Ok(last) if last < 0 => Ok(Self::Last(-last)),
            Ok(offset) if !text.starts_with('-') => Ok(Self::At(OffsetSpec::Offset(Offset(offset)))),
            _ => Err("give an offset, -N, 'beginning', 'end', or @TIME".to_owned()),
        }
    }
}

/// Prints records until there is no reason to go on.
pub(crate) async fn run(context: &mut Context, command: &Consume) -> Result<()> {
    let cluster = context.cluster().await?;
    let mut printer = Printer { left: command.max_records, format: &command.format };
    tokio::select! {
        result = async {
            match &command.group {
                None => alone(context, &cluster, command, &mut printer).await,
                Some(group) => as_member(context, &cluster, command, group, &mut printer).await,
            }
        } => result,
        result = interrupted(), if command.group.is_none() => result,
    }
}

/// Waits for Ctrl-C.
async fn interrupted() -> Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}

fn consumer_options(cluster: &Cluster) -> ConsumerOptions {
    ConsumerOptions { max_wait: POLL, retry_for: cluster.options().retry_for, ..ConsumerOptions::default() }
}

async fn alone(context: &mut Context, cluster: &Cluster, command: &Consume, printer: &mut Printer<'_>) -> Result<()> {
    let partitions = partitions(cluster, command).await?;
    let ends = offsets(cluster, &partitions, OffsetSpec::Latest).await?;
    let start = match (command.offset, command.from_beginning) {
        (Some(start), _) => start,
        (None, true) => Start::At(OffsetSpec::Earliest),
        (None, false) if command.follow => Start::At(OffsetSpec::Latest),
        (None, false) => Start::At(OffsetSpec::Earliest),
    };
    let starts = match start {
        Start::At(spec) => partitions.iter().map(|partition| (partition.clone(), spec)).collect(),
        Start::Last(count) => {
            let beginnings = offsets(cluster, &partitions, OffsetSpec::Earliest).await?;
            let start = |partition: &TopicPartition| {
                let offset = beginnings[partition].max(ends[partition].plus(-count));
                (partition.clone(), OffsetSpec::Offset(offset))
            };
            partitions.iter().map(start).collect()
        }
    };
    let mut consumer = Consumer::new(cluster.clone(), consumer_options(cluster));
    consumer.assign_at(&starts).await?;
    loop {
        if !command.follow {
            let done: Vec<TopicPartition> =
                consumer.positions().iter().filter(|(p, at)| **at == ends[p]).map(|(p, _)| p.clone()).collect();
            done.iter().for_each(|partition| consumer.unassign(partition));
            if consumer.positions().is_empty() {
                return Ok(());
            }
        }
        let records = consumer.poll(POLL).await?;
        let wanted = |record: &&ConsumedRecord| command.follow || record.offset < ends[&place(record)];
        if !printer.print(context, records.iter().filter(wanted))? {
            return Ok(());
        }
        if !command.follow {
            let passed: Vec<TopicPartition> =
                consumer.positions().iter().filter(|(p, at)| **at > ends[p]).map(|(p, _)| p.clone()).collect();
            passed.iter().for_each(|partition| consumer.unassign(partition));
        }
    }
}

async fn as_member(
    context: &mut Context,
    cluster: &Cluster,
    command: &Consume,
    group: &str,
    printer: &mut Printer<'_>,
) -> Result<()> {
    for topic in &command.topics {
        cluster.topic(topic, false).await?;
    }
    let mut options = GroupOptions::new(group, command.topics.clone());
    options.consumer = consumer_options(cluster);
    options.start = if command.follow && !command.from_beginning { OffsetSpec::Latest } else { OffsetSpec::Earliest };
    let mut member = GroupConsumer::new(cluster.clone(), options);
    // One wish to end for the whole run: each `ctrl_c` only hears what comes after it.
    let mut interrupt = std::pin::pin!(interrupted());
    let mut ends: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
    let mut committed = Instant::now();
    loop {
        let records = tokio::select! {
            records = member.poll(POLL) => records?,
            result = &mut interrupt => {
                result?;
                break;
            }
        };
        let mut last: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
        let room = printer.left.unwrap_or(u64::MAX);
        for record in records.iter().take(usize::try_from(room).unwrap_or(usize::MAX)) {
            last.insert(place(record), record.offset.plus(1));
        }
        let go_on = printer.print(context, records.iter())?;
        last.into_iter().for_each(|(partition, next)| member.processed(partition, next));
        if !go_on {
            break;
        }
        if committed.elapsed() >= COMMIT_INTERVAL {
            member.commit().await?;
            committed = Instant::now();
        }
        if !command.follow && member.generation() >= 0 {
            // The group may have been given other partitions meanwhile.
            let new: Vec<TopicPartition> =
                member.positions().keys().filter(|p| !ends.contains_key(p)).cloned().collect();
            ends.extend(offsets(cluster, &new, OffsetSpec::Latest).await?);
            if member.positions().iter().all(|(partition, at)| *at >= ends[partition]) {
                break;
            }
        }
    }
    Ok(member.close().await?)
}

fn place(record: &ConsumedRecord) -> TopicPartition {
    TopicPartition::new(&*record.topic, record.partition)
}

/// The partitions to read.
async fn partitions(cluster: &Cluster, command: &Consume) -> Result<Vec<TopicPartition>> {
    let mut partitions = Vec::new();
    for name in &command.topics {
        let topic = cluster.topic(name, false).await?;
        let count = topic.partitions.len();
        if let Some(absent) = command.partitions.iter().find(|&&p| p as usize >= count) {
            return Err(Usage(format!("topic '{name}' has no partition {absent}, only 0 to {}", count - 1)).into());
        }
        let wanted = |index: &i32| command.partitions.is_empty() || command.partitions.contains(index);
        let indexes = topic.partitions.iter().map(|partition| partition.index).filter(wanted);
        partitions.extend(indexes.map(|index| TopicPartition::new(name.clone(), index)));
    }
    Ok(partitions)
}

async fn offsets(
    cluster: &Cluster,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, Offset>> {
    let places = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
    let mut offsets = BTreeMap::new();
    for (partition, listed) in list_offsets(cluster, &places).await? {
        let listed =
            listed.map_err(|code| client::consumer::ConsumeError::Partition { partition: partition.clone(), code })?;
        offsets.insert(partition, listed.offset);
    }
    Ok(offsets)
}

/// Prints records, and counts them.
struct Printer<'a> {
    /// How many may still be printed.
    left: Option<u64>,
    format: &'a Format,
}

impl Printer<'_> {
    /// Prints records and makes them visible; whether more are wanted.
    fn print<'r>(&mut self, context: &mut Context, records: impl Iterator<Item = &'r ConsumedRecord>) -> Result<bool> {
        for record in records {
            match &mut self.left {
                Some(0) => break,
                Some(left) => *left -= 1,
                None => {}
            }
            if context.out.is_json() {
                context.out.line(format::json(record).to_string())?;
            } else {
                context.out.bytes(&self.format.record(record))?;
            }
        }
        context.out.flush()?;
        Ok(self.left != Some(0))
    }
}

#[cfg(test)]
mod tests {
    use protocol::types::Timestamp;

    use super::*;

    #[test]
    fn a_start_is_an_offset_a_word_or_a_time() {
        let at = |spec| Ok(Start::At(spec));
        assert_eq!("beginning".parse(), at(OffsetSpec::Earliest));
        assert_eq!("end".parse(), at(OffsetSpec::Latest));
        assert_eq!("42".parse(), at(OffsetSpec::Offset(Offset(42))));
        assert_eq!("-10".parse(), Ok(Start::Last(10)));
        assert_eq!("@5".parse(), at(OffsetSpec::Timestamp(Timestamp(5))));
        assert_eq!("@1970-01-01".parse(), at(OffsetSpec::Timestamp(Timestamp(0))));
        for text in ["", "-", "-0", "@", "@soon", "1x", "9223372036854775808"] {
            assert!(text.parse::<Start>().is_err(), "{text}");
        }
    }
}
