//! What a log remembers of its idempotent and transactional producers.
//!
//! A producer numbers its records. Of each one the log keeps the last five batches (a client has at most five requests
//! in flight), and from these follows what a new batch is:
//!
//! ```text
//!                  known: 10–14   15–15   16–18                    next expected: 19
//! batch 15–15      a repeat: answered with the first time's offset, not written again
//! batch 19–23      the next: written
//! batch 20–23      a record is missing        ┐
//! batch 16–17      part of a known batch      ├ OutOfOrderSequence
//! batch  3– 7      older than what is known   ┘
//! ```
//!
//! A new epoch of a producer begins at sequence 0; an older one than the known is fenced. Somebody unknown may begin
//! anywhere: his earlier records may have been deleted. After `2^31 - 1` comes 0.
//!
//! State changes only by [`ProducerStates::apply`], from headers of batches that are in the log: the leader calls it
//! after the write, recovery for each batch it finds, so both come to the same.
//!
//! Of transactions the log needs to know where the oldest undecided one begins, because consumers that read committed
//! data stop there ([`ProducerStates::first_unstable`]).
//!
//! Source: Kafka `ProducerStateManager`, `ProducerStateEntry`, `ProducerAppendInfo`; KIP-98, KIP-185.

use std::{collections::BTreeMap, fmt};

use protocol::{
    records::{
        BatchHeader, ControlRecordType, RecordBatch,
        batch::{decrement_sequence, increment_sequence},
    },
    stored::{control::EndTxnMarker, split_prefix},
    types::{Offset, ProducerEpoch, ProducerId, Timestamp},
};

use crate::{
    bugs::{self, Bug},
    txn_index::AbortedTxn,
};

mod files;
#[cfg(test)]
mod tests;

pub use files::{OWN_FILE_NAME, OwnFile, ProducerFileError, SnapshotEntry, read_snapshot, snapshot_bytes};

/// How many batches of a producer are remembered: as many as a client may have in flight.
pub const BATCHES_MAX: usize = 5;

/// A batch that a producer wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchMeta {
    /// The sequence number of its last record.
    pub last_sequence: i32,
    /// The offset of its last record.
    pub last_offset: Offset,
    /// How many records it has, less one.
    pub offset_delta: i32,
    /// Its largest timestamp.
    pub timestamp: Timestamp,
}

impl BatchMeta {
    /// The sequence number of its first record.
    #[must_use]
    pub fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }

    /// The offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.last_offset.plus(-i64::from(self.offset_delta))
    }
}

/// What is known of one producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Producer {
    /// The newest epoch it wrote with, or was fenced by.
    pub epoch: ProducerEpoch,
    /// The epoch of the transaction coordinator that wrote its last marker; `-1` for none.
    pub coordinator_epoch: i32,
    /// The largest timestamp of its last batch, or the time of its last marker.
    pub last_timestamp: Timestamp,
    /// Where its open transaction begins.
    pub transaction_start: Option<Offset>,
    /// Its last batches of this epoch, oldest first; the first `count` count.
    batches: [BatchMeta; BATCHES_MAX],
    count: usize,
}

impl Producer {
    fn new(epoch: ProducerEpoch) -> Self {
        Self {
            epoch,
            coordinator_epoch: -1,
            last_timestamp: Timestamp::NONE,
            transaction_start: None,
            batches: [BatchMeta::default(); BATCHES_MAX],
            count: 0,
        }
    }

    /// Its last batches of the current epoch, oldest first, at most five.
    #[must_use]
    pub fn batches(&self) -> &[BatchMeta] {
        &self.batches[..self.count]
    }

    fn push(&mut self, batch: BatchMeta) {
        if self.count == BATCHES_MAX {
            self.batches.copy_within(1.., 0);
            self.count -= 1;
        }
        self.batches[self.count] = batch;
        self.count += 1;
    }

    /// A newer epoch begins its sequence anew.
    fn enter_epoch(&mut self, epoch: ProducerEpoch) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.count = if bugs::on(Bug::RepeatsAcrossEpochs) { self.count } else { 0 };
        }
    }

    /// What becomes of the producer by this batch; where the transaction began that a marker ended.
    fn apply(&mut self, header: &BatchHeader, marker: Option<Marker>) -> Option<Offset> {
        self.enter_epoch(header.producer_epoch);
        if !(header.attributes.is_control() && bugs::on(Bug::MarkerIsNoSignOfLife)) {
            self.last_timestamp = header.max_timestamp;
        }
        if header.attributes.is_control() {
            let marker = marker?;
            self.coordinator_epoch = marker.coordinator_epoch;
            return self.transaction_start.take();
        }
        self.push(BatchMeta {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        if header.attributes.is_transactional() && self.transaction_start.is_none() {
            self.transaction_start = Some(header.base_offset);
        }
        None
    }
}

/// Why a producer's batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceError {
    /// Records are missing before it, or it overlaps with what is there. Kafka code 45.
    OutOfOrder {
        /// Whose batch.
        producer_id: ProducerId,
        /// The sequence number of its first record.
        found: i32,
        /// The one that would follow.
        expected: i32,
    },
    /// A newer instance of the producer has written or taken over. Kafka code 47, `INVALID_PRODUCER_EPOCH`.
    StaleEpoch {
        /// Whose batch.
        producer_id: ProducerId,
        /// The epoch of the batch.
        found: ProducerEpoch,
        /// The newest one known.
        current: ProducerEpoch,
    },
    /// A batch outside of any transaction from a producer with an open one. Kafka code 48, `INVALID_TXN_STATE`.
    OpenTransaction {
        /// Whose batch.
        producer_id: ProducerId,
    },
}

impl fmt::Display for SequenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder { producer_id, found, expected } => {
                write!(f, "producer {producer_id} sent sequence number {found}, {expected} is next")
            }
            Self::StaleEpoch { producer_id, found, current } => {
                write!(f, "producer {producer_id} wrote with epoch {found}, the newest is {current}")
            }
            Self::OpenTransaction { producer_id } => {
                write!(f, "producer {producer_id} has an open transaction and wrote outside of it")
            }
        }
    }
}

impl std::error::Error for SequenceError {}

/// The content of a transaction marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Whether the transaction's records count.
    pub commit: bool,
    /// Which coordinator wrote it.
    pub coordinator_epoch: i32,
}

impl Marker {
    /// The marker in a control batch, if it is one.
    #[must_use]
    pub fn of(batch: &RecordBatch<'_>) -> Option<Self> {
        let record = batch.records(batch.body()).next()?.ok()?;
        let commit = match ControlRecordType::from_key(record.key?)? {
            ControlRecordType::Abort => false,
            ControlRecordType::Commit => true,
            _ => return None,
        };
        let (version, value) = split_prefix(record.value?).ok()?;
        let marker: EndTxnMarker = protocol::codec::decode(value, version).ok()?;
        Some(Self { commit, coordinator_epoch: marker.coordinator_epoch })
    }
}

/// Batches that are checked but not written yet: the producers as they will be after them.
pub(crate) type Staged = Vec<(ProducerId, Producer)>;

/// The producers of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerStates {
    producers: BTreeMap<ProducerId, Producer>,
    /// Transactions without a marker: where each begins, and whose it is.
    open: BTreeMap<Offset, ProducerId>,
    /// Transactions whose marker is not below the high watermark yet: where each begins, and where its marker is.
    decided: BTreeMap<Offset, Offset>,
}

impl ProducerStates {
    /// The producers by id.
    #[must_use]
    pub fn producers(&self) -> &BTreeMap<ProducerId, Producer> {
        &self.producers
    }

    /// Whether the batch with this header, without a place in the log yet, may be written; the batch that it repeats.
    pub(crate) fn check(&self, staged: &Staged, header: &BatchHeader) -> Result<Option<BatchMeta>, SequenceError> {
        let producer_id = header.producer_id;
        let staged = staged.iter().rev().find(|(id, _)| *id == producer_id).map(|(_, producer)| producer);
        let Some(known) = staged.or_else(|| self.producers.get(&producer_id)) else { return Ok(None) };
        let (first, last) = (header.base_sequence, header.last_sequence());
        if (header.producer_epoch == known.epoch || bugs::on(Bug::RepeatsAcrossEpochs))
            && let Some(repeated) =
                known.batches().iter().find(|batch| batch.first_sequence() == first && batch.last_sequence == last)
        {
            return Ok(Some(*repeated));
        }
        if header.producer_epoch < known.epoch {
            return Err(SequenceError::StaleEpoch { producer_id, found: header.producer_epoch, current: known.epoch });
        }
        let expected = match known.batches().last() {
            Some(last) if header.producer_epoch == known.epoch => increment_sequence(last.last_sequence, 1),
            _ => 0,
        };
        if first != expected {
            return Err(SequenceError::OutOfOrder { producer_id, found: first, expected });
        }
        if known.transaction_start.is_some() && !header.attributes.is_transactional() {
            return Err(SequenceError::OpenTransaction { producer_id });
        }
        Ok(None)
    }

    /// Notes in `staged` what the batch with this header, placed, is going to change.
    pub(crate) fn stage(&self, staged: &mut Staged, header: &BatchHeader) {
        let producer_id = header.producer_id;
        let known = staged.iter().rev().find(|(id, _)| *id == producer_id).map(|(_, producer)| *producer);
        let known = known.or_else(|| self.producers.get(&producer_id).copied());
        let mut producer = known.unwrap_or_else(|| Producer::new(header.producer_epoch));
        producer.apply(header, None);
        staged.push((producer_id, producer));
    }

    /// Takes note of a batch that is in the log. `marker` is what a control batch holds. Gives the transaction that it
    /// aborted.
    pub fn apply(&mut self, header: &BatchHeader, marker: Option<Marker>) -> Option<AbortedTxn> {
        if !header.has_producer_id() {
            return None;
        }
        let producer = self.producers.entry(header.producer_id).or_insert_with(|| Producer::new(header.producer_epoch));
        if let Some(began) = producer.apply(header, marker) {
            self.open.remove(&began);
            self.decided.insert(began, header.last_offset());
            if marker.is_some_and(|marker| !marker.commit) {
                return Some(AbortedTxn {
                    producer_id: header.producer_id,
                    first_offset: began,
                    last_offset: header.last_offset(),
                    last_stable_offset: self.open.keys().next().copied().unwrap_or_else(|| header.next_offset()),
                });
            }
        } else if let Some(began) = producer.transaction_start {
            self.open.insert(began, header.producer_id);
        }
        None
    }

    /// Where the oldest transaction begins that has no marker below `high_watermark`. Markers below it are forgotten:
    /// the high watermark does not go back.
    pub fn first_unstable(&mut self, high_watermark: Offset) -> Option<Offset> {
        self.decided.retain(|_, marker| *marker >= high_watermark);
        let open = self.open.keys().next();
        let decided = self.decided.keys().next();
        open.into_iter().chain(decided).min().copied()
    }

    /// Forgets producers without an open transaction that were silent for `expiration_ms`.
    pub fn remove_expired(&mut self, now: Timestamp, expiration_ms: i64) {
        self.producers.retain(|_, producer| {
            producer.transaction_start.is_some() || now.0.saturating_sub(producer.last_timestamp.0) < expiration_ms
        });
    }

    fn insert(&mut self, id: ProducerId, producer: Producer) {
        if let Some(began) = producer.transaction_start {
            self.open.insert(began, id);
        }
        self.producers.insert(id, producer);
    }
}
