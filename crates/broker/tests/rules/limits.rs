//! What many, slow and silent clients can do to a server: nothing to the others.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use broker::runtime::Server;
use protocol::{
    ErrorCode,
    messages::{api_versions::ApiVersionsRequest, fetch::FetchRequest},
};
use storage::disk::{Disk, OsDisk};
use tempfile::TempDir;

use crate::{
    batches::batch,
    node::{config, fetch_partition, fetch_request, format_dir, only_produced, produce_request},
    server::{TestServer, make_topic, settings_in},
};

/// Announces a frame of 100 MiB.
const ANNOUNCED: [u8; 4] = (100_i32 * 1024 * 1024).to_be_bytes();

/// How much memory requests arrive in, as the metrics say.
fn buffered(server: &TestServer) -> u64 {
    let address = server.server().http().expect("the metrics are served");
    let mut stream = TcpStream::connect(address).expect("the metrics are served");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let line = answer.lines().find(|line| line.starts_with("milena_network_request_buffer_bytes "));
    let value = line.and_then(|line| line.split_whitespace().nth(1)).expect("the metric");
    value.parse().expect("a number")
}

/// Asserts that a new connection is served, once the server has seen others go.
fn assert_served(server: &TestServer) {
    for _ in 0..1000 {
        if server.connect().try_ask(0, &ApiVersionsRequest::default()).is_some() {
            return;
        }
    }
    panic!("nobody is served any more");
}

#[test]
fn what_is_announced_takes_no_memory_only_what_is_sent() {
    let server = TestServer::with(&[("milena.http.listener", "127.0.0.1:0")]);
    let mut crowd = (0..300).map(|_| server.connect()).collect::<Vec<_>>();
    for client in &mut crowd {
        client.send(&[&ANNOUNCED[..], &[0; 100]].concat());
    }
    server.connect().assert_open();
    // Each holds what it sent; only those that are being read have a buffer.
    assert!(buffered(&server) <= 300 * 1024 + 4 * 1024 * 1024, "{}", buffered(&server));
    drop(crowd);
    server.connect().assert_open();
}

#[test]
fn a_request_beyond_what_all_may_take_together_is_closed_and_the_others_are_served() {
    let budget = 4 * 1024 * 1024;
    let server = TestServer::with(&[
        ("socket.request.max.bytes", "4194304"),
        ("queued.max.request.bytes", "4194304"),
        ("milena.http.listener", "127.0.0.1:0"),
    ]);
    let mut greedy = (0..10).map(|_| server.connect()).collect::<Vec<_>>();
    for client in &mut greedy {
        client.send(&[&(budget as i32).to_be_bytes()[..], &vec![0; budget / 4]].concat());
        assert!(buffered(&server) <= budget as u64);
    }
    drop(greedy);
    assert_served(&server);
}

#[test]
fn a_client_that_takes_no_answers_is_not_read_and_holds_nobody_up() {
    let server = TestServer::with(&[]);
    let mut slow = server.connect();
    make_topic(&mut slow);
    let large = batch(&["x".repeat(1_000_000).as_str()]);
    let produced = only_produced(slow.ask(11, &produce_request(1, &[("t", 0, large.clone())])));
    assert_eq!(produced.error_code, ErrorCode::NONE);
    let fetch = FetchRequest { min_bytes: 1, ..fetch_request(&[("t", &[fetch_partition(0, 0)])]) };
    let sent = (0..60).map(|_| slow.request(12, &fetch)).collect::<Vec<_>>();
    // 60 MB wait for it, in the file.
    server.connect().assert_open();
    for number in sent {
        let answer = slow.receive().expect("an answer");
        assert_eq!(answer[4..8], number.to_be_bytes());
        assert!(answer.len() > large.len());
    }
}

#[test]
fn a_silent_connection_is_closed_without_a_word() {
    let server = TestServer::with(&[("connections.max.idle.ms", "200")]);
    server.connect().assert_closed("it never said anything");
    let mut once = server.connect();
    once.assert_open();
    once.assert_closed("it said something, and then no more");
    let mut half = server.connect();
    half.send(&[&ANNOUNCED[..], &[0; 10]].concat());
    half.assert_closed("it began and never ended");
}

#[test]
fn an_address_has_no_more_connections_than_allowed() {
    let server = TestServer::with(&[("max.connections.per.ip", "2")]);
    let (mut first, mut second) = (server.connect(), server.connect());
    first.assert_open();
    second.assert_open();
    server.connect().assert_closed("the third");
    first.half_close();
    first.assert_closed("it is done");
    // Its place is free once the server has seen it go, which it has when it closed.
    assert_served(&server);
}

#[test]
fn a_smaller_largest_frame_is_kept_to() {
    let server = TestServer::with(&[("socket.request.max.bytes", "1024")]);
    let mut client = server.connect();
    client.send(&1025_i32.to_be_bytes());
    client.assert_closed("one more than allowed");
    server.connect().assert_open();
}

#[test]
fn a_port_in_use_names_who_has_it() {
    let server = TestServer::with(&[]);
    let dir = TempDir::new().expect("a temporary directory");
    let port = server.address().port();
    let listeners: &'static str = format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:0").leak();
    let config = config(&settings_in(&dir, &[("listeners", listeners)]));
    format_dir(&OsDisk, &config);
    let message = Server::start(config).expect_err("the port is taken").to_string();
    let pid = format!("(pid {})", std::process::id());
    assert!(message.contains(&pid) && message.contains(&port.to_string()), "{message}");
}

#[test]
fn a_directory_in_use_says_so() {
    let server = TestServer::with(&[]);
    let config = config(&settings_in(server.dir(), &[]));
    let message = Server::start(config).expect_err("the directory is taken").to_string();
    assert!(message.contains("is in use by"), "{message}");
    server.connect().assert_open();
}

/// The name of the variable that tells [`holds_a_directory`] which.
const HELD: &str = "MILENA_TEST_HELD";

#[test]
#[ignore = "it is another process for the test below"]
fn holds_a_directory() {
    let Ok(dir) = std::env::var(HELD) else { return };
    let _lock = OsDisk.lock(&Path::new(&dir).join(".lock")).expect("nobody else has it");
    println!("held");
    // Until the other end lets go.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_directory_in_use_by_another_process_names_it() {
    let dir = TempDir::new().expect("a temporary directory");
    let config = config(&settings_in(&dir, &[]));
    format_dir(&OsDisk, &config);
    let this = std::env::current_exe().expect("this program");
    let mut holder = Command::new(this)
        .args(["--ignored", "--exact", "limits::holds_a_directory", "--nocapture"])
        .env(HELD, dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process");
    let said = BufReader::new(holder.stdout.take().expect("its output"));
    assert!(said.lines().map_while(Result::ok).any(|line| line.contains("held")), "it holds the directory");
    let message = Server::start(config).expect_err("the directory is taken").to_string();
    assert!(message.contains(&format!("is in use by process {}", holder.id())), "{message}");
    drop(holder.stdin.take());
    holder.wait().expect("it ends");
}
