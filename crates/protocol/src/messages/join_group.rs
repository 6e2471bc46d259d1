//! JoinGroup: enter a classic group, or a new generation of it.
//!
//! Source: KIP-62, KIP-345, KIP-394, KIP-559, KIP-800, KIP-814.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// JoinGroup (key 11): enter a classic group, or a new generation of it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0..=9", flexible = "6+", listeners = "broker")]
pub struct JoinGroupRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// After how long without a heartbeat the member is gone, in milliseconds.
    pub session_timeout_ms: i32,
    /// How long the member may take to give up what it must, in milliseconds.
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    /// The id the broker gave; empty at first.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "5+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    /// What the group is for: `consumer` for consumers, `connect` for Connect.
    pub protocol_type: Str<'a>,
    /// The assignors the member supports, best first, with what it says to each.
    pub protocols: Vec<JoinGroupRequestProtocol<'a>>,
    /// Why, in words; null if there is nothing to say.
    #[field(versions = "8+", nullable, ignorable)]
    pub reason: Option<Str<'a>>,
}

/// An assignor that the member supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupRequestProtocol<'a> {
    /// The assignor.
    pub name: Str<'a>,
    /// What the member says to it, in its own format.
    pub metadata: Bytes<'a>,
}

/// The answer to [`JoinGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0..=9", flexible = "6+")]
pub struct JoinGroupResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The new generation of the group; -1 if there is none.
    #[field(default = -1)]
    pub generation_id: i32,
    /// What the group is for: `consumer` for consumers, `connect` for Connect.
    #[field(versions = "7+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    /// The assignor that the group uses, by name.
    #[field(nullable = "7+", default = Some(Default::default()))]
    pub protocol_name: Option<Str<'a>>,
    /// The member that is to compute the assignment.
    pub leader: Str<'a>,
    /// Whether the leader is not to compute an assignment, because the old one holds.
    #[field(versions = "9+")]
    pub skip_assignment: bool,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// All members, for the leader; nobody else is told.
    pub members: Vec<JoinGroupResponseMember<'a>>,
}

/// One member of the new generation.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupResponseMember<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "5+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    /// What the member said to the chosen assignor, in its own format.
    pub metadata: Bytes<'a>,
}
