//! LeaveGroup: members leave a classic group.
//!
//! Source: KIP-345, KIP-800.

use crate::{ErrorCode, Message, types::Str};

/// LeaveGroup (key 13): members leave a classic group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0..=5", flexible = "4+")]
pub struct LeaveGroupRequest<'a> {
    pub group_id: Str<'a>,
    #[field(versions = "0..=2")]
    pub member_id: Str<'a>,
    #[field(versions = "3+")]
    pub members: Vec<MemberIdentity<'a>>,
}

/// Part of [`LeaveGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberIdentity<'a> {
    pub member_id: Str<'a>,
    #[field(nullable)]
    pub group_instance_id: Option<Str<'a>>,
    #[field(versions = "5+", nullable, ignorable)]
    pub reason: Option<Str<'a>>,
}

/// The answer to [`LeaveGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 13, versions = "0..=5", flexible = "4+")]
pub struct LeaveGroupResponse<'a> {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(versions = "3+")]
    pub members: Vec<MemberResponse<'a>>,
}

/// Part of [`LeaveGroupResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MemberResponse<'a> {
    pub member_id: Str<'a>,
    #[field(nullable)]
    pub group_instance_id: Option<Str<'a>>,
    pub error_code: ErrorCode,
}
