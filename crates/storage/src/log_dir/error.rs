//! Why a log directory cannot be used, said so that an operator knows what to do.

use std::{fmt, path::PathBuf};

use protocol::types::BrokerId;

use super::MetaPropertiesError;
use crate::disk::DiskError;

/// Why a log directory cannot be used.
#[derive(Debug)]
pub enum LogDirError {
    /// Another process has it.
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process, where the system says so.
        by: Option<u32>,
    },
    /// It was not formatted: there is no `meta.properties`.
    NotFormatted {
        /// The directory.
        path: PathBuf,
    },
    /// Its `meta.properties` makes no sense.
    MetaProperties {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: MetaPropertiesError,
    },
    /// It belongs to another node.
    OtherNode {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        found: BrokerId,
        /// Who asks.
        expected: BrokerId,
    },
    /// It belongs to another cluster.
    OtherCluster {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// The disk failed.
    Disk(DiskError),
}

impl fmt::Display for LogDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse { path, by: Some(by) } => write!(f, "{} is in use by process {by}", path.display()),
            Self::InUse { path, by: None } => write!(f, "{} is in use by another node", path.display()),
            Self::NotFormatted { path } => {
                write!(f, "{} is not formatted: it has no meta.properties", path.display())
            }
            Self::MetaProperties { path, error } => write!(f, "{}: {error}", path.display()),
            Self::OtherNode { path, found, expected } => {
                write!(f, "{} belongs to node {found}, not to node {expected}", path.display())
            }
            Self::OtherCluster { path, found, expected } => {
                write!(f, "{} belongs to cluster {found}, not to cluster {expected}", path.display())
            }
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LogDirError {}

impl From<DiskError> for LogDirError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}
