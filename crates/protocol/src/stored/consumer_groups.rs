//! The records of `__consumer_offsets` that consumer groups of the new protocol are kept in.
//!
//! They are framed as in [`groups`](super::groups). A member has the target assignment and its current one; the group
//! is reconciled when they are equal.
//!
//! Source: KIP-848; KIP-1082 for patterns.

use crate::{
    Message,
    codec::Bytes,
    types::{Str, Timestamp, Uuid},
};

/// Type 3: a consumer group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0")]
pub struct ConsumerGroupMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ConsumerGroupMetadataKey`]: the group's epoch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0", flexible = "0+")]
pub struct ConsumerGroupMetadataValue {
    /// The epoch of the group.
    pub epoch: i32,
    /// A hash over the topics the group reads, to see when they change.
    #[field(tag = 0)]
    pub metadata_hash: i64,
}

/// Type 4: the partitions of what a consumer group reads. Not written since Kafka 4.0.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 4, versions = "0")]
pub struct ConsumerGroupPartitionMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ConsumerGroupPartitionMetadataKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 4, versions = "0", flexible = "0+")]
pub struct ConsumerGroupPartitionMetadataValue<'a> {
    /// The topics.
    pub topics: Vec<TopicMetadata<'a>>,
}

/// The racks of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionMetadata<'a> {
    /// The partition.
    pub partition: i32,
    /// The racks the partition's replicas are in.
    pub racks: Vec<Str<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicMetadata<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// How many partitions; -1 for the default, or where it was not asked for.
    pub num_partitions: i32,
    /// The racks of each partition; unused since Kafka 4.0.
    pub partition_metadata: Vec<PartitionMetadata<'a>>,
}

/// Type 5: a member of a consumer group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 5, versions = "0")]
pub struct ConsumerGroupMemberMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ConsumerGroupMemberMetadataKey`]: what the member said of itself.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 5, versions = "0", flexible = "0+")]
pub struct ConsumerGroupMemberMetadataValue<'a> {
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable, default = Some(Default::default()))]
    pub instance_id: Option<Str<'a>>,
    /// The rack; null if there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub rack_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// The topics the member reads.
    pub subscribed_topic_names: Vec<Str<'a>>,
    /// The pattern of the topics the member reads.
    #[field(nullable, default = Some(Default::default()))]
    pub subscribed_topic_regex: Option<Str<'a>>,
    /// How long the member may take to give up what it must, in milliseconds.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// The broker's assignor the member wants; null leaves it to the group.
    #[field(nullable, default = Some(Default::default()))]
    pub server_assignor: Option<Str<'a>>,
    /// What a member of the classic protocol said in JoinGroup; null for members of the new one.
    #[field(tag = 0, nullable, default = Some(Default::default()))]
    pub classic_member_metadata: Option<ClassicMemberMetadata<'a>>,
}

/// An assignor that the member supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ClassicProtocol<'a> {
    /// The assignor.
    pub name: Str<'a>,
    /// What the member says to it, in its own format.
    pub metadata: Bytes<'a>,
}

/// What a member of the classic protocol said of itself.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ClassicMemberMetadata<'a> {
    /// After how long without a heartbeat the member is gone, in milliseconds.
    pub session_timeout_ms: i32,
    /// The assignors the member supports, best first, with what it says to each.
    pub supported_protocols: Vec<ClassicProtocol<'a>>,
}

/// Type 6: the assignment that a consumer group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 6, versions = "0")]
pub struct ConsumerGroupTargetAssignmentMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`ConsumerGroupTargetAssignmentMetadataKey`]: which epoch it is for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 6, versions = "0", flexible = "0+")]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    /// The group epoch that the assignment was computed for.
    pub assignment_epoch: i32,
    /// When the assignment was computed, in milliseconds since 1970.
    #[field(tag = 0, ignorable)]
    pub assignment_timestamp: Timestamp,
}

/// Type 7: one member's part of the assignment that a consumer group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 7, versions = "0")]
pub struct ConsumerGroupTargetAssignmentMemberKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ConsumerGroupTargetAssignmentMemberKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 7, versions = "0", flexible = "0+")]
pub struct ConsumerGroupTargetAssignmentMemberValue {
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

/// Type 8: what a member of a consumer group has now.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "0")]
pub struct ConsumerGroupCurrentMemberAssignmentKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`ConsumerGroupCurrentMemberAssignmentKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "0", flexible = "0+")]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    /// The epoch of the member.
    pub member_epoch: i32,
    /// The epoch before the last change, for a member that did not get the answer.
    pub previous_member_epoch: i32,
    /// The state of the member: a number of its own for each kind of group.
    pub state: i8,
    /// The partitions that are the member's.
    pub assigned_partitions: Vec<CurrentTopicPartitions>,
    /// The partitions the member has still to give up.
    pub partitions_pending_revocation: Vec<CurrentTopicPartitions>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CurrentTopicPartitions {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
    /// The epoch in which each partition came to the member, to fence commits of members that have lost it.
    #[field(tag = 0, nullable, default = Some(Default::default()))]
    pub assignment_epochs: Option<Vec<i32>>,
}

/// Type 16: a pattern that members of a consumer group subscribe to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0")]
pub struct ConsumerGroupRegularExpressionKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The expression, in the syntax of RE2.
    pub regular_expression: Str<'a>,
}

/// The value of [`ConsumerGroupRegularExpressionKey`]: the topics it matches.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0", flexible = "0+")]
pub struct ConsumerGroupRegularExpressionValue<'a> {
    /// The names of the topics that match.
    pub topics: Vec<Str<'a>>,
    /// The metadata offset up to which topics were looked at.
    pub version: i64,
    /// When the topics were looked up, in milliseconds since 1970.
    pub timestamp: Timestamp,
}
