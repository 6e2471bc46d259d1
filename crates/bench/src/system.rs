//! A broker under test.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use conformance::node::{Node, Product};

use crate::wire::Target;

/// How to start a broker, with an empty directory each time.
#[derive(Debug)]
pub(crate) struct Launch {
    /// What it is called in tables.
    pub(crate) name: &'static str,
    product: Product,
    home: PathBuf,
    count: u32,
}

impl Launch {
    /// A broker whose directories will be made in `home`.
    pub(crate) fn new(name: &'static str, product: Product, home: &Path) -> Self {
        Self { name, product, home: home.join(name.replace(' ', "-")), count: 0 }
    }

    /// A node with a fresh directory, formatted where that is needed, not started.
    pub(crate) fn fresh(&mut self) -> Result<Node> {
        self.count += 1;
        Node::new(self.product.clone(), &self.home.join(self.count.to_string()))
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
    _node: Option<Node>,
}

impl System {
    /// Starts a broker with a fresh directory.
    pub(crate) fn start(launch: &mut Launch) -> Result<Self> {
        let mut node = launch.fresh()?;
        start(&mut node).with_context(|| format!("starting {}", launch.name))?;
        Self::of(launch.name, node)
    }

    /// A node that was started.
    pub(crate) fn of(name: &str, node: Node) -> Result<Self> {
        let pid = node.pid().context("the node does not run")?;
        let target = Target::ask(&node.address())?;
        Ok(Self { name: name.to_owned(), target, pid, _node: Some(node) })
    }

    /// A broker that somebody else started.
    pub(crate) fn running(address: &str, pid: u32) -> Result<Self> {
        Ok(Self { name: address.to_owned(), target: Target::ask(address)?, pid, _node: None })
    }
}

/// Starts a node and gives the time from its start to its first answer that lists a broker.
pub(crate) fn start(node: &mut Node) -> Result<Duration> {
    node.start()
}
