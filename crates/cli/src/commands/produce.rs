//! `milena produce`: each line of standard input or of a file becomes a record.
//!
//! Lines are read on a thread of their own, because a read from a terminal cannot be interrupted. What has come is
//! sent as soon as nothing more comes for a moment, so that a record typed by hand leaves at once and a file goes in
//! large batches.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    ops::Range,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use client::producer::{Acks, Delivery, NewRecord, Producer, ProducerOptions};
use protocol::{
    records::{Compression, CompressionType},
    types::{Offset, TopicPartition},
};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::config::Assignment;
use crate::{
    context::{Context, Shared},
    text,
};

/// How long to wait for another line before sending.
const LINGER: Duration = Duration::from_millis(5);
/// How many chunks of lines may wait to be sent.
const CHUNKS: usize = 16;
/// How much is read at once.
const BUFFER_SIZE: usize = 64 * 1024;
/// How many lines travel together at most.
const CHUNK_LINES: usize = 1000;

/// Write lines to a topic, each as a record
#[derive(Debug, Args)]
#[command(after_help = concat!("Examples:
  echo 'hello' | milena produce orders
  milena produce orders --key-separator : < orders.txt
  milena produce orders lines.txt --compression zstd --header source=import

", "Exit codes:
  0  all records are written
  1  refused or failed; records before the failure may have been written
  2  the command line is wrong
  3  no broker could be reached"))]
pub(crate) struct Produce {
    #[command(flatten)]
    pub(crate) shared: Shared,
    /// The topic; made if it is not there and the cluster allows that
    topic: String,
    /// A file instead of standard input
    file: Option<PathBuf>,
    /// What stands between key and value in each line; without it lines have no key
    #[arg(short, long, value_name = "TEXT")]
    key_separator: Option<String>,
    /// A header for every record; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME=VALUE")]
    headers: Vec<Assignment>,
    /// The partition; else the key decides, as in Java's client, and without keys all are used in turn
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// Who must have a record before it counts as written
    #[arg(short, long, value_name = "ACKS", default_value = "all")]
    acks: AcksArg,
    /// How batches are compressed
    #[arg(short = 'z', long, value_name = "CODEC", default_value = "none", value_parser = codec)]
    compression: CompressionType,
    /// Do not number records; a retry may then write one twice
    #[arg(long)]
    no_idempotence: bool,
    /// Say nothing when all is well
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AcksArg {
    /// All in-sync replicas
    All,
    /// The leader
    #[value(name = "1")]
    One,
    /// Nobody
    #[value(name = "0")]
    None,
}

fn codec(name: &str) -> Result<CompressionType, String> {
    CompressionType::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = CompressionType::ALL.iter().map(|codec| codec.name()).collect();
        format!("the codecs are {}", names.join(", "))
    })
}

/// Reads, sends, and says what was written.
pub(crate) async fn run(context: &mut Context, command: &Produce) -> Result<()> {
    let input = open(command)?;
    let acks = match command.acks {
        AcksArg::All => Acks::All,
        AcksArg::One => Acks::Leader,
        AcksArg::None => Acks::None,
    };
    let cluster = context.cluster().await?;
    let options = ProducerOptions {
        acks,
        compression: Compression::of(command.compression),
        idempotent: acks == Acks::All && !command.no_idempotence,
        delivery_timeout: cluster.options().retry_for,
        ..ProducerOptions::default()
    };
    let mut producer = Producer::new(cluster, options).await?;
    let mut written = Written::default();
    let (sender, mut chunks) = mpsc::channel(CHUNKS);
    std::thread::spawn(move || read_lines(input, &sender));
    let mut line_number = 0u64;
    loop {
        let chunk = match timeout(LINGER, chunks.recv()).await {
            Ok(chunk) => chunk,
            Err(_) => {
                written.add(producer.flush().await?);
                chunks.recv().await
            }
        };
        let Some(chunk) = chunk else { break };
        for line in chunk.context("cannot read the records")? {
            line_number += 1;
            let record = record(command, line).map_err(|problem| anyhow!("line {line_number}: {problem}"));
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    // What came before it is not lost for it.
                    producer.flush().await?;
                    return Err(error);
                }
            };
            producer.send(&command.topic, command.partition, &record).await?;
        }
    }
    written.add(producer.flush().await?);
    if command.quiet { Ok(()) } else { written.show(context, &command.topic) }
}

/// Where lines come from.
type Input = BufReader<Box<dyn Read + Send>>;

fn open(command: &Produce) -> Result<Input> {
    match &command.file {
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            if file.metadata()?.is_dir() {
                bail!("{} is a directory", path.display());
            }
            Ok(BufReader::with_capacity(BUFFER_SIZE, Box::new(file)))
        }
        None => {
            let stdin = io::stdin();
            if stdin.is_terminal() && !command.quiet {
                eprintln!("Each line becomes a record. Ctrl-D ends.");
            }
            Ok(BufReader::with_capacity(BUFFER_SIZE, Box::new(stdin)))
        }
    }
}

/// Sends lines without their ends; those that are there at once together.
fn read_lines(mut input: Input, chunks: &mpsc::Sender<io::Result<Vec<Vec<u8>>>>) {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {
                if line.last() == Some(&b'\n') {
                    line.pop();
                }
                lines.push(line);
            }
            Err(error) => {
                let _ = chunks.blocking_send(Ok(lines));
                let _ = chunks.blocking_send(Err(error));
                return;
            }
        }
        // Another whole line in the buffer can be had without waiting.
        let more = lines.len() < CHUNK_LINES && input.buffer().contains(&b'\n');
        if !more && chunks.blocking_send(Ok(std::mem::take(&mut lines))).is_err() {
            return;
        }
    }
    let _ = chunks.blocking_send(Ok(lines));
}

/// A line as a record.
fn record(command: &Produce, line: Vec<u8>) -> Result<NewRecord, String> {
    let headers = command.headers.iter().map(|h| (h.name.clone(), Some(h.value.clone().into_bytes()))).collect();
    let (key, value) = match &command.key_separator {
        None => (None, line),
        Some(separator) => {
            let at = find(&line, separator.as_bytes())
                .ok_or_else(|| format!("there is no key separator '{separator}' in it"))?;
            (Some(line[..at].to_vec()), line[at + separator.len()..].to_vec())
        }
    };
    Ok(NewRecord { key, value: Some(value), headers, timestamp: None })
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    if pattern.is_empty() {
        return Some(0);
    }
    text.windows(pattern.len()).position(|window| window == pattern)
}

/// What went where.
#[derive(Default)]
struct Written {
    count: i64,
    partitions: BTreeMap<TopicPartition, (i64, Option<Range<Offset>>)>,
}

impl Written {
    fn add(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            let (count, offsets) = self.partitions.entry(delivery.partition).or_default();
            *count += i64::from(delivery.count);
            self.count += i64::from(delivery.count);
            *offsets = match (offsets.take(), delivery.offsets) {
                (Some(before), Some(now)) => Some(before.start..now.end),
                (before, now) => before.or(now),
            };
        }
    }

    fn show(&self, context: &mut Context, topic: &str) -> Result<()> {
        if context.out.is_json() {
            let partitions: Vec<_> = self
                .partitions
                .iter()
                .map(|(partition, (count, offsets))| {
                    json!({
                        "partition": partition.partition,
                        "records": count,
                        "first_offset": offsets.as_ref().map(|o| o.start.0),
                        "last_offset": offsets.as_ref().map(|o| o.end.0 - 1),
                    })
                })
                .collect();
            let value = json!({ "topic": topic, "records": self.count, "partitions": partitions });
            return Ok(context.out.json(&value)?);
        }
        let records = text::counted(self.count, "record");
        let mut places: Vec<String> = Vec::new();
        for (partition, (_, offsets)) in &self.partitions {
            places.push(match offsets {
                None => format!("partition {}", partition.partition),
                Some(o) if o.end.0 - o.start.0 == 1 => format!("partition {} offset {}", partition.partition, o.start),
                Some(o) => format!("partition {} offsets {}-{}", partition.partition, o.start, o.end.0 - 1),
            });
        }
        const PLACES_MAX: usize = 4;
        let places = match places.len() {
            0 => String::new(),
            1..=PLACES_MAX => format!(": {}", places.join(", ")),
            more => format!(" ({more} partitions)"),
        };
        Ok(context.out.line(format!("Wrote {records} to {topic}{places}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_the_first_separator() {
        assert_eq!(find(b"a::b::c", b"::"), Some(1));
        assert_eq!(find(b"abc", b":"), None);
        assert_eq!(find(b"", b":"), None);
    }

    #[test]
    fn lines_keep_everything_but_their_ends() {
        let (sender, mut chunks) = mpsc::channel(CHUNKS);
        let input = b"a\n\nb\r\n\xff".to_vec();
        let input: Input = BufReader::new(Box::new(io::Cursor::new(input)));
        std::thread::spawn(move || read_lines(input, &sender)).join().unwrap();
        let mut lines = Vec::new();
        while let Ok(chunk) = chunks.try_recv() {
            lines.extend(chunk.unwrap());
        }
        assert_eq!(lines, [&b"a"[..], b"", b"b\r", b"\xff"]);
    }
}
