//! `milena config`: show and change the configs of topics, brokers and groups.

use std::str::FromStr;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use client::{
    Admin,
    admin::{ConfigChange, ConfigEntry, ConfigOp, ConfigResource, ConfigSource, ResourceType},
};
use serde_json::{Value, json};

use crate::{
    context::{Context, Shared},
    failure::Usage,
    text::{self, Table},
};

/// Show and change the configs of topics, brokers and groups
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = crate::EXIT_CODES)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show configs, their values and where these come from
    #[command(after_help = "Examples:
  milena config describe topic orders
  milena config describe topic orders --all --docs
  milena config describe broker 1 log.retention.hours")]
    Describe {
        /// What has the configs
        kind: Kind,
        /// Its name: a topic, a broker's id, a group; for brokers 'default' is what all share
        name: String,
        /// Only these configs
        #[arg(value_name = "CONFIG")]
        configs: Vec<String>,
        /// Those that nobody has set, too
        #[arg(short, long)]
        all: bool,
        /// What each of them means
        #[arg(long)]
        docs: bool,
    },
    /// Change configs; those not named stay as they are
    #[command(after_help = "Examples:
  milena config alter topic orders --set retention.ms=86400000
  milena config alter topic orders --unset retention.ms --dry-run
  milena config alter broker default --set log.retention.ms=86400000")]
    Alter {
        /// What has the configs
        kind: Kind,
        /// Its name: a topic, a broker's id, a group; for brokers 'default' is what all share
        name: String,
        /// Give a config a value; may be repeated
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<Assignment>,
        /// Put a config back to what it is if nobody sets it; may be repeated
        #[arg(long, value_name = "NAME")]
        unset: Vec<String>,
        /// Add to a config that is a list; may be repeated
        #[arg(long, value_name = "NAME=VALUE")]
        append: Vec<Assignment>,
        /// Take from a config that is a list; may be repeated
        #[arg(long, value_name = "NAME=VALUE")]
        subtract: Vec<Assignment>,
        /// Only say whether it could be done
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Topic,
    Broker,
    BrokerLogger,
    Group,
    ClientMetrics,
}

/// `name=value` on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Assignment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err("give a name and a value, as in retention.ms=86400000"),
        }
    }
}

impl Assignment {
    pub(crate) fn change(&self, op: ConfigOp) -> ConfigChange {
        ConfigChange { name: self.name.clone(), op, value: Some(self.value.clone()) }
    }
}

/// Runs one of them.
pub(crate) async fn run(context: &mut Context, command: &Config) -> Result<()> {
    match &command.action {
        Action::Describe { kind, name, configs, all, docs } => {
            let resource = resource(*kind, name);
            let admin = context.admin().await?;
            describe(context, &admin, &resource, configs, *all, *docs).await
        }
        Action::Alter { kind, name, set, unset, append, subtract, dry_run } => {
            let with = |assignments: &[Assignment], op| assignments.iter().map(|a| a.change(op)).collect::<Vec<_>>();
            let mut changes = with(set, ConfigOp::Set);
            changes.extend(unset.iter().map(|name| ConfigChange {
                name: name.clone(),
                op: ConfigOp::Delete,
                value: None,
            }));
            changes.extend(with(append, ConfigOp::Append));
            changes.extend(with(subtract, ConfigOp::Subtract));
            if changes.is_empty() {
                return Err(Usage("say what to change: --set, --unset, --append or --subtract".to_owned()).into());
            }
            let resource = resource(*kind, name);
            let admin = context.admin().await?;
            admin.alter_configs(&resource, &changes, *dry_run).await.with_context(|| about(&resource))?;
            altered(context, &resource, &changes, *dry_run)
        }
    }
}

fn resource(kind: Kind, name: &str) -> ConfigResource {
    let kind = match kind {
        Kind::Topic => ResourceType::Topic,
        Kind::Broker => ResourceType::Broker,
        Kind::BrokerLogger => ResourceType::BrokerLogger,
        Kind::Group => ResourceType::Group,
        Kind::ClientMetrics => ResourceType::ClientMetrics,
    };
    let name = if kind == ResourceType::Broker && name == "default" { "" } else { name };
    ConfigResource { kind, name: name.to_owned() }
}

fn about(resource: &ConfigResource) -> String {
    match (resource.kind, resource.name.as_str()) {
        (ResourceType::Broker, "") => "all brokers".to_owned(),
        (kind, name) => format!("{} '{name}'", kind.name()),
    }
}

async fn describe(
    context: &mut Context,
    admin: &Admin,
    resource: &ConfigResource,
    names: &[String],
    all: bool,
    docs: bool,
) -> Result<()> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wanted = (!names.is_empty()).then_some(&names[..]);
    let entries = admin.describe_configs(resource, wanted, docs).await.with_context(|| about(resource))?;
    if let Some(missing) = names.iter().find(|name| !entries.iter().any(|entry| entry.name == **name)) {
        anyhow::bail!("{} has no config '{missing}'", about(resource));
    }
    let is_set = |entry: &&ConfigEntry| all || !names.is_empty() || entry.source != ConfigSource::Default;
    let shown: Vec<&ConfigEntry> = entries.iter().filter(is_set).collect();
    if context.out.is_json() {
        let configs: Vec<Value> = shown.iter().map(|entry| entry_json(entry, docs)).collect();
        let value = json!({ "type": resource.kind.name(), "name": resource.name, "configs": configs });
        return Ok(context.out.json(&value)?);
    }
    if shown.is_empty() {
        context.out.line(format!("Nothing is set for {}: all configs have their defaults.", about(resource)))?;
        return Ok(context.out.line("--all shows them.")?);
    }
    if docs {
        for (i, entry) in shown.iter().enumerate() {
            if i > 0 {
                context.out.line("")?;
            }
            context.out.title(&format!("{} = {}", entry.name, value(entry)))?;
            context.out.line(format!("  from: {}", entry.source.name()))?;
            for line in text::wrap(&entry.documentation, 96) {
                context.out.line(format!("  {line}"))?;
            }
        }
        return Ok(());
    }
    let mut table = Table::new(&["CONFIG", "VALUE", "FROM"]);
    for entry in shown {
        table.row([entry.name.clone(), value(entry), entry.source.name().to_owned()]);
    }
    Ok(context.out.table(&table, 0)?)
}

fn value(entry: &ConfigEntry) -> String {
    match (&entry.value, entry.sensitive) {
        (_, true) => "(hidden)".to_owned(),
        (None, _) => "(none)".to_owned(),
        (Some(value), _) if value.is_empty() => "(empty)".to_owned(),
        (Some(value), _) => value.clone(),
    }
}

fn entry_json(entry: &ConfigEntry, docs: bool) -> Value {
    let mut json = json!({
        "name": entry.name,
        "value": entry.value,
        "source": entry.source.name(),
        "read_only": entry.read_only,
        "sensitive": entry.sensitive,
    });
    if docs {
        json["documentation"] = json!(entry.documentation);
    }
    json
}

fn altered(context: &mut Context, resource: &ConfigResource, changes: &[ConfigChange], dry_run: bool) -> Result<()> {
    if context.out.is_json() {
        let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        let value =
            json!({ "type": resource.kind.name(), "name": resource.name, "changed": !dry_run, "configs": names });
        return Ok(context.out.json(&value)?);
    }
    let verb = if dry_run { "Could change" } else { "Changed" };
    let changes: Vec<String> = changes.iter().map(describe_change).collect();
    Ok(context.out.line(format!("{verb} {}: {}", about(resource), changes.join(", ")))?)
}

/// A change in a few words.
pub(crate) fn describe_change(change: &ConfigChange) -> String {
    let value = change.value.as_deref().unwrap_or_default();
    match change.op {
        ConfigOp::Set => format!("{} = {value}", change.name),
        ConfigOp::Delete => format!("{} unset", change.name),
        ConfigOp::Append => format!("{} + {value}", change.name),
        ConfigOp::Subtract => format!("{} - {value}", change.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_split_at_its_first_equals_sign() {
        let parsed: Assignment = "a=b=c".parse().unwrap();
        assert_eq!((parsed.name.as_str(), parsed.value.as_str()), ("a", "b=c"));
        assert!("a".parse::<Assignment>().is_err());
        assert!("=b".parse::<Assignment>().is_err());
        assert_eq!("a=".parse::<Assignment>().unwrap().value, "");
    }
}
