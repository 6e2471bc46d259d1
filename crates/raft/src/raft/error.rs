//! Why a replica cannot start, append, or begin a snapshot.

use std::fmt;

use protocol::types::LeaderEpoch;

use super::BATCH_BYTES_MAX;
use crate::voters::{ReplicaKey, Voter, VoterSet};

/// Why a node cannot take part in the quorum. So far only a sole voter can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// Neither the log nor the configuration names a voter.
    NoVoters,
    /// There is one voter, and it is another node, or this one with another directory.
    NotVoter {
        /// This node.
        local: ReplicaKey,
        /// The voters.
        voters: VoterSet,
    },
    /// A quorum of several voters is not supported yet.
    SeveralVoters {
        /// How many there are.
        count: usize,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVoters => {
                f.write_str("nobody may vote: format the directory with --standalone, or set controller.quorum.voters")
            }
            Self::NotVoter { local, voters } => {
                write!(f, "node {} with directory {} is not a voter", local.id, local.directory_id_or_zero())?;
                for Voter { key, .. } in voters.iter() {
                    match key.directory_id {
                        Some(directory) => write!(f, "; the voter is node {} with directory {directory}", key.id)?,
                        None => write!(f, "; the voter is node {}", key.id)?,
                    }
                }
                Ok(())
            }
            Self::SeveralVoters { count } => {
                write!(f, "the quorum has {count} voters; more than one is not supported yet")
            }
        }
    }
}

impl std::error::Error for StartError {}

/// Why nothing was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeError {
    /// This node does not lead, or no longer in the epoch the proposal was made in.
    NotLeader {
        /// The current epoch.
        epoch: LeaderEpoch,
    },
    /// The records do not fit into one batch of [`BATCH_BYTES_MAX`].
    TooLarge {
        /// The batch's size.
        bytes: usize,
    },
}

impl fmt::Display for ProposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLeader { epoch } => write!(f, "not the leader in epoch {epoch}"),
            Self::TooLarge { bytes } => {
                write!(f, "{bytes} bytes of metadata records are more than a batch of {BATCH_BYTES_MAX} holds")
            }
        }
    }
}

impl std::error::Error for ProposeError {}

/// A snapshot must hold committed records of this leader's epoch at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCommitted;

impl fmt::Display for NotCommitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a snapshot may only hold what is committed")
    }
}

impl std::error::Error for NotCommitted {}
