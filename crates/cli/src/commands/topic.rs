//! `milena topic`: make, list, describe, change and delete topics.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use client::{
    Admin,
    admin::{
        AdminError, ConfigChange, ConfigEntry, ConfigOp, ConfigResource, ConfigSource, NewTopic, OffsetSpec,
        ResourceType,
    },
    cluster::{Partition, Topic as TopicMetadata},
};
use protocol::{
    ErrorCode,
    types::{BrokerId, TopicPartition},
};
use serde_json::{Value, json};

use super::config::Assignment;
use crate::{
    context::{Context, Shared},
    text::{self, Table},
};

/// Make, list, describe, change and delete topics
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = crate::EXIT_CODES)]
pub(crate) struct Topic {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make topics
    #[command(after_help = "Examples:
  milena topic create orders
  milena topic create orders --partitions 12 --replication-factor 3
  milena topic create clicks -p 3 -c retention.ms=3600000 -c max.message.bytes=2000000")]
    Create {
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// How many partitions; num.partitions of the broker unless given
        #[arg(short, long, value_name = "N")]
        partitions: Option<i32>,
        /// How many replicas of each; default.replication.factor of the broker unless given
        #[arg(short, long, value_name = "N")]
        replication_factor: Option<i16>,
        /// A config of the topic; may be repeated
        #[arg(short, long = "config", value_name = "NAME=VALUE")]
        configs: Vec<Assignment>,
        /// A topic that exists already is no error
        #[arg(long)]
        if_not_exists: bool,
        /// Only say whether it could be made
        #[arg(long)]
        dry_run: bool,
    },
    /// List topics
    #[command(after_help = "Examples:\n  milena topic list\n  milena topic list --internal --output json")]
    List {
        /// The cluster's own topics too, such as __consumer_offsets
        #[arg(long)]
        internal: bool,
    },
    /// Show topics: partitions, offsets, sizes, configs
    #[command(after_help = "Examples:\n  milena topic describe orders\n  milena topic describe --output json")]
    Describe {
        /// Their names; all but the cluster's own unless given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Give a topic more partitions, or other configs
    #[command(after_help = "Examples:
  milena topic alter orders --partitions 24
  milena topic alter orders --set retention.ms=86400000 --unset max.message.bytes")]
    Alter {
        /// Its name
        name: String,
        /// How many partitions in all; it cannot have fewer than now
        #[arg(short, long, value_name = "N")]
        partitions: Option<i32>,
        /// Give a config a value; may be repeated
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<Assignment>,
        /// Put a config back to the broker's value; may be repeated
        #[arg(long, value_name = "NAME")]
        unset: Vec<String>,
        /// Only say whether it could be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete topics and everything in them, at once and for ever
    #[command(after_help = "Examples:\n  milena topic delete orders\n  milena topic delete tmp-1 tmp-2 --if-exists")]
    Delete {
        /// Their names
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// A topic that is not there is no error
        #[arg(long)]
        if_exists: bool,
    },
}

/// Runs one of them.
pub(crate) async fn run(context: &mut Context, command: &Topic) -> Result<()> {
    let admin = context.admin().await?;
    match &command.action {
        Action::Create { names, partitions, replication_factor, configs, if_not_exists, dry_run } => {
            let topics = names.iter().map(|name| NewTopic {
                name: name.clone(),
                partitions: *partitions,
                replication_factor: *replication_factor,
                assignment: BTreeMap::new(),
                configs: configs.iter().map(|c| (c.name.clone(), c.value.clone())).collect(),
            });
            create(context, &admin, topics.collect(), *if_not_exists, *dry_run).await
        }
        Action::List { internal } => list(context, &admin, *internal).await,
        Action::Describe { names } => describe(context, &admin, names).await,
        Action::Alter { name, partitions, set, unset, dry_run } => {
            alter(context, &admin, name, *partitions, changes(set, unset), *dry_run).await
        }
        Action::Delete { names, if_exists } => delete(context, &admin, names, *if_exists).await,
    }
}

async fn create(
    context: &mut Context,
    admin: &Admin,
    topics: Vec<NewTopic>,
    if_not_exists: bool,
    dry_run: bool,
) -> Result<()> {
    let mut made = Vec::new();
    for topic in topics {
        let created = match admin.create_topic(&topic, dry_run).await {
            Ok(created) => created,
            Err(AdminError::Refused(refusal)) if if_not_exists && refusal.code == ErrorCode::TOPIC_ALREADY_EXISTS => {
                if !context.out.is_json() {
                    context.out.line(format!("{} exists already", topic.name))?;
                }
                made.push(json!({ "name": topic.name, "created": false }));
                continue;
            }
            Err(error) => return Err(error).with_context(|| format!("topic '{}'", topic.name)),
        };
        let partitions = created.partitions.or(topic.partitions);
        let replicas = created.replication_factor.or(topic.replication_factor);
        if !context.out.is_json() {
            let mut what = Vec::new();
            what.extend(partitions.map(|n| text::counted(i64::from(n), "partition")));
            what.extend(replicas.map(|n| format!("replication factor {n}")));
            let verb = if dry_run { "Could create" } else { "Created" };
            let colon = if what.is_empty() { "" } else { ": " };
            context.out.line(format!("{verb} {}{colon}{}", topic.name, what.join(", ")))?;
        }
        made.push(json!({
            "name": topic.name,
            "created": !dry_run,
            "id": Some(created.id).filter(|id| !id.is_zero()).map(|id| id.to_string()),
            "partitions": partitions,
            "replication_factor": replicas,
        }));
    }
    if context.out.is_json() {
        context.out.json(&json!({ "topics": made }))?;
    }
    Ok(())
}

async fn list(context: &mut Context, admin: &Admin, internal: bool) -> Result<()> {
    let mut topics = admin.topics(None).await?;
    topics.retain(|topic| internal || !topic.internal);
    if context.out.is_json() {
        let topic = |topic: &TopicMetadata| {
            json!({
                "name": topic.name,
                "id": topic.id.to_string(),
                "internal": topic.internal,
                "partitions": topic.partitions.len(),
                "replication_factor": replication_factor(topic),
                "leaderless": leaderless(topic),
                "under_replicated": under_replicated(topic),
            })
        };
        return Ok(context.out.json(&json!({ "topics": topics.iter().map(topic).collect::<Vec<_>>() }))?);
    }
    if topics.is_empty() {
        return Ok(context.out.line("There are no topics yet. `milena topic create NAME` makes one.")?);
    }
    let mut table = Table::new(&["TOPIC", ">PARTITIONS", ">REPLICAS", "HEALTH"]);
    for topic in &topics {
        table.row([
            topic.name.clone(),
            topic.partitions.len().to_string(),
            replication_factor(topic).to_string(),
            health(topic),
        ]);
    }
    Ok(context.out.table(&table, 0)?)
}

fn replication_factor(topic: &TopicMetadata) -> usize {
    topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or(0)
}

fn leaderless(topic: &TopicMetadata) -> usize {
    topic.partitions.iter().filter(|partition| partition.leader.is_none()).count()
}

fn under_replicated(topic: &TopicMetadata) -> usize {
    topic.partitions.iter().filter(|partition| partition.isr.len() < partition.replicas.len()).count()
}

fn health(topic: &TopicMetadata) -> String {
    if topic.error.is_error() {
        return topic.error.message().to_owned();
    }
    match (leaderless(topic), under_replicated(topic)) {
        (0, 0) => "good".to_owned(),
        (0, behind) => format!("{behind} under-replicated"),
        (dead, _) => format!("{dead} without a leader"),
    }
}

/// What is shown of a partition besides its metadata.
#[derive(Default)]
struct Extent {
    start: Option<i64>,
    end: Option<i64>,
    size: Option<i64>,
}

impl Extent {
    fn records(&self) -> Option<i64> {
        Some(self.end? - self.start?)
    }
}

async fn describe(context: &mut Context, admin: &Admin, names: &[String]) -> Result<()> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut topics = admin.topics((!names.is_empty()).then_some(&names)).await?;
    topics.retain(|topic| !names.is_empty() || !topic.internal);
    if let Some(topic) = topics.iter().find(|topic| topic.error.is_error()) {
        let (topic, code) = (topic.name.clone(), topic.error);
        return Err(client::cluster::ClusterError::Topic { topic, code }.into());
    }
    let extents = extents(admin, &topics).await?;
    let mut all = Vec::new();
    for (i, topic) in topics.iter().enumerate() {
        let resource = ConfigResource { kind: ResourceType::Topic, name: topic.name.clone() };
        let configs: Vec<ConfigEntry> = admin.describe_configs(&resource, None, false).await?;
        let own: Vec<&ConfigEntry> = configs.iter().filter(|entry| entry.source == ConfigSource::Topic).collect();
        if context.out.is_json() {
            all.push(describe_json(topic, &own, &extents));
        } else {
            if i > 0 {
                context.out.line("")?;
            }
            describe_text(context, topic, &own, &extents)?;
        }
    }
    if context.out.is_json() {
        context.out.json(&json!({ "topics": all }))?;
    } else if topics.is_empty() {
        context.out.line("There are no topics yet. `milena topic create NAME` makes one.")?;
    }
    Ok(())
}

async fn extents(admin: &Admin, topics: &[TopicMetadata]) -> Result<BTreeMap<TopicPartition, Extent>> {
    let led = topics.iter().flat_map(|topic| {
        let led = topic.partitions.iter().filter(|partition| partition.leader.is_some());
        led.map(|partition| (TopicPartition::new(topic.name.clone(), partition.index), partition))
    });
    let led: BTreeMap<TopicPartition, &Partition> = led.collect();
    let at = |spec: OffsetSpec| led.keys().map(|partition| (partition.clone(), spec)).collect();
    let mut extents: BTreeMap<TopicPartition, Extent> = BTreeMap::new();
    for (partition, listed) in admin.list_offsets(&at(OffsetSpec::Earliest)).await? {
        extents.entry(partition).or_default().start = listed.ok().map(|listed| listed.offset.0);
    }
    for (partition, listed) in admin.list_offsets(&at(OffsetSpec::Latest)).await? {
        extents.entry(partition).or_default().end = listed.ok().map(|listed| listed.offset.0);
    }
    let leaders: BTreeSet<BrokerId> = led.values().filter_map(|partition| partition.leader).collect();
    for leader in leaders {
        // A broker that does not tell sizes tells everything else.
        let Ok(dirs) = admin.describe_log_dirs(leader).await else { continue };
        for replica in dirs.into_iter().flat_map(|dir| dir.replicas).filter(|replica| !replica.is_future) {
            if led.get(&replica.partition).is_some_and(|partition| partition.leader == Some(leader)) {
                extents.entry(replica.partition).or_default().size = Some(replica.size);
            }
        }
    }
    Ok(extents)
}

fn describe_text(
    context: &mut Context,
    topic: &TopicMetadata,
    configs: &[&ConfigEntry],
    extents: &BTreeMap<TopicPartition, Extent>,
) -> Result<()> {
    let of = |index| extents.get(&TopicPartition::new(topic.name.clone(), index));
    let sum = |part: fn(&Extent) -> Option<i64>| -> i64 {
        topic.partitions.iter().filter_map(|partition| of(partition.index).and_then(part)).sum()
    };
    let out = &mut context.out;
    out.title(&topic.name)?;
    if !topic.id.is_zero() {
        out.line(format!("  id          {}", topic.id))?;
    }
    let partitions = text::counted(topic.partitions.len() as i64, "partition");
    out.line(format!("  partitions  {partitions}, replication factor {}", replication_factor(topic)))?;
    let records = text::counted(sum(Extent::records), "record");
    out.line(format!("  holds       {records}, {}", text::size(sum(|extent| extent.size))))?;
    for (i, config) in configs.iter().enumerate() {
        let label = if i == 0 { "configs" } else { "" };
        out.line(format!("  {label:<10}  {} = {}", config.name, config.value.as_deref().unwrap_or("(hidden)")))?;
    }
    out.line("")?;
    let mut table =
        Table::new(&[">PARTITION", ">LEADER", "REPLICAS", "IN SYNC", ">START", ">END", ">RECORDS", ">SIZE"]);
    let none = Extent::default();
    for partition in &topic.partitions {
        let extent = of(partition.index).unwrap_or(&none);
        table.row([
            partition.index.to_string(),
            partition.leader.map_or_else(|| "none".to_owned(), |id| id.to_string()),
            text::list(&partition.replicas),
            text::list(&partition.isr),
            text::or_dash(extent.start),
            text::or_dash(extent.end),
            text::or_dash(extent.records().map(text::count)),
            text::or_dash(extent.size.map(text::size)),
        ]);
    }
    Ok(out.table(&table, 2)?)
}

fn describe_json(topic: &TopicMetadata, configs: &[&ConfigEntry], extents: &BTreeMap<TopicPartition, Extent>) -> Value {
    let none = Extent::default();
    let ids = |ids: &[BrokerId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let partition = |partition: &Partition| {
        let extent = extents.get(&TopicPartition::new(topic.name.clone(), partition.index)).unwrap_or(&none);
        json!({
            "partition": partition.index,
            "leader": partition.leader.map(|id| id.0),
            "leader_epoch": partition.leader_epoch.0,
            "replicas": ids(&partition.replicas),
            "isr": ids(&partition.isr),
            "offline": ids(&partition.offline),
            "start_offset": extent.start,
            "end_offset": extent.end,
            "size_bytes": extent.size,
        })
    };
    let configs: serde_json::Map<String, Value> =
        configs.iter().map(|config| (config.name.clone(), json!(config.value))).collect();
    json!({
        "name": topic.name,
        "id": topic.id.to_string(),
        "internal": topic.internal,
        "replication_factor": replication_factor(topic),
        "configs": configs,
        "partitions": topic.partitions.iter().map(partition).collect::<Vec<_>>(),
    })
}

fn changes(set: &[Assignment], unset: &[String]) -> Vec<ConfigChange> {
    let set = set.iter().map(|assignment| assignment.change(ConfigOp::Set));
    let unset = unset.iter().map(|name| ConfigChange { name: name.clone(), op: ConfigOp::Delete, value: None });
    set.chain(unset).collect()
}

async fn alter(
    context: &mut Context,
    admin: &Admin,
    name: &str,
    partitions: Option<i32>,
    changes: Vec<ConfigChange>,
    dry_run: bool,
) -> Result<()> {
    if partitions.is_none() && changes.is_empty() {
        return Err(crate::failure::Usage("say what to change: --partitions, --set or --unset".to_owned()).into());
    }
    let about = || format!("topic '{name}'");
    let mut done = Vec::new();
    if !changes.is_empty() {
        let resource = ConfigResource { kind: ResourceType::Topic, name: name.to_owned() };
        admin.alter_configs(&resource, &changes, dry_run).await.with_context(about)?;
        done.extend(changes.iter().map(super::config::describe_change));
    }
    if let Some(count) = partitions {
        admin.create_partitions(name, count, dry_run).await.with_context(about)?;
        done.push(text::counted(i64::from(count), "partition"));
    }
    if context.out.is_json() {
        context.out.json(&json!({ "name": name, "changed": !dry_run, "partitions": partitions }))?;
    } else {
        let verb = if dry_run { "Could change" } else { "Changed" };
        context.out.line(format!("{verb} {name}: {}", done.join(", ")))?;
    }
    Ok(())
}

async fn delete(context: &mut Context, admin: &Admin, names: &[String], if_exists: bool) -> Result<()> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut refused = Vec::new();
    let mut topics = Vec::new();
    for (name, result) in admin.delete_topics(&names).await? {
        let deleted = result.is_ok();
        match result {
            Ok(()) if !context.out.is_json() => context.out.line(format!("Deleted {name}"))?,
            Err(refusal) if if_exists && refusal.code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
                if !context.out.is_json() {
                    context.out.line(format!("{name} is not there"))?;
                }
            }
            Err(refusal) => refused.push((name.clone(), refusal)),
            Ok(()) => {}
        }
        topics.push(json!({ "name": name, "deleted": deleted }));
    }
    if context.out.is_json() {
        context.out.json(&json!({ "topics": topics }))?;
    }
    match refused.len() {
        0 => Ok(()),
        1 => {
            let (name, refusal) = refused.remove(0);
            Err(AdminError::from(refusal)).with_context(|| format!("topic '{name}'"))
        }
        _ => {
            let all: Vec<String> = refused.iter().map(|(name, refusal)| format!("topic '{name}': {refusal}")).collect();
            bail!("{}", all.join("; "))
        }
    }
}
