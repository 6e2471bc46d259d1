//! `cargo xtask test`: the one test command.
//!
//! Steps run in turn, each in its own process, and all of them even when one has failed: a person wants to know
//! everything that is wrong. What is counted: each Rust test, each cell of the table of foreign clients, each other
//! judge, and each step that has nothing finer to count (formatting, lints, builds).
//!
//! The foreign clients leave their outcomes in a file, one line to a cell: `client TAB feature TAB outcome TAB detail`,
//! where the outcome is `ok`, `fail`, `n/a` (the client does not offer it) or `left-out` (a toolchain is missing).

mod rust;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{cargo, conformance, root};

#[derive(Debug, clap::Args)]
#[command(after_help = "Steps: fmt, lint, rust, build, clients. With --only, a name that is no step is a client or a \
                        judge\n(kcat, confluent-kafka, kafka-python, kafkajs, kafka-go, java, kafka-tools, dump-log, \
                        kill-9, directories, power-cut, wire).\n\nExamples:\n  cargo xtask test --quick\n  cargo xtask test --only fmt,lint\n  \
                        cargo xtask test --only kafkajs\n  cargo xtask test --against kafka")]
pub(crate) struct Options {
    /// Leave foreign clients and judges out.
    #[arg(long)]
    quick: bool,
    /// What the foreign clients meet. `kafka` runs nothing else, and renews docs/clients-kafka.tsv.
    #[arg(long, value_enum, default_value_t = Against::Milena)]
    against: Against,
    /// Only these steps, clients or judges, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// How often the power-cut judge cuts the power, on each file system.
    #[arg(long, default_value_t = 50, value_name = "N")]
    power_cuts: u32,
    /// How often the kill -9 judge kills the node.
    #[arg(long, default_value_t = 5, value_name = "N")]
    kill_cycles: u32,
    /// Where the random values of the judge `wire` begin; what fails names it.
    #[arg(long, default_value_t = 4, value_name = "N")]
    wire_seed: u64,
    /// How many values the judge `wire` tries.
    #[arg(long, default_value_t = 30_000, value_name = "N")]
    wire_values: u32,
    /// Only the values of this message.
    #[arg(long, value_name = "NAME")]
    wire_message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Against {
    Milena,
    Kafka,
}

const STEPS: [&str; 5] = ["fmt", "lint", "rust", "build", "clients"];

/// What has been counted so far.
#[derive(Debug, Default)]
struct Count {
    passed: usize,
    failed: usize,
    /// What failed, for the summary.
    failures: Vec<String>,
    /// Judges that could not be asked, and why.
    left_out: Vec<String>,
    times: Vec<(String, Duration)>,
}

impl Count {
    fn add(&mut self, what: impl Into<String>, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(what.into());
        }
    }

    fn timed<T>(&mut self, name: &str, step: impl FnOnce(&mut Count) -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        io::stdout().flush()?;
        let begin = Instant::now();
        let result = step(self);
        println!("-- {name}: {:.0} s", begin.elapsed().as_secs_f64());
        self.times.push((name.to_owned(), begin.elapsed()));
        result
    }

    fn command(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.timed(name, |count| {
            let status = command.status().with_context(|| format!("starting {command:?}"))?;
            count.add(name, status.success());
            Ok(())
        })
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let judges: Vec<&str> = options.only.iter().map(String::as_str).filter(|name| !STEPS.contains(name)).collect();
    let wanted = |step: &str| match step {
        "clients" if options.quick => false,
        _ if options.against == Against::Kafka => step == "clients",
        "build" | "clients" if !judges.is_empty() => true,
        _ => options.only.is_empty() || options.only.iter().any(|name| name == step),
    };
    let mut count = Count::default();
    if wanted("fmt") {
        count.command("fmt", cargo().args(["fmt", "--check"]))?;
    }
    if wanted("lint") {
        let clippy = ["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"];
        count.command("lint", cargo().args(clippy))?;
    }
    if wanted("rust") {
        count.timed("rust", rust::run)?;
    }
    let binary = target_directory()?.join("release/milena");
    if wanted("build") {
        count.command("build", cargo().args(["build", "-q", "--release"]))?;
    }
    if wanted("clients") {
        count.timed("clients", |count| clients(options, &judges, &binary, count))?;
    }
    finish(count)
}

/// Where cargo builds.
fn target_directory() -> Result<PathBuf> {
    let out = cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let text = String::from_utf8(out.stdout)?;
    // One field of a big document: not worth a parser of JSON. Cargo escapes only what no sane path holds.
    let directory = text.split("\"target_directory\":\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(PathBuf::from(directory.context("cargo metadata names no target directory")?))
}

fn clients(options: &Options, judges: &[&str], binary: &Path, count: &mut Count) -> Result<()> {
    let results = binary.with_file_name("client-results.tsv");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    fs::create_dir_all(results.parent().context("no target directory")?)?;
    let column = root().join("docs/clients-kafka.tsv");
    let mut runner = conformance();
    runner.args(["run", "--results"]).arg(&results).arg("--kafka-column").arg(&column);
    runner.args(["--kill-cycles", &options.kill_cycles.to_string()]);
    runner.args(["--power-cuts", &options.power_cuts.to_string()]);
    runner.args(["--wire-seed", &options.wire_seed.to_string(), "--wire-values", &options.wire_values.to_string()]);
    if let Some(message) = &options.wire_message {
        runner.args(["--wire-message", message]);
    }
    match options.against {
        Against::Milena if !binary.exists() => bail!("{} is missing: the build failed", binary.display()),
        Against::Milena => runner.arg("--milena").arg(binary),
        Against::Kafka => runner.arg("--against-kafka"),
    };
    if !judges.is_empty() {
        runner.args(["--only", &judges.join(",")]);
    }
    let status: ExitStatus = runner.status().context("starting the clients")?;
    let text = fs::read_to_string(&results).unwrap_or_default();
    let failed_before = count.failed;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [client, feature, outcome, detail] = fields[..] else { bail!("odd line in the results: {line}") };
        match outcome {
            "ok" => count.add("", true),
            "fail" => count.add(format!("{client}: {feature}: {detail}"), false),
            "left-out" => count.left_out.push(format!("{client}: {detail}")),
            _ => {}
        }
    }
    // The runner fails when a cell fails. When no cell did, it broke itself.
    if !status.success() && count.failed == failed_before {
        count.add(format!("the runner of the clients: {status}"), false);
    }
    Ok(())
}

fn finish(mut count: Count) -> Result<ExitCode> {
    println!("\n== summary");
    for (name, time) in &count.times {
        println!("{name:<8} {:>5.0} s", time.as_secs_f64());
    }
    if !count.left_out.is_empty() {
        println!("left out:");
        for judge in &count.left_out {
            println!("  {judge}");
        }
    }
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        for judge in std::mem::take(&mut count.left_out) {
            count.add(format!("left out, which CI may not: {judge}"), false);
        }
    }
    if !count.failures.is_empty() {
        println!("failed:");
        for failure in &count.failures {
            println!("  {failure}");
        }
    }
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(ExitCode::from(u8::from(count.failed > 0)))
}
