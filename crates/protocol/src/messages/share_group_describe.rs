//! ShareGroupDescribe: state and members of share groups.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// ShareGroupDescribe (key 77): state and members of share groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 77, versions = "1", flexible = "0+", listeners = "broker")]
pub struct ShareGroupDescribeRequest<'a> {
    /// The ids of the groups.
    pub group_ids: Vec<Str<'a>>,
    /// Whether to say what the principal may do with each.
    pub include_authorized_operations: bool,
}

/// The answer to [`ShareGroupDescribeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 77, versions = "1", flexible = "0+")]
pub struct ShareGroupDescribeResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The groups.
    pub groups: Vec<DescribedGroup<'a>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicPartitions<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// Partitions of one member.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Assignment<'a> {
    /// The partitions, by topic.
    pub topic_partitions: Vec<TopicPartitions<'a>>,
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Member<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The rack; null if there is none.
    #[field(nullable)]
    pub rack_id: Option<Str<'a>>,
    /// The epoch of the member.
    pub member_epoch: i32,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// The topics the member reads.
    pub subscribed_topic_names: Vec<Str<'a>>,
    /// What the member is to work on.
    pub assignment: Assignment<'a>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroup<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The state of the group, by name.
    pub group_state: Str<'a>,
    /// The epoch of the group; each change of its members or topics raises it.
    pub group_epoch: i32,
    /// The group epoch that the assignment was computed for.
    pub assignment_epoch: i32,
    /// Which assignor computes, or computed, the assignment.
    pub assignor_name: Str<'a>,
    /// The members.
    pub members: Vec<Member<'a>>,
    /// What the asking principal may do, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(default = -2147483648)]
    pub authorized_operations: i32,
}
