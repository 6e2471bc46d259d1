//! What the coordinator of one partition is asked, and what it answers.
//!
//! Where a request of the wire speaks of several groups (OffsetFetch from v8, DescribeGroups, DeleteGroups), the handler
//! gives each shard its share and puts the answers together; OffsetFetch before v8 it brings into the later form.

use protocol::{
    ErrorCode,
    messages::{
        delete_groups::DeletableGroupResult,
        describe_groups::DescribedGroup,
        heartbeat::{HeartbeatRequest, HeartbeatResponse},
        join_group::{JoinGroupRequest, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberResponse},
        list_groups::{ListGroupsRequest, ListedGroup},
        offset_commit::{
            OffsetCommitRequest, OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
        },
        offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse},
        offset_fetch::{OffsetFetchRequestGroup, OffsetFetchResponseGroup},
        sync_group::{SyncGroupRequest, SyncGroupResponse},
    },
    types::{Str, Uuid},
};

/// What is known of topics, by the metadata image of the broker.
pub trait TopicNames {
    /// The id of a topic.
    fn topic_id(&self, name: &str) -> Option<Uuid>;
    /// The name of a topic.
    fn topic_name(&self, id: Uuid) -> Option<String>;
    /// Whether a topic has this partition.
    fn has_partition(&self, name: &str, partition: i32) -> bool;
}

/// Who asks, and what the answer depends on beside the request.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The version of the request.
    pub version: i16,
    /// From the request's header; empty if there is none.
    pub client_id: &'a str,
    /// The address as Kafka writes it into group records: a slash and the IP address.
    pub client_host: &'a str,
    /// Sixteen random bytes, drawn for this request. A member id is made of them.
    pub random: [u8; 16],
    /// The topics at the time of the request.
    pub topics: &'a dyn TopicNames,
}

/// A request, and who asks.
pub struct Request<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// What is asked.
    pub body: Body<'a>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// Enter a group or its next generation.
    JoinGroup(JoinGroupRequest<'a>),
    /// Get, and as the leader give, the assignment.
    SyncGroup(SyncGroupRequest<'a>),
    /// A member is alive.
    Heartbeat(HeartbeatRequest<'a>),
    /// Members leave, at any version.
    LeaveGroup(LeaveGroupRequest<'a>),
    /// Store offsets.
    OffsetCommit(OffsetCommitRequest<'a>),
    /// Read offsets of one group.
    OffsetFetch {
        /// The group and the topics; no topics are all.
        group: OffsetFetchRequestGroup<'a>,
        /// An open transaction over an offset is an error for it.
        require_stable: bool,
    },
    /// Delete offsets.
    OffsetDelete(OffsetDeleteRequest<'a>),
    /// List the groups of this partition.
    ListGroups(ListGroupsRequest<'a>),
    /// Describe groups of this partition.
    DescribeGroups(Vec<Str<'a>>),
    /// Delete groups of this partition.
    DeleteGroups(Vec<Str<'a>>),
    /// These topics are gone, and with them the offsets in them. Asked by the broker itself.
    TopicsDeleted(&'a [(String, Uuid)]),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// To [`Body::JoinGroup`].
    JoinGroup(JoinGroupResponse<'static>),
    /// To [`Body::SyncGroup`].
    SyncGroup(SyncGroupResponse<'static>),
    /// To [`Body::Heartbeat`].
    Heartbeat(HeartbeatResponse),
    /// To [`Body::LeaveGroup`].
    LeaveGroup(LeaveGroupResponse<'static>),
    /// To [`Body::OffsetCommit`].
    OffsetCommit(OffsetCommitResponse<'static>),
    /// To [`Body::OffsetFetch`].
    OffsetFetch(OffsetFetchResponseGroup<'static>),
    /// To [`Body::OffsetDelete`].
    OffsetDelete(OffsetDeleteResponse<'static>),
    /// To [`Body::ListGroups`]; an error is for the whole answer of the broker.
    ListGroups(Result<Vec<ListedGroup<'static>>, ErrorCode>),
    /// To [`Body::DescribeGroups`], in its order.
    DescribeGroups(Vec<DescribedGroup<'static>>),
    /// To [`Body::DeleteGroups`], each group once.
    DeleteGroups(Vec<DeletableGroupResult<'static>>),
    /// To [`Body::TopicsDeleted`]: whether the offsets are gone.
    TopicsDeleted(ErrorCode),
}

impl<'a> Body<'a> {
    /// The groups that are spoken of by name.
    pub(super) fn group_ids(&self) -> impl Iterator<Item = &Str<'a>> {
        let (one, many): (Option<&Str<'a>>, &[Str<'a>]) = match self {
            Self::JoinGroup(request) => (Some(&request.group_id), &[]),
            Self::SyncGroup(request) => (Some(&request.group_id), &[]),
            Self::Heartbeat(request) => (Some(&request.group_id), &[]),
            Self::LeaveGroup(request) => (Some(&request.group_id), &[]),
            Self::OffsetCommit(request) => (Some(&request.group_id), &[]),
            Self::OffsetFetch { group, .. } => (Some(&group.group_id), &[]),
            Self::OffsetDelete(request) => (Some(&request.group_id), &[]),
            Self::DescribeGroups(ids) | Self::DeleteGroups(ids) => (None, ids),
            Self::ListGroups(_) | Self::TopicsDeleted(_) => (None, &[]),
        };
        one.into_iter().chain(many)
    }

    /// The answer that says `error` and nothing else: for a driver whose partition is loading
    /// (`COORDINATOR_LOAD_IN_PROGRESS`, which a Heartbeat is told as success, as Kafka does) or led elsewhere.
    #[must_use]
    pub fn refuse(&self, caller: &Caller<'_>, error: ErrorCode) -> Response {
        match self {
            Self::JoinGroup(request) => Response::JoinGroup(JoinGroupResponse {
                error_code: error,
                protocol_name: (caller.version < 7).then_some(Str::EMPTY),
                member_id: request.member_id.clone().into_owned(),
                ..JoinGroupResponse::default()
            }),
            Self::SyncGroup(_) => {
                Response::SyncGroup(SyncGroupResponse { error_code: error, ..SyncGroupResponse::default() })
            }
            Self::Heartbeat(_) => {
                let error = if error == ErrorCode::COORDINATOR_LOAD_IN_PROGRESS { ErrorCode::NONE } else { error };
                Response::Heartbeat(HeartbeatResponse { error_code: error, ..HeartbeatResponse::default() })
            }
            Self::LeaveGroup(_) => {
                Response::LeaveGroup(LeaveGroupResponse { error_code: error, ..LeaveGroupResponse::default() })
            }
            Self::OffsetCommit(request) => Response::OffsetCommit(refuse_commit(request, error)),
            Self::OffsetFetch { group, .. } => Response::OffsetFetch(OffsetFetchResponseGroup {
                group_id: group.group_id.clone().into_owned(),
                topics: Vec::new(),
                error_code: error,
            }),
            Self::OffsetDelete(_) => {
                Response::OffsetDelete(OffsetDeleteResponse { error_code: error, ..OffsetDeleteResponse::default() })
            }
            Self::ListGroups(_) => Response::ListGroups(Err(error)),
            Self::DescribeGroups(ids) => Response::DescribeGroups(
                ids.iter()
                    .map(|id| DescribedGroup {
                        error_code: error,
                        group_id: id.clone().into_owned(),
                        ..DescribedGroup::default()
                    })
                    .collect(),
            ),
            Self::DeleteGroups(ids) => Response::DeleteGroups(
                ids.iter()
                    .map(|id| DeletableGroupResult {
                        group_id: id.clone().into_owned(),
                        error_code: error,
                        error_message: None,
                    })
                    .collect(),
            ),
            Self::TopicsDeleted(_) => Response::TopicsDeleted(error),
        }
    }
}

fn refuse_commit(request: &OffsetCommitRequest<'_>, error: ErrorCode) -> OffsetCommitResponse<'static> {
    let topics = request
        .topics
        .iter()
        .map(|topic| OffsetCommitResponseTopic {
            name: topic.name.clone().into_owned(),
            topic_id: topic.topic_id,
            partitions: topic
                .partitions
                .iter()
                .map(|partition| OffsetCommitResponsePartition {
                    partition_index: partition.partition_index,
                    error_code: error,
                })
                .collect(),
        })
        .collect();
    OffsetCommitResponse { throttle_time_ms: 0, topics }
}

impl Response {
    /// Makes it say `error` where it said success.
    pub(super) fn fail(&mut self, error: ErrorCode) {
        let fail = |code: &mut ErrorCode| {
            if code.is_none() {
                *code = error;
            }
        };
        match self {
            Self::JoinGroup(response) => {
                if response.error_code.is_none() {
                    *response = JoinGroupResponse {
                        error_code: error,
                        // Stays what the version needs, see `Body::refuse`.
                        protocol_name: response.protocol_name.take().map(|_| Str::EMPTY),
                        member_id: std::mem::take(&mut response.member_id),
                        ..JoinGroupResponse::default()
                    };
                }
            }
            Self::SyncGroup(response) => {
                if response.error_code.is_none() {
                    *response = SyncGroupResponse { error_code: error, ..SyncGroupResponse::default() };
                }
            }
            Self::Heartbeat(response) => fail(&mut response.error_code),
            Self::LeaveGroup(response) => {
                fail(&mut response.error_code);
                response.members.iter_mut().for_each(|member: &mut MemberResponse<'_>| fail(&mut member.error_code));
            }
            Self::OffsetCommit(response) => {
                let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| fail(&mut partition.error_code));
            }
            Self::OffsetFetch(response) => {
                fail(&mut response.error_code);
                response.topics.clear();
            }
            Self::OffsetDelete(response) => {
                fail(&mut response.error_code);
                response.topics.clear();
            }
            Self::ListGroups(groups) => {
                if groups.is_ok() {
                    *groups = Err(error);
                }
            }
            Self::DescribeGroups(groups) => {
                for group in groups.iter_mut().filter(|group| group.error_code.is_none()) {
                    let group_id = std::mem::take(&mut group.group_id);
                    *group = DescribedGroup { error_code: error, group_id, ..DescribedGroup::default() };
                }
            }
            Self::DeleteGroups(results) => results.iter_mut().for_each(|result| fail(&mut result.error_code)),
            Self::TopicsDeleted(code) => fail(code),
        }
    }
}
