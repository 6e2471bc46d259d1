//! The batches of a segment or of a snapshot, one after the other.

use std::io::{self, Read};

use anyhow::Result;
use protocol::{
    records::{BatchHeader, CompressionType, Record, RecordBatch, TimestampType, batch::LENGTH_END},
    types::Offset,
};
use serde_json::json;

use super::{
    Printer,
    payload::{self, Decoder},
};

/// The most that one compressed batch may become, in bytes.
const DECOMPRESSED_SIZE_MAX: usize = 1 << 30;

/// Reads batches from a file; holds one at a time.
pub(super) struct Batches<R> {
    file: R,
    position: u64,
    size: u64,
    bytes: Vec<u8>,
}

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A batch of format v2.
    Batch(u64, RecordBatch<'a>),
    /// Zeros to the end, as in a file that was allocated in advance.
    Zeros(u64),
    /// Something else, to the end.
    Garbage(u64),
    /// Nothing.
    End,
}

impl<R: Read> Batches<R> {
    /// The batches of a file of `size` bytes.
    pub(super) fn new(file: R, size: u64) -> Self {
        Self { file, position: 0, size, bytes: Vec::new() }
    }

    /// What comes next. After anything but a batch there is nothing more.
    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let at = self.position;
        let left = self.size - at;
        if left == 0 {
            return Ok(Next::End);
        }
        self.position = self.size;
        self.bytes.clear();
        (&mut self.file).take(LENGTH_END as u64).read_to_end(&mut self.bytes)?;
        let length = self.bytes.get(LENGTH_END - 4..).and_then(|bytes| bytes.first_chunk().copied());
        let length = u64::try_from(length.map_or(-1, i32::from_be_bytes)).unwrap_or(u64::MAX);
        if length <= left.saturating_sub(LENGTH_END as u64) && length > 0 {
            (&mut self.file).take(length).read_to_end(&mut self.bytes)?;
            if RecordBatch::new(&self.bytes).is_some() {
                self.position = at + self.bytes.len() as u64;
                let batch = RecordBatch::new(&self.bytes).expect("looked at above");
                return Ok(Next::Batch(at, batch));
            }
        }
        Ok(if self.all_zeros()? { Next::Zeros(at) } else { Next::Garbage(at) })
    }

    fn all_zeros(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 64 * 1024];
        let mut zeros = self.bytes.iter().all(|&byte| byte == 0);
        while zeros {
            match self.file.read(&mut chunk)? {
                0 => break,
                count => zeros = chunk[..count].iter().all(|&byte| byte == 0),
            }
        }
        Ok(zeros)
    }
}

/// Prints and checks all batches.
pub(super) fn dump<R: Read>(
    printer: &mut Printer,
    batches: &mut Batches<R>,
    decoder: Decoder,
    records: bool,
) -> Result<()> {
    let mut next_offset = Offset(i64::MIN);
    let size = batches.size;
    loop {
        match batches.next()? {
            Next::End => return Ok(()),
            Next::Zeros(at) => {
                return printer.line(
                    || format!("position: {at} {} bytes of zeros to the end", size - at),
                    || json!({ "position": at, "zeros": size - at }),
                );
            }
            Next::Garbage(at) => {
                return printer.problem(&format!("at position {at}: the {} bytes to the end are no batch", size - at));
            }
            Next::Batch(at, batch) => {
                let valid = batch.crc_is_valid();
                print_header(printer, at, &batch, valid)?;
                if !valid {
                    printer.problem(&format!("at position {at}: the checksum is wrong"))?;
                }
                if batch.base_offset < next_offset {
                    let problem = format!("at position {at}: offset {} after {}", batch.base_offset, next_offset.0 - 1);
                    printer.problem(&problem)?;
                }
                next_offset = batch.next_offset();
                print_records(printer, at, &batch, decoder, records)?;
            }
        }
    }
}

fn print_header(printer: &mut Printer, at: u64, batch: &BatchHeader, valid: bool) -> Result<()> {
    let codec = batch.attributes.compression().map_or("unknown", CompressionType::name);
    let time = timestamp_type(batch);
    let delete_horizon = batch.delete_horizon();
    printer.line(
        || {
            let horizon =
                delete_horizon.map_or_else(|| "OptionalLong.empty".to_owned(), |t| format!("OptionalLong[{t}]"));
            format!(
                "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} \
                 producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: \
                 {horizon} position: {at} {time}: {} size: {} magic: 2 compresscodec: {codec} crc: {} isvalid: {valid}",
                batch.base_offset,
                batch.last_offset(),
                batch.record_count,
                batch.base_sequence,
                batch.last_sequence(),
                batch.producer_id,
                batch.producer_epoch,
                batch.partition_leader_epoch,
                batch.attributes.is_transactional(),
                batch.attributes.is_control(),
                batch.max_timestamp,
                batch.size(),
                batch.crc,
            )
        },
        || {
            json!({
                "base_offset": batch.base_offset.0,
                "last_offset": batch.last_offset().0,
                "count": batch.record_count,
                "base_sequence": batch.base_sequence,
                "last_sequence": batch.last_sequence(),
                "producer_id": batch.producer_id.0,
                "producer_epoch": batch.producer_epoch.0,
                "partition_leader_epoch": batch.partition_leader_epoch.0,
                "transactional": batch.attributes.is_transactional(),
                "control": batch.attributes.is_control(),
                "delete_horizon": delete_horizon.map(|time| time.0),
                "position": at,
                "timestamp_type": time,
                "max_timestamp": batch.max_timestamp.0,
                "size": batch.size(),
                "compression": codec,
                "crc": batch.crc,
                "valid": valid,
            })
        },
    )
}

fn timestamp_type(batch: &BatchHeader) -> &'static str {
    match batch.attributes.timestamp_type() {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    }
}

/// Reads the records of a batch, prints them if that is wanted, and says if they cannot be read.
fn print_records(printer: &mut Printer, at: u64, batch: &RecordBatch<'_>, decoder: Decoder, print: bool) -> Result<()> {
    let body = match batch.decompress(DECOMPRESSED_SIZE_MAX) {
        Ok(body) => body,
        Err(error) => return printer.problem(&format!("at position {at}: the records cannot be read: {error}")),
    };
    for record in batch.records(&body) {
        match record {
            Err(error) => return printer.problem(&format!("at position {at}: the records cannot be read: {error}")),
            Ok(record) if print || batch.attributes.is_control() => print_record(printer, batch, &record, decoder)?,
            Ok(_) => {}
        }
    }
    Ok(())
}

fn print_record(printer: &mut Printer, batch: &RecordBatch<'_>, record: &Record<'_>, decoder: Decoder) -> Result<()> {
    let decoder = if batch.attributes.is_control() { Decoder::Control } else { decoder };
    let (key, value) = payload::decode(decoder, record);
    let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
    let header_keys: Vec<String> =
        record.headers.map(|header| String::from_utf8_lossy(header.key).into_owned()).collect();
    let time = timestamp_type(batch);
    printer.line(
        || {
            let mut line = format!(
                "| offset: {} {time}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
                record.offset,
                record.timestamp,
                size(record.key),
                size(record.value),
                record.sequence,
                header_keys.join(",")
            );
            for (name, text) in [("key", &key), ("payload", &value)] {
                if let Some(text) = text {
                    line.push_str(&format!(" {name}: {text}"));
                }
            }
            line
        },
        || {
            json!({
                "offset": record.offset.0,
                "timestamp": record.timestamp.0,
                "key_size": size(record.key),
                "value_size": size(record.value),
                "sequence": record.sequence,
                "header_keys": header_keys,
                "key": key,
                "payload": value,
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use protocol::{
        records::{BatchBuilder, Compression},
        types::Timestamp,
    };

    use super::*;

    fn batch(base: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(Compression::NONE).base_offset(Offset(base));
        builder.append(Timestamp(1), None, Some(b"v"), &[]);
        builder.build()
    }

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut batches = Batches::new(bytes, bytes.len() as u64);
        let mut found = Vec::new();
        loop {
            found.push(match batches.next().unwrap() {
                Next::Batch(at, batch) => format!("{} at {at}", batch.base_offset),
                Next::Zeros(at) => format!("zeros at {at}"),
                Next::Garbage(at) => format!("garbage at {at}"),
                Next::End => return found,
            });
        }
    }

    #[test]
    fn batches_are_read_to_where_there_are_no_more() {
        let two = [batch(0), batch(1)].concat();
        let size = two.len() / 2;
        assert_eq!(read(&two), ["0 at 0".to_owned(), format!("1 at {size}")]);
        let allocated = [two.as_slice(), &[0; 100_000]].concat();
        assert_eq!(read(&allocated)[2], format!("zeros at {}", 2 * size));
        let torn = &two[..two.len() - 1];
        assert_eq!(read(torn), ["0 at 0".to_owned(), format!("garbage at {size}")]);
        let late = [two.as_slice(), &[0; 100], b"x"].concat();
        assert_eq!(read(&late)[2], format!("garbage at {}", 2 * size));
        assert_eq!(read(&[]), [""; 0]);
    }
}
