//! Reading: a thread per connection, each with partitions of its own, one partition asked for in each fetch.

use std::{collections::VecDeque, thread};

use anyhow::{Context, Result, bail, ensure};
use protocol::{
    api::decode_response,
    messages::fetch::{FetchPartition, FetchRequest, FetchTopic},
    records::next_batch,
    types::{LeaderEpoch, Offset, Str},
};

use crate::{
    payload::Payload,
    wire::{Connection, Target, Topic},
};

/// When to stop reading.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// When each partition was read once from its beginning to its end, every batch checked.
    End,
    /// When each connection has read so many bytes; at the end of a partition it begins anew.
    Bytes(u64),
}

/// How to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How many connections.
    pub(crate) connections: usize,
    /// Fetches under way on each.
    pub(crate) in_flight: usize,
    /// `max_bytes` and `partition_max_bytes` of each fetch.
    pub(crate) fetch_bytes: i32,
    /// When to stop.
    pub(crate) until: Until,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumed {
    /// Bytes of whole batches.
    pub(crate) bytes: u64,
    /// Batches by partition.
    pub(crate) batches: Vec<u64>,
}

/// Reads the batches of `payload` that fill `topic`.
///
/// # Errors
/// Any batch that is not that one, or not at the offset where the one before it ended.
pub(crate) fn run(target: &Target, topic: &Topic, payload: &Payload, plan: Plan) -> Result<Consumed> {
    let readers = thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.connections.min(topic.partitions as usize))
            .map(|first| {
                let partitions = (first as i32..topic.partitions).step_by(plan.connections);
                let reader = Reader::new(topic, payload, partitions.collect());
                scope.spawn(move || reader.run(target, plan))
            })
            .collect();
        threads.into_iter().map(|t| t.join().expect("no panic")).collect::<Result<Vec<_>>>()
    })?;
    let mut consumed = Consumed { bytes: 0, batches: vec![0; topic.partitions as usize] };
    for reader in readers {
        consumed.bytes += reader.bytes;
        for (partition, batches) in reader.partitions.iter().zip(reader.batches) {
            consumed.batches[*partition as usize] += batches;
        }
    }
    Ok(consumed)
}

struct Reader<'a> {
    topic: &'a Topic,
    payload: &'a Payload,
    partitions: Vec<i32>,
    /// By position in `partitions`: the next offset, and whether its end was reached.
    offsets: Vec<(i64, bool)>,
    batches: Vec<u64>,
    bytes: u64,
}

impl<'a> Reader<'a> {
    fn new(topic: &'a Topic, payload: &'a Payload, partitions: Vec<i32>) -> Self {
        let count = partitions.len();
        Self { topic, payload, partitions, offsets: vec![(0, false); count], batches: vec![0; count], bytes: 0 }
    }

    fn run(mut self, target: &Target, plan: Plan) -> Result<Self> {
        let mut connection = Connection::open(target)?;
        // A partition is asked for by one fetch at a time: only its answer tells where to go on.
        let mut free: VecDeque<usize> = (0..self.partitions.len()).collect();
        let mut waiting: VecDeque<(usize, i16)> = VecDeque::new();
        loop {
            while waiting.len() < plan.in_flight && self.goes_on(plan.until) {
                let Some(at) = free.pop_front() else { break };
                let version = connection.send(&self.request(at, plan.fetch_bytes))?;
                waiting.push_back((at, version));
            }
            let Some((at, version)) = waiting.pop_front() else { return Ok(self) };
            let check = matches!(plan.until, Until::End);
            self.take(at, connection.receive()?, version, check)?;
            let (offset, ended) = &mut self.offsets[at];
            if !*ended {
                free.push_back(at);
            } else if !check {
                ensure!(*offset > 0, "there is nothing to read");
                (*offset, *ended) = (0, false);
                free.push_back(at);
            }
        }
    }

    fn goes_on(&self, until: Until) -> bool {
        match until {
            Until::End => true,
            Until::Bytes(bytes) => self.bytes < bytes,
        }
    }

    fn request(&self, at: usize, fetch_bytes: i32) -> FetchRequest<'a> {
        let partition = FetchPartition {
            partition: self.partitions[at],
            fetch_offset: Offset(self.offsets[at].0),
            partition_max_bytes: fetch_bytes,
            current_leader_epoch: LeaderEpoch::NONE,
            ..FetchPartition::default()
        };
        let topic =
            FetchTopic { topic: Str::from(&self.topic.name), topic_id: self.topic.id, partitions: vec![partition] };
        FetchRequest {
            max_wait_ms: 500,
            min_bytes: 1,
            max_bytes: fetch_bytes,
            topics: vec![topic],
            ..FetchRequest::default()
        }
    }

    fn take(&mut self, at: usize, frame: &[u8], version: i16, check: bool) -> Result<()> {
        let (_, response) = decode_response::<FetchRequest<'_>>(frame, version)?;
        ensure!(response.error_code.is_none(), "Fetch: {}", response.error_code);
        let answer = response.responses.first().and_then(|topic| topic.partitions.first());
        let answer = answer.context("Fetch: an answer without the partition")?;
        ensure!(answer.error_code.is_none(), "Fetch: {}", answer.error_code);
        let mut rest = answer.records.as_ref().map_or(&[][..], |records| records.as_bytes());
        let (offset, ended) = &mut self.offsets[at];
        let partition = self.partitions[at];
        // The last batch may be cut off; then it comes again.
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            let found = batch.base_offset.0;
            ensure!(found == *offset, "partition {partition}: a batch at {found} instead of {offset}");
            if batch.crc != self.payload.crc || check && !batch.crc_is_valid() {
                bail!("partition {partition}: the batch at {found} is not the one that was written");
            }
            *offset = batch.next_offset().0;
            self.batches[at] += 1;
            self.bytes += batch.bytes().len() as u64;
            rest = behind;
        }
        *ended = *offset >= answer.high_watermark.0;
        Ok(())
    }
}
