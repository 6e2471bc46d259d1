//! Why a cluster cannot be asked.

use std::fmt;

use protocol::{
    ErrorCode,
    types::{BrokerId, TopicPartition},
};

use crate::connection::{CallError, ConnectError};

/// Why a cluster cannot be asked, or where to ask cannot be learned.
#[derive(Clone, Debug)]
pub enum ClusterError {
    /// None of the bootstrap servers can be reached.
    Unreachable {
        /// Why, one for each of them.
        tried: Vec<ConnectError>,
    },
    /// A broker cannot be reached at the address it advertises.
    Broker {
        /// The broker.
        id: BrokerId,
        /// Why.
        error: ConnectError,
    },
    /// The cluster has no such broker, or it is down.
    UnknownBroker {
        /// The broker.
        id: BrokerId,
    },
    /// The topic cannot be used.
    Topic {
        /// Its name.
        topic: String,
        /// Why.
        code: ErrorCode,
    },
    /// The topic has no such partition.
    UnknownPartition {
        /// The partition.
        partition: TopicPartition,
        /// How many there are.
        count: usize,
    },
    /// Nobody leads the partition.
    NoLeader {
        /// The partition.
        partition: TopicPartition,
        /// What the cluster says about it.
        code: ErrorCode,
    },
    /// The group's coordinator is not to be had.
    Coordinator {
        /// The group.
        group: String,
        /// Why.
        code: ErrorCode,
    },
    /// A request has no answer.
    Call(CallError),
}

impl ClusterError {
    /// Whether asking again may help.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::UnknownPartition { .. } => false,
            Self::Broker { error, .. } => !matches!(error, ConnectError::NotKafka { .. }),
            Self::UnknownBroker { .. } | Self::NoLeader { .. } => true,
            Self::Topic { code, .. } | Self::Coordinator { code, .. } => code.is_retriable(),
            Self::Call(error) => error.is_retriable(),
        }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { tried } => {
                let all: Vec<String> = tried.iter().map(ToString::to_string).collect();
                f.write_str(&all.join("; "))
            }
            Self::Broker { id, error } => {
                write!(f, "broker {id} advertises {}, where it cannot be reached: {error}", error.address())
            }
            Self::UnknownBroker { id } => write!(f, "broker {id} is not there"),
            Self::Topic { topic, code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION } => {
                write!(f, "there is no topic '{topic}'")
            }
            Self::Topic { topic, code } => write!(f, "topic '{topic}': {} ({code})", code.message()),
            Self::UnknownPartition { partition, count } => {
                write!(
                    f,
                    "topic '{}' has {count} partitions, and no partition {}",
                    partition.topic, partition.partition
                )
            }
            Self::NoLeader { partition, code } => write!(f, "partition {partition} has no leader ({code})"),
            Self::Coordinator { group, code } => {
                write!(f, "the coordinator of group '{group}' is not to be had: {} ({code})", code.message())
            }
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClusterError {}

impl From<CallError> for ClusterError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}
