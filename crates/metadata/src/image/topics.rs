//! Topics and their partitions.
//!
//! Both maps share their structure between an image and the next one, so a clone costs nothing and a change costs the
//! path to it. A topic that changes is copied once for as long as somebody holds the old one.
//!
//! Source: Kafka `TopicsImage`, `TopicImage`, `PartitionRegistration`.

use std::{
    collections::{BTreeMap, btree_map},
    sync::Arc,
};

use protocol::{
    stored::metadata::{ClearElrRecord, PartitionChangeRecord, PartitionRecord, TopicRecord},
    types::{BrokerId, LeaderEpoch, Uuid},
};
use rpds::RedBlackTreeMapSync;

use super::{Delta, ReplayError, ordered_eq};
use crate::{MetadataRecord, MetadataVersion, topic_name};

/// No leader, in a record.
const NO_LEADER: BrokerId = BrokerId(-1);
/// The leader stays, in a change record.
const NO_LEADER_CHANGE: BrokerId = BrokerId(-2);

/// Where a partition stands after an election outside its ISR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaderRecoveryState {
    /// The leader was in sync when it was elected, or has recovered since.
    #[default]
    Recovered,
    /// The leader may lack records that were acknowledged.
    Recovering,
}

impl LeaderRecoveryState {
    /// The code in records.
    #[must_use]
    pub const fn code(self) -> i8 {
        match self {
            Self::Recovered => 0,
            Self::Recovering => 1,
        }
    }

    /// The state of a code; `None` for a code that Kafka does not have.
    #[must_use]
    pub const fn from_code(code: i8) -> Option<Self> {
        match code {
            0 => Some(Self::Recovered),
            1 => Some(Self::Recovering),
            _ => None,
        }
    }
}

/// Who holds a partition and who leads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionImage {
    /// The brokers that hold it; the first is the preferred leader.
    pub replicas: Vec<BrokerId>,
    /// The log directory of each replica, in the order of `replicas`; empty before metadata.version 17.
    pub directories: Vec<Uuid>,
    /// The replicas that hold everything below the high watermark. Empty once the last one has left.
    pub isr: Vec<BrokerId>,
    /// Replicas that a reassignment takes away.
    pub removing_replicas: Vec<BrokerId>,
    /// Replicas that a reassignment adds.
    pub adding_replicas: Vec<BrokerId>,
    /// Replicas outside the ISR that still hold everything that was acknowledged (KIP-966).
    pub eligible_leader_replicas: Vec<BrokerId>,
    /// While there is no leader: who was the last one.
    pub last_known_elr: Vec<BrokerId>,
    /// The leader; `None` while nobody may lead.
    pub leader: Option<BrokerId>,
    /// Whether the leader was elected from outside the ISR and may lack records.
    pub leader_recovery_state: LeaderRecoveryState,
    /// How often a leader was set.
    pub leader_epoch: LeaderEpoch,
    /// How often anything changed.
    pub partition_epoch: i32,
}

impl PartitionImage {
    fn from_record(record: PartitionRecord) -> Result<Self, ReplayError> {
        Ok(Self {
            isr: record.isr.into_iter().map(BrokerId).collect(),
            replicas: record.replicas,
            directories: record.directories,
            removing_replicas: record.removing_replicas,
            adding_replicas: record.adding_replicas,
            eligible_leader_replicas: record.eligible_leader_replicas.unwrap_or_default(),
            last_known_elr: record.last_known_elr.unwrap_or_default(),
            leader: (record.leader != NO_LEADER).then_some(record.leader),
            leader_recovery_state: recovery_state(record.leader_recovery_state)?,
            leader_epoch: record.leader_epoch,
            partition_epoch: record.partition_epoch,
        })
    }

    /// The record that says all of this, as much of it as the level can hold.
    #[must_use]
    pub fn to_record(&self, topic_id: Uuid, partition_id: i32, level: MetadataVersion) -> PartitionRecord {
        let some = |replicas: &Vec<BrokerId>| (level.has_elr() && !replicas.is_empty()).then(|| replicas.clone());
        PartitionRecord {
            partition_id,
            topic_id,
            replicas: self.replicas.clone(),
            isr: self.isr.iter().map(|broker| broker.0).collect(),
            removing_replicas: self.removing_replicas.clone(),
            adding_replicas: self.adding_replicas.clone(),
            leader: self.leader.unwrap_or(NO_LEADER),
            leader_recovery_state: self.leader_recovery_state.code(),
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            directories: if level.has_directories() { self.directories.clone() } else { Vec::new() },
            eligible_leader_replicas: some(&self.eligible_leader_replicas),
            last_known_elr: some(&self.last_known_elr),
        }
    }

    fn change(&mut self, record: PartitionChangeRecord) -> Result<(), ReplayError> {
        if record.leader_recovery_state != -1 {
            self.leader_recovery_state = recovery_state(record.leader_recovery_state)?;
        }
        let set = |field: &mut Vec<BrokerId>, value: Option<Vec<BrokerId>>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        set(&mut self.replicas, record.replicas);
        set(&mut self.isr, record.isr);
        set(&mut self.removing_replicas, record.removing_replicas);
        set(&mut self.adding_replicas, record.adding_replicas);
        set(&mut self.eligible_leader_replicas, record.eligible_leader_replicas);
        set(&mut self.last_known_elr, record.last_known_elr);
        if let Some(directories) = record.directories {
            self.directories = directories;
        }
        if record.leader != NO_LEADER_CHANGE {
            self.leader = (record.leader != NO_LEADER).then_some(record.leader);
            self.leader_epoch.0 = self.leader_epoch.0.wrapping_add(1);
        }
        self.partition_epoch = self.partition_epoch.wrapping_add(1);
        Ok(())
    }

    /// The directory of a replica on `broker`; `None` where none is assigned.
    #[must_use]
    pub fn directory(&self, broker: BrokerId) -> Option<Uuid> {
        let index = self.replicas.iter().position(|&replica| replica == broker)?;
        self.directories.get(index).copied()
    }
}

fn recovery_state(code: i8) -> Result<LeaderRecoveryState, ReplayError> {
    LeaderRecoveryState::from_code(code)
        .ok_or(ReplayError::Value { field: "LeaderRecoveryState", value: i64::from(code) })
}

/// A topic with its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicImage {
    /// The name.
    pub name: Arc<str>,
    /// The id, which a topic made anew under the same name does not share.
    pub id: Uuid,
    /// The partitions by their index: from 0, without a gap, once the batch that made the topic is replayed.
    pub partitions: BTreeMap<i32, PartitionImage>,
}

/// All topics.
#[derive(Clone, Debug, Default)]
pub struct TopicsImage {
    by_id: RedBlackTreeMapSync<Uuid, Arc<TopicImage>>,
    ids: RedBlackTreeMapSync<Arc<str>, Uuid>,
    /// The names by [`topic_name::collision_key`]; only those that have one.
    colliding: RedBlackTreeMapSync<String, Vec<Arc<str>>>,
}

impl PartialEq for TopicsImage {
    fn eq(&self, other: &Self) -> bool {
        ordered_eq(&self.by_id, &other.by_id) && ordered_eq(&self.ids, &other.ids)
    }
}

impl TopicsImage {
    /// The topic of a name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<TopicImage>> {
        self.by_id(*self.ids.get(name)?)
    }

    /// The topic of an id.
    #[must_use]
    pub fn by_id(&self, id: Uuid) -> Option<&Arc<TopicImage>> {
        self.by_id.get(&id)
    }

    /// The id of the topic of a name.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<Uuid> {
        self.ids.get(name).copied()
    }

    /// A topic whose name differs from `name` in `.` and `_` only, or is `name`.
    #[must_use]
    pub fn colliding_with(&self, name: &str) -> Option<&Arc<str>> {
        self.colliding.get(&topic_name::collision_key(name)?)?.first()
    }

    /// All topics by their names, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TopicImage>> {
        self.ids.values().filter_map(|id| self.by_id.get(id))
    }

    /// All topics whose name is not below `name`, ascending: where a listing goes on.
    pub fn iter_from(&self, name: &str) -> impl Iterator<Item = &Arc<TopicImage>> {
        use std::ops::Bound::{Included, Unbounded};
        self.ids.range::<str, _>((Included(name), Unbounded)).filter_map(|(_, id)| self.by_id.get(id))
    }

    /// The number of topics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.size()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn replay_topic(&mut self, record: TopicRecord<'_>, delta: &mut Delta) -> Result<(), ReplayError> {
        let name: Arc<str> = record.name.to_text().into();
        if self.ids.contains_key(&name) {
            return Err(ReplayError::TopicExists { name: name.to_string() });
        }
        if self.by_id.contains_key(&record.topic_id) {
            return Err(ReplayError::TopicIdExists { id: record.topic_id });
        }
        let topic = TopicImage { name: name.clone(), id: record.topic_id, partitions: BTreeMap::new() };
        self.by_id.insert_mut(topic.id, Arc::new(topic));
        if let Some(key) = topic_name::collision_key(&name) {
            match self.colliding.get_mut(&key) {
                Some(names) => names.push(name.clone()),
                None => self.colliding.insert_mut(key, vec![name.clone()]),
            }
        }
        self.ids.insert_mut(name, record.topic_id);
        delta.topic_created(record.topic_id);
        Ok(())
    }

    pub(super) fn replay_partition(&mut self, record: PartitionRecord, delta: &mut Delta) -> Result<(), ReplayError> {
        let (id, partition) = (record.topic_id, record.partition_id);
        if partition < 0 {
            return Err(ReplayError::Value { field: "PartitionId", value: i64::from(partition) });
        }
        let image = PartitionImage::from_record(record)?;
        self.topic_mut(id)?.partitions.insert(partition, image);
        delta.partition_changed(id, partition);
        Ok(())
    }

    pub(super) fn replay_change(
        &mut self,
        record: PartitionChangeRecord,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let (id, partition) = (record.topic_id, record.partition_id);
        match self.topic_mut(id)?.partitions.entry(partition) {
            btree_map::Entry::Occupied(mut entry) => entry.get_mut().change(record)?,
            btree_map::Entry::Vacant(_) => return Err(ReplayError::UnknownPartition { topic: id, partition }),
        }
        delta.partition_changed(id, partition);
        Ok(())
    }

    /// Removes a topic and returns it as it was.
    pub(super) fn replay_remove(&mut self, id: Uuid, delta: &mut Delta) -> Result<Arc<TopicImage>, ReplayError> {
        let topic = self.by_id.get(&id).cloned().ok_or(ReplayError::UnknownTopic { id })?;
        self.by_id.remove_mut(&id);
        self.ids.remove_mut(&topic.name);
        if let Some(key) = topic_name::collision_key(&topic.name)
            && let Some(names) = self.colliding.get_mut(&key)
        {
            names.retain(|name| *name != topic.name);
            if names.is_empty() {
                self.colliding.remove_mut(&key);
            }
        }
        delta.topic_deleted(topic.clone());
        Ok(topic)
    }

    /// Takes the eligible leader replicas of a topic, or of all topics with an empty name.
    pub(super) fn replay_clear_elr(
        &mut self,
        record: &ClearElrRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let ids: Vec<Uuid> = if record.topic_name.is_empty() {
            self.by_id.keys().copied().collect()
        } else {
            let name = record.topic_name.to_text();
            vec![self.id(&name).ok_or_else(|| ReplayError::UnknownTopicName { name: name.into_owned() })?]
        };
        for id in ids {
            let has_elr = |partition: &PartitionImage| {
                !partition.eligible_leader_replicas.is_empty() || !partition.last_known_elr.is_empty()
            };
            if !self.by_id(id).is_some_and(|topic| topic.partitions.values().any(has_elr)) {
                continue;
            }
            for (&index, partition) in self.topic_mut(id)?.partitions.iter_mut().filter(|(_, p)| has_elr(p)) {
                partition.eligible_leader_replicas.clear();
                partition.last_known_elr.clear();
                partition.partition_epoch = partition.partition_epoch.wrapping_add(1);
                delta.partition_changed(id, index);
            }
        }
        Ok(())
    }

    fn topic_mut(&mut self, id: Uuid) -> Result<&mut TopicImage, ReplayError> {
        self.by_id.get_mut(&id).map(Arc::make_mut).ok_or(ReplayError::UnknownTopic { id })
    }

    pub(super) fn write(&self, level: MetadataVersion, records: &mut Vec<MetadataRecord>) {
        for topic in self.iter() {
            records.push(TopicRecord { name: topic.name.to_string().into(), topic_id: topic.id }.into());
            records.extend(topic.partitions.iter().map(|(&index, p)| p.to_record(topic.id, index, level).into()));
        }
    }
}
