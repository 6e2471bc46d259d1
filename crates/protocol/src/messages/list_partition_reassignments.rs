//! ListPartitionReassignments: the reassignments under way.
//!
//! Source: KIP-455.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// ListPartitionReassignments (key 46): the reassignments under way.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 46, versions = "0", flexible = "0+", listeners = "broker, controller")]
pub struct ListPartitionReassignmentsRequest<'a> {
    /// How long to wait for it to be done, in milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// The topics to tell of; null for all.
    #[field(nullable)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics<'a>>>,
}

/// The partitions of one topic to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListPartitionReassignmentsTopics<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partition_indexes: Vec<i32>,
}

/// The answer to [`ListPartitionReassignmentsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 46, versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The reassignments under way, by topic.
    pub topics: Vec<OngoingTopicReassignment<'a>>,
}

/// The reassignment of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingPartitionReassignment {
    /// The partition.
    pub partition_index: i32,
    /// The brokers that hold a replica; the first is the preferred leader.
    pub replicas: Vec<BrokerId>,
    /// The brokers that join the replicas in a reassignment.
    pub adding_replicas: Vec<BrokerId>,
    /// The brokers that leave the replicas in a reassignment.
    pub removing_replicas: Vec<BrokerId>,
}

/// The reassignments of one topic's partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingTopicReassignment<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<OngoingPartitionReassignment>,
}
