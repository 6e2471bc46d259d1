//! DescribeTopicPartitions: topics in full, page by page.
//!
//! Source: KIP-966.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// DescribeTopicPartitions (key 75): topics in full, page by page.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 75, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsRequest<'a> {
    pub topics: Vec<TopicRequest<'a>>,
    #[field(default = 2000)]
    pub response_partition_limit: i32,
    #[field(nullable)]
    pub cursor: Option<RequestCursor<'a>>,
}

/// Part of [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicRequest<'a> {
    pub name: Str<'a>,
}

/// Part of [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestCursor<'a> {
    pub topic_name: Str<'a>,
    pub partition_index: i32,
}

/// The answer to [`DescribeTopicPartitionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 75, versions = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse<'a> {
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic<'a>>,
    #[field(nullable)]
    pub next_cursor: Option<ResponseCursor<'a>>,
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    pub leader_id: BrokerId,
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    pub replica_nodes: Vec<BrokerId>,
    pub isr_nodes: Vec<BrokerId>,
    #[field(nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    #[field(nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
    pub offline_replicas: Vec<BrokerId>,
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeTopicPartitionsResponseTopic<'a> {
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub name: Option<Str<'a>>,
    pub topic_id: Uuid,
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    #[field(default = -2147483648)]
    pub topic_authorized_operations: i32,
}

/// Part of [`DescribeTopicPartitionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseCursor<'a> {
    pub topic_name: Str<'a>,
    pub partition_index: i32,
}
