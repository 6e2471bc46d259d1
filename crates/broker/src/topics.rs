//! The topics that this node holds, and how a request finds a partition.
//!
//! What exists is the metadata image's to say; this table follows it, change by change, and adds what the image does not
//! have: the partition itself, with its log. A lookup takes one read lock and copies one reference out.
//!
//! After a start the logs are not open yet: who asks for a partition opens it, and a thread opens the others meanwhile.
//! So the first answer does not wait for ten thousand logs.
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
    /// By index. Not all of their logs need be open yet, and some may have failed to be.
    pub partitions: Vec<Arc<Partition>>,
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
        let partition = Arc::clone(partition);
        drop(table);
        if partition.open() { Ok(partition) } else { Err(ErrorCode::KAFKA_STORAGE_ERROR) }
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
        let table = self.0.read();
        let partitions = table.by_name.values().flat_map(|topic| &topic.partitions);
        partitions.filter(|partition| partition.is_open()).cloned().collect()
    }

    /// All partitions, with their logs open or not.
    #[must_use]
    pub fn all_partitions(&self) -> Vec<Arc<Partition>> {
        self.0.read().by_name.values().flat_map(|topic| topic.partitions.iter().cloned()).collect()
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
