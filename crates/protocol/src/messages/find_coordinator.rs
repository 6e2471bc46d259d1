//! FindCoordinator: which broker coordinates a group or a transactional id.
//!
//! Source: KIP-98, KIP-699, KIP-890, KIP-932.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// FindCoordinator (key 10): which broker coordinates a group or a transactional id.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0..=6", flexible = "3+", listeners = "broker")]
pub struct FindCoordinatorRequest<'a> {
    /// The group id or the transactional id.
    #[field(versions = "0..=3")]
    pub key: Str<'a>,
    /// What the keys are: 0 groups, 1 transactional ids, 2 share states.
    #[field(versions = "1+")]
    pub key_type: i8,
    /// Group ids, transactional ids, or `group:topicId:partition` for share states.
    #[field(versions = "4+")]
    pub coordinator_keys: Vec<Str<'a>>,
}

/// The answer to [`FindCoordinatorRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0..=6", flexible = "3+")]
pub struct FindCoordinatorResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    #[field(versions = "0..=3")]
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "1..=3", nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
    /// The `node.id` of the coordinator; -1 if there is none.
    #[field(versions = "0..=3")]
    pub node_id: BrokerId,
    /// The host to connect to.
    #[field(versions = "0..=3")]
    pub host: Str<'a>,
    /// The port to connect to.
    #[field(versions = "0..=3")]
    pub port: i32,
    /// Where each coordinator is.
    #[field(versions = "4+")]
    pub coordinators: Vec<Coordinator<'a>>,
}

/// Where one coordinator is.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Coordinator<'a> {
    /// What was asked for.
    pub key: Str<'a>,
    /// The `node.id` of the coordinator; -1 if there is none.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
}
