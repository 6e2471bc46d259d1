//! The records of `__consumer_offsets`, as far as classic groups write them.
//!
//! A key is the record's type (`i16`) and a `…Key`; a value its version (`i16`) and a `…Value`, or null to take it back.
//!
//! Source: Kafka `CoordinatorRecordSerde`; KIP-211, KIP-320, KIP-345.

// A field's name is Kafka's name for it; what it does is told where it is used.
#![allow(missing_docs)]

use crate::{
    Message,
    codec::Bytes,
    types::{Str, Timestamp, Uuid},
};

/// Type 0: the key of an offset in the way of before Kafka 0.9.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct LegacyOffsetCommitKey<'a> {
    pub group: Str<'a>,
    pub topic: Str<'a>,
    pub partition: i32,
}

/// The value of [`LegacyOffsetCommitKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct LegacyOffsetCommitValue<'a> {
    pub offset: i64,
    pub metadata: Str<'a>,
    pub commit_timestamp: Timestamp,
}

/// Type 1: whose offset it is.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0")]
pub struct OffsetCommitKey<'a> {
    pub group: Str<'a>,
    pub topic: Str<'a>,
    pub partition: i32,
}

/// The value of [`OffsetCommitKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0..=4", flexible = "4+")]
pub struct OffsetCommitValue<'a> {
    pub offset: i64,
    #[field(versions = "3+", default = -1, ignorable)]
    pub leader_epoch: i32,
    pub metadata: Str<'a>,
    pub commit_timestamp: Timestamp,
    #[field(versions = "1", default = Timestamp(-1), ignorable)]
    pub expire_timestamp: Timestamp,
    #[field(versions = "4+", tag = 0, ignorable)]
    pub topic_id: Uuid,
}

/// Type 2: a classic group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0")]
pub struct GroupMetadataKey<'a> {
    pub group: Str<'a>,
}

/// The value of [`GroupMetadataKey`]: a generation with its members.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0..=4", flexible = "4+")]
pub struct GroupMetadataValue<'a> {
    pub protocol_type: Str<'a>,
    pub generation: i32,
    #[field(nullable)]
    pub protocol: Option<Str<'a>>,
    #[field(nullable)]
    pub leader: Option<Str<'a>>,
    #[field(versions = "2+", default = Timestamp(-1), ignorable)]
    pub current_state_timestamp: Timestamp,
    pub members: Vec<MemberMetadata<'a>>,
}

/// Part of [`GroupMetadataValue`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberMetadata<'a> {
    pub member_id: Str<'a>,
    #[field(versions = "3+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    pub client_id: Str<'a>,
    pub client_host: Str<'a>,
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout: i32,
    pub session_timeout: i32,
    pub subscription: Bytes<'a>,
    pub assignment: Bytes<'a>,
}
