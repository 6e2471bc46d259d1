//! Committed offsets, and those of transactions that are still open.
//!
//! An offset that a transaction commits is in the log at once and counts once the transaction's marker is. Until then it
//! is kept by its producer. When it counts it may be older than what has been committed outside of the transaction
//! meanwhile, so each offset remembers where its record stands, and the later record wins. Compaction keeps the same.
//!
//! Source: Kafka `OffsetMetadataManager`, `OffsetAndMetadata`.

use std::{collections::BTreeMap, sync::Arc};

use protocol::types::{LeaderEpoch, Offset, ProducerId, Timestamp, Uuid};

use crate::runtime::Marker;

/// What a group has committed for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommittedOffset {
    /// Where the record stands; only to compare records of a transaction with those outside.
    pub record: Offset,
    /// The next offset to read. Kafka takes any number.
    pub offset: Offset,
    /// The epoch of the last record read, if the client knew it.
    pub leader_epoch: LeaderEpoch,
    /// The client's own words.
    pub metadata: Box<str>,
    /// When it was committed.
    pub committed: Timestamp,
    /// A time to expire of its own, from clients of before Kafka 2.1.
    pub expires: Option<Timestamp>,
    /// The id of the topic; zero if it was not known.
    pub topic_id: Uuid,
}

/// Offsets by topic and partition.
pub(super) type TopicOffsets = BTreeMap<Arc<str>, BTreeMap<i32, CommittedOffset>>;

/// Offsets by group.
type GroupOffsets = BTreeMap<Arc<str>, TopicOffsets>;

/// All offsets in one partition of `__consumer_offsets`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offsets {
    committed: GroupOffsets,
    /// By the producer whose transaction they are part of. No inner map is empty.
    pending: BTreeMap<ProducerId, GroupOffsets>,
}

impl Offsets {
    /// All committed offsets of a group.
    pub(super) fn of_group(&self, group: &str) -> Option<&TopicOffsets> {
        self.committed.get(group)
    }

    /// A committed offset.
    pub(super) fn get(&self, group: &str, topic: &str, partition: i32) -> Option<&CommittedOffset> {
        self.committed.get(group)?.get(topic)?.get(&partition)
    }

    /// Whether an open transaction has committed an offset for this partition.
    pub(super) fn is_pending(&self, group: &str, topic: &str, partition: i32) -> bool {
        self.pending.values().any(|groups| {
            let topics = groups.get(group).and_then(|topics| topics.get(topic));
            topics.is_some_and(|partitions| partitions.contains_key(&partition))
        })
    }

    /// Whether an open transaction has committed an offset for the group.
    pub(super) fn has_pending(&self, group: &str) -> bool {
        self.pending.values().any(|groups| groups.contains_key(group))
    }

    /// The partitions of a group that have an offset, committed or pending; one of both kinds comes twice.
    pub(super) fn partitions<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a Arc<str>, i32)> {
        let all = std::iter::once(&self.committed).chain(self.pending.values());
        all.filter_map(move |groups| groups.get(group))
            .flatten()
            .flat_map(|(topic, partitions)| partitions.keys().map(move |partition| (topic, *partition)))
    }

    /// Every offset, committed or pending: group, topic, partition, offset.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, i32, &CommittedOffset)> {
        let all = std::iter::once(&self.committed).chain(self.pending.values());
        all.flatten().flat_map(|(group, topics)| {
            topics.iter().flat_map(move |(topic, partitions)| {
                partitions.iter().map(move |(partition, offset)| (group, topic, *partition, offset))
            })
        })
    }

    /// Takes over an offset, for good or as part of an open transaction.
    pub(super) fn put(
        &mut self,
        transaction: Option<ProducerId>,
        group: &Arc<str>,
        topic: &str,
        partition: i32,
        offset: CommittedOffset,
    ) {
        let groups = match transaction {
            None => &mut self.committed,
            Some(producer) => self.pending.entry(producer).or_default(),
        };
        insert(groups, group, &Arc::from(topic), partition, offset);
    }

    /// Takes an offset back, and whatever open transactions have committed for the same partition.
    pub(super) fn remove(&mut self, group: &str, topic: &str, partition: i32) {
        remove(&mut self.committed, group, topic, partition);
        self.pending.retain(|_, groups| {
            remove(groups, group, topic, partition);
            !groups.is_empty()
        });
    }

    /// Ends the transaction of `producer`. A later record outside of the transaction stays.
    pub(super) fn end_transaction(&mut self, producer: ProducerId, marker: Marker) {
        let Some(groups) = self.pending.remove(&producer) else { return };
        if marker == Marker::Abort {
            return;
        }
        for (group, topics) in groups {
            for (topic, partitions) in topics {
                for (partition, offset) in partitions {
                    if self.get(&group, &topic, partition).is_none_or(|existing| existing.record < offset.record) {
                        insert(&mut self.committed, &group, &topic, partition, offset);
                    }
                }
            }
        }
    }
}

fn insert(groups: &mut GroupOffsets, group: &Arc<str>, topic: &Arc<str>, partition: i32, offset: CommittedOffset) {
    let topics = groups.entry(Arc::clone(group)).or_default();
    match topics.get_mut(topic) {
        Some(partitions) => partitions.insert(partition, offset),
        None => topics.entry(Arc::clone(topic)).or_default().insert(partition, offset),
    };
}

fn remove(groups: &mut GroupOffsets, group: &str, topic: &str, partition: i32) {
    let Some(topics) = groups.get_mut(group) else { return };
    let Some(partitions) = topics.get_mut(topic) else { return };
    partitions.remove(&partition);
    if partitions.is_empty() {
        topics.remove(topic);
    }
    if topics.is_empty() {
        groups.remove(group);
    }
}
