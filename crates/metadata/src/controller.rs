//! The controller: requests decide on records, records change the state.
//!
//! ```text
//! request ──▶ handle(&self) ──▶ Outcome { records, response }
//!                                  │ append, sync            │ once the records are committed
//!                                  ▼                         ▼
//!             replay(&mut self, offset, record) ──▶ Delta    client
//! ```
//!
//! To decide changes nothing: every operation takes `&self`, and what it wants done is in the records of its
//! [`Outcome`]. They take effect when they are replayed, here and on every node that follows the log. An operation may
//! follow the replay of another's records before these are on disk, so thousands of requests share one sync; a
//! controller whose append failed holds what never happened, and is thrown away and built from the log again.
//!
//! One file per kind of request. Ids of new things are drawn by the caller and passed in.
//!
//! Source: Kafka `QuorumController` and its managers.

use std::collections::BTreeMap;

use protocol::types::{BrokerId, Offset};

use crate::{
    Delta, Image, MetadataRecord,
    config::{BrokerLayers, Overrides, ResourceType, alter::Standing},
    image::{ConfigResource, Loader, ReplayError},
};

pub mod alter_configs;
pub mod bootstrap;
pub mod brokers;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_topics;
pub mod features;
pub mod internal_topics;
mod leader_and_isr;
mod partition_change;
mod placement;
pub mod producer_ids;

pub use placement::PlacementError;

/// What an operation wants done, and what it answers once it is done.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing has happened before the records are appended and replayed"]
pub struct Outcome<R> {
    /// In this order; an empty list leaves nothing to wait for.
    pub records: Vec<MetadataRecord>,
    /// Whether the records must become visible together: one batch, or one transaction.
    pub atomic: bool,
    /// For whoever asked, once the records are committed.
    pub response: R,
}

impl<R> Outcome<R> {
    /// Records that belong together.
    fn atomic(records: Vec<MetadataRecord>, response: R) -> Self {
        Self { records, atomic: true, response }
    }

    /// The same with another response.
    pub fn map<S>(self, response: impl FnOnce(R) -> S) -> Outcome<S> {
        let Self { records, atomic, .. } = self;
        Outcome { records, atomic, response: response(self.response) }
    }
}

/// The state that decides.
#[derive(Clone, Debug)]
pub struct Controller {
    node_id: i32,
    file: Overrides,
    loader: Loader,
    /// Where each broker's present registration stands in the log.
    registered_at: BTreeMap<BrokerId, Offset>,
}

static NOTHING: Overrides = BTreeMap::new();

impl Controller {
    /// A controller that has replayed nothing yet. `file` is what the node's properties set.
    #[must_use]
    pub fn new(node_id: i32, file: Overrides) -> Self {
        Self { node_id, file, loader: Loader::default(), registered_at: BTreeMap::new() }
    }

    /// What has been replayed.
    #[must_use]
    pub fn image(&self) -> &Image {
        self.loader.image()
    }

    /// Applies the record at `offset`: one of an [`Outcome`] after it was appended, or one of the log at start. What
    /// changed is noted in `delta`.
    ///
    /// # Errors
    /// A record that contradicts what came before; the controller is of no further use then.
    pub fn replay(&mut self, offset: Offset, record: MetadataRecord, delta: &mut Delta) -> Result<(), ReplayError> {
        if let MetadataRecord::RegisterBroker(registration) = &record {
            self.registered_at.insert(registration.broker_id, offset);
        }
        self.loader.replay(offset, record, delta)
    }

    /// Where the open transaction began; `None` while none is open. A snapshot can only be taken while none is.
    #[must_use]
    pub fn transaction_began_at(&self) -> Option<Offset> {
        self.loader.transaction_began_at()
    }

    /// The configs of this node: of its file, and set over the wire.
    #[must_use]
    pub fn layers(&self) -> BrokerLayers<'_> {
        let of = |name: &str| {
            let resource = ConfigResource::new(ResourceType::Broker, name);
            self.image().configs.get(&resource).map_or(&NOTHING, |configs| &**configs)
        };
        BrokerLayers { per_broker: of(&self.node_id.to_string()), cluster_default: of(""), file: &self.file }
    }

    fn standing(&self) -> Standing<'_> {
        Standing { node_id: self.node_id, broker: self.layers(), elr_enabled: self.image().features.has_elr() }
    }
}

#[cfg(test)]
mod tests;
