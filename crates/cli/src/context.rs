//! What every command that asks a cluster shares: where the cluster is, how to print, and the runtime.

use std::{
    io::{self, BufWriter, IsTerminal, StdoutLock, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use client::{Admin, Cluster, ClusterOptions};
use serde_json::Value;

use crate::{failure, text::Table};

/// The options of every command that asks a cluster.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shared {
    /// Where to find the cluster: host:port, or several of them, the first that answers is used
    #[arg(short, long, value_name = "HOST:PORT,…", default_value = "localhost:9092", global = true)]
    bootstrap_server: String,
    #[command(flatten)]
    output: OutputKind,
    /// How many seconds to try before giving up
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3600), global = true)]
    timeout: u64,
}

/// The option of every command that prints something.
#[derive(Clone, Debug, Args)]
pub(crate) struct OutputKind {
    /// For people, or for programs: the keys of JSON output stay as they are from release to release
    #[arg(short, long, value_name = "KIND", default_value = "text", global = true)]
    output: Output,
}

impl OutputKind {
    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.output == Output::Json
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Tables and sentences
    Text,
    /// JSON
    Json,
}

/// A command at work.
pub(crate) struct Context {
    options: ClusterOptions,
    pub(crate) out: Out,
}

impl Context {
    /// The cluster, connected.
    pub(crate) async fn cluster(&self) -> Result<Cluster> {
        Ok(Cluster::connect(self.options.clone()).await?)
    }

    /// The cluster, to be asked as an operator asks.
    pub(crate) async fn admin(&self) -> Result<Admin> {
        Ok(Admin::new(self.cluster().await?))
    }
}

/// Runs a command to its end and says how it ended.
pub(crate) fn run(shared: &Shared, command: impl AsyncFnOnce(&mut Context) -> Result<()>) -> ExitCode {
    let timeout = Duration::from_secs(shared.timeout);
    let mut options = ClusterOptions::bootstrap(&shared.bootstrap_server);
    options.retry_for = timeout;
    options.connect.connect_timeout = options.connect.connect_timeout.min(timeout);
    options.connect.request_timeout = timeout;
    options.connect.client_id = "milena-cli".to_owned();
    let json = shared.output.is_json();
    let mut context = Context { options, out: Out::new(json) };
    let result = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Err(error) => Err(error).context("cannot start"),
        Ok(runtime) => runtime.block_on(async {
            let result = command(&mut context).await;
            context.out.flush()?;
            result
        }),
    };
    failure::report(result, json)
}

/// Standard output.
pub(crate) struct Out {
    json: bool,
    bold: bool,
    writer: BufWriter<StdoutLock<'static>>,
}

impl Out {
    /// Prints JSON, or text.
    pub(crate) fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let bold = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { json, bold, writer: BufWriter::new(stdout.lock()) }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        self.writer.write_all(line.as_ref().trim_end().as_bytes())?;
        self.writer.write_all(b"\n")
    }

    /// Prints a line that stands above others.
    pub(crate) fn title(&mut self, title: &str) -> io::Result<()> {
        if self.bold { self.line(format!("\x1b[1m{title}\x1b[0m")) } else { self.line(title) }
    }

    /// Prints a table, `indent` spaces from the left; an empty one not at all.
    pub(crate) fn table(&mut self, table: &Table, indent: usize) -> io::Result<()> {
        let mut lines = table.lines(indent).into_iter();
        if let Some(header) = lines.next() {
            self.title(&header)?;
        }
        lines.try_for_each(|line| self.line(line))
    }

    /// Prints JSON, over several lines.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        self.line(format!("{value:#}"))
    }

    /// Prints bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    /// Makes what was printed visible.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
