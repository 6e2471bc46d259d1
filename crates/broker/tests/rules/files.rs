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
    batches::{batch, parse, sequenced, values},
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

/// Fills the disk up to so many bytes.
fn leave(node: &TestNode, free: u64) {
    let (left, total) = node.disk.space(Path::new(DIR)).expect("a disk");
    node.disk.set_capacity(total - left + free);
}

/// Whether a topic is said to be made.
fn is_made(node: &TestNode, name: &str) -> bool {
    let topic = CreatableTopic {
        name: name.to_owned().into(),
        num_partitions: 1,
        replication_factor: 1,
        ..CreatableTopic::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() };
    let exchange = node.send_frame(&node.frame(7, &request));
    match node.finish(exchange) {
        crate::node::Got::Frame(frame) => {
            let response = crate::node::decode_frame::<CreateTopicsRequest<'static>>(7, frame);
            response.topics[0].error_code == ErrorCode::NONE
        }
        _ => false,
    }
}

#[test]
fn topics_are_made_on_a_full_disk_until_its_reserve_is_used_up_and_the_node_goes_on() {
    let node = TestNode::with(&[("milena.disk.reserve.bytes", "300000")]);
    leave(&node, 0);
    let mut made = 0;
    while is_made(&node, &format!("t{made}")) {
        made += 1;
        assert!(made < 20_000, "the disk is full at some time");
    }
    assert!(made > 100, "the reserve is there: {made}");
    assert!(node.node.trouble().is_none(), "{:?}", node.node.trouble());
    node.disk.set_capacity(u64::MAX);
    assert!(is_made(&node, "later"));
    let node = node.kill();
    let is_there = |number: i32| node.node.topics.by_name(&format!("t{number}")).is_some();
    assert!(is_there(made - 1) && !is_there(made));
    assert_eq!(node.fetch("later", 0).error_code, ErrorCode::NONE);
}

fn commit(node: &TestNode, offset: i64) -> ErrorCode {
    let partition =
        OffsetCommitRequestPartition { committed_offset: Offset(offset), ..OffsetCommitRequestPartition::default() };
    let topic = OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..OffsetCommitRequestTopic::default()
    };
    let commit = OffsetCommitRequest { group_id: "g".into(), topics: vec![topic], ..OffsetCommitRequest::default() };
    node.ask(9, &commit).topics[0].partitions[0].error_code
}

#[test]
fn producers_are_refused_before_the_disk_is_full_and_everything_else_goes_on() {
    let node = coordinating();
    node.topic("t", 1, &[]);
    node.produced("t", batch(&["a"]));
    leave(&node, 1 << 20);
    node.pass_ms(2000);
    for offset in 0..20 {
        assert_eq!(node.produce("t", batch(&["b"])).error_code, ErrorCode::KAFKA_STORAGE_ERROR);
        assert_eq!(values(&node.records("t", 0)), ["a"]);
        assert_eq!(commit(&node, offset), ErrorCode::NONE);
        assert!(is_made(&node, &format!("u{offset}")));
    }
    crate::topics::delete_records(&node, "t", 0, 1);
    node.disk.set_capacity(u64::MAX);
    node.pass_ms(2000);
    assert_eq!(node.produced("t", batch(&["c"])), 1);
    let node = node.kill();
    assert_eq!(values(&node.records("t", 1)), ["c"]);
}

#[test]
fn a_disk_that_fills_at_any_moment_loses_nothing_that_was_acknowledged_and_stops_nobody() {
    for free in (0..6000).step_by(97) {
        let node = TestNode::with(&[
            ("milena.disk.reserve.bytes", "0"),
            ("milena.durability", "power-loss"),
            ("log.segment.bytes", "1048576"),
        ]);
        node.topic("t", 1, &[("index.interval.bytes", "1"), ("segment.bytes", "1048576")]);
        leave(&node, free);
        let mut acknowledged = Vec::new();
        for i in 0..40 {
            let value = format!("{i}-{}", "x".repeat(300));
            if node.produce("t", batch(&[&value])).error_code == ErrorCode::NONE {
                acknowledged.push(value);
            }
            if i % 10 == 9 {
                node.pass_ms(60_000);
            }
        }
        assert!(node.node.trouble().is_none(), "{free} bytes: {:?}", node.node.trouble());
        assert_eq!(values(&node.records("t", 0)), acknowledged, "{free} bytes");
        node.disk.set_capacity(u64::MAX);
        node.pass_ms(2000);
        node.produced("t", batch(&["last"]));
        acknowledged.push("last".to_owned());
        let node = node.kill();
        assert_eq!(values(&node.records("t", 0)), acknowledged, "{free} bytes");
    }
}

#[test]
fn records_with_a_flipped_bit_are_refused_and_all_others_are_served() {
    let mut node = TestNode::with(&[]);
    node.topic("t", 1, &[("segment.bytes", "1048576")]);
    let sizes = (0..12).map(|i| batch(&[&format!("{i}-{}", "x".repeat(200_000))]));
    sizes.for_each(|batch| {
        node.produced("t", batch);
    });
    node.pass_ms(120_000);
    let path = Path::new(DIR).join("t-0/00000000000000000000.log");
    node.disk.flip_bit(&path, 300_000, 3);
    // A pass of the scrubber.
    for _ in 0..100 {
        node.node.scrub(node.now());
        node.pass_ms(1000);
    }
    for round in 0..2 {
        assert_eq!(node.fetch("t", 1).error_code, ErrorCode::KAFKA_STORAGE_ERROR, "{round}");
        assert_eq!(values(&node.records("t", 0)).len(), 1);
        assert_eq!(node.all_values("t", 2).len(), 10 + round);
        let damage = node.node.topics.partitions().iter().flat_map(|partition| partition.damage()).collect::<Vec<_>>();
        assert_eq!((damage.len(), damage[0].offsets.clone(), &damage[0].path), (1, Offset(1)..Offset(2), &path));
        node.produced("t", batch(&["more"]));
        node = node.kill();
    }
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

/// A file that a partition's records are in.
fn is_records(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "log") && path.starts_with(Path::new(DIR).join("t-0"))
}

#[test]
fn a_flipped_bit_anywhere_makes_nobody_panic_and_no_record_another_one() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    let written = lived_in().all_values("t", 1);
    let count = {
        let (disk, ..) = lived_in().die();
        files(&disk, Path::new(DIR)).len()
    };
    for case in 0..6 * count {
        let is_clean = draw(2) == 0;
        let node = lived_in();
        if is_clean {
            node.node.close(node.now()).expect("a clean stop");
        }
        let (disk, settings, now) = node.die();
        let all = files(&disk, Path::new(DIR));
        let path = all[case % all.len()].clone();
        let size = disk.size(&path).expect("a file") as usize;
        if size == 0 {
            continue;
        }
        // The first bytes of a file are the likeliest to matter.
        let byte = if draw(2) == 0 { draw(size) } else { draw(size.min(100)) };
        disk.flip_bit(&path, byte, draw(8) as u8);
        let what = format!("byte {byte} of {}, {}", path.display(), if is_clean { "clean" } else { "killed" });
        let node = match TestNode::open(disk, settings, now) {
            Ok(node) => node,
            Err(error) => {
                assert!(!is_records(&path) && is_irreplaceable(&path), "{what}: {error}");
                continue;
            }
        };
        for _ in 0..100 {
            node.node.scrub(node.now());
            node.pass_ms(1000);
        }
        let (mut offset, mut read) = (1, Vec::new());
        let end = node.list_offset(11, "t", -1).offset.0;
        while offset < end {
            let fetched = node.fetch("t", offset);
            match fetched.error_code {
                ErrorCode::NONE => {
                    let records = node.records("t", offset);
                    for batch in parse(&records) {
                        assert!(batch.crc_is_valid(), "{what}");
                    }
                    let Some(next) = parse(&records).last().map(|batch| batch.next_offset().0) else { break };
                    read.extend(values(&records));
                    offset = next;
                }
                ErrorCode::KAFKA_STORAGE_ERROR if is_records(&path) => offset += 1,
                ErrorCode::OFFSET_OUT_OF_RANGE | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => break,
                code => panic!("{what}: {code:?} at {offset}"),
            }
        }
        assert!(read.iter().all(|value| written.contains(value)), "{what}");
        let lost = written.len() - read.len();
        assert!(
            lost <= usize::from(is_records(&path)) || is_irreplaceable(&path),
            "{what}: {lost} of {end} are missing"
        );
        if node.node.topics.by_name("t").is_some() {
            node.produce("t", batch(&["after"]));
        }
    }
}
