//! The records of `__consumer_offsets` that offsets and classic groups are kept in.
//!
//! A key is the record's type (`i16`) and a `…Key`; a value its version (`i16`) and a `…Value`, or null to take it
//! back.
//!
//! Source: Kafka `CoordinatorRecordSerde`; KIP-211, KIP-320, KIP-345.

use crate::{
    Message,
    codec::Bytes,
    types::{Str, Timestamp, Uuid},
};

/// Type 0: the key of an offset in the way of before Kafka 0.9.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct LegacyOffsetCommitKey<'a> {
    /// The id of the group.
    pub group: Str<'a>,
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partition.
    pub partition: i32,
}

/// The value of [`LegacyOffsetCommitKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct LegacyOffsetCommitValue<'a> {
    /// The offset of the next record to read.
    pub offset: i64,
    /// What the client wants to keep beside the offset.
    pub metadata: Str<'a>,
    /// When it was committed, in milliseconds since 1970.
    pub commit_timestamp: Timestamp,
}

/// Type 1: whose offset it is.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0")]
pub struct OffsetCommitKey<'a> {
    /// The id of the group.
    pub group: Str<'a>,
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partition.
    pub partition: i32,
}

/// The value of [`OffsetCommitKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0..=4", flexible = "4+")]
pub struct OffsetCommitValue<'a> {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The leader epoch of the last record read; -1 if it is not known.
    #[field(versions = "3+", default = -1, ignorable)]
    pub leader_epoch: i32,
    /// What the client wants to keep beside the offset.
    pub metadata: Str<'a>,
    /// When it was committed, in milliseconds since 1970.
    pub commit_timestamp: Timestamp,
    /// When the offset may be forgotten, in milliseconds since 1970; -1 for what the config says.
    #[field(versions = "1", default = Timestamp(-1), ignorable)]
    pub expire_timestamp: Timestamp,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "4+", tag = 0, ignorable)]
    pub topic_id: Uuid,
}

/// Type 2: a classic group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0")]
pub struct GroupMetadataKey<'a> {
    /// The id of the group.
    pub group: Str<'a>,
}

/// The value of [`GroupMetadataKey`]: a generation with its members.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0..=4", flexible = "4+")]
pub struct GroupMetadataValue<'a> {
    /// What the group is for: `consumer` for consumers; empty where members only commit.
    pub protocol_type: Str<'a>,
    /// The generation of the group.
    pub generation: i32,
    /// The assignor that the group uses; null if there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub protocol: Option<Str<'a>>,
    /// The member that leads the group; null if there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub leader: Option<Str<'a>>,
    /// When the group came into this state, in milliseconds since 1970; -1 if it is not known.
    #[field(versions = "2+", default = Timestamp(-1), ignorable)]
    pub current_state_timestamp: Timestamp,
    /// The members.
    pub members: Vec<MemberMetadata<'a>>,
}

/// One member of the generation.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberMetadata<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "3+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connected from.
    pub client_host: Str<'a>,
    /// How long the member may take to join again, in milliseconds; -1 in old records, which means the session timeout.
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout: i32,
    /// After how long without a heartbeat the member is gone, in milliseconds.
    pub session_timeout: i32,
    /// What the member said of itself, in the format of the group's protocol.
    pub subscription: Bytes<'a>,
    /// What the leader of the group gave the member, in its own format.
    pub assignment: Bytes<'a>,
}
