//! SyncGroup: the leader's assignment, to every member.
//!
//! Source: KIP-345, KIP-559.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// SyncGroup (key 14): the leader's assignment, to every member.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0..=5", flexible = "4+", listeners = "broker")]
pub struct SyncGroupRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The generation of the group; -1 for commits outside a group.
    pub generation_id: i32,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "3+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    /// What the group is for: `consumer` for consumers; null if it is not checked.
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    /// The assignor that the group uses; null if it is not checked.
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_name: Option<Str<'a>>,
    /// What each member gets; only the leader sends it.
    pub assignments: Vec<SyncGroupRequestAssignment<'a>>,
}

/// What one member gets.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SyncGroupRequestAssignment<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// What the member is to work on.
    pub assignment: Bytes<'a>,
}

/// The answer to [`SyncGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0..=5", flexible = "4+")]
pub struct SyncGroupResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// What the group is for: `consumer` for consumers, `connect` for Connect.
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    /// The assignor that the group uses, by name.
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_name: Option<Str<'a>>,
    /// What the member is to work on.
    pub assignment: Bytes<'a>,
}
