//! Groups: who they are, who is in them, what they have read.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    ErrorCode,
    codec::{Decode, Message},
    messages::{
        delete_groups::DeleteGroupsRequest,
        describe_groups::{DescribeGroupsRequest, DescribedGroupMember},
        list_groups::ListGroupsRequest,
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_delete::{OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
        offset_fetch::{
            OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
        },
    },
    stored::{consumer_protocol::ConsumerProtocolAssignment, split_prefix},
    types::{LeaderEpoch, Offset, TopicPartition},
};

use super::{Admin, AdminError, Refusal, topics::unmentioned};
use crate::cluster::{Attempt, Cluster, ClusterError, Node, owned};

/// The newest versions of OffsetCommit and OffsetFetch that name topics; later ones use ids, which an old commit of a
/// topic that was deleted does not have.
const NAMES_MAX: i16 = 9;

/// What a commit says of `offsets`: each topic once, by name.
pub(crate) fn offsets_to_commit(offsets: &BTreeMap<TopicPartition, Offset>) -> Vec<OffsetCommitRequestTopic<'_>> {
    let mut topics: Vec<OffsetCommitRequestTopic<'_>> = Vec::new();
    for (partition, &committed_offset) in offsets {
        let commit = OffsetCommitRequestPartition {
            partition_index: partition.partition,
            committed_offset,
            committed_leader_epoch: LeaderEpoch::NONE,
            committed_metadata: Some("".into()),
        };
        match topics.last_mut() {
            Some(topic) if topic.name == partition.topic.as_str() => topic.partitions.push(commit),
            _ => topics.push(OffsetCommitRequestTopic {
                name: (&partition.topic).into(),
                partitions: vec![commit],
                ..Default::default()
            }),
        }
    }
    topics
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// Its id.
    pub id: String,
    /// `consumer` for consumers; empty for a group that only has offsets.
    pub protocol_type: String,
    /// Its state, as the broker says it; empty if it is too old to say.
    pub state: String,
    /// `Classic`, `Consumer`, `Share` or `Streams`; empty if the broker is too old to say.
    pub kind: String,
}

/// A classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub id: String,
    /// Its state, as the broker says it.
    pub state: String,
    /// `consumer` for consumers.
    pub protocol_type: String,
    /// The assignor its members agreed on.
    pub protocol: String,
    /// Its members, by client id and member id.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// The id it was given.
    pub id: String,
    /// The id it gave itself, if it is a static member.
    pub instance_id: Option<String>,
    /// What its requests call it.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// What it reads, if it is a consumer.
    pub assignment: BTreeSet<TopicPartition>,
}

/// What a group has read of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next record to read.
    pub offset: Offset,
    /// The epoch of the leader that wrote the last one read; -1 if the member did not say.
    pub leader_epoch: LeaderEpoch,
    /// What the member wrote beside it.
    pub metadata: String,
}

impl Admin {
    /// All groups of all brokers, by id.
    ///
    /// # Errors
    /// A broker that does not answer, or refuses.
    pub async fn list_groups(&self) -> Result<Vec<GroupListing>, AdminError> {
        let brokers = self.cluster.metadata(Some(&[]), false).await?.brokers;
        let mut groups = BTreeMap::new();
        for broker in brokers {
            let (code, listed) = self
                .cluster
                .retrying(Node::Broker(broker.id), async |connection| {
                    let answer = connection.call(&ListGroupsRequest::default()).await?;
                    let response = answer.read::<ListGroupsRequest<'_>>()?;
                    let listed: Vec<GroupListing> = response
                        .groups
                        .iter()
                        .map(|group| GroupListing {
                            id: owned(&group.group_id),
                            protocol_type: owned(&group.protocol_type),
                            state: owned(&group.group_state),
                            kind: owned(&group.group_type),
                        })
                        .collect();
                    Ok(Attempt::of((response.error_code, listed), [response.error_code]))
                })
                .await?;
            Refusal::check(code, None)?;
            groups.extend(listed.into_iter().map(|group| (group.id.clone(), group)));
        }
        Ok(groups.into_values().collect())
    }

    /// State and members of a classic group. One that does not exist is `Dead` before Kafka 4.0, and refused since.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn describe_group(&self, group: &str) -> Result<GroupDescription, AdminError> {
        let request = DescribeGroupsRequest { groups: vec![group.into()], include_authorized_operations: false };
        let result = self
            .cluster
            .retrying(Node::Coordinator(group), async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<DescribeGroupsRequest<'_>>()?;
                let Some(found) = response.groups.first() else { return Ok(Attempt::Done(Err(unmentioned()))) };
                let result = Refusal::check(found.error_code, found.error_message.as_ref()).map(|()| {
                    let mut members: Vec<GroupMember> = found.members.iter().map(member).collect();
                    members.sort_by(|a, b| (&a.client_id, &a.id).cmp(&(&b.client_id, &b.id)));
                    GroupDescription {
                        id: owned(&found.group_id),
                        state: owned(&found.group_state),
                        protocol_type: owned(&found.protocol_type),
                        protocol: owned(&found.protocol_data),
                        members,
                    }
                });
                Ok(Attempt::of(result, [found.error_code]))
            })
            .await?;
        Ok(result?)
    }

    /// What a group has committed: for all partitions it has commits of, or for those named.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn committed_offsets(
        &self,
        group: &str,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, CommittedOffset>, AdminError> {
        Ok(committed_offsets(&self.cluster, group, partitions).await??)
    }

    /// Sets the offsets of a group that has no members.
    ///
    /// # Errors
    /// No answer, or the first refusal.
    pub async fn set_offsets(&self, group: &str, offsets: &BTreeMap<TopicPartition, Offset>) -> Result<(), AdminError> {
        let request = OffsetCommitRequest {
            group_id: group.into(),
            topics: offsets_to_commit(offsets),
            ..OffsetCommitRequest::default()
        };
        let result = self
            .cluster
            .retrying(Node::Coordinator(group), async |connection| {
                let version = connection.version_up_to::<OffsetCommitRequest<'_>>(NAMES_MAX)?;
                let within = self.cluster.options().connect.request_timeout;
                let answer = connection.call_at(&request, version, within).await?;
                let response = answer.read::<OffsetCommitRequest<'_>>()?;
                let codes: Vec<ErrorCode> =
                    response.topics.iter().flat_map(|t| t.partitions.iter().map(|p| p.error_code)).collect();
                let result = codes.iter().try_for_each(|&code| Refusal::check(code, None));
                Ok(Attempt::of(result, codes))
            })
            .await?;
        Ok(result?)
    }

    /// Deletes a group that has no members, and its offsets.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn delete_group(&self, group: &str) -> Result<(), AdminError> {
        let request = DeleteGroupsRequest { groups_names: vec![group.into()] };
        let code = self
            .cluster
            .retrying(Node::Coordinator(group), async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<DeleteGroupsRequest<'_>>()?;
                let code = response.results.first().map_or(ErrorCode::UNKNOWN_SERVER_ERROR, |r| r.error_code);
                Ok(Attempt::of(code, [code]))
            })
            .await?;
        Ok(Refusal::check(code, None)?)
    }

    /// Deletes a group's offset of one partition.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn delete_offset(&self, group: &str, partition: &TopicPartition) -> Result<(), AdminError> {
        let request = OffsetDeleteRequest {
            group_id: group.into(),
            topics: vec![OffsetDeleteRequestTopic {
                name: (&partition.topic).into(),
                partitions: vec![OffsetDeleteRequestPartition { partition_index: partition.partition }],
            }],
        };
        let code = self
            .cluster
            .retrying(Node::Coordinator(group), async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<OffsetDeleteRequest<'_>>()?;
                let of_partition = response.topics.iter().flat_map(|t| &t.partitions).map(|p| p.error_code);
                let code = [response.error_code].into_iter().chain(of_partition).find(|code| code.is_error());
                let code = code.unwrap_or(ErrorCode::NONE);
                Ok(Attempt::of(code, [code]))
            })
            .await?;
        Ok(Refusal::check(code, None)?)
    }
}

/// What a group has committed; partitions without a commit are left out.
pub(crate) async fn committed_offsets(
    cluster: &Cluster,
    group: &str,
    partitions: Option<&[TopicPartition]>,
) -> Result<Result<BTreeMap<TopicPartition, CommittedOffset>, Refusal>, ClusterError> {
    let by_topic = partitions.map(|partitions| {
        let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            topics.entry(&partition.topic).or_default().push(partition.partition);
        }
        topics
    });
    cluster
        .retrying(Node::Coordinator(group), async |connection| {
            let version = connection.version_up_to::<OffsetFetchRequest<'_>>(NAMES_MAX)?;
            let request = offset_fetch_request(group, by_topic.as_ref(), version);
            let answer = connection.call_at(&request, version, cluster.options().connect.request_timeout).await?;
            let response = answer.read::<OffsetFetchRequest<'_>>()?;
            let mut found = BTreeMap::new();
            let mut codes = vec![response.error_code];
            let mut take = |topic: &protocol::types::Str<'_>, partition: i32, committed: CommittedOffset, code| {
                codes.push(code);
                if committed.offset.0 >= 0 {
                    found.insert(TopicPartition::new(topic.to_text(), partition), committed);
                }
            };
            for topic in &response.topics {
                for p in &topic.partitions {
                    let metadata = p.metadata.as_ref().map(owned).unwrap_or_default();
                    let committed = CommittedOffset {
                        offset: p.committed_offset,
                        leader_epoch: p.committed_leader_epoch,
                        metadata,
                    };
                    take(&topic.name, p.partition_index, committed, p.error_code);
                }
            }
            for topic in response.groups.iter().flat_map(|group| &group.topics) {
                for p in &topic.partitions {
                    let metadata = p.metadata.as_ref().map(owned).unwrap_or_default();
                    let committed = CommittedOffset {
                        offset: p.committed_offset,
                        leader_epoch: p.committed_leader_epoch,
                        metadata,
                    };
                    take(&topic.name, p.partition_index, committed, p.error_code);
                }
            }
            codes.extend(response.groups.iter().map(|group| group.error_code));
            let result = codes.iter().try_for_each(|&code| Refusal::check(code, None)).map(|()| found);
            Ok(Attempt::of(result, codes))
        })
        .await
}

fn offset_fetch_request<'a>(
    group: &'a str,
    by_topic: Option<&BTreeMap<&'a str, Vec<i32>>>,
    version: i16,
) -> OffsetFetchRequest<'a> {
    if version < 8 {
        let topic = |(&name, indexes): (&&'a str, &Vec<i32>)| OffsetFetchRequestTopic {
            name: name.into(),
            partition_indexes: indexes.clone(),
        };
        return OffsetFetchRequest {
            group_id: group.into(),
            topics: by_topic.map(|topics| topics.iter().map(topic).collect()),
            ..OffsetFetchRequest::default()
        };
    }
    let topic = |(&name, indexes): (&&'a str, &Vec<i32>)| OffsetFetchRequestTopics {
        name: name.into(),
        partition_indexes: indexes.clone(),
        ..OffsetFetchRequestTopics::default()
    };
    let topics = by_topic.map(|topics| topics.iter().map(topic).collect());
    let group = OffsetFetchRequestGroup { group_id: group.into(), topics, ..OffsetFetchRequestGroup::default() };
    OffsetFetchRequest { groups: vec![group], ..OffsetFetchRequest::default() }
}

fn member(member: &DescribedGroupMember<'_>) -> GroupMember {
    GroupMember {
        id: owned(&member.member_id),
        instance_id: member.group_instance_id.as_ref().map(owned),
        client_id: owned(&member.client_id),
        host: owned(&member.client_host).trim_start_matches('/').to_owned(),
        assignment: assigned(&member.member_assignment),
    }
}

/// What a consumer was assigned, from what the leader of its group wrote. What is no assignment, as between
/// generations or in groups that are no consumers, is none.
#[must_use]
pub fn assigned(bytes: &[u8]) -> BTreeSet<TopicPartition> {
    let Ok((version, rest)) = split_prefix(bytes) else { return BTreeSet::new() };
    let newest = <ConsumerProtocolAssignment<'_> as Message>::VERSION_MAX;
    // Later versions only add at the end.
    let version = version.clamp(0, newest);
    let format = ConsumerProtocolAssignment::SCHEMA.format(version);
    let Ok(assignment) = ConsumerProtocolAssignment::decode(&mut protocol::Reader::new(rest), format) else {
        return BTreeSet::new();
    };
    let of_topic = |topic: &protocol::stored::consumer_protocol::AssignmentTopicPartition<'_>| {
        let name = owned(&topic.topic);
        topic.partitions.iter().map(|&p| TopicPartition::new(name.clone(), p)).collect::<Vec<_>>()
    };
    assignment.assigned_partitions.iter().flat_map(of_topic).collect()
}
