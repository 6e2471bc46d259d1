//! AddRaftVoter: a voter joins the quorum of the metadata log.
//!
//! Source: KIP-853, KIP-1186.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// AddRaftVoter (key 80): a voter joins the quorum of the metadata log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 80, versions = "0..=1", flexible = "0+", listeners = "broker, controller")]
pub struct AddRaftVoterRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(nullable, default = Some(Default::default()))]
    pub cluster_id: Option<Str<'a>>,
    /// How long to wait for the voter to catch up and the change to be committed, in milliseconds.
    pub timeout_ms: i32,
    /// The `node.id` of the voter.
    pub voter_id: i32,
    /// The directory id of the voter.
    pub voter_directory_id: Uuid,
    /// Where it listens.
    pub listeners: Vec<Listener<'a>>,
    /// Whether to answer only when the new voter set is committed, not as soon as it is in the leader's log.
    #[field(versions = "1+", default = true)]
    pub ack_when_committed: bool,
}

/// Where a node listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// The answer to [`AddRaftVoterRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 80, versions = "0..=1", flexible = "0+")]
pub struct AddRaftVoterResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
}
