//! What members of a classic consumer group tell each other through the broker, in JoinGroup and SyncGroup.
//!
//! A version (`i16`) stands in front. The broker reads subscriptions only to know who still uses a topic.
//!
//! Source: KIP-429, KIP-792, KIP-881.

use crate::{Message, codec::Bytes, types::Str};

/// What a member wants to read, and what it has.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=3")]
pub struct ConsumerProtocolSubscription<'a> {
    /// The topics the member wants to read.
    pub topics: Vec<Str<'a>>,
    /// What the assignor wants to tell, in its own format.
    #[field(nullable)]
    pub user_data: Option<Bytes<'a>>,
    /// The partitions the member holds at the moment.
    #[field(versions = "1+", ignorable)]
    pub owned_partitions: Vec<SubscriptionTopicPartition<'a>>,
    /// The generation the owned partitions are of; -1 if it is not known.
    #[field(versions = "2+", default = -1, ignorable)]
    pub generation_id: i32,
    /// The rack of the consumer; null if it has none.
    #[field(versions = "3+", nullable, ignorable)]
    pub rack_id: Option<Str<'a>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SubscriptionTopicPartition<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// What the leader gives a member.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=3")]
pub struct ConsumerProtocolAssignment<'a> {
    /// The partitions that are the member's.
    pub assigned_partitions: Vec<AssignmentTopicPartition<'a>>,
    /// What the assignor wants to tell, in its own format.
    #[field(nullable)]
    pub user_data: Option<Bytes<'a>>,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignmentTopicPartition<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}
