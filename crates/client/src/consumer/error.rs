//! Why records cannot be read.

use std::{fmt, ops::Range};

use protocol::{
    ErrorCode,
    types::{Offset, TopicPartition},
};

use crate::cluster::ClusterError;

/// Why records cannot be read.
#[derive(Clone, Debug)]
pub enum ConsumeError {
    /// A leader cannot be found, reached or heard.
    Cluster(ClusterError),
    /// The position is not in the log.
    OutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: Offset,
        /// What the log holds.
        holds: Range<Offset>,
    },
    /// A broker answers a Fetch with an error about one partition.
    Partition {
        /// The partition.
        partition: TopicPartition,
        /// What it says.
        code: ErrorCode,
    },
    /// A broker answers a Fetch with an error.
    Fetch {
        /// What it says.
        code: ErrorCode,
    },
    /// A batch is broken.
    Unreadable {
        /// The partition.
        partition: TopicPartition,
        /// Where the batch begins.
        offset: Offset,
        /// What is wrong with it.
        problem: String,
    },
}

impl ConsumeError {
    /// Whether asking again may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Cluster(error) => error.is_retriable(),
            Self::Partition { code, .. } | Self::Fetch { code } => code.is_retriable(),
            Self::OutOfRange { .. } | Self::Unreadable { .. } => false,
        }
    }
}

impl fmt::Display for ConsumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::OutOfRange { partition, offset, holds } if holds.is_empty() => {
                write!(f, "offset {offset} is not in {partition}, which is empty and goes on at {}", holds.end)
            }
            Self::OutOfRange { partition, offset, holds } => {
                write!(f, "offset {offset} is not in {partition}, which holds {} to {}", holds.start, holds.end.0 - 1)
            }
            Self::Partition { partition, code } => {
                write!(f, "{partition} cannot be read: {} ({code})", code.message())
            }
            Self::Fetch { code } => write!(f, "the broker refused to be read from: {} ({code})", code.message()),
            Self::Unreadable { partition, offset, problem } => {
                write!(f, "the batch at offset {offset} of {partition} is broken: {problem}")
            }
        }
    }
}

impl std::error::Error for ConsumeError {}

impl From<ClusterError> for ConsumeError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}
