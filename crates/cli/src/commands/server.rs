//! `milena server`: a node as a `server.properties` describes it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use broker::runtime::Server as Running;
use clap::Args;
use metadata::config::{ServerConfig, properties::Properties};

use super::node;

/// Run a node as a server.properties describes it
///
/// The file is Apache Kafka's. A name that Kafka does not know is refused with its line; one that Kafka knows and that
/// does nothing here yet is listed once, or refused where ignoring it would break a promise. The directory must have been
/// formatted, by `milena format` or by Apache Kafka's own kafka-storage.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Server {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Replace what the file says of one property; may be given several times
    #[arg(long = "override", value_name = "NAME=VALUE", value_parser = parse_override)]
    overrides: Vec<(String, String)>,
    #[command(flatten)]
    log: node::Log,
}

const AFTER_HELP: &str = "\
Examples:
  milena server --config server.properties
  milena server --config server.properties --override log.dirs=/data/kafka

Exit codes:
  0  stopped by Ctrl-C or SIGTERM
  1  could not start, or could not go on
  2  the command line is wrong";

fn parse_override(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Reads the configuration in `path`.
pub(crate) fn read_config(path: &PathBuf, overrides: &[(String, String)]) -> Result<ServerConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = path.display();
    let properties = Properties::parse(&text).with_context(|| format!("{file} cannot be read as properties"))?;
    let (config, notices) = ServerConfig::from_properties(&properties, overrides)
        .map_err(|errors| node::config_errors(&errors, Some(&file)))?;
    for warning in &notices.warnings {
        eprintln!("warning: {warning}");
    }
    if !notices.without_effect.is_empty() {
        let names = notices.without_effect.join(", ");
        eprintln!("warning: set in {file}, and without effect in this version: {names}");
    }
    Ok(config)
}

/// Runs the node until it is told to stop.
pub(crate) fn run(command: &Server) -> Result<()> {
    command.log.start("info");
    let config = read_config(&command.config, &command.overrides)?;
    let dir = config.log_dir.clone();
    let server = Running::start(config).map_err(|error| {
        let hint = if error.is_not_formatted() {
            let config = command.config.display();
            format!(
                "\n  `milena format --standalone --cluster-id $(milena random-uuid) --config {config}` prepares it."
            )
        } else {
            String::new()
        };
        anyhow::anyhow!("{error}{hint}")
    })?;
    for listener in server.listeners() {
        tracing::info!(listener = listener.name, address = %listener.address, "listening");
    }
    if let Some(http) = server.http() {
        tracing::info!(address = %http, "metrics and health by HTTP");
    }
    let node = server.node();
    tracing::info!(node = %node.broker_id, cluster = node.cluster_id, dir, "started");
    node::run(server)
}
