//! Checkpoints of the metadata log: a file that says everything the log said below an offset, so that the log may begin
//! there.
//!
//! ```text
//! 00000000000000004711-0000000003.checkpoint        end offset (exclusive) and epoch of the last record it covers
//!
//! ├─ control batch ────────────────────────────┼─ data batch ─┼─ data batch ─┼─ … ─┼─ control batch ─┤
//! │ SnapshotHeader [KRaftVersion] [KRaftVoters]│ ≤ 1024 records each           │     │ SnapshotFooter  │
//! ```
//!
//! The offsets inside count from 0 and mean nothing; the leader epoch of every batch is the file's. Header and footer
//! frame it: a file without a footer was cut off. It is written beside its place as `….checkpoint.part`, synced and
//! renamed, so under its own name it is whole.
//!
//! Which old ones may go: [`Retention`].
//!
//! Source: Kafka `RecordsSnapshotWriter`, `RecordsSnapshotReader`, `Snapshots`, `KafkaRaftLog.maybeClean`; KIP-630.

use std::fmt;

use protocol::{
    records::{BatchError, CompressionType, RecordBatch, next_batch},
    types::{LeaderEpoch, Offset, Timestamp},
};

use crate::{
    batches::{self, ControlRecord, Place},
    raft::BATCH_BYTES_MAX,
    voters::VoterSet,
};

/// How many records Kafka puts into one batch of a snapshot.
const BATCH_RECORDS_MAX: usize = 1024;

/// Which snapshot: where it ends, and the epoch of the record before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotId {
    /// One past the last record it covers.
    pub end_offset: Offset,
    /// That record's epoch.
    pub epoch: LeaderEpoch,
}

impl SnapshotId {
    /// The formatter's, which covers nothing. It is never replicated: the first leader writes its content into the log.
    pub const BOOTSTRAP: Self = Self { end_offset: Offset::ZERO, epoch: LeaderEpoch(0) };

    /// The file's name in the directory of the log.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{:020}-{:010}.checkpoint", self.end_offset, self.epoch)
    }

    /// The snapshot whose file has this name; `None` if it is no snapshot, or one that is not whole or already condemned
    /// ([`is_leftover`]).
    #[must_use]
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (offset, epoch) = name.strip_suffix(".checkpoint")?.split_once('-')?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(offset, 20) || !digits(epoch, 10) {
            return None;
        }
        Some(Self { end_offset: Offset(offset.parse().ok()?), epoch: LeaderEpoch(epoch.parse().ok()?) })
    }
}

/// Whether this is the name of a snapshot that was never finished or was to be deleted: it may go at the next start.
#[must_use]
pub fn is_leftover(name: &str) -> bool {
    name.ends_with(".checkpoint.part") || name.ends_with(".checkpoint.deleted")
}

/// Makes a snapshot. Records go in in any order that can be replayed.
#[derive(Debug)]
pub struct SnapshotWriter {
    id: SnapshotId,
    timestamp: Timestamp,
    next_offset: Offset,
    bytes: Vec<u8>,
    pending: Vec<Vec<u8>>,
    pending_bytes: usize,
}

impl SnapshotWriter {
    pub(crate) fn new(
        id: SnapshotId,
        last_contained_log_timestamp: Timestamp,
        kraft_version: i16,
        voters: Option<&VoterSet>,
        timestamp: Timestamp,
    ) -> Self {
        let mut records = vec![ControlRecord::SnapshotHeader { last_contained_log_timestamp }];
        if kraft_version >= 1 {
            records.push(ControlRecord::KRaftVersion(kraft_version));
            records.extend(voters.cloned().map(ControlRecord::KRaftVoters));
        }
        let mut writer =
            Self { id, timestamp, next_offset: Offset::ZERO, bytes: Vec::new(), pending: Vec::new(), pending_bytes: 0 };
        writer.bytes = batches::control_batch(writer.place(), &records);
        writer.next_offset = Offset(records.len() as i64);
        writer
    }

    /// Which snapshot it becomes.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// Appends a metadata record, framed as in the log.
    pub fn append(&mut self, value: Vec<u8>) {
        if self.pending.len() == BATCH_RECORDS_MAX || self.pending_bytes + value.len() > BATCH_BYTES_MAX / 2 {
            self.flush();
        }
        self.pending_bytes += value.len();
        self.pending.push(value);
    }

    /// The content of the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.flush();
        let footer = batches::control_batch(self.place(), &[ControlRecord::SnapshotFooter]);
        self.bytes.extend(footer);
        self.bytes
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.bytes.extend(batches::data_batch(self.place(), &self.pending));
            self.next_offset = self.next_offset.plus(self.pending.len() as i64);
            self.pending.clear();
            self.pending_bytes = 0;
        }
    }

    fn place(&self) -> Place {
        Place { base_offset: self.next_offset, epoch: self.id.epoch, timestamp: self.timestamp }
    }
}

/// A snapshot that was read, checked to its end.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    bytes: &'a [u8],
    /// The time of the last batch it covers.
    pub last_contained_log_timestamp: Timestamp,
    /// The level of `kraft.version`, if it says one.
    pub kraft_version: Option<i16>,
    /// The voters, if it names them.
    pub voters: Option<VoterSet>,
}

impl<'a> Snapshot<'a> {
    /// Reads the content of a checkpoint file, `bootstrap.checkpoint` included.
    ///
    /// # Errors
    /// Anything but whole batches with right checksums, a header first, a footer last, values without null between.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SnapshotError> {
        let mut snapshot =
            Self { bytes, last_contained_log_timestamp: Timestamp::NONE, kraft_version: None, voters: None };
        let (mut begun, mut ended) = (false, false);
        let mut rest = bytes;
        while let Some((batch, behind)) = next_batch(rest).map_err(SnapshotError::Batch)? {
            let at = bytes.len() - rest.len();
            rest = behind;
            let error = |reason: String| SnapshotError::Content { at, reason };
            if ended {
                return Err(error("the snapshot has ended".to_owned()));
            }
            if !batch.crc_is_valid() {
                return Err(error("the checksum is wrong".to_owned()));
            }
            for (_, record) in batches::control_records(&batch).map_err(|e| error(e.to_string()))? {
                match record {
                    ControlRecord::SnapshotHeader { last_contained_log_timestamp } if !begun => {
                        snapshot.last_contained_log_timestamp = last_contained_log_timestamp;
                        begun = true;
                    }
                    ControlRecord::SnapshotFooter if begun => ended = true,
                    ControlRecord::KRaftVersion(level) if begun => snapshot.kraft_version = Some(level),
                    ControlRecord::KRaftVoters(voters) if begun => snapshot.voters = Some(voters),
                    _ => return Err(error("a control record out of its place".to_owned())),
                }
            }
            if !begun {
                return Err(SnapshotError::NoHeader);
            }
            check_values(&batch).map_err(error)?;
        }
        if begun && ended { Ok(snapshot) } else { Err(SnapshotError::NoFooter) }
    }

    /// The metadata records, framed as in the log, in their order.
    pub fn records(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.bytes;
        let batches = std::iter::from_fn(move || {
            let (batch, behind) = next_batch(rest).expect("checked when the snapshot was read")?;
            rest = behind;
            Some(batch)
        });
        let data = batches.filter(|batch| !batch.attributes.is_control());
        data.flat_map(|batch| {
            let records = batch.records(batch.body());
            records.map(|record| record.ok().and_then(|record| record.value).expect("checked when it was read"))
        })
    }
}

fn check_values(batch: &RecordBatch<'_>) -> Result<(), String> {
    if batch.attributes.is_control() {
        return Ok(());
    }
    if batch.attributes.compression() != Some(CompressionType::None) {
        return Err("the records are compressed".to_owned());
    }
    for record in batch.records(batch.body()) {
        if record.map_err(|e| e.to_string())?.value.is_none() {
            return Err("a record is null".to_owned());
        }
    }
    Ok(())
}

/// Why a checkpoint file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// Not a batch, or cut off inside of one.
    Batch(BatchError),
    /// A batch is wrong.
    Content {
        /// Where the batch begins, in bytes.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// It does not begin with a SnapshotHeader.
    NoHeader,
    /// It does not end with a SnapshotFooter: it was cut off.
    NoFooter,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch(error) => error.fmt(f),
            Self::Content { at, reason } => write!(f, "the batch at byte {at}: {reason}"),
            Self::NoHeader => f.write_str("the snapshot does not begin with a header"),
            Self::NoFooter => f.write_str("the snapshot is cut off: it has no footer"),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// How long old snapshots, and the log before them, are kept. The latest always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `metadata.max.retention.bytes`, of log and snapshots together; negative is for ever.
    pub bytes: i64,
    /// `metadata.max.retention.ms`, by the time of the last batch a snapshot covers; negative is for ever.
    pub ms: i64,
}

/// A snapshot on disk, as [`Retention`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Which.
    pub id: SnapshotId,
    /// Its size.
    pub bytes: u64,
    /// What its header says.
    pub last_contained_log_timestamp: Timestamp,
}

impl Retention {
    /// The snapshot at which the log may begin now, so that everything before it goes: the snapshots, and the segments
    /// that end at or before its end offset. `None` if nothing may go.
    ///
    /// Answers for one step, from the oldest snapshot to the next, because the log's size after it is not known here:
    /// delete, and ask again. `snapshots` are in ascending order.
    #[must_use]
    pub fn next_start(&self, snapshots: &[SnapshotFile], log_bytes: u64, now: Timestamp) -> Option<SnapshotId> {
        let [oldest, next, ..] = snapshots else { return None };
        let total = log_bytes + snapshots.iter().map(|snapshot| snapshot.bytes).sum::<u64>();
        let too_much = u64::try_from(self.bytes).is_ok_and(|bytes| total > bytes);
        let age = now.0.saturating_sub(oldest.last_contained_log_timestamp.0);
        let too_old = self.ms >= 0 && age > self.ms;
        (too_much || too_old).then_some(next.id)
    }
}

#[cfg(test)]
mod tests;
