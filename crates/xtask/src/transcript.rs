//! The transcript tool: the same bytes to two brokers, and where their answers part.
//!
//! Requests are written as a person thinks of them, in hex with comments, one request to a paragraph:
//!
//! ```text
//! # ApiVersions 0, correlation id 7, client id "t"
//! 0012 0000 00000007 0001 74
//!
//! # an api that does not exist
//! 03e7 0000 00000008 ffff
//! ```
//!
//! The length in front of each is added here. Everything else goes out as given, and all requests of a file go over
//! one connection, as a client's would: a broker that closes it is shown as having done so, and the next request
//! begins a new one.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// An answer longer than this is a mistake of somebody's.
const ANSWER_MAX: usize = 100 << 20;
const BYTES_PER_LINE: usize = 16;

#[derive(Debug, clap::Args)]
#[command(after_help = "A file holds requests in hex, without their length, separated by blank lines; `#` begins a \
                        comment.\nExit code 1 when answers differ.\n\nExample:\n  \
                        echo '0012 0000 00000007 0001 74' | cargo xtask transcript localhost:9192 localhost:9092")]
pub(crate) struct Options {
    /// The first broker, `host:port`; say, Apache Kafka (`cargo xtask kafka start`).
    left: String,
    /// The second broker; say, Milena.
    right: String,
    /// Requests to send; standard input without.
    file: Option<PathBuf>,
    /// How long to wait for an answer, in seconds.
    #[arg(long, default_value_t = 5)]
    wait: u64,
    /// Show answers that agree, too.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let text = match &options.file {
        Some(file) => fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?,
        None => io::read_to_string(io::stdin())?,
    };
    let requests = parse(&text)?;
    ensure!(!requests.is_empty(), "there is no request to send");
    let wait = Duration::from_secs(options.wait);
    let mut left = Peer::new(&options.left, wait);
    let mut right = Peer::new(&options.right, wait);
    let mut differing = 0;
    for (number, request) in requests.iter().enumerate() {
        let answers = (left.ask(&request.bytes)?, right.ask(&request.bytes)?);
        let same = answers.0 == answers.1;
        differing += usize::from(!same);
        println!("{} {} {}", number + 1, if same { "same  " } else { "differ" }, request.title);
        if !same || options.all {
            print!("{}", render(&options.left, &answers.0, &options.right, &answers.1));
        }
    }
    println!("{} requests, {differing} answered differently", requests.len());
    Ok(ExitCode::from(u8::from(differing > 0)))
}

#[derive(Debug, PartialEq)]
struct Request {
    /// The comments above it, or its first bytes.
    title: String,
    bytes: Vec<u8>,
}

fn parse(text: &str) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    let mut title: Vec<&str> = Vec::new();
    let mut digits = String::new();
    // A blank line at the end closes the last request.
    for (number, line) in text.lines().chain([""]).enumerate() {
        let (hex, comment) = line.split_once('#').map_or((line, None), |(hex, comment)| (hex, Some(comment.trim())));
        title.extend(comment);
        digits.extend(hex.chars().filter(|char| !char.is_whitespace()));
        if let Some(odd) = digits.chars().find(|char| !char.is_ascii_hexdigit()) {
            bail!("line {}: {odd:?} is no hex digit", number + 1);
        }
        if line.trim().is_empty() && !digits.is_empty() {
            ensure!(digits.len().is_multiple_of(2), "the request that ends at line {number} has half a byte too many");
            let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
            let bytes = bytes.collect::<Result<Vec<u8>, _>>()?;
            let title = if title.is_empty() { hex_line(&bytes) } else { title.join(" / ") };
            requests.push(Request { title, bytes });
        }
        if line.trim().is_empty() {
            digits.clear();
            title.clear();
        }
    }
    Ok(requests)
}

#[derive(Debug, PartialEq)]
enum Answer {
    Bytes(Vec<u8>),
    Closed,
    Silence,
}

struct Peer<'a> {
    address: &'a str,
    wait: Duration,
    stream: Option<TcpStream>,
}

impl<'a> Peer<'a> {
    fn new(address: &'a str, wait: Duration) -> Peer<'a> {
        Peer { address, wait, stream: None }
    }

    fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.address).with_context(|| format!("connecting to {}", self.address))?,
        };
        stream.set_read_timeout(Some(self.wait))?;
        let size = u32::try_from(request.len())?.to_be_bytes();
        // A broker may close before it has read everything; reading tells.
        let _ = stream.write_all(&[&size[..], request].concat());
        match answer(&mut stream) {
            Ok(bytes) => {
                self.stream = Some(stream);
                Ok(Answer::Bytes(bytes))
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(Answer::Silence),
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                Ok(Answer::Closed)
            }
            Err(error) => Err(error).with_context(|| format!("reading from {}", self.address)),
        }
    }
}

fn answer(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let size = u32::from_be_bytes(size) as usize;
    if size > ANSWER_MAX {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("an answer of {size} bytes is announced")));
    }
    let mut bytes = vec![0; size];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Both answers line by line; `!` marks a line that differs, `^^` stand below the bytes.
fn render(left_name: &str, left: &Answer, right_name: &str, right: &Answer) -> String {
    let mut out = String::new();
    for (name, answer) in [(left_name, left), (right_name, right)] {
        let _ = match answer {
            Answer::Bytes(bytes) => writeln!(out, "    {name}: {} bytes", bytes.len()),
            Answer::Closed => writeln!(out, "    {name}: closed the connection"),
            Answer::Silence => writeln!(out, "    {name}: no answer"),
        };
    }
    let bytes = |answer: &Answer| match answer {
        Answer::Bytes(bytes) => bytes.clone(),
        Answer::Closed | Answer::Silence => Vec::new(),
    };
    let (left, right) = (bytes(left), bytes(right));
    for at in (0..left.len().max(right.len())).step_by(BYTES_PER_LINE) {
        let line = |bytes: &[u8]| bytes.get(at..).map(|rest| rest[..rest.len().min(BYTES_PER_LINE)].to_vec());
        let (a, b) = (line(&left).unwrap_or_default(), line(&right).unwrap_or_default());
        if a == b {
            let _ = writeln!(out, "    {at:06x}   {:<47}  {}", hex_line(&a), printable(&a));
            continue;
        }
        let _ = writeln!(out, "    {at:06x} < {:<47}  {}", hex_line(&a), printable(&a));
        let _ = writeln!(out, "    {at:06x} > {:<47}  {}", hex_line(&b), printable(&b));
        let marks = (0..BYTES_PER_LINE).map(|i| if a.get(i) == b.get(i) { "   " } else { "^^ " }).collect::<String>();
        let _ = writeln!(out, "    {:9}{}", "", marks.trim_end());
    }
    out
}

fn hex_line(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(BYTES_PER_LINE).map(|byte| format!("{byte:02x}"));
    shown.collect::<Vec<_>>().join(" ")
}

fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn a_request_is_a_paragraph_of_hex_and_its_comments_are_its_title() {
        let requests = parse("# first\n00 12 # api\n0003\n\n\n# only a remark\n\nff\n").unwrap();
        let request = |title: &str, bytes: &[u8]| Request { title: title.into(), bytes: bytes.into() };
        assert_eq!(requests, [request("first / api", &[0, 0x12, 0, 3]), request("ff", &[0xff])]);
        assert!(parse("0g").is_err());
        assert!(parse("012").is_err());
    }

    #[test]
    fn a_difference_is_marked_under_its_byte() {
        let text = render("kafka", &Answer::Bytes(vec![1, 2, 3]), "milena", &Answer::Bytes(vec![1, 9, 3, 4]));
        let marks = text.lines().last().unwrap();
        let line = text.lines().find(|line| line.contains(" > ")).unwrap();
        assert_eq!(&line[marks.find("^^").unwrap()..][..2], "09");
        assert!(marks.trim_end().ends_with("^^    ^^"), "the missing fourth byte differs too: {marks:?}");
    }

    #[test]
    fn a_closed_connection_is_an_answer_and_the_next_request_gets_a_new_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let broker = thread::spawn(move || {
            let mut frame = [0; 5];
            let (mut first, _) = listener.accept().unwrap();
            first.read_exact(&mut frame).unwrap();
            drop(first);
            let (mut second, _) = listener.accept().unwrap();
            second.read_exact(&mut frame).unwrap();
            second.write_all(&[0, 0, 0, 1, 42]).unwrap();
        });
        let mut peer = Peer::new(&address, Duration::from_secs(30));
        assert_eq!(peer.ask(&[7]).unwrap(), Answer::Closed);
        assert_eq!(peer.ask(&[7]).unwrap(), Answer::Bytes(vec![42]));
        broker.join().unwrap();
    }
}
