//! CreatePartitions: give topics more partitions.
//!
//! Source: KIP-195, KIP-599.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// CreatePartitions (key 37): give topics more partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 37, versions = "0..=3", flexible = "2+", listeners = "broker, controller")]
pub struct CreatePartitionsRequest<'a> {
    /// The topics.
    pub topics: Vec<CreatePartitionsTopic<'a>>,
    /// How long to wait for it to be done, in milliseconds.
    pub timeout_ms: i32,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// The replicas of one new partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsAssignment {
    /// The brokers to hold the replicas; the first is the preferred leader.
    pub broker_ids: Vec<BrokerId>,
}

/// How many partitions one topic is to have.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// How many partitions the topic is to have.
    pub count: i32,
    /// Replicas of the new partitions, chosen by hand; null where the controller is to choose.
    #[field(nullable, default = Some(Default::default()))]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// The answer to [`CreatePartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 37, versions = "0..=3", flexible = "2+")]
pub struct CreatePartitionsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub results: Vec<CreatePartitionsTopicResult<'a>>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopicResult<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
