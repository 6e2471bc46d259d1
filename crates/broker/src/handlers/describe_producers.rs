//! DescribeProducers (key 61), version 0: the producers that a partition remembers (KIP-664).

use metadata::topic_name;
use protocol::{
    ErrorCode,
    messages::describe_producers::{
        DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState, TopicResponse,
    },
    types::{Now, Offset},
};
use replication::fetch_session::TopicKey;

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DescribeProducers.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DescribeProducersRequest<'_>,
    _: Now,
) -> Reply<DescribeProducersResponse<'static>> {
    let topics = request.topics.iter().map(|topic| {
        let name = topic.name.to_text().into_owned();
        let partitions = topic.partition_indexes.iter().map(|&index| match producers(node, &name, index) {
            Ok(active_producers) => {
                PartitionResponse { partition_index: index, active_producers, ..PartitionResponse::default() }
            }
            Err(error_code) => PartitionResponse {
                partition_index: index,
                error_code,
                error_message: Some(error_code.message().into()),
                ..PartitionResponse::default()
            },
        });
        TopicResponse { name: topic.name.clone().into_owned(), partitions: partitions.collect() }
    });
    DescribeProducersResponse { throttle_time_ms: 0, topics: topics.collect() }.into()
}

fn producers(node: &Node, topic: &str, index: i32) -> Result<Vec<ProducerState>, ErrorCode> {
    if topic_name::check(topic).is_err() {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    let partition = node.topics.find(&TopicKey::Name(topic.to_owned()), index)?;
    let states = partition.producers().into_iter().map(|(producer_id, producer)| ProducerState {
        producer_id,
        producer_epoch: producer.epoch.0.into(),
        last_sequence: producer.batches().last().map_or(-1, |batch| batch.last_sequence),
        last_timestamp: producer.last_timestamp,
        coordinator_epoch: producer.coordinator_epoch,
        current_txn_start_offset: producer.transaction_start.unwrap_or(Offset::NONE),
    });
    Ok(states.collect())
}
