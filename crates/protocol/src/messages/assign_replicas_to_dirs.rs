//! AssignReplicasToDirs: a broker tells the controller where its replicas are.
//!
//! Source: KIP-858.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Uuid},
};

/// AssignReplicasToDirs (key 73): a broker tells the controller where its replicas are.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 73, versions = "0", flexible = "0+", listeners = "controller")]
pub struct AssignReplicasToDirsRequest {
    /// The broker that asks.
    pub broker_id: BrokerId,
    /// The epoch of the broker's registration; -1 if it is not known.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// The log directories.
    pub directories: Vec<RequestDirectoryData>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    /// The partition.
    pub partition_index: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<RequestPartitionData>,
}

/// The replicas of one log directory.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestDirectoryData {
    /// The id of the log directory.
    pub id: Uuid,
    /// The topics with replicas there.
    pub topics: Vec<RequestTopicData>,
}

/// The answer to [`AssignReplicasToDirsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 73, versions = "0", flexible = "0+")]
pub struct AssignReplicasToDirsResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The log directories.
    pub directories: Vec<ResponseDirectoryData>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionData {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<ResponsePartitionData>,
}

/// The replicas of one log directory.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseDirectoryData {
    /// The id of the log directory.
    pub id: Uuid,
    /// The topics with replicas there.
    pub topics: Vec<ResponseTopicData>,
}
