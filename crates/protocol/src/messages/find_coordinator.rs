//! FindCoordinator: which broker coordinates a group or a transactional id.
//!
//! Source: KIP-98, KIP-699, KIP-890, KIP-932.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// FindCoordinator (key 10): which broker coordinates a group or a transactional id.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0..=6", flexible = "3+")]
pub struct FindCoordinatorRequest<'a> {
    #[field(versions = "0..=3")]
    pub key: Str<'a>,
    #[field(versions = "1+")]
    pub key_type: i8,
    #[field(versions = "4+")]
    pub coordinator_keys: Vec<Str<'a>>,
}

/// The answer to [`FindCoordinatorRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0..=6", flexible = "3+")]
pub struct FindCoordinatorResponse<'a> {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    #[field(versions = "0..=3")]
    pub error_code: ErrorCode,
    #[field(versions = "1..=3", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    #[field(versions = "0..=3")]
    pub node_id: BrokerId,
    #[field(versions = "0..=3")]
    pub host: Str<'a>,
    #[field(versions = "0..=3")]
    pub port: i32,
    #[field(versions = "4+")]
    pub coordinators: Vec<Coordinator<'a>>,
}

/// Part of [`FindCoordinatorResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Coordinator<'a> {
    pub key: Str<'a>,
    pub node_id: BrokerId,
    pub host: Str<'a>,
    pub port: i32,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
