//! DescribeTopicPartitions (key 75), version 0: topics in full, in the order of their names, page by page (KIP-966).
//!
//! No topics asked for is all of them. A page holds at most `response_partition_limit` partitions, and never more than
//! `max.request.partition.size.limit`; where it ends, the answer carries a cursor, from which the next request goes on.
//! Authorized operations are always told.

use metadata::{image::TopicImage, topic_name};
use protocol::{
    ErrorCode,
    messages::describe_topic_partitions::{
        DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
        DescribeTopicPartitionsResponseTopic, ResponseCursor,
    },
    types::{BrokerId, Now},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// `max.request.partition.size.limit` as Apache Kafka has it by default.
const PARTITIONS_MAX: i32 = 2000;

/// Answers DescribeTopicPartitions.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DescribeTopicPartitionsRequest<'_>,
    _: Now,
) -> Reply<DescribeTopicPartitionsResponse<'static>> {
    let image = node.image();
    let (first_topic, first_partition) = match &request.cursor {
        Some(cursor) => (cursor.topic_name.to_text().into_owned(), cursor.partition_index),
        None => (String::new(), 0),
    };
    let mut left = usize::try_from(request.response_partition_limit.clamp(1, PARTITIONS_MAX)).expect("it is positive");
    let mut response = DescribeTopicPartitionsResponse::default();
    let names = if request.topics.is_empty() {
        image.topics.iter_from(&first_topic).map(|topic| topic.name.to_string()).collect::<Vec<_>>()
    } else {
        let mut names = request.topics.iter().map(|topic| topic.name.to_text().into_owned()).collect::<Vec<_>>();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| *name >= first_topic);
        names
    };
    for name in names {
        let from = if name == first_topic { first_partition } else { 0 };
        if left == 0 {
            response.next_cursor = Some(ResponseCursor { topic_name: name.into(), partition_index: from });
            break;
        }
        let Some(topic) = image.topics.by_name(&name) else {
            response.topics.push(unknown(name));
            continue;
        };
        let described = describe(topic, from, left, &|id| image.cluster.is_active(id));
        left -= described.partitions.len();
        let next = from + described.partitions.len() as i32;
        response.topics.push(described);
        if topic.partitions.range(next..).next().is_some() {
            response.next_cursor = Some(ResponseCursor { topic_name: name.into(), partition_index: next });
            break;
        }
    }
    response.into()
}

fn unknown(name: String) -> DescribeTopicPartitionsResponseTopic<'static> {
    let error_code = match topic_name::check(&name) {
        Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Err(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
    };
    DescribeTopicPartitionsResponseTopic {
        error_code,
        is_internal: topic_name::is_internal(&name),
        name: Some(name.into()),
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

fn describe(
    topic: &TopicImage,
    from: i32,
    limit: usize,
    is_active: &dyn Fn(BrokerId) -> bool,
) -> DescribeTopicPartitionsResponseTopic<'static> {
    let partitions = topic.partitions.range(from.max(0)..).take(limit).map(|(&partition_index, partition)| {
        DescribeTopicPartitionsResponsePartition {
            error_code: if partition.leader.is_some() { ErrorCode::NONE } else { ErrorCode::LEADER_NOT_AVAILABLE },
            partition_index,
            leader_id: partition.leader.unwrap_or(BrokerId(-1)),
            leader_epoch: partition.leader_epoch,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            eligible_leader_replicas: Some(partition.eligible_leader_replicas.clone()),
            last_known_elr: Some(partition.last_known_elr.clone()),
            offline_replicas: partition.replicas.iter().filter(|id| !is_active(**id)).copied().collect(),
        }
    });
    DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::NONE,
        name: Some(topic.name.to_string().into()),
        topic_id: topic.id,
        is_internal: topic_name::is_internal(&topic.name),
        partitions: partitions.collect(),
        topic_authorized_operations: super::AUTHORIZED_TOPIC,
    }
}
