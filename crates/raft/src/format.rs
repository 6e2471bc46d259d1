//! The files that formatting a directory makes for the quorum. `meta.properties` is not among them.
//!
//! | file | content |
//! |---|---|
//! | `bootstrap.checkpoint`, in the log directory | what the first leader writes into the empty log: feature levels, SCRAM users |
//! | `__cluster_metadata-0/00…0-0…0.checkpoint` | `kraft.version` and the voters; made by `--standalone`, not for static voters |
//!
//! Both are snapshots of epoch 0, so [`Snapshot::read`](crate::Snapshot::read) reads them.
//!
//! Source: Kafka `Formatter`, `BatchFileWriter`, `BootstrapDirectory`.

use protocol::types::Timestamp;

use crate::{
    snapshot::{SnapshotId, SnapshotWriter},
    voters::{KRAFT_VERSIONS, Voter, VoterSet},
};

/// The name of the file with the records of a first start.
pub const BOOTSTRAP_FILE: &str = "bootstrap.checkpoint";

/// The content of [`BOOTSTRAP_FILE`]: these metadata records, framed as in the log.
#[must_use]
pub fn bootstrap_checkpoint(records: impl IntoIterator<Item = Vec<u8>>, now: Timestamp) -> Vec<u8> {
    // The time of the last contained batch is 0: nothing is contained.
    let mut writer = SnapshotWriter::new(SnapshotId::BOOTSTRAP, Timestamp(0), 0, None, now);
    for record in records {
        writer.append(record);
    }
    writer.finish()
}

/// The content of the checkpoint with the id [`SnapshotId::BOOTSTRAP`], for a quorum of this one dynamic voter. Its
/// range of `kraft.version` becomes what this version supports.
///
/// # Panics
/// If the voter has no directory id.
#[must_use]
pub fn standalone_checkpoint(voter: Voter, now: Timestamp) -> Vec<u8> {
    assert!(voter.key.directory_id.is_some(), "a dynamic voter is a node and its directory");
    let voters = VoterSet::of(Voter { kraft_versions: KRAFT_VERSIONS, ..voter });
    SnapshotWriter::new(SnapshotId::BOOTSTRAP, now, *KRAFT_VERSIONS.end(), Some(&voters), now).finish()
}
