//! What an operator asks for: topics, configs, groups, offsets, the cluster itself.
//!
//! Every method is one question to whoever can answer it (the controller, a coordinator, the leaders), asked anew
//! while the answer is "not yet". An answer about several things says for each of them whether it was refused.

use std::fmt;

use protocol::{ErrorCode, types::Str};

use crate::cluster::{Cluster, ClusterError, owned};

mod cluster;
mod configs;
mod groups;
mod offsets;
mod topics;

pub use cluster::{ClusterDescription, ClusterNode, LogDir, Quorum, QuorumReplica, ReplicaSize};
pub use configs::{ConfigChange, ConfigEntry, ConfigOp, ConfigResource, ConfigSource, ResourceType};
pub(crate) use groups::committed_offsets;
pub(crate) use groups::offsets_to_commit;
pub use groups::{CommittedOffset, GroupDescription, GroupListing, GroupMember, assigned};
pub use offsets::{ListedOffset, OffsetSpec, list_offsets};
pub use topics::{CreatedTopic, NewTopic};

/// How long the controller may take for a change, in milliseconds.
const CHANGE_TIMEOUT_MS: i32 = 30_000;

/// A broker's "no" to one part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// What the broker says about it; may be empty.
    pub message: String,
}

impl Refusal {
    /// `Ok` if the code is none.
    fn check(code: ErrorCode, message: Option<&Str<'_>>) -> Result<(), Self> {
        match code {
            ErrorCode::NONE => Ok(()),
            code => Err(Self { code, message: message.map(owned).unwrap_or_default() }),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = if self.message.is_empty() { self.code.message() } else { self.message.trim_end_matches('.') };
        write!(f, "{message} ({})", self.code)
    }
}

impl std::error::Error for Refusal {}

/// Why a question has no answer.
#[derive(Clone, Debug)]
pub enum AdminError {
    /// Nobody could be asked.
    Cluster(ClusterError),
    /// The broker refused the request as a whole.
    Refused(Refusal),
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for AdminError {}

impl From<ClusterError> for AdminError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<Refusal> for AdminError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Asks and changes what an operator asks and changes.
#[derive(Clone, Debug)]
pub struct Admin {
    cluster: Cluster,
}

impl Admin {
    /// Over a cluster.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// The cluster it asks.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}
