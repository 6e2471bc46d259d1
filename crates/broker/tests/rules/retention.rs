//! How long records are kept: by age, size and on demand, and never less long because a clock jumps.

use protocol::ErrorCode;

use crate::{
    batches::{batch, timed},
    configs::{SET, TOPIC, alter},
    node::{START, TestNode},
    topics::delete_records,
};

/// Each batch has a segment of its own.
const TINY: (&str, &str) = ("internal.segment.bytes", "1");

/// How often a node looks, unless it is told otherwise.
const CHECK_MS: u64 = 300_000;

fn start_of(node: &TestNode) -> i64 {
    node.list_offset(4, "t", -2).offset.0
}

/// Produces batches of one record of these ages, in milliseconds before the start.
fn produce_ages(node: &TestNode, ages: &[i64]) {
    for age in ages {
        node.produced("t", timed(&[START.wall.0 - age]));
    }
}

#[test]
fn records_go_at_their_age_and_their_files_a_while_later() {
    let node = TestNode::new();
    node.topic("t", 1, &[TINY, ("retention.ms", "1000000"), ("file.delete.delay.ms", "5000")]);
    produce_ages(&node, &[900_000, 100_000, 0]);
    node.pass_ms(CHECK_MS);
    assert_eq!(start_of(&node), 1, "the first is older than 1,000 seconds");
    assert!(node.files("t").contains(&"00000000000000000000.log.deleted".to_owned()));
    assert_eq!(node.segments("t"), [1, 2]);
    node.pass_ms(4999);
    assert!(node.files("t").contains(&"00000000000000000000.log.deleted".to_owned()));
    node.pass_ms(1);
    assert!(!node.files("t").iter().any(|name| name.ends_with(".deleted")));
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    let node = node.lose_power();
    assert_eq!(start_of(&node), 1);
}

#[test]
fn how_often_it_is_looked_and_what_is_kept_follow_the_settings() {
    let node = TestNode::with(&[("log.retention.check.interval.ms", "10000")]);
    node.topic("t", 1, &[TINY, ("retention.ms", "-1")]);
    produce_ages(&node, &[1_000_000_000, 5000, 0]);
    node.pass_ms(10_000);
    assert_eq!(start_of(&node), 0, "kept for ever");
    assert_eq!(alter(&node, TOPIC, "t", &[("retention.ms", SET, Some("60000"))]), ErrorCode::NONE);
    node.pass_ms(9999);
    assert_eq!(start_of(&node), 0, "it is not looked yet");
    node.pass_ms(1);
    assert_eq!(start_of(&node), 1);
    assert_eq!(alter(&node, TOPIC, "t", &[("cleanup.policy", SET, Some(""))]), ErrorCode::NONE);
    node.pass_ms(1_000_000);
    assert_eq!(start_of(&node), 1, "no policy keeps everything");
}

#[test]
fn the_oldest_segments_go_where_there_are_too_many_bytes() {
    let node = TestNode::new();
    let size = batch(&["value"]).len();
    let bytes = (2 * size + 1).to_string().leak();
    node.topic("t", 1, &[TINY, ("retention.bytes", bytes)]);
    for _ in 0..5 {
        node.produced("t", batch(&["value"]));
    }
    node.pass_ms(CHECK_MS);
    assert_eq!((start_of(&node), node.segments("t")), (2, vec![2, 3, 4]));
}

#[test]
fn all_records_go_when_all_are_old_and_offsets_go_on() {
    let node = TestNode::new();
    node.topic("t", 1, &[("retention.ms", "1000")]);
    produce_ages(&node, &[0, 0]);
    // The active segment is closed by the first look, and goes with the second.
    node.pass_ms(CHECK_MS);
    node.pass_ms(CHECK_MS);
    assert_eq!(start_of(&node), 2);
    assert_eq!(node.produced("t", batch(&["next"])), 2);
}

#[test]
fn what_delete_records_leaves_behind_goes_from_the_disk() {
    let node = TestNode::new();
    node.topic("t", 1, &[TINY, ("retention.ms", "-1"), ("file.delete.delay.ms", "0")]);
    produce_ages(&node, &[0, 0, 0]);
    delete_records(&node, "t", 0, 2);
    assert_eq!(start_of(&node), 2);
    node.pass_ms(CHECK_MS);
    assert_eq!(node.segments("t"), [2]);
    assert!(!node.files("t").iter().any(|name| name.starts_with("00000000000000000001")), "{:?}", node.files("t"));
}

#[test]
fn a_segment_is_closed_by_age_and_by_the_size_of_its_index() {
    let node = TestNode::new();
    node.topic("t", 1, &[("segment.ms", "1000"), ("message.timestamp.after.max.ms", "9000000")]);
    produce_ages(&node, &[0, -1000, -1001, -2002]);
    assert_eq!(node.segments("t"), [0, 2, 3]);
    node.topic("u", 1, &[("segment.index.bytes", "24"), ("index.interval.bytes", "0")]);
    for _ in 0..7 {
        node.produced("u", batch(&["value"]));
    }
    assert!(node.segments("u").len() > 1);
}

#[test]
fn logs_do_not_all_begin_a_segment_at_once() {
    let node = TestNode::new();
    node.topic("t", 64, &[("segment.ms", "1000"), ("segment.jitter.ms", "900")]);
    for partition in 0..64 {
        node.produce_at(11, "t", partition, timed(&[START.wall.0]));
        node.produce_at(11, "t", partition, timed(&[START.wall.0 + 500]));
    }
    let rolled = (0..64).filter(|partition| {
        let dir = node.path(&format!("t-{partition}"));
        let files = storage::Disk::list(&node.disk, &dir).expect("it has a directory");
        files.iter().filter(|file| file.name.ends_with(".log")).count() == 2
    });
    let rolled = rolled.count();
    assert!((16..48).contains(&rolled), "{rolled} of 64 have begun one within half the time");
}

#[test]
fn records_of_the_future_stay_until_then() {
    let node = TestNode::new();
    node.topic("t", 1, &[TINY, ("retention.ms", "1000"), ("message.timestamp.after.max.ms", "9000000")]);
    produce_ages(&node, &[-600_000, 0]);
    node.pass_ms(CHECK_MS);
    assert_eq!(start_of(&node), 0, "and what is behind them stays with them");
    node.pass_ms(CHECK_MS + 1001);
    node.pass_ms(CHECK_MS);
    assert_eq!(start_of(&node), 2);
}

#[test]
fn a_clock_that_jumps_ahead_deletes_nothing_unless_that_lasts() {
    let node = TestNode::new();
    node.topic("t", 1, &[TINY, ("retention.ms", "100000000")]);
    produce_ages(&node, &[0, 0, 0]);
    node.pass_ms(1000);
    node.jump_ms(1_000_000_000);
    for _ in 0..8 {
        node.pass_ms(CHECK_MS);
        assert_eq!(start_of(&node), 0);
    }
    node.jump_ms(-1_000_000_000);
    node.pass_ms(10 * CHECK_MS);
    assert_eq!(start_of(&node), 0);

    node.jump_ms(1_000_000_000);
    (0..14).for_each(|_| node.pass_ms(CHECK_MS));
    assert_eq!(start_of(&node), 3, "it has lasted for an hour: the clock was set right");
}
