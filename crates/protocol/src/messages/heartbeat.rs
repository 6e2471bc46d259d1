//! Heartbeat: a member of a classic group is alive.
//!
//! Source: KIP-345.

use crate::{ErrorCode, Message, types::Str};

/// Heartbeat (key 12): a member of a classic group is alive.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0..=4", flexible = "4+", listeners = "broker")]
pub struct HeartbeatRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The generation of the group; -1 for commits outside a group.
    pub generation_id: i32,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "3+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
}

/// The answer to [`HeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0..=4", flexible = "4+")]
pub struct HeartbeatResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
