//! The transaction index of a segment: which transactions were aborted by a marker that lies in it.
//!
//! A consumer that reads committed data gets the records of aborted transactions too, with a list of these, and leaves
//! them out by itself. The file is there only if there is something in it; an entry has 34 bytes, big-endian:
//!
//! ```text
//! version i16 = 0 │ producer i64 │ first offset i64 │ last offset i64 │ last stable offset i64
//! ```
//!
//! The first offset is that of the transaction's first batch, which may lie in an earlier segment; the last is the
//! marker's. The last stable offset is the log's when the marker came, so a reader that stays below it needs no later
//! entry.
//!
//! Source: Kafka `TransactionIndex`, `AbortedTxn`; KIP-98.

use protocol::types::{Offset, OffsetRange, ProducerId};

/// Size of an entry in bytes.
pub const ENTRY_SIZE: usize = 34;

/// A transaction that was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTxn {
    /// Whose.
    pub producer_id: ProducerId,
    /// The offset of its first batch.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// Where the oldest transaction begins that was open when the marker came, or the offset after the marker.
    pub last_stable_offset: Offset,
}

/// The bytes of the file.
#[must_use]
pub fn to_bytes(aborted: &[AbortedTxn]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(aborted.len() * ENTRY_SIZE);
    for entry in aborted {
        bytes.extend_from_slice(&0i16.to_be_bytes());
        let numbers = [entry.producer_id.0, entry.first_offset.0, entry.last_offset.0, entry.last_stable_offset.0];
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_be_bytes()));
    }
    bytes
}

/// The entries of a file as they stand there; `None` if its size or a version is wrong.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Option<Vec<AbortedTxn>> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_SIZE>();
    let read = |entry: &[u8; ENTRY_SIZE]| {
        let number = |at: usize| i64::from_be_bytes(entry[at..at + 8].try_into().expect("8 bytes"));
        (entry[..2] == [0, 0]).then(|| AbortedTxn {
            producer_id: ProducerId(number(2)),
            first_offset: Offset(number(10)),
            last_offset: Offset(number(18)),
            last_stable_offset: Offset(number(26)),
        })
    };
    if rest.is_empty() { entries.iter().map(read).collect() } else { None }
}

/// Whether these can be the entries of a segment with these offsets.
pub(crate) fn fits(aborted: &[AbortedTxn], segment: &OffsetRange) -> bool {
    aborted.windows(2).all(|pair| pair[0].last_offset < pair[1].last_offset)
        && aborted.iter().all(|entry| {
            segment.contains(&entry.last_offset)
                && (Offset::ZERO..entry.last_offset).contains(&entry.first_offset)
                && (Offset::ZERO..=entry.last_offset.plus(1)).contains(&entry.last_stable_offset)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_is_kafkas() {
        let entry = AbortedTxn {
            producer_id: ProducerId(1),
            first_offset: Offset(2),
            last_offset: Offset(3),
            last_stable_offset: Offset(4),
        };
        let bytes = to_bytes(&[entry]);
        assert_eq!(
            bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at).collect::<Vec<_>>(),
            [9, 17, 25, 33]
        );
        assert!(fits(&[entry], &(Offset(3)..Offset(4))));
        assert!(!fits(&[entry], &(Offset(4)..Offset(9))), "it belongs to the segment before");
        assert!(!fits(&[entry, entry], &(Offset(0)..Offset(9))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_entries_or_are_refused(bytes: Vec<u8>) {
            if let Some(entries) = from_bytes(&bytes) {
                prop_assert_eq!(to_bytes(&entries), bytes);
            }
        }
    }
}
