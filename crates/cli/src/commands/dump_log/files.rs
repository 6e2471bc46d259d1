//! The small files beside a segment: its indexes, and the producers it knows.

use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path};

use anyhow::Result;
use protocol::types::{Offset, Timestamp};
use serde_json::json;
use storage::{index, producer_state, txn_index};

use super::{
    Printer,
    batches::{Batches, Next},
};

/// What is known of a batch that an index may point at.
struct Place {
    position: u64,
    /// The largest timestamp of the segment up to here.
    max_timestamp: Timestamp,
}

/// The batches of the segment that an index belongs to, by their last offset; none if it is not there.
fn segment(index: &Path) -> Result<Option<BTreeMap<Offset, Place>>> {
    let Ok(file) = File::open(index.with_extension("log")) else { return Ok(None) };
    let size = file.metadata()?.len();
    let mut batches = Batches::new(BufReader::with_capacity(1 << 20, file), size);
    let mut places = BTreeMap::new();
    let mut max_timestamp = Timestamp::NONE;
    while let Next::Batch(position, batch) = batches.next()? {
        max_timestamp = max_timestamp.max(batch.max_timestamp);
        places.insert(batch.last_offset(), Place { position, max_timestamp });
    }
    Ok(Some(places))
}

/// The base offset that a file's name says.
fn base_offset(printer: &mut Printer, path: &Path) -> Result<Offset> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    match stem.parse() {
        Ok(offset) => Ok(Offset(offset)),
        Err(_) => {
            printer.problem(&format!("'{stem}' is no offset, so entries are shown from 0"))?;
            Ok(Offset::ZERO)
        }
    }
}

/// Prints an `.index` and checks that its entries point at batches.
pub(super) fn offset_index(printer: &mut Printer, path: &Path, bytes: &[u8]) -> Result<()> {
    let base = base_offset(printer, path)?;
    let Some(entries) = index::read_offset_index(bytes) else {
        return printer.problem(&format!("{} bytes are no whole number of entries", bytes.len()));
    };
    let segment = segment(path)?;
    let mut before = None;
    // The first batch has no entry: position 0 is room that was allocated in advance.
    for entry in entries.into_iter().take_while(|entry| entry.position > 0) {
        let offset = base.plus(i64::from(entry.relative_offset));
        printer.line(
            || format!("offset: {offset} position: {}", entry.position),
            || json!({ "offset": offset.0, "position": entry.position }),
        )?;
        if before.is_some_and(|(o, p)| o >= offset || p >= entry.position) {
            printer.problem(&format!("the entry of offset {offset} does not rise above the one before"))?;
        }
        before = Some((offset, entry.position));
        if let Some(segment) = &segment
            && segment.get(&offset).is_none_or(|place| place.position != u64::from(entry.position))
        {
            let position = entry.position;
            printer.problem(&format!("no batch at position {position} of the log ends at offset {offset}"))?;
        }
    }
    Ok(())
}

/// Prints a `.timeindex` and checks that its times are those of the log.
pub(super) fn time_index(printer: &mut Printer, path: &Path, bytes: &[u8]) -> Result<()> {
    let base = base_offset(printer, path)?;
    let Some(entries) = index::read_time_index(bytes) else {
        return printer.problem(&format!("{} bytes are no whole number of entries", bytes.len()));
    };
    let segment = segment(path)?;
    let mut before = None;
    // Room that was allocated in advance is zero.
    for entry in entries.into_iter().take_while(|entry| entry.timestamp.0 != 0 || entry.relative_offset != 0) {
        let (timestamp, offset) = (entry.timestamp, base.plus(i64::from(entry.relative_offset)));
        printer.line(
            || format!("timestamp: {timestamp} offset: {offset}"),
            || json!({ "timestamp": timestamp.0, "offset": offset.0 }),
        )?;
        if before.is_some_and(|(t, o)| t >= timestamp || o > offset) {
            printer.problem(&format!("the entry of offset {offset} does not rise above the one before"))?;
        }
        before = Some((timestamp, offset));
        if let Some(segment) = &segment {
            // The offset may be that of a record inside of the batch.
            let place = segment.range(offset..).next().map(|(_, place)| place);
            if place.is_none_or(|place| place.max_timestamp < timestamp) {
                printer.problem(&format!("no batch of the log up to offset {offset} has timestamp {timestamp}"))?;
            }
        }
    }
    Ok(())
}

/// Prints a `.txnindex` and checks that its entries can be those of the segment.
pub(super) fn transaction_index(printer: &mut Printer, path: &Path, bytes: &[u8]) -> Result<()> {
    let base = base_offset(printer, path)?;
    let Some(entries) = txn_index::from_bytes(bytes) else {
        return printer.problem(&format!("{} bytes are no whole number of entries of version 0", bytes.len()));
    };
    let mut before = base.plus(-1);
    for entry in entries {
        let txn_index::AbortedTxn { producer_id, first_offset, last_offset, last_stable_offset } = entry;
        printer.line(
            || {
                format!(
                    "version: 0 producerId: {producer_id} firstOffset: {first_offset} lastOffset: {last_offset} \
                     lastStableOffset: {last_stable_offset}"
                )
            },
            || {
                json!({
                    "producer_id": producer_id.0,
                    "first_offset": first_offset.0,
                    "last_offset": last_offset.0,
                    "last_stable_offset": last_stable_offset.0,
                })
            },
        )?;
        if last_offset <= before || first_offset >= last_offset {
            printer.problem(&format!("the entry of offset {last_offset} is not where it belongs"))?;
        }
        before = last_offset;
    }
    Ok(())
}

/// Prints the producers that a segment begins with.
pub(super) fn producer_snapshot(printer: &mut Printer, bytes: &[u8]) -> Result<()> {
    let entries = match producer_state::read_snapshot(bytes) {
        Ok(entries) => entries,
        Err(error) => return printer.problem(&error.to_string()),
    };
    for entry in entries {
        let start = entry.transaction_start;
        let last = entry.last;
        printer.line(
            || {
                let transaction =
                    start.map_or_else(|| "OptionalLong.empty".to_owned(), |o| format!("OptionalLong[{o}]"));
                let mut line = format!(
                    "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {transaction} \
                     lastTimestamp: {}",
                    entry.producer_id, entry.epoch, entry.coordinator_epoch, last.timestamp
                );
                if last.last_sequence >= 0 {
                    line.push_str(&format!(
                        " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
                        last.first_sequence(),
                        last.last_sequence,
                        last.last_offset,
                        last.offset_delta,
                        last.timestamp
                    ));
                }
                line
            },
            || {
                json!({
                    "producer_id": entry.producer_id.0,
                    "producer_epoch": entry.epoch.0,
                    "coordinator_epoch": entry.coordinator_epoch,
                    "transaction_start": start.map(|offset| offset.0),
                    "timestamp": last.timestamp.0,
                    "last_sequence": last.last_sequence,
                    "last_offset": last.last_offset.0,
                    "offset_delta": last.offset_delta,
                })
            },
        )?;
    }
    Ok(())
}
