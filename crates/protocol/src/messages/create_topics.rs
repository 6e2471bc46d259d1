//! CreateTopics: make topics.
//!
//! Source: KIP-4, KIP-195, KIP-464, KIP-525.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str, Uuid},
};

/// CreateTopics (key 19): make topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "2..=7", flexible = "5+", listeners = "broker, controller")]
pub struct CreateTopicsRequest<'a> {
    /// The topics.
    pub topics: Vec<CreatableTopic<'a>>,
    /// How long to wait for it to be done, in milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// The replicas of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableReplicaAssignment {
    /// The partition.
    pub partition_index: i32,
    /// The brokers to hold the replicas; the first is the preferred leader.
    pub broker_ids: Vec<BrokerId>,
}

/// One config of a topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfig<'a> {
    /// The name of the config.
    pub name: Str<'a>,
    /// The value; null for the default.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
}

/// One topic to create.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// How many partitions; -1 for the default, or where it was not asked for.
    pub num_partitions: i32,
    /// How many replicas each partition has; -1 for the default, or where it was not asked for.
    pub replication_factor: i16,
    /// Replicas chosen by hand; empty where the controller is to choose.
    pub assignments: Vec<CreatableReplicaAssignment>,
    /// The configs.
    pub configs: Vec<CreatableTopicConfig<'a>>,
}

/// The answer to [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "2..=7", flexible = "5+")]
pub struct CreateTopicsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub topics: Vec<CreatableTopicResult<'a>>,
}

/// One config that the topic has now.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicConfigs<'a> {
    /// The name of the config.
    pub name: Str<'a>,
    /// The value; null where it is secret.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
    /// Whether it cannot be altered.
    pub read_only: bool,
    /// Where the value is from: 1 topic, 2 broker, 3 default of all brokers, 4 file of the broker, 5 default, 6 logger,
    /// 7 client metrics, 8 group; 0 unknown.
    #[field(default = -1, ignorable)]
    pub config_source: i8,
    /// Whether the value is secret, and not told.
    pub is_sensitive: bool,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CreatableTopicResult<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "7+", ignorable)]
    pub topic_id: Uuid,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    /// Why the configs are not told, or none.
    #[field(versions = "5+", tag = 0, ignorable)]
    pub topic_config_error_code: ErrorCode,
    /// How many partitions; -1 for the default, or where it was not asked for.
    #[field(versions = "5+", default = -1, ignorable)]
    pub num_partitions: i32,
    /// How many replicas each partition has; -1 for the default, or where it was not asked for.
    #[field(versions = "5+", default = -1, ignorable)]
    pub replication_factor: i16,
    /// The configs.
    #[field(versions = "5+", nullable, default = Some(Default::default()), ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs<'a>>>,
}
