//! DescribeQuorum (key 55), versions 0–2: leader, voters and observers of the metadata log (KIP-595, KIP-836, KIP-853).
//!
//! There is one log to ask for, `__cluster_metadata-0`; any other request is refused whole with
//! UNKNOWN_TOPIC_OR_PARTITION for each partition it names.

use metadata::topic_name::CLUSTER_METADATA;
use protocol::{
    ErrorCode,
    messages::describe_quorum::{
        DescribeQuorumRequest, DescribeQuorumResponse, ResponsePartitionData, ResponseTopicData,
    },
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DescribeQuorum.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DescribeQuorumRequest<'_>,
    now: Now,
) -> Reply<DescribeQuorumResponse<'static>> {
    let is_it = matches!(&request.topics[..], [topic] if topic.topic_name == CLUSTER_METADATA
        && matches!(&topic.partitions[..], [partition] if partition.partition_index == 0));
    if !is_it {
        let topics = request.topics.iter().map(|topic| ResponseTopicData {
            topic_name: topic.topic_name.clone().into_owned(),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| ResponsePartitionData {
                    partition_index: partition.partition_index,
                    error_code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                    ..ResponsePartitionData::default()
                })
                .collect(),
        });
        return DescribeQuorumResponse { topics: topics.collect(), ..DescribeQuorumResponse::default() }.into();
    }
    let (partition, nodes) = node.controller.describe_quorum(now.wall);
    let topics = vec![ResponseTopicData { topic_name: CLUSTER_METADATA.into(), partitions: vec![partition] }];
    DescribeQuorumResponse { topics, nodes, ..DescribeQuorumResponse::default() }.into()
}
