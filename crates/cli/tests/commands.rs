//! The commands as a user runs them: the binary, against a node that the same binary runs.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

const MILENA: &str = env!("CARGO_BIN_EXE_milena");

/// A node of its own, gone with the test.
struct Node {
    process: Child,
    address: String,
    data: TempDir,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Node {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(MILENA)
            .args(["dev", "--port", "0", "--data-dir"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let banner = BufReader::new(process.stdout.take().unwrap());
        let address = banner.lines().find_map(|line| {
            let line = line.unwrap();
            let mut words = line.split_whitespace();
            (words.next() == Some("Kafka")).then(|| words.next().unwrap().to_owned())
        });
        Self { process, address: address.expect("the banner says where Kafka is"), data }
    }

    fn run(&self, args: &[&str], input: &str) -> Output {
        let mut process = Command::new(MILENA)
            .args(args)
            .args(["--bootstrap-server", &self.address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that fails early does not read its input.
        let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
        process.wait_with_output().unwrap()
    }

    /// What a command prints; it must succeed.
    fn ok_with(&self, args: &[&str], input: &str) -> String {
        let output = self.run(args, input);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        self.ok_with(args, "")
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["--output", "json"]].concat())).unwrap()
    }

    /// The exit code of a command that fails, and what it says.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args, "");
        assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// A file of the first segment of a partition.
    fn segment(&self, partition: &str, kind: &str) -> PathBuf {
        self.data.path().join(partition).join(format!("{:020}.{kind}", 0))
    }
}

#[test]
fn what_was_written_is_read_back_with_key_headers_and_offset() {
    let node = Node::start();
    node.ok(&["topic", "create", "orders", "--partitions", "1"]);
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let args = ["produce", "orders", "--key-separator", ":", "--header", "from=test", "--compression", codec];
        node.ok_with(&args, &format!("k:{codec}:value\n"));
    }
    let read = node.ok(&["consume", "orders", "--format", r"%t-%p %o %k=%v %h\n"]);
    let expected = "orders-0 0 k=none:value from=test\norders-0 1 k=gzip:value from=test\n\
                    orders-0 2 k=snappy:value from=test\norders-0 3 k=lz4:value from=test\n\
                    orders-0 4 k=zstd:value from=test\n";
    assert_eq!(read, expected);
    let last: Value = serde_json::from_str(&node.ok(&["consume", "orders", "--offset", "-1", "-o", "json"])).unwrap();
    assert_eq!(last["offset"], 4);
    assert_eq!(last["headers"], json!([{ "key": "from", "value": "test" }]));
}

#[test]
fn a_group_goes_on_where_it_stopped() {
    let node = Node::start();
    node.ok_with(&["produce", "orders"], "a\nb\nc\n");
    assert_eq!(node.ok(&["consume", "orders", "--group", "billing", "-n", "2"]), "a\nb\n");
    assert_eq!(node.json(&["group", "describe", "billing"])["groups"][0]["offsets"][0]["lag"], 1);
    assert_eq!(node.ok(&["consume", "orders", "--group", "billing"]), "c\n");
    assert_eq!(node.ok(&["consume", "orders", "--group", "billing"]), "");
}

#[test]
fn offsets_are_moved_only_when_told_to() {
    let node = Node::start();
    node.ok_with(&["produce", "orders"], "a\nb\nc\n");
    node.ok(&["consume", "orders", "--group", "billing"]);
    let reset = ["group", "reset-offsets", "billing", "--all-topics", "--shift-by", "-2"];
    let planned = node.json(&reset);
    assert_eq!((&planned["executed"], &planned["offsets"][0]["new_offset"]), (&json!(false), &json!(1)));
    assert_eq!(node.ok(&["consume", "orders", "--group", "billing"]), "");
    node.ok(&[&reset[..], &["--execute"]].concat());
    assert_eq!(node.ok(&["consume", "orders", "--group", "billing"]), "b\nc\n");
}

#[test]
fn topics_and_configs_are_changed_and_shown() {
    let node = Node::start();
    node.ok(&["topic", "create", "orders", "-p", "2", "-c", "retention.ms=1000"]);
    node.ok(&["topic", "alter", "orders", "--partitions", "3", "--unset", "retention.ms"]);
    node.ok(&["config", "alter", "topic", "orders", "--set", "max.message.bytes=5000"]);
    let topic = &node.json(&["topic", "describe", "orders"])["topics"][0];
    assert_eq!(topic["partitions"].as_array().unwrap().len(), 3);
    assert_eq!(topic["configs"]["max.message.bytes"], "5000");
    assert!(topic["configs"].get("retention.ms").is_none());
    assert_eq!(node.json(&["topic", "create", "orders", "--if-not-exists"])["topics"][0]["created"], false);
    node.ok(&["topic", "delete", "orders"]);
    assert_eq!(node.json(&["topic", "list"]), json!({ "topics": [] }));
    let cluster = node.json(&["cluster", "describe"]);
    assert_eq!(cluster["brokers"][0]["id"], cluster["quorum"]["leader"]);
}

#[test]
fn a_failure_says_what_to_do_and_has_its_exit_code() {
    let node = Node::start();
    let (code, text) = node.fails(&["consume", "nothing-here"]);
    assert!(code == 1 && text.contains("no topic 'nothing-here'") && text.contains("milena topic list"), "{text}");
    node.ok(&["topic", "create", "orders"]);
    let (code, text) = node.fails(&["topic", "create", "orders"]);
    assert!(code == 1 && text.contains("TOPIC_ALREADY_EXISTS"), "{text}");
    let (code, text) = node.fails(&["group", "delete", "nobody"]);
    assert!(code == 1 && text.contains("GROUP_ID_NOT_FOUND"), "{text}");
    assert_eq!(node.fails(&["consume", "orders", "--partition", "7"]).0, 2);
    assert_eq!(node.fails(&["topic", "alter", "orders"]).0, 2);
    assert_eq!(node.fails(&["produce", "orders", "--compression", "rar"]).0, 2);

    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = Command::new(MILENA).args(["topic", "list", "-b", &nowhere.to_string()]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--bootstrap-server"));
}

#[test]
fn dump_log_shows_what_the_node_wrote_and_finds_a_flipped_bit() {
    let node = Node::start();
    node.ok_with(&["produce", "orders", "--key-separator", ":"], "k:hello\n");
    node.ok(&["consume", "orders", "--group", "billing"]);
    let dump = |path: &PathBuf| Command::new(MILENA).arg("dump-log").arg(path).arg("--records").output().unwrap();

    let segment = node.segment("orders-0", "log");
    let output = dump(&segment);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("key: k payload: hello"), "{text}");
    let output = dump(&node.segment("__cluster_metadata-0", "log"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains(r#"TopicRecord { name: "orders""#), "{text}");

    let mut bytes = std::fs::read(&segment).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let broken = node.data.path().join("00000000000000000000.log");
    std::fs::write(&broken, bytes).unwrap();
    let output = dump(&broken);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("PROBLEM at position 0: the checksum is wrong"), "{text}");
}
