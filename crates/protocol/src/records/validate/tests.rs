use proptest::prelude::*;

use super::*;
use crate::{
    records::batch::{
        ATTRIBUTES_AT, BASE_OFFSET_AT, BASE_SEQUENCE_AT, BATCH_LENGTH_AT, CRC_AT, LAST_OFFSET_DELTA_AT, LENGTH_END,
        MAGIC_AT, MAX_TIMESTAMP_AT, PRODUCER_ID_AT, RECORD_COUNT_AT, patch_crc,
    },
    types::{ProducerEpoch, ProducerId},
};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const POLICIES: [ValidationPolicy; 3] = [ValidationPolicy::Header, ValidationPolicy::Walk, ValidationPolicy::Full];

/// Three records with keys, the second the youngest.
fn batch(codec: CompressionType) -> Vec<u8> {
    batch_of(codec, &[(NOW.0 - 5, Some(b"a")), (NOW.0 - 1, Some(b"b")), (NOW.0 - 3, Some(b"c"))])
}

fn batch_of(codec: CompressionType, records: &[(i64, Option<&[u8]>)]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::of(codec)).producer(ProducerId(4), ProducerEpoch(0), 10);
    for (timestamp, key) in records {
        builder.append(Timestamp(*timestamp), *key, Some(&[b'v'; 100]), &[]);
    }
    builder.build()
}

/// The batch with `value` at `at` and a CRC that says so.
fn edited(mut bytes: Vec<u8>, at: usize, value: &[u8]) -> Vec<u8> {
    bytes[at..at + value.len()].copy_from_slice(value);
    patch_crc(&mut bytes);
    bytes
}

fn with_attributes(bytes: Vec<u8>, change: impl Fn(i16) -> i16) -> Vec<u8> {
    let attributes = i16::from_be_bytes([bytes[ATTRIBUTES_AT], bytes[ATTRIBUTES_AT + 1]]);
    edited(bytes, ATTRIBUTES_AT, &change(attributes).to_be_bytes())
}

fn refused(bytes: &[u8], rules: &Rules) -> ErrorCode {
    validate_produce(bytes, rules, NOW).expect_err("the batch is refused").error_code()
}

/// The timestamps of the records in a batch.
fn timestamps(bytes: &[u8]) -> Vec<i64> {
    let batch = RecordBatch::new(bytes).unwrap();
    assert!(batch.crc_is_valid());
    let body = batch.decompress(1 << 20).unwrap();
    batch.records(&body).map(|record| record.unwrap().timestamp.0).collect()
}

#[test]
fn a_good_batch_is_written_as_it_came() {
    for codec in CompressionType::ALL {
        for policy in POLICIES {
            let bytes = batch(codec);
            let validated = validate_produce(&bytes, &Rules { policy, ..Rules::default() }, NOW).unwrap();
            assert_eq!(validated.bytes, Cow::Borrowed(&bytes[..]), "{codec} {policy:?}");
            assert!(matches!(validated.bytes, Cow::Borrowed(_)));
            assert_eq!(validated.header.record_count, 3);
            assert_eq!(validated.header.max_timestamp, Timestamp(NOW.0 - 1));
            let walked =
                policy == ValidationPolicy::Full || policy == ValidationPolicy::Walk && codec == CompressionType::None;
            assert_eq!(validated.max_timestamp_delta, walked.then_some(1), "{codec} {policy:?}");
        }
    }
}

#[test]
fn exactly_one_batch_is_taken() {
    let one = batch(CompressionType::None);
    let rules = Rules::default();
    let mut errors = vec![
        (vec![], ErrorCode::INVALID_RECORD),
        ([&one[..], &one[..]].concat(), ErrorCode::INVALID_RECORD),
        (one[..one.len() - 1].to_vec(), ErrorCode::INVALID_RECORD),
        (one[..10].to_vec(), ErrorCode::INVALID_RECORD),
    ];
    for (length, code) in [(13, 2), (20, 2), (48, 2), (-1, 2), (i32::MAX, 87), (one.len() as i32, 87)] {
        errors.push((edited(one.clone(), BATCH_LENGTH_AT, &i32::to_be_bytes(length)), ErrorCode(code)));
    }
    for (magic, code) in [(0, 87), (1, 87), (3, 2), (0xff, 2)] {
        errors.push((edited(one.clone(), MAGIC_AT, &[magic]), ErrorCode(code)));
    }
    for (bytes, code) in errors {
        let error = validate_produce(&bytes, &rules, NOW).unwrap_err();
        assert_eq!(error.error_code(), code, "{error}");
        assert!(error.is_before_append(), "{error}");
    }

    let followed = [&one[..], b"not a batch"].concat();
    assert_eq!(validate_produce(&followed, &rules, NOW).unwrap().bytes, one);
}

#[test]
fn a_wrong_crc_is_corrupt() {
    for codec in CompressionType::ALL {
        for at in [CRC_AT, ATTRIBUTES_AT + 1, HEADER_SIZE] {
            let mut bytes = batch(codec);
            bytes[at] ^= 0x40;
            let rules = Rules { policy: ValidationPolicy::Header, ..Rules::default() };
            assert_eq!(refused(&bytes, &rules), ErrorCode::CORRUPT_MESSAGE);
        }
    }
}

#[test]
fn headers_that_lie_are_refused() {
    let one = batch(CompressionType::None);
    let cases = [
        ("base offset", edited(one.clone(), BASE_OFFSET_AT, &1i64.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("count", edited(one.clone(), RECORD_COUNT_AT, &4i32.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("negative count", edited(one.clone(), RECORD_COUNT_AT, &(-1i32).to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("last delta", edited(one.clone(), LAST_OFFSET_DELTA_AT, &1i32.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("sequence", edited(one.clone(), BASE_SEQUENCE_AT, &(-1i32).to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("control", with_attributes(one.clone(), |bits| bits | 1 << 5), ErrorCode::INVALID_RECORD),
        ("codec 5", with_attributes(one.clone(), |bits| bits | 5), ErrorCode::UNKNOWN_SERVER_ERROR),
        ("codec 7", with_attributes(one.clone(), |bits| bits | 7), ErrorCode::UNKNOWN_SERVER_ERROR),
    ];
    for policy in POLICIES {
        for (what, bytes, code) in &cases {
            assert_eq!(refused(bytes, &Rules { policy, ..Rules::default() }), *code, "{what} {policy:?}");
        }
    }
    // Without a producer id the sequence means nothing.
    let bytes = edited(edited(one, BASE_SEQUENCE_AT, &(-7i32).to_be_bytes()), PRODUCER_ID_AT, &(-1i64).to_be_bytes());
    assert!(validate_produce(&bytes, &Rules::default(), NOW).is_ok());
}

#[test]
fn a_count_that_the_records_do_not_have_is_refused() {
    for codec in CompressionType::ALL {
        for count in [2i32, 4] {
            let bytes = edited(batch(codec), RECORD_COUNT_AT, &count.to_be_bytes());
            let bytes = edited(bytes, LAST_OFFSET_DELTA_AT, &(count - 1).to_be_bytes());
            let rules = Rules { policy: ValidationPolicy::Full, ..Rules::default() };
            assert_eq!(refused(&bytes, &rules), ErrorCode::INVALID_RECORD, "{codec}");
        }
    }
}

#[test]
fn a_body_of_another_codec_is_refused_where_it_is_opened() {
    let bytes = with_attributes(batch(CompressionType::Gzip), |bits| bits & !7 | CompressionType::Zstd as i16);
    for rules in [
        Rules { policy: ValidationPolicy::Full, ..Rules::default() },
        Rules { compacted: true, ..Rules::default() },
        Rules { compression: Some(Compression::NONE), ..Rules::default() },
    ] {
        assert_eq!(refused(&bytes, &rules), ErrorCode::UNKNOWN_SERVER_ERROR);
    }
}

#[test]
fn a_batch_is_measured_as_it_is_sent_and_as_it_is_stored() {
    let bytes = batch(CompressionType::Zstd);
    let max_message_bytes = bytes.len();
    assert!(validate_produce(&bytes, &Rules { max_message_bytes, ..Rules::default() }, NOW).is_ok());
    let rules = Rules { max_message_bytes: max_message_bytes - 1, ..Rules::default() };
    assert_eq!(refused(&bytes, &rules), ErrorCode::MESSAGE_TOO_LARGE);
    let rules = Rules { max_message_bytes, compression: Some(Compression::NONE), ..Rules::default() };
    assert_eq!(refused(&bytes, &rules), ErrorCode::MESSAGE_TOO_LARGE);
}

#[test]
fn a_bomb_is_too_large() {
    let mut builder = BatchBuilder::new(Compression::of(CompressionType::Zstd));
    builder.append(NOW, Some(b"k"), Some(&vec![0; 10 << 20]), &[]);
    let rules = Rules { compacted: true, decompressed_bytes_max: 1 << 20, ..Rules::default() };
    assert_eq!(refused(&builder.build(), &rules), ErrorCode::MESSAGE_TOO_LARGE);
}

#[test]
fn every_record_without_a_key_is_named_on_a_compacted_topic() {
    let rules = Rules { compacted: true, ..Rules::default() };
    for codec in CompressionType::ALL {
        let bytes = batch_of(codec, &[(NOW.0, None), (NOW.0, Some(b"")), (NOW.0, None)]);
        let error = validate_produce(&bytes, &rules, NOW).unwrap_err();
        assert_eq!(error.error_code(), ErrorCode::INVALID_RECORD);
        let rejected: Vec<_> = error.rejected().iter().map(|record| (record.index, record.reason)).collect();
        assert_eq!(rejected, [(0, Rejection::NoKey), (2, Rejection::NoKey)]);
        assert!(!error.is_before_append());
    }
}

#[test]
fn timestamps_outside_the_window_are_named() {
    let rules = Rules { timestamp_before_max_ms: 1_000, timestamp_after_max_ms: 500, ..Rules::default() };
    let allowed = [(NOW.0 - 1_000, None), (NOW.0 + 500, None), (NOW.0 - 1_000, None), (-1, None)];
    for codec in CompressionType::ALL {
        assert!(validate_produce(&batch_of(codec, &allowed), &rules, NOW).is_ok(), "{codec}");
        let bytes = batch_of(codec, &[(NOW.0 - 1_001, None), (NOW.0, None), (NOW.0 + 501, None)]);
        let error = validate_produce(&bytes, &rules, NOW).unwrap_err();
        assert_eq!(error.error_code(), ErrorCode::INVALID_TIMESTAMP, "{codec}");
        let rejected: Vec<_> = error.rejected().iter().map(|record| record.index).collect();
        assert_eq!(rejected, [0, 2], "{codec}");
    }
}

#[test]
fn strange_timestamps_are_taken_by_default() {
    for timestamp in [-1, 0, -5, NOW.0 - i64::MAX] {
        for codec in CompressionType::ALL {
            let bytes = batch_of(codec, &[(timestamp, None)]);
            assert!(validate_produce(&bytes, &Rules::default(), NOW).is_ok(), "{timestamp} {codec}");
        }
    }
    for timestamp in [i64::MAX, i64::MIN] {
        let bytes = batch_of(CompressionType::None, &[(timestamp, None)]);
        assert_eq!(refused(&bytes, &Rules::default()), ErrorCode::INVALID_TIMESTAMP);
    }
}

#[test]
fn a_wrong_max_timestamp_is_repaired() {
    for codec in CompressionType::ALL {
        // One that contradicts the base timestamp, and one that would make a segment live for ever.
        for wrong in [0, i64::MAX] {
            let bytes = edited(batch(codec), MAX_TIMESTAMP_AT, &i64::to_be_bytes(wrong));
            let validated = validate_produce(&bytes, &Rules::default(), NOW).unwrap();
            assert_eq!(validated.bytes, batch(codec));
            assert_eq!(validated.header.max_timestamp, Timestamp(NOW.0 - 1));
            assert_eq!(validated.max_timestamp_delta, Some(1));
        }
    }
}

#[test]
fn a_log_append_time_bit_is_cleared_on_a_create_time_topic() {
    for codec in CompressionType::ALL {
        let bytes = with_attributes(batch(codec), |bits| bits | 1 << 3);
        let validated = validate_produce(&bytes, &Rules::default(), NOW).unwrap();
        assert_eq!(validated.bytes, batch(codec));
        assert_eq!(timestamps(&validated.bytes), [NOW.0 - 5, NOW.0 - 1, NOW.0 - 3]);
    }
}

#[test]
fn log_append_time_is_the_leaders() {
    let rules = Rules { timestamp_type: TimestampType::LogAppendTime, timestamp_after_max_ms: 0, ..Rules::default() };
    for codec in CompressionType::ALL {
        let bytes = batch_of(codec, &[(NOW.0 + 10, None), (5, None)]);
        let validated = validate_produce(&bytes, &rules, NOW).unwrap();
        assert_eq!(timestamps(&validated.bytes), [NOW.0, NOW.0]);
        assert_eq!(validated.header.base_timestamp, Timestamp(NOW.0 + 10));
        assert_eq!((validated.header.max_timestamp, validated.max_timestamp_delta), (NOW, Some(0)));
        assert_eq!(validated.bytes[HEADER_SIZE..], bytes[HEADER_SIZE..]);

        let said = with_attributes(bytes, |bits| bits | 1 << 3);
        let error = validate_produce(&said, &rules, NOW).unwrap_err();
        assert_eq!((error.error_code(), error.rejected().len()), (ErrorCode::INVALID_TIMESTAMP, 2));
    }
}

#[test]
fn another_codec_of_the_topic_recompresses() {
    for from in CompressionType::ALL {
        for to in CompressionType::ALL {
            let bytes = batch(from);
            let rules = Rules { compression: Some(Compression::of(to)), ..Rules::default() };
            let validated = validate_produce(&bytes, &rules, NOW).unwrap();
            assert_eq!(matches!(validated.bytes, Cow::Borrowed(_)), from == to);
            assert_eq!(validated.bytes, batch(to), "{from} to {to}");
            assert_eq!(validated.header, *RecordBatch::new(&validated.bytes).unwrap().header());
        }
    }
}

#[test]
fn records_in_the_wrong_order_are_numbered_anew() {
    // Two records of seven bytes each, with the offset deltas 1 and 0.
    let records = [12, 0, 0, 2, 1, 1, 0, 12, 0, 0, 0, 1, 1, 0];
    let mut bytes = batch_of(CompressionType::None, &[(NOW.0, None), (NOW.0, None)]);
    bytes.truncate(HEADER_SIZE);
    bytes.extend_from_slice(&records);
    let length = (bytes.len() - LENGTH_END) as i32;
    let bytes = edited(bytes, BATCH_LENGTH_AT, &length.to_be_bytes());

    let validated = validate_produce(&bytes, &Rules::default(), NOW).unwrap();
    let batch = RecordBatch::new(&validated.bytes).unwrap();
    assert!(batch.crc_is_valid());
    let deltas: Vec<_> = batch.records(batch.body()).map(|record| record.unwrap().offset_delta).collect();
    assert_eq!(deltas, [0, 1]);
    assert_eq!((batch.producer_id, batch.base_sequence), (ProducerId(4), 10));
}

#[test]
fn unknown_attribute_bits_are_stored() {
    let bytes = with_attributes(batch(CompressionType::None), |bits| bits | 1 << 9 | 1 << 6);
    assert_eq!(validate_produce(&bytes, &Rules::default(), NOW).unwrap().bytes, bytes);
}

proptest! {
    #[test]
    fn no_edit_of_a_good_batch_panics(
        codec in prop::sample::select(&CompressionType::ALL[..]),
        at: prop::sample::Index,
        bytes in prop::collection::vec(any::<u8>(), 1..9),
        compacted: bool,
        policy in prop::sample::select(&POLICIES[..]),
        target in prop::sample::select(&CompressionType::ALL[..]),
        log_append_time: bool,
    ) {
        let good = batch(codec);
        let at = at.index(good.len() - bytes.len());
        let bad = edited(good, at, &bytes);
        let rules = Rules {
            compacted,
            policy,
            compression: Some(Compression::of(target)),
            timestamp_type: if log_append_time { TimestampType::LogAppendTime } else { TimestampType::CreateTime },
            decompressed_bytes_max: 1 << 16,
            ..Rules::default()
        };
        if let Ok(validated) = validate_produce(&bad, &rules, NOW) {
            let batch = RecordBatch::new(&validated.bytes).expect("what is accepted is one batch");
            prop_assert!(batch.crc_is_valid());
            prop_assert_eq!(batch.header(), &validated.header);
        }
    }
}
