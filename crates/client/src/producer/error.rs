//! Why records were not written.

use std::fmt;

use protocol::{ErrorCode, types::TopicPartition};

use crate::cluster::ClusterError;

/// Why records were not written, or may not have been.
#[derive(Clone, Debug)]
pub enum ProduceError {
    /// The leader cannot be found, reached or heard.
    Cluster(ClusterError),
    /// The leader refused the batch.
    Refused {
        /// Where it was meant to go.
        partition: TopicPartition,
        /// Why.
        code: ErrorCode,
        /// What else the broker says.
        message: Option<String>,
    },
    /// The answer does not mention the batch.
    Unanswered {
        /// Where it was meant to go.
        partition: TopicPartition,
    },
    /// No producer id was given out.
    NoProducerId {
        /// Why.
        code: ErrorCode,
    },
    /// Records are numbered only if all in-sync replicas confirm them.
    IdempotenceNeedsAcksAll,
}

impl ProduceError {
    /// Whether the same batch may be taken at another try.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Cluster(error) => error.is_retriable(),
            Self::Refused { code, .. } | Self::NoProducerId { code } => code.is_retriable(),
            Self::Unanswered { .. } | Self::IdempotenceNeedsAcksAll => false,
        }
    }
}

impl fmt::Display for ProduceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster(error) => error.fmt(f),
            Self::Refused { partition, code, message } => {
                let message = message.as_deref().filter(|m| !m.is_empty()).unwrap_or(code.message());
                write!(f, "{partition} did not take the records: {message} ({code})")
            }
            Self::Unanswered { partition } => write!(f, "the answer to Produce does not mention {partition}"),
            Self::NoProducerId { code } => write!(f, "no producer id was given out: {} ({code})", code.message()),
            Self::IdempotenceNeedsAcksAll => f.write_str("an idempotent producer needs acks=all"),
        }
    }
}

impl std::error::Error for ProduceError {}

impl From<ClusterError> for ProduceError {
    fn from(error: ClusterError) -> Self {
        Self::Cluster(error)
    }
}
