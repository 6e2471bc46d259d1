//! `milena wire`: bytes of Kafka's formats into JSON, and back, without a broker.
//!
//! For whoever stares at a packet capture or a hex dump, and for judges from outside. Messages go by the names of
//! Kafka's definitions, and the JSON is what Apache Kafka's own converters write, with one difference: records are
//! there, in base64.
//!
//! One line in, one line out: a line that cannot be read is answered by a line `error: …`, and the next goes on.

use std::io::{self, BufRead as _, BufReader};

use anyhow::Result;
use clap::{Args, Subcommand};
use protocol::{
    codec::{DecodeProblem, Reader, Writer},
    registry::{self, Entry},
};
use serde_json::Value;

mod frame;
mod json;
mod list;
#[cfg(test)]
mod page;

use crate::{context::Out, failure::Usage};

/// Turn bytes of Kafka's protocol into JSON and back
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  echo 'ApiVersionsRequest 3 0a6d792d636c69656e7404312e3000' | milena wire decode
  echo '{\"clientSoftwareName\":\"a\",\"clientSoftwareVersion\":\"1\"}' | \\
    milena wire encode --message ApiVersionsRequest --version 3
  milena wire list

Lines of standard input become lines of standard output. A line that cannot be read gives a line that
begins with `error:`, and the next one goes on.")]
pub(crate) struct Wire {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read lines of hex and print JSON
    #[command(after_help = DECODE_HELP)]
    Decode(Lines),
    /// Read lines of JSON and print hex
    #[command(after_help = ENCODE_HELP)]
    Encode(Lines),
    List(list::List),
}

const DECODE_HELP: &str = "\
Examples:
  echo 'TopicRecord 0 076f72646572730000000000000000000000000000000100' | milena wire decode
  milena wire decode --message FetchRequest --version 18 < fetches.hex
  echo 000300010000000700026d65ffffffff | milena wire decode --framed

A line is `NAME VERSION HEX`, or only `HEX` with --message and --version. The JSON is that of
Apache Kafka's own converters, but that records are there, in base64.

With --framed the bytes begin with what Kafka puts in front: a request or response with its
header (without the frame's size), a metadata or remote log record with frame version, type
and version, a coordinator's key with its type, and whatever else is stored with its version.
What that says may be left out: a line is then `NAME HEX`, or for a request or a metadata
record `HEX`, and is answered by `NAME VERSION JSON`, as `milena wire encode` reads it.";

const ENCODE_HELP: &str = "\
Examples:
  echo 'TopicRecord 0 {\"name\":\"orders\",\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAQ\"}' | milena wire encode
  milena wire encode --message FetchRequest --version 18 < fetches.json

A line is `NAME VERSION JSON`, or only the JSON with --message and --version. Every field of the
version has to be there, tagged ones excepted; a property that the message does not have is an
error.

With --framed what Kafka puts in front is written too; a request or a response is then
`{\"header\":{…},\"body\":{…}}`.";

#[derive(Debug, Args)]
struct Lines {
    /// The message that every line is, by the name of Kafka's definition
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    /// The version that every line is of
    #[arg(long, value_name = "N", requires = "message")]
    version: Option<i16>,
    /// With what stands in front: a request's header, a stored record's type and version
    #[arg(long)]
    framed: bool,
}

impl Lines {
    /// The message that every line is.
    fn entry(&self) -> Result<Option<Entry>> {
        let Some(name) = &self.message else { return Ok(None) };
        if self.version.is_none() && !self.framed {
            return Err(Usage("--message needs --version".to_owned()).into());
        }
        Ok(Some(find(name).map_err(Usage)?))
    }
}

/// Reads, prints and ends with the input.
pub(crate) fn run(wire: &Wire) -> Result<()> {
    match &wire.command {
        Command::Decode(lines) => {
            let given = lines.entry()?;
            each_line(|line| decode(lines, given, line))
        }
        Command::Encode(lines) => {
            let given = lines.entry()?;
            each_line(|line| encode(lines, given, line))
        }
        Command::List(list) => list::run(list),
    }
}

/// Whether `milena wire` prints JSON throughout.
pub(crate) fn is_json(wire: &Wire) -> bool {
    matches!(&wire.command, Command::List(list) if list.is_json())
}

/// Answers each line of standard input; at once where no other waits.
fn each_line(answer: impl Fn(&str) -> Result<String, String>) -> Result<()> {
    let (mut input, mut out) = (BufReader::new(io::stdin().lock()), Out::new(false));
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = std::str::from_utf8(&line).map_err(|_| "the line is not UTF-8".to_owned());
        match text.and_then(|text| answer(text.trim())) {
            Ok(said) => out.line(said)?,
            Err(error) => out.line(format!("error: {}", error.replace('\n', " ")))?,
        }
        line.clear();
        if !input.buffer().contains(&b'\n') {
            out.flush()?;
        }
    }
    Ok(out.flush()?)
}

fn find(name: &str) -> Result<Entry, String> {
    registry::find(name).ok_or_else(|| format!("there is no message {name}; `milena wire list` prints all"))
}

fn version(text: &str) -> Result<i16, String> {
    text.parse().map_err(|_| format!("{text:?} is not a version"))
}

fn decode(lines: &Lines, given: Option<Entry>, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    if lines.framed {
        let (entry, version, hex) = match (given, &words[..]) {
            (Some(entry), [hex]) => (Some(entry), lines.version, hex),
            (None, [hex]) => (None, None, hex),
            (None, [name, hex]) => (Some(find(name)?), None, hex),
            (None, [name, number, hex]) => (Some(find(name)?), Some(version(number)?), hex),
            _ => return Err("a line is HEX, NAME HEX or NAME VERSION HEX".to_owned()),
        };
        let bytes = unhex(hex)?;
        let read = frame::decode(entry, version, &bytes)?;
        return Ok(match version {
            Some(_) => read.json.to_string(),
            None => format!("{} {} {}", read.entry.schema.name, read.version, read.json),
        });
    }
    let (entry, version, hex) = match (given.zip(lines.version), &words[..]) {
        (Some((entry, version)), []) => (entry, version, ""),
        (Some((entry, version)), [hex]) => (entry, version, *hex),
        (None, [name, number]) => (find(name)?, version(number)?, ""),
        (None, [name, number, hex]) => (find(name)?, version(number)?, *hex),
        (Some(_), _) => return Err("a line is HEX".to_owned()),
        (None, _) => return Err("a line is NAME VERSION HEX".to_owned()),
    };
    let bytes = unhex(hex)?;
    decode_message(entry, version, &mut Reader::new(&bytes)).map(|json| json.to_string())
}

/// Reads the message, which must be all that is left.
fn decode_message(entry: Entry, version: i16, reader: &mut Reader<'_>) -> Result<Value, String> {
    let message = entry.schema.decode(reader, version).map_err(|error| error.to_string())?;
    match reader.remaining() {
        0 => Ok(json::of(&*message, Some(version))),
        count => Err(reader.error(DecodeProblem::TrailingBytes { count }).to_string()),
    }
}

fn encode(lines: &Lines, given: Option<Entry>, line: &str) -> Result<String, String> {
    let (entry, version, json) = match given.zip(lines.version) {
        Some((entry, version)) => (entry, version, line),
        None => {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(number), Some(json)) = (words.next(), words.next(), words.next()) else {
                return Err("a line is NAME VERSION JSON".to_owned());
            };
            (find(name)?, version(number)?, json)
        }
    };
    let json: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let mut writer = Writer::new();
    if lines.framed {
        frame::encode(entry, version, &json, &mut writer)?;
    } else {
        encode_message(entry, version, &json, &mut writer)?;
    }
    Ok(hex(&writer.into_bytes()))
}

fn encode_message(entry: Entry, version: i16, json: &Value, writer: &mut Writer) -> Result<(), String> {
    let mut message = (entry.schema.body.new)();
    if !entry.schema.versions.contains(version) {
        return Err(format!("{} has no version {version}", entry.schema.name));
    }
    json::set(&mut *message, json, version)?;
    entry.schema.encode(&*message, writer, version).map_err(|error| error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |at: usize, byte: u8| {
        char::from(byte).to_digit(16).ok_or_else(|| format!("the character {at} of the hex is not a digit"))
    };
    if !text.len().is_multiple_of(2) {
        return Err("the hex has half a byte at its end".to_owned());
    }
    let pairs = text.as_bytes().chunks_exact(2).enumerate();
    pairs.map(|(i, pair)| Ok((digit(2 * i, pair[0])? << 4 | digit(2 * i + 1, pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests;
