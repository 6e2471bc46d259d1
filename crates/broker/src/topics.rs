//! The topics that this node holds, and how a request finds a partition.
//!
//! What exists is the metadata image's to say; this table follows it, change by change, and adds what the image does not
//! have: the partition itself, with its log. A lookup takes one read lock and copies one reference out.
//!
//! Source: Kafka `ReplicaManager.allPartitions`, `LogManager`.

use std::sync::Arc;

use indexmap::IndexMap;
use parking_lot::RwLock;
use protocol::{
    ErrorCode,
    types::{Str, Uuid},
};
use replication::fetch_session::TopicKey;

use crate::partition::Partition;

type Map<K, V> = IndexMap<K, V, foldhash::fast::FixedState>;

/// One topic. Its partitions are held here, and those that were added later follow.
#[derive(Debug)]
pub struct Topic {
    /// Its name.
    pub name: Arc<str>,
    /// Its id.
    pub id: Uuid,
    /// By index; `None` where the log could not be opened.
    pub partitions: Vec<Option<Arc<Partition>>>,
}

#[derive(Debug, Default)]
struct Table {
    by_name: Map<Arc<str>, Arc<Topic>>,
    by_id: Map<Uuid, Arc<Topic>>,
}

/// The topics of a node.
#[derive(Debug, Default)]
pub struct Topics(RwLock<Table>);

impl Topics {
    /// The partition that a request names.
    ///
    /// # Errors
    /// UNKNOWN_TOPIC_OR_PARTITION; for a topic id that nobody has, UNKNOWN_TOPIC_ID; KAFKA_STORAGE_ERROR where the log
    /// could not be opened.
    pub fn find(&self, topic: &TopicKey, partition: i32) -> Result<Arc<Partition>, ErrorCode> {
        let table = self.0.read();
        let topic = match topic {
            TopicKey::Name(name) => table.by_name.get(name.as_str()).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?,
            TopicKey::Id(id) => table.by_id.get(id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?,
        };
        let index = usize::try_from(partition).map_err(|_| ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        let partition = topic.partitions.get(index).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        partition.clone().ok_or(ErrorCode::KAFKA_STORAGE_ERROR)
    }

    /// The topic of a name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<Topic>> {
        self.0.read().by_name.get(name).cloned()
    }

    /// The topic of a name as requests carry it.
    #[must_use]
    pub fn by_str(&self, name: &Str<'_>) -> Option<Arc<Topic>> {
        self.by_name(name.as_str()?)
    }

    /// The topic of an id.
    #[must_use]
    pub fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.0.read().by_id.get(&id).cloned()
    }

    /// All topics, in no order that means anything.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Topic>> {
        self.0.read().by_name.values().cloned().collect()
    }

    /// All partitions whose log is open.
    #[must_use]
    pub fn partitions(&self) -> Vec<Arc<Partition>> {
        self.0.read().by_name.values().flat_map(|topic| topic.partitions.iter().flatten().cloned()).collect()
    }

    /// Adds a topic, or takes its place with more partitions.
    pub fn put(&self, topic: Topic) {
        let topic = Arc::new(topic);
        let mut table = self.0.write();
        if let Some(old) = table.by_name.insert(Arc::clone(&topic.name), Arc::clone(&topic))
            && old.id != topic.id
        {
            table.by_id.swap_remove(&old.id);
        }
        table.by_id.insert(topic.id, topic);
    }

    /// Takes a topic out.
    pub fn remove(&self, id: Uuid) -> Option<Arc<Topic>> {
        let mut table = self.0.write();
        let topic = table.by_id.swap_remove(&id)?;
        if table.by_name.get(&topic.name).is_some_and(|named| named.id == id) {
            table.by_name.swap_remove(&topic.name);
        }
        Some(topic)
    }
}
