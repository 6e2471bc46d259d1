//! DescribeQuorum: the voters and observers of the metadata log.
//!
//! Source: KIP-595, KIP-642, KIP-836, KIP-853.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp, Uuid},
};

/// DescribeQuorum (key 55): the voters and observers of the metadata log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 55, versions = "0..=2", flexible = "0+")]
pub struct DescribeQuorumRequest<'a> {
    pub topics: Vec<RequestTopicData<'a>>,
}

/// Part of [`DescribeQuorumRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    pub partition_index: i32,
}

/// Part of [`DescribeQuorumRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData<'a> {
    pub topic_name: Str<'a>,
    pub partitions: Vec<RequestPartitionData>,
}

/// The answer to [`DescribeQuorumRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 55, versions = "0..=2", flexible = "0+")]
pub struct DescribeQuorumResponse<'a> {
    pub error_code: ErrorCode,
    #[field(versions = "2+", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    pub topics: Vec<ResponseTopicData<'a>>,
    #[field(versions = "2+")]
    pub nodes: Vec<Node<'a>>,
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    pub replica_id: BrokerId,
    #[field(versions = "2+")]
    pub replica_directory_id: Uuid,
    pub log_end_offset: Offset,
    #[field(versions = "1+", default = Timestamp(-1), ignorable)]
    pub last_fetch_timestamp: Timestamp,
    #[field(versions = "1+", default = Timestamp(-1), ignorable)]
    pub last_caught_up_timestamp: Timestamp,
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionData<'a> {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[field(versions = "2+", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    pub leader_id: BrokerId,
    pub leader_epoch: LeaderEpoch,
    pub high_watermark: Offset,
    pub current_voters: Vec<ReplicaState>,
    pub observers: Vec<ReplicaState>,
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicData<'a> {
    pub topic_name: Str<'a>,
    pub partitions: Vec<ResponsePartitionData<'a>>,
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener<'a> {
    pub name: Str<'a>,
    pub host: Str<'a>,
    pub port: u16,
}

/// Part of [`DescribeQuorumResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Node<'a> {
    pub node_id: BrokerId,
    pub listeners: Vec<Listener<'a>>,
}
