//! Produce: which batches are taken, as what they are stored, and what is said of those that are not.

use protocol::{
    ErrorCode,
    messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    records::{BatchBuilder, Compression, CompressionType, Header, TimestampType},
    types::{Offset, Timestamp, Uuid},
};

use crate::{
    batches::{
        ATTRIBUTES, BODY, CRC, LAST_OFFSET_DELTA, LEADER_EPOCH, LENGTH, MAGIC, MAX_TIMESTAMP, RECORD_COUNT, batch,
        compressed, damaged, keyed, only_header, patched, record, sequenced, timed, values, with_body,
    },
    node::{START, TestNode, bytes, fetch_partition, fetch_request, only_fetched, only_produced, produce_request},
};

/// A node with the topic `t`, of one partition.
fn with_topic(configs: &[(&'static str, &'static str)]) -> TestNode {
    let node = TestNode::new();
    node.topic("t", 1, configs);
    node
}

/// Asserts that a batch is refused with `code`, what the log start in the answer is, and that nothing is written.
#[track_caller]
fn assert_refused(node: &TestNode, records: Vec<u8>, code: ErrorCode, log_start: i64) {
    let end = node.fetch("t", 0).high_watermark;
    let response = node.produce("t", records);
    assert_eq!(response.error_code, code, "{:?}", response.error_message);
    assert_eq!((response.base_offset, response.log_start_offset), (Offset::NONE, Offset(log_start)));
    assert_eq!(response.log_append_time_ms, Timestamp::NONE);
    assert_eq!(node.fetch("t", 0).high_watermark, end);
}

#[test]
fn a_partition_gets_exactly_one_whole_batch_of_the_current_format() {
    let node = with_topic(&[]);
    let good = batch(&["a"]);
    let longer = damaged(&good, LENGTH, &1000_i32.to_be_bytes());
    let refused = [
        [batch(&["a"]), batch(&["b"])].concat(),
        Vec::new(),
        good[..good.len() - 1].to_vec(),
        good[..BODY].to_vec(),
        longer,
        damaged(&good, MAGIC, &[0]),
        damaged(&good, MAGIC, &[1]),
    ];
    for records in refused {
        assert_eq!(node.produce("t", records.clone()).error_message, None);
        assert_refused(&node, records, ErrorCode::INVALID_RECORD, -1);
    }
}

#[test]
fn a_partition_without_records_is_answered_as_one_with_none() {
    let node = with_topic(&[]);
    let topic = TopicProduceData {
        name: "t".into(),
        partition_data: vec![PartitionProduceData { index: 0, records: None }],
        ..TopicProduceData::default()
    };
    let request = ProduceRequest { acks: -1, timeout_ms: 1000, topic_data: vec![topic], ..ProduceRequest::default() };
    assert_eq!(only_produced(node.ask(11, &request)).error_code, ErrorCode::INVALID_RECORD);
}

#[test]
fn a_damaged_batch_is_corrupt() {
    let node = with_topic(&[]);
    let good = batch(&["a"]);
    assert_eq!(node.produce("t", damaged(&good, CRC, &[1, 2, 3, 4])).error_code, ErrorCode::CORRUPT_MESSAGE);
    assert_eq!(node.produce("t", damaged(&good, BODY + 5, b"x")).error_code, ErrorCode::CORRUPT_MESSAGE);
    let magic_3 = node.produce("t", damaged(&good, MAGIC, &[3]));
    assert_eq!(magic_3.error_code, ErrorCode::CORRUPT_MESSAGE);
    assert!(magic_3.error_message.is_some());
    let too_short = damaged(&good, LENGTH, &10_i32.to_be_bytes());
    assert_eq!(node.produce("t", too_short).error_code, ErrorCode::CORRUPT_MESSAGE);
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn one_bad_partition_does_not_hold_back_the_others() {
    let node = TestNode::new();
    node.topic("t", 3, &[]);
    let bad = damaged(&batch(&["b"]), CRC, &[0; 4]);
    let request = produce_request(
        -1,
        &[("t", 0, batch(&["a"])), ("t", 1, bad), ("t", 2, batch(&["c"])), ("u", 0, batch(&["d"]))],
    );
    let response = node.ask(11, &request);
    let codes = |t: usize| response.responses[t].partition_responses.iter().map(|p| p.error_code).collect::<Vec<_>>();
    assert_eq!(codes(0), [ErrorCode::NONE, ErrorCode::CORRUPT_MESSAGE, ErrorCode::NONE]);
    assert_eq!(codes(1), [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]);
    assert_eq!(node.fetch_from("t", 2, 0).high_watermark, Offset(1));
}

#[test]
fn bytes_behind_a_whole_batch_are_dropped() {
    let node = with_topic(&[]);
    node.produced("t", [batch(&["a"]), vec![1, 2, 3]].concat());
    assert_eq!(values(&node.records("t", 0)), ["a"]);
}

#[test]
fn a_header_that_contradicts_itself_is_an_invalid_record() {
    let node = with_topic(&[]);
    node.produced("t", batch(&["before"]));
    let good = batch(&["a", "b"]);
    let mut control = BatchBuilder::new(Compression::NONE).control();
    control.append_control(START.wall, protocol::records::ControlRecordType::Commit, &[0; 6]);
    for records in [
        patched(&good, RECORD_COUNT, &3_i32.to_be_bytes()),
        patched(&good, RECORD_COUNT, &1_i32.to_be_bytes()),
        patched(&good, LAST_OFFSET_DELTA, &2_i32.to_be_bytes()),
        patched(&patched(&good, RECORD_COUNT, &3_i32.to_be_bytes()), LAST_OFFSET_DELTA, &2_i32.to_be_bytes()),
        patched(&patched(&good, RECORD_COUNT, &0_i32.to_be_bytes()), LAST_OFFSET_DELTA, &(-1_i32).to_be_bytes()),
        damaged(&good, 0, &5_i64.to_be_bytes()),
        control.build(),
        sequenced(1, 0, -1, 1),
    ] {
        assert_refused(&node, records, ErrorCode::INVALID_RECORD, 0);
    }
}

#[test]
fn a_header_key_is_never_null() {
    let node = with_topic(&[]);
    // No attributes, timestamp and offset deltas of 0, null key, empty value, one header: null key, null value.
    let null_header_key = record(&[0, 0, 0, 1, 0, 2, 1, 1]);
    assert_refused(&node, with_body(&batch(&["a"]), &null_header_key), ErrorCode::INVALID_RECORD, 0);
}

#[test]
fn null_and_empty_keys_values_and_headers_stay_apart() {
    let node = with_topic(&[]);
    let mut builder = BatchBuilder::new(Compression::NONE);
    let headers = [Header { key: b"", value: None }, Header { key: b"h", value: Some(b"") }];
    builder.append(START.wall, None, Some(b""), &headers);
    builder.append(START.wall, Some(b""), None, &[]);
    let sent = builder.build();
    node.produced("t", sent.clone());
    assert_eq!(node.records("t", 0)[BODY..], sent[BODY..]);
}

#[test]
fn offsets_in_the_wrong_order_are_numbered_anew() {
    let node = with_topic(&[]);
    let body = [record(&[0, 0, 2, 1, 2, b'a', 0]), record(&[0, 0, 0, 1, 2, b'b', 0])].concat();
    node.produced("t", with_body(&batch(&["x", "y"]), &body));
    assert_eq!(values(&node.records("t", 0)), ["a", "b"]);
}

#[test]
fn what_cannot_be_decoded_is_an_unknown_error() {
    let node = with_topic(&[]);
    let good = batch(&["a"]);
    for codec in 5..=7_i16 {
        assert_refused(&node, patched(&good, ATTRIBUTES, &codec.to_be_bytes()), ErrorCode::UNKNOWN_SERVER_ERROR, 0);
    }
    assert_refused(&node, with_body(&good, &[0xff; 20]), ErrorCode::UNKNOWN_SERVER_ERROR, 0);
}

#[test]
fn a_body_that_is_not_of_its_codec_is_found_where_bodies_are_unpacked() {
    let node = with_topic(&[("milena.record.validation", "full")]);
    for codec in 1..=4_i16 {
        let lying = patched(&batch(&["a"]), ATTRIBUTES, &codec.to_be_bytes());
        assert_refused(&node, lying, ErrorCode::UNKNOWN_SERVER_ERROR, 0);
    }
}

#[test]
fn a_transactional_batch_needs_a_transactional_id() {
    let node = with_topic(&[]);
    let transactional = patched(&sequenced(1, 0, 0, 1), ATTRIBUTES, &0x10_i16.to_be_bytes());
    let response = node.produce("t", transactional);
    assert_eq!(response.error_code, ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn attribute_bits_without_a_meaning_are_stored() {
    let node = with_topic(&[]);
    for bits in [0x80_i16, 0x40] {
        let base = node.produced("t", patched(&batch(&["a"]), ATTRIBUTES, &bits.to_be_bytes()));
        assert_eq!(only_header(&node.records("t", base)).attributes.0, bits);
    }
}

#[test]
fn the_broker_gives_offsets_and_the_leader_epoch_and_leaves_the_rest_alone() {
    let node = with_topic(&[]);
    let sent = damaged(&batch(&["a", "b"]), LEADER_EPOCH, &77_i32.to_be_bytes());
    assert_eq!(node.produced("t", sent.clone()), 0);
    assert_eq!(node.produced("t", sent.clone()), 2);
    let stored = node.records("t", 2);
    let header = only_header(&stored);
    assert_eq!((header.base_offset, header.partition_leader_epoch.0), (Offset(2), 0));
    assert_eq!(stored[MAGIC..], sent[MAGIC..]);
}

#[test]
fn a_compacted_topic_names_every_record_without_a_key_and_takes_none() {
    let node = with_topic(&[("cleanup.policy", "compact")]);
    let records = keyed(&[(Some("k"), "a"), (None, "b"), (Some(""), "c"), (None, "d")]);
    let response = node.produce("t", records);
    assert_eq!(response.error_code, ErrorCode::INVALID_RECORD);
    let named = response.record_errors.iter().map(|error| error.batch_index).collect::<Vec<_>>();
    assert_eq!(named, [1, 3]);
    assert!(response.record_errors.iter().all(|error| error.batch_index_error_message.is_some()));
    assert!(response.error_message.is_some());
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn the_largest_batch_is_counted_as_it_is_sent() {
    let node = with_topic(&[("max.message.bytes", "500")]);
    let of_size = |size: usize| {
        let without = batch(&["x".repeat(300).as_str()]).len();
        let made = batch(&["x".repeat(300 + size - without).as_str()]);
        assert_eq!(made.len(), size);
        made
    };
    assert_eq!(node.produce("t", of_size(500)).error_code, ErrorCode::NONE);
    assert_eq!(node.produce("t", of_size(501)).error_code, ErrorCode::MESSAGE_TOO_LARGE);
    let packed = compressed(Compression::of(CompressionType::Gzip), &["x".repeat(5000).as_str()]);
    assert!(packed.len() <= 500);
    assert_eq!(node.produce("t", packed).error_code, ErrorCode::NONE);
}

#[test]
fn zstd_needs_produce_7_and_is_fetched_by_anybody() {
    let node = with_topic(&[]);
    let packed = compressed(Compression::of(CompressionType::Zstd), &["a"]);
    let refused = node.produce_at(6, "t", 0, packed.clone());
    assert_eq!(refused.error_code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    assert_eq!(node.produce_at(7, "t", 0, packed).error_code, ErrorCode::NONE);
    let data = only_fetched(node.ask(9, &fetch_request(&[("t", &[fetch_partition(0, 0)])])));
    assert_eq!((data.error_code, values(&bytes(&data))), (ErrorCode::NONE, vec!["a".to_owned()]));
}

#[test]
fn every_codec_is_stored_as_it_was_sent() {
    let node = with_topic(&[]);
    for codec in [
        CompressionType::None,
        CompressionType::Gzip,
        CompressionType::Snappy,
        CompressionType::Lz4,
        CompressionType::Zstd,
    ] {
        let sent = compressed(Compression::of(codec), &["a", "b"]);
        let base = node.produced("t", sent.clone());
        let stored = node.records("t", base);
        assert_eq!(stored[MAGIC..], sent[MAGIC..], "{codec:?}");
        assert_eq!(values(&stored), ["a", "b"]);
    }
}

#[test]
fn snappy_comes_raw_and_in_xeriels_frames() {
    let node = with_topic(&[("milena.record.validation", "full")]);
    let plain = &batch(&["a"])[BODY..];
    // A block of snappy that is one literal: its length, and a tag that says how much follows.
    let raw = [&[plain.len() as u8, (plain.len() as u8 - 1) << 2], plain].concat();
    let block = (raw.len() as i32).to_be_bytes();
    let framed = [&b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"[..], &block, &raw].concat();
    for body in [raw, framed] {
        let packed = with_body(&patched(&batch(&["a"]), ATTRIBUTES, &2_i16.to_be_bytes()), &body);
        let base = node.produced("t", packed.clone());
        let stored = node.records("t", base);
        assert_eq!(stored[BODY..], packed[BODY..]);
        assert_eq!(values(&stored), ["a"]);
    }
}

#[test]
fn a_topic_with_a_codec_of_its_own_packs_anew() {
    for (name, codec) in [
        ("gzip", CompressionType::Gzip),
        ("snappy", CompressionType::Snappy),
        ("lz4", CompressionType::Lz4),
        ("zstd", CompressionType::Zstd),
        ("uncompressed", CompressionType::None),
    ] {
        let node = with_topic(&[("compression.type", name)]);
        for sent in [CompressionType::None, CompressionType::Gzip] {
            let base = node.produced("t", compressed(Compression::of(sent), &["a", "b"]));
            let stored = node.records("t", base);
            assert_eq!(only_header(&stored).attributes.compression(), Some(codec));
            assert_eq!(values(&stored), ["a", "b"]);
        }
    }
}

#[test]
fn a_record_from_too_far_away_in_time_is_named() {
    let now = START.wall.0;
    let node = with_topic(&[("message.timestamp.before.max.ms", "1000")]);
    for bad in [now + 3_600_001, now - 1001] {
        for version in [7, 11] {
            let response = node.produce_at(version, "t", 0, timed(&[now, bad]));
            assert_eq!(response.error_code, ErrorCode::INVALID_TIMESTAMP);
            if version >= 8 {
                let named = response.record_errors.iter().map(|error| error.batch_index).collect::<Vec<_>>();
                assert_eq!(named, [1]);
            }
        }
    }
    assert_eq!(node.produced("t", timed(&[now + 3_600_000, now - 1000])), 0);
}

#[test]
fn timestamps_before_1970_and_none_at_all_are_taken() {
    let node = with_topic(&[]);
    for timestamp in [-1, 0, -5] {
        let base = node.produced("t", timed(&[timestamp]));
        assert_eq!(only_header(&node.records("t", base)).base_timestamp, Timestamp(timestamp));
    }
}

#[test]
fn a_wrong_max_timestamp_is_corrected() {
    let node = with_topic(&[]);
    let now = START.wall.0;
    node.produced("t", patched(&timed(&[now, now + 5]), MAX_TIMESTAMP, &(now + 99).to_be_bytes()));
    assert_eq!(only_header(&node.records("t", 0)).max_timestamp, Timestamp(now + 5));
}

#[test]
fn a_producer_cannot_say_log_append_time_on_a_topic_of_create_time() {
    let node = with_topic(&[]);
    let response = node.produce("t", patched(&batch(&["a"]), ATTRIBUTES, &8_i16.to_be_bytes()));
    assert_eq!((response.error_code, response.log_append_time_ms), (ErrorCode::NONE, Timestamp::NONE));
    assert_eq!(only_header(&node.records("t", 0)).attributes.timestamp_type(), TimestampType::CreateTime);
}

#[test]
fn log_append_time_is_the_brokers_and_is_told() {
    let node = with_topic(&[("message.timestamp.type", "LogAppendTime")]);
    let old = START.wall.0 - 100_000;
    node.pass_ms(10);
    let response = node.produce("t", timed(&[old, old + 1]));
    assert_eq!(response.log_append_time_ms, node.now().wall);
    let header = only_header(&node.records("t", 0));
    assert_eq!((header.base_timestamp, header.max_timestamp), (Timestamp(old), node.now().wall));
    assert_eq!(header.attributes.timestamp_type(), TimestampType::LogAppendTime);
}

#[test]
fn create_time_has_no_append_time_to_tell() {
    let node = with_topic(&[]);
    let response = node.produce("t", batch(&["a"]));
    assert_eq!((response.log_append_time_ms, response.log_start_offset), (Timestamp::NONE, Offset::ZERO));
}

#[test]
fn a_partition_named_twice_is_answered_once() {
    let node = with_topic(&[]);
    let request = produce_request(-1, &[("t", 0, batch(&["a"])), ("t", 0, batch(&["b"]))]);
    assert_eq!(only_produced(node.ask(11, &request)).error_code, ErrorCode::NONE);
    assert_eq!(node.fetch("t", 0).high_watermark, Offset(1));
}

#[test]
fn a_topic_is_named_by_its_id_from_version_13_on() {
    let node = TestNode::new();
    let id = node.topic("t", 1, &[]);
    for (id, code) in
        [(Uuid([9; 16]), ErrorCode::UNKNOWN_TOPIC_ID), (Uuid::ZERO, ErrorCode::UNKNOWN_TOPIC_ID), (id, ErrorCode::NONE)]
    {
        let mut request = produce_request(-1, &[("", 0, batch(&["a"]))]);
        request.topic_data[0].topic_id = id;
        let response = node.ask(13, &request);
        assert_eq!(response.responses[0].topic_id, id);
        assert_eq!(only_produced(response).error_code, code);
    }
}

#[test]
fn acks_are_minus_1_0_or_1() {
    let node = with_topic(&[]);
    for acks in [2, -2, 127] {
        let response = only_produced(node.ask(11, &produce_request(acks, &[("t", 0, batch(&["a"]))])));
        assert_eq!(response.error_code, ErrorCode::INVALID_REQUIRED_ACKS);
        assert_eq!((response.base_offset, response.log_start_offset), (Offset::NONE, Offset::NONE));
    }
    assert_eq!(node.fetch("t", 0).high_watermark, Offset::ZERO);
}

#[test]
fn a_topic_never_needs_more_replicas_in_sync_than_it_has() {
    let node = with_topic(&[("min.insync.replicas", "2")]);
    let response = only_produced(node.ask(11, &produce_request(-1, &[("t", 0, batch(&["a"]))])));
    assert_eq!((response.error_code, response.base_offset), (ErrorCode::NONE, Offset::ZERO));
}

#[test]
fn produce_makes_no_topics() {
    let node = TestNode::new();
    for _ in 0..2 {
        assert_eq!(node.produce("t", batch(&["a"])).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    }
    node.topic("t", 1, &[]);
    assert_eq!(node.produce_at(11, "t", 1, batch(&["a"])).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(node.produce_at(11, "t", -1, batch(&["a"])).error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[test]
fn internal_topics_are_not_for_clients_to_write() {
    let node = TestNode::new();
    node.topic("__consumer_offsets", 1, &[("cleanup.policy", "compact")]);
    let request = produce_request(-1, &[("__consumer_offsets", 0, keyed(&[(Some("k"), "v")]))]);
    assert_eq!(only_produced(node.ask(11, &request)).error_code, ErrorCode::INVALID_TOPIC_EXCEPTION);
    assert_eq!(only_produced(node.ask_as("__admin_client", 11, &request)).error_code, ErrorCode::NONE);
}

#[test]
fn every_version_of_produce_writes() {
    let node = with_topic(&[]);
    for (version, base) in (3..=12).zip(0..) {
        let response = node.produce_at(version, "t", 0, batch(&["a"]));
        assert_eq!((response.error_code, response.base_offset), (ErrorCode::NONE, Offset(base)), "version {version}");
    }
}

#[test]
fn under_power_loss_durability_an_answer_waits_for_the_disk_and_a_timeout_says_where_the_batch_is() {
    let node = with_topic(&[("milena.durability", "power-loss")]);
    node.disk.fail(storage::disk::FaultRule { operation: Some("sync"), ..Default::default() });
    let asked = node.start(11, &produce_request(-1, &[("t", 0, batch(&["a"]))]));
    // Answered as soon as the sync is done, which is before any time has passed.
    let response = only_produced(node.answer(asked));
    assert_eq!((response.error_code, response.base_offset), (ErrorCode::NONE, Offset::ZERO));
    assert_eq!(node.elapsed_ms(), 0);
}
