//! Vote: ask for a vote in an election of the metadata log's leader.
//!
//! Source: KIP-595, KIP-853, KIP-996.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Uuid},
};

/// Vote (key 52): ask for a vote in an election of the metadata log's leader.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 52, versions = "0..=2", flexible = "0+", listeners = "controller")]
pub struct VoteRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(nullable)]
    pub cluster_id: Option<Str<'a>>,
    /// The `node.id` of who is asked; -1 if that is not known.
    #[field(versions = "1+", default = BrokerId(-1), ignorable)]
    pub voter_id: BrokerId,
    /// The topics.
    pub topics: Vec<RequestTopicData<'a>>,
}

/// The candidate for one partition, and how far its log reaches.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    /// The partition.
    pub partition_index: i32,
    /// The epoch the candidate stands for; of a vote that is only tried out, the one it is in.
    pub replica_epoch: i32,
    /// The `node.id` of the candidate.
    pub replica_id: BrokerId,
    /// The directory id of the candidate.
    #[field(versions = "1+", ignorable)]
    pub replica_directory_id: Uuid,
    /// The directory id of who is asked.
    #[field(versions = "1+", ignorable)]
    pub voter_directory_id: Uuid,
    /// The epoch of the last record in the candidate's log.
    pub last_offset_epoch: i32,
    /// The end of the candidate's log.
    pub last_offset: Offset,
    /// Whether the vote is only tried out: nobody takes the epoch over by it (KIP-996).
    #[field(versions = "2+")]
    pub pre_vote: bool,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<RequestPartitionData>,
}

/// The answer to [`VoteRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 52, versions = "0..=2", flexible = "0+")]
pub struct VoteResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The topics.
    pub topics: Vec<ResponseTopicData<'a>>,
    /// Where the leaders named here listen.
    #[field(versions = "1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// The vote for one partition.
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
    /// Whether the candidate has the vote.
    pub vote_granted: bool,
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
