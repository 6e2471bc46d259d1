//! LeaveGroup: members leave a classic group.
//!
//! Source: KIP-345, KIP-800.

use crate::{ErrorCode, Message, types::Str};

/// LeaveGroup (key 13): members leave a classic group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0..=5", flexible = "4+", listeners = "broker")]
pub struct LeaveGroupRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    #[field(versions = "0..=2")]
    pub member_id: Str<'a>,
    /// The members that leave; before version 3 the one above.
    #[field(versions = "3+")]
    pub members: Vec<MemberIdentity<'a>>,
}

/// One member that leaves.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberIdentity<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable)]
    pub group_instance_id: Option<Str<'a>>,
    /// Why, in words; null if there is nothing to say.
    #[field(versions = "5+", nullable, ignorable)]
    pub reason: Option<Str<'a>>,
}

/// The answer to [`LeaveGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0..=5", flexible = "4+")]
pub struct LeaveGroupResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// What became of each member.
    #[field(versions = "3+")]
    pub members: Vec<MemberResponse<'a>>,
}

/// What became of one member.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberResponse<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable, default = Some(Default::default()))]
    pub group_instance_id: Option<Str<'a>>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
