//! Record batches as producers make them, good ones and bad ones.

use protocol::{
    records::{BatchBuilder, BatchHeader, Compression, RecordBatch, batch::patch_crc, next_batch},
    types::{ProducerEpoch, ProducerId, Timestamp},
};

use crate::node::START;

/// Where the fields of a batch are.
pub(crate) const LENGTH: usize = 8;
pub(crate) const LEADER_EPOCH: usize = 12;
pub(crate) const MAGIC: usize = 16;
pub(crate) const CRC: usize = 17;
pub(crate) const ATTRIBUTES: usize = 21;
pub(crate) const LAST_OFFSET_DELTA: usize = 23;
pub(crate) const MAX_TIMESTAMP: usize = 35;
pub(crate) const RECORD_COUNT: usize = 57;
pub(crate) const BODY: usize = 61;

/// A batch of records with these values, no keys, and the time at which the node started.
pub(crate) fn batch(values: &[&str]) -> Vec<u8> {
    compressed(Compression::NONE, values)
}

/// The same, compressed.
pub(crate) fn compressed(compression: Compression, values: &[&str]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(compression);
    for value in values {
        builder.append(START.wall, None, Some(value.as_bytes()), &[]);
    }
    builder.build()
}

/// A batch of records with these keys.
pub(crate) fn keyed(records: &[(Option<&str>, &str)]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::NONE);
    for (key, value) in records {
        builder.append(START.wall, key.map(str::as_bytes), Some(value.as_bytes()), &[]);
    }
    builder.build()
}

/// A batch of records of these ages: milliseconds since 1970.
pub(crate) fn timed(timestamps: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::NONE);
    for timestamp in timestamps {
        builder.append(Timestamp(*timestamp), None, Some(b"v"), &[]);
    }
    builder.build()
}

/// A batch of `count` records of an idempotent producer.
pub(crate) fn sequenced(id: i64, epoch: i16, base_sequence: i32, count: usize) -> Vec<u8> {
    let mut builder =
        BatchBuilder::new(Compression::NONE).producer(ProducerId(id), ProducerEpoch(epoch), base_sequence);
    for _ in 0..count {
        builder.append(START.wall, None, Some(b"v"), &[]);
    }
    builder.build()
}

/// `batch` with `bytes` at `at`, and the checksum that goes with them.
pub(crate) fn patched(batch: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut patched = damaged(batch, at, bytes);
    patch_crc(&mut patched);
    patched
}

/// `batch` with `bytes` at `at`, and the checksum it had.
pub(crate) fn damaged(batch: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut damaged = batch.to_vec();
    damaged[at..at + bytes.len()].copy_from_slice(bytes);
    damaged
}

/// `batch` with another body behind its header, and length and checksum that go with it.
pub(crate) fn with_body(batch: &[u8], body: &[u8]) -> Vec<u8> {
    let mut whole = [&batch[..BODY], body].concat();
    let length = (whole.len() - LENGTH - 4) as i32;
    whole[LENGTH..LENGTH + 4].copy_from_slice(&length.to_be_bytes());
    patch_crc(&mut whole);
    whole
}

/// A record as it stands in a body, with everything its length covers.
pub(crate) fn record(fields: &[u8]) -> Vec<u8> {
    assert!(fields.len() < 64, "its length is one byte then");
    [&[(fields.len() as u8) << 1], fields].concat()
}

/// The batches in `bytes`, of which the last may be cut off.
pub(crate) fn parse(bytes: &[u8]) -> Vec<RecordBatch<'_>> {
    let mut batches = Vec::new();
    let mut rest = bytes;
    while let Ok(Some((batch, behind))) = next_batch(rest) {
        assert!(batch.crc_is_valid(), "the checksum is right");
        batches.push(batch);
        rest = behind;
    }
    batches
}

/// The header of the only batch in `bytes`.
pub(crate) fn only_header(bytes: &[u8]) -> BatchHeader {
    let batches = parse(bytes);
    assert_eq!(batches.len(), 1);
    *batches[0].header()
}

/// The values in `bytes`, in order.
pub(crate) fn values(bytes: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    for batch in parse(bytes) {
        let body = batch.decompress(1 << 20).expect("the body can be decompressed");
        for record in batch.records(&body) {
            let value = record.expect("a record").value.unwrap_or_default();
            values.push(String::from_utf8_lossy(value).into_owned());
        }
    }
    values
}
