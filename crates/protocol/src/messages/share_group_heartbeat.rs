//! ShareGroupHeartbeat: a member of a share group is alive, and what it is to read.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// ShareGroupHeartbeat (key 76): a member of a share group is alive, and what it is to read.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 76, versions = "1", flexible = "0+", listeners = "broker")]
pub struct ShareGroupHeartbeatRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the member; 0 to join, -1 to leave.
    pub member_epoch: i32,
    /// The rack of the member; null if unchanged.
    #[field(nullable)]
    pub rack_id: Option<Str<'a>>,
    /// The topics the member wants to read; null if unchanged.
    #[field(nullable)]
    pub subscribed_topic_names: Option<Vec<Str<'a>>>,
}

/// The answer to [`ShareGroupHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 76, versions = "1", flexible = "0+")]
pub struct ShareGroupHeartbeatResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the member.
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
pub struct TopicPartitions {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The partitions that the member is to have.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Assignment {
    /// The partitions, by topic.
    pub topic_partitions: Vec<TopicPartitions>,
}
