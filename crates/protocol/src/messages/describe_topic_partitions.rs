//! DescribeTopicPartitions: topics in full, page by page.
//!
//! Source: KIP-966.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// DescribeTopicPartitions (key 75): topics in full, page by page.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 75, versions = "0", flexible = "0+", listeners = "broker")]
pub struct DescribeTopicPartitionsRequest<'a> {
    /// The topics.
    pub topics: Vec<TopicRequest<'a>>,
    /// The most partitions to answer.
    #[field(default = 2000)]
    pub response_partition_limit: i32,
    /// Where to begin; null for the beginning.
    #[field(nullable)]
    pub cursor: Option<RequestCursor<'a>>,
}

/// One topic to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
}

/// A place in the list of topics and partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestCursor<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partition.
    pub partition_index: i32,
}

/// The answer to [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 75, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// The topics.
    pub topics: Vec<DescribeTopicPartitionsResponseTopic<'a>>,
    /// Where to go on; null at the end.
    #[field(nullable)]
    pub next_cursor: Option<ResponseCursor<'a>>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The partition.
    pub partition_index: i32,
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    #[field(default = LeaderEpoch(-1), ignorable)]
    pub leader_epoch: LeaderEpoch,
    /// The brokers that hold a replica; the first is the preferred leader.
    pub replica_nodes: Vec<BrokerId>,
    /// The replicas in sync, leader included.
    pub isr_nodes: Vec<BrokerId>,
    /// The replicas outside the ISR that have every committed record (KIP-966).
    #[field(nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    /// The replicas that were eligible to lead and stopped uncleanly, or who led last (KIP-966).
    #[field(nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
    /// The replicas that are not up.
    #[field(ignorable)]
    pub offline_replicas: Vec<BrokerId>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponseTopic<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The name of the topic.
    #[field(nullable, default = Some(Default::default()))]
    pub name: Option<Str<'a>>,
    /// The id of the topic; zero if it is not known.
    #[field(ignorable)]
    pub topic_id: Uuid,
    /// Whether it is one of Kafka's own topics.
    #[field(ignorable)]
    pub is_internal: bool,
    /// The partitions.
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// What the principal may do with the topic, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(default = -2147483648)]
    pub topic_authorized_operations: i32,
}

/// A place in the list of topics and partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseCursor<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partition.
    pub partition_index: i32,
}
