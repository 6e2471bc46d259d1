//! The two requests the runner itself sends, by hand: is a node ready, and a topic of several partitions for a client
//! that cannot create one.
//!
//! Deliberately not through Milena's own `protocol` and `client`: a fault in those must not hide one in the node.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const METADATA: i16 = 3;
const CREATE_TOPICS: i16 = 19;

/// How many brokers the node at `address` knows; Metadata version 1.
///
/// # Errors
/// If the node cannot be reached or does not answer in time.
pub fn broker_count(address: &str) -> Result<i32> {
    let all_topics = (-1i32).to_be_bytes();
    let answer = call(address, METADATA, 1, &all_topics)?;
    integer(&answer, 0)
}

/// Creates a topic; CreateTopics version 2.
///
/// # Errors
/// If the node does not answer, or answers with an error.
pub fn create_topic(address: &str, name: &str, partitions: i32) -> Result<()> {
    let mut body = 1i32.to_be_bytes().to_vec();
    string(&mut body, name);
    body.extend(partitions.to_be_bytes());
    body.extend(1i16.to_be_bytes());
    body.extend(0i32.to_be_bytes());
    body.extend(0i32.to_be_bytes());
    body.extend(30_000i32.to_be_bytes());
    body.push(0);
    let answer = call(address, CREATE_TOPICS, 2, &body)?;
    // Throttle time, number of topics, name, error code.
    let at = 4 + 4 + 2 + name.len();
    let code = answer.get(at..at + 2).context("CreateTopics: answer too short")?;
    let code = i16::from_be_bytes([code[0], code[1]]);
    ensure!(code == 0, "CreateTopics {name}: error {code}");
    Ok(())
}

/// Sends one request with a version 1 header on a connection of its own, and gives the body of the answer.
fn call(address: &str, api: i16, version: i16, body: &[u8]) -> Result<Vec<u8>> {
    let limit = Some(Duration::from_secs(30));
    let mut stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    stream.set_read_timeout(limit)?;
    stream.set_write_timeout(limit)?;
    let mut request = Vec::new();
    request.extend(api.to_be_bytes());
    request.extend(version.to_be_bytes());
    request.extend(1i32.to_be_bytes());
    string(&mut request, "conformance");
    request.extend(body);
    let size = i32::try_from(request.len())?.to_be_bytes();
    stream.write_all(&[&size[..], &request].concat())?;
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(size))?];
    stream.read_exact(&mut answer)?;
    ensure!(integer(&answer, 0)? == 1, "answer to another request");
    answer.drain(..4);
    Ok(answer)
}

fn string(out: &mut Vec<u8>, text: &str) {
    // Names here are literals of this crate, far below the limit of a 16-bit length.
    out.extend((text.len() as i16).to_be_bytes());
    out.extend(text.as_bytes());
}

fn integer(bytes: &[u8], at: usize) -> Result<i32> {
    let four = bytes.get(at..at + 4).context("answer too short")?;
    Ok(i32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}
