//! Sends records, in batches per partition.
//!
//! Records gather until a batch is full or the caller says [`Producer::flush`]; no timer runs, so a caller that wants
//! records on their way after a pause flushes after that pause. Each partition has one batch under way at a time,
//! which keeps the order through every retry; partitions of several leaders go side by side.
//!
//! An idempotent producer asks for a producer id once and numbers its records, so that a batch sent again after a lost
//! answer is not written again (KIP-98).

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use protocol::{
    ErrorCode,
    codec::Records,
    messages::{
        init_producer_id::InitProducerIdRequest,
        produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    },
    records::{BatchBuilder, Compression, Header, batch::increment_sequence},
    types::{BrokerId, Offset, ProducerEpoch, ProducerId, Timestamp, TopicPartition},
};

use crate::{
    cluster::{Attempt, Cluster, ClusterError, Node, Retry, owned},
    connection::Submitted,
    partitioner::partition_of,
};

mod error;

pub use error::ProduceError;

/// Who must have a record before it counts as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acks {
    /// Nobody; there is not even an answer, and no offset.
    None,
    /// The leader.
    Leader,
    /// All in-sync replicas.
    #[default]
    All,
}

impl Acks {
    fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// How a producer works.
#[derive(Clone, Debug)]
pub struct ProducerOptions {
    /// Who must have a record.
    pub acks: Acks,
    /// How batches are compressed.
    pub compression: Compression,
    /// Whether records are numbered; needs [`Acks::All`].
    pub idempotent: bool,
    /// The size in bytes, before compression, at which a batch is full. A larger record is a batch of its own.
    pub batch_size: usize,
    /// How many bytes of full batches gather before they are sent.
    pub buffer_size: usize,
    /// How long a batch may take, all tries together.
    pub delivery_timeout: Duration,
    /// Whether a topic that is not there may be created by asking for it, if the cluster allows that.
    pub create_topics: bool,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            acks: Acks::All,
            compression: Compression::NONE,
            idempotent: true,
            batch_size: 256 * 1024,
            buffer_size: 4 * 1024 * 1024,
            delivery_timeout: Duration::from_secs(60),
            create_topics: true,
        }
    }
}

/// A record to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// Decides the partition, if the caller does not.
    pub key: Option<Vec<u8>>,
    /// The value; `None` deletes the key from a compacted topic.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// When it happened; `None` is now.
    pub timestamp: Option<Timestamp>,
}

impl NewRecord {
    fn size(&self) -> usize {
        // Varints of the record's own fields take less than this.
        const OVERHEAD: usize = 32;
        let bytes = |b: &Option<Vec<u8>>| b.as_ref().map_or(0, Vec::len);
        let headers: usize = self.headers.iter().map(|(key, value)| key.len() + bytes(value) + 10).sum();
        OVERHEAD + bytes(&self.key) + bytes(&self.value) + headers
    }
}

/// A batch that the broker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it went.
    pub partition: TopicPartition,
    /// How many records it had.
    pub count: i32,
    /// Their offsets; `None` if the broker did not say, as with [`Acks::None`].
    pub offsets: Option<Range<Offset>>,
    /// The time the broker gave the records, if the topic wants that.
    pub log_append_time: Option<Timestamp>,
}

#[derive(Debug)]
struct Batch {
    bytes: Vec<u8>,
    count: i32,
}

/// Sends records. After an error it is of no further use: make another.
#[derive(Debug)]
pub struct Producer {
    cluster: Cluster,
    options: ProducerOptions,
    identity: Option<(ProducerId, ProducerEpoch)>,
    /// The number of each partition's next record.
    sequences: BTreeMap<TopicPartition, i32>,
    filling: BTreeMap<TopicPartition, BatchBuilder>,
    full: BTreeMap<TopicPartition, VecDeque<Batch>>,
    full_bytes: usize,
    partition_counts: BTreeMap<String, i32>,
    /// Where records without a key go at the moment.
    sticky: BTreeMap<String, i32>,
    delivered: Vec<Delivery>,
}

impl Producer {
    /// A producer; an idempotent one asks for its producer id now.
    ///
    /// # Errors
    /// No producer id, or idempotence without [`Acks::All`].
    pub async fn new(cluster: Cluster, options: ProducerOptions) -> Result<Self, ProduceError> {
        let identity = match (options.idempotent, options.acks) {
            (false, _) => None,
            (true, Acks::All) => Some(init_producer_id(&cluster).await?),
            (true, _) => return Err(ProduceError::IdempotenceNeedsAcksAll),
        };
        Ok(Self {
            cluster,
            options,
            identity,
            sequences: BTreeMap::new(),
            filling: BTreeMap::new(),
            full: BTreeMap::new(),
            full_bytes: 0,
            partition_counts: BTreeMap::new(),
            sticky: BTreeMap::new(),
            delivered: Vec::new(),
        })
    }

    /// The id and epoch of an idempotent producer.
    #[must_use]
    pub fn identity(&self) -> Option<(ProducerId, ProducerEpoch)> {
        self.identity
    }

    /// Takes a record; sends what has gathered if that is enough. Without `partition` the key decides, and without a
    /// key the producer.
    ///
    /// # Errors
    /// A topic or partition that does not exist, and whatever a batch sent now meets.
    pub async fn send(&mut self, topic: &str, partition: Option<i32>, record: &NewRecord) -> Result<(), ProduceError> {
        let count = self.partition_count(topic).await?;
        let index = match (partition, &record.key) {
            (Some(index), _) => index,
            (None, Some(key)) => partition_of(key, count),
            (None, None) => {
                *self.sticky.entry(topic.to_owned()).or_insert_with(|| now().0.unsigned_abs() as i32 % count)
            }
        };
        let partition = TopicPartition::new(topic, index);
        if !(0..count).contains(&index) {
            return Err(ClusterError::UnknownPartition { partition, count: count as usize }.into());
        }
        let size = record.size();
        if self.filling.get(&partition).is_some_and(|b| b.uncompressed_size() + size > self.options.batch_size) {
            self.close_batch(&partition);
        }
        if !self.filling.contains_key(&partition) {
            let builder = self.new_batch(&partition);
            self.filling.insert(partition.clone(), builder);
        }
        let builder = self.filling.get_mut(&partition).expect("put there above");
        let headers: Vec<Header<'_>> =
            record.headers.iter().map(|(key, value)| Header { key: key.as_bytes(), value: value.as_deref() }).collect();
        let timestamp = record.timestamp.unwrap_or_else(now);
        builder.append(timestamp, record.key.as_deref(), record.value.as_deref(), &headers);
        if builder.uncompressed_size() >= self.options.batch_size {
            self.close_batch(&partition);
        }
        if self.full_bytes >= self.options.buffer_size { self.send_full().await } else { Ok(()) }
    }

    /// Sends everything and waits until it is written. Returns what has been delivered since the last call.
    ///
    /// # Errors
    /// The first batch that could not be written.
    pub async fn flush(&mut self) -> Result<Vec<Delivery>, ProduceError> {
        while let Some(partition) = self.filling.keys().next().cloned() {
            self.close_batch(&partition);
        }
        self.send_full().await?;
        Ok(std::mem::take(&mut self.delivered))
    }

    async fn partition_count(&mut self, topic: &str) -> Result<i32, ProduceError> {
        if let Some(&count) = self.partition_counts.get(topic) {
            return Ok(count);
        }
        let found = self.cluster.topic(topic, self.options.create_topics).await?;
        let count = i32::try_from(found.partitions.len()).unwrap_or(i32::MAX);
        if count == 0 {
            let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            return Err(ClusterError::Topic { topic: topic.to_owned(), code }.into());
        }
        self.partition_counts.insert(topic.to_owned(), count);
        Ok(count)
    }

    fn new_batch(&self, partition: &TopicPartition) -> BatchBuilder {
        let builder = BatchBuilder::new(self.options.compression);
        match self.identity {
            None => builder,
            Some((id, epoch)) => builder.producer(id, epoch, self.sequences.get(partition).copied().unwrap_or(0)),
        }
    }

    fn close_batch(&mut self, partition: &TopicPartition) {
        let Some(builder) = self.filling.remove(partition) else { return };
        let count = builder.record_count();
        let sequence = self.sequences.entry(partition.clone()).or_insert(0);
        *sequence = increment_sequence(*sequence, count);
        let bytes = builder.build();
        self.full_bytes += bytes.len();
        self.full.entry(partition.clone()).or_default().push_back(Batch { bytes, count });
        // Keyless records move on to the next partition.
        if let (Some(sticky), Some(count)) =
            (self.sticky.get_mut(&partition.topic), self.partition_counts.get(&partition.topic))
            && *sticky == partition.partition
        {
            *sticky = (*sticky + 1) % count;
        }
    }

    /// Sends the full batches, one per partition at a time, until there are none.
    async fn send_full(&mut self) -> Result<(), ProduceError> {
        let mut retry = Retry::within(self.options.delivery_timeout);
        while !self.full.is_empty() {
            let mut troubled = None;
            for (partitions, submitted) in self.submit_round(&mut troubled).await? {
                let outcome = match submitted {
                    None => partitions.iter().map(|p| (p.clone(), Ok(None))).collect(),
                    Some(submitted) => self.answers(&partitions, submitted).await,
                };
                for (partition, result) in outcome {
                    match result {
                        Ok(written) => self.delivered(&partition, written),
                        Err(error) if error.is_retriable() => {
                            self.cluster.forget_topic(&partition.topic);
                            troubled = Some(error);
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            match troubled {
                None => retry = Retry::within(self.options.delivery_timeout),
                Some(error) if !retry.again().await => return Err(error),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Puts the first batch of each partition on its way, one request per leader.
    async fn submit_round(
        &mut self,
        troubled: &mut Option<ProduceError>,
    ) -> Result<Vec<(Vec<TopicPartition>, Option<Submitted>)>, ProduceError> {
        let mut by_leader: BTreeMap<BrokerId, Vec<TopicPartition>> = BTreeMap::new();
        let partitions: Vec<TopicPartition> = self.full.keys().cloned().collect();
        for partition in partitions {
            match self.cluster.leader(&partition).await {
                Ok(leader) => by_leader.entry(leader).or_default().push(partition),
                Err(error) if error.is_retriable() => *troubled = Some(error.into()),
                Err(error) => return Err(error.into()),
            }
        }
        let mut round = Vec::new();
        for (leader, partitions) in by_leader {
            match self.submit(leader, &partitions).await {
                Ok(submitted) => round.push((partitions, submitted)),
                Err(error) if error.is_retriable() => *troubled = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok(round)
    }

    async fn submit(&self, leader: BrokerId, partitions: &[TopicPartition]) -> Result<Option<Submitted>, ProduceError> {
        let mut topics: BTreeMap<&str, TopicProduceData<'_>> = BTreeMap::new();
        for partition in partitions {
            let topic_id = self.cluster.topic(&partition.topic, false).await?.id;
            let topic = topics.entry(&partition.topic).or_insert_with(|| TopicProduceData {
                name: (&partition.topic).into(),
                topic_id,
                partition_data: Vec::new(),
            });
            let batch = self.full[partition].front().expect("no queue is kept empty");
            topic.partition_data.push(PartitionProduceData {
                index: partition.partition,
                records: Some(Records::Bytes(batch.bytes.as_slice().into())),
            });
        }
        let request = ProduceRequest {
            transactional_id: None,
            acks: self.options.acks.code(),
            timeout_ms: i32::try_from(self.options.delivery_timeout.as_millis()).unwrap_or(i32::MAX),
            topic_data: topics.into_values().collect(),
        };
        let connection = self.cluster.connection(Node::Broker(leader)).await?;
        let version = connection.version::<ProduceRequest<'_>>().map_err(ClusterError::from)?;
        if self.options.acks == Acks::None {
            connection.submit_unanswered(&request, version).await.map_err(ClusterError::from)?;
            Ok(None)
        } else {
            Ok(Some(connection.submit(&request, version).await.map_err(ClusterError::from)?))
        }
    }

    /// What became of the first batch of each of these partitions.
    async fn answers(
        &self,
        partitions: &[TopicPartition],
        submitted: Submitted,
    ) -> Vec<(TopicPartition, Result<Option<Written>, ProduceError>)> {
        let each = |error: ClusterError| partitions.iter().map(|p| (p.clone(), Err(error.clone().into()))).collect();
        let answer = match submitted.answer(self.options.delivery_timeout).await {
            Ok(answer) => answer,
            Err(error) => return each(error.into()),
        };
        let response = match answer.read::<ProduceRequest<'_>>() {
            Ok(response) => response,
            Err(error) => return each(error.into()),
        };
        let mut outcome = Vec::new();
        for partition in partitions {
            // From version 13 on topics have ids instead of names.
            let id = self.cluster.topic(&partition.topic, false).await.map(|topic| topic.id).unwrap_or_default();
            let of_topic = response.responses.iter().find(|topic| {
                topic.name == partition.topic.as_str() || (topic.name.is_empty() && topic.topic_id == id)
            });
            let found = of_topic.and_then(|t| t.partition_responses.iter().find(|p| p.index == partition.partition));
            let result = match found {
                None => Err(ProduceError::Unanswered { partition: partition.clone() }),
                Some(p) => match p.error_code {
                    ErrorCode::NONE => Ok(Some(Written {
                        base_offset: p.base_offset,
                        log_append_time: Some(p.log_append_time_ms).filter(|&t| t != Timestamp::NONE),
                    })),
                    // It was written by an earlier try, too long ago for the broker to know where.
                    ErrorCode::DUPLICATE_SEQUENCE_NUMBER => Ok(None),
                    code => Err(ProduceError::Refused {
                        partition: partition.clone(),
                        code,
                        message: p.error_message.as_ref().map(owned),
                    }),
                },
            };
            outcome.push((partition.clone(), result));
        }
        outcome
    }

    fn delivered(&mut self, partition: &TopicPartition, written: Option<Written>) {
        let Some(queue) = self.full.get_mut(partition) else { return };
        let batch = queue.pop_front().expect("no queue is kept empty");
        if queue.is_empty() {
            self.full.remove(partition);
        }
        self.full_bytes -= batch.bytes.len();
        self.delivered.push(Delivery {
            partition: partition.clone(),
            count: batch.count,
            offsets: written.as_ref().map(|w| w.base_offset..w.base_offset.plus(i64::from(batch.count))),
            log_append_time: written.and_then(|w| w.log_append_time),
        });
    }
}

#[derive(Debug)]
struct Written {
    base_offset: Offset,
    log_append_time: Option<Timestamp>,
}

async fn init_producer_id(cluster: &Cluster) -> Result<(ProducerId, ProducerEpoch), ProduceError> {
    let request = InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: i32::MAX,
        ..InitProducerIdRequest::default()
    };
    let (code, id, epoch) = cluster
        .retrying(Node::Any, async |connection| {
            let answer = connection.call(&request).await?;
            let response = answer.read::<InitProducerIdRequest<'_>>()?;
            let code = response.error_code;
            Ok(Attempt::of((code, response.producer_id, response.producer_epoch), [code]))
        })
        .await?;
    if code.is_error() { Err(ProduceError::NoProducerId { code }) } else { Ok((id, epoch)) }
}

/// The wall clock in Kafka's milliseconds.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
