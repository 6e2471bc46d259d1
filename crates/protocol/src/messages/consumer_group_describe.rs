//! ConsumerGroupDescribe: state and members of consumer groups.
//!
//! Source: KIP-848, KIP-1099.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// ConsumerGroupDescribe (key 69): state and members of consumer groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 69, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct ConsumerGroupDescribeRequest<'a> {
    /// The ids of the groups.
    pub group_ids: Vec<Str<'a>>,
    /// Whether to say what the principal may do with each.
    pub include_authorized_operations: bool,
}

/// The answer to [`ConsumerGroupDescribeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 69, versions = "0..=1", flexible = "0+")]
pub struct ConsumerGroupDescribeResponse<'a> {
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
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable)]
    pub instance_id: Option<Str<'a>>,
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
    /// The pattern of the topics the member reads.
    #[field(nullable)]
    pub subscribed_topic_regex: Option<Str<'a>>,
    /// What the member is to work on.
    pub assignment: Assignment<'a>,
    /// What the member is to get.
    pub target_assignment: Assignment<'a>,
    /// 0 for members of the classic protocol, 1 of the consumer protocol, -1 unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub member_type: i8,
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
