//! Record batches: what producers send, disks hold and consumers fetch, the same bytes in all three places.
//!
//! A batch of format v2 is a header of 61 bytes and a body of records, which may be compressed as a whole:
//!
//! ```text
//!      0             8       12        16      17    21           23                  27
//!      ┌─────────────┬───────┬─────────┬───────┬─────┬────────────┬───────────────────┬─ ─ ─
//!      │ base offset │ batch │ leader  │ magic │ CRC │ attributes │ last offset delta │
//!      │             │ length│ epoch   │  = 2  │     │            │                   │
//!      └─────────────┴───────┴─────────┴───────┴─────┴────────────┴───────────────────┴─ ─ ─
//!      ╰──── the broker's: placement ──╯             ╰──── the producer's: CRC-32C covers it, to the end ─ ─ ─
//!
//!       27               35              43            51               53              57             61
//!  ─ ─ ─┬────────────────┬───────────────┬─────────────┬────────────────┬───────────────┬──────────────┬─ ─ ─ ─ ─
//!       │ base timestamp │ max timestamp │ producer id │ producer epoch │ base sequence │ record count │ records
//!  ─ ─ ─┴────────────────┴───────────────┴─────────────┴────────────────┴───────────────┴──────────────┴─ ─ ─ ─ ─
//!
//! attributes   0–2 compression   3 LogAppendTime   4 transactional   5 control   6 base timestamp is delete horizon
//!
//! record       length · attributes · timestamp delta · offset delta · key · value · header count · (key · value)*
//!              all lengths, deltas and counts zigzag varints; a length of -1 is null
//! ```
//!
//! The trap and the point of this layout: what a leader decides (base offset, leader epoch) stands *before* the CRC and
//! outside of it, and everything inside a batch is relative to it. So a batch is stored as it came, with sixteen bytes
//! changed, and is checked against the checksum that the producer made, all the way to the consumer.
//!
//! - [`batch`]: the header, views over batches, the patches a broker makes.
//! - [`record`]: the records of an uncompressed body.
//! - [`compression`]: the codecs, bounded when they decompress.
//! - [`builder`]: batches made here.
//! - [`control`]: the kinds of records that are not for consumers.
//! - [`validate`]: what a leader asks of a batch before it takes it.
//!
//! Source: Kafka `DefaultRecordBatch`, `DefaultRecord`; KIP-98 (format v2), KIP-534 (delete horizon).

mod attributes;
pub mod batch;
pub mod builder;
pub mod compression;
pub mod control;
pub mod record;
pub mod validate;

pub use attributes::{Attributes, TimestampType};
pub use batch::{BatchError, BatchHeader, HEADER_SIZE, RecordBatch, next_batch};
pub use builder::BatchBuilder;
pub use compression::{Compression, CompressionType, DecompressError};
pub use control::ControlRecordType;
pub use record::{Header, Headers, Record, RecordError, Records};
pub use validate::{Rules, Validated, ValidationPolicy, validate_produce};

#[cfg(test)]
mod tests;
