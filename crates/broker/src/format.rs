//! Formatting a directory for its first start: whose it is, and what the first leader writes.
//!
//! The files are those of `kafka-storage format --standalone`, so either broker starts on them:
//!
//! | file | content |
//! |---|---|
//! | `meta.properties` | cluster, node, directory |
//! | `bootstrap.checkpoint` | the finalized features |
//! | `__cluster_metadata-0/00…0-0…0.checkpoint` | `kraft.version` and this node as the only voter; not for static voters |
//!
//! `meta.properties` is written last: with it a directory counts as formatted.
//!
//! Source: Kafka `Formatter`.

use std::{fmt, path::Path};

use metadata::{
    MetadataRecord, MetadataVersion, config::ServerConfig, controller::bootstrap, topic_name::CLUSTER_METADATA,
};
use protocol::types::{BrokerId, Timestamp, Uuid};
use raft::{
    Endpoint, KRAFT_VERSIONS, ReplicaKey, SnapshotId, Voter,
    format::{BOOTSTRAP_FILE, bootstrap_checkpoint, standalone_checkpoint},
};
use storage::{
    Disk, DiskError, LogDirError, MetaProperties,
    disk::replace_file,
    log_dir::{self, make_dirs, read_meta_properties},
};

/// Why a directory was not formatted.
#[derive(Debug)]
pub enum FormatError {
    /// It is formatted already.
    Formatted {
        /// The directory.
        path: String,
        /// The cluster it belongs to.
        cluster_id: String,
    },
    /// What is in it makes no sense.
    Dir(LogDirError),
    /// The disk failed.
    Disk(DiskError),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Formatted { path, cluster_id } => {
                write!(
                    f,
                    "{path} is formatted already, for cluster {cluster_id}; --ignore-formatted leaves it as it is"
                )
            }
            Self::Dir(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FormatError {}

impl From<DiskError> for FormatError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// What a directory is formatted for.
#[derive(Clone, Debug)]
pub struct Format<'a> {
    /// The cluster's id.
    pub cluster_id: &'a str,
    /// The id of the directory.
    pub directory_id: Uuid,
    /// Whether this node is the only voter of a quorum that can grow; otherwise `controller.quorum.voters` counts.
    pub standalone: bool,
    /// The levels to begin with.
    pub records: Vec<MetadataRecord>,
}

/// The records of a cluster at the levels that Kafka 4.3 begins with.
#[must_use]
pub fn default_records() -> Vec<MetadataRecord> {
    bootstrap::default_records()
}

/// Whether the directory of `config` is formatted, and for which cluster.
///
/// # Errors
/// What is in it makes no sense.
pub fn formatted_for(disk: &dyn Disk, config: &ServerConfig) -> Result<Option<String>, FormatError> {
    let found = read_meta_properties(disk, Path::new(&config.log_dir)).map_err(FormatError::Dir)?;
    Ok(found.map(|meta| meta.cluster_id))
}

/// Formats the directory of `config`.
///
/// # Errors
/// It is formatted already, or the disk failed; a directory that was formatted by half is formatted anew by the next try.
pub fn format(disk: &dyn Disk, config: &ServerConfig, format: &Format<'_>, now: Timestamp) -> Result<(), FormatError> {
    let path = Path::new(&config.log_dir);
    if let Some(cluster_id) = formatted_for(disk, config)? {
        return Err(FormatError::Formatted { path: config.log_dir.clone(), cluster_id });
    }
    make_dirs(disk, path)?;
    let level = MetadataVersion::LATEST;
    let values = format.records.iter().map(|record| record.encode(level).expect("bootstrap records are small"));
    replace_file(disk, &path.join(BOOTSTRAP_FILE), &bootstrap_checkpoint(values, now))?;
    if format.standalone {
        let endpoints = config.advertised_controller_listeners.iter().map(|listener| Endpoint {
            name: listener.name.clone(),
            host: listener.host.clone(),
            port: listener.port,
        });
        let voter = Voter {
            key: ReplicaKey::new(BrokerId(config.node_id), format.directory_id),
            endpoints: endpoints.collect(),
            kraft_versions: KRAFT_VERSIONS,
        };
        let dir = path.join(format!("{CLUSTER_METADATA}-0"));
        make_dirs(disk, &dir)?;
        replace_file(disk, &dir.join(SnapshotId::BOOTSTRAP.file_name()), &standalone_checkpoint(voter, now))?;
    }
    let meta = MetaProperties {
        cluster_id: format.cluster_id.to_owned(),
        node_id: BrokerId(config.node_id),
        directory_id: Some(format.directory_id),
    };
    Ok(log_dir::format(disk, path, &meta)?)
}
