//! Compacted topics: of each key the last value is there, and nothing that was written is there otherwise.

use broker::cleaner::CleanFailure;
use protocol::{
    ErrorCode,
    messages::{
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics},
    },
    records::{BatchBuilder, Compression, CompressionType},
    types::Offset,
};

use crate::{
    batches::{parse, sequenced},
    configs::{BROKER, SET, TOPIC, alter},
    groups::coordinating_with,
    node::{START, TestNode},
};

/// A topic that is compacted as soon as anything in it can be; each batch has a segment of its own.
const EAGER: &[(&str, &str)] =
    &[("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "0"), ("internal.segment.bytes", "1")];

/// A batch of these keys and values, none for a tombstone.
fn pairs(codec: CompressionType, records: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::of(codec));
    for (key, value) in records {
        builder.append(START.wall, Some(key.as_bytes()), value.map(str::as_bytes), &[]);
    }
    builder.build()
}

/// Offset, key and value of all records, as a consumer from the beginning gets them.
fn all(node: &TestNode, topic: &'static str) -> Vec<(i64, String, Option<String>)> {
    let (mut found, mut offset) = (Vec::new(), 0);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    loop {
        let records = node.records(topic, offset);
        let batches = parse(&records);
        let Some(last) = batches.last() else { return found };
        for batch in &batches {
            let body = batch.decompress(1 << 20).expect("it can be decompressed");
            for record in batch.records(&body).map(|record| record.expect("a record")) {
                found.push((record.offset.0, text(record.key.unwrap_or_default()), record.value.map(text)));
            }
        }
        offset = last.next_offset().0;
    }
}

fn some(offset: i64, key: &str, value: &str) -> (i64, String, Option<String>) {
    (offset, key.to_owned(), Some(value.to_owned()))
}

#[test]
fn a_consumer_gets_the_last_value_of_each_key_at_its_offset_whatever_happens_to_the_node() {
    let mut node = TestNode::new();
    let codecs = CompressionType::ALL;
    node.topic("t", 1, &[EAGER, &[("delete.retention.ms", "60000")]].concat());
    for (codec, value) in codecs.into_iter().zip(["1", "2", "3", "4", "5"]) {
        node.produced("t", pairs(codec, &[("a", Some(value)), ("b", Some(value)), ("a", Some(value)), (value, None)]));
    }
    node.produced("t", pairs(CompressionType::None, &[("b", None), ("c", Some("6"))]));
    node.produced("t", pairs(CompressionType::None, &[("d", Some("7"))]));
    node.pass_ms(15_000);
    let none = |offset: i64, key: &str| (offset, key.to_owned(), None);
    let tombstones: Vec<_> = (1..=5).map(|n| none(4 * n - 1, &n.to_string())).collect();
    let mut expected = tombstones;
    expected.extend([some(18, "a", "5"), none(20, "b"), some(21, "c", "6"), some(22, "d", "7")]);
    expected.sort();
    assert_eq!(all(&node, "t"), expected);
    assert_eq!(node.segments("t"), [0, 4, 8, 12, 16, 20, 22], "none is larger than it may be");
    for again in [TestNode::restart, TestNode::kill, TestNode::lose_power] {
        node = again(node);
        assert_eq!(all(&node, "t"), expected);
    }
    // Once their time is over tombstones go with the next cleaning.
    assert_eq!(alter(&node, TOPIC, "t", &[("internal.segment.bytes", SET, Some("1048576"))]), ErrorCode::NONE);
    node.pass_ms(60_000);
    node.produced("t", pairs(CompressionType::None, &[("e", Some("8"))]));
    assert_eq!(alter(&node, TOPIC, "t", &[("segment.ms", SET, Some("1"))]), ErrorCode::NONE);
    let mut late = BatchBuilder::new(Compression::NONE);
    late.append(node.now().wall, Some(b"f"), Some(b"9"), &[]);
    node.produced("t", late.build());
    node.pass_ms(15_000);
    let expected = [some(18, "a", "5"), some(21, "c", "6"), some(22, "d", "7"), some(23, "e", "8"), some(24, "f", "9")];
    assert_eq!(all(&node, "t"), expected);
    assert_eq!(node.segments("t"), [0, 24], "small segments become one");
    assert_eq!(all(&node.lose_power(), "t"), expected);
}

#[test]
fn what_is_cleaned_when_follows_the_topics_settings_as_they_are_now() {
    let node = TestNode::new();
    node.topic("t", 1, &[("cleanup.policy", "compact"), ("internal.segment.bytes", "1")]);
    let put = |value: &str| node.produced("t", pairs(CompressionType::None, &[("a", Some(value))]));
    let count = || all(&node, "t").len();
    for value in ["1", "2", "3"] {
        put(value);
    }
    node.pass_ms(15_000);
    assert_eq!(count(), 2, "the active segment is never cleaned, the rest was all dirty");
    put("4");
    node.pass_ms(15_000);
    assert_eq!(count(), 3, "a third of it is dirty, and that is not enough");
    assert_eq!(alter(&node, TOPIC, "t", &[("min.cleanable.dirty.ratio", SET, Some("0.3"))]), ErrorCode::NONE);
    node.pass_ms(15_000);
    assert_eq!(count(), 2);

    let settings = [("min.compaction.lag.ms", SET, Some("1000000000")), ("min.cleanable.dirty.ratio", SET, Some("0"))];
    assert_eq!(alter(&node, TOPIC, "t", &settings), ErrorCode::NONE);
    put("5");
    node.pass_ms(15_000);
    assert_eq!(count(), 3, "too young");
    let settings = [("min.compaction.lag.ms", SET, Some("0")), ("cleanup.policy", SET, Some("delete"))];
    assert_eq!(alter(&node, TOPIC, "t", &settings), ErrorCode::NONE);
    node.pass_ms(15_000);
    assert_eq!(count(), 3, "not compacted any more");
}

#[test]
fn a_record_is_compacted_at_the_age_that_was_set_at_the_latest() {
    let node = TestNode::new();
    node.topic(
        "t",
        1,
        &[("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "60000")],
    );
    let put = |value: &str| {
        let mut batch = BatchBuilder::new(Compression::NONE);
        batch.append(node.now().wall, Some(b"a"), Some(value.as_bytes()), &[]);
        node.produced("t", batch.build())
    };
    put("1");
    put("2");
    node.pass_ms(60_001);
    put("3");
    assert_eq!(node.segments("t"), [0, 2], "its segment was closed by age");
    node.pass_ms(15_000);
    assert_eq!(all(&node, "t"), [some(1, "a", "2"), some(2, "a", "3")]);
}

#[test]
fn a_retry_of_a_producers_last_batch_is_known_after_its_records_are_compacted_away() {
    let node = TestNode::new();
    node.topic("t", 1, EAGER);
    let idempotent = |sequence: i32, value: &str| {
        let batch = BatchBuilder::new(Compression::NONE);
        let mut batch = batch.producer(protocol::types::ProducerId(7), protocol::types::ProducerEpoch(0), sequence);
        batch.append(START.wall, Some(b"a"), Some(value.as_bytes()), &[]);
        batch.build()
    };
    assert_eq!(node.produced("t", idempotent(0, "1")), 0);
    node.produced("t", pairs(CompressionType::None, &[("a", Some("2"))]));
    node.produced("t", pairs(CompressionType::None, &[("b", Some("3"))]));
    node.pass_ms(15_000);
    assert_eq!(all(&node, "t"), [some(1, "a", "2"), some(2, "b", "3")]);
    let node = node.lose_power();
    assert_eq!(node.produced("t", idempotent(0, "1")), 0, "it is not written again");
    assert_eq!(node.produce("t", sequenced(7, 0, 5, 1)).error_code, ErrorCode::INVALID_RECORD, "it has no key");
    assert_eq!(node.produced("t", idempotent(1, "4")), 3, "and the next follows");
}

#[test]
fn committed_offsets_are_compacted_and_stay() {
    let node = coordinating_with(&[("offsets.topic.num.partitions", "1")]);
    let tiny = [("internal.segment.bytes", SET, Some("200"))];
    assert_eq!(alter(&node, TOPIC, "__consumer_offsets", &tiny), ErrorCode::NONE);
    let commit = |offset: i64| {
        let partition = OffsetCommitRequestPartition {
            committed_offset: Offset(offset),
            ..OffsetCommitRequestPartition::default()
        };
        let topic = OffsetCommitRequestTopic {
            name: "t".into(),
            partitions: vec![partition],
            ..OffsetCommitRequestTopic::default()
        };
        let request = OffsetCommitRequest { group_id: "g".into(), topics: vec![topic], ..Default::default() };
        node.ask(9, &request).topics[0].partitions[0].error_code
    };
    node.topic("t", 1, &[]);
    for offset in 0..100 {
        assert_eq!(commit(offset), ErrorCode::NONE);
    }
    let before = node.segments("__consumer_offsets").len();
    let large = [("internal.segment.bytes", SET, Some("1048576"))];
    assert_eq!(alter(&node, TOPIC, "__consumer_offsets", &large), ErrorCode::NONE);
    node.pass_ms(15_000);
    let after = node.segments("__consumer_offsets").len();
    assert_eq!((before, after), (100, 2), "one record a key, and the active segment");
    let committed = |node: &TestNode| {
        let topics =
            vec![OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![0], ..Default::default() }];
        let group = OffsetFetchRequestGroup { group_id: "g".into(), topics: Some(topics), ..Default::default() };
        let request = OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() };
        node.ask(9, &request).groups[0].topics[0].partitions[0].committed_offset
    };
    assert_eq!(committed(&node), Offset(99));
    assert_eq!(committed(&node.lose_power()), Offset(99));
}

#[test]
fn a_log_with_a_damaged_batch_is_left_alone_and_named_and_the_others_are_cleaned() {
    let node = TestNode::new();
    for topic in ["good", "bad"] {
        node.topic(topic, 1, EAGER);
    }
    for value in ["1", "2", "3"] {
        node.produced("good", pairs(CompressionType::None, &[("a", Some(value))]));
        node.produced("bad", pairs(CompressionType::None, &[("a", Some(value))]));
    }
    node.disk.flip_bit(&node.path("bad-0/00000000000000000001.log"), 65, 2);
    node.pass_ms(15_000);
    assert_eq!(all(&node, "good").len(), 2);
    assert_eq!(node.segments("bad"), [0, 1, 2]);
    let status = node.node.cleaner.status(&node.node, node.now());
    let [CleanFailure { topic, partition: 0, reason }] = &status.uncleanable[..] else { panic!("{status:?}") };
    assert_eq!(
        (topic.as_str(), reason.as_str()),
        ("bad", "the batch at offset 1 cannot be read: its checksum is wrong")
    );
    assert_eq!(status.failure.as_ref(), status.uncleanable.first());
    assert!(status.uncleanable_bytes > 0);
}

#[test]
fn nothing_is_compacted_where_the_cleaner_is_switched_off() {
    let node = TestNode::with(&[("log.cleaner.enable", "false")]);
    node.topic("t", 1, EAGER);
    for value in ["1", "2", "3"] {
        node.produced("t", pairs(CompressionType::None, &[("a", Some(value))]));
    }
    node.pass_ms(60_000);
    assert_eq!(all(&node, "t").len(), 3);
    assert_eq!(alter(&node, BROKER, "", &[("log.cleaner.enable", SET, Some("true"))]), ErrorCode::INVALID_REQUEST);
}

#[test]
fn a_topic_that_is_compacted_and_deleted_from_loses_what_is_old() {
    let node = TestNode::new();
    let policy = [("cleanup.policy", "compact,delete"), ("retention.ms", "100000"), ("internal.segment.bytes", "1")];
    node.topic("t", 1, &[&policy[..], &[("min.cleanable.dirty.ratio", "0")]].concat());
    for (key, value) in [("a", "1"), ("a", "2"), ("b", "3")] {
        node.produced("t", pairs(CompressionType::None, &[(key, Some(value))]));
    }
    node.pass_ms(15_000);
    assert_eq!(all(&node, "t").len(), 2);
    let mut late = BatchBuilder::new(Compression::NONE);
    node.pass_ms(90_000);
    late.append(node.now().wall, Some(b"c"), Some(b"4"), &[]);
    node.produced("t", late.build());
    node.pass_ms(300_000 - 105_000);
    assert_eq!(node.fetch("t", 0).error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(node.fetch("t", 3).log_start_offset, Offset(3));
}
