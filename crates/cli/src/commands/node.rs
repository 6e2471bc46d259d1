//! What `dev`, `server` and `format` share: logs, configuration errors, and the life of a node.

use std::{fmt::Display, io::IsTerminal};

use anyhow::{Error, Result, anyhow, bail};
use broker::runtime::Server;
use clap::{Args, ValueEnum};
use metadata::config::server::ServerConfigError;
use tracing_subscriber::EnvFilter;

/// Where the node's own log goes: standard error.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// How log lines look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What is logged: error, warn, info, debug, trace, or a filter such as info,milena_broker::net=debug
    #[arg(long, value_name = "FILTER", env = "MILENA_LOG")]
    log: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object a line
    Json,
}

impl Log {
    /// Starts logging, with `default` where nothing was asked for.
    pub(crate) fn start(&self, default: &str) {
        let filter = EnvFilter::builder().parse_lossy(self.log.as_deref().unwrap_or(default));
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let log = log.with_ansi(std::io::stderr().is_terminal());
        match self.log_format {
            LogFormat::Text => log.with_target(false).init(),
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
    }
}

/// What is wrong with a configuration, as one error; `file` is where it came from.
pub(crate) fn config_errors(errors: &[ServerConfigError], file: Option<&dyn Display>) -> Error {
    let lines = errors.iter().map(|error| format!("\n  {error}")).collect::<String>();
    match file {
        Some(file) => anyhow!("{file} cannot be used:{lines}"),
        None => anyhow!("the node cannot be set up like that:{lines}"),
    }
}

/// Serves until the node is told to stop, or cannot go on.
pub(crate) fn run(server: Server) -> Result<()> {
    let trouble = server.wait()?;
    if let Some(reason) = &trouble {
        eprintln!("error: {reason}");
    }
    let stopped = server.stop();
    match (trouble, stopped) {
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => bail!("the stop was not a clean one, the next start will recover: {error}"),
        (Some(_), _) => bail!("the node could not go on; mend what is wrong and start it again"),
    }
}
