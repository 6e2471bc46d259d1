//! ListPartitionReassignments: the reassignments under way.
//!
//! Source: KIP-455.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// ListPartitionReassignments (key 46): the reassignments under way.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 46, versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsRequest<'a> {
    #[field(default = 60000)]
    pub timeout_ms: i32,
    #[field(nullable)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics<'a>>>,
}

/// Part of [`ListPartitionReassignmentsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListPartitionReassignmentsTopics<'a> {
    pub name: Str<'a>,
    pub partition_indexes: Vec<i32>,
}

/// The answer to [`ListPartitionReassignmentsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 46, versions = "0", flexible = "0+")]
pub struct ListPartitionReassignmentsResponse<'a> {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub topics: Vec<OngoingTopicReassignment<'a>>,
}

/// Part of [`ListPartitionReassignmentsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    pub replicas: Vec<BrokerId>,
    pub adding_replicas: Vec<BrokerId>,
    pub removing_replicas: Vec<BrokerId>,
}

/// Part of [`ListPartitionReassignmentsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OngoingTopicReassignment<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<OngoingPartitionReassignment>,
}
