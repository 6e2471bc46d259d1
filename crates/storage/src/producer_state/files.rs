//! The two files that producers are remembered in.
//!
//! Apache Kafka's `<offset>.snapshot` holds, for the log below that offset, the *last* batch of each producer:
//!
//! ```text
//! version i16 = 1 │ CRC-32C u32 of what follows │ count i32 │ count × 46 bytes:
//! producer id i64 │ epoch i16 │ last sequence i32 │ last offset i64 │ offset delta i32 │ timestamp i64
//!                 │ coordinator epoch i32 │ transaction start i64, or -1
//! ```
//!
//! After a restart from it a client's retry of an older batch in flight is taken for a gap, or, with the snapshot gone,
//! for something new. Ours, `milena.producers`, holds all five:
//!
//! ```text
//! "MPRD" │ version u16 = 1 │ CRC-32C u32 of what follows │ lineage 16 bytes │ end offset i64 │ count u32 │ count ×:
//! producer id i64 │ epoch i16 │ coordinator epoch i32 │ last timestamp i64 │ transaction start i64, or -1
//!                 │ batches u8 │ batches × (last sequence i32 │ last offset i64 │ offset delta i32 │ timestamp i64)
//! ```
//!
//! It counts only in a log directory that nobody else has written to since: that is what the lineage says
//! ([`crate::manifest`]). Bad bytes in either are refused as a whole, and the state is made from the log.
//!
//! Source: Kafka `ProducerStateManager.readSnapshot`, `ProducerSnapshot.json`.

use std::fmt;

use protocol::types::{Offset, ProducerEpoch, ProducerId, Timestamp, Uuid};

use super::{BATCHES_MAX, BatchMeta, Producer, ProducerStates};

/// The name of our file in a partition's directory.
pub const OWN_FILE_NAME: &str = "milena.producers";

const SNAPSHOT_VERSION: u16 = 1;
const SNAPSHOT_ENTRY_SIZE: usize = 46;
const OWN_MAGIC: &[u8] = b"MPRD";
const OWN_VERSION: u16 = 1;

/// Why bytes are not such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProducerFileError {
    /// Another version, or another kind of file.
    Version,
    /// The checksum is another.
    Crc,
    /// It is shorter or longer than it says, or says what cannot be.
    Content,
}

impl fmt::Display for ProducerFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "it is of another version",
            Self::Crc => "the checksum is wrong",
            Self::Content => "its content is not what it says",
        })
    }
}

impl std::error::Error for ProducerFileError {}

/// An entry of a `.snapshot` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// Its last batch; `last_sequence` is `-1` if there is none.
    pub last: BatchMeta,
    /// Which coordinator wrote its last marker, or `-1`.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins.
    pub transaction_start: Option<Offset>,
}

/// Takes big-endian numbers from the front of bytes.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ProducerFileError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(ProducerFileError::Content)?;
        self.0 = rest;
        Ok(*head)
    }

    fn i16(&mut self) -> Result<i16, ProducerFileError> {
        self.take().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Result<i32, ProducerFileError> {
        self.take().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64, ProducerFileError> {
        self.take().map(i64::from_be_bytes)
    }

    fn transaction_start(&mut self) -> Result<Option<Offset>, ProducerFileError> {
        Ok(Some(Offset(self.i64()?)).filter(|start| start.0 >= 0))
    }

    fn batch(&mut self) -> Result<BatchMeta, ProducerFileError> {
        Ok(BatchMeta {
            last_sequence: self.i32()?,
            last_offset: Offset(self.i64()?),
            offset_delta: self.i32()?,
            timestamp: Timestamp(self.i64()?),
        })
    }
}

fn put_batch(bytes: &mut Vec<u8>, batch: &BatchMeta) {
    bytes.extend_from_slice(&batch.last_sequence.to_be_bytes());
    bytes.extend_from_slice(&batch.last_offset.0.to_be_bytes());
    bytes.extend_from_slice(&batch.offset_delta.to_be_bytes());
    bytes.extend_from_slice(&batch.timestamp.0.to_be_bytes());
}

/// The entries of a `.snapshot` file.
///
/// # Errors
/// If the bytes are anything else.
pub fn read_snapshot(bytes: &[u8]) -> Result<Vec<SnapshotEntry>, ProducerFileError> {
    let mut fields = Fields(bytes);
    if u16::from_be_bytes(fields.take()?) != SNAPSHOT_VERSION {
        return Err(ProducerFileError::Version);
    }
    let crc = u32::from_be_bytes(fields.take()?);
    if crc != crc32c::crc32c(fields.0) {
        return Err(ProducerFileError::Crc);
    }
    let count = usize::try_from(fields.i32()?).map_err(|_| ProducerFileError::Content)?;
    if count.checked_mul(SNAPSHOT_ENTRY_SIZE) != Some(fields.0.len()) {
        return Err(ProducerFileError::Content);
    }
    let mut entry = || {
        Ok(SnapshotEntry {
            producer_id: ProducerId(fields.i64()?),
            epoch: ProducerEpoch(fields.i16()?),
            last: fields.batch()?,
            coordinator_epoch: fields.i32()?,
            transaction_start: fields.transaction_start()?,
        })
    };
    (0..count).map(|_| entry()).collect()
}

/// The bytes of a `.snapshot` file.
#[must_use]
pub fn snapshot_bytes(entries: impl ExactSizeIterator<Item = SnapshotEntry>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10 + entries.len() * SNAPSHOT_ENTRY_SIZE);
    bytes.extend_from_slice(&SNAPSHOT_VERSION.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&(entries.len() as u32).to_be_bytes());
    for entry in entries {
        bytes.extend_from_slice(&entry.producer_id.0.to_be_bytes());
        bytes.extend_from_slice(&entry.epoch.0.to_be_bytes());
        put_batch(&mut bytes, &entry.last);
        bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        bytes.extend_from_slice(&entry.transaction_start.unwrap_or(Offset::NONE).0.to_be_bytes());
    }
    let crc = crc32c::crc32c(&bytes[6..]);
    bytes[2..6].copy_from_slice(&crc.to_be_bytes());
    bytes
}

impl ProducerStates {
    /// The bytes of a `.snapshot` file of these producers.
    #[must_use]
    pub fn to_snapshot(&self) -> Vec<u8> {
        snapshot_bytes(self.producers.iter().map(|(&producer_id, producer)| {
            let none =
                BatchMeta { last_sequence: -1, last_offset: Offset::NONE, offset_delta: 0, ..BatchMeta::default() };
            let last = producer.batches().last().copied().unwrap_or(none);
            SnapshotEntry {
                producer_id,
                epoch: producer.epoch,
                last: BatchMeta { timestamp: producer.last_timestamp, ..last },
                coordinator_epoch: producer.coordinator_epoch,
                transaction_start: producer.transaction_start,
            }
        }))
    }

    /// The producers in a `.snapshot` file, with their last batch each.
    ///
    /// # Errors
    /// If the bytes are anything else.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, ProducerFileError> {
        let mut states = Self::default();
        for entry in read_snapshot(bytes)? {
            let mut producer = Producer::new(entry.epoch);
            producer.coordinator_epoch = entry.coordinator_epoch;
            producer.last_timestamp = entry.last.timestamp;
            producer.transaction_start = entry.transaction_start;
            if entry.last.last_offset.0 >= 0 {
                producer.push(entry.last);
            }
            states.insert(entry.producer_id, producer);
        }
        Ok(states)
    }
}

/// What our own file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// In which lineage of the log directory it was written.
    pub lineage: Uuid,
    /// The state is that of the log below this offset.
    pub end: Offset,
    /// The producers.
    pub producers: ProducerStates,
}

impl OwnFile {
    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(lineage: Uuid, end: Offset, producers: &ProducerStates) -> Vec<u8> {
        let mut bytes = OWN_MAGIC.to_vec();
        bytes.extend_from_slice(&OWN_VERSION.to_be_bytes());
        bytes.extend_from_slice(&[0; 4]);
        let covered = bytes.len();
        bytes.extend_from_slice(&lineage.0);
        bytes.extend_from_slice(&end.0.to_be_bytes());
        bytes.extend_from_slice(&(producers.producers.len() as u32).to_be_bytes());
        for (id, producer) in &producers.producers {
            bytes.extend_from_slice(&id.0.to_be_bytes());
            bytes.extend_from_slice(&producer.epoch.0.to_be_bytes());
            bytes.extend_from_slice(&producer.coordinator_epoch.to_be_bytes());
            bytes.extend_from_slice(&producer.last_timestamp.0.to_be_bytes());
            bytes.extend_from_slice(&producer.transaction_start.unwrap_or(Offset::NONE).0.to_be_bytes());
            bytes.push(producer.count as u8);
            producer.batches().iter().for_each(|batch| put_batch(&mut bytes, batch));
        }
        let crc = crc32c::crc32c(&bytes[covered..]);
        bytes[covered - 4..covered].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// What the bytes of the file hold.
    ///
    /// # Errors
    /// If the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProducerFileError> {
        let mut fields = Fields(bytes.strip_prefix(OWN_MAGIC).ok_or(ProducerFileError::Version)?);
        if u16::from_be_bytes(fields.take()?) != OWN_VERSION {
            return Err(ProducerFileError::Version);
        }
        if u32::from_be_bytes(fields.take()?) != crc32c::crc32c(fields.0) {
            return Err(ProducerFileError::Crc);
        }
        let (lineage, end) = (Uuid(fields.take()?), Offset(fields.i64()?));
        let mut producers = ProducerStates::default();
        for _ in 0..u32::from_be_bytes(fields.take()?) {
            let id = ProducerId(fields.i64()?);
            let mut producer = Producer::new(ProducerEpoch(fields.i16()?));
            producer.coordinator_epoch = fields.i32()?;
            producer.last_timestamp = Timestamp(fields.i64()?);
            producer.transaction_start = fields.transaction_start()?;
            let [count] = fields.take()?;
            if usize::from(count) > BATCHES_MAX {
                return Err(ProducerFileError::Content);
            }
            for _ in 0..count {
                producer.push(fields.batch()?);
            }
            producers.insert(id, producer);
        }
        if fields.0.is_empty() { Ok(Self { lineage, end, producers }) } else { Err(ProducerFileError::Content) }
    }
}
