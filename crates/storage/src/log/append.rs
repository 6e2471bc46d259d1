//! Adding batches at the end.

use std::{fmt, io::IoSlice, sync::Arc};

use protocol::{
    records::{
        BatchError, BatchHeader, RecordBatch,
        batch::{PLACEMENT_SIZE, next_batch, placement},
    },
    types::{LeaderEpoch, Offset, OffsetRange, Timestamp},
};

use super::{Log, sync::Sealed};
use crate::{
    bugs::{self, Bug},
    disk::{DiskError, write_file},
    epochs,
    index::{OFFSET_ENTRY_SIZE, TIME_ENTRY_SIZE, relative},
    manifest::Change,
    producer_state::{Marker, SequenceError, Staged},
    segment::Segment,
};

/// How many batches go into one write: two slices each, and the system takes 1024 at a time.
const BATCHES_PER_WRITE_MAX: usize = 512;

/// How much room is made at a time where a log must not stop for want of it.
const ALLOCATE_AHEAD: u64 = 256 << 10;

/// Where a batch is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The batch's offsets.
    pub offsets: OffsetRange,
    /// If the batch repeats one that is there already: the largest timestamp of that one. Nothing was written.
    pub repeated: Option<Timestamp>,
}

/// Why a batch was not added. The log is as it was before, except after [`AppendError::Offline`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// Its producer's sequence does not allow it: Kafka codes 45, 47 or 48.
    Sequence(SequenceError),
    /// It has an offset of its own, and not one that can follow. A bug of the caller, or a peer that lies.
    OutOfPlace {
        /// Where it wants to be.
        base: Offset,
        /// Where the log ends.
        expected: Offset,
    },
    /// The bytes are no batches.
    Malformed(BatchError),
    /// The disk is full. Kafka code 56, and worth a retry.
    DiskFull,
    /// The disk failed, now or before, or the log was removed or stopped. Kafka code 56.
    Offline(Arc<str>),
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence(error) => error.fmt(f),
            Self::OutOfPlace { base, expected } => write!(f, "a batch at offset {base}, where {expected} is next"),
            Self::Malformed(error) => error.fmt(f),
            Self::DiskFull => f.write_str("no space is left on the disk"),
            Self::Offline(reason) => write!(f, "the log is offline: {reason}"),
        }
    }
}

impl std::error::Error for AppendError {}

impl From<SequenceError> for AppendError {
    fn from(error: SequenceError) -> Self {
        Self::Sequence(error)
    }
}

/// A batch on its way to the disk.
struct Planned<'a> {
    /// As it is going to be on disk.
    header: BatchHeader,
    /// What replaces the first bytes; `None` if they are right.
    placement: Option<[u8; PLACEMENT_SIZE]>,
    bytes: &'a [u8],
    marker: Option<Marker>,
}

/// Batches that go into the active segment with one write.
#[derive(Default)]
struct Group<'a> {
    batches: Vec<Planned<'a>>,
    bytes: u64,
    /// The producers as they will be.
    staged: Staged,
}

impl Group<'_> {
    /// The bytes, in the order in which they go into the file.
    fn slices(&self) -> Vec<IoSlice<'_>> {
        let mut slices = Vec::with_capacity(self.batches.len() * 2);
        for batch in &self.batches {
            match &batch.placement {
                Some(placement) => {
                    slices.extend([IoSlice::new(placement), IoSlice::new(&batch.bytes[PLACEMENT_SIZE..])]);
                }
                None => slices.push(IoSlice::new(batch.bytes)),
            }
        }
        slices
    }
}

impl Log {
    /// Makes sure that `bytes` more can be appended, also on a disk that is full by now: nothing can be taken back once
    /// it is decided on. For logs with [`headroom`](crate::LogConfig::headroom).
    ///
    /// # Errors
    /// [`AppendError::DiskFull`], or [`AppendError::Offline`]. Nothing has happened then.
    pub fn ensure_room(&mut self, bytes: u64, now: Timestamp) -> Result<(), AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        let is_full = |active: &Segment| active.size + bytes > u64::from(self.config.segment_bytes);
        if self.segments.last().is_none_or(|active| active.size > 0 && is_full(active)) {
            self.roll(self.end, now)?;
        }
        let active = self.segments.last_mut().expect("one was begun");
        if active.size + bytes > active.allocated {
            let size = active.size + bytes + ALLOCATE_AHEAD;
            let shared = &self.shared;
            let allocated = active.file(shared, &self.dir).and_then(|file| {
                // Closely, if it has to be.
                let exact = active.size + bytes;
                shared.with_reserve(|| {
                    file.allocate(size).map(|()| size).or_else(|error| match error.is_full() {
                        true => file.allocate(exact).map(|()| exact),
                        false => Err(error),
                    })
                })
            });
            active.allocated = allocated.map_err(|error| match error.is_full() {
                true => AppendError::DiskFull,
                false => AppendError::Offline(shared.fail(&error)),
            })?;
        }
        Ok(())
    }

    /// Gives producers' batches the next offsets and writes them at the end of the log.
    ///
    /// The bytes reach the disk as they came: only base offset and leader epoch are overwritten, and the CRC covers
    /// neither. All that can be checked without the log (CRC, records, timestamps, size) the caller has checked.
    ///
    /// Afterwards the batches are in the page cache: they can be read, they survive the death of the process, and a
    /// power cut still loses them ([`Log::durable`]).
    ///
    /// A repeat of one of its producer's last five batches is not written again and gets the offsets of the first
    /// time, so a retry looks like the success that the client missed.
    ///
    /// # Arguments
    /// - `epoch`: the leader epoch this node leads in.
    /// - `now`: wall clock; the age of unsynced records and of batches without timestamps count from it.
    ///
    /// # Returns
    /// An outcome for each batch, in order. After a full or failing disk none of the later ones is written.
    ///
    /// # Panics
    /// If `epoch` is below the log's last one: the caller wrote after it lost leadership.
    ///
    /// Source: Kafka `UnifiedLog.appendAsLeader`; KIP-98 (sequences), KIP-101 (epochs in the log).
    pub fn append_as_leader(
        &mut self,
        batches: &[RecordBatch<'_>],
        epoch: LeaderEpoch,
        now: Timestamp,
    ) -> Vec<Result<Appended, AppendError>> {
        assert!(self.epochs.latest().is_none_or(|latest| epoch >= latest), "epoch {epoch} is over");
        let mut outcomes: Vec<Result<Appended, AppendError>> = Vec::with_capacity(batches.len());
        let mut group = Group::default();
        // Where in `outcomes` the group's batches begin is not needed: a batch that is not written gets its outcome
        // at once, and one that is planned gets its offsets at once, taken back if the write fails.
        let mut planned = Vec::with_capacity(batches.len());
        let mut failed = self.check_open().err().map(AppendError::Offline);
        for batch in batches {
            let outcome = match &failed {
                Some(error) => Err(error.clone()),
                None => self.plan(&mut group, batch, epoch, now),
            };
            match outcome {
                Ok(appended) => {
                    if appended.repeated.is_none() {
                        planned.push(outcomes.len());
                    }
                    outcomes.push(Ok(appended));
                }
                Err(error) => {
                    if matches!(error, AppendError::DiskFull | AppendError::Offline(_)) && failed.is_none() {
                        // The group that was to go before this batch is not there either.
                        take_back(&mut outcomes, &mut planned, &group, &error);
                        group = Group::default();
                        failed = Some(error.clone());
                    }
                    outcomes.push(Err(error));
                }
            }
        }
        if failed.is_none()
            && let Err(error) = self.write(&mut group, now)
        {
            take_back(&mut outcomes, &mut planned, &group, &error);
        }
        outcomes
    }

    /// Writes batches that have their offsets and epochs already, as a leader wrote them: those of a quorum, or those
    /// that a follower fetched. Sequence numbers are taken as they are.
    ///
    /// # Errors
    /// If the disk is full, `bytes` may have been written up to some batch; [`Log::end`] says up to which.
    pub fn append_placed(&mut self, bytes: &[u8], now: Timestamp) -> Result<OffsetRange, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        let begin = self.end;
        let mut group = Group::default();
        let mut rest = bytes;
        while let Some((batch, behind)) = next_batch(rest).map_err(AppendError::Malformed)? {
            let expected = group.batches.last().map_or(self.end, |last| last.header.next_offset());
            let header = *batch.header();
            if header.base_offset < expected || header.last_offset_delta < 0 || header.last_offset().0 == i64::MAX {
                return Err(AppendError::OutOfPlace { base: header.base_offset, expected });
            }
            let marker = if header.attributes.is_control() { Marker::of(&batch) } else { None };
            let bytes = batch.bytes();
            self.push(&mut group, Planned { header, placement: None, bytes, marker }, now)?;
            rest = behind;
        }
        self.write(&mut group, now)?;
        Ok(begin..self.end)
    }

    /// Decides what becomes of a producer's batch and adds it to the group.
    fn plan<'a>(
        &mut self,
        group: &mut Group<'a>,
        batch: &RecordBatch<'a>,
        epoch: LeaderEpoch,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        if batch.has_producer_id()
            && !batch.attributes.is_control()
            && let Some(repeated) = self.producers.check(&group.staged, batch)?
        {
            let offsets = repeated.first_offset()..repeated.last_offset.plus(1);
            return Ok(Appended { offsets, repeated: Some(repeated.timestamp) });
        }
        let base = group.batches.last().map_or(self.end, |last| last.header.next_offset());
        let header = BatchHeader { base_offset: base, partition_leader_epoch: epoch, ..*batch.header() };
        let offsets = base..header.next_offset();
        let planned = Planned {
            header,
            placement: Some(placement(base, epoch, batch.bytes())),
            bytes: batch.bytes(),
            marker: if header.attributes.is_control() { Marker::of(batch) } else { None },
        };
        self.push(group, planned, now)?;
        if bugs::on(Bug::ProducersBeforeWrite) {
            self.producers.apply(&header, None);
        } else if header.has_producer_id() {
            self.producers.stage(&mut group.staged, &header);
        }
        Ok(Appended { offsets, repeated: None })
    }

    /// Adds a batch to the group, which is written first, and a new segment begun, if the batch cannot go with it.
    fn push<'a>(&mut self, group: &mut Group<'a>, planned: Planned<'a>, now: Timestamp) -> Result<(), AppendError> {
        let header = &planned.header;
        if !self.config.headroom && !self.shared.space.take(planned.bytes.len() as u64) {
            return Err(AppendError::DiskFull);
        }
        if group.batches.len() == BATCHES_PER_WRITE_MAX {
            self.write(group, now)?;
        }
        if self.must_roll(group, header, now) {
            self.write(group, now)?;
            // Written, the group may have left room in the indexes after all.
            if self.must_roll(group, header, now) {
                self.roll(header.base_offset, now)?;
            }
        }
        group.bytes += planned.bytes.len() as u64;
        group.batches.push(planned);
        Ok(())
    }

    /// Whether a new segment has to begin before a batch that would follow the group.
    ///
    /// Source: Kafka `LogSegment.shouldRoll`.
    fn must_roll(&self, group: &Group<'_>, header: &BatchHeader, now: Timestamp) -> bool {
        let Some(active) = self.segments.last() else { return true };
        if relative(active.base, header.last_offset()).is_none() {
            return true;
        }
        let size = active.size + group.bytes;
        if size == 0 {
            return false;
        }
        let config = &self.config;
        let (offsets, times) = active.index_entries();
        let entries_max = config.index_bytes_max as usize;
        let first = active.first_timestamp.or_else(|| group.batches.first().map(|first| first.header.max_timestamp));
        let age = match first {
            Some(first) if first.0 >= 0 => header.max_timestamp.0.saturating_sub(first.0),
            _ => now.0.saturating_sub(active.touched.0),
        };
        size + header.size() as u64 > u64::from(config.segment_bytes)
            || age > config.segment_age_max_ms().saturating_sub(config.segment_jitter_ms)
            || offsets + group.batches.len() >= (entries_max / OFFSET_ENTRY_SIZE).max(1)
            || times + group.batches.len() + 1 >= (entries_max / TIME_ENTRY_SIZE).max(2)
    }

    /// Seals the active segment and begins one at `base`.
    pub(super) fn roll(&mut self, base: Offset, now: Timestamp) -> Result<(), AppendError> {
        let reserve = self.config.preallocate.then_some(u64::from(self.config.segment_bytes));
        if self.segments.is_empty() {
            self.make_dir().map_err(|error| self.refused(error))?;
        } else if self.segments.last().is_some_and(|active| active.size == 0 && !active.is_damaged()) {
            self.remove_active().map_err(|error| self.refused(error))?;
        }
        let create = || Segment::create(&self.shared, &self.dir, base, now, reserve);
        let segment = if self.config.headroom { self.shared.with_reserve(create) } else { create() };
        let mut segment = segment.map_err(|error| self.refused(error))?;
        segment.gaps = self.may_have_gaps();
        if let Some(active) = self.segments.last() {
            let producers = Some(self.producers.to_snapshot());
            self.sync.sealed.push(Sealed { base: active.base, next: base, producers });
        }
        self.sync.names_changed = true;
        self.segments.push(segment);
        Ok(())
    }

    /// Makes the partition's directory and what stands in it besides segments, if it is not there.
    fn make_dir(&mut self) -> Result<(), DiskError> {
        if self.shared.books.lock().dirs.contains(&self.partition) {
            return Ok(());
        }
        let disk = &*self.shared.disk;
        match disk.create_dir(&self.dir) {
            // The quorum keeps its state beside the segments, and has it before the first batch.
            Err(error) if error.source.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.shared.record(Change::Made(&self.partition, self.topic_id))?;
        (self.sync.dir_made, self.sync.epochs_changed) = (true, true);
        if !self.topic_id.is_zero() {
            write_file(disk, &self.dir.join(crate::PARTITION_METADATA), &crate::partition_metadata(self.topic_id))?;
        }
        write_file(disk, &self.dir.join(epochs::FILE_NAME), &self.epochs.to_bytes()).map(|_| ())
    }

    /// What an error of the disk means, outside of the middle of a file: nothing was changed that counts.
    fn refused(&self, error: DiskError) -> AppendError {
        if error.is_full() { AppendError::DiskFull } else { AppendError::Offline(self.shared.fail(&error)) }
    }

    /// Writes the group at the end of the active segment and takes note of it; afterwards the group is empty.
    fn write(&mut self, group: &mut Group<'_>, now: Timestamp) -> Result<(), AppendError> {
        let (Some(active), false) = (self.segments.last_mut(), group.batches.is_empty()) else { return Ok(()) };
        let file = active.file(&self.shared, &self.dir);
        let file = file.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        let write = || {
            let mut slices = group.slices();
            match file.write_at(active.size, &mut slices) {
                // Cut back, or what is half written would be read.
                Err(error) if error.is_full() => file.truncate(active.size).and(Err(error)),
                written => written,
            }
        };
        let written = if self.config.headroom { self.shared.with_reserve(write) } else { write() };
        if let Err(error) = written {
            return Err(match error.is_full() {
                true => AppendError::DiskFull,
                false => AppendError::Offline(self.shared.fail(&error)),
            });
        }
        active.touched = now;
        for batch in &group.batches {
            active.note(&batch.header, self.config.index_interval_bytes);
            if let Some(aborted) = self.producers.apply(&batch.header, batch.marker) {
                active.note_aborted(aborted);
            }
            self.end = batch.header.next_offset();
            let epoch = batch.header.partition_leader_epoch;
            if epoch > self.epochs.latest().unwrap_or(LeaderEpoch::NONE) {
                self.epochs.assign(epoch, batch.header.base_offset);
                self.sync.epochs_changed = true;
            }
        }
        self.sync.written(now);
        *group = Group::default();
        Ok(())
    }
}

/// The batches of a group that could not be written get its error instead of their offsets.
fn take_back(
    outcomes: &mut [Result<Appended, AppendError>],
    planned: &mut Vec<usize>,
    group: &Group<'_>,
    error: &AppendError,
) {
    for outcome in planned.split_off(planned.len() - group.batches.len()) {
        outcomes[outcome] = Err(error.clone());
    }
    // A repeat of a batch that was not written is not written either.
    let lost: Vec<Offset> = group.batches.iter().map(|batch| batch.header.base_offset).collect();
    for outcome in outcomes {
        if matches!(outcome, Ok(appended) if lost.contains(&appended.offsets.start)) {
            *outcome = Err(error.clone());
        }
    }
}
