//! StreamsGroupDescribe: state and members of streams groups.
//!
//! Source: KIP-1071, KIP-1331, KIP-1357.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str},
};

/// StreamsGroupDescribe (key 89): state and members of streams groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 89, versions = "0..=1", flexible = "0+", unstable = "1+", listeners = "broker")]
pub struct StreamsGroupDescribeRequest<'a> {
    /// The ids of the groups.
    pub group_ids: Vec<Str<'a>>,
    /// Whether to say what the principal may do with each.
    pub include_authorized_operations: bool,
    /// Whether to send the topology in full, as its description plugin has it.
    #[field(versions = "1+")]
    pub include_topology_description: bool,
}

/// The answer to [`StreamsGroupDescribeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 89, versions = "0..=1", flexible = "0+", unstable = "1+")]
pub struct StreamsGroupDescribeResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The groups.
    pub groups: Vec<DescribedGroup<'a>>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KeyValue<'a> {
    /// The name.
    pub key: Str<'a>,
    /// The value.
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
    pub topic_configs: Vec<KeyValue<'a>>,
}

/// A part of a topology that can run on its own.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Subtopology<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The topics it reads.
    pub source_topics: Vec<Str<'a>>,
    /// The repartition topics it writes.
    pub repartition_sink_topics: Vec<Str<'a>>,
    /// The changelog topics of its stores, with the configs to create them with.
    pub state_changelog_topics: Vec<TopicInfo<'a>>,
    /// The repartition topics it reads, with the configs to create them with.
    pub repartition_source_topics: Vec<TopicInfo<'a>>,
}

/// The topology of an application.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Topology<'a> {
    /// The epoch of the topology; the application raises it with each change.
    pub epoch: i32,
    /// The parts that can run on their own.
    #[field(nullable)]
    pub subtopologies: Option<Vec<Subtopology<'a>>>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Endpoint<'a> {
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// How far the changelogs of one task reach.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TaskOffset<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partition.
    pub partition: i32,
    /// The offsets of the task's changelogs, summed up.
    pub offset: Offset,
}

/// Tasks of one part of the topology.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TaskIds<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// Tasks of one member.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Assignment<'a> {
    /// The tasks that process.
    pub active_tasks: Vec<TaskIds<'a>>,
    /// The tasks that keep state warm.
    pub standby_tasks: Vec<TaskIds<'a>>,
    /// The tasks that are being brought up to date before they move.
    pub warmup_tasks: Vec<TaskIds<'a>>,
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Member<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the member.
    pub member_epoch: i32,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(nullable)]
    pub instance_id: Option<Str<'a>>,
    /// The rack; null if there is none.
    #[field(nullable)]
    pub rack_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// The epoch of the topology.
    pub topology_epoch: i32,
    /// The id of the process, which may have several members.
    pub process_id: Str<'a>,
    /// Where the application answers queries; null if it does not.
    #[field(nullable)]
    pub user_endpoint: Option<Endpoint<'a>>,
    /// The client's tags for rack-aware assignment.
    pub client_tags: Vec<KeyValue<'a>>,
    /// How far the member has read its tasks' changelogs, summed up.
    pub task_offsets: Vec<TaskOffset<'a>>,
    /// The ends of the tasks' changelogs, summed up.
    pub task_end_offsets: Vec<TaskOffset<'a>>,
    /// What the member is to work on.
    pub assignment: Assignment<'a>,
    /// What the member is to get.
    pub target_assignment: Assignment<'a>,
    /// Whether the member speaks the classic protocol still.
    pub is_classic: bool,
}

/// A node that records flow through.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionNode<'a> {
    /// The name of the node.
    #[field(versions = "1+")]
    pub name: Str<'a>,
    /// 1 source, 2 processor, 3 sink.
    #[field(versions = "1+")]
    pub node_type: i8,
    /// The topics that a source reads; empty where they are chosen by pattern.
    #[field(versions = "1+")]
    pub source_topics: Vec<Str<'a>>,
    /// The topic that a sink writes; null where it is chosen by record.
    #[field(versions = "1+", nullable)]
    pub sink_topic: Option<Str<'a>>,
    /// The stores that a processor uses, by name.
    #[field(versions = "1+")]
    pub stores: Vec<Str<'a>>,
    /// The nodes it passes records to, by name.
    #[field(versions = "1+")]
    pub successors: Vec<Str<'a>>,
}

/// A part of the topology, with its nodes.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionSubtopology<'a> {
    /// The id of the part of the topology.
    #[field(versions = "1+")]
    pub subtopology_id: Str<'a>,
    /// The nodes.
    #[field(versions = "1+")]
    pub nodes: Vec<TopologyDescriptionNode<'a>>,
}

/// A store that every client keeps in full.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionGlobalStore<'a> {
    /// The node that reads the store's topic.
    #[field(versions = "1+")]
    pub source: TopologyDescriptionNode<'a>,
    /// The processor that fills the store.
    #[field(versions = "1+")]
    pub processor: TopologyDescriptionNode<'a>,
}

/// A topology in full.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescription<'a> {
    /// The parts that can run on their own.
    #[field(versions = "1+")]
    pub subtopologies: Vec<TopologyDescriptionSubtopology<'a>>,
    /// The stores that every client keeps in full.
    #[field(versions = "1+")]
    pub global_stores: Vec<TopologyDescriptionGlobalStore<'a>>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroup<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The state of the group, by name.
    pub group_state: Str<'a>,
    /// The epoch of the group; each change of its members or topics raises it.
    pub group_epoch: i32,
    /// The group epoch that the assignment was computed for.
    pub assignment_epoch: i32,
    /// The topology of the application; null where it is not known or not changed.
    #[field(nullable)]
    pub topology: Option<Topology<'a>>,
    /// The members.
    pub members: Vec<Member<'a>>,
    /// What the asking principal may do, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(default = -2147483648)]
    pub authorized_operations: i32,
    /// The topology in full; null unless its status is 3.
    #[field(versions = "1+", nullable)]
    pub topology_description: Option<TopologyDescription<'a>>,
    /// 0 not asked for, 1 not stored, 2 failed to read, 3 here.
    #[field(versions = "1+")]
    pub topology_description_status: i8,
    /// Which assignor computes, or computed, the assignment.
    #[field(versions = "1+", nullable, ignorable)]
    pub assignor_name: Option<Str<'a>>,
}
