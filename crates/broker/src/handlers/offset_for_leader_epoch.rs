//! OffsetForLeaderEpoch (key 23), versions 2–4: where a leader epoch ends in a log (KIP-101, KIP-320).
//!
//! The answer is the largest epoch that is not above the one asked for, and the offset at which the next one begins. An
//! epoch that has not begun is -1 and -1, without an error.

use protocol::{
    ErrorCode,
    messages::offset_for_leader_epoch::{
        EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition,
        OffsetForLeaderTopicResult,
    },
    types::Now,
};
use replication::fetch_session::TopicKey;

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers OffsetForLeaderEpoch.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: OffsetForLeaderEpochRequest<'_>,
    _: Now,
) -> Reply<OffsetForLeaderEpochResponse<'static>> {
    let topics = request.topics.iter().map(|topic| {
        let key = TopicKey::Name(topic.topic.to_text().into_owned());
        OffsetForLeaderTopicResult {
            topic: topic.topic.clone().into_owned(),
            partitions: topic.partitions.iter().map(|asked| end_of(node, &key, asked)).collect(),
        }
    });
    OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics: topics.collect() }.into()
}

fn end_of(node: &Node, key: &TopicKey, asked: &OffsetForLeaderPartition) -> EpochEndOffset {
    let found = node.topics.find(key, asked.partition).and_then(|partition| {
        partition.check_epoch(asked.current_leader_epoch).map_err(|error| error.code())?;
        Ok(partition.end_of_epoch(asked.leader_epoch))
    });
    let mut answer = EpochEndOffset { partition: asked.partition, ..EpochEndOffset::default() };
    match found {
        Ok(Some((epoch, end))) => (answer.leader_epoch, answer.end_offset) = (epoch, end),
        Ok(None) => {}
        Err(code) => answer.error_code = code,
    }
    debug_assert!(answer.error_code != ErrorCode::NONE || answer.leader_epoch <= asked.leader_epoch);
    answer
}
