//! A data directory that is not as it was left: garbage in its files, no space, or somebody else's.
//!
//! Whatever is in a file, the node starts or says which file it cannot believe; it never panics. What can be made again
//! from the logs is made again, and nothing that was acknowledged is lost by it.

use std::path::{Path, PathBuf};

use protocol::{
    ErrorCode,
    messages::{
        create_topics::{CreatableTopic, CreateTopicsRequest},
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    },
    types::Offset,
};
use storage::{
    Disk,
    disk::{FaultDisk, read_file, write_file},
};

use crate::{
    batches::{batch, sequenced, values},
    groups::coordinating,
    node::{DIR, Settings, TestNode},
};

/// A node with a bit of everything in its directory: segments, indexes, snapshots, producers, groups, checkpoints.
fn lived_in() -> TestNode {
    let node = coordinating();
    node.topic("t", 1, &[("segment.bytes", "1048576"), ("index.interval.bytes", "100")]);
    for i in 0..20 {
        node.produced("t", batch(&[format!("{i}-{}", "x".repeat(100_000)).as_str()]));
    }
    node.produced("t", sequenced(1, 0, 0, 1));
    crate::topics::delete_records(&node, "t", 0, 1);
    let partition =
        OffsetCommitRequestPartition { committed_offset: Offset(3), ..OffsetCommitRequestPartition::default() };
    let topic = OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..OffsetCommitRequestTopic::default()
    };
    let commit = OffsetCommitRequest { group_id: "g".into(), topics: vec![topic], ..OffsetCommitRequest::default() };
    assert_eq!(node.ask(9, &commit).topics[0].partitions[0].error_code, ErrorCode::NONE);
    // Time for the checkpoints.
    node.pass_ms(120_000);
    node
}

/// The files of a directory and those below it.
fn files(disk: &FaultDisk, dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in disk.list(dir).expect("a directory") {
        let path = dir.join(&entry.name);
        if entry.is_dir {
            found.extend(files(disk, &path));
        } else {
            found.push(path);
        }
    }
    found
}

/// What becomes of a file's content.
type Spoil = fn(Vec<u8>) -> Vec<u8>;

/// How a file can be spoilt.
const SPOILS: &[(&str, Spoil)] = &[
    ("emptied", |_| Vec::new()),
    ("cut in half", |bytes| bytes[..bytes.len() / 2].to_vec()),
    ("all ones", |bytes| vec![0xff; bytes.len().max(40)]),
    ("garbage at its end", |bytes| [bytes, vec![0xa5; 40]].concat()),
    ("garbage in its middle", |mut bytes| {
        let middle = bytes.len() / 2;
        bytes[middle..].iter_mut().take(8).for_each(|byte| *byte ^= 0x5a);
        bytes
    }),
    ("other text", |_| b"version: 7\nnonsense = \xff\n-1\n".to_vec()),
];

/// What a start needs and cannot make again.
fn is_irreplaceable(path: &Path) -> bool {
    let name = path.file_name().expect("a file").to_string_lossy();
    let is_metadata = path.starts_with(Path::new(DIR).join("__cluster_metadata-0"));
    name == "meta.properties"
        || name.ends_with(".log")
        || name == "partition.metadata"
        || is_metadata
        || name == "bootstrap.checkpoint"
}

fn spoil_and_start(end: impl Fn(TestNode) -> (FaultDisk, Settings, protocol::types::Now), how: &str) {
    let count = {
        let (disk, ..) = end(lived_in());
        files(&disk, Path::new(DIR)).len()
    };
    assert!(count > 15, "there is much to spoil: {count}");
    for file in 0..count {
        for (what, spoil) in SPOILS {
            let (disk, settings, now) = end(lived_in());
            let path = files(&disk, Path::new(DIR)).swap_remove(file);
            let bytes = read_file(&disk, &path, 256 << 20).expect("a file");
            write_file(&disk, &path, &spoil(bytes)).expect("a disk");
            let case = format!("{} {what} after {how}", path.display());
            match TestNode::open(disk, settings, now) {
                Err(error) => {
                    assert!(is_irreplaceable(&path), "{case}: {error}");
                    let message = error.to_string();
                    assert!(message.contains(DIR) || message.contains("log"), "{case} says only {message:?}");
                }
                Ok(node) => {
                    let end = node.list_offset(11, "t", -1).offset.0;
                    if !is_irreplaceable(&path) {
                        assert_eq!(end, 21, "{case}");
                        let all = node.all_values("t", 1);
                        assert_eq!(all.len(), 20, "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn garbage_in_any_file_after_a_clean_stop_is_repaired_or_named() {
    spoil_and_start(
        |node| {
            node.node.close(node.now()).expect("a clean stop");
            node.die()
        },
        "a clean stop",
    );
}

#[test]
fn garbage_in_any_file_after_a_kill_is_repaired_or_named() {
    spoil_and_start(TestNode::die, "a kill");
}

#[test]
fn a_file_that_is_missing_is_made_again_or_named() {
    let count = {
        let (disk, ..) = lived_in().die();
        files(&disk, Path::new(DIR)).len()
    };
    for file in 0..count {
        let (disk, settings, now) = lived_in().die();
        let path = files(&disk, Path::new(DIR)).swap_remove(file);
        disk.unlink(&path).expect("a file");
        match TestNode::open(disk, settings, now) {
            Err(error) => assert!(is_irreplaceable(&path), "{}: {error}", path.display()),
            Ok(node) if !is_irreplaceable(&path) => {
                assert_eq!(node.list_offset(11, "t", -1).offset, Offset(21), "{}", path.display());
            }
            Ok(_) => {}
        }
    }
}

#[test]
fn a_directory_of_another_node_is_refused_by_name() {
    let (disk, mut settings, now) = TestNode::new().die();
    settings.insert("node.id", "2");
    let message = TestNode::open(disk, settings, now).err().expect("it is another's").to_string();
    assert!(message.contains("belongs to node 1, not to node 2"), "{message}");
}

#[test]
fn a_directory_that_was_never_formatted_says_so() {
    let message =
        TestNode::open(FaultDisk::new(1), Settings::new(), crate::node::START).err().expect("it is empty").to_string();
    assert!(message.contains("is not formatted"), "{message}");
}

#[test]
fn a_directory_in_use_is_refused() {
    let node = TestNode::new();
    let message =
        TestNode::open(node.disk.clone(), Settings::new(), node.now()).err().expect("it is in use").to_string();
    assert!(message.contains("is in use by"), "{message}");
}

#[test]
fn without_space_producers_hear_of_it_readers_do_not_and_space_cures_it() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    let used = files(&node.disk, Path::new(DIR)).iter().map(|path| node.disk.size(path).expect("a file")).sum::<u64>();
    node.disk.set_capacity(used);
    for _ in 0..2 {
        let response = node.produce("t", batch(&["b"]));
        assert_eq!((response.error_code, response.base_offset), (ErrorCode::KAFKA_STORAGE_ERROR, Offset::NONE));
        assert_eq!(values(&node.records("t", 0)), ["a"]);
    }
    node.disk.set_capacity(u64::MAX);
    assert_eq!(node.produced("t", batch(&["c"])), 1);
    let node = node.kill();
    assert_eq!(values(&node.records("t", 0)), ["a", "c"]);
}

#[test]
fn a_topic_that_there_is_no_space_for_is_not_said_to_be_made() {
    let node = TestNode::new();
    let used = files(&node.disk, Path::new(DIR)).iter().map(|path| node.disk.size(path).expect("a file")).sum::<u64>();
    node.disk.set_capacity(used);
    let topic =
        CreatableTopic { name: "t".into(), num_partitions: 1, replication_factor: 1, ..CreatableTopic::default() };
    let request = CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() };
    let exchange = node.send_frame(&node.frame(7, &request));
    if let crate::node::Got::Frame(frame) = node.finish(exchange) {
        let response = crate::node::decode_frame::<CreateTopicsRequest<'static>>(7, frame);
        assert_ne!(response.topics[0].error_code, ErrorCode::NONE);
    }
    node.disk.set_capacity(u64::MAX);
    let node = node.kill();
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[test]
fn a_disk_that_fails_takes_the_log_offline_and_loses_nothing() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node.topic("u", 1, &[]);
    node.produced("t", batch(&["a"]));
    node.disk.fail(storage::disk::FaultRule {
        operation: Some("write"),
        path_contains: Some("t-0".to_owned()),
        skip: 0,
        times: 1,
    });
    assert_eq!(node.produce("t", batch(&["b"])).error_code, ErrorCode::KAFKA_STORAGE_ERROR);
    let node = node.kill();
    let all = values(&node.records("t", 0));
    assert_eq!(all[0], "a");
    node.produced("t", batch(&["c"]));
}
