//! AllocateProducerIds: a broker asks for a block of ids, and hands them out to producers one by one.
//!
//! A block that was given and not used up is lost with the broker: ids are plenty, and none is ever given twice.
//!
//! Source: KIP-730; Kafka `ProducerIdControlManager`.

use std::{fmt, ops::Range};

use protocol::{ErrorCode, stored::metadata::ProducerIdsRecord, types::BrokerId};

use super::{Controller, Outcome, brokers::StaleBrokerEpoch};

/// How many ids a block has.
pub const BLOCK_SIZE: i64 = 1000;

/// Why a broker gets no ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllocateProducerIdsError {
    /// Another incarnation of the broker is registered.
    Broker(StaleBrokerEpoch),
    /// All are given out.
    Exhausted,
}

impl AllocateProducerIdsError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Broker(error) => error.code(),
            Self::Exhausted => ErrorCode::UNKNOWN_SERVER_ERROR,
        }
    }
}

impl fmt::Display for AllocateProducerIdsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker(error) => error.fmt(f),
            Self::Exhausted => f.write_str("all producer ids are given out"),
        }
    }
}

impl std::error::Error for AllocateProducerIdsError {}

impl Controller {
    /// Decides on the next block for a broker: the ids in it.
    ///
    /// # Errors
    /// A broker that is not registered with this epoch; no ids left.
    pub fn allocate_producer_ids(
        &self,
        broker_id: BrokerId,
        broker_epoch: i64,
    ) -> Result<Outcome<Range<i64>>, AllocateProducerIdsError> {
        self.check_epoch(broker_id, broker_epoch).map_err(AllocateProducerIdsError::Broker)?;
        let first = self.image().next_producer_id.map_or(0, |next| next.id);
        let next = first.checked_add(BLOCK_SIZE).ok_or(AllocateProducerIdsError::Exhausted)?;
        let record = ProducerIdsRecord { broker_id, broker_epoch, next_producer_id: next };
        Ok(Outcome::atomic(vec![record.into()], first..next))
    }
}
