//! One run: install, start the node, walk the clients through it, restart it in the middle, then ask the judges.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::clients::{self, CLIENTS, Client, Installed, Outcome, Phase, Program, Scene};
use crate::judges::{directories, dump_log, kill_9, power_cut, wire};
use crate::kafka::{self, Kafka};
use crate::node::{Node, Product};
use crate::process;
use crate::table::Table;

/// Clients that walk at the same time. They wait more than they compute, and they must not meet on the node anyway.
const AT_ONCE: usize = 3;

const DUMP_LOG: &str = "dump-log";
const KILL_9: &str = "kill-9";
const DIRECTORIES: &str = "directories";
const POWER_CUT: &str = "power-cut";
const WIRE: &str = "wire";
const JUDGES: [&str; 5] = [DUMP_LOG, KILL_9, DIRECTORIES, POWER_CUT, WIRE];

/// Run the foreign clients and judges against a node.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The binary of Milena to start.
    #[arg(long, required_unless_present = "against_kafka")]
    milena: Option<PathBuf>,
    /// Start Apache Kafka instead, and renew its column.
    #[arg(long)]
    against_kafka: bool,
    /// Only these clients and judges.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often the judge of kill -9 kills; 0 leaves it out.
    #[arg(long, default_value_t = 5)]
    kill_cycles: u32,
    /// How often the judge of power cuts cuts, on each file system; 0 leaves it out.
    #[arg(long, default_value_t = 50)]
    power_cuts: u32,
    #[command(flatten)]
    wire: wire::Values,
    /// Where the outcomes go.
    #[arg(long)]
    results: PathBuf,
    /// Apache Kafka's column of the table.
    #[arg(long)]
    kafka_column: PathBuf,
}

impl Options {
    /// Carries the run out; true if every cell that was asked holds.
    ///
    /// # Errors
    /// What kept the run from its end; a cell that fails is none.
    pub fn run(&self) -> Result<bool> {
        for name in &self.only {
            let known = CLIENTS.iter().map(|client| client.name).chain(JUDGES);
            ensure!(
                known.clone().any(|known| known == name),
                "{name} is none of {}",
                known.collect::<Vec<_>>().join(" ")
            );
        }
        let folder = tempfile::Builder::new().prefix("milena-conformance-").tempdir()?;
        let mut table = Table::default();
        let done = self.ask(folder.path(), &mut table);
        if done.is_err() || !table.all_hold() {
            println!("the node's directory and log are kept: {}", folder.keep().display());
        }
        done?;
        table.save(&self.results)?;
        println!("\n{}", table.render());
        if self.against_kafka {
            table.save_column(&self.kafka_column)?;
            println!("Apache Kafka's column is renewed: {}", self.kafka_column.display());
        } else {
            for part in table.against_column(&self.kafka_column)? {
                println!("{part}");
            }
        }
        Ok(table.all_hold())
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    fn product(&self) -> Result<Product> {
        match (&self.milena, self.against_kafka) {
            (Some(binary), false) => Ok(Product::Milena(binary.clone())),
            _ => match clients::java()? {
                Ok(kafka) => Ok(Product::Kafka(kafka)),
                Err(missing) => bail!("Apache Kafka needs {missing}, which is not on this machine"),
            },
        }
    }

    fn ask(&self, folder: &Path, table: &mut Table) -> Result<()> {
        let product = self.product()?;
        let mut ready: Vec<(&Client, Program)> = Vec::new();
        for client in CLIENTS.iter().filter(|client| self.wants(client.name)) {
            match client.install(folder)? {
                Installed::Ready(program) => ready.push((client, program)),
                Installed::Without(missing) => table.leave_out(client.name, &missing),
            }
        }
        let mut judges = Vec::new();
        if self.wants(DUMP_LOG) {
            judges.push(DUMP_LOG);
        }
        if self.wants(KILL_9) && self.kill_cycles > 0 {
            judges.push(KILL_9);
        }
        if self.wants(DIRECTORIES) && !self.against_kafka {
            judges.push(DIRECTORIES);
        }
        // What it asks is the binary, not a node.
        if self.wants(WIRE) && self.milena.is_some() {
            judges.push(WIRE);
        }
        let kafka = match clients::java()? {
            _ if judges.is_empty() => None,
            Ok(kafka) => Some(kafka),
            Err(missing) => {
                judges.iter().for_each(|judge| table.leave_out(judge, missing));
                None
            }
        };
        if let (Some(kafka), Some(milena)) = (kafka.as_ref().filter(|_| judges.contains(&WIRE)), &self.milena) {
            self.wire(kafka, milena, folder, table)?;
        }
        if !ready.is_empty() {
            let mut node = Node::new(product.clone(), &folder.join("node"))?;
            println!("ready after {:.2} s", node.start()?.as_secs_f64());
            walk(&ready, &node, Phase::Before, table);
            println!("stopped after {:.2} s", node.stop()?.as_secs_f64());
            println!("ready again after {:.2} s", node.start()?.as_secs_f64());
            walk(&ready, &node, Phase::After, table);
            println!("stopped after {:.2} s", node.stop()?.as_secs_f64());
            if let Some(kafka) = kafka.as_ref().filter(|_| judges.contains(&DUMP_LOG)) {
                dump(kafka, &node, "after the clients", table);
            }
        }
        if let Some(kafka) = kafka.as_ref().filter(|_| judges.contains(&DIRECTORIES)) {
            for release in [kafka::VERSION, kafka::BEFORE_4] {
                let begin = Instant::now();
                let home = folder.join(format!("{DIRECTORIES}-{release}"));
                let verdict = clients::compile_java(kafka, folder).and_then(|class_path| {
                    directories::judge(&class_path, Kafka::fetch_release(release)?, kafka, product.clone(), &home)
                });
                judged(DIRECTORIES, &format!("of {release}, both ways"), begin, verdict, table);
            }
        }
        if let Some(kafka) = kafka.filter(|_| judges.contains(&KILL_9)) {
            self.kill(&kafka, product, folder, table)?;
        }
        if let Some(binary) = self.milena.as_ref().filter(|_| self.wants(POWER_CUT) && self.power_cuts > 0) {
            self.cut_power(binary, table)?;
        }
        Ok(())
    }

    fn cut_power(&self, binary: &Path, table: &mut Table) -> Result<()> {
        let Some(python) = clients::python()? else {
            table.leave_out(POWER_CUT, clients::NO_PYTHON);
            return Ok(());
        };
        for (file_system, package) in [("ext4", "e2fsprogs"), ("xfs", "xfsprogs")] {
            if !process::there_is(&format!("mkfs.{file_system}"), &["-V"])
                && let Some(missing) = clients::install_package(package)?
            {
                table.leave_out(POWER_CUT, &missing);
                continue;
            }
            let begin = Instant::now();
            let verdict = match power_cut::judge(&python, binary, file_system, self.power_cuts) {
                // No installation gives a machine what its keeper does not allow it.
                Ok(Err(missing)) => {
                    println!("{POWER_CUT}, {file_system}: cannot be judged on this machine: {missing}");
                    table.add(POWER_CUT, &format!("kept on {file_system}"), Outcome::NotOffered(missing));
                    continue;
                }
                Ok(Ok(detail)) => Ok(detail),
                Err(error) => Err(error),
            };
            judged(POWER_CUT, &format!("kept on {file_system}"), begin, verdict, table);
        }
        Ok(())
    }

    fn wire(&self, kafka: &Kafka, milena: &Path, folder: &Path, table: &mut Table) -> Result<()> {
        let begin = Instant::now();
        let verdicts = wire::judge(kafka, milena, &self.wire, folder)?;
        if verdicts.iter().any(|(_, verdict)| verdict.is_err()) {
            println!("the same values again: {}", self.wire.again());
        }
        for (question, verdict) in verdicts {
            judged(WIRE, question, begin, verdict.map_err(anyhow::Error::msg), table);
        }
        Ok(())
    }

    fn kill(&self, kafka: &Kafka, product: Product, folder: &Path, table: &mut Table) -> Result<()> {
        let class_path = clients::compile_java(kafka, folder)?;
        let mut node = Node::new(product, &folder.join(KILL_9))?;
        node.start()?;
        let begin = Instant::now();
        let verdict = kill_9::judge(&class_path, &mut node, self.kill_cycles);
        judged(KILL_9, "kept, once, in order", begin, verdict, table);
        node.stop()?;
        if self.wants(DUMP_LOG) {
            dump(kafka, &node, "after the kills", table);
        }
        Ok(())
    }
}

fn dump(kafka: &Kafka, node: &Node, question: &str, table: &mut Table) {
    let begin = Instant::now();
    let verdict = dump_log::judge(kafka, &node.data()).map(|files| format!("{files} files read"));
    judged(DUMP_LOG, question, begin, verdict, table);
}

fn judged(judge: &str, question: &str, begin: Instant, verdict: Result<String>, table: &mut Table) {
    let seconds = begin.elapsed().as_secs_f64();
    let outcome = match verdict {
        Ok(detail) => {
            println!("{judge}, {question}: {detail} ({seconds:.0} s)");
            Outcome::Ok
        }
        Err(error) => {
            println!("{judge}, {question}: FAIL {error:#} ({seconds:.0} s)");
            Outcome::Fail(format!("{error:#}"))
        }
    };
    table.add(judge, question, outcome);
}

/// Walks all clients through a phase, several at once.
fn walk(clients: &[(&Client, Program)], node: &Node, phase: Phase, table: &mut Table) {
    let queue: Mutex<VecDeque<&(&Client, Program)>> = Mutex::new(clients.iter().collect());
    let table = Mutex::new(table);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((client, program)) = next() {
                    walk_one(client, program, node, phase, &table);
                }
            });
        }
    });
}

fn walk_one(client: &Client, program: &Program, node: &Node, phase: Phase, table: &Mutex<&mut Table>) {
    let scene = Scene { bootstrap: node.address(), prefix: format!("{}-", client.name) };
    let begin = Instant::now();
    let mut held = 0;
    client.walk(program, &scene, phase, &mut |feature, outcome| {
        match &outcome {
            Outcome::Fail(why) => println!("{:<16} {feature}: FAIL {why}", client.name),
            Outcome::Ok => held += 1,
            Outcome::NotOffered(_) => {}
        }
        table.lock().unwrap_or_else(PoisonError::into_inner).add(client.name, feature, outcome);
    });
    let when = if phase == Phase::Before { "" } else { " after the restart" };
    println!("{:<16} {held} features hold{when} ({:.0} s)", client.name, begin.elapsed().as_secs_f64());
}
