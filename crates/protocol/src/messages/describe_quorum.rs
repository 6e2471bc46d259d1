//! DescribeQuorum: the voters and observers of the metadata log.
//!
//! Source: KIP-595, KIP-642, KIP-836, KIP-853.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp, Uuid},
};

/// DescribeQuorum (key 55): the voters and observers of the metadata log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 55, versions = "0..=2", flexible = "0+", listeners = "broker, controller")]
pub struct DescribeQuorumRequest<'a> {
    /// The topics.
    pub topics: Vec<RequestTopicData<'a>>,
}

/// One partition to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    /// The partition.
    pub partition_index: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<RequestPartitionData>,
}

/// The answer to [`DescribeQuorumRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 55, versions = "0..=2", flexible = "0+")]
pub struct DescribeQuorumResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "2+", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    /// The topics.
    pub topics: Vec<ResponseTopicData<'a>>,
    /// The nodes.
    #[field(versions = "2+")]
    pub nodes: Vec<Node<'a>>,
}

/// How far one replica has read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    /// The `node.id` of the replica; -1 for a client.
    pub replica_id: BrokerId,
    /// The directory id of the replica; zero if it is not known.
    #[field(versions = "2+")]
    pub replica_directory_id: Uuid,
    /// The end of the replica's log; -1 if it is not known.
    pub log_end_offset: Offset,
    /// When the replica last fetched, in milliseconds since 1970; -1 if it is not known.
    #[field(versions = "1+", default = Timestamp(-1), ignorable)]
    pub last_fetch_timestamp: Timestamp,
    /// When the replica last had all the leader had, in milliseconds since 1970; -1 if it is not known.
    #[field(versions = "1+", default = Timestamp(-1), ignorable)]
    pub last_caught_up_timestamp: Timestamp,
}

/// The quorum of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionData<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "2+", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// The end of what is committed; -1 if it is not known.
    pub high_watermark: Offset,
    /// The voters.
    pub current_voters: Vec<ReplicaState>,
    /// The replicas without a vote.
    pub observers: Vec<ReplicaState>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicData<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ResponsePartitionData<'a>>,
}

/// Where a node listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// A node of the quorum, and where it listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Node<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// Where it listens.
    pub listeners: Vec<Listener<'a>>,
}
