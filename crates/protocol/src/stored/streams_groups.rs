//! The records of `__consumer_offsets` that streams groups are kept in.
//!
//! They are framed as in [`groups`](super::groups).
//!
//! Source: KIP-1071; KIP-1331 for descriptions.

use crate::{
    Message,
    types::{Str, Timestamp},
};

/// Type 17: a streams group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0")]
pub struct StreamsGroupMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`StreamsGroupMetadataKey`]: the group's epoch.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0", flexible = "0+")]
pub struct StreamsGroupMetadataValue<'a> {
    /// The epoch of the group.
    pub epoch: i32,
    /// A hash over the topics the group reads, to see when they change.
    pub metadata_hash: i64,
    /// The topology epoch whose topics were found to be right; -1 if none was.
    #[field(tag = 0, default = -1)]
    pub validated_topology_epoch: i32,
    /// The configs that the last assignment was computed with.
    #[field(tag = 1, nullable, default = Some(Default::default()))]
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig<'a>>>,
    /// The topology epoch whose description is stored; -1 if none is, -2 if that is uncertain.
    #[field(tag = 2, default = -1, unstable)]
    pub stored_description_topology_epoch: i32,
    /// The topology epoch whose description was refused for good; -1 if none was.
    #[field(tag = 3, default = -1, unstable)]
    pub failed_description_topology_epoch: i32,
}

/// A config that the last assignment was computed with.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LastAssignmentConfig<'a> {
    /// The name of the config.
    pub key: Str<'a>,
    /// The value of the config.
    pub value: Str<'a>,
}

/// Type 19: a member of a streams group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "0")]
pub struct StreamsGroupMemberMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`StreamsGroupMemberMetadataKey`]: what the member said of itself.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "0", flexible = "0+")]
pub struct StreamsGroupMemberMetadataValue<'a> {
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable, default = Some(Default::default()))]
    pub instance_id: Option<Str<'a>>,
    /// The rack; null if there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub rack_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// How long the member may take to give up what it must, in milliseconds.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// The epoch of the topology.
    pub topology_epoch: i32,
    /// The id of the process, which may have several members.
    pub process_id: Str<'a>,
    /// Where the application answers queries; null if it does not.
    #[field(nullable)]
    pub user_endpoint: Option<Endpoint<'a>>,
    /// The client's tags for rack-aware assignment.
    pub client_tags: Vec<KeyValue<'a>>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Endpoint<'a> {
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KeyValue<'a> {
    /// The name.
    pub key: Str<'a>,
    /// The value.
    pub value: Str<'a>,
}

/// Type 20: the assignment that a streams group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "0")]
pub struct StreamsGroupTargetAssignmentMetadataKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`StreamsGroupTargetAssignmentMetadataKey`]: which epoch it is for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "0", flexible = "0+")]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    /// The group epoch that the assignment was computed for.
    pub assignment_epoch: i32,
    /// When the assignment was computed, in milliseconds since 1970.
    #[field(tag = 0, ignorable)]
    pub assignment_timestamp: Timestamp,
}

/// Type 21: one member's part of the assignment that a streams group is moving to.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0")]
pub struct StreamsGroupTargetAssignmentMemberKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`StreamsGroupTargetAssignmentMemberKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0", flexible = "0+")]
pub struct StreamsGroupTargetAssignmentMemberValue<'a> {
    /// The tasks that process.
    pub active_tasks: Vec<TargetTaskIds<'a>>,
    /// The tasks that keep state warm.
    pub standby_tasks: Vec<TargetTaskIds<'a>>,
    /// The tasks that are being brought up to date before they move.
    pub warmup_tasks: Vec<TargetTaskIds<'a>>,
}

/// Tasks of one part of the topology.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TargetTaskIds<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// Type 22: what a member of a streams group has now.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0")]
pub struct StreamsGroupCurrentMemberAssignmentKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
}

/// The value of [`StreamsGroupCurrentMemberAssignmentKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0", flexible = "0+")]
pub struct StreamsGroupCurrentMemberAssignmentValue<'a> {
    /// The epoch of the member.
    pub member_epoch: i32,
    /// The epoch before the last change, for a member that did not get the answer.
    pub previous_member_epoch: i32,
    /// The state of the member: a number of its own for each kind of group.
    pub state: i8,
    /// The tasks that process.
    pub active_tasks: Vec<CurrentTaskIds<'a>>,
    /// The tasks that keep state warm.
    pub standby_tasks: Vec<CurrentTaskIds<'a>>,
    /// The tasks that are being brought up to date before they move.
    pub warmup_tasks: Vec<CurrentTaskIds<'a>>,
    /// The active tasks the member has still to give up.
    pub active_tasks_pending_revocation: Vec<CurrentTaskIds<'a>>,
    /// The standby tasks the member has still to give up.
    pub standby_tasks_pending_revocation: Vec<CurrentTaskIds<'a>>,
    /// The warm-up tasks the member has still to give up.
    pub warmup_tasks_pending_revocation: Vec<CurrentTaskIds<'a>>,
}

/// Tasks of one part of the topology.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CurrentTaskIds<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
    /// The epoch in which each partition came to the member, to fence commits of members that have lost it.
    #[field(tag = 0, nullable, default = Some(Default::default()))]
    pub assignment_epochs: Option<Vec<i32>>,
}

/// Type 23: the topology of a streams group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "0")]
pub struct StreamsGroupTopologyKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
}

/// The value of [`StreamsGroupTopologyKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "0", flexible = "0+")]
pub struct StreamsGroupTopologyValue<'a> {
    /// The epoch of the topology.
    pub epoch: i32,
    /// The parts that can run on their own.
    pub subtopologies: Vec<Subtopology<'a>>,
}

/// One config of a topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicConfig<'a> {
    /// The name of the config.
    pub key: Str<'a>,
    /// The value of the config.
    pub value: Str<'a>,
}

/// A topic that the application keeps for itself.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicInfo<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// How many partitions it has; 0 where the broker decides.
    pub partitions: i32,
    /// How many replicas each partition has; 0 for the default.
    pub replication_factor: i16,
    /// The configs to create the topic with.
    pub topic_configs: Vec<TopicConfig<'a>>,
}

/// Topics that must have the same number of partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CopartitionGroup {
    /// Source topics, by their index in the subtopology.
    pub source_topics: Vec<i16>,
    /// Source patterns, by their index in the subtopology.
    pub source_topic_regex: Vec<i16>,
    /// Repartition topics, by their index in the subtopology.
    pub repartition_source_topics: Vec<i16>,
}

/// A part of a topology that can run on its own.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Subtopology<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The topics it reads.
    pub source_topics: Vec<Str<'a>>,
    /// Patterns of the topics it reads.
    pub source_topic_regex: Vec<Str<'a>>,
    /// The changelog topics of its stores, with the configs to create them with.
    pub state_changelog_topics: Vec<TopicInfo<'a>>,
    /// The repartition topics it writes.
    pub repartition_sink_topics: Vec<Str<'a>>,
    /// The repartition topics it reads, with the configs to create them with.
    pub repartition_source_topics: Vec<TopicInfo<'a>>,
    /// Topics that must have the same number of partitions.
    pub copartition_groups: Vec<CopartitionGroup>,
}
