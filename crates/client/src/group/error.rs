//! Why a member cannot be a member.

use std::fmt;

use protocol::{EncodeError, ErrorCode};

use crate::{cluster::ClusterError, consumer::ConsumeError};

/// Why a member cannot be a member, or cannot read.
#[derive(Clone, Debug)]
pub enum GroupError {
    /// The coordinator cannot be found, reached or heard.
    Cluster(ClusterError),
    /// Records cannot be read.
    Consume(ConsumeError),
    /// The coordinator refuses.
    Refused {
        /// The group.
        group: String,
        /// What: `join`, `commit`, ….
        what: &'static str,
        /// Why.
        code: ErrorCode,
    },
    /// The topics' names are too long to be told.
    Subscription {
        /// What is too long.
        error: EncodeError,
    },
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::Consume(error) => error.fmt(f),
            Self::Refused { group, what, code } => {
                write!(f, "cannot {what} group '{group}': {} ({code})", code.message())
            }
            Self::Subscription { error } => write!(f, "the subscription cannot be told: {error}"),
        }
    }
}

impl std::error::Error for GroupError {}

impl From<ClusterError> for GroupError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}

impl From<ConsumeError> for GroupError {
    fn from(error: ConsumeError) -> Self {
        Self::Consume(error)
    }
}
