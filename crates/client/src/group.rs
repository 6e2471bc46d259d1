//! A member of a classic group: shares the partitions of some topics with the other members.
//!
//! ```text
//!  join ──► sync ──► read, heartbeat ─┬─► leave
//!   ▲                                 │
//!   └──── the group rebalances ◄──────┘
//! ```
//!
//! One member is the leader and assigns for all of them ([`range`](assignor)). Heartbeats are sent from
//! [`GroupConsumer::poll`] and from nowhere else: whoever does not poll for longer than the session timeout is no
//! longer a member. Offsets are committed when the caller says so, and before a rebalance takes partitions away.
//!
//! Source: Kafka `AbstractCoordinator`, `ConsumerCoordinator`; KIP-394 (member ids before joining).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use protocol::{
    ErrorCode,
    codec::{Decode, Message},
    messages::{
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol},
        leave_group::{LeaveGroupRequest, MemberIdentity},
        offset_commit::OffsetCommitRequest,
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment},
    },
    stored::{
        consumer_protocol::{AssignmentTopicPartition, ConsumerProtocolAssignment, ConsumerProtocolSubscription},
        prefixed, split_prefix,
    },
    types::{Offset, TopicPartition, Uuid},
};
use tokio::time::Instant;

use crate::{
    admin::{OffsetSpec, offsets_to_commit},
    cluster::{Cluster, ClusterError, Node, owned},
    consumer::{ConsumeError, ConsumedRecord, Consumer, ConsumerOptions},
};

pub mod assignor;
mod error;

pub use error::GroupError;

/// What consumers call their kind of group.
const PROTOCOL_TYPE: &str = "consumer";
/// The version in which subscriptions and assignments are written: what every member can read.
const SUBSCRIPTION_VERSION: i16 = 0;

/// How a member behaves.
#[derive(Clone, Debug)]
pub struct GroupOptions {
    /// The group.
    pub group: String,
    /// The topics to read.
    pub topics: Vec<String>,
    /// Makes it a static member, which keeps its partitions over a restart (KIP-345).
    pub instance_id: Option<String>,
    /// After how long without a heartbeat the group goes on without it.
    pub session_timeout: Duration,
    /// How long the group waits for it in a rebalance.
    pub rebalance_timeout: Duration,
    /// How often it says that it is there.
    pub heartbeat_interval: Duration,
    /// Where to begin in a partition that the group has not read yet.
    pub start: OffsetSpec,
    /// How it reads.
    pub consumer: ConsumerOptions,
}

impl GroupOptions {
    /// Kafka's defaults, for a member of `group` that reads `topics`.
    #[must_use]
    pub fn new(group: impl Into<String>, topics: Vec<String>) -> Self {
        Self {
            group: group.into(),
            topics,
            instance_id: None,
            session_timeout: Duration::from_secs(45),
            rebalance_timeout: Duration::from_secs(300),
            heartbeat_interval: Duration::from_secs(3),
            start: OffsetSpec::Latest,
            consumer: ConsumerOptions::default(),
        }
    }
}

/// A member of a classic group.
#[derive(Debug)]
pub struct GroupConsumer {
    cluster: Cluster,
    options: GroupOptions,
    consumer: Consumer,
    member_id: String,
    /// -1 while it has no place in the group.
    generation: i32,
    heartbeat_due: Instant,
    /// What was committed last.
    committed: BTreeMap<TopicPartition, Offset>,
    /// Behind the last record that the caller is done with.
    processed: BTreeMap<TopicPartition, Offset>,
}

impl GroupConsumer {
    /// A member that has not joined yet; the first [`GroupConsumer::poll`] joins.
    #[must_use]
    pub fn new(cluster: Cluster, options: GroupOptions) -> Self {
        let consumer = Consumer::new(cluster.clone(), options.consumer.clone());
        Self {
            cluster,
            options,
            consumer,
            member_id: String::new(),
            generation: -1,
            heartbeat_due: Instant::now(),
            committed: BTreeMap::new(),
            processed: BTreeMap::new(),
        }
    }

    /// What it was assigned, and the offset of the next record of each partition.
    #[must_use]
    pub fn positions(&self) -> &BTreeMap<TopicPartition, Offset> {
        self.consumer.positions()
    }

    /// The id that the group gave it; empty before it has joined.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.member_id
    }

    /// The generation of the group that it is in; -1 while it has no place in the group.
    #[must_use]
    pub fn generation(&self) -> i32 {
        self.generation
    }

    /// Joins if it has to, says that it is there if that is due, and returns the next records, or none if `wait`
    /// passes first. Joining takes as long as the group takes.
    ///
    /// # Errors
    /// A group that refuses it, or whatever keeps records from being read.
    pub async fn poll(&mut self, wait: Duration) -> Result<Vec<ConsumedRecord>, GroupError> {
        let deadline = Instant::now() + wait;
        loop {
            if self.generation < 0 {
                self.join().await?;
            }
            if Instant::now() >= self.heartbeat_due && !self.heartbeat().await? {
                self.rejoin().await?;
                continue;
            }
            let until = deadline.min(self.heartbeat_due);
            let records = self.consumer.poll(until.saturating_duration_since(Instant::now())).await?;
            if !records.is_empty() || Instant::now() >= deadline {
                return Ok(records);
            }
        }
    }

    /// Says that the caller is done with everything before `next` in a partition, so that it may be committed.
    pub fn processed(&mut self, partition: TopicPartition, next: Offset) {
        if self.consumer.positions().contains_key(&partition) {
            self.processed.insert(partition, next);
        }
    }

    /// Commits what the caller is done with. Returns whether it counted: in a group that has moved on it does not, and
    /// the records may be read again by another member.
    ///
    /// # Errors
    /// No answer, or a refusal that joining again does not mend.
    pub async fn commit(&mut self) -> Result<bool, GroupError> {
        let mut new = self.processed.clone();
        new.retain(|partition, next| self.committed.get(partition) != Some(next));
        if new.is_empty() {
            return Ok(true);
        }
        self.commit_offsets(new).await
    }

    /// Commits these offsets, whatever the caller said it is done with.
    ///
    /// # Errors
    /// As [`GroupConsumer::commit`].
    pub async fn commit_offsets(&mut self, offsets: BTreeMap<TopicPartition, Offset>) -> Result<bool, GroupError> {
        let mut topics = offsets_to_commit(&offsets);
        for topic in &mut topics {
            topic.topic_id = self.topic_id(&topic.name.to_text()).await?;
        }
        let request = OffsetCommitRequest {
            group_id: (&self.options.group).into(),
            generation_id_or_member_epoch: self.generation,
            member_id: (&self.member_id).into(),
            group_instance_id: self.options.instance_id.as_ref().map(Into::into),
            topics,
            ..OffsetCommitRequest::default()
        };
        let mut retry = self.cluster.retry();
        loop {
            let answer = match self.cluster.call(self.coordinator(), &request).await {
                Err(error) if error.is_retriable() && retry.again().await => {
                    self.cluster.forget_coordinator(&self.options.group);
                    continue;
                }
                answer => answer?,
            };
            let response = answer.read::<OffsetCommitRequest<'_>>().map_err(ClusterError::from)?;
            let code = response.topics.iter().flat_map(|t| &t.partitions).map(|p| p.error_code);
            match code.into_iter().find(|code| code.is_error()) {
                None => {
                    self.committed.extend(offsets);
                    return Ok(true);
                }
                Some(code) if place_is_lost(code) => {
                    self.lose_place(code);
                    return Ok(false);
                }
                Some(ErrorCode::REBALANCE_IN_PROGRESS) => return Ok(false),
                Some(code) if code.is_retriable() && retry.again().await => {
                    self.cluster.forget_coordinator(&self.options.group);
                }
                Some(code) => return Err(self.refused("commit", code)),
            }
        }
    }

    /// Commits, and leaves the group. A static member does not leave: its partitions wait for it.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn close(mut self) -> Result<(), GroupError> {
        if self.generation < 0 {
            return Ok(());
        }
        self.commit().await?;
        if self.options.instance_id.is_some() || self.generation < 0 {
            return Ok(());
        }
        let connection = self.cluster.connection(self.coordinator()).await?;
        let version = connection.version::<LeaveGroupRequest<'_>>().map_err(ClusterError::from)?;
        let group_id = (&self.options.group).into();
        let member_id = (&self.member_id).into();
        let request = match version {
            0..=2 => LeaveGroupRequest { group_id, member_id, members: Vec::new() },
            _ => {
                let member = MemberIdentity { member_id, ..MemberIdentity::default() };
                LeaveGroupRequest { group_id, members: vec![member], ..LeaveGroupRequest::default() }
            }
        };
        let answer = connection.call(&request).await.map_err(ClusterError::from)?;
        let response = answer.read::<LeaveGroupRequest<'_>>().map_err(ClusterError::from)?;
        match response.error_code {
            ErrorCode::NONE | ErrorCode::UNKNOWN_MEMBER_ID => Ok(()),
            code => Err(self.refused("leave", code)),
        }
    }

    fn coordinator(&self) -> Node<'_> {
        Node::Coordinator(&self.options.group)
    }

    fn refused(&self, what: &'static str, code: ErrorCode) -> GroupError {
        GroupError::Refused { group: self.options.group.clone(), what, code }
    }

    async fn topic_id(&self, topic: &str) -> Result<Uuid, GroupError> {
        Ok(self.cluster.topic(topic, false).await?.id)
    }

    /// Whether it still has its place in the group.
    async fn heartbeat(&mut self) -> Result<bool, GroupError> {
        let request = HeartbeatRequest {
            group_id: (&self.options.group).into(),
            generation_id: self.generation,
            member_id: (&self.member_id).into(),
            group_instance_id: self.options.instance_id.as_ref().map(Into::into),
        };
        let mut retry = self.cluster.retry();
        loop {
            let code = match self.cluster.call(self.coordinator(), &request).await {
                Ok(answer) => answer.read::<HeartbeatRequest<'_>>().map_err(ClusterError::from)?.error_code,
                Err(error) if error.is_retriable() && retry.again().await => {
                    self.cluster.forget_coordinator(&self.options.group);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            match code {
                ErrorCode::NONE => {
                    self.heartbeat_due = Instant::now() + self.options.heartbeat_interval;
                    return Ok(true);
                }
                ErrorCode::REBALANCE_IN_PROGRESS => return Ok(false),
                code if place_is_lost(code) => {
                    self.lose_place(code);
                    return Ok(false);
                }
                code if code.is_retriable() && retry.again().await => {
                    self.cluster.forget_coordinator(&self.options.group);
                }
                code => return Err(self.refused("heartbeat", code)),
            }
        }
    }

    /// The group has gone on without it.
    fn lose_place(&mut self, code: ErrorCode) {
        self.generation = -1;
        if code == ErrorCode::UNKNOWN_MEMBER_ID {
            self.member_id.clear();
        }
        self.processed.clear();
    }

    /// Takes part in the next generation.
    async fn rejoin(&mut self) -> Result<(), GroupError> {
        if self.generation >= 0 {
            self.commit().await?;
        }
        self.join().await
    }

    /// Joins and is assigned partitions, however often the group changes meanwhile.
    async fn join(&mut self) -> Result<(), GroupError> {
        let mut retry = self.cluster.retry();
        loop {
            match self.join_once().await {
                Ok(()) => return Ok(()),
                Err(Rejoin::Error(error)) => return Err(error),
                Err(Rejoin::At(code)) => {
                    match code {
                        ErrorCode::MEMBER_ID_REQUIRED | ErrorCode::REBALANCE_IN_PROGRESS => continue,
                        ErrorCode::UNKNOWN_MEMBER_ID => self.member_id.clear(),
                        _ => self.cluster.forget_coordinator(&self.options.group),
                    }
                    if !retry.again().await {
                        return Err(self.refused("join", code));
                    }
                }
                Err(Rejoin::Unreachable(error)) => {
                    self.cluster.forget_coordinator(&self.options.group);
                    if !retry.again().await {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    async fn join_once(&mut self) -> Result<(), Rejoin> {
        self.generation = -1;
        let subscription = ConsumerProtocolSubscription {
            topics: self.options.topics.iter().map(Into::into).collect(),
            ..ConsumerProtocolSubscription::default()
        };
        let metadata = prefixed(SUBSCRIPTION_VERSION, &subscription, SUBSCRIPTION_VERSION)
            .map_err(|error| GroupError::Subscription { error })?;
        let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        let request = JoinGroupRequest {
            group_id: (&self.options.group).into(),
            session_timeout_ms: millis(self.options.session_timeout),
            rebalance_timeout_ms: millis(self.options.rebalance_timeout),
            member_id: (&self.member_id).into(),
            group_instance_id: self.options.instance_id.as_ref().map(Into::into),
            protocol_type: PROTOCOL_TYPE.into(),
            protocols: vec![JoinGroupRequestProtocol { name: assignor::RANGE.into(), metadata: metadata.into() }],
            reason: None,
        };
        let connection = self.cluster.connection(self.coordinator()).await?;
        let version = connection.version::<JoinGroupRequest<'_>>().map_err(ClusterError::from)?;
        // The broker answers once all members have joined, or the rebalance timeout has passed.
        let within = self.options.rebalance_timeout + self.cluster.options().connect.request_timeout;
        let answer = connection.call_at(&request, version, within).await.map_err(ClusterError::from)?;
        let joined = answer.read::<JoinGroupRequest<'_>>().map_err(ClusterError::from)?;
        let member_id = owned(&joined.member_id);
        match joined.error_code {
            ErrorCode::NONE | ErrorCode::MEMBER_ID_REQUIRED => self.member_id = member_id,
            _ => {}
        }
        self.check(joined.error_code, "join")?;

        let mut assignments = Vec::new();
        if joined.leader == joined.member_id && !joined.skip_assignment {
            let mut members = BTreeMap::new();
            for member in &joined.members {
                members.insert(owned(&member.member_id), subscribed(&member.metadata));
            }
            assignments = self.assign(&members).await?;
        }
        let request = SyncGroupRequest {
            group_id: (&self.options.group).into(),
            generation_id: joined.generation_id,
            member_id: (&self.member_id).into(),
            group_instance_id: self.options.instance_id.as_ref().map(Into::into),
            protocol_type: Some(PROTOCOL_TYPE.into()),
            protocol_name: joined.protocol_name.clone(),
            assignments: assignments
                .iter()
                .map(|(member, bytes)| SyncGroupRequestAssignment {
                    member_id: member.into(),
                    assignment: bytes.as_slice().into(),
                })
                .collect(),
        };
        let version = connection.version::<SyncGroupRequest<'_>>().map_err(ClusterError::from)?;
        let answer = connection.call_at(&request, version, within).await.map_err(ClusterError::from)?;
        let synced = answer.read::<SyncGroupRequest<'_>>().map_err(ClusterError::from)?;
        self.check(synced.error_code, "sync")?;
        let assigned = crate::admin::assigned(&synced.assignment);
        self.generation = joined.generation_id;
        self.heartbeat_due = Instant::now() + self.options.heartbeat_interval;
        self.begin(assigned).await?;
        Ok(())
    }

    fn check(&self, code: ErrorCode, what: &'static str) -> Result<(), Rejoin> {
        match code {
            ErrorCode::NONE => Ok(()),
            ErrorCode::MEMBER_ID_REQUIRED | ErrorCode::REBALANCE_IN_PROGRESS => Err(Rejoin::At(code)),
            code if place_is_lost(code) || code.is_retriable() => Err(Rejoin::At(code)),
            code => Err(Rejoin::Error(self.refused(what, code))),
        }
    }

    /// What the leader gives each member.
    async fn assign(&self, members: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<(String, Vec<u8>)>, GroupError> {
        let topics: BTreeSet<&str> = members.values().flatten().map(String::as_str).collect();
        let names: Vec<&str> = topics.into_iter().collect();
        let metadata = self.cluster.metadata(Some(&names), false).await?;
        let counts: BTreeMap<String, i32> =
            metadata.topics.iter().map(|topic| (topic.name.clone(), topic.partitions.len() as i32)).collect();
        let mut encoded = Vec::new();
        for (member, partitions) in assignor::range(members, &counts) {
            let mut topics: Vec<AssignmentTopicPartition<'_>> = Vec::new();
            for partition in &partitions {
                match topics.last_mut() {
                    Some(topic) if topic.topic == partition.topic.as_str() => {
                        topic.partitions.push(partition.partition)
                    }
                    _ => topics.push(AssignmentTopicPartition {
                        topic: (&partition.topic).into(),
                        partitions: vec![partition.partition],
                    }),
                }
            }
            let assignment = ConsumerProtocolAssignment { assigned_partitions: topics, user_data: None };
            let bytes = prefixed(SUBSCRIPTION_VERSION, &assignment, SUBSCRIPTION_VERSION)
                .map_err(|error| GroupError::Subscription { error })?;
            encoded.push((member, bytes));
        }
        Ok(encoded)
    }

    /// Goes on where the group has read to.
    async fn begin(&mut self, assigned: BTreeSet<TopicPartition>) -> Result<(), GroupError> {
        let partitions: Vec<TopicPartition> = assigned.iter().cloned().collect();
        let committed = if partitions.is_empty() {
            BTreeMap::new()
        } else {
            crate::admin::committed_offsets(&self.cluster, &self.options.group, Some(&partitions))
                .await?
                .map_err(|refusal| self.refused("read the offsets of", refusal.code))?
        };
        let starts = partitions
            .into_iter()
            .map(|partition| {
                let start = committed.get(&partition).map_or(self.options.start, |c| OffsetSpec::Offset(c.offset));
                (partition, start)
            })
            .collect();
        self.consumer.assign_at(&starts).await?;
        self.committed = committed.into_iter().map(|(partition, c)| (partition, c.offset)).collect();
        self.processed.clear();
        Ok(())
    }
}

/// Why joining did not come to an end.
#[derive(Debug)]
enum Rejoin {
    At(ErrorCode),
    Unreachable(ClusterError),
    Error(GroupError),
}

impl From<ClusterError> for Rejoin {
    fn from(error: ClusterError) -> Self {
        if error.is_retriable() { Self::Unreachable(error) } else { Self::Error(error.into()) }
    }
}

impl From<GroupError> for Rejoin {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Cluster(error) | GroupError::Consume(ConsumeError::Cluster(error)) => error.into(),
            error => Self::Error(error),
        }
    }
}

fn place_is_lost(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::ILLEGAL_GENERATION)
}

/// The topics that a member wants. One whose subscription cannot be read gets nothing.
fn subscribed(bytes: &[u8]) -> BTreeSet<String> {
    let Ok((version, rest)) = split_prefix(bytes) else { return BTreeSet::new() };
    // Later versions only add at the end.
    let version = version.clamp(0, <ConsumerProtocolSubscription<'_> as Message>::VERSION_MAX);
    let format = ConsumerProtocolSubscription::SCHEMA.format(version);
    match ConsumerProtocolSubscription::decode(&mut protocol::Reader::new(rest), format) {
        Ok(subscription) => subscription.topics.iter().map(owned).collect(),
        Err(_) => BTreeSet::new(),
    }
}
