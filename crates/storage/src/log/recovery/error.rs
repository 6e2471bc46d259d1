//! What can stand in the way of opening a log, and what is mended on the way.

use std::{fmt, path::PathBuf};

use protocol::types::Uuid;

use crate::{disk::DiskError, log::Damage, scan::Flaw};

/// Why a log could not be opened. Its files are as they were.
#[derive(Debug)]
pub enum OpenError {
    /// The directory, or every segment in it, is gone although it held records.
    Missing {
        /// Where it should be.
        dir: PathBuf,
    },
    /// The directory belongs to another topic of the same name.
    OtherTopic {
        /// The id in `partition.metadata`.
        found: Uuid,
    },
    /// The disk failed.
    Disk(DiskError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { dir } => write!(f, "{} or what was in it is gone, and it held records", dir.display()),
            Self::OtherTopic { found } => write!(f, "the directory belongs to the topic with id {found}"),
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
    /// Something that was on the platter is damaged or gone; it is fenced off, and everything else can be read.
    Damaged(Damage),
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
            Self::Damaged(damage) => damage.fmt(f),
            Self::Ignored { path, reason } => write!(f, "ignored {}: {reason}", path.display()),
        }
    }
}
