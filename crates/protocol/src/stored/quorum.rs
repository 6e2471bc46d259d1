//! `quorum-state`, the file in which a node of the metadata quorum keeps its vote.
//!
//! The file is JSON: the fields of this message by their names, and `data_version` for its version. Version 0 is of
//! Kafka before dynamic quorums.
//!
//! Source: KIP-595, KIP-853.

use crate::{
    Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// What a node must not forget of elections: for whom it voted, and whom it follows.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=1", flexible = "0+")]
pub struct QuorumStateData<'a> {
    /// Unused.
    #[field(versions = "0")]
    pub cluster_id: Str<'a>,
    /// The `node.id` of the leader of this epoch; -1 if it is not known.
    #[field(default = -1)]
    pub leader_id: i32,
    /// The epoch the node is in.
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    /// Who got the vote in this epoch; -1 if nobody did.
    #[field(default = -1)]
    pub voted_id: i32,
    /// The directory id of who got the vote.
    #[field(versions = "1+")]
    pub voted_directory_id: Uuid,
    /// Unused.
    #[field(versions = "0")]
    pub applied_offset: Offset,
    /// The voters.
    #[field(versions = "0", nullable, default = Some(Default::default()))]
    pub current_voters: Option<Vec<Voter>>,
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Voter {
    /// The `node.id` of the voter.
    #[field(versions = "0")]
    pub voter_id: i32,
}
