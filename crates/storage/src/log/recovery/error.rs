//! What can stand in the way of opening a log, and what is mended on the way.

use std::{fmt, path::PathBuf};

use protocol::types::{Offset, Uuid};

use crate::{disk::DiskError, scan::Flaw};

/// Why a log could not be opened. Its files are as they were.
#[derive(Debug)]
pub enum OpenError {
    /// The directory is gone although it held records.
    Missing {
        /// Where it should be.
        dir: PathBuf,
    },
    /// Something that was on the platter is damaged or gone.
    Corrupt {
        /// The segment's file.
        path: PathBuf,
        /// Where in it.
        position: u64,
        /// The offset that should be there.
        offset: Offset,
        /// Everything below was known to be on the platter.
        recovery_point: Offset,
        /// What is wrong.
        flaw: Flaw,
    },
    /// The directory belongs to another topic of the same name.
    OtherTopic {
        /// The id in `partition.metadata`.
        found: Uuid,
    },
    /// Apache Kafka's cleaner stopped between two steps, which only Apache Kafka can go on with.
    UnfinishedCompaction {
        /// The file that tells.
        path: PathBuf,
    },
    /// The disk failed.
    Disk(DiskError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { dir } => write!(f, "{} is gone, and it held records", dir.display()),
            Self::Corrupt { path, position, offset, recovery_point, flaw } => write!(
                f,
                "{} is damaged at byte {position}, offset {offset}: {flaw}. Everything below offset {recovery_point} \
                 was safe on this disk, so nothing was cut",
                path.display()
            ),
            Self::OtherTopic { found } => write!(f, "the directory belongs to the topic with id {found}"),
            Self::UnfinishedCompaction { path } => write!(
                f,
                "Apache Kafka did not finish a compaction ({}); start and stop it on this directory once",
                path.display()
            ),
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// Something that was not as it should be when a log or a log directory was opened, and that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenWarning {
    /// A torn tail was cut.
    Cut {
        /// The segment's file.
        path: PathBuf,
        /// Its size now.
        position: u64,
        /// How many bytes are gone, those of later segments included.
        bytes: u64,
        /// What was wrong with the first of them.
        flaw: Flaw,
    },
    /// A file was not believed.
    Ignored {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for OpenWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { path, position, bytes, flaw } => {
                write!(f, "cut {bytes} bytes from byte {position} of {} on: {flaw}", path.display())
            }
            Self::Ignored { path, reason } => write!(f, "ignored {}: {reason}", path.display()),
        }
    }
}
