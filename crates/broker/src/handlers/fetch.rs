//! Fetch (key 1), versions 4–18, from consumers: record batches from an offset on.
//!
//! - An answer is header bytes and ranges of files; records go from the page cache to the socket.
//! - All limits are soft: the first batch of the first partition that has one comes whole, however large, so that no
//!   reader is stuck (KIP-74). A later batch may be cut at the limit, and clients cope.
//! - With less than `min_bytes` at hand the answer waits, up to `max_wait_ms`. An offset out of range ends the wait at
//!   once; a partition that does not exist does not, unless there is nothing else to wait for.
//! - Sessions (v7+, KIP-227): see [`replication::fetch_session`]. A client that names a partition twice gets the last.
//! - v9, v12: a leader epoch that is not ours is 74 or 75; a last fetched epoch whose end is below the offset is answered
//!   with the diverging epoch (KIP-320, KIP-595).
//! - v13: topics by id (KIP-516); v15, v17, v18 concern replicas only.
//! - `read_committed` ends at the last stable offset. What was aborted below comes too, and the reader leaves it out by
//!   the list of aborted transactions.
//!
//! Not done yet: replicas that fetch (their answer is an honest NOT_LEADER_OR_FOLLOWER), rack-aware reading.

use std::{
    sync::Arc,
    task::{Poll, Waker},
};

use protocol::{
    ErrorCode,
    codec::Records,
    messages::fetch::{
        AbortedTransaction, EpochEndOffset, FetchRequest, FetchResponse, FetchableTopicResponse, PartitionData,
    },
    types::{LeaderEpoch, Monotonic, Now, Offset, Uuid},
};
use replication::fetch_session::{Fetch, FetchPartition, SessionRequest, Told, TopicKey};
use storage::{disk::FileRange, txn_index::AbortedTxn};

use crate::{
    answer::{Broken, Reply, Wait, WithRanges},
    dispatch::Context,
    node::Node,
    partition::{FetchWaiter, Isolation, Partition, Read, ReadError, ReadRequest},
};

type Answer = WithRanges<FetchResponse<'static>>;

/// Answers Fetch.
pub fn handle(node: &Node, cx: &Context<'_>, request: FetchRequest<'_>, now: Now) -> Reply<Answer> {
    let by_id = cx.version() >= 13;
    let session = SessionRequest { id: request.session_id, epoch: request.session_epoch, by_id };
    let forgotten = request.forgotten_topics_data.iter().flat_map(|topic| {
        let key = topic_key(by_id, topic.topic_id, &topic.topic);
        topic.partitions.iter().map(move |partition| (key.clone(), *partition))
    });
    let fetch = node.sessions.lock().fetch(session, asked(&request, by_id), forgotten, now.mono);
    let (kind, partitions) = match fetch {
        Ok(Fetch::Sessionless(partitions)) => (Kind::Sessionless, partitions),
        Ok(Fetch::Full(partitions)) => (Kind::Full, partitions),
        Ok(Fetch::Incremental(partitions)) => (Kind::Incremental(request.session_id), partitions),
        Err(refused) => {
            let message = FetchResponse {
                error_code: refused.code(),
                session_id: refused.session_id(),
                ..FetchResponse::default()
            };
            return WithRanges { message, ranges: Vec::new() }.into();
        }
    };
    let is_replica = request.replica_id.0 >= 0 || request.replica_state.replica_id.0 >= 0;
    let wait = Waiting {
        kind,
        by_id,
        is_replica,
        partitions,
        isolation: if request.isolation_level == 1 { Isolation::Committed } else { Isolation::Uncommitted },
        max_bytes: request.max_bytes.min(node.settings.fetch_bytes_max),
        min_bytes: i64::from(request.min_bytes),
        deadline: now.mono.plus_ms(u64::try_from(request.max_wait_ms).unwrap_or(0)),
        waiter: None,
    };
    match wait.attempt(node) {
        attempt if attempt.is_enough(&wait) || request.max_wait_ms <= 0 => wait.answer(node, attempt, now).into(),
        _ => Reply::later(wait),
    }
}

fn topic_key(by_id: bool, id: Uuid, name: &protocol::types::Str<'_>) -> TopicKey {
    if by_id { TopicKey::Id(id) } else { TopicKey::Name(name.to_text().into_owned()) }
}

fn listed(aborted: &AbortedTxn) -> AbortedTransaction {
    AbortedTransaction { producer_id: aborted.producer_id, first_offset: aborted.first_offset }
}

fn asked(request: &FetchRequest<'_>, by_id: bool) -> Vec<FetchPartition> {
    let mut asked = Vec::new();
    for topic in &request.topics {
        let key = topic_key(by_id, topic.topic_id, &topic.topic);
        asked.extend(topic.partitions.iter().map(|partition| FetchPartition {
            topic: key.clone(),
            partition: partition.partition,
            offset: partition.fetch_offset,
            max_bytes: partition.partition_max_bytes,
            current_leader_epoch: partition.current_leader_epoch,
            last_fetched_epoch: partition.last_fetched_epoch,
        }));
    }
    asked
}

#[derive(Clone, Copy)]
enum Kind {
    Sessionless,
    Full,
    Incremental(i32),
}

/// A fetch that may have to wait.
struct Waiting {
    kind: Kind,
    by_id: bool,
    is_replica: bool,
    partitions: Vec<FetchPartition>,
    isolation: Isolation,
    max_bytes: i32,
    min_bytes: i64,
    deadline: Monotonic,
    /// Registered with every partition it waits for.
    waiter: Option<Arc<FetchWaiter>>,
}

/// What one look at all partitions found.
struct Attempt {
    outcomes: Vec<Outcome>,
    bytes: i64,
    /// A partition had an answer that is not to be kept waiting, such as an offset out of range.
    urgent: bool,
    /// The partitions that may still bring something.
    hopeful: Vec<Arc<Partition>>,
}

impl Attempt {
    fn is_enough(&self, wait: &Waiting) -> bool {
        self.urgent || self.bytes >= wait.min_bytes || self.hopeful.is_empty()
    }
}

/// What there is to tell of one partition.
struct Outcome {
    error: ErrorCode,
    high_watermark: Offset,
    last_stable: Offset,
    log_start: Offset,
    diverging: EpochEndOffset,
    /// Null is told apart from empty: null where transactions do not concern the reader.
    aborted: Option<Vec<AbortedTransaction>>,
    range: Option<FileRange>,
}

impl Outcome {
    fn failed(error: ErrorCode, has_aborted_list: bool) -> Self {
        Self {
            error,
            high_watermark: Offset::NONE,
            last_stable: Offset::NONE,
            log_start: Offset::NONE,
            diverging: EpochEndOffset::default(),
            aborted: has_aborted_list.then(Vec::new),
            range: None,
        }
    }

    fn told(&self) -> Told {
        Told {
            error: self.error,
            high_watermark: self.high_watermark,
            log_start: self.log_start,
            has_records: self.range.is_some() || self.diverging.epoch >= 0,
        }
    }
}

impl Waiting {
    fn attempt(&self, node: &Node) -> Attempt {
        let mut attempt = Attempt {
            outcomes: Vec::with_capacity(self.partitions.len()),
            bytes: 0,
            urgent: false,
            hopeful: Vec::new(),
        };
        let mut left = i64::from(self.max_bytes);
        for wanted in &self.partitions {
            let outcome = match node.topics.find(&wanted.topic, wanted.partition) {
                Err(code) => Outcome::failed(code, true),
                Ok(_) if self.is_replica => {
                    attempt.urgent = true;
                    Outcome::failed(ErrorCode::NOT_LEADER_OR_FOLLOWER, false)
                }
                // Apache Kafka reads nothing with a negative limit, and has no better word for it.
                Ok(_) if wanted.max_bytes.min(self.max_bytes) < 0 => {
                    attempt.urgent = true;
                    Outcome::failed(ErrorCode::UNKNOWN_SERVER_ERROR, false)
                }
                Ok(partition) => {
                    let read = partition.read(&ReadRequest {
                        offset: wanted.offset,
                        max_bytes: i64::from(wanted.max_bytes).min(left),
                        at_least_one: attempt.bytes == 0,
                        isolation: self.isolation,
                        current_leader_epoch: wanted.current_leader_epoch,
                        last_fetched_epoch: wanted.last_fetched_epoch,
                    });
                    let outcome = self.outcome(read);
                    let bytes = outcome.range.as_ref().map_or(0, |range| range.len as i64);
                    attempt.bytes += bytes;
                    left = (left - bytes).max(0);
                    attempt.urgent |= outcome.error != ErrorCode::NONE || outcome.diverging.epoch >= 0;
                    attempt.hopeful.push(partition);
                    outcome
                }
            };
            attempt.outcomes.push(outcome);
        }
        attempt
    }

    fn outcome(&self, read: Result<Read, ReadError>) -> Outcome {
        let committed = self.isolation == Isolation::Committed;
        match read {
            Ok(read) => Outcome {
                error: ErrorCode::NONE,
                high_watermark: read.high_watermark,
                last_stable: read.last_stable,
                log_start: read.log_start,
                diverging: EpochEndOffset::default(),
                aborted: committed.then(|| read.aborted.iter().map(listed).collect()),
                range: read.range,
            },
            Err(ReadError::Diverging { epoch: LeaderEpoch(epoch), end_offset }) => {
                Outcome { diverging: EpochEndOffset { epoch, end_offset }, ..Outcome::failed(ErrorCode::NONE, false) }
            }
            Err(error) => Outcome::failed(error.code(), false),
        }
    }

    /// Makes the answer, and tells the session what it says.
    fn answer(&self, node: &Node, attempt: Attempt, now: Now) -> Answer {
        let outcomes = attempt.outcomes;
        let (session_id, included) = match self.kind {
            Kind::Sessionless => (0, None),
            Kind::Full => {
                let candidate = node.chance.positive_i32();
                let told = outcomes.iter().map(Outcome::told);
                let answered = self.partitions.iter().cloned().zip(told);
                (node.sessions.lock().open(candidate, self.by_id, answered, now.mono), None)
            }
            Kind::Incremental(id) => {
                let told = self.partitions.iter().zip(&outcomes);
                let told = told.map(|(p, outcome)| (p.topic.clone(), p.partition, outcome.told())).collect::<Vec<_>>();
                (id, Some(node.sessions.lock().update(id, &told)))
            }
        };
        let (mut responses, mut ranges) = (Vec::<FetchableTopicResponse<'static>>::new(), Vec::new());
        let mut last_topic = None;
        for (i, (wanted, outcome)) in self.partitions.iter().zip(outcomes).enumerate() {
            if included.as_ref().is_some_and(|included| !included[i]) {
                continue;
            }
            if last_topic != Some(&wanted.topic) {
                last_topic = Some(&wanted.topic);
                let mut response = FetchableTopicResponse::default();
                match &wanted.topic {
                    TopicKey::Id(id) => response.topic_id = *id,
                    TopicKey::Name(name) => response.topic = name.clone().into(),
                }
                responses.push(response);
            }
            let records =
                outcome.range.as_ref().map_or_else(Records::default, |range| Records::Elsewhere(range.len as usize));
            let partition = PartitionData {
                partition_index: wanted.partition,
                error_code: outcome.error,
                high_watermark: outcome.high_watermark,
                last_stable_offset: outcome.last_stable,
                log_start_offset: outcome.log_start,
                diverging_epoch: outcome.diverging,
                aborted_transactions: outcome.aborted,
                records: Some(records),
                ..PartitionData::default()
            };
            if let Some(range) = outcome.range {
                node.metrics.bytes_out.add(range.len);
                ranges.push(range);
            }
            responses.last_mut().expect("pushed above").partitions.push(partition);
        }
        WithRanges { message: FetchResponse { session_id, responses, ..FetchResponse::default() }, ranges }
    }
}

impl Wait for Waiting {
    type Answer = Answer;

    fn poll(&mut self, node: &Node, now: Now, waker: &Waker) -> Poll<Result<Answer, Broken>> {
        let due = now.mono >= self.deadline;
        if let Some(waiter) = &self.waiter
            && !due
            && !waiter.has_enough(waker)
        {
            return Poll::Pending;
        }
        // Registered before it looks again: what is appended in between wakes it.
        loop {
            let waiter = Arc::new(FetchWaiter::new(waker.clone()));
            let seen = self.attempt(node);
            if due || seen.is_enough(self) {
                return Poll::Ready(Ok(self.answer(node, seen, now)));
            }
            for partition in &seen.hopeful {
                partition.register(&waiter);
            }
            let again = self.attempt(node);
            if again.is_enough(self) {
                return Poll::Ready(Ok(self.answer(node, again, now)));
            }
            if waiter.wait_for(self.min_bytes - again.bytes) {
                self.waiter = Some(waiter);
                return Poll::Pending;
            }
        }
    }

    fn deadline(&self) -> Option<Monotonic> {
        Some(self.deadline)
    }
}
