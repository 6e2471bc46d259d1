//! `milena dump-log`: what the files of a log directory hold, in the way of Kafka's DumpLogSegments.
//!
//! Batches and records are printed in the words of Kafka's tool, so that whoever knows its output can read this one.
//! Each file is also checked: checksums, rising offsets, records that can be read, index entries that point at what
//! they should. What is wrong stands in a line that begins with `PROBLEM`, and makes the exit code 1.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

mod batches;
mod files;
mod payload;

use crate::{
    context::{Out, OutputKind},
    failure::Usage,
    text,
};
use batches::Batches;
use payload::Decoder;

/// Print and check the files of a log directory
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  milena dump-log milena-data/orders-0/00000000000000000000.log
  milena dump-log milena-data/orders-0/*.log --records
  milena dump-log milena-data/orders-0/*.index milena-data/orders-0/*.timeindex
  milena dump-log milena-data/__cluster_metadata-0/*.log milena-data/bootstrap.checkpoint

Files: .log, .index, .timeindex, .txnindex, .snapshot (producers), .checkpoint (snapshots of the metadata).
An index is checked against the .log beside it. With --output json each line is an object.

Exit codes:
  0  all files are sound
  1  a file cannot be read, or has problems; each stands in a line beginning with PROBLEM
  2  the command line is wrong")]
pub(crate) struct DumpLog {
    /// The files
    #[arg(required_unless_present = "listed", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The files in a list, as Kafka's tool has them
    #[arg(long = "files", value_delimiter = ',', value_name = "FILE,...")]
    listed: Vec<PathBuf>,
    /// The records too, and not only the batches; always so where a decoder is used
    #[arg(short, long, alias = "print-data-log")]
    records: bool,
    /// What the records mean; by the directory's name unless given
    #[arg(long, value_name = "KIND", default_value = "auto")]
    decoder: DecoderArg,
    /// As --decoder metadata
    #[arg(long, conflicts_with_all = ["decoder", "offsets_decoder"])]
    cluster_metadata_decoder: bool,
    /// As --decoder offsets
    #[arg(long, conflicts_with = "decoder")]
    offsets_decoder: bool,
    #[command(flatten)]
    pub(crate) output: OutputKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DecoderArg {
    /// By the name of the directory
    Auto,
    /// Bytes
    None,
    /// Metadata records, as in __cluster_metadata
    Metadata,
    /// Groups and their offsets, as in __consumer_offsets
    Offsets,
}

/// Prints lines, and counts what is wrong.
struct Printer {
    out: Out,
    problems: i64,
}

impl Printer {
    /// Prints `text`, or `object` if JSON is wanted.
    fn line(&mut self, text: impl FnOnce() -> String, object: impl FnOnce() -> Value) -> Result<()> {
        Ok(if self.out.is_json() { self.out.line(object().to_string()) } else { self.out.line(text()) }?)
    }

    /// Says what is wrong.
    fn problem(&mut self, problem: &str) -> Result<()> {
        self.problems += 1;
        self.line(|| format!("PROBLEM {problem}"), || json!({ "problem": problem }))
    }
}

/// Prints the files.
pub(crate) fn run(command: &DumpLog) -> Result<()> {
    let mut printer = Printer { out: Out::new(command.output.is_json()), problems: 0 };
    let result = command.files.iter().chain(&command.listed).try_for_each(|path| dump(&mut printer, command, path));
    printer.out.flush()?;
    result?;
    match printer.problems {
        0 => Ok(()),
        problems => bail!("{} found", text::counted(problems, "problem")),
    }
}

fn dump(printer: &mut Printer, command: &DumpLog, path: &Path) -> Result<()> {
    let about = || format!("cannot read {}", path.display());
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    printer.line(|| format!("Dumping {}", path.display()), || json!({ "file": path.display().to_string() }))?;
    match extension {
        "log" | "checkpoint" => {
            let file = File::open(path).with_context(about)?;
            let size = file.metadata().with_context(about)?.len();
            let decoder = decoder(command.decoder(), path);
            let records = command.records || decoder != Decoder::Bytes;
            let mut batches = Batches::new(BufReader::with_capacity(1 << 20, file), size);
            batches::dump(printer, &mut batches, decoder, records).with_context(about)
        }
        "index" => files::offset_index(printer, path, &fs::read(path).with_context(about)?),
        "timeindex" => files::time_index(printer, path, &fs::read(path).with_context(about)?),
        "txnindex" => files::transaction_index(printer, path, &fs::read(path).with_context(about)?),
        "snapshot" => files::producer_snapshot(printer, &fs::read(path).with_context(about)?),
        _ => {
            let known = ".log, .index, .timeindex, .txnindex, .snapshot and .checkpoint";
            Err(Usage(format!("{} is none of {known}", path.display())).into())
        }
    }
}

impl DumpLog {
    fn decoder(&self) -> DecoderArg {
        match (self.cluster_metadata_decoder, self.offsets_decoder) {
            (true, _) => DecoderArg::Metadata,
            (_, true) => DecoderArg::Offsets,
            _ => self.decoder,
        }
    }
}

fn decoder(wanted: DecoderArg, path: &Path) -> Decoder {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let directory = absolute.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let directory = directory.unwrap_or_default();
    let is_metadata = path.extension().is_some_and(|extension| extension == "checkpoint");
    match wanted {
        DecoderArg::None => Decoder::Bytes,
        DecoderArg::Metadata => Decoder::Metadata,
        DecoderArg::Offsets => Decoder::Offsets,
        DecoderArg::Auto if is_metadata || directory.starts_with("__cluster_metadata-") => Decoder::Metadata,
        DecoderArg::Auto if directory.starts_with("__consumer_offsets-") => Decoder::Offsets,
        DecoderArg::Auto => Decoder::Bytes,
    }
}
