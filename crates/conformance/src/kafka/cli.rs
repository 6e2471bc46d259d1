//! `cargo xtask kafka`: Apache Kafka from the command line.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use super::{Kafka, PROGRAMS, VERSION};
use crate::{node, process};

/// Apache Kafka 4.3.1 at hand: fetch it, run a node of it, run its programs.
///
/// Needs Java 17 and Maven. Everything is kept in `$XDG_CACHE_HOME/milena/kafka-4.3.1` (or `~/.cache/…`), nothing in
/// the repository.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Fetch Apache Kafka from Maven Central (the other commands do it when needed).
    Fetch,
    /// Start a node, broker and controller in one, in the background, and wait until it is ready.
    ///
    /// The first start on a port formats a directory for it; later ones find their topics again.
    #[command(after_help = "Examples:\n  cargo xtask kafka start\n  cargo xtask kafka start --port 9292 --clean \
                            --set num.partitions=6")]
    Start {
        /// Where clients connect, on 127.0.0.1; the controller takes the next port.
        #[arg(long, default_value_t = 9192)]
        port: u16,
        /// Begin with an empty directory.
        #[arg(long)]
        clean: bool,
        /// A broker setting, as in server.properties; may be repeated.
        #[arg(long = "set", value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// Stop a node, and wait until it has ended.
    Stop {
        /// The port it was started with.
        #[arg(long, default_value_t = 9192)]
        port: u16,
        /// Remove its directory too.
        #[arg(long)]
        clean: bool,
    },
    /// List the nodes that were started, and whether they run.
    Status,
    /// Run one of Kafka's programs: by the name of its script, or by class.
    #[command(after_help = "Examples:\n  cargo xtask kafka run topics --bootstrap-server localhost:9092 --list\n  \
                            cargo xtask kafka run org.apache.kafka.tools.JmxTool --help\n\n\
                            Without arguments it lists the names it knows.")]
    Run {
        /// The program's name and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROGRAM ARGS")]
        command: Vec<String>,
    },
}

impl Action {
    /// Carries the command out, and gives the exit code.
    ///
    /// # Errors
    /// What kept it from being carried out.
    pub fn run(self) -> Result<u8> {
        if let Some(missing) = Kafka::missing() {
            bail!("Apache Kafka needs {missing}, which is not on this machine");
        }
        match self {
            Action::Fetch => {
                let kafka = Kafka::fetch()?;
                println!("Apache Kafka {VERSION} is in {}", kafka.folder().display());
            }
            Action::Start { port, clean, set } => start(port, clean, &set)?,
            Action::Stop { port, clean } => stop(&home(port)?, clean)?,
            Action::Status => status()?,
            Action::Run { command } => return run(&command),
        }
        Ok(0)
    }
}

fn nodes() -> Result<PathBuf> {
    Ok(crate::cache::root()?.join("kafka-nodes"))
}

fn home(port: u16) -> Result<PathBuf> {
    Ok(nodes()?.join(port.to_string()))
}

fn start(port: u16, clean: bool, set: &[String]) -> Result<()> {
    let kafka = Kafka::fetch()?;
    let home = home(port)?;
    if let Some(pid) = running(&home) {
        bail!("a node runs on port {port} already (process {pid}); stop it first");
    }
    if clean && home.exists() {
        fs::remove_dir_all(&home)?;
    }
    kafka.format(&home, port, set)?;
    let log = home.join("node.log");
    let begin = Instant::now();
    // The node outlives this command: in a group of its own, Ctrl-C in the terminal does not reach it.
    let mut child = kafka.node(&home, &log)?.process_group(0).spawn().context("starting java")?;
    fs::write(home.join("pid"), child.id().to_string())?;
    let address = format!("127.0.0.1:{port}");
    if let Err(error) = node::wait_ready(&address, &mut child, &log) {
        let _ = child.kill();
        return Err(error);
    }
    println!("Apache Kafka {VERSION} listens on {address}, ready after {:.1} s", begin.elapsed().as_secs_f64());
    println!("  data  {}", home.join("data").display());
    println!("  log   {}", log.display());
    println!("  stop  cargo xtask kafka stop --port {port}");
    Ok(())
}

fn stop(home: &Path, clean: bool) -> Result<()> {
    match running(home) {
        Some(pid) => {
            process::send_term(pid)?;
            let begin = Instant::now();
            while running(home).is_some() {
                if begin.elapsed() > Duration::from_secs(60) {
                    bail!("process {pid} still runs 60 s after SIGTERM");
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            println!("stopped after {:.1} s", begin.elapsed().as_secs_f64());
        }
        None => println!("no node runs there"),
    }
    let _ = fs::remove_file(home.join("pid"));
    if clean && home.exists() {
        fs::remove_dir_all(home)?;
    }
    Ok(())
}

fn status() -> Result<()> {
    let folder = nodes()?;
    let mut homes: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?,
        Err(_) => Vec::new(),
    };
    homes.sort();
    if homes.is_empty() {
        println!("no node was started; try: cargo xtask kafka start");
    }
    for home in homes {
        let port = home.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match running(&home) {
            Some(pid) => println!("127.0.0.1:{port}  running, process {pid}, {}", home.display()),
            None => println!("127.0.0.1:{port}  stopped, {}", home.display()),
        }
    }
    Ok(())
}

/// The process of the node that lives in `home`, if it runs. A process id may have been given to another program since.
fn running(home: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(home.join("pid")).ok()?.trim().parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let config = home.join("server.properties");
    let ours = String::from_utf8_lossy(&command).contains(&*config.to_string_lossy());
    ours.then_some(pid)
}

fn run(command: &[String]) -> Result<u8> {
    let Some((program, args)) = command.split_first() else {
        for (name, class) in PROGRAMS {
            println!("{name:<20} {class}");
        }
        return Ok(0);
    };
    let status = Kafka::fetch()?.program(program).args(args).status().context("starting java")?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
