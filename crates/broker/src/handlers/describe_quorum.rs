//! DescribeQuorum (key 55), versions 0–2: leader, voters and observers of the metadata log (KIP-595, KIP-836, KIP-853).
//!
//! There is one log to ask for, `__cluster_metadata-0`; any other request is refused whole with
//! UNKNOWN_TOPIC_OR_PARTITION for each partition it names. v2: directories of replicas, and where the nodes are.

use metadata::topic_name::CLUSTER_METADATA;
use protocol::{
    ErrorCode,
    messages::describe_quorum::{
        DescribeQuorumRequest, DescribeQuorumResponse, ResponsePartitionData, ResponseTopicData,
    },
    types::{Now, Uuid},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DescribeQuorum.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
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
    let (mut partition, mut nodes) = node.controller.describe_quorum(now.wall);
    if cx.version() < 2 {
        nodes.clear();
        let replicas = partition.current_voters.iter_mut().chain(&mut partition.observers);
        replicas.for_each(|replica| replica.replica_directory_id = Uuid::ZERO);
    }
    let topics = vec![ResponseTopicData { topic_name: CLUSTER_METADATA.into(), partitions: vec![partition] }];
    DescribeQuorumResponse { topics, nodes, ..DescribeQuorumResponse::default() }.into()
}
