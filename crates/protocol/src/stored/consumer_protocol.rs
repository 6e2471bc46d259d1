//! What members of a classic consumer group tell each other through the broker, in JoinGroup and SyncGroup.
//!
//! A version (`i16`) stands in front. The broker reads subscriptions only to know who still uses a topic.
//!
//! Source: KIP-429, KIP-792, KIP-881.

// A field's name is Kafka's name for it; what it does is told where it is used.
#![allow(missing_docs)]

use crate::{Message, codec::Bytes, types::Str};

/// What a member wants to read, and what it has.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=3")]
pub struct ConsumerProtocolSubscription<'a> {
    pub topics: Vec<Str<'a>>,
    #[field(nullable)]
    pub user_data: Option<Bytes<'a>>,
    #[field(versions = "1+", ignorable)]
    pub owned_partitions: Vec<SubscriptionTopicPartition<'a>>,
    #[field(versions = "2+", default = -1, ignorable)]
    pub generation_id: i32,
    #[field(versions = "3+", nullable, ignorable)]
    pub rack_id: Option<Str<'a>>,
}

/// Part of [`ConsumerProtocolSubscription`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SubscriptionTopicPartition<'a> {
    pub topic: Str<'a>,
    pub partitions: Vec<i32>,
}

/// What the leader gives a member.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=3")]
pub struct ConsumerProtocolAssignment<'a> {
    pub assigned_partitions: Vec<AssignmentTopicPartition<'a>>,
    #[field(nullable)]
    pub user_data: Option<Bytes<'a>>,
}

/// Part of [`ConsumerProtocolAssignment`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AssignmentTopicPartition<'a> {
    pub topic: Str<'a>,
    pub partitions: Vec<i32>,
}
