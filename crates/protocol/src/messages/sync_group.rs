//! SyncGroup: the leader's assignment, to every member.
//!
//! Source: KIP-345, KIP-559.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// SyncGroup (key 14): the leader's assignment, to every member.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0..=5", flexible = "4+")]
pub struct SyncGroupRequest<'a> {
    pub group_id: Str<'a>,
    pub generation_id: i32,
    pub member_id: Str<'a>,
    #[field(versions = "3+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_name: Option<Str<'a>>,
    pub assignments: Vec<SyncGroupRequestAssignment<'a>>,
}

/// Part of [`SyncGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SyncGroupRequestAssignment<'a> {
    pub member_id: Str<'a>,
    pub assignment: Bytes<'a>,
}

/// The answer to [`SyncGroupRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0..=5", flexible = "4+")]
pub struct SyncGroupResponse<'a> {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_type: Option<Str<'a>>,
    #[field(versions = "5+", nullable, ignorable)]
    pub protocol_name: Option<Str<'a>>,
    pub assignment: Bytes<'a>,
}
