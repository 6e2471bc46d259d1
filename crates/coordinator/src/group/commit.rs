//! OffsetCommit and OffsetDelete.
//!
//! Who may commit to a classic group:
//!
//! | group | generation -1 | generation ≥ 0 |
//! |---|---|---|
//! | unknown | yes: it becomes a *simple* group, without a protocol | ILLEGAL_GENERATION, from v9 GROUP_ID_NOT_FOUND |
//! | Empty | yes, whatever the member id says | UNKNOWN_MEMBER_ID |
//! | with members | UNKNOWN_MEMBER_ID; of a known member ILLEGAL_GENERATION | a member, in its generation |
//! | CompletingRebalance | as above | REBALANCE_IN_PROGRESS |
//!
//! Topics and partitions that do not exist are refused one by one, the rest is committed. From v10 topics come by id.
//!
//! Source: Kafka `OffsetMetadataManager.commitOffset`, `ClassicGroup.validateOffsetCommit`, `KafkaApis`; KIP-211,
//! KIP-496, KIP-848 (topic ids).

use std::sync::Arc;

use protocol::{
    ErrorCode,
    messages::{
        offset_commit::{
            OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
            OffsetCommitResponsePartition, OffsetCommitResponseTopic,
        },
        offset_delete::{
            OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
        },
    },
    types::{Now, Offset, Str, Timestamp, Uuid},
};

use super::{
    Caller, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Phase},
    error::GroupError,
    heartbeat::heard,
    offsets::CommittedOffset,
    records,
    request::Response,
};
use crate::runtime::Token;

/// From this version on an unknown group is GROUP_ID_NOT_FOUND.
const NOT_FOUND_SINCE: i16 = 9;
/// From this version on topics are named by their ids.
const TOPIC_IDS_SINCE: i16 = 10;

impl GroupCoordinator {
    pub(super) fn commit(
        &self,
        now: Now,
        token: Token,
        caller: &Caller<'_>,
        request: &OffsetCommitRequest<'_>,
    ) -> Outcome {
        let mut outcome = Outcome::nothing();
        let group_id = request.group_id.to_text();
        let group = self.find(&group_id);
        let allowed = check(&group, caller.version, request).map_err(|error| error.code());
        if let (Ok(()), Found::Classic(group)) = (allowed, &group)
            && matches!(group.phase, Phase::Stable(_) | Phase::PreparingRebalance(_))
        {
            outcome.changes.push(heard(group, &request.member_id.to_text(), now));
        }
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            let resolved = resolve(caller, topic);
            let partitions = topic.partitions.iter().map(|partition| {
                let result = resolved.as_ref().map_err(|error| *error).and_then(|(name, topic_id)| {
                    if !caller.topics.has_partition(name, partition.partition_index) {
                        return Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
                    }
                    allowed?;
                    let offset = self.committed(now, request, partition, *topic_id).map_err(|error| error.code())?;
                    outcome.records.push(records::offset_commit(&group_id, name, partition.partition_index, &offset));
                    Ok(())
                });
                OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: result.err().unwrap_or_default(),
                }
            });
            topics.push(OffsetCommitResponseTopic {
                partitions: partitions.collect(),
                name: topic.name.clone().into_owned(),
                topic_id: topic.topic_id,
            });
        }
        outcome.answer_also(token, Response::OffsetCommit(OffsetCommitResponse { throttle_time_ms: 0, topics }));
        outcome
    }

    /// What is stored for a partition of the request.
    fn committed(
        &self,
        now: Now,
        request: &OffsetCommitRequest<'_>,
        partition: &OffsetCommitRequestPartition<'_>,
        topic_id: Uuid,
    ) -> Result<CommittedOffset, GroupError> {
        // Null is stored, and later returned, as the empty string.
        let metadata = partition.committed_metadata.as_ref().map(Str::to_text).unwrap_or_default();
        if metadata.encode_utf16().count() > self.config.offset_metadata_max || metadata.len() > i16::MAX as usize {
            return Err(GroupError::MetadataTooLarge);
        }
        // Clients before Kafka 2.1 may say how long to keep it.
        let retention_ms = Some(request.retention_time_ms).filter(|retention_ms| *retention_ms != -1);
        Ok(CommittedOffset {
            record: Offset::NONE,
            offset: partition.committed_offset,
            leader_epoch: partition.committed_leader_epoch,
            metadata: metadata.into(),
            committed: now.wall,
            expires: retention_ms.map(|retention_ms| Timestamp(now.wall.0.saturating_add(retention_ms))),
            topic_id,
        })
    }

    pub(super) fn delete_offsets(
        &self,
        token: Token,
        caller: &Caller<'_>,
        request: &OffsetDeleteRequest<'_>,
    ) -> Outcome {
        let mut outcome = Outcome::nothing();
        let group_id = request.group_id.to_text();
        let response = self.check_delete(&group_id).map(|group| {
            let mut topics = Vec::with_capacity(request.topics.len());
            for topic in &request.topics {
                let name = topic.name.to_text();
                let is_subscribed = group.as_deref().is_some_and(|group| group.is_subscribed_to(&name));
                let partitions = topic.partitions.iter().map(|partition| {
                    let partition_index = partition.partition_index;
                    let error_code = if !caller.topics.has_partition(&name, partition_index) {
                        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
                    } else if is_subscribed {
                        ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC
                    } else {
                        let offsets = &self.state.offsets;
                        if offsets.get(&group_id, &name, partition_index).is_some()
                            || offsets.is_pending(&group_id, &name, partition_index)
                        {
                            outcome.records.push(records::offset_tombstone(&group_id, &name, partition_index));
                        }
                        ErrorCode::NONE
                    };
                    OffsetDeleteResponsePartition { partition_index, error_code }
                });
                let partitions = partitions.collect();
                topics.push(OffsetDeleteResponseTopic { name: topic.name.clone().into_owned(), partitions });
            }
            OffsetDeleteResponse { topics, ..OffsetDeleteResponse::default() }
        });
        let response = response.unwrap_or_else(|error| OffsetDeleteResponse {
            error_code: error.code(),
            ..OffsetDeleteResponse::default()
        });
        outcome.answer_also(token, Response::OffsetDelete(response));
        outcome
    }

    /// Whether offsets of the group may be deleted; the group, if it may be reading topics.
    fn check_delete(&self, group_id: &str) -> Result<Option<Arc<ClassicGroup>>, GroupError> {
        if group_id.is_empty() {
            return Err(GroupError::EmptyGroupId);
        }
        match self.find(group_id) {
            Found::None => Err(GroupError::NoSuchGroup),
            // What its members read is not known here.
            Found::Other(other) if !other.is_empty() => Err(GroupError::NotEmpty),
            Found::Other(_) => Ok(None),
            Found::Classic(group) if group.phase != Phase::Empty && !group.is_of_consumers() => {
                Err(GroupError::NotEmpty)
            }
            Found::Classic(group) => Ok(Some(group)),
        }
    }
}

/// A topic's name and id.
fn resolve(caller: &Caller<'_>, topic: &OffsetCommitRequestTopic<'_>) -> Result<(String, Uuid), ErrorCode> {
    if caller.version >= TOPIC_IDS_SINCE {
        let name = caller.topics.topic_name(topic.topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?;
        return Ok((name, topic.topic_id));
    }
    let name = topic.name.to_text();
    let id = caller.topics.topic_id(&name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    Ok((name.into_owned(), id))
}

fn check(group: &Found<'_>, version: i16, request: &OffsetCommitRequest<'_>) -> Result<(), GroupError> {
    let generation = request.generation_id_or_member_epoch;
    let group = match group {
        Found::None if generation < 0 => return Ok(()),
        Found::None if version >= NOT_FOUND_SINCE => return Err(GroupError::NoSuchGroup),
        // There is no generation to be in; -1 is the least wrong thing to call it.
        Found::None => return Err(GroupError::IllegalGeneration { current: -1 }),
        // An administrator may set the offsets of a group that nobody is in.
        Found::Other(other) if generation < 0 && other.is_empty() => return Ok(()),
        Found::Other(_) => return Err(GroupError::UnknownMember),
        Found::Classic(group) => group,
    };
    if generation < 0 && group.phase == Phase::Empty {
        return Ok(());
    }
    let instance_id = request.group_instance_id.as_ref().map(Str::to_text);
    group.check_member(&request.member_id.to_text(), instance_id.as_deref())?;
    group.check_generation(generation)?;
    match group.phase {
        Phase::CompletingRebalance(_) => Err(GroupError::Rebalancing),
        _ => Ok(()),
    }
}
