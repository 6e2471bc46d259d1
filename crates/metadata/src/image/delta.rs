//! What a run of records changed between two images.
//!
//! It names the things, not the changes: whoever acts on it looks up what is true now in the image, and what was true
//! before in the one it had. Only of deleted topics it keeps what they were, since the new image knows them no more.
//!
//! Source: Kafka `MetadataDelta`, `TopicsDelta`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::types::{BrokerId, Uuid};

use super::{configs::ConfigResource, topics::TopicImage};

/// The names of what changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// Topics that were not there before.
    pub topics_created: BTreeSet<Uuid>,
    /// Topics that were there before and are not any more, as they were at the end.
    pub topics_deleted: BTreeMap<Uuid, Arc<TopicImage>>,
    /// Partitions that are new or have changed, by the id of their topic; none of deleted topics.
    pub partitions_changed: BTreeMap<Uuid, BTreeSet<i32>>,
    /// Resources of which a config was set or taken back.
    pub configs_changed: BTreeSet<ConfigResource>,
    /// Brokers that registered, changed, or are gone.
    pub brokers_changed: BTreeSet<BrokerId>,
    /// Whether a feature was finalized at another level.
    pub features_changed: bool,
}

impl Delta {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn topic_created(&mut self, id: Uuid) {
        self.topics_created.insert(id);
    }

    pub(super) fn topic_deleted(&mut self, topic: Arc<TopicImage>) {
        self.partitions_changed.remove(&topic.id);
        // Who never saw it come need not see it go.
        if !self.topics_created.remove(&topic.id) {
            self.topics_deleted.insert(topic.id, topic);
        }
    }

    pub(super) fn partition_changed(&mut self, topic: Uuid, partition: i32) {
        self.partitions_changed.entry(topic).or_default().insert(partition);
    }
}
