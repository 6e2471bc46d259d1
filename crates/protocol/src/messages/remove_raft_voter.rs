//! RemoveRaftVoter: a voter leaves the quorum of the metadata log.
//!
//! Source: KIP-853.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// RemoveRaftVoter (key 81): a voter leaves the quorum of the metadata log.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 81, versions = "0", flexible = "0+", listeners = "broker, controller")]
pub struct RemoveRaftVoterRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(nullable, default = Some(Default::default()))]
    pub cluster_id: Option<Str<'a>>,
    /// The `node.id` of the voter.
    pub voter_id: i32,
    /// The directory id of the voter.
    pub voter_directory_id: Uuid,
}

/// The answer to [`RemoveRaftVoterRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 81, versions = "0", flexible = "0+")]
pub struct RemoveRaftVoterResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()), ignorable)]
    pub error_message: Option<Str<'a>>,
}
