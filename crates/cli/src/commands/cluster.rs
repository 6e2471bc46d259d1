//! `milena cluster`: the cluster at a glance.

use anyhow::Result;
use clap::{Args, Subcommand};
use client::{
    Admin,
    admin::{ClusterDescription, LogDir, Quorum},
    cluster::Topic,
};
use protocol::types::BrokerId;
use serde_json::{Value, json};

use crate::{
    context::{Context, Shared},
    text::{self, Table},
};

/// Show the cluster
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = crate::EXIT_CODES)]
pub(crate) struct Cluster {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show brokers, quorum, disks and features
    #[command(after_help = "Examples:\n  milena cluster describe\n  milena cluster describe --output json")]
    Describe,
}

/// What is shown of one broker's disks.
struct Disks {
    broker: BrokerId,
    dirs: Vec<LogDir>,
}

/// Runs one of them.
pub(crate) async fn run(context: &mut Context, command: &Cluster) -> Result<()> {
    let admin = context.admin().await?;
    match command.action {
        Action::Describe => describe(context, &admin).await,
    }
}

async fn describe(context: &mut Context, admin: &Admin) -> Result<()> {
    let cluster = admin.describe_cluster().await?;
    let quorum = admin.describe_quorum().await?;
    let topics = admin.topics(None).await?;
    let mut disks = Vec::new();
    for node in cluster.nodes.iter().filter(|node| !node.fenced) {
        // A broker that is going down, or may not say, leaves only this out.
        let dirs = admin.describe_log_dirs(node.id).await.unwrap_or_default();
        disks.push(Disks { broker: node.id, dirs });
    }
    if context.out.is_json() {
        return Ok(context.out.json(&describe_json(&cluster, quorum.as_ref(), &topics, &disks))?);
    }
    describe_text(context, &cluster, quorum.as_ref(), &topics, &disks)
}

fn sum(disks: &[Disks], broker: BrokerId, part: fn(&LogDir) -> Option<i64>) -> Option<i64> {
    let of_broker = disks.iter().filter(|disks| disks.broker == broker).flat_map(|disks| &disks.dirs);
    of_broker.map(part).reduce(|a, b| Some(a? + b?)).flatten()
}

fn used(dir: &LogDir) -> Option<i64> {
    Some(dir.replicas.iter().map(|replica| replica.size).sum())
}

/// Partitions that nobody leads, and those with a replica behind.
fn troubled(topics: &[Topic]) -> (usize, usize) {
    let partitions = || topics.iter().flat_map(|topic| &topic.partitions);
    let leaderless = partitions().filter(|partition| partition.leader.is_none()).count();
    let behind = partitions().filter(|partition| partition.isr.len() < partition.replicas.len()).count();
    (leaderless, behind)
}

fn describe_text(
    context: &mut Context,
    cluster: &ClusterDescription,
    quorum: Option<&Quorum>,
    topics: &[Topic],
    disks: &[Disks],
) -> Result<()> {
    let out = &mut context.out;
    out.title(&format!("Cluster {}", cluster.id))?;
    match quorum {
        Some(quorum) => {
            let leader = quorum.leader.map_or_else(|| "none".to_owned(), |id| format!("node {id}"));
            let voters = text::list(quorum.voters.iter().map(|voter| voter.id));
            out.line(format!("  controller  {leader}, epoch {}, voters {voters}", quorum.leader_epoch))?;
            out.line(format!("  metadata    committed to offset {}", quorum.high_watermark))?;
        }
        None => out.line(format!("  controller  {}", text::or_dash(cluster.controller)))?,
    }
    let partitions: usize = topics.iter().map(|topic| topic.partitions.len()).sum();
    let counts =
        format!("{}, {}", text::counted(topics.len() as i64, "topic"), text::counted(partitions as i64, "partition"));
    let health = match troubled(topics) {
        (0, 0) if partitions == 0 => "nothing to lead".to_owned(),
        (0, 0) => "all led, all in sync".to_owned(),
        (leaderless, behind) => format!("{leaderless} without a leader, {behind} under-replicated"),
    };
    out.line(format!("  topics      {counts}: {health}"))?;
    let on = cluster.features.iter().filter(|feature| feature.level > 0);
    let on: Vec<String> = on.map(|feature| format!("{} {}", feature.name, feature.level)).collect();
    for (i, line) in text::wrap(&on.join(", "), 84).iter().enumerate() {
        out.line(format!("  {:<10}  {line}", if i == 0 { "features" } else { "" }))?;
    }

    out.line("")?;
    let mut table = Table::new(&[">BROKER", "ADDRESS", "RACK", "STATE", ">LEADS", ">HOLDS", ">DATA", ">FREE"]);
    for node in &cluster.nodes {
        let all = || topics.iter().flat_map(|topic| &topic.partitions);
        let leads = all().filter(|partition| partition.leader == Some(node.id)).count();
        let holds = all().filter(|partition| partition.replicas.contains(&node.id)).count();
        table.row([
            node.id.to_string(),
            format!("{}:{}", node.host, node.port),
            text::or_dash(node.rack.as_ref()),
            if node.fenced { "fenced" } else { "up" }.to_owned(),
            leads.to_string(),
            holds.to_string(),
            text::or_dash(sum(disks, node.id, used).map(text::size)),
            text::or_dash(sum(disks, node.id, |dir| dir.usable_bytes).map(text::size)),
        ]);
    }
    out.table(&table, 2)?;
    for disks in disks {
        for (dir, error) in disks.dirs.iter().filter_map(|dir| Some((dir, dir.error.as_ref()?))) {
            out.line(format!("  broker {}: {} is offline: {error}", disks.broker, dir.path))?;
        }
    }

    let lagging = |quorum: &&Quorum| quorum.voters.len() + quorum.observers.len() > 1;
    if let Some(quorum) = quorum.filter(lagging) {
        out.line("")?;
        let mut table = Table::new(&[">NODE", "ROLE", ">METADATA END", ">LAG"]);
        let end = quorum.voters.iter().map(|voter| voter.log_end_offset.0).max().unwrap_or(0);
        let rows = quorum.voters.iter().map(|v| (v, "voter")).chain(quorum.observers.iter().map(|o| (o, "observer")));
        for (replica, role) in rows {
            let role = if quorum.leader == Some(replica.id) { "leader" } else { role };
            let lag = end - replica.log_end_offset.0;
            table.row([replica.id.to_string(), role.to_owned(), replica.log_end_offset.to_string(), text::count(lag)]);
        }
        out.table(&table, 2)?;
    }

    Ok(())
}

fn describe_json(cluster: &ClusterDescription, quorum: Option<&Quorum>, topics: &[Topic], disks: &[Disks]) -> Value {
    let brokers = cluster.nodes.iter().map(|node| {
        let dirs = disks.iter().filter(|disks| disks.broker == node.id).flat_map(|disks| &disks.dirs).map(|dir| {
            json!({
                "path": dir.path,
                "error": dir.error.as_ref().map(ToString::to_string),
                "used_bytes": used(dir),
                "total_bytes": dir.total_bytes,
                "usable_bytes": dir.usable_bytes,
            })
        });
        json!({
            "id": node.id.0,
            "host": node.host,
            "port": node.port,
            "rack": node.rack,
            "fenced": node.fenced,
            "log_dirs": dirs.collect::<Vec<_>>(),
        })
    });
    let replica = |replica: &client::admin::QuorumReplica| {
        json!({
            "id": replica.id.0,
            "directory_id": replica.directory_id.to_string(),
            "log_end_offset": replica.log_end_offset.0,
            "last_fetch_timestamp": replica.last_fetch.0,
            "last_caught_up_timestamp": replica.last_caught_up.0,
        })
    };
    let quorum = quorum.map(|quorum| {
        json!({
            "leader": quorum.leader.map(|id| id.0),
            "leader_epoch": quorum.leader_epoch.0,
            "high_watermark": quorum.high_watermark.0,
            "voters": quorum.voters.iter().map(replica).collect::<Vec<_>>(),
            "observers": quorum.observers.iter().map(replica).collect::<Vec<_>>(),
        })
    });
    let features = cluster.features.iter().map(|feature| {
        json!({
            "name": feature.name,
            "level": feature.level,
            "supported_min": feature.supported_min,
            "supported_max": feature.supported_max,
        })
    });
    let (leaderless, behind) = troubled(topics);
    json!({
        "cluster_id": cluster.id,
        "controller": cluster.controller.map(|id| id.0),
        "topics": topics.len(),
        "partitions": topics.iter().map(|topic| topic.partitions.len()).sum::<usize>(),
        "leaderless_partitions": leaderless,
        "under_replicated_partitions": behind,
        "brokers": brokers.collect::<Vec<_>>(),
        "quorum": quorum,
        "features": features.collect::<Vec<_>>(),
    })
}
