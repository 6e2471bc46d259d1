//! The cluster as the metadata log describes it, at one offset.
//!
//! An [`Image`] is what all records so far add up to. It shares its parts with the images before and after it: a clone
//! is a handful of reference counts, so whoever serves requests keeps one and is never disturbed by the next. Replaying
//! a record changes the image and notes in a [`Delta`] what it touched. Written out as records again it is a snapshot,
//! and these records replayed give the same image.
//!
//! Source: Kafka `MetadataImage`, `MetadataDelta`.

use std::{fmt, sync::Arc};

use protocol::types::{BrokerId, Uuid};
use rpds::RedBlackTreeMapSync;

use crate::{MetadataRecord, MetadataVersion};

pub mod cluster;
pub mod configs;
pub mod delta;
pub mod features;
pub mod kept;
pub mod loader;
pub mod topics;

pub use cluster::{BrokerRegistration, ClusterImage, ControllerRegistration, Listener, SupportedFeatures};
pub use configs::{ConfigResource, Configs, ConfigsImage};
pub use delta::Delta;
pub use features::FeaturesImage;
pub use kept::KeptImage;
pub use loader::Loader;
pub use topics::{LeaderRecoveryState, PartitionImage, TopicImage, TopicsImage};

/// Everything the metadata log says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Finalized levels.
    pub features: Arc<FeaturesImage>,
    /// Brokers and controllers.
    pub cluster: Arc<ClusterImage>,
    /// Topics and partitions.
    pub topics: TopicsImage,
    /// Configs set over the wire.
    pub configs: ConfigsImage,
    /// All producer ids below this one are given out; `None` before the first block was.
    pub next_producer_id: Option<NextProducerId>,
    /// What is only kept.
    pub kept: Arc<KeptImage>,
}

/// How far producer ids are given out, and to whom the last block went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextProducerId {
    /// The first id that nobody has.
    pub id: i64,
    /// The broker that got the block before it.
    pub broker_id: BrokerId,
    /// Its epoch.
    pub broker_epoch: i64,
}

impl Image {
    /// The level that records are written at: the finalized one, or the lowest before there is one.
    #[must_use]
    pub fn metadata_version(&self) -> MetadataVersion {
        self.features.metadata_version.unwrap_or(MetadataVersion::MIN)
    }

    /// Applies one record and notes in `delta` what it touched. The records of a transaction have to be held back until
    /// its end; [`Loader`] does that.
    ///
    /// # Errors
    /// A record that contradicts the image, which no correct controller writes. The image may then hold a part of it
    /// and must be thrown away.
    pub fn replay(&mut self, record: MetadataRecord, delta: &mut Delta) -> Result<(), ReplayError> {
        match record {
            MetadataRecord::RegisterBroker(r) => Arc::make_mut(&mut self.cluster).replay_register(r, delta),
            MetadataRecord::UnregisterBroker(r) => Arc::make_mut(&mut self.cluster).replay_unregister(&r, delta)?,
            MetadataRecord::BrokerRegistrationChange(r) => {
                Arc::make_mut(&mut self.cluster).replay_change(r, delta)?;
            }
            MetadataRecord::FenceBroker(r) => {
                Arc::make_mut(&mut self.cluster).replay_fenced(r.id, r.epoch, true, delta)?;
            }
            MetadataRecord::UnfenceBroker(r) => {
                Arc::make_mut(&mut self.cluster).replay_fenced(r.id, r.epoch, false, delta)?;
            }
            MetadataRecord::RegisterController(r) => Arc::make_mut(&mut self.cluster).replay_controller(&r),
            MetadataRecord::Topic(r) => self.topics.replay_topic(r, delta)?,
            MetadataRecord::Partition(r) => self.topics.replay_partition(r, delta)?,
            MetadataRecord::PartitionChange(r) => self.topics.replay_change(r, delta)?,
            MetadataRecord::ClearElr(r) => self.topics.replay_clear_elr(&r, delta)?,
            MetadataRecord::RemoveTopic(r) => {
                let topic = self.topics.replay_remove(r.topic_id, delta)?;
                self.configs.forget_topic(&topic.name, delta);
            }
            MetadataRecord::Config(r) => self.configs.replay(&r, delta)?,
            MetadataRecord::FeatureLevel(r) => Arc::make_mut(&mut self.features).replay(&r, delta),
            MetadataRecord::ProducerIds(r) => {
                self.next_producer_id = Some(NextProducerId {
                    id: r.next_producer_id,
                    broker_id: r.broker_id,
                    broker_epoch: r.broker_epoch,
                });
            }
            MetadataRecord::ClientQuota(r) => Arc::make_mut(&mut self.kept).replay_quota(r),
            MetadataRecord::AccessControlEntry(r) => Arc::make_mut(&mut self.kept).replay_acl(r),
            MetadataRecord::RemoveAccessControlEntry(r) => Arc::make_mut(&mut self.kept).replay_remove_acl(&r),
            MetadataRecord::UserScramCredential(r) => Arc::make_mut(&mut self.kept).replay_scram(r),
            MetadataRecord::RemoveUserScramCredential(r) => Arc::make_mut(&mut self.kept).replay_remove_scram(r),
            MetadataRecord::DelegationToken(r) => Arc::make_mut(&mut self.kept).replay_token(r),
            MetadataRecord::RemoveDelegationToken(r) => Arc::make_mut(&mut self.kept).replay_remove_token(&r),
            // How far a migration from ZooKeeper was is of no interest to anybody since Kafka 4.0.
            MetadataRecord::NoOp(_) | MetadataRecord::ZkMigrationState(_) => {}
            record @ (MetadataRecord::BeginTransaction(_)
            | MetadataRecord::EndTransaction(_)
            | MetadataRecord::AbortTransaction(_)) => {
                return Err(ReplayError::Transaction { record: record.name() });
            }
        }
        Ok(())
    }

    /// The records of a snapshot: replayed into an empty image they give this one. The features come first, so that a
    /// reader knows the level before anything else.
    #[must_use]
    pub fn to_records(&self) -> Vec<MetadataRecord> {
        let mut records = Vec::new();
        self.features.write(&mut records);
        self.cluster.write(&mut records);
        self.topics.write(self.metadata_version(), &mut records);
        self.configs.write(&mut records);
        if let Some(next) = self.next_producer_id {
            records.push(
                protocol::stored::metadata::ProducerIdsRecord {
                    broker_id: next.broker_id,
                    broker_epoch: next.broker_epoch,
                    next_producer_id: next.id,
                }
                .into(),
            );
        }
        self.kept.write(&mut records);
        records
    }
}

/// Whether two maps hold the same in the same order; the map's own comparison asks for hashes or looks up each key.
fn ordered_eq<K: Ord + PartialEq, V: PartialEq>(a: &RedBlackTreeMapSync<K, V>, b: &RedBlackTreeMapSync<K, V>) -> bool {
    a.size() == b.size() && a.iter().eq(b.iter())
}

/// Why a record cannot be applied to the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayError {
    /// A topic of this name is there already.
    TopicExists {
        /// The name.
        name: String,
    },
    /// A topic of this id is there already.
    TopicIdExists {
        /// The id.
        id: Uuid,
    },
    /// No topic has this id.
    UnknownTopic {
        /// The id.
        id: Uuid,
    },
    /// No topic has this name.
    UnknownTopicName {
        /// The name.
        name: String,
    },
    /// The topic has no such partition.
    UnknownPartition {
        /// The topic.
        topic: Uuid,
        /// The partition.
        partition: i32,
    },
    /// No broker of this id is registered.
    UnknownBroker {
        /// The id.
        id: BrokerId,
    },
    /// The record speaks of another incarnation of the broker.
    BrokerEpoch {
        /// The broker.
        id: BrokerId,
        /// The epoch in the record.
        epoch: i64,
        /// The epoch that is registered.
        registered: i64,
    },
    /// A field has a value that means nothing.
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A transaction begins inside another, or ends without having begun.
    Transaction {
        /// The kind of record.
        record: &'static str,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopicExists { name } => write!(f, "there is a topic '{name}' already"),
            Self::TopicIdExists { id } => write!(f, "there is a topic with the id {id} already"),
            Self::UnknownTopic { id } => write!(f, "there is no topic with the id {id}"),
            Self::UnknownTopicName { name } => write!(f, "there is no topic '{name}'"),
            Self::UnknownPartition { topic, partition } => {
                write!(f, "the topic with the id {topic} has no partition {partition}")
            }
            Self::UnknownBroker { id } => write!(f, "broker {id} is not registered"),
            Self::BrokerEpoch { id, epoch, registered } => {
                write!(f, "broker {id} is registered with epoch {registered}, not {epoch}")
            }
            Self::Value { field, value } => write!(f, "{field} cannot be {value}"),
            Self::Transaction { record } => write!(f, "a {record} does not belong here"),
        }
    }
}

impl std::error::Error for ReplayError {}

#[cfg(test)]
mod tests;
