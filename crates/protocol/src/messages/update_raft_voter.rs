//! UpdateRaftVoter: a voter tells its endpoints and what it supports.
//!
//! Source: KIP-853.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// UpdateRaftVoter (key 82): a voter tells its endpoints and what it supports.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 82, versions = "0", flexible = "0+", listeners = "controller")]
pub struct UpdateRaftVoterRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(nullable, default = Some(Default::default()))]
    pub cluster_id: Option<Str<'a>>,
    /// The leader epoch the client knows, to be fenced by; -1 for no fencing.
    pub current_leader_epoch: LeaderEpoch,
    /// The `node.id` of the voter.
    pub voter_id: i32,
    /// The directory id of the voter.
    pub voter_directory_id: Uuid,
    /// Where it listens.
    pub listeners: Vec<Listener<'a>>,
    /// The levels of `kraft.version` that the voter supports.
    #[field(name = "kRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
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

/// A range of levels of `kraft.version`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KRaftVersionFeature {
    /// The lowest level it supports.
    pub min_supported_version: i16,
    /// The highest level it supports.
    pub max_supported_version: i16,
}

/// The answer to [`UpdateRaftVoterRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 82, versions = "0", flexible = "0+")]
pub struct UpdateRaftVoterResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// Who leads instead, where the error says that the asked one does not.
    #[field(tag = 0)]
    pub current_leader: CurrentLeader<'a>,
}

/// Who leads, and where it listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CurrentLeader<'a> {
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    #[field(default = BrokerId(-1))]
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
}
