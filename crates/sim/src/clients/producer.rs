//! A producer, as the Java client is one.
//!
//! *Idempotent*: acks=all, up to five requests under way, and each batch is sent with the same sequence numbers until
//! it is acknowledged, over lost connections and restarts. A batch that is sent again is sent before any later one of
//! its partition. *Careless*: acks=1, and a batch that is in doubt is forgotten.
//!
//! OUT_OF_ORDER_SEQUENCE_NUMBER for the oldest batch that is not acknowledged means that records before it are gone.
//! That is allowed after a power cut in a topic of `process-crash` only, and begins the partition anew under another
//! producer id.
//!
//! Source: Kafka `Sender`, `RecordAccumulator.shouldStopDrainBatchesForPartition`, `TransactionManager.canRetry`.

use std::{borrow::Cow, collections::VecDeque};

use fastrand::Rng;
use protocol::{
    ErrorCode, api,
    codec::Records,
    messages::{
        init_producer_id::InitProducerIdRequest,
        produce::{PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData},
    },
    records::{BatchBuilder, Compression, CompressionType},
    types::{ProducerEpoch, ProducerId, Str, Uuid},
};

use crate::{
    client::{Client, Cx, Input, Link},
    history::{History, value_bytes, value_id},
    settings::pick,
};

/// As the Java client has it.
const REQUESTS_UNDER_WAY_MAX: usize = 5;

/// Long enough that it only ends if something is stuck.
const TIMEOUT_MS: i32 = 60_000;

/// Some records of a lane, sent together.
#[derive(Clone, Copy, Debug)]
struct Batch {
    first: u32,
    count: u32,
    sequence: i32,
    was_sent: bool,
}

/// What a producer has to do with one partition.
#[derive(Debug)]
struct Target {
    lane: usize,
    topic: usize,
    partition: usize,
    id: Option<(ProducerId, ProducerEpoch)>,
    next_sequence: i32,
    /// To be sent, in this order; those that were sent before stand in front.
    queue: VecDeque<Batch>,
    /// The sequences of batches under way.
    under_way: Vec<i32>,
    /// The partition's losses when it was begun, or begun anew.
    losses: u32,
    compression: Compression,
}

/// What is kept of a request.
#[derive(Debug)]
enum Kept {
    Id { target: usize },
    Batches(Vec<(usize, Batch)>),
}

/// A producer.
#[derive(Debug)]
pub struct Producer {
    link: Link<Kept>,
    is_idempotent: bool,
    acks: i16,
    version: i16,
    id_version: i16,
    targets: Vec<Target>,
    /// At most so much may wait per partition.
    pace_us: u64,
    asking_for_id: bool,
}

impl Producer {
    /// A producer to all partitions of `topics`.
    #[must_use]
    pub fn new(name: String, is_idempotent: bool, topics: &[usize], history: &mut History, rng: &mut Rng) -> Self {
        let mut targets = Vec::new();
        for &topic in topics {
            for partition in 0..history.topics[topic].partitions.len() {
                let codecs = [
                    CompressionType::None,
                    CompressionType::None,
                    CompressionType::Gzip,
                    CompressionType::Snappy,
                    CompressionType::Lz4,
                    CompressionType::Zstd,
                ];
                targets.push(Target {
                    lane: history.add_lane(topic, partition, is_idempotent),
                    topic,
                    partition,
                    id: None,
                    next_sequence: 0,
                    queue: VecDeque::new(),
                    under_way: Vec::new(),
                    losses: 0,
                    compression: Compression::of(pick(rng, &codecs)),
                });
            }
        }
        Self {
            link: Link::new(name),
            is_idempotent,
            acks: if is_idempotent || rng.bool() { -1 } else { 1 },
            version: pick(rng, &[7, 9, 12, 13]),
            id_version: pick(rng, &[0, 2, 3, 5]),
            targets,
            pace_us: pick(rng, &[500, 5_000, 50_000]),
            asking_for_id: false,
        }
    }

    /// Makes new batches, and sends what may be sent.
    fn go_on(&mut self, cx: &mut Cx<'_>) {
        while self.link.is_up && self.link.under_way() < REQUESTS_UNDER_WAY_MAX && self.send_one(cx) {}
    }

    fn make_batches(&mut self, cx: &mut Cx<'_>) {
        if cx.is_ending {
            return;
        }
        for target in &mut self.targets {
            if target.queue.len() < 8 && cx.rng.bool() {
                let count = cx.rng.u32(1..=4);
                let first = cx.history.sending(target.lane, count);
                target.queue.push_back(Batch { first, count, sequence: -1, was_sent: false });
            }
        }
    }

    /// Sends one request if there is something to send.
    fn send_one(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.is_idempotent {
            let wants_id = |target: &Target| target.id.is_none() && target.under_way.is_empty();
            if !self.asking_for_id
                && let Some(target) = self.targets.iter().position(wants_id)
            {
                let request = InitProducerIdRequest {
                    transactional_id: None,
                    transaction_timeout_ms: 60_000,
                    ..Default::default()
                };
                self.link.send(cx, &request, self.id_version, Kept::Id { target });
                self.asking_for_id = true;
                return true;
            }
        }
        let mut batches = Vec::new();
        let mut data = Vec::<TopicProduceData<'static>>::new();
        for (i, target) in self.targets.iter_mut().enumerate() {
            if !batches.is_empty() && cx.rng.bool() {
                continue;
            }
            let Some(batch) = target.next(self.is_idempotent) else { continue };
            let records = PartitionProduceData {
                index: target.partition as i32,
                records: Some(Records::Bytes(Cow::Owned(target.encode(&batch, cx)))),
            };
            batches.push((i, batch));
            let topic = &cx.history.topics[target.topic];
            let (name, topic_id) =
                if self.version >= 13 { (Str::EMPTY, topic.id) } else { (Str::from(topic.name.clone()), Uuid::ZERO) };
            match data.last_mut() {
                Some(last) if (&last.name, last.topic_id) == (&name, topic_id) => last.partition_data.push(records),
                _ => data.push(TopicProduceData { name, topic_id, partition_data: vec![records] }),
            }
        }
        if batches.is_empty() {
            return false;
        }
        let request =
            ProduceRequest { transactional_id: None, acks: self.acks, timeout_ms: TIMEOUT_MS, topic_data: data };
        self.link.send(cx, &request, self.version, Kept::Batches(batches));
        true
    }

    fn answered(&mut self, frame: &[u8], cx: &mut Cx<'_>) {
        let Some((kept, body)) = self.link.answered(frame, cx.history) else { return };
        match kept {
            Kept::Id { target } => {
                self.asking_for_id = false;
                match api::decode_response::<InitProducerIdRequest<'_>>(body, self.id_version) {
                    Ok((_, answer)) if answer.error_code == ErrorCode::NONE => {
                        cx.history.producer_id_given(answer.producer_id);
                        self.targets[target].begin((answer.producer_id, answer.producer_epoch), cx.history);
                    }
                    other => cx.history.violated(format!("{}: no producer id: {other:?}", self.link.name())),
                }
            }
            Kept::Batches(batches) => {
                let response = match api::decode_response::<ProduceRequest<'_>>(body, self.version) {
                    Ok((_, response)) => response,
                    Err(error) => return cx.history.violated(format!("{}: {error:?}", self.link.name())),
                };
                let answers = response.responses.iter().flat_map(|topic| {
                    topic.partition_responses.iter().map(|answer| (&topic.name, topic.topic_id, answer))
                });
                let answers = answers.collect::<Vec<_>>();
                for (i, batch) in batches {
                    let target = &self.targets[i];
                    let topic = &cx.history.topics[target.topic];
                    let found = answers.iter().find(|(name, id, answer)| {
                        (if self.version >= 13 { *id == topic.id } else { **name == *topic.name.as_str() })
                            && answer.index == target.partition as i32
                    });
                    match found {
                        Some((_, _, answer)) => self.batch_answered(i, batch, answer, cx),
                        None => cx.history.violated(format!("{}: a partition is not answered", self.link.name())),
                    }
                }
            }
        }
    }

    fn batch_answered(&mut self, i: usize, batch: Batch, answer: &PartitionProduceResponse<'_>, cx: &mut Cx<'_>) {
        let target = &mut self.targets[i];
        target.under_way.retain(|sequence| *sequence != batch.sequence);
        let name = self.link.name();
        match answer.error_code {
            ErrorCode::NONE => {
                let offset = answer.base_offset.0;
                cx.note(format_args!(
                    "{name} has {}:{}+{} acknowledged at {offset}",
                    target.lane, batch.first, batch.count
                ));
                cx.history.acked(target.lane, batch.first, batch.count, offset, self.acks == -1);
                target.losses = cx.history.topics[target.topic].partitions[target.partition].losses;
            }
            // Acknowledged, and so long ago that the offset is not known any more.
            ErrorCode::DUPLICATE_SEQUENCE_NUMBER if self.is_idempotent => {}
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER if self.is_idempotent => {
                let is_oldest = target.under_way.iter().all(|sequence| *sequence > batch.sequence)
                    && target.queue.front().is_none_or(|queued| !queued.was_sent || queued.sequence > batch.sequence);
                let losses = cx.history.topics[target.topic].partitions[target.partition].losses;
                if !is_oldest {
                    target.requeue(batch);
                } else if losses > target.losses || target.id.is_none() {
                    cx.note(format_args!("{name} begins lane {} anew", target.lane));
                    target.id = None;
                    target.requeue(batch);
                } else {
                    let lane = target.lane;
                    cx.history.violated(format!("{name}: lane {lane}, batch {batch:?}: earlier ones are forgotten"));
                }
            }
            other => {
                let (lane, reason) = (target.lane, &answer.error_message);
                cx.history.violated(format!("{name}: lane {lane}, batch {batch:?}: {other:?} {reason:?}"));
            }
        }
    }
}

impl Target {
    /// The next batch to be sent, marked as under way.
    fn next(&mut self, is_idempotent: bool) -> Option<Batch> {
        if is_idempotent && self.id.is_none() {
            return None;
        }
        let front = self.queue.front_mut()?;
        if !is_idempotent {
            return self.queue.pop_front();
        }
        if front.was_sent && self.under_way.iter().any(|sequence| *sequence < front.sequence) {
            return None;
        }
        if !front.was_sent {
            front.sequence = self.next_sequence;
            front.was_sent = true;
            self.next_sequence += front.count as i32;
        }
        self.under_way.push(front.sequence);
        self.queue.pop_front()
    }

    fn requeue(&mut self, batch: Batch) {
        let at = self.queue.partition_point(|queued| queued.was_sent && queued.sequence < batch.sequence);
        self.queue.insert(at, batch);
    }

    /// Begins anew under a producer id.
    fn begin(&mut self, id: (ProducerId, ProducerEpoch), history: &History) {
        self.id = Some(id);
        self.next_sequence = 0;
        self.losses = history.topics[self.topic].partitions[self.partition].losses;
        self.queue.iter_mut().for_each(|batch| batch.was_sent = false);
    }

    fn encode(&self, batch: &Batch, cx: &Cx<'_>) -> Vec<u8> {
        let mut builder = BatchBuilder::new(self.compression);
        if let Some((id, epoch)) = self.id {
            builder = builder.producer(id, epoch, batch.sequence);
        }
        for i in 0..batch.count {
            let id = value_id(self.lane, batch.first + i);
            // Compacted or not, nothing goes: no two records have one key.
            builder.append(cx.now.wall, Some(&id.to_be_bytes()), Some(&value_bytes(id)), &[]);
        }
        builder.build()
    }
}

impl Client for Producer {
    fn name(&self) -> &str {
        self.link.name()
    }

    fn on(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Connected => self.link.is_up = true,
            Input::Lost => {
                for kept in self.link.lost() {
                    match kept {
                        Kept::Id { .. } => self.asking_for_id = false,
                        Kept::Batches(batches) => {
                            for (i, batch) in batches {
                                let target = &mut self.targets[i];
                                target.under_way.retain(|sequence| *sequence != batch.sequence);
                                if self.is_idempotent {
                                    target.requeue(batch);
                                }
                            }
                        }
                    }
                }
                let after = cx.rng.u64(..20_000);
                cx.connect(after);
            }
            Input::Answer(frame) => self.answered(&frame, cx),
            Input::Timer => {
                self.make_batches(cx);
                // Without a connection, or with nothing more to make, there is little to wake for.
                let is_busy = self.link.is_up && !cx.is_ending;
                let after = cx.rng.u64(1..=if is_busy { self.pace_us } else { 500_000 });
                cx.wake(after);
            }
        }
        self.go_on(cx);
    }

    fn is_done(&self, _: &History) -> bool {
        self.targets.iter().all(|target| target.queue.is_empty() && target.under_way.is_empty())
            && self.link.under_way() == 0
    }
}
