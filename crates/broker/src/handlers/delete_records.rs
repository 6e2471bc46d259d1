//! DeleteRecords (key 21), versions 0–2: moves the start of a log forward.
//!
//! -1 is the high watermark. An offset beyond it, or below -1, is OFFSET_OUT_OF_RANGE; one below the start changes nothing
//! and is answered with the start, as is any other. An offset inside a batch is allowed: the start of the log is that
//! offset, and a fetch there brings the whole batch.
//!
//! A topic that is only compacted has no records to delete this way (POLICY_VIOLATION), and internal topics are not for
//! clients to cut (INVALID_TOPIC_EXCEPTION).

use metadata::topic_name::is_internal;
use protocol::{
    ErrorCode,
    messages::delete_records::{
        DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopicResult,
    },
    types::{Now, Offset},
};
use replication::fetch_session::TopicKey;

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DeleteRecords.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DeleteRecordsRequest<'_>,
    _: Now,
) -> Reply<DeleteRecordsResponse<'static>> {
    let topics = request.topics.iter().map(|topic| {
        let name = topic.name.to_text().into_owned();
        let partitions = topic.partitions.iter().map(|asked| {
            let deleted = delete(node, &name, asked.partition_index, asked.offset);
            DeleteRecordsPartitionResult {
                partition_index: asked.partition_index,
                low_watermark: deleted.unwrap_or(Offset::NONE).0,
                error_code: deleted.err().unwrap_or(ErrorCode::NONE),
            }
        });
        DeleteRecordsTopicResult { name: topic.name.clone().into_owned(), partitions: partitions.collect() }
    });
    DeleteRecordsResponse { throttle_time_ms: 0, topics: topics.collect() }.into()
}

fn delete(node: &Node, topic: &str, partition: i32, before: Offset) -> Result<Offset, ErrorCode> {
    if is_internal(topic) {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    let partition = node.topics.find(&TopicKey::Name(topic.to_owned()), partition)?;
    let config = partition.config();
    if config.topic.cleanup_compact && !config.topic.cleanup_delete {
        return Err(ErrorCode::POLICY_VIOLATION);
    }
    partition.delete_records(node, before).map_err(|error| error.code())
}
