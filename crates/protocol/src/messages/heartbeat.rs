//! Heartbeat: a member of a classic group is alive.
//!
//! Source: KIP-345.

use crate::{ErrorCode, Message, types::Str};

/// Heartbeat (key 12): a member of a classic group is alive.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0..=4", flexible = "4+")]
pub struct HeartbeatRequest<'a> {
    pub group_id: Str<'a>,
    pub generation_id: i32,
    pub member_id: Str<'a>,
    #[field(versions = "3+", nullable)]
    pub group_instance_id: Option<Str<'a>>,
}

/// The answer to [`HeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0..=4", flexible = "4+")]
pub struct HeartbeatResponse {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}
