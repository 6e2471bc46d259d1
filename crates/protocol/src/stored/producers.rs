//! The producer snapshot, `<offset>.snapshot` beside a segment: what a partition must know to refuse duplicates.
//!
//! The version is the file's first field; the checksum is over what follows it.
//!
//! Source: Kafka `ProducerStateManager`; KIP-98, KIP-360.

use crate::{
    Message,
    types::{Offset, ProducerId, Timestamp},
};

/// The producers of a partition, as of an offset that the file's name tells.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "1")]
pub struct ProducerSnapshot {
    /// CRC-32C of what follows.
    pub crc: u32,
    /// What the partition knows of each producer.
    pub producer_entries: Vec<ProducerEntry>,
}

/// What the partition knows of one producer.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ProducerEntry {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer.
    pub epoch: i16,
    /// The sequence number of the last record; -1 if there is none.
    pub last_sequence: i32,
    /// The offset of the last record.
    pub last_offset: Offset,
    /// How many records the last batch had, less one.
    pub offset_delta: i32,
    /// The largest timestamp of the last batch, in milliseconds since 1970.
    pub timestamp: Timestamp,
    /// The epoch of the transaction coordinator that wrote the last marker; -1 if none did.
    pub coordinator_epoch: i32,
    /// Where the producer's open transaction began; -1 if it has none.
    pub current_txn_first_offset: Offset,
}
