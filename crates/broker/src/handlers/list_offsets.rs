//! ListOffsets (key 2), versions 1–11: offsets by timestamp, and the ends of a log.
//!
//! A timestamp finds the first record that is not older, exact to the record inside a batch; none is offset -1 with no
//! error. Negative timestamps have meanings of their own:
//!
//! | timestamp | since | meaning | answer's timestamp |
//! |---|---|---|---|
//! | -1 | | one past the last committed record; with `read_committed` the last stable offset | -1 |
//! | -2 | | the start of the log | -1 |
//! | -3 | v7 | the first record with the largest timestamp | its own |
//! | -4 | v8 | the start of what is on local disk, which is the start of the log | -1 |
//! | -5 | v9 | the end of what was moved to remote storage: there is none, -1 | -1 |
//! | -6 | v11 | the start of what is to be moved there: there is none, -1 | -1 |
//!
//! The leader epoch is told from v4 on (KIP-320).
//!
//! A meaning newer than the version, or beyond the table, is UNSUPPORTED_VERSION for the partition. A partition named
//! twice is one answer, INVALID_REQUEST.

use protocol::{
    ErrorCode,
    messages::list_offsets::{
        ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
        ListOffsetsTopicResponse,
    },
    types::{LeaderEpoch, Now, Offset, Timestamp},
};
use replication::fetch_session::TopicKey;

use crate::{
    answer::Reply,
    dispatch::Context,
    node::Node,
    partition::{Isolation, Partition},
};

/// Answers ListOffsets.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: ListOffsetsRequest<'_>,
    _: Now,
) -> Reply<ListOffsetsResponse<'static>> {
    let topics = request.topics.iter().map(|topic| ListOffsetsTopicResponse {
        name: topic.name.clone().into_owned(),
        partitions: partitions(node, cx, &request, topic),
    });
    ListOffsetsResponse { throttle_time_ms: 0, topics: topics.collect() }.into()
}

fn partitions(
    node: &Node,
    cx: &Context<'_>,
    request: &ListOffsetsRequest<'_>,
    topic: &ListOffsetsTopic<'_>,
) -> Vec<ListOffsetsPartitionResponse> {
    let key = TopicKey::Name(topic.name.to_text().into_owned());
    let mut answered = Vec::<ListOffsetsPartitionResponse>::with_capacity(topic.partitions.len());
    for asked in &topic.partitions {
        let same_topic = request.topics.iter().filter(|other| other.name == topic.name);
        let times = same_topic.flat_map(|other| &other.partitions);
        let is_twice = times.filter(|other| other.partition_index == asked.partition_index).nth(1).is_some();
        if is_twice && answered.iter().any(|done| done.partition_index == asked.partition_index) {
            continue;
        }
        let found = if is_twice {
            Err(ErrorCode::INVALID_REQUEST)
        } else {
            node.topics
                .find(&key, asked.partition_index)
                .and_then(|partition| find(&partition, cx.version(), request.isolation_level, asked))
        };
        let mut response = found.unwrap_or_else(|error_code| ListOffsetsPartitionResponse {
            error_code,
            ..ListOffsetsPartitionResponse::default()
        });
        response.partition_index = asked.partition_index;
        if cx.version() < 4 {
            response.leader_epoch = LeaderEpoch::NONE;
        }
        answered.push(response);
    }
    answered
}

/// The first version in which a negative timestamp has a meaning.
fn special_since(timestamp: i64) -> Option<i16> {
    match timestamp {
        -1 | -2 => Some(1),
        -3 => Some(7),
        -4 => Some(8),
        -5 => Some(9),
        -6 => Some(11),
        _ => None,
    }
}

fn find(
    partition: &Partition,
    version: i16,
    isolation_level: i8,
    asked: &ListOffsetsPartition,
) -> Result<ListOffsetsPartitionResponse, ErrorCode> {
    let isolation = match isolation_level {
        0 => Isolation::Uncommitted,
        1 => Isolation::Committed,
        _ => return Err(ErrorCode::UNKNOWN_SERVER_ERROR),
    };
    let Timestamp(timestamp) = asked.timestamp;
    if timestamp < 0 && special_since(timestamp).is_none_or(|since| version < since) {
        return Err(ErrorCode::UNSUPPORTED_VERSION);
    }
    partition.check_epoch(asked.current_leader_epoch).map_err(|error| error.code())?;
    let end = |offset| ListOffsetsPartitionResponse {
        offset,
        leader_epoch: partition.leader_epoch(),
        ..ListOffsetsPartitionResponse::default()
    };
    Ok(match timestamp {
        -1 => end(partition.last_offset(isolation)),
        -2 | -4 => end(partition.log_start()),
        -5 | -6 => ListOffsetsPartitionResponse { offset: Offset::NONE, ..ListOffsetsPartitionResponse::default() },
        _ => {
            let found = if timestamp == -3 {
                partition.offset_of_max_timestamp()
            } else {
                partition.offset_for_timestamp(asked.timestamp)
            };
            match found.map_err(|error| error.code())? {
                Some(found) if found.offset < partition.last_offset(isolation) => ListOffsetsPartitionResponse {
                    timestamp: found.timestamp,
                    offset: found.offset,
                    leader_epoch: found.leader_epoch,
                    ..ListOffsetsPartitionResponse::default()
                },
                _ => ListOffsetsPartitionResponse::default(),
            }
        }
    })
}
