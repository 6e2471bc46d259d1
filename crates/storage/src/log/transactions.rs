//! Which transactions were aborted, for readers of committed data.
//!
//! A segment's list is in memory while it grows, and in its `.txnindex` from then on. A list that is missing where there
//! are markers, or that cannot be right, is made anew: from the snapshot of the producers at or before the segment, its
//! transactions are followed to its end.
//!
//! Source: Kafka `LogSegment.updateTxnIndex`, `LocalLog.addAbortedTransactions`.

use std::sync::Arc;

use protocol::{records::RecordBatch, types::Offset};

use super::{DiskError, Log, LogRead, ReadError};
use crate::{
    disk::read_file,
    names::{FileName, Kind, parse_file_name},
    producer_state::{Marker, ProducerStates},
    scan::{Step, Walk},
    segment::{Aborted, Segment},
    txn_index::{self, AbortedTxn},
};

/// A list of more entries than this is none of ours.
const FILE_MAX: u64 = 1 << 30;

impl Log {
    /// The aborted transactions that somebody has to know who reads `read` and leaves their records out.
    ///
    /// # Arguments
    /// - `until`: the last stable offset that bounded the read.
    ///
    /// # Errors
    /// [`ReadError::Offline`].
    pub fn aborted_transactions(&self, read: &LogRead, until: Offset) -> Result<Vec<AbortedTxn>, ReadError> {
        let mut found = Vec::new();
        let Some(first) = self.segment_of(read.base) else { return Ok(found) };
        let behind = read.range.position + read.range.len;
        let bound = self.on_disk(self.segments[first].offset_behind(&self.shared, &self.dir, behind))?;
        let bound = bound.unwrap_or_else(|| self.next_base(first)).min(until);
        for at in first..self.segments.len() {
            let aborted = self.on_disk(self.aborted_in(at))?;
            for entry in aborted.iter() {
                if entry.last_offset >= read.base && entry.first_offset < bound {
                    found.push(*entry);
                }
                if entry.last_stable_offset >= bound {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Where the segment after this one begins, or would.
    fn next_base(&self, at: usize) -> Offset {
        self.segments.get(at + 1).map_or(self.end, |next| next.base)
    }

    /// The transactions whose abort marker is in a segment.
    pub(super) fn aborted_in(&self, at: usize) -> Result<Arc<[AbortedTxn]>, DiskError> {
        match &self.segments[at].aborted {
            Aborted::Held(aborted) => Ok(aborted.as_slice().into()),
            Aborted::Stored(slot) => self.shared.aborted.get(slot, || match self.read_txn_index(at)? {
                Some(aborted) => Ok(aborted.into()),
                None => {
                    let followed = self.follow_transactions(at, at + 1, &self.list_snapshots()?)?;
                    Ok(followed.into_iter().flatten().collect())
                }
            }),
            Aborted::Unknown => Ok([].into()),
        }
    }

    /// What a segment's `.txnindex` says: nothing if it is missing, `None` if it cannot be believed.
    pub(super) fn read_txn_index(&self, at: usize) -> Result<Option<Vec<AbortedTxn>>, DiskError> {
        let base = self.segments[at].base;
        match read_file(&*self.shared.disk, &Kind::TxnIndex.path(&self.dir, base), FILE_MAX) {
            Ok(bytes) => {
                Ok(txn_index::from_bytes(&bytes).filter(|list| txn_index::fits(list, &(base..self.next_base(at)))))
            }
            Err(error) if error.is_missing() => Ok(Some(Vec::new())),
            Err(error) if error.source.kind() == std::io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list_snapshots(&self) -> Result<Vec<Offset>, DiskError> {
        let names = self.shared.disk.list(&self.dir)?;
        let snapshots = names.iter().filter_map(|entry| match parse_file_name(&entry.name) {
            FileName::Segment(offset, Kind::Snapshot) => Some(offset),
            _ => None,
        });
        Ok(snapshots.collect())
    }

    /// Makes the lists of the segments that were walked over when the log was opened, or takes them from their files
    /// where they were taken up again.
    pub(super) fn load_aborted(&mut self, snapshots: &[Offset]) -> Result<(), DiskError> {
        for at in 0..self.segments.len() {
            if self.segments[at].is_resumed
                && let Some(aborted) = self.read_txn_index(at)?
            {
                self.segments[at].aborted = Aborted::Held(aborted);
            }
        }
        let is_unknown = |segment: &Segment| matches!(segment.aborted, Aborted::Unknown);
        let Some(first) = self.segments.iter().position(is_unknown) else { return Ok(()) };
        let has_markers = |segment: &Segment| segment.has_markers || segment.is_resumed;
        let mut followed = if self.segments[first..].iter().any(|segment| is_unknown(segment) && has_markers(segment)) {
            self.follow_transactions(first, self.segments.len(), snapshots)?
        } else {
            vec![Vec::new(); self.segments.len() - first]
        };
        for (segment, aborted) in self.segments[first..].iter_mut().zip(followed.drain(..)) {
            if is_unknown(segment) {
                segment.aborted = Aborted::Held(aborted);
            }
        }
        Ok(())
    }

    /// Follows the transactions over the segments `first..end`; the aborted ones that end in each.
    fn follow_transactions(
        &self,
        first: usize,
        end: usize,
        snapshots: &[Offset],
    ) -> Result<Vec<Vec<AbortedTxn>>, DiskError> {
        let snapshot = self.load_snapshot(snapshots, self.segments[first].base, &mut Vec::new())?;
        let (from, mut producers) = snapshot.unwrap_or((Offset::ZERO, ProducerStates::default()));
        let begin = self.segment_of(from).unwrap_or(0);
        let mut followed = Vec::new();
        for (at, segment) in self.segments.iter().enumerate().take(end).skip(begin) {
            let mut aborted = Vec::new();
            let file = segment.file(&self.shared, &self.dir)?;
            let mut walk = Walk::headers(&*file, 0, segment.size);
            while let Step::Batch(found) = walk.step()? {
                if found.header.base_offset < from || !found.header.has_producer_id() {
                    continue;
                }
                let is_control = found.header.attributes.is_control();
                let marker =
                    if is_control { RecordBatch::new(&walk.read(&found)?).as_ref().and_then(Marker::of) } else { None };
                aborted.extend(producers.apply(&found.header, marker));
            }
            if at >= first {
                followed.push(aborted);
            }
        }
        Ok(followed)
    }
}
