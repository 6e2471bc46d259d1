//! JoinGroup: enter a classic group, or a new generation of it.
//!
//! Source: KIP-62, KIP-345, KIP-394, KIP-559, KIP-800, KIP-814.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// JoinGroup (key 11): enter a classic group, or a new generation of it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0..=9", flexible = "6+")]
pub struct JoinGroupRequest<'a> {
    pub group_id: Str<'a>,
    pub session_timeout_ms: i32,
    #[field(versions = "1+", default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    pub member_id: Str<'a>,
    #[field(versions = "5+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    pub protocol_type: Str<'a>,
    pub protocols: Vec<JoinGroupRequestProtocol<'a>>,
    #[field(versions = "8+", nullable, ignorable)]
    pub reason: Option<Str<'a>>,
}

/// Part of [`JoinGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupRequestProtocol<'a> {
    pub name: Str<'a>,
    pub metadata: Bytes<'a>,
}

/// The answer to [`JoinGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0..=9", flexible = "6+")]
pub struct JoinGroupResponse<'a> {
    #[field(versions = "2+", ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(default = -1)]
    pub generation_id: i32,
    #[field(versions = "7+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    #[field(nullable = "7+")]
    pub protocol_name: Option<Str<'a>>,
    pub leader: Str<'a>,
    #[field(versions = "9+")]
    pub skip_assignment: bool,
    pub member_id: Str<'a>,
    pub members: Vec<JoinGroupResponseMember<'a>>,
}

/// Part of [`JoinGroupResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct JoinGroupResponseMember<'a> {
    pub member_id: Str<'a>,
    #[field(versions = "5+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    pub metadata: Bytes<'a>,
}
