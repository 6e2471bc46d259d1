//! The records of `__consumer_offsets` that share groups are kept in.
//!
//! They are framed as in [`groups`](super::groups). What was delivered is not here but in
//! [`share_state`](super::share_state).
//!
//! Source: KIP-932.

use crate::{
    Message,
    types::{Str, Timestamp, Uuid},
};

/// Type 10: a member of a share group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0")]
pub struct ShareGroupMemberMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ShareGroupMemberMetadataKey`]: what the member said of itself.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0", flexible = "0+")]
pub struct ShareGroupMemberMetadataValue<'a> {
    /// The rack; null if there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub rack_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// The topics the member reads.
    pub subscribed_topic_names: Vec<Str<'a>>,
}

/// Type 11: a share group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0")]
pub struct ShareGroupMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ShareGroupMetadataKey`]: the group's epoch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0", flexible = "0+")]
pub struct ShareGroupMetadataValue {
    /// The epoch of the group.
    pub epoch: i32,
    /// A hash over the topics the group reads, to see when they change.
    pub metadata_hash: i64,
}

/// Type 12: the assignment that a share group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0")]
pub struct ShareGroupTargetAssignmentMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ShareGroupTargetAssignmentMetadataKey`]: which epoch it is for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0", flexible = "0+")]
pub struct ShareGroupTargetAssignmentMetadataValue {
    /// The group epoch that the assignment was computed for.
    pub assignment_epoch: i32,
    /// When the assignment was computed, in milliseconds since 1970.
    #[field(tag = 0, ignorable)]
    pub assignment_timestamp: Timestamp,
}

/// Type 13: one member's part of the assignment that a share group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0")]
pub struct ShareGroupTargetAssignmentMemberKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ShareGroupTargetAssignmentMemberKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0", flexible = "0+")]
pub struct ShareGroupTargetAssignmentMemberValue {
    /// The partitions, by topic.
    pub topic_partitions: Vec<TargetTopicPartition>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TargetTopicPartition {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// Type 14: what a member of a share group has now.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0")]
pub struct ShareGroupCurrentMemberAssignmentKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ShareGroupCurrentMemberAssignmentKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0", flexible = "0+")]
pub struct ShareGroupCurrentMemberAssignmentValue {
    /// The epoch of the member.
    pub member_epoch: i32,
    /// The epoch before the last change, for a member that did not get the answer.
    pub previous_member_epoch: i32,
    /// The state of the member: a number of its own for each kind of group.
    pub state: i8,
    /// The partitions that are the member's.
    pub assigned_partitions: Vec<CurrentTopicPartitions>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CurrentTopicPartitions {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// Type 15: the partitions whose delivery a share group keeps account of.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0")]
pub struct ShareGroupStatePartitionMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ShareGroupStatePartitionMetadataKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0", flexible = "0+")]
pub struct ShareGroupStatePartitionMetadataValue<'a> {
    /// The topics whose state is being made.
    pub initializing_topics: Vec<TopicPartitionsInfo<'a>>,
    /// The topics whose state is there.
    pub initialized_topics: Vec<TopicPartitionsInfo<'a>>,
    /// The topics whose state is being deleted.
    pub deleting_topics: Vec<TopicInfo<'a>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicPartitionsInfo<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// A topic, by its id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicInfo<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The name of the topic.
    pub topic_name: Str<'a>,
}
