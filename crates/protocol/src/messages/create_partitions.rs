//! CreatePartitions: give topics more partitions.
//!
//! Source: KIP-195, KIP-599.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// CreatePartitions (key 37): give topics more partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 37, versions = "0..=3", flexible = "2+")]
pub struct CreatePartitionsRequest<'a> {
    pub topics: Vec<CreatePartitionsTopic<'a>>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// Part of [`CreatePartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<BrokerId>,
}

/// Part of [`CreatePartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopic<'a> {
    pub name: Str<'a>,
    pub count: i32,
    #[field(nullable)]
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// The answer to [`CreatePartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 37, versions = "0..=3", flexible = "2+")]
pub struct CreatePartitionsResponse<'a> {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult<'a>>,
}

/// Part of [`CreatePartitionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatePartitionsTopicResult<'a> {
    pub name: Str<'a>,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
