//! What is written: one batch of an exact size, and the produce request around it.

use anyhow::{Context, Result, ensure};
use protocol::{
    api::{ApiKey, request_frame},
    codec::Records,
    messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    records::{BatchBuilder, Compression, RecordBatch},
    types::{Str, Timestamp},
};

use crate::wire::{Target, Topic};

/// The size of a record's value, except for the last of a batch, which fills it up.
const VALUE_BYTES: usize = 1000;

/// A batch.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    /// As it is sent.
    pub(crate) bytes: Vec<u8>,
    /// Its checksum, which no broker may change.
    pub(crate) crc: u32,
}

impl Payload {
    /// A batch of exactly `size` bytes with records of about 1 KiB that no codec could shrink. The same for the same
    /// size.
    ///
    /// # Panics
    /// If `size` does not hold a record.
    pub(crate) fn of_size(size: usize) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ size as u64;
        let mut value = || -> Vec<u8> {
            let word = |state: &mut u64| {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                state.to_le_bytes()
            };
            (0..VALUE_BYTES / 8).flat_map(|_| word(&mut state)).collect()
        };
        // A current time, so that neither retention nor a bound on timestamps meddles.
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_millis() as i64);
        let build = |values: &[Vec<u8>]| {
            let mut builder = BatchBuilder::new(Compression::NONE);
            values.iter().for_each(|value| builder.append(Timestamp(now), None, Some(value), &[]));
            builder
        };
        let mut values = Vec::new();
        loop {
            values.push(value());
            let over = build(&values).uncompressed_size();
            if over >= size {
                break;
            }
            // Most records need no look; near the end they are added one by one.
            let whole = (size - over) / (VALUE_BYTES + 16);
            values.extend((0..whole.saturating_sub(1)).map(|_| value()));
        }
        let last = values.len() - 1;
        while build(&values).uncompressed_size() > size {
            let excess = build(&values).uncompressed_size() - size;
            let shorter = values[last].len().checked_sub(excess);
            values[last].truncate(shorter.expect("the last record bridges the gap"));
        }
        let bytes = build(&values).build();
        let batch = RecordBatch::new(&bytes).expect("a batch built here is one");
        Self { crc: batch.crc, bytes }
    }

    /// The produce requests that write this batch with acks=all to one partition of `topic` each, by partition.
    pub(crate) fn frames(&self, target: &Target, topic: &Topic) -> Result<Vec<Frame>> {
        (0..topic.partitions).map(|partition| self.frame(target, topic, partition)).collect()
    }

    fn frame(&self, target: &Target, topic: &Topic, index: i32) -> Result<Frame> {
        let records = Some(Records::Bytes((&self.bytes[..]).into()));
        let data = TopicProduceData {
            name: Str::from(&topic.name),
            topic_id: topic.id,
            partition_data: vec![PartitionProduceData { index, records }],
        };
        let request = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 30_000, topic_data: vec![data] };
        let version = target.version(ApiKey::PRODUCE)?;
        let bytes = request_frame(&request, version, 0, Some("milena-bench".into()))?;
        let at = bytes.windows(self.bytes.len()).position(|window| window == self.bytes);
        let at = at.context("the batch is not in its request")?;
        let tail = bytes[at + self.bytes.len()..].to_vec();
        ensure!(tail.len() < 16, "the batch is not at the end of its request");
        Ok(Frame { head: bytes[..at].to_vec(), tail, version })
    }
}

/// A produce request without its batch: what stands before and behind.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// From the size to the length of the batch.
    pub(crate) head: Vec<u8>,
    /// Tagged fields.
    pub(crate) tail: Vec<u8>,
    /// The version it is written in.
    pub(crate) version: i16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_exactly_the_size_asked_for() {
        for size in [16 << 10, 128 << 10, 1 << 20] {
            let payload = Payload::of_size(size);
            assert_eq!(payload.bytes.len(), size);
            let batch = RecordBatch::new(&payload.bytes).unwrap();
            assert!(batch.crc_is_valid());
            let records = batch.records(batch.body()).collect::<Result<Vec<_>, _>>().unwrap();
            assert!((1000..=1024).contains(&(size / records.len())) || records.len().abs_diff(size / 1012) <= 1);
        }
    }
}
