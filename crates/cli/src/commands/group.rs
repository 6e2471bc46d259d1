//! `milena group`: list, describe and delete groups, and move their offsets.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use client::{
    Admin,
    admin::{AdminError, CommittedOffset, GroupDescription, GroupMember, OffsetSpec, Refusal},
};
use protocol::{ErrorCode, types::TopicPartition};
use serde_json::{Value, json};

mod reset;

use crate::{
    context::{Context, Shared},
    text::{self, Table},
};

/// List, describe and delete groups, and move their offsets
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = crate::EXIT_CODES)]
pub(crate) struct Group {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List groups
    #[command(after_help = "Examples:\n  milena group list\n  milena group list --output json")]
    List,
    /// Show groups: members, offsets, lag
    #[command(after_help = "Examples:\n  milena group describe billing\n  milena group describe --output json")]
    Describe {
        /// Their ids; all unless given
        #[arg(value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Delete groups that have no members, and their offsets
    #[command(after_help = "Examples:\n  milena group delete billing")]
    Delete {
        /// Their ids
        #[arg(required = true, value_name = "GROUP")]
        groups: Vec<String>,
    },
    ResetOffsets(reset::ResetOffsets),
}

/// Runs one of them.
pub(crate) async fn run(context: &mut Context, command: &Group) -> Result<()> {
    let admin = context.admin().await?;
    match &command.action {
        Action::List => list(context, &admin).await,
        Action::Describe { groups } => describe(context, &admin, groups).await,
        Action::Delete { groups } => delete(context, &admin, groups).await,
        Action::ResetOffsets(command) => reset::run(context, &admin, command).await,
    }
}

async fn list(context: &mut Context, admin: &Admin) -> Result<()> {
    let groups = admin.list_groups().await?;
    if context.out.is_json() {
        let group = |group: &client::admin::GroupListing| {
            json!({
                "group": group.id,
                "state": group.state,
                "type": group.kind,
                "protocol_type": group.protocol_type,
            })
        };
        let groups: Vec<Value> = groups.iter().map(group).collect();
        return Ok(context.out.json(&json!({ "groups": groups }))?);
    }
    if groups.is_empty() {
        return Ok(context.out.line("There are no groups. `milena consume TOPIC --group GROUP` makes one.")?);
    }
    let mut table = Table::new(&["GROUP", "STATE", "TYPE", "OF"]);
    for group in groups {
        let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        table.row([group.id, or_dash(group.state), or_dash(group.kind), or_dash(group.protocol_type)]);
    }
    Ok(context.out.table(&table, 0)?)
}

/// What a group has read of a partition, and how far that is from the end.
struct Progress {
    partition: TopicPartition,
    committed: Option<CommittedOffset>,
    end: Option<i64>,
}

impl Progress {
    fn lag(&self) -> Option<i64> {
        Some((self.end? - self.committed.as_ref()?.offset.0).max(0))
    }
}

async fn describe(context: &mut Context, admin: &Admin, groups: &[String]) -> Result<()> {
    let ids = match groups {
        [] => admin.list_groups().await?.into_iter().map(|group| group.id).collect(),
        groups => groups.to_vec(),
    };
    let mut all = Vec::new();
    for (i, id) in ids.iter().enumerate() {
        let about = || format!("group '{id}'");
        let group = admin.describe_group(id).await.with_context(about)?;
        let progress = progress(admin, &group).await.with_context(about)?;
        if group.state == "Dead" && progress.is_empty() {
            let refusal = Refusal { code: ErrorCode::GROUP_ID_NOT_FOUND, message: String::new() };
            return Err(AdminError::from(refusal)).with_context(about);
        }
        if context.out.is_json() {
            all.push(describe_json(&group, &progress));
        } else {
            if i > 0 {
                context.out.line("")?;
            }
            describe_text(context, &group, &progress)?;
        }
    }
    if context.out.is_json() {
        context.out.json(&json!({ "groups": all }))?;
    } else if ids.is_empty() {
        context.out.line("There are no groups. `milena consume TOPIC --group GROUP` makes one.")?;
    }
    Ok(())
}

async fn progress(admin: &Admin, group: &GroupDescription) -> Result<Vec<Progress>> {
    let mut committed = admin.committed_offsets(&group.id, None).await?;
    let mut partitions: Vec<TopicPartition> = committed.keys().cloned().collect();
    partitions.extend(group.members.iter().flat_map(|member| member.assignment.iter().cloned()));
    partitions.sort();
    partitions.dedup();
    let mut ends = ends(admin, &partitions).await?;
    let progress = |partition: TopicPartition| Progress {
        committed: committed.remove(&partition),
        end: ends.remove(&partition),
        partition,
    };
    Ok(partitions.into_iter().map(progress).collect())
}

/// The ends of those partitions that are there; a topic may have been deleted since it was read.
async fn ends(admin: &Admin, partitions: &[TopicPartition]) -> Result<BTreeMap<TopicPartition, i64>> {
    let mut names: Vec<&str> = partitions.iter().map(|partition| partition.topic.as_str()).collect();
    names.dedup();
    let topics = admin.topics(Some(&names)).await?;
    let is_led = |partition: &TopicPartition| {
        let topic = topics.iter().find(|topic| topic.name == partition.topic && topic.error.is_none());
        let led = |p: &client::cluster::Partition| p.index == partition.partition && p.leader.is_some();
        topic.is_some_and(|topic| topic.partitions.iter().any(led))
    };
    let led = partitions.iter().filter(|p| is_led(p)).map(|p| (p.clone(), OffsetSpec::Latest)).collect();
    let listed = admin.list_offsets(&led).await?;
    Ok(listed.into_iter().filter_map(|(partition, listed)| Some((partition, listed.ok()?.offset.0))).collect())
}

fn reader<'a>(group: &'a GroupDescription, partition: &TopicPartition) -> Option<&'a GroupMember> {
    group.members.iter().find(|member| member.assignment.contains(partition))
}

/// What to call a member: its client id, with the beginning of its member id if others have the same.
fn label(group: &GroupDescription, member: &GroupMember) -> String {
    const UNIQUE_LEN: usize = 4;
    let same = group.members.iter().filter(|other| other.client_id == member.client_id).count();
    let unique = member.id.strip_prefix(&member.client_id).unwrap_or(&member.id).trim_start_matches('-');
    match unique.get(..UNIQUE_LEN) {
        Some(unique) if same > 1 => format!("{}-{unique}", member.client_id),
        _ => member.client_id.clone(),
    }
}

fn describe_text(context: &mut Context, group: &GroupDescription, progress: &[Progress]) -> Result<()> {
    let out = &mut context.out;
    out.title(&group.id)?;
    let protocol = if group.protocol.is_empty() { String::new() } else { format!(", {} assignor", group.protocol) };
    out.line(format!("  state    {}{protocol}", group.state))?;
    out.line(format!("  members  {}", group.members.len()))?;
    let lag: i64 = progress.iter().filter_map(Progress::lag).sum();
    out.line(format!("  lag      {}", text::counted(lag, "record")))?;
    if !progress.is_empty() {
        out.line("")?;
        let mut table = Table::new(&["TOPIC", ">PARTITION", ">COMMITTED", ">END", ">LAG", "READ BY", "AT"]);
        for p in progress {
            let reader = reader(group, &p.partition);
            table.row([
                p.partition.topic.clone(),
                p.partition.partition.to_string(),
                text::or_dash(p.committed.as_ref().map(|committed| committed.offset)),
                text::or_dash(p.end),
                text::or_dash(p.lag().map(text::count)),
                text::or_dash(reader.map(|member| label(group, member))),
                text::or_dash(reader.map(|member| &member.host)),
            ]);
        }
        out.table(&table, 2)?;
    }
    let idle: Vec<&GroupMember> = group.members.iter().filter(|member| member.assignment.is_empty()).collect();
    if !idle.is_empty() {
        out.line("")?;
        let mut table = Table::new(&["IDLE MEMBER", "CLIENT", "AT"]);
        for member in idle {
            table.row([member.id.clone(), member.client_id.clone(), member.host.clone()]);
        }
        out.table(&table, 2)?;
    }
    Ok(())
}

fn describe_json(group: &GroupDescription, progress: &[Progress]) -> Value {
    let members = group.members.iter().map(|member| {
        json!({
            "member_id": member.id,
            "instance_id": member.instance_id,
            "client_id": member.client_id,
            "host": member.host,
            "assignment": member.assignment.iter().map(|partition| {
                json!({ "topic": partition.topic, "partition": partition.partition })
            }).collect::<Vec<_>>(),
        })
    });
    let offsets = progress.iter().map(|p| {
        json!({
            "topic": p.partition.topic,
            "partition": p.partition.partition,
            "committed_offset": p.committed.as_ref().map(|committed| committed.offset.0),
            "end_offset": p.end,
            "lag": p.lag(),
            "metadata": p.committed.as_ref().map(|committed| committed.metadata.as_str()),
            "member_id": reader(group, &p.partition).map(|member| member.id.as_str()),
        })
    });
    json!({
        "group": group.id,
        "state": group.state,
        "protocol_type": group.protocol_type,
        "assignor": group.protocol,
        "members": members.collect::<Vec<_>>(),
        "offsets": offsets.collect::<Vec<_>>(),
    })
}

async fn delete(context: &mut Context, admin: &Admin, groups: &[String]) -> Result<()> {
    let mut refused = Vec::new();
    let mut done = Vec::new();
    for id in groups {
        match admin.delete_group(id).await {
            Ok(()) if !context.out.is_json() => context.out.line(format!("Deleted {id}"))?,
            Ok(()) => {}
            Err(error @ AdminError::Refused(_)) => {
                done.push(json!({ "group": id, "deleted": false }));
                refused.push((id, error));
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        done.push(json!({ "group": id, "deleted": true }));
    }
    if context.out.is_json() {
        context.out.json(&json!({ "groups": done }))?;
    }
    match refused.len() {
        0 => Ok(()),
        1 => {
            let (id, error) = refused.remove(0);
            Err(error).with_context(|| format!("group '{id}'"))
        }
        _ => {
            let all: Vec<String> = refused.iter().map(|(id, error)| format!("group '{id}': {error}")).collect();
            bail!("{}", all.join("; "))
        }
    }
}
