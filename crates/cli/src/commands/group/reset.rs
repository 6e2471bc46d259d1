//! `milena group reset-offsets`: let a group read again, or skip.
//!
//! Nothing is changed without `--execute`; what would be is shown. New offsets are kept within what each partition
//! holds.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use client::{Admin, admin::OffsetSpec};
use protocol::types::{Offset, Timestamp, TopicPartition};
use serde_json::json;

use crate::{
    context::Context,
    instant,
    text::{self, Table},
};

/// Move the offsets of a group that has no members; only shows what it would do, unless told to
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  milena group reset-offsets billing --topic orders --to-earliest
  milena group reset-offsets billing --topic orders --partition 3 --to-offset 1000 --execute
  milena group reset-offsets billing --all-topics --to-datetime 2026-11-25T08:00:00Z --execute
  milena group reset-offsets billing --all-topics --shift-by -100 --execute")]
pub(crate) struct ResetOffsets {
    /// The group; it is made if it is not there
    group: String,
    #[command(flatten)]
    scope: Scope,
    /// Only this partition of the topics; may be repeated
    #[arg(short, long = "partition", value_name = "N", requires = "topics", value_parser = clap::value_parser!(i32).range(0..))]
    partitions: Vec<i32>,
    #[command(flatten)]
    target: Target,
    /// Do it
    #[arg(long)]
    execute: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// A topic; may be repeated
    #[arg(short, long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// All topics that the group has read
    #[arg(long)]
    all_topics: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// To the first record there is
    #[arg(long)]
    to_earliest: bool,
    /// To the end
    #[arg(long)]
    to_latest: bool,
    /// To this offset
    #[arg(long, value_name = "OFFSET", value_parser = clap::value_parser!(i64).range(0..))]
    to_offset: Option<i64>,
    /// To the first record at or after a time
    #[arg(long, value_name = "TIME", value_parser = time)]
    to_datetime: Option<Timestamp>,
    /// By so many records forward, or back with a minus
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    shift_by: Option<i64>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    instant::parse(text).ok_or_else(|| "a time is written as 2026-11-25T08:00:00Z or in ms since 1970".to_owned())
}

/// Where a group stands in a partition and where it is to stand.
struct Move {
    partition: TopicPartition,
    from: Option<Offset>,
    to: Offset,
    end: Offset,
}

/// Shows the new offsets, and sets them if told to.
pub(super) async fn run(context: &mut Context, admin: &Admin, command: &ResetOffsets) -> Result<()> {
    let about = || format!("group '{}'", command.group);
    let committed = admin.committed_offsets(&command.group, None).await.with_context(about)?;
    let committed: BTreeMap<TopicPartition, Offset> = committed.into_iter().map(|(p, c)| (p, c.offset)).collect();
    let partitions = partitions(admin, command, &committed).await?;
    let moves = plan(admin, &command.target, &partitions, &committed).await?;
    if command.execute {
        let offsets = moves.iter().map(|m| (m.partition.clone(), m.to)).collect();
        admin.set_offsets(&command.group, &offsets).await.with_context(about)?;
    }
    show(context, command, &moves)
}

async fn partitions(
    admin: &Admin,
    command: &ResetOffsets,
    committed: &BTreeMap<TopicPartition, Offset>,
) -> Result<Vec<TopicPartition>> {
    if command.scope.all_topics {
        if committed.is_empty() {
            bail!("group '{}' has no offsets; name the topics with --topic", command.group);
        }
        return Ok(committed.keys().cloned().collect());
    }
    let mut partitions = Vec::new();
    for name in &command.scope.topics {
        let topic = admin.cluster().topic(name, false).await?;
        let wanted = |index: &i32| command.partitions.is_empty() || command.partitions.contains(index);
        let indexes: Vec<i32> = topic.partitions.iter().map(|p| p.index).filter(wanted).collect();
        if let Some(absent) = command.partitions.iter().find(|index| !indexes.contains(index)) {
            bail!("topic '{name}' has no partition {absent}");
        }
        partitions.extend(indexes.into_iter().map(|index| TopicPartition::new(name.clone(), index)));
    }
    partitions.sort();
    partitions.dedup();
    Ok(partitions)
}

async fn plan(
    admin: &Admin,
    target: &Target,
    partitions: &[TopicPartition],
    committed: &BTreeMap<TopicPartition, Offset>,
) -> Result<Vec<Move>> {
    let starts = offsets(admin, partitions, OffsetSpec::Earliest).await?;
    let ends = offsets(admin, partitions, OffsetSpec::Latest).await?;
    let times = match target.to_datetime {
        Some(time) => offsets(admin, partitions, OffsetSpec::Timestamp(time)).await?,
        None => BTreeMap::new(),
    };
    let mut moves = Vec::new();
    for partition in partitions {
        let (start, end) = (starts[partition], ends[partition]);
        let from = committed.get(partition).copied();
        let to = if target.to_earliest {
            start
        } else if target.to_latest {
            end
        } else if let Some(offset) = target.to_offset {
            Offset(offset)
        } else if let Some(by) = target.shift_by {
            let Some(from) = from else { bail!("there is no offset of {partition} that could be shifted") };
            Offset(from.0.saturating_add(by))
        } else {
            // After the last record there is only the end.
            times.get(partition).copied().filter(|&offset| offset != Offset::NONE).unwrap_or(end)
        };
        moves.push(Move { partition: partition.clone(), from, to: to.clamp(start, end.max(start)), end });
    }
    Ok(moves)
}

async fn offsets(
    admin: &Admin,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, Offset>> {
    let places = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
    let mut offsets = BTreeMap::new();
    for (partition, listed) in admin.list_offsets(&places).await? {
        let listed = listed.with_context(|| format!("the offsets of {partition} cannot be learned"))?;
        offsets.insert(partition, listed.offset);
    }
    Ok(offsets)
}

fn show(context: &mut Context, command: &ResetOffsets, moves: &[Move]) -> Result<()> {
    if context.out.is_json() {
        let offsets = moves.iter().map(|m| {
            json!({
                "topic": m.partition.topic,
                "partition": m.partition.partition,
                "old_offset": m.from.map(|offset| offset.0),
                "new_offset": m.to.0,
                "lag": m.end.0 - m.to.0,
            })
        });
        let value = json!({
            "group": command.group,
            "executed": command.execute,
            "offsets": offsets.collect::<Vec<_>>(),
        });
        return Ok(context.out.json(&value)?);
    }
    let mut table = Table::new(&["TOPIC", ">PARTITION", ">FROM", ">TO", ">LAG THEN"]);
    for m in moves {
        table.row([
            m.partition.topic.clone(),
            m.partition.partition.to_string(),
            text::or_dash(m.from),
            m.to.to_string(),
            text::count(m.end.0 - m.to.0),
        ]);
    }
    context.out.table(&table, 0)?;
    context.out.line("")?;
    let offsets = text::counted(moves.len() as i64, "offset");
    Ok(context.out.line(if command.execute {
        format!("Moved {offsets} of {}.", command.group)
    } else {
        format!("Nothing was changed. With --execute {offsets} of {} would move.", command.group)
    })?)
}
