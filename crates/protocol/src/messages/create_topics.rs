//! CreateTopics: make topics.
//!
//! Source: KIP-4, KIP-195, KIP-464, KIP-525.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str, Uuid},
};

/// CreateTopics (key 19): make topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "2..=7", flexible = "5+")]
pub struct CreateTopicsRequest<'a> {
    pub topics: Vec<CreatableTopic<'a>>,
    #[field(default = 60000)]
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// Part of [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<BrokerId>,
}

/// Part of [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfig<'a> {
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
}

/// Part of [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopic<'a> {
    pub name: Str<'a>,
    pub num_partitions: i32,
    pub replication_factor: i16,
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig<'a>>,
}

/// The answer to [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "2..=7", flexible = "5+")]
pub struct CreateTopicsResponse<'a> {
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult<'a>>,
}

/// Part of [`CreateTopicsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfigs<'a> {
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
    pub read_only: bool,
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
}

/// Part of [`CreateTopicsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicResult<'a> {
    pub name: Str<'a>,
    #[field(versions = "7+", ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    #[field(versions = "5+", tag = 0, ignorable)]
    pub topic_config_error_code: ErrorCode,
    #[field(versions = "5+", default = -1, ignorable)]
    pub num_partitions: i32,
    #[field(versions = "5+", default = -1, ignorable)]
    pub replication_factor: i16,
    #[field(versions = "5+", nullable, default = Some(Default::default()), ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs<'a>>>,
}
