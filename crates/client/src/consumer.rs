//! Reads partitions from given places, without a group.
//!
//! Each leader is asked for all its partitions in one Fetch that the broker holds until there is something to say; as
//! soon as one of them answers, [`Consumer::poll`] returns what it said. Positions move only then, so a record is
//! returned once, in the order of its partition.
//!
//! Fetch sessions are not used: a handful of partitions named in each request costs nothing worth saving.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use protocol::{
    ErrorCode,
    messages::fetch::{FetchPartition, FetchRequest, FetchTopic, PartitionData},
    records::{RecordBatch, TimestampType, batch::BatchError, next_batch},
    types::{BrokerId, LeaderEpoch, Offset, Timestamp, TopicPartition, Uuid},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    admin::{OffsetSpec, list_offsets},
    cluster::{Cluster, ClusterError, Node, Retry},
    connection::{Answer, CallError},
};

mod error;

pub use error::ConsumeError;

/// The epoch of a Fetch outside of any session.
const NO_SESSION: i32 = -1;
/// The most that one compressed batch may become, in bytes.
const DECOMPRESSED_SIZE_MAX: usize = 256 * 1024 * 1024;

/// How a consumer reads.
#[derive(Clone, Debug)]
pub struct ConsumerOptions {
    /// How long a broker may hold a Fetch that finds nothing.
    pub max_wait: Duration,
    /// How many bytes a broker waits for.
    pub min_bytes: i32,
    /// How many bytes one answer may have, about.
    pub max_bytes: i32,
    /// How many bytes of one partition it may have, about.
    pub partition_max_bytes: i32,
    /// Where to go on if the position is not in the log; `None` makes that an error.
    pub reset: Option<OffsetSpec>,
    /// How long to try again while a partition has no leader, or none can be reached.
    pub retry_for: Duration,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_millis(500),
            min_bytes: 1,
            max_bytes: 50 * 1024 * 1024,
            partition_max_bytes: 1024 * 1024,
            reset: None,
            retry_for: Duration::from_secs(60),
        }
    }
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Whose timestamp that is.
    pub timestamp_type: TimestampType,
    /// The epoch of the leader that wrote it.
    pub leader_epoch: LeaderEpoch,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order; keys are meant to be text, and need not be.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Reads partitions from given places.
#[derive(Debug)]
pub struct Consumer {
    cluster: Cluster,
    options: ConsumerOptions,
    positions: BTreeMap<TopicPartition, Offset>,
    fetches: JoinSet<Fetched>,
    /// Leaders that hold a Fetch.
    busy: BTreeSet<BrokerId>,
    retry: Retry,
}

/// A Fetch that has come back.
#[derive(Debug)]
struct Fetched {
    leader: BrokerId,
    asked: Vec<(TopicPartition, Uuid, Offset)>,
    answer: Result<Answer, CallError>,
}

impl Consumer {
    /// A consumer of nothing yet.
    #[must_use]
    pub fn new(cluster: Cluster, options: ConsumerOptions) -> Self {
        let retry = Retry::within(options.retry_for);
        Self { cluster, options, positions: BTreeMap::new(), fetches: JoinSet::new(), busy: BTreeSet::new(), retry }
    }

    /// Reads these partitions from now on, and no others.
    pub fn assign(&mut self, positions: BTreeMap<TopicPartition, Offset>) {
        self.positions = positions;
    }

    /// Reads these partitions from now on, from the places that `starts` means at this moment. A time after the last
    /// record means the end.
    ///
    /// # Errors
    /// A place that cannot be learned.
    pub async fn assign_at(&mut self, starts: &BTreeMap<TopicPartition, OffsetSpec>) -> Result<(), ConsumeError> {
        let mut positions = resolve(&self.cluster, starts).await?;
        let late: BTreeMap<_, _> =
            starts.keys().filter(|p| !positions.contains_key(p)).map(|p| (p.clone(), OffsetSpec::Latest)).collect();
        if !late.is_empty() {
            positions.extend(resolve(&self.cluster, &late).await?);
        }
        self.assign(positions);
        Ok(())
    }

    /// Stops reading a partition.
    pub fn unassign(&mut self, partition: &TopicPartition) {
        self.positions.remove(partition);
    }

    /// The partitions it reads, and the offset of the next record of each.
    #[must_use]
    pub fn positions(&self) -> &BTreeMap<TopicPartition, Offset> {
        &self.positions
    }

    /// The next records of some partition, or none if `wait` passes first. Dropping the future loses nothing.
    ///
    /// # Errors
    /// A position outside of the log, a batch that cannot be read, a partition that is gone, or a cluster that stays
    /// away for longer than the options allow.
    pub async fn poll(&mut self, wait: Duration) -> Result<Vec<ConsumedRecord>, ConsumeError> {
        let deadline = Instant::now() + wait;
        loop {
            if let Err(error) = self.submit_fetches().await {
                self.again(error).await?;
                continue;
            }
            let fetched = match timeout_at(deadline, self.fetches.join_next()).await {
                Err(_) => return Ok(Vec::new()),
                Ok(None) => {
                    // Nothing to read: no answer can come before the time is over.
                    tokio::time::sleep_until(deadline).await;
                    return Ok(Vec::new());
                }
                Ok(Some(fetched)) => fetched.expect("a fetch neither panics nor is aborted"),
            };
            self.busy.remove(&fetched.leader);
            match self.take(fetched).await {
                Ok(records) if records.is_empty() => {}
                Ok(records) => return Ok(records),
                Err(error) => self.again(error).await?,
            }
        }
    }

    /// Waits before another try, or says that there is none.
    async fn again(&mut self, error: ConsumeError) -> Result<(), ConsumeError> {
        if error.is_retriable() && self.retry.again().await { Ok(()) } else { Err(error) }
    }

    /// Asks every leader that is not being asked.
    async fn submit_fetches(&mut self) -> Result<(), ConsumeError> {
        let mut by_leader: BTreeMap<BrokerId, Vec<(TopicPartition, Uuid, Offset)>> = BTreeMap::new();
        for (partition, &offset) in &self.positions {
            let leader = self.cluster.leader(partition).await?;
            if !self.busy.contains(&leader) {
                let id = self.cluster.topic(&partition.topic, false).await?.id;
                by_leader.entry(leader).or_default().push((partition.clone(), id, offset));
            }
        }
        for (leader, asked) in by_leader {
            let request = self.request(&asked);
            let connection = self.cluster.connection(Node::Broker(leader)).await?;
            let version = connection.version::<FetchRequest<'_>>().map_err(ClusterError::from)?;
            let submitted = connection.submit(&request, version).await.map_err(ClusterError::from)?;
            let within = self.options.max_wait + self.cluster.options().connect.request_timeout;
            self.busy.insert(leader);
            self.fetches.spawn(async move { Fetched { leader, asked, answer: submitted.answer(within).await } });
        }
        Ok(())
    }

    fn request<'a>(&self, asked: &'a [(TopicPartition, Uuid, Offset)]) -> FetchRequest<'a> {
        let mut topics: Vec<FetchTopic<'a>> = Vec::new();
        for (partition, topic_id, fetch_offset) in asked {
            let fetch_partition = FetchPartition {
                partition: partition.partition,
                fetch_offset: *fetch_offset,
                partition_max_bytes: self.options.partition_max_bytes,
                ..FetchPartition::default()
            };
            match topics.last_mut() {
                Some(topic) if topic.topic == partition.topic.as_str() => topic.partitions.push(fetch_partition),
                _ => topics.push(FetchTopic {
                    topic: (&partition.topic).into(),
                    topic_id: *topic_id,
                    partitions: vec![fetch_partition],
                }),
            }
        }
        FetchRequest {
            max_wait_ms: i32::try_from(self.options.max_wait.as_millis()).unwrap_or(i32::MAX),
            min_bytes: self.options.min_bytes,
            max_bytes: self.options.max_bytes,
            session_epoch: NO_SESSION,
            topics,
            ..FetchRequest::default()
        }
    }

    /// The records of an answer; moves the positions behind them.
    async fn take(&mut self, fetched: Fetched) -> Result<Vec<ConsumedRecord>, ConsumeError> {
        let answer = match fetched.answer {
            Ok(answer) => answer,
            Err(error) => {
                for (partition, ..) in &fetched.asked {
                    self.cluster.forget_topic(&partition.topic);
                }
                return Err(ClusterError::from(error).into());
            }
        };
        let response = answer.read::<FetchRequest<'_>>().map_err(ClusterError::from)?;
        if response.error_code.is_error() {
            return Err(ConsumeError::Fetch { code: response.error_code });
        }
        let mut records = Vec::new();
        let mut trouble = None;
        for (partition, id, offset) in &fetched.asked {
            // Whoever was reassigned meanwhile does not want these any more.
            if self.positions.get(partition) != Some(offset) {
                continue;
            }
            let of_topic = response.responses.iter().find(|topic| {
                topic.topic == partition.topic.as_str() || (topic.topic.is_empty() && topic.topic_id == *id)
            });
            let found = of_topic.and_then(|t| t.partitions.iter().find(|p| p.partition_index == partition.partition));
            let Some(data) = found else { continue };
            match data.error_code {
                ErrorCode::NONE => {
                    let next = read_records(partition, *offset, data, &mut records)?;
                    self.positions.insert(partition.clone(), next);
                }
                ErrorCode::OFFSET_OUT_OF_RANGE => match self.options.reset {
                    Some(reset) => {
                        let starts = BTreeMap::from([(partition.clone(), reset)]);
                        self.positions.extend(resolve(&self.cluster, &starts).await?);
                    }
                    None => trouble = Some(self.out_of_range(partition, *offset).await?),
                },
                code => {
                    self.cluster.forget_topic(&partition.topic);
                    trouble = Some(ConsumeError::Partition { partition: partition.clone(), code });
                }
            }
        }
        match trouble {
            // What was read is given first; the trouble is still there at the next poll.
            Some(error) if records.is_empty() => Err(error),
            Some(_) => Ok(records),
            None => {
                self.retry = Retry::within(self.options.retry_for);
                Ok(records)
            }
        }
    }

    async fn out_of_range(&self, partition: &TopicPartition, offset: Offset) -> Result<ConsumeError, ConsumeError> {
        let at = async |spec| {
            let starts = BTreeMap::from([(partition.clone(), spec)]);
            let found = resolve(&self.cluster, &starts).await?;
            Ok::<_, ConsumeError>(found.get(partition).copied().unwrap_or(Offset::NONE))
        };
        let holds = at(OffsetSpec::Earliest).await?..at(OffsetSpec::Latest).await?;
        Ok(ConsumeError::OutOfRange { partition: partition.clone(), offset, holds })
    }
}

/// The offsets that the places mean; a time after the last record has none.
async fn resolve(
    cluster: &Cluster,
    starts: &BTreeMap<TopicPartition, OffsetSpec>,
) -> Result<BTreeMap<TopicPartition, Offset>, ConsumeError> {
    let mut positions = BTreeMap::new();
    for (partition, listed) in list_offsets(cluster, starts).await? {
        match listed {
            Ok(listed) if listed.offset == Offset::NONE => {}
            Ok(listed) => {
                positions.insert(partition, listed.offset);
            }
            Err(code) => return Err(ConsumeError::Partition { partition, code }),
        }
    }
    Ok(positions)
}

/// Appends the records from `from` on; returns the offset behind the last batch.
fn read_records(
    partition: &TopicPartition,
    from: Offset,
    data: &PartitionData<'_>,
    records: &mut Vec<ConsumedRecord>,
) -> Result<Offset, ConsumeError> {
    let unreadable =
        |offset: Offset, problem: String| ConsumeError::Unreadable { partition: partition.clone(), offset, problem };
    let mut next = from;
    let mut bytes = data.records.as_ref().map_or(&[][..], |records| records.as_bytes());
    let topic: Arc<str> = partition.topic.as_str().into();
    loop {
        let batch = match next_batch(bytes) {
            Ok(Some((batch, rest))) => {
                bytes = rest;
                batch
            }
            // An answer may end within a batch, as long as there was one before.
            Ok(None) | Err(BatchError::Short { .. }) => return Ok(next),
            Err(error) => return Err(unreadable(next, error.to_string())),
        };
        if !batch.crc_is_valid() {
            return Err(unreadable(batch.base_offset, "the checksum is wrong".to_owned()));
        }
        if !batch.attributes.is_control() {
            read_batch(partition.partition, &topic, &batch, from, records)
                .map_err(|problem| unreadable(batch.base_offset, problem))?;
        }
        next = next.max(batch.next_offset());
    }
}

fn read_batch(
    partition: i32,
    topic: &Arc<str>,
    batch: &RecordBatch<'_>,
    from: Offset,
    records: &mut Vec<ConsumedRecord>,
) -> Result<(), String> {
    let body = batch.decompress(DECOMPRESSED_SIZE_MAX).map_err(|e| e.to_string())?;
    for record in batch.records(&body) {
        let record = record.map_err(|e| e.to_string())?;
        // A batch begins where its producer began it, which may be before the offset that was asked for.
        if record.offset < from {
            continue;
        }
        records.push(ConsumedRecord {
            topic: Arc::clone(topic),
            partition,
            offset: record.offset,
            timestamp: record.timestamp,
            timestamp_type: batch.attributes.timestamp_type(),
            leader_epoch: batch.partition_leader_epoch,
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: record.headers.map(|h| (h.key.to_vec(), h.value.map(<[u8]>::to_vec))).collect(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::{
        codec::Records,
        records::{BatchBuilder, Compression, CompressionType},
    };

    use super::*;

    fn batch(base: i64, values: &[&str], compression: CompressionType) -> Vec<u8> {
        let mut builder = BatchBuilder::new(Compression::of(compression)).base_offset(Offset(base));
        for value in values {
            builder.append(Timestamp(7), None, Some(value.as_bytes()), &[]);
        }
        builder.build()
    }

    fn read(from: i64, bytes: Vec<u8>) -> Result<(Offset, Vec<String>), ConsumeError> {
        let data = PartitionData { records: Some(Records::Bytes(bytes.into())), ..PartitionData::default() };
        let mut records = Vec::new();
        let next = read_records(&TopicPartition::new("t", 0), Offset(from), &data, &mut records)?;
        let value = |r: ConsumedRecord| format!("{}={}", r.offset, String::from_utf8(r.value.unwrap()).unwrap());
        Ok((next, records.into_iter().map(value).collect()))
    }

    #[test]
    fn a_batch_that_begins_before_the_position_gives_what_lies_behind_it() {
        for compression in CompressionType::ALL {
            let bytes = batch(10, &["a", "b", "c"], compression);
            assert_eq!(read(11, bytes).unwrap(), (Offset(13), vec!["11=b".to_owned(), "12=c".to_owned()]));
        }
    }

    #[test]
    fn a_batch_cut_at_the_end_of_an_answer_is_left_for_the_next() {
        let mut bytes = batch(0, &["a"], CompressionType::None);
        bytes.extend(&batch(1, &["b"], CompressionType::None)[..40]);
        assert_eq!(read(0, bytes).unwrap(), (Offset(1), vec!["0=a".to_owned()]));
        assert_eq!(read(5, Vec::new()).unwrap(), (Offset(5), vec![]));
    }

    #[test]
    fn a_batch_with_a_flipped_bit_is_not_passed_on() {
        let mut bytes = batch(3, &["a"], CompressionType::None);
        *bytes.last_mut().unwrap() ^= 1;
        let error = read(3, bytes).unwrap_err();
        assert!(matches!(error, ConsumeError::Unreadable { offset: Offset(3), .. }), "{error}");
    }
}
