//! `milena dev`: one node on this machine, with nothing to set up.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context as _, Result};
use broker::{
    format::{self, Format, FormatError},
    runtime::{self, Server},
};
use clap::Args;
use metadata::config::{
    ServerConfig,
    server::Dev as DevConfig,
    value::{Address, parse_address},
};
use protocol::types::Timestamp;
use storage::OsDisk;

use super::node;
use crate::failure::Usage;

/// Run one node on this machine: broker and controller, nothing to set up
///
/// Topics appear when a client asks for them, groups do not wait for more members, internal topics have one replica. The
/// data stays in --data-dir, and the next start goes on from it.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Dev {
    /// Where the data lies
    #[arg(long, value_name = "DIR", default_value = "milena-data", conflicts_with = "ephemeral")]
    data_dir: PathBuf,
    /// Keep the data in a directory that is removed at the end
    #[arg(long)]
    ephemeral: bool,
    /// Listen on this address
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Listen on this port, and the controller on the next; 0 picks free ones
    #[arg(long, value_name = "PORT", default_value_t = 9092)]
    port: u16,
    /// Tell clients to connect here instead
    #[arg(long, value_name = "HOST:PORT")]
    advertised: Option<String>,
    /// Serve metrics and health on this port of the loopback; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    #[command(flatten)]
    log: node::Log,
}

const AFTER_HELP: &str = "\
Examples:
  milena dev
  milena dev --port 0 --ephemeral
  milena dev --host 0.0.0.0 --advertised mymachine:9092

Exit codes:
  0  stopped by Ctrl-C or SIGTERM
  1  could not start, or could not go on
  2  the command line is wrong";

/// Runs a node until it is told to stop.
pub(crate) fn run(command: &Dev) -> Result<()> {
    let began = Instant::now();
    command.log.start("warn");
    let dir = if command.ephemeral { Dir::ephemeral()? } else { Dir::kept(command.data_dir.clone()) };
    let advertised = match &command.advertised {
        Some(text) => Some(parse_address(text).ok_or_else(|| Usage(format!("--advertised {text}: write HOST:PORT")))?),
        None => None,
    };
    let http = Address { host: "127.0.0.1".to_owned(), port: command.http_port };
    let config = ServerConfig::dev(&DevConfig {
        host: command.host.clone(),
        port: command.port,
        advertised,
        data_dir: dir.path.display().to_string(),
        http: Some(http),
    });
    let config = config.map_err(|errors| node::config_errors(&errors, None))?;
    format_if_new(&config)?;
    let server = Server::start(config)?;
    print!("{}", banner(command, &server, &dir, began));
    node::run(server)
}

/// Formats a new directory; one that is formatted stays as it is.
fn format_if_new(config: &ServerConfig) -> Result<()> {
    let disk = Arc::new(OsDisk);
    if format::formatted_for(&*disk, config)?.is_some() {
        return Ok(());
    }
    let now: Timestamp = runtime::Clock::start().now().wall;
    let (cluster_id, directory_id) = (runtime::new_uuid(), runtime::new_uuid());
    let wanted = Format {
        cluster_id: &cluster_id.to_string(),
        directory_id,
        standalone: true,
        records: format::default_records(),
    };
    match format::format(&*disk, config, &wanted, now) {
        Ok(()) | Err(FormatError::Formatted { .. }) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot prepare {}", config.log_dir)),
    }
}

/// A data directory, and whether it goes when the node does.
struct Dir {
    path: PathBuf,
    ephemeral: bool,
}

impl Dir {
    fn kept(path: PathBuf) -> Self {
        Self { path, ephemeral: false }
    }

    fn ephemeral() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("milena-{}", runtime::new_uuid()));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path, ephemeral: true })
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        if self.ephemeral
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}

fn banner(command: &Dev, server: &Server, dir: &Dir, began: Instant) -> String {
    let broker = server.listeners().iter().find(|listener| !listener.is_controller);
    let controller = server.listeners().iter().find(|listener| listener.is_controller);
    let (broker, controller) = (broker.expect("a broker listens"), controller.expect("a controller listens"));
    let mut text = format!("Milena {}, one node: broker and controller\n\n", env!("CARGO_PKG_VERSION"));
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<12}{value}\n"));
    line("Kafka", broker.address.to_string());
    line("controller", controller.address.to_string());
    if let Some(http) = server.http() {
        line("metrics", format!("http://{http}/metrics"));
    }
    let note = if dir.ephemeral { ", removed at the end" } else { "" };
    line("data", format!("{}{note}", shown(&dir.path)));
    line("cluster", server.node().cluster_id.clone());
    line("ready", format!("in {} ms", began.elapsed().as_millis()));
    let is_loopback = broker.address.ip().is_loopback();
    if !is_loopback {
        text.push_str("\n  Warning: this node is open to the network, and nobody is asked for a password.\n");
    }
    let program = std::env::args().next().unwrap_or_else(|| "milena".to_owned());
    let program = if program.contains(' ') { format!("'{program}'") } else { program };
    let at = if broker.address.port() == 9092 && is_local(broker.address.ip()) {
        String::new()
    } else {
        let host = if broker.address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { command.host.clone() };
        format!(" --bootstrap-server {host}:{}", broker.address.port())
    };
    text.push_str(&format!(
        "\nTry, in another terminal:\n  \
         {program} topic create orders --partitions 3{at}\n  \
         echo 'hello' | {program} produce orders{at}\n  \
         {program} consume orders --from-beginning -n 1{at}\n\n\
         Ctrl-C stops it.\n"
    ));
    text
}

fn is_local(address: IpAddr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// A path as a person would write it.
fn shown(path: &Path) -> String {
    if path.is_absolute() { path.display().to_string() } else { format!("./{}", path.display()) }
}
