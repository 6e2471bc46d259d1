//! What a cleaning has to know of transactions: whose records count for nothing, and which markers say nothing any more.
//!
//! A transaction's batches stand before its marker, so whether one was aborted is known only behind it. Apache Kafka
//! looks it up in `.txnindex`. A cleaning here walks over the headers once before it begins, markers among them, which
//! needs no file to be right.
//!
//! A marker may go once nothing of its transaction is left in front of it; and not before `delete.retention.ms` has
//! passed since that was noticed, because a reader may be in between.
//!
//! Source: Kafka `CleanedTransactionMetadata`.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    records::{BatchHeader, RecordBatch},
    types::{Offset, ProducerId},
};

use crate::{producer_state::Marker, txn_index::AbortedTxn};

/// What becomes of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerFate {
    /// Something of its transaction is left, or it is no marker.
    Needed,
    /// Nothing of its transaction is left.
    Idle,
}

/// Follows the transactions of a log through a cleaning, told its batches in order.
#[derive(Clone, Debug, Default)]
pub struct CleanedTransactions {
    /// By first offset, those that were not met yet.
    to_come: Vec<AbortedTxn>,
    /// Of each producer: its aborted transaction that was met, and whether a batch of it was.
    aborted: BTreeMap<ProducerId, (AbortedTxn, bool)>,
    /// Producers of which a batch was met that a commit has to follow.
    committed: BTreeSet<ProducerId>,
    /// Aborted transactions of which something is left, for the index.
    left: Vec<AbortedTxn>,
}

impl CleanedTransactions {
    /// Begins at the start of a log with these aborted transactions.
    #[must_use]
    pub fn new(mut aborted: Vec<AbortedTxn>) -> Self {
        aborted.sort_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self { to_come: aborted, ..Self::default() }
    }

    fn meet(&mut self, up_to: Offset) {
        while let Some(next) = self.to_come.pop_if(|next| next.first_offset <= up_to) {
            self.aborted.entry(next.producer_id).or_insert((next, false));
        }
    }

    /// A batch of records is next: whether it was aborted.
    pub fn is_aborted(&mut self, header: &BatchHeader) -> bool {
        self.meet(header.last_offset());
        if !header.attributes.is_transactional() {
            return false;
        }
        match self.aborted.get_mut(&header.producer_id) {
            Some((_, met)) => {
                *met = true;
                true
            }
            None => {
                self.committed.insert(header.producer_id);
                false
            }
        }
    }

    /// A control batch is next: what becomes of it.
    pub fn marker_fate(&mut self, batch: &RecordBatch<'_>) -> MarkerFate {
        self.meet(batch.last_offset());
        if batch.record_count == 0 {
            // What a cleaning has left of one.
            return MarkerFate::Idle;
        }
        match Marker::of(batch) {
            Some(marker) if marker.commit => {
                if self.committed.remove(&batch.producer_id) {
                    MarkerFate::Needed
                } else {
                    MarkerFate::Idle
                }
            }
            Some(_) => match self.aborted.remove(&batch.producer_id) {
                Some((transaction, true)) => {
                    self.left.push(transaction);
                    MarkerFate::Needed
                }
                _ => MarkerFate::Idle,
            },
            None => MarkerFate::Needed,
        }
    }

    /// The aborted transactions that ended since the last call and of which something is left.
    pub fn take_left(&mut self) -> Vec<AbortedTxn> {
        std::mem::take(&mut self.left)
    }
}
