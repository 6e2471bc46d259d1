//! A broker under test.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use conformance::node::{Node, Product};

use crate::wire::Target;

/// How to start a broker, with an empty directory each time.
#[derive(Debug)]
pub(crate) struct Launch {
    /// What it is called in tables.
    pub(crate) name: String,
    product: Product,
    home: PathBuf,
    count: u32,
}

impl Launch {
    /// A broker whose directories will be made in `home`.
    pub(crate) fn new(name: &str, product: Product, home: &Path) -> Self {
        let home = home.join(name.replace([' ', '/'], "-"));
        Self { name: name.to_owned(), product, home, count: 0 }
    }

    /// A node with a fresh directory, formatted where that is needed, not started.
    pub(crate) fn fresh(&mut self) -> Result<Node> {
        self.count += 1;
        Node::new(self.product.clone(), &self.home.join(self.count.to_string()))
    }
}

#[derive(Debug)]
enum Process {
    Node(#[expect(dead_code, reason = "kept for its `Drop`")] Node),
    Floor(Child),
    Foreign,
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::Floor(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A running broker.
#[derive(Debug)]
pub(crate) struct System {
    /// What it is called in tables.
    pub(crate) name: String,
    /// Where it listens, and what it speaks.
    pub(crate) target: Target,
    /// Whose CPU counts.
    pub(crate) pid: u32,
    /// Kept for its `Drop`: the process ends with it.
    _process: Process,
}

impl System {
    /// Starts a broker with a fresh directory.
    pub(crate) fn start(launch: &mut Launch) -> Result<Self> {
        let mut node = launch.fresh()?;
        start(&mut node).with_context(|| format!("starting {}", launch.name))?;
        Self::of(&launch.name, node)
    }

    /// A node that was started.
    pub(crate) fn of(name: &str, node: Node) -> Result<Self> {
        let pid = node.pid().context("the node does not run")?;
        let target = Target::ask(&node.address())?;
        Ok(Self { name: name.to_owned(), target, pid, _process: Process::Node(node) })
    }

    /// Starts the floor, with its files in `home`.
    pub(crate) fn floor(home: &Path) -> Result<Self> {
        let home = home.join("floor");
        fs::create_dir(&home)?;
        let program = std::env::current_exe()?;
        let mut child = Command::new(program).arg("--serve-floor").arg(&home).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let output = child.stdout.take().context("the floor has no output")?;
        let process = Process::Floor(child);
        BufReader::new(output).read_line(&mut address)?;
        let Process::Floor(child) = &process else { unreachable!("just made") };
        let pid = child.id();
        let target = Target::ask(address.trim()).context("the floor does not answer")?;
        Ok(Self { name: "floor".to_owned(), target, pid, _process: process })
    }

    /// A broker that somebody else started.
    pub(crate) fn running(address: &str, pid: u32) -> Result<Self> {
        Ok(Self { name: address.to_owned(), target: Target::ask(address)?, pid, _process: Process::Foreign })
    }
}

/// Starts a node and gives the time from its start to its first answer that lists a broker.
pub(crate) fn start(node: &mut Node) -> Result<Duration> {
    node.start()
}
