//! ConsumerGroupHeartbeat: a member of a consumer group is alive, and what it is to read.
//!
//! Source: KIP-848, KIP-1082.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// ConsumerGroupHeartbeat (key 68): a member of a consumer group is alive, and what it is to read.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 68, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct ConsumerGroupHeartbeatRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the member; 0 to join, -1 to leave, -2 to leave for a while as a static member.
    pub member_epoch: i32,
    /// The member's `group.instance.id`; null if it has none, or if unchanged.
    #[field(nullable)]
    pub instance_id: Option<Str<'a>>,
    /// The rack of the member; null if unchanged.
    #[field(nullable)]
    pub rack_id: Option<Str<'a>>,
    /// How long the member may take to give up partitions, in milliseconds; -1 if unchanged.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// The topics the member wants to read; null if unchanged.
    #[field(nullable)]
    pub subscribed_topic_names: Option<Vec<Str<'a>>>,
    /// The pattern of the topics the member wants to read, in the syntax of RE2; null if unchanged.
    #[field(versions = "1+", nullable)]
    pub subscribed_topic_regex: Option<Str<'a>>,
    /// The broker's assignor the member wants; null if unchanged.
    #[field(nullable)]
    pub server_assignor: Option<Str<'a>>,
    /// The partitions the member holds; null if unchanged.
    #[field(nullable)]
    pub topic_partitions: Option<Vec<RequestTopicPartitions>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicPartitions {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The answer to [`ConsumerGroupHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 68, versions = "0..=1", flexible = "0+")]
pub struct ConsumerGroupHeartbeatResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the member; null where the client chose it.
    #[field(nullable)]
    pub member_id: Option<Str<'a>>,
    /// The epoch of the member.
    pub member_epoch: i32,
    /// How often the member is to send heartbeats, in milliseconds.
    pub heartbeat_interval_ms: i32,
    /// What the member is to have; null if unchanged.
    #[field(nullable)]
    pub assignment: Option<Assignment>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicPartitions {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The partitions that the member is to have.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Assignment {
    /// The partitions, by topic.
    pub topic_partitions: Vec<ResponseTopicPartitions>,
}
