//! EndQuorumEpoch: the leader of the metadata log resigns.
//!
//! Source: KIP-595, KIP-853.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// EndQuorumEpoch (key 54): the leader of the metadata log resigns.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 54, versions = "0..=1", flexible = "1+", listeners = "controller")]
pub struct EndQuorumEpochRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(nullable)]
    pub cluster_id: Option<Str<'a>>,
    /// The topics.
    pub topics: Vec<RequestTopicData<'a>>,
    /// Where the leader listens, by listener.
    #[field(versions = "1+", ignorable)]
    pub leader_endpoints: Vec<LeaderEndpoint<'a>>,
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaInfo {
    /// The `node.id` of the candidate.
    pub candidate_id: BrokerId,
    /// The directory id of the candidate.
    pub candidate_directory_id: Uuid,
}

/// The epoch that ends for one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    /// The partition.
    pub partition_index: i32,
    /// The `node.id` of the leader that resigns.
    pub leader_id: BrokerId,
    /// The epoch that ends.
    pub leader_epoch: LeaderEpoch,
    /// Who should become leader, best first.
    #[field(versions = "0", ignorable)]
    pub preferred_successors: Vec<i32>,
    /// Who should become leader, best first.
    #[field(versions = "1+", ignorable)]
    pub preferred_candidates: Vec<ReplicaInfo>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<RequestPartitionData>,
}

/// Where the leader listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderEndpoint<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// The answer to [`EndQuorumEpochRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 54, versions = "0..=1", flexible = "1+")]
pub struct EndQuorumEpochResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The topics.
    pub topics: Vec<ResponseTopicData<'a>>,
    /// Where the leaders named here listen.
    #[field(versions = "1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// The leader of one partition, as the voter knows it.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionData {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicData<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ResponsePartitionData>,
}

/// Where a leader named in the answer listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}
