//! A node under test: started, asked whether it is ready, stopped, killed, started again.
//!
//! Milena and Apache Kafka are two ways to start the same thing. What a client sees of it is an address.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::kafka::Kafka;
use crate::{process, wire};

/// How long a start or a stop may take: generous, since machines differ and nothing is measured here.
const PATIENCE: Duration = Duration::from_secs(90);

/// What is started.
#[derive(Clone, Debug)]
pub enum Product {
    /// `milena` from this binary: `dev`, or `server` in a home that has a `server.properties`.
    Milena(PathBuf),
    /// Apache Kafka.
    Kafka(Kafka),
}

/// One node with a directory and a port of its own. Killed when dropped.
#[derive(Debug)]
pub struct Node {
    product: Product,
    home: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Node {
    /// A node that will live in `home`, on a free port. Not started yet.
    ///
    /// # Errors
    /// If no port is free, or Apache Kafka cannot format the directory.
    pub fn new(product: Product, home: &Path) -> Result<Node> {
        Node::with_properties(product, home, &[])
    }

    /// The same with `properties`, lines of `name=value`, which Milena ignores unless it takes over later.
    ///
    /// # Errors
    /// As [`Node::new`].
    pub fn with_properties(product: Product, home: &Path, properties: &[String]) -> Result<Node> {
        fs::create_dir_all(home)?;
        let port = free_port()?;
        if let Product::Kafka(kafka) = &product {
            kafka.format(home, port, properties)?;
        }
        Ok(Node { product, home: home.to_owned(), port, child: None })
    }

    /// Lets another product go on with the directory, the port and the properties, from the next start on.
    ///
    /// # Panics
    /// If the node runs.
    pub fn hand_over(&mut self, product: Product) {
        assert!(self.child.is_none(), "the node runs");
        self.product = product;
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The log directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// What the node printed, over all its lives.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }

    /// The running process's id.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts the node and waits until it answers; gives the time that took.
    ///
    /// # Errors
    /// If it ends instead or does not become ready: the end of its log stands in the message.
    pub fn start(&mut self) -> Result<Duration> {
        ensure!(self.child.is_none(), "the node runs already");
        let begin = Instant::now();
        let log = self.log();
        let mut child = match &self.product {
            Product::Kafka(kafka) => kafka.node(&self.home, &log)?.spawn().context("starting java")?,
            Product::Milena(binary) => {
                let log = File::options().create(true).append(true).open(&log)?;
                let mut milena = Command::new(binary);
                let config = self.home.join("server.properties");
                if config.exists() {
                    milena.arg("server").arg("--config").arg(config);
                } else {
                    milena.arg("dev").arg("--data-dir").arg(self.data()).args(["--port", &self.port.to_string()]);
                }
                milena
                    .stdin(Stdio::null())
                    .stdout(log.try_clone()?)
                    .stderr(log)
                    .spawn()
                    .with_context(|| format!("starting {}", binary.display()))?
            }
        };
        let ready = wait_ready(&self.address(), &mut child, &log);
        self.child = Some(child);
        ready.map(|()| begin.elapsed())
    }

    /// Stops the node by SIGTERM; gives the time that took.
    ///
    /// # Errors
    /// If it had ended before, or does not end.
    pub fn stop(&mut self) -> Result<Duration> {
        let mut child = self.child.take().context("the node does not run")?;
        if let Some(status) = child.try_wait()? {
            bail!("the node had ended by itself ({status}): {}", tail(&self.log()));
        }
        let begin = Instant::now();
        process::terminate(&mut child, PATIENCE)?;
        Ok(begin.elapsed())
    }

    /// Ends the node by SIGKILL, at whatever it is doing.
    ///
    /// # Errors
    /// If it had ended before.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the node does not run")?;
        if let Some(status) = child.try_wait()? {
            bail!("the node had ended by itself ({status}): {}", tail(&self.log()));
        }
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until the node at `address` lists a broker in its Metadata.
///
/// # Errors
/// If `child` ends, or time is up.
pub fn wait_ready(address: &str, child: &mut Child, log: &Path) -> Result<()> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("the node ended at its start ({status}): {}", tail(log));
        }
        match wire::broker_count(address) {
            Ok(count) if count > 0 => return Ok(()),
            Ok(_) => {}
            Err(error) if begin.elapsed() > PATIENCE => {
                bail!("the node is not ready after {} s ({error:#}): {}", PATIENCE.as_secs(), tail(log));
            }
            Err(_) => {}
        }
        // Short, because the time until a node is ready is also measured by this.
        thread::sleep(Duration::from_millis(1));
    }
}

/// The end of a log in one line.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join(" / ")
}

/// A port that is free together with the next one, which the controller takes. Below the range from which the system
/// gives ports to outgoing connections, so that none of the clients takes it while the node is down.
fn free_port() -> Result<u16> {
    let start = std::process::id() % 5_000;
    (0..5_000)
        .map(|step| 20_000 + 2 * ((start + 7 * step) % 5_000) as u16)
        .find(|&port| [port, port + 1].iter().all(|&port| TcpListener::bind(("127.0.0.1", port)).is_ok()))
        .context("no free pair of ports from 20000 to 29999")
}
