//! Does Milena speak Kafka's formats as Kafka's own classes do? A Java program (`../../wire`) takes the definitions of
//! all messages, and the classes made of them, out of Apache Kafka's jars, and asks `milena wire` in three ways:
//!
//! - `structure`: does Milena's description of each message say what the definition says? Known differences are listed
//!   in `wire/differences.tsv`, each with its reason; one that is none any more is a failure too.
//! - `bytes`: random values of every message at every version, the edges among them, in both directions.
//! - `framed`: the same with what stands in front of a request or a stored record.
//!
//! Nothing of Kafka's definitions is in the repository: they are read while the judge runs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::clients;
use crate::kafka::Kafka;
use crate::process;

const PATIENCE: Duration = Duration::from_secs(900);

/// What is asked, in the order of the answers.
pub const QUESTIONS: [&str; 3] = ["structure", "bytes", "framed"];

/// Which values are tried.
#[derive(Clone, Debug, clap::Args)]
pub struct Values {
    /// Where the random values of the judge `wire` begin: the same seed gives the same values.
    #[arg(long = "wire-seed", default_value_t = 4, value_name = "N")]
    seed: u64,
    /// How many values it tries, over all messages and versions.
    #[arg(long = "wire-values", default_value_t = 30_000, value_name = "N")]
    count: u32,
    /// Only the values of this message, and nothing but `bytes`.
    #[arg(long = "wire-message", value_name = "NAME")]
    message: Option<String>,
}

impl Values {
    /// How to try the same values again.
    #[must_use]
    pub fn again(&self) -> String {
        let message = self.message.as_ref().map(|name| format!(" --wire-message {name}")).unwrap_or_default();
        format!("cargo xtask test --only wire --wire-seed {} --wire-values {}{message}", self.seed, self.count)
    }
}

/// Asks the binary `milena`; gives each question with what was found or what is wrong.
///
/// # Errors
/// If the program cannot be compiled or does not answer.
pub fn judge(
    kafka: &Kafka,
    milena: &Path,
    values: &Values,
    scratch: &Path,
) -> Result<Vec<(&'static str, Result<String, String>)>> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire");
    let class_path = clients::compile(kafka, &sources, &scratch.join("wire"))?;
    let mut java = Command::new("java");
    java.args(["-XX:+UseSerialGC", "-cp", &class_path, "Wire"]).arg(milena).arg(sources.join("differences.tsv"));
    java.args([values.seed.to_string(), values.count.to_string()]).args(&values.message);
    let output = process::run(&mut java, "", PATIENCE)?;
    let all = scratch.join("wire-failures.txt");
    fs::write(&all, &output.stderr)?;
    let mut verdicts = Vec::new();
    for line in output.stdout.lines() {
        let (question, verdict) = line.split_once('\t').with_context(|| format!("odd line: {line}"))?;
        let question = QUESTIONS.iter().find(|known| **known == question).context("a question nobody asked")?;
        verdicts.push((
            *question,
            match verdict.split_once('\t') {
                Some(("ok", detail)) => Ok(detail.to_owned()),
                _ => Err(format!("{verdict}; all of it is in {}", all.display())),
            },
        ));
    }
    let due = if values.message.is_some() { 1 } else { QUESTIONS.len() };
    ensure!(output.status.success() && verdicts.len() == due, "{}: {}", output.status, output.tail());
    Ok(verdicts)
}
