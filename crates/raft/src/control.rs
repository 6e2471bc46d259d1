//! What the log and its snapshots say about the quorum itself: the voters and `kraft.version`, at every offset.
//!
//! Both stand in control records between the metadata, and both count from the moment they are *appended*, committed or
//! not. A snapshot, however, holds what was true at its end, which may be older; hence the histories.
//!
//! Restart and leader go through the same code: what is loaded and what is appended is followed batch by batch.
//!
//! Source: Kafka `KRaftControlRecordStateMachine`, `VoterSetHistory`.

use std::{collections::BTreeMap, fmt};

use protocol::{
    records::RecordBatch,
    types::{LeaderEpoch, Offset},
};

use crate::{
    batches::{self, ControlRecord},
    snapshot::{Snapshot, SnapshotId},
    voters::{KRAFT_VERSIONS, VoterSet},
};

/// The quorum as log and snapshot describe it, and where the log ends.
#[derive(Clone, Debug)]
pub struct ControlState {
    static_voters: VoterSet,
    /// By the offset of the record; a record in a snapshot has that of the snapshot's last, -1 in the bootstrap's.
    voters: BTreeMap<Offset, VoterSet>,
    kraft_versions: BTreeMap<Offset, i16>,
    next_offset: Offset,
    last_epoch: LeaderEpoch,
    bytes_since_snapshot: u64,
}

impl ControlState {
    /// Nothing is loaded yet. `static_voters` are those of `controller.quorum.voters`, none where it is not set.
    #[must_use]
    pub fn new(static_voters: VoterSet) -> Self {
        Self {
            static_voters,
            voters: BTreeMap::new(),
            kraft_versions: BTreeMap::new(),
            next_offset: Offset::ZERO,
            last_epoch: LeaderEpoch(0),
            bytes_since_snapshot: 0,
        }
    }

    /// Begins with the latest snapshot. Must come before the log.
    ///
    /// # Errors
    /// [`LoadError::KRaftVersion`].
    pub fn on_snapshot(&mut self, id: SnapshotId, snapshot: &Snapshot<'_>) -> Result<(), LoadError> {
        let at = id.end_offset.plus(-1);
        if let Some(level) = snapshot.kraft_version {
            self.kraft_versions.insert(at, supported(level)?);
        }
        if let Some(voters) = &snapshot.voters {
            self.voters.insert(at, voters.clone());
        }
        self.next_offset = id.end_offset;
        self.last_epoch = id.epoch;
        Ok(())
    }

    /// Goes on with the next batch of the log. Batches that the snapshot covers are passed over, so the whole log may be
    /// given.
    ///
    /// # Errors
    /// A batch that is damaged, that does not follow the one before it, or that says what this version cannot do.
    pub fn on_loaded(&mut self, batch: &RecordBatch<'_>) -> Result<(), LoadError> {
        if batch.next_offset() <= self.next_offset && batch.base_offset < self.next_offset {
            return Ok(());
        }
        let at = batch.base_offset;
        if at != self.next_offset || batch.next_offset() <= at {
            return Err(LoadError::Gap { expected: self.next_offset, found: at });
        }
        if !batch.crc_is_valid() {
            return Err(LoadError::Crc { at });
        }
        // An epoch must have a successor, to be elected in.
        let epoch = batch.partition_leader_epoch;
        if epoch < self.last_epoch || epoch.0 == i32::MAX {
            return Err(LoadError::Epoch { at, epoch });
        }
        self.follow(batch)
    }

    /// What both a loaded and an appended batch change.
    pub(crate) fn follow(&mut self, batch: &RecordBatch<'_>) -> Result<(), LoadError> {
        let at = batch.base_offset;
        let records = batches::control_records(batch).map_err(|e| LoadError::Record { at, reason: e.to_string() })?;
        for (offset, record) in records {
            match record {
                ControlRecord::KRaftVersion(level) => {
                    self.kraft_versions.insert(offset, supported(level)?);
                }
                ControlRecord::KRaftVoters(voters) => {
                    self.voters.insert(offset, voters);
                }
                ControlRecord::LeaderChange { .. }
                | ControlRecord::SnapshotHeader { .. }
                | ControlRecord::SnapshotFooter => {}
            }
        }
        self.next_offset = batch.next_offset();
        self.last_epoch = batch.partition_leader_epoch;
        self.bytes_since_snapshot += batch.bytes().len() as u64;
        Ok(())
    }

    /// Forgets what is older than the snapshot at `end`, except what is still true there.
    pub(crate) fn forget_before(&mut self, end: Offset) {
        fn forget<T>(history: &mut BTreeMap<Offset, T>, end: Offset) {
            if let Some((&last, _)) = history.range(..end).next_back() {
                *history = history.split_off(&last);
            }
        }
        forget(&mut self.voters, end);
        forget(&mut self.kraft_versions, end);
    }

    pub(crate) fn take_bytes_since_snapshot(&mut self) -> u64 {
        std::mem::take(&mut self.bytes_since_snapshot)
    }

    pub(crate) fn bytes_since_snapshot(&self) -> u64 {
        self.bytes_since_snapshot
    }

    /// The voters now: those of the last record, or the configured ones where the log never named any.
    #[must_use]
    pub fn voters(&self) -> &VoterSet {
        self.voters.last_key_value().map_or(&self.static_voters, |(_, voters)| voters)
    }

    /// Where the last voters were written; `None` if they are the configured ones, -1 if the formatter wrote them.
    #[must_use]
    pub fn voters_offset(&self) -> Option<Offset> {
        self.voters.last_key_value().map(|(&offset, _)| offset)
    }

    /// The level of `kraft.version` now; 0 where none was ever written.
    #[must_use]
    pub fn kraft_version(&self) -> i16 {
        self.kraft_versions.last_key_value().map_or(0, |(_, &level)| level)
    }

    /// `kraft.version` and the voters as records below `end` say it; configured voters are in no record.
    pub(crate) fn before(&self, end: Offset) -> (i16, Option<&VoterSet>) {
        let level = self.kraft_versions.range(..end).next_back().map_or(0, |(_, &level)| level);
        (level, self.voters.range(..end).next_back().map(|(_, voters)| voters))
    }

    /// The end of the log: the offset of the record to be written next.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        self.next_offset
    }

    /// The epoch of the last batch, or of the snapshot if no batch follows it; 0 if there is nothing.
    #[must_use]
    pub fn last_epoch(&self) -> LeaderEpoch {
        self.last_epoch
    }
}

fn supported(level: i16) -> Result<i16, LoadError> {
    if KRAFT_VERSIONS.contains(&level) { Ok(level) } else { Err(LoadError::KRaftVersion { level }) }
}

/// Why a snapshot or a batch of the metadata log cannot be followed. Nothing after it may be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The batch does not begin where the one before it ended.
    Gap {
        /// Where it should begin.
        expected: Offset,
        /// Where it begins.
        found: Offset,
    },
    /// The batch's checksum is wrong.
    Crc {
        /// Where the batch begins.
        at: Offset,
    },
    /// The epoch went back, or cannot be followed by another.
    Epoch {
        /// Where the batch begins.
        at: Offset,
        /// Its epoch.
        epoch: LeaderEpoch,
    },
    /// A record that cannot be read.
    Record {
        /// Where the batch begins.
        at: Offset,
        /// What is wrong.
        reason: String,
    },
    /// A level of `kraft.version` that this version does not know.
    KRaftVersion {
        /// The level.
        level: i16,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { expected, found } => write!(f, "the log goes on at offset {found} instead of {expected}"),
            Self::Crc { at } => write!(f, "the batch at offset {at} is damaged: its checksum is wrong"),
            Self::Epoch { at, epoch } => write!(f, "the batch at offset {at} cannot be of epoch {epoch}"),
            Self::Record { at, reason } => write!(f, "the batch at offset {at} cannot be read: {reason}"),
            Self::KRaftVersion { level } => write!(
                f,
                "kraft.version is {level}; this version works at {} to {}",
                KRAFT_VERSIONS.start(),
                KRAFT_VERSIONS.end()
            ),
        }
    }
}

impl std::error::Error for LoadError {}
