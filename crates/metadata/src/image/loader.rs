//! Replays the metadata log in its order, and holds back the records of a transaction until its end.
//!
//! A controller that has more to say than fits a batch wraps it: Begin, records, End (KIP-868). What stands between
//! counts at the End and not before; an Abort, or a new controller that aborts in its stead, drops it.
//!
//! Source: Kafka `MetadataBatchLoader`.

use protocol::types::Offset;

use super::{Delta, Image, ReplayError};
use crate::MetadataRecord;

/// The state of a replay.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    image: Image,
    transaction: Option<Transaction>,
}

#[derive(Clone, Debug)]
struct Transaction {
    began_at: Offset,
    held_back: Vec<MetadataRecord>,
}

impl Loader {
    /// The image of all records that count so far.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Where the open transaction began; `None` while none is open. A snapshot can only be taken while none is.
    #[must_use]
    pub fn transaction_began_at(&self) -> Option<Offset> {
        self.transaction.as_ref().map(|transaction| transaction.began_at)
    }

    /// Applies the record at `offset`, or holds it back, and notes in `delta` what changed.
    ///
    /// # Errors
    /// A record that contradicts what came before; the loader is of no further use then.
    pub fn replay(&mut self, offset: Offset, record: MetadataRecord, delta: &mut Delta) -> Result<(), ReplayError> {
        match (record, self.transaction.as_mut()) {
            (MetadataRecord::BeginTransaction(_), None) => {
                self.transaction = Some(Transaction { began_at: offset, held_back: Vec::new() });
            }
            (MetadataRecord::EndTransaction(_), Some(transaction)) => {
                let held_back = std::mem::take(&mut transaction.held_back);
                self.transaction = None;
                for record in held_back {
                    self.image.replay(record, delta)?;
                }
            }
            (MetadataRecord::AbortTransaction(_), Some(_)) => self.transaction = None,
            (record @ MetadataRecord::BeginTransaction(_), Some(_)) => {
                return Err(ReplayError::Transaction { record: record.name() });
            }
            (record, Some(transaction)) => transaction.held_back.push(record),
            (record, None) => self.image.replay(record, delta)?,
        }
        Ok(())
    }
}
