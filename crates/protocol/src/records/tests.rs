//! Batches against bytes that Java's client made, against themselves, and against garbage.

use proptest::prelude::*;

use super::{batch::*, record::RecordProblem, *};
use crate::types::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

/// The same three records, as kafka-clients 4.3.1 writes them with each codec: `MemoryRecordsBuilder` with base offset
/// 42, leader epoch 3, producer 7, epoch 1, base sequence 5, transactional.
const JAVA: [(CompressionType, &str); 5] = [
    (
        CompressionType::None,
        "000000000000002a00000053000000030291c9b8b000100000000200000000000003e800000000000003ed0000000000000007000100000005\
         0000000322000000046b3004763004026802610268010c000a0201000010000604046b320100",
    ),
    (
        CompressionType::Gzip,
        "000000000000002a0000006700000003028e268cb000110000000200000000000003e800000000000003ed0000000000000007000100000005\
         000000031f8b08000000000000ff5362606060c9366029336061ca604a64ca60e461e0626264601060606361c936626400008374174c22000000",
    ),
    (
        CompressionType::Snappy,
        "000000000000002a000000690000000302a1fed18900120000000200000000000003e800000000000003ed0000000000000007000100000005\
         0000000382534e4150505900000000010000000100000024228422000000046b3004763004026802610268010c000a0201000010000604046b320100",
    ),
    (
        CompressionType::Lz4,
        "000000000000002a00000062000000030205619f0900130000000200000000000003e800000000000003ed0000000000000007000100000005\
         0000000304224d186040822200008022000000046b3004763004026802610268010c000a0201000010000604046b32010000000000",
    ),
    (
        CompressionType::Zstd,
        "000000000000002a0000005f00000003029646ebea00140000000200000000000003e800000000000003ed0000000000000007000100000005\
         0000000328b52ffd005810010022000000046b3004763004026802610268010c000a0201000010000604046b320100010000",
    ),
];

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// Those three records by our builder.
fn three_records(codec: CompressionType) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::of(codec))
        .base_offset(Offset(42))
        .leader_epoch(LeaderEpoch(3))
        .producer(ProducerId(7), ProducerEpoch(1), 5)
        .transactional();
    let headers = [Header { key: b"h", value: Some(b"a") }, Header { key: b"h", value: None }];
    builder.append(Timestamp(1000), Some(b"k0"), Some(b"v0"), &headers);
    builder.append(Timestamp(1005), None, Some(b""), &[]);
    builder.append(Timestamp(1003), Some(b"k2"), None, &[]);
    builder.build()
}

#[test]
fn javas_batches_are_read() {
    for (codec, hex) in JAVA {
        let bytes = unhex(hex);
        let batch = RecordBatch::new(&bytes).unwrap();
        assert!(batch.crc_is_valid());
        assert_eq!(batch.attributes.compression(), Some(codec));
        assert!(batch.attributes.is_transactional() && !batch.attributes.is_control());
        assert_eq!(batch.attributes.timestamp_type(), TimestampType::CreateTime);
        assert_eq!((batch.base_offset, batch.last_offset(), batch.next_offset()), (Offset(42), Offset(44), Offset(45)));
        assert_eq!((batch.base_timestamp, batch.max_timestamp), (Timestamp(1000), Timestamp(1005)));
        assert_eq!((batch.producer_id, batch.producer_epoch), (ProducerId(7), ProducerEpoch(1)));
        assert_eq!((batch.base_sequence, batch.last_sequence()), (5, 7));
        assert_eq!((batch.partition_leader_epoch, batch.record_count), (LeaderEpoch(3), 3));
        assert_eq!(BatchHeader::read(&bytes).unwrap(), *batch.header());
        assert_eq!(batch.header().to_bytes(), bytes[..HEADER_SIZE]);

        let body = batch.decompress(1000).unwrap();
        let records: Vec<_> = batch.records(&body).map(Result::unwrap).collect();
        let fields: Vec<_> = records.iter().map(|r| (r.offset.0, r.timestamp.0, r.sequence, r.key, r.value)).collect();
        assert_eq!(
            fields,
            [
                (42, 1000, 5, Some(&b"k0"[..]), Some(&b"v0"[..])),
                (43, 1005, 6, None, Some(&b""[..])),
                (44, 1003, 7, Some(&b"k2"[..]), None),
            ]
        );
        let headers: Vec<_> = records[0].headers.map(|header| (header.key, header.value)).collect();
        assert_eq!(headers, [(&b"h"[..], Some(&b"a"[..])), (&b"h"[..], None)]);
        assert_eq!(records.iter().map(|record| record.size).sum::<usize>(), body.len());
    }
}

#[test]
fn the_builder_writes_what_java_writes() {
    // The encoders of gzip and zstd are not byte for byte those of Java's libraries; the records inside are.
    for (codec, hex) in JAVA {
        let (ours, javas) = (three_records(codec), unhex(hex));
        if !matches!(codec, CompressionType::Gzip | CompressionType::Zstd) {
            assert_eq!(ours, javas, "{codec}");
        }
        let (ours, javas) = (RecordBatch::new(&ours).unwrap(), RecordBatch::new(&javas).unwrap());
        assert!(ours.crc_is_valid());
        assert_eq!(ours.decompress(1000), javas.decompress(1000));
        let unlike = |header: &BatchHeader| BatchHeader { crc: 0, batch_length: 0, ..*header };
        assert_eq!(unlike(ours.header()), unlike(javas.header()));
    }
}

#[test]
fn control_records_have_kafkas_keys() {
    let mut builder = BatchBuilder::new(Compression::NONE).control();
    builder.append_control(Timestamp(1), ControlRecordType::LeaderChange, b"value");
    let bytes = builder.build();
    let batch = RecordBatch::new(&bytes).unwrap();
    assert!(batch.attributes.is_control());
    let record = batch.records(batch.body()).next().unwrap().unwrap();
    assert_eq!((record.key, record.value), (Some(&[0, 0, 0, 2][..]), Some(&b"value"[..])));
    assert_eq!(ControlRecordType::from_key(record.key.unwrap()), Some(ControlRecordType::LeaderChange));
    assert_eq!(ControlRecordType::from_key(&[0, 9, 0, 1, 7]), Some(ControlRecordType::Commit));
    assert_eq!(ControlRecordType::from_key(&[0, 0, 0, 99]), None);
    assert_eq!(ControlRecordType::from_key(&[0, 0, 0]), None);
}

#[test]
fn a_delete_horizon_leaves_the_records_their_timestamps() {
    let mut builder = BatchBuilder::new(Compression::NONE).delete_horizon(Timestamp(5_000));
    for timestamp in [1_000, 9_000] {
        builder.append(Timestamp(timestamp), Some(b"key"), None, &[]);
    }
    let bytes = builder.build();
    let batch = RecordBatch::new(&bytes).unwrap();
    assert!(batch.crc_is_valid());
    assert_eq!(batch.delete_horizon(), Some(Timestamp(5_000)));
    assert_eq!(batch.max_timestamp, Timestamp(9_000));
    let timestamps: Vec<_> = batch.records(batch.body()).map(|record| record.unwrap().timestamp.0).collect();
    assert_eq!(timestamps, [1_000, 9_000]);
    let plain = three_records(CompressionType::None);
    assert_eq!(RecordBatch::new(&plain).unwrap().delete_horizon(), None);
}

#[test]
fn placing_a_batch_leaves_its_crc_alone() {
    let original = three_records(CompressionType::Lz4);
    let mut patched = original.clone();
    patch_placement(&mut patched, Offset(1 << 40), LeaderEpoch(9));
    let mut written = placement(Offset(1 << 40), LeaderEpoch(9), &original).to_vec();
    written.extend_from_slice(&original[PLACEMENT_SIZE..]);
    assert_eq!(patched, written);

    let batch = RecordBatch::new(&patched).unwrap();
    assert!(batch.crc_is_valid());
    assert_eq!((batch.base_offset, batch.partition_leader_epoch), (Offset(1 << 40), LeaderEpoch(9)));
}

#[test]
fn log_append_time_is_each_records_timestamp_and_can_be_taken_back() {
    let mut bytes = three_records(CompressionType::None);
    let original = bytes.clone();
    patch_log_append_time(&mut bytes, Timestamp(7_000));
    let batch = RecordBatch::new(&bytes).unwrap();
    assert!(batch.crc_is_valid());
    assert_eq!((batch.base_timestamp, batch.max_timestamp), (Timestamp(1000), Timestamp(7_000)));
    assert!(batch.records(batch.body()).all(|record| record.unwrap().timestamp == Timestamp(7_000)));

    patch_max_timestamp(&mut bytes, Timestamp(1005));
    assert_eq!(bytes, original);
}

#[test]
fn sequences_wrap_to_zero() {
    let mut builder = BatchBuilder::new(Compression::NONE).producer(ProducerId(1), ProducerEpoch(0), i32::MAX - 1);
    (0..4).for_each(|_| builder.append(Timestamp(0), None, None, &[]));
    let bytes = builder.build();
    let batch = RecordBatch::new(&bytes).unwrap();
    assert_eq!(batch.last_sequence(), 1);
    let sequences: Vec<_> = batch.records(batch.body()).map(|record| record.unwrap().sequence).collect();
    assert_eq!(sequences, [i32::MAX - 1, i32::MAX, 0, 1]);
    assert_eq!(decrement_sequence(1, 3), i32::MAX - 1);
}

#[test]
fn gaps_in_offsets_are_kept() {
    let mut builder = BatchBuilder::new(Compression::NONE).base_offset(Offset(100));
    builder.append_at(3, Timestamp(0), None, None, [].into_iter());
    builder.append_at(8, Timestamp(0), None, None, [].into_iter());
    let bytes = builder.build();
    let batch = RecordBatch::new(&bytes).unwrap();
    assert_eq!((batch.record_count, batch.next_offset()), (2, Offset(109)));
    let offsets: Vec<_> = batch.records(batch.body()).map(|record| record.unwrap().offset.0).collect();
    assert_eq!(offsets, [103, 108]);
}

#[test]
fn a_log_is_walked_batch_by_batch_up_to_a_torn_end() {
    let one = three_records(CompressionType::None);
    let mut log = [&one[..], &one[..]].concat();
    log.truncate(log.len() - 1);
    let (first, rest) = next_batch(&log).unwrap().unwrap();
    assert_eq!(first.bytes(), one);
    assert_eq!(next_batch(rest), Err(BatchError::Short { needed: one.len(), remaining: one.len() - 1 }));
    assert_eq!(next_batch(&[]), Ok(None));
    assert_eq!(RecordBatch::new(&log), None);
}

#[test]
fn lengths_and_magics_that_cannot_be_are_told_apart() {
    let edit = |at: usize, value: &[u8]| {
        let mut bytes = three_records(CompressionType::None);
        bytes[at..at + value.len()].copy_from_slice(value);
        next_batch(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(edit(BATCH_LENGTH_AT, &13i32.to_be_bytes()), BatchError::Length { length: 13 });
    assert_eq!(edit(BATCH_LENGTH_AT, &(-1i32).to_be_bytes()), BatchError::Length { length: -1 });
    assert_eq!(edit(BATCH_LENGTH_AT, &48i32.to_be_bytes()), BatchError::Length { length: 48 });
    assert_eq!(edit(BATCH_LENGTH_AT, &84i32.to_be_bytes()), BatchError::Short { needed: 96, remaining: 95 });
    for magic in [0u8, 1, 3, 0xff] {
        assert_eq!(edit(MAGIC_AT, &[magic]), BatchError::Magic { magic: magic as i8 });
    }
}

/// What is wrong with the records of a batch of `count` records with this body.
fn problem(count: i32, body: &[u8]) -> RecordProblem {
    let header =
        BatchHeader { record_count: count, ..*RecordBatch::new(&three_records(CompressionType::None)).unwrap() };
    Records::new(&header, body).find_map(Result::err).expect("the records are wrong").problem
}

#[test]
fn records_that_do_not_add_up_are_refused() {
    // A record without key, value and headers: its length 6, attributes, two deltas, -1, -1, 0.
    let record = [12, 0, 0, 0, 1, 1, 0];
    assert_eq!(problem(2, &record), RecordProblem::Missing);
    assert_eq!(problem(0, &record), RecordProblem::BodyTrailing { count: 7 });
    assert_eq!(problem(1, &[&record[..], &[0]].concat()), RecordProblem::BodyTrailing { count: 1 });
    assert_eq!(problem(1, &[0xff; 5]), RecordProblem::LengthVarint);
    assert_eq!(problem(1, &record[..6]), RecordProblem::Length { length: 6, remaining: 5 });
    assert_eq!(problem(1, &[1]), RecordProblem::Length { length: -1, remaining: 0 });
    assert_eq!(problem(1, &[10, 0, 0, 0, 1, 1]), RecordProblem::Fields);
    assert_eq!(problem(1, &[14, 0, 0, 0, 1, 1, 0, 0]), RecordProblem::Trailing { count: 1 });
    assert_eq!(problem(1, &[12, 0, 0, 0, 4, 1, 0]), RecordProblem::Fields);
    assert_eq!(problem(1, &[12, 0, 0, 0, 1, 1, 1]), RecordProblem::HeaderCount { count: -1 });
    assert_eq!(problem(1, &[12, 0, 0, 0, 1, 1, 2]), RecordProblem::HeaderCount { count: 1 });
    assert_eq!(problem(1, &[16, 0, 0, 0, 1, 1, 2, 1, 1]), RecordProblem::HeaderKey);
}

/// Timestamp, key, value and headers of a record.
type Fields = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(Vec<u8>, Option<Vec<u8>>)>);

fn fields() -> impl Strategy<Value = Fields> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    (
        any::<i64>(),
        prop::option::of(bytes()),
        prop::option::of(bytes()),
        prop::collection::vec((bytes(), prop::option::of(bytes())), 0..4),
    )
}

proptest! {
    #[test]
    fn what_is_built_is_read(
        records in prop::collection::vec(fields(), 1..30),
        codec in prop::sample::select(&CompressionType::ALL[..]),
        base_offset in 0..i64::MAX / 2,
    ) {
        let mut builder = BatchBuilder::new(Compression::of(codec)).base_offset(Offset(base_offset));
        for (timestamp, key, value, headers) in &records {
            let headers: Vec<_> =
                headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
            builder.append(Timestamp(*timestamp), key.as_deref(), value.as_deref(), &headers);
        }
        prop_assert_eq!(builder.next_offset(), Offset(base_offset + records.len() as i64));
        let bytes = builder.build();

        let batch = RecordBatch::new(&bytes).unwrap();
        prop_assert!(batch.crc_is_valid());
        let body = batch.decompress(1 << 20).unwrap();
        let read: Vec<Fields> = batch
            .records(&body)
            .map(|record| {
                let record = record.unwrap();
                let headers = record.headers.map(|h| (h.key.to_vec(), h.value.map(<[u8]>::to_vec))).collect();
                (record.timestamp.0, record.key.map(<[u8]>::to_vec), record.value.map(<[u8]>::to_vec), headers)
            })
            .collect();
        prop_assert_eq!(read, records);
    }

    #[test]
    fn no_garbage_panics(
        garbage in prop::collection::vec(any::<u8>(), 0..300),
        length in any::<i32>(),
        fitting: bool,
    ) {
        let mut bytes = garbage;
        if bytes.len() >= HEADER_SIZE {
            let length = if fitting { (bytes.len() - LENGTH_END) as i32 } else { length };
            bytes[BATCH_LENGTH_AT..LENGTH_END].copy_from_slice(&length.to_be_bytes());
            bytes[MAGIC_AT] = 2;
        }
        let _ = BatchHeader::read(&bytes);
        if let Ok(Some((batch, _))) = next_batch(&bytes) {
            let _ = (batch.crc_is_valid(), batch.next_offset(), batch.last_sequence(), batch.delete_horizon());
            for codec in CompressionType::ALL {
                if let Ok(body) = compression::decompress(codec, batch.body(), 10_000) {
                    batch.records(&body).for_each(|record| {
                        let _ = record.map(|record| record.headers.count());
                    });
                }
            }
        }
    }

    #[test]
    fn garbage_inside_a_good_batch_never_panics(at: prop::sample::Index, bytes in prop::collection::vec(any::<u8>(), 1..5)) {
        let mut batch = three_records(CompressionType::None);
        let at = HEADER_SIZE + at.index(batch.len() - HEADER_SIZE - bytes.len());
        batch[at..at + bytes.len()].copy_from_slice(&bytes);
        let batch = RecordBatch::new(&batch).unwrap();
        batch.records(batch.body()).for_each(|record| {
            let _ = record.map(|record| record.headers.count());
        });
    }
}
