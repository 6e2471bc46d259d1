//! Produce (key 0), versions 3–13: one record batch per partition into the log.
//!
//! ```text
//! frame ─▶ request ─▶ for each partition: validate ─▶ lock · check producer · place · pwritev · unlock ─▶ wake fetches
//!                                                                          └▶ acks=all: wait for the high watermark
//! ```
//!
//! - A partition is answered by itself; one that is refused does not hold back the others. Named twice, it is written as
//!   named last.
//! - acks: 0 is not answered, and an error closes the connection so that the client learns of it; 1 is answered once the
//!   batch is in the page cache; -1 once it is committed. Anything else is INVALID_REQUIRED_ACKS.
//! - acks=-1 that is not committed within `timeout_ms` is REQUEST_TIMED_OUT with the base offset: the batch is in the
//!   log, and may yet be committed.
//! - A retry of one of a producer's last five batches is answered with the first success's offset, and with the batch's
//!   own timestamp in the place of the append time.
//! - On a disk that is getting full answers are held back, up to a second, and say so as a quota would; on one that is
//!   full batches get KAFKA_STORAGE_ERROR, which clients try again (`milena.disk.reserve.bytes`).
//! - Internal topics are the broker's own to write: INVALID_TOPIC_EXCEPTION, except for the client `__admin_client`.
//! - v7: zstd; before it UNSUPPORTED_COMPRESSION_TYPE. v8: errors per record. v13: topics by id.
//!
//! Not done yet: transactions. A transactional batch gets the errors of a transaction that does not exist: 49 from v12 on
//! (where the leader would add the partition itself), 120 for v11, 48 before, and 53 without a transactional id.

use std::task::{Poll, Waker};

use metadata::topic_name::is_internal;
use protocol::{
    ErrorCode,
    messages::produce::{
        BatchIndexAndErrorMessage, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
        TopicProduceResponse,
    },
    records::{CompressionType, validate::ValidateError, validate_produce},
    types::{Monotonic, Now, Offset, Str},
};
use replication::fetch_session::TopicKey;

use crate::{
    answer::{Broken, Reply, Ticket, Wait},
    dispatch::Context,
    node::Node,
    partition::{AppendError, Committed},
};

/// Answers Produce.
pub fn handle(node: &Node, cx: &Context<'_>, request: ProduceRequest<'_>, now: Now) -> Reply<ProduceResponse<'static>> {
    let asks = Asks {
        version: cx.version(),
        acks: request.acks,
        is_admin: cx.client_id.as_ref().is_some_and(|id| *id == "__admin_client"),
        has_transactional_id: request.transactional_id.is_some(),
    };
    let mut waits = Vec::new();
    let mut failed = false;
    let mut responses = Vec::with_capacity(request.topic_data.len());
    for (t, topic) in request.topic_data.iter().enumerate() {
        let mut partition_responses = Vec::with_capacity(topic.partition_data.len());
        for (p, data) in topic.partition_data.iter().enumerate() {
            if named_again(&request.topic_data, t, p) {
                continue;
            }
            let records = data.records.as_ref().map_or(&[][..], |records| records.as_bytes());
            let mut response = PartitionProduceResponse { index: data.index, ..PartitionProduceResponse::default() };
            match write(node, &asks, topic, data.index, records, now) {
                Ok(written) => {
                    response.base_offset = written.base_offset;
                    response.log_append_time_ms = written.log_append_time;
                    response.log_start_offset = written.log_start;
                    if let Committed::Later(ticket) = written.committed {
                        waits.push(((responses.len(), partition_responses.len()), ticket));
                    }
                }
                Err(refusal) => {
                    failed = true;
                    refusal.fill(&mut response);
                }
            }
            partition_responses.push(response);
        }
        if !partition_responses.is_empty() {
            let name = if asks.version >= 13 { Str::EMPTY } else { topic.name.clone().into_owned() };
            responses.push(TopicProduceResponse { name, topic_id: topic.topic_id, partition_responses });
        }
    }
    // The disk is getting full: the answer is held back, because not every client waits when it is only told to.
    let throttle_ms = node.space.status().throttle_ms;
    let throttle_time_ms = i32::try_from(throttle_ms).unwrap_or(i32::MAX);
    let response = ProduceResponse { responses, throttle_time_ms, ..ProduceResponse::default() };
    match request.acks {
        0 if failed => Reply::Close("a produce with acks=0 failed"),
        0 => Reply::None,
        _ if waits.is_empty() && throttle_ms == 0 => response.into(),
        _ => {
            let deadline = now.mono.plus_ms(u64::try_from(request.timeout_ms).unwrap_or(0));
            Reply::later(Waiting { response, waits, deadline, not_before: now.mono.plus_ms(throttle_ms) })
        }
    }
}

/// What of the request concerns every partition.
struct Asks {
    version: i16,
    acks: i16,
    is_admin: bool,
    has_transactional_id: bool,
}

/// Whether a later place of the request names this partition again: that one counts.
fn named_again(topics: &[TopicProduceData<'_>], t: usize, p: usize) -> bool {
    let (topic, index) = (&topics[t], topics[t].partition_data[p].index);
    topic.partition_data[p + 1..].iter().any(|later| later.index == index)
        || topics[t + 1..].iter().any(|later| {
            (later.topic_id, &later.name) == (topic.topic_id, &topic.name)
                && later.partition_data.iter().any(|data| data.index == index)
        })
}

struct Written {
    base_offset: Offset,
    log_append_time: protocol::types::Timestamp,
    log_start: Offset,
    committed: Committed,
}

enum Refusal {
    /// Nothing was tried.
    Early(ErrorCode),
    /// The batch is not acceptable.
    Invalid { error: ValidateError, log_start: Offset },
    /// The log did not take it.
    Append { error: AppendError, log_start: Offset },
}

impl Refusal {
    fn fill(self, response: &mut PartitionProduceResponse<'static>) {
        response.base_offset = Offset::NONE;
        match self {
            Self::Early(code) => response.error_code = code,
            Self::Invalid { error, log_start } => {
                response.error_code = error.error_code();
                if error.is_before_append() && response.error_code == ErrorCode::INVALID_RECORD {
                    return;
                }
                response.log_start_offset = if error.is_before_append() { Offset::NONE } else { log_start };
                response.error_message = Some(error.to_string().into());
                let rejected = |record: &protocol::records::validate::RejectedRecord| BatchIndexAndErrorMessage {
                    batch_index: record.index,
                    batch_index_error_message: Some(record.reason.to_string().into()),
                };
                response.record_errors = error.rejected().iter().map(rejected).collect();
            }
            Self::Append { error, log_start } => {
                response.error_code = error.code();
                response.log_start_offset = log_start;
                response.error_message = Some(error.to_string().into());
            }
        }
    }
}

fn write(
    node: &Node,
    asks: &Asks,
    topic: &TopicProduceData<'_>,
    index: i32,
    records: &[u8],
    now: Now,
) -> Result<Written, Refusal> {
    if !matches!(asks.acks, -1..=1) {
        return Err(Refusal::Early(ErrorCode::INVALID_REQUIRED_ACKS));
    }
    let key = if asks.version >= 13 {
        TopicKey::Id(topic.topic_id)
    } else {
        TopicKey::Name(topic.name.to_text().into_owned())
    };
    let partition = node.topics.find(&key, index).map_err(Refusal::Early)?;
    if is_internal(partition.topic()) && !asks.is_admin {
        return Err(Refusal::Early(ErrorCode::INVALID_TOPIC_EXCEPTION));
    }
    let topic_config = partition.config();
    let log_start = partition.log_start();
    let validated = validate_produce(records, &topic_config.rules, now.wall)
        .map_err(|error| Refusal::Invalid { error, log_start })?;
    let attributes = validated.header.attributes;
    if asks.version < 7 && attributes.compression() == Some(CompressionType::Zstd) {
        return Err(Refusal::Early(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE));
    }
    if attributes.is_transactional() {
        return Err(Refusal::Early(match asks.version {
            _ if !asks.has_transactional_id => ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            12.. => ErrorCode::INVALID_PRODUCER_ID_MAPPING,
            11 => ErrorCode::TRANSACTION_ABORTABLE,
            _ => ErrorCode::INVALID_TXN_STATE,
        }));
    }
    node.metrics.bytes_in.add(records.len() as u64);
    node.metrics.messages_in.add(validated.header.record_count.max(0) as u64);
    let appended =
        partition.append(node, &validated, asks.acks, now).map_err(|error| Refusal::Append { error, log_start })?;
    Ok(Written {
        base_offset: appended.base_offset,
        log_append_time: appended.log_append_time,
        log_start: appended.log_start,
        committed: appended.committed,
    })
}

/// Where in an answer a partition is: which topic, which of its partitions.
type Place = (usize, usize);

/// A produce of acks=-1 whose batches are not all committed.
struct Waiting {
    response: ProduceResponse<'static>,
    /// Which partitions wait, and for what.
    waits: Vec<(Place, Ticket<Result<(), ErrorCode>>)>,
    deadline: Monotonic,
    /// Also with everything committed.
    not_before: Monotonic,
}

impl Wait for Waiting {
    type Answer = ProduceResponse<'static>;

    fn poll(&mut self, _: &Node, now: Now, waker: &Waker) -> Poll<Result<Self::Answer, Broken>> {
        let due = now.mono >= self.deadline;
        let response = &mut self.response;
        self.waits.retain_mut(|((topic, partition), ticket)| {
            let error = match ticket.poll(waker) {
                Poll::Pending if due => ErrorCode::REQUEST_TIMED_OUT,
                Poll::Pending => return true,
                Poll::Ready(Ok(Ok(()))) => return false,
                Poll::Ready(Ok(Err(code))) => code,
                Poll::Ready(Err(Broken)) => ErrorCode::KAFKA_STORAGE_ERROR,
            };
            response.responses[*topic].partition_responses[*partition].error_code = error;
            false
        });
        if self.waits.is_empty() && now.mono >= self.not_before {
            Poll::Ready(Ok(std::mem::take(response)))
        } else {
            Poll::Pending
        }
    }

    fn deadline(&self) -> Option<Monotonic> {
        Some(if self.waits.is_empty() { self.not_before } else { self.deadline.max(self.not_before) })
    }
}
