//! OffsetFetch: what a group has committed.
//!
//! Who asks is not asked: anybody may read the offsets of a classic group, whatever member and epoch it names. A group
//! or an offset that does not exist is no error but offset -1; a client then begins where its configuration says.
//!
//! Source: Kafka `OffsetMetadataManager.fetchOffsets`, `fetchAllOffsets`; KIP-447 (`require_stable`), KIP-709, KIP-848
//! (topic ids).

use protocol::{
    ErrorCode,
    messages::offset_fetch::{
        OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponseGroup, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopics,
    },
    types::{LeaderEpoch, Offset, Str, Uuid},
};

use super::{Caller, Found, GroupCoordinator, error::GroupError, offsets::CommittedOffset, sent};

/// From this version on topics are named by their ids.
const TOPIC_IDS_SINCE: i16 = 10;

impl GroupCoordinator {
    pub(super) fn fetch(
        &self,
        caller: &Caller<'_>,
        request: &OffsetFetchRequestGroup<'_>,
        require_stable: bool,
    ) -> OffsetFetchResponseGroup<'static> {
        let id = request.group_id.to_text();
        let group_id = request.group_id.clone().into_owned();
        // A member of a later protocol is known by its epoch, which is not known here.
        if matches!(self.find(&id), Found::Other(_)) && request.member_epoch >= 0 {
            let error_code = GroupError::UnknownMember.code();
            return OffsetFetchResponseGroup { group_id, error_code, topics: Vec::new() };
        }
        let topics = match &request.topics {
            Some(topics) => {
                let is_known = |topic: &&OffsetFetchRequestTopics<'_>| {
                    caller.version < TOPIC_IDS_SINCE || caller.topics.topic_name(topic.topic_id).is_some()
                };
                // Clients see the ids that name nothing last, wherever they were asked for.
                let (known, unknown): (Vec<_>, Vec<_>) = topics.iter().partition(is_known);
                let topics = known.into_iter().chain(unknown);
                topics.map(|topic| self.fetch_topic(caller, &id, topic, require_stable)).collect()
            }
            None => self.fetch_all(caller, &id, require_stable),
        };
        OffsetFetchResponseGroup { group_id, topics, error_code: ErrorCode::NONE }
    }

    fn fetch_topic(
        &self,
        caller: &Caller<'_>,
        group_id: &str,
        topic: &OffsetFetchRequestTopics<'_>,
        require_stable: bool,
    ) -> OffsetFetchResponseTopics<'static> {
        let name = if caller.version >= TOPIC_IDS_SINCE {
            caller.topics.topic_name(topic.topic_id)
        } else {
            Some(topic.name.to_text().into_owned())
        };
        let partitions = topic.partition_indexes.iter().map(|&partition| {
            let Some(name) = &name else { return without(partition, ErrorCode::UNKNOWN_TOPIC_ID) };
            let offset = self.state.offsets.get(group_id, name, partition);
            // An offset in an earlier topic of the same name says nothing about this one.
            let offset = offset.filter(|offset| {
                topic.topic_id == Uuid::ZERO || offset.topic_id == Uuid::ZERO || offset.topic_id == topic.topic_id
            });
            self.fetched(group_id, name, partition, offset, require_stable)
        });
        OffsetFetchResponseTopics {
            partitions: partitions.collect(),
            name: topic.name.clone().into_owned(),
            topic_id: topic.topic_id,
        }
    }

    fn fetch_all(
        &self,
        caller: &Caller<'_>,
        group_id: &str,
        require_stable: bool,
    ) -> Vec<OffsetFetchResponseTopics<'static>> {
        let topics = self.state.offsets.of_group(group_id).into_iter().flatten();
        let topics = topics.filter_map(|(name, partitions)| {
            let topic_id = if caller.version >= TOPIC_IDS_SINCE {
                // Without its id a topic cannot be named; it is gone.
                caller.topics.topic_id(name)?
            } else {
                Uuid::ZERO
            };
            let partitions = partitions
                .iter()
                .map(|(partition, offset)| self.fetched(group_id, name, *partition, Some(offset), require_stable))
                .collect();
            Some(OffsetFetchResponseTopics { name: sent(name), topic_id, partitions })
        });
        topics.collect()
    }

    fn fetched(
        &self,
        group_id: &str,
        topic: &str,
        partition: i32,
        offset: Option<&CommittedOffset>,
        require_stable: bool,
    ) -> OffsetFetchResponsePartitions<'static> {
        if require_stable && self.state.offsets.is_pending(group_id, topic, partition) {
            return without(partition, ErrorCode::UNSTABLE_OFFSET_COMMIT);
        }
        let Some(offset) = offset else { return without(partition, ErrorCode::NONE) };
        OffsetFetchResponsePartitions {
            partition_index: partition,
            committed_offset: offset.offset,
            committed_leader_epoch: offset.leader_epoch,
            metadata: Some(sent(&offset.metadata)),
            error_code: ErrorCode::NONE,
        }
    }
}

fn without(partition: i32, error_code: ErrorCode) -> OffsetFetchResponsePartitions<'static> {
    OffsetFetchResponsePartitions {
        partition_index: partition,
        committed_offset: Offset::NONE,
        committed_leader_epoch: LeaderEpoch::NONE,
        metadata: Some(Str::EMPTY),
        error_code,
    }
}
