//! StreamsGroupHeartbeat: a member of a streams group is alive, and which tasks it is to run.
//!
//! Source: KIP-1071, KIP-1331.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str},
};

/// StreamsGroupHeartbeat (key 88): a member of a streams group is alive, and which tasks it is to run.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 88, versions = "0..=1", flexible = "0+", unstable = "1+", listeners = "broker")]
pub struct StreamsGroupHeartbeatRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the member; 0 to join, -1 to leave, -2 to leave for a while as a static member.
    pub member_epoch: i32,
    /// The epoch of the endpoints that the member knows.
    pub endpoint_information_epoch: i32,
    /// The member's `group.instance.id`; null if it has none, or if unchanged.
    #[field(nullable)]
    pub instance_id: Option<Str<'a>>,
    /// The rack of the member; null if unchanged.
    #[field(nullable)]
    pub rack_id: Option<Str<'a>>,
    /// How long the member may take to give up tasks, in milliseconds; -1 if unchanged.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// The topology of the application, when the member joins; else null.
    #[field(nullable)]
    pub topology: Option<Topology<'a>>,
    /// The tasks that process; null if unchanged.
    #[field(nullable)]
    pub active_tasks: Option<Vec<RequestTaskIds<'a>>>,
    /// The tasks that keep state warm; null if unchanged.
    #[field(nullable)]
    pub standby_tasks: Option<Vec<RequestTaskIds<'a>>>,
    /// The tasks that are being brought up to date before they move; null if unchanged.
    #[field(nullable)]
    pub warmup_tasks: Option<Vec<RequestTaskIds<'a>>>,
    /// The id of the process, which may have several members; null if unchanged.
    #[field(nullable)]
    pub process_id: Option<Str<'a>>,
    /// Where the application answers queries; null if it does not, or if unchanged.
    #[field(nullable)]
    pub user_endpoint: Option<RequestEndpoint<'a>>,
    /// The client's tags for rack-aware assignment; null if unchanged.
    #[field(nullable)]
    pub client_tags: Option<Vec<KeyValue<'a>>>,
    /// How far the member has read its tasks' changelogs, summed up; null if unchanged.
    #[field(nullable)]
    pub task_offsets: Option<Vec<TaskOffset<'a>>>,
    /// The ends of the tasks' changelogs, summed up; null if unchanged.
    #[field(nullable)]
    pub task_end_offsets: Option<Vec<TaskOffset<'a>>>,
    /// Whether all clients of the application are to stop.
    pub shutdown_application: bool,
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

/// The topology of an application.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Topology<'a> {
    /// The epoch of the topology; the application raises it with each change.
    pub epoch: i32,
    /// The parts that can run on their own.
    pub subtopologies: Vec<Subtopology<'a>>,
}

/// Tasks of one part of the topology.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTaskIds<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestEndpoint<'a> {
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

/// The answer to [`StreamsGroupHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 88, versions = "0..=1", flexible = "0+", unstable = "1+")]
pub struct StreamsGroupHeartbeatResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the member.
    pub member_epoch: i32,
    /// How often the member is to send heartbeats, in milliseconds.
    pub heartbeat_interval_ms: i32,
    /// How far a warm-up task may lag, in offsets, to count as caught up. Later versions have it in 64 bits.
    #[field(name = "acceptableRecoveryLag", versions = "0")]
    pub acceptable_recovery_lag_legacy: i32,
    /// How often the member is to tell its tasks' offsets, in milliseconds.
    pub task_offset_interval_ms: i32,
    /// How far a warm-up task may lag, in offsets, to count as caught up; -1 where the broker has no such config.
    #[field(versions = "1+", default = -1, ignorable)]
    pub acceptable_recovery_lag: i64,
    /// What keeps the group from working, if anything; null if unchanged.
    #[field(nullable, default = Some(Default::default()))]
    pub status: Option<Vec<Status<'a>>>,
    /// The tasks that process; null if unchanged.
    #[field(nullable)]
    pub active_tasks: Option<Vec<ResponseTaskIds<'a>>>,
    /// The tasks that keep state warm; null if unchanged.
    #[field(nullable)]
    pub standby_tasks: Option<Vec<ResponseTaskIds<'a>>>,
    /// The tasks that are being brought up to date before they move; null if unchanged.
    #[field(nullable)]
    pub warmup_tasks: Option<Vec<ResponseTaskIds<'a>>>,
    /// Whether the broker lacks the description of this topology and wants it in StreamsGroupTopologyDescriptionUpdate.
    #[field(versions = "1+")]
    pub topology_description_required: bool,
    /// The epoch of the endpoints that the member knows.
    pub endpoint_information_epoch: i32,
    /// What is where, for interactive queries; null if nothing changed.
    #[field(nullable)]
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions<'a>>>,
}

/// A reason why the group does not work.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Status<'a> {
    /// 0 stale topology, 1 source topics missing, 2 wrongly partitioned, 3 internal topics missing, 4 shut down, 5
    /// assignment delayed, 6 client tags missing.
    pub status_code: i8,
    /// The status in words.
    pub status_detail: Str<'a>,
}

/// Tasks of one part of the topology.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTaskIds<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseEndpoint<'a> {
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicPartition<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The partitions that are at one endpoint.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EndpointToPartitions<'a> {
    /// Where the application answers queries.
    pub user_endpoint: ResponseEndpoint<'a>,
    /// The partitions that active tasks hold at this endpoint.
    pub active_partitions: Vec<TopicPartition<'a>>,
    /// The partitions that standby tasks hold at this endpoint.
    pub standby_partitions: Vec<TopicPartition<'a>>,
}
