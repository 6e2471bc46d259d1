//! AlterPartitionReassignments: change which brokers hold partitions.
//!
//! Source: KIP-455, KIP-860.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// AlterPartitionReassignments (key 45): change which brokers hold partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 45, versions = "0..=1", flexible = "0+", listeners = "broker, controller")]
pub struct AlterPartitionReassignmentsRequest<'a> {
    /// How long to wait for it to be done, in milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// Whether the number of replicas may change by this.
    #[field(versions = "1+", default = true)]
    pub allow_replication_factor_change: bool,
    /// The topics.
    pub topics: Vec<ReassignableTopic<'a>>,
}

/// The replicas that one partition is to have.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartition {
    /// The partition.
    pub partition_index: i32,
    /// The brokers that are to hold the replicas; null ends a reassignment that is under way.
    #[field(nullable)]
    pub replicas: Option<Vec<BrokerId>>,
}

/// The partitions of one topic to reassign.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ReassignablePartition>,
}

/// The answer to [`AlterPartitionReassignmentsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 45, versions = "0..=1", flexible = "0+")]
pub struct AlterPartitionReassignmentsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// Whether the number of replicas may change by this.
    #[field(versions = "1+", default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// What became of each topic.
    pub responses: Vec<ReassignableTopicResponse<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignablePartitionResponse<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReassignableTopicResponse<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What became of each partition.
    pub partitions: Vec<ReassignablePartitionResponse<'a>>,
}
