//! Metadata: topics, their partitions and leaders, and the brokers.
//!
//! Source: KIP-4, KIP-78, KIP-112, KIP-430, KIP-516, KIP-700, KIP-1102.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// Metadata (key 3): topics, their partitions and leaders, and the brokers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=13", flexible = "9+", listeners = "broker")]
pub struct MetadataRequest<'a> {
    /// The topics; all of them if null.
    #[field(nullable = "1+", default = Some(Default::default()))]
    pub topics: Option<Vec<MetadataRequestTopic<'a>>>,
    /// Whether topics that do not exist may be created, if the broker allows it too.
    #[field(versions = "4+", default = true)]
    pub allow_auto_topic_creation: bool,
    /// Whether to say what the principal may do with the cluster.
    #[field(versions = "8..=10")]
    pub include_cluster_authorized_operations: bool,
    /// Whether to say what the principal may do with each topic.
    #[field(versions = "8+")]
    pub include_topic_authorized_operations: bool,
}

/// One topic to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataRequestTopic<'a> {
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// The name of the topic; null where the id says it.
    #[field(nullable = "10+", default = Some(Default::default()))]
    pub name: Option<Str<'a>>,
}

/// The answer to [`MetadataRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=13", flexible = "9+")]
pub struct MetadataResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// The nodes a client may connect to.
    pub brokers: Vec<MetadataResponseBroker<'a>>,
    /// The id of the cluster.
    #[field(versions = "2+", nullable, ignorable)]
    pub cluster_id: Option<Str<'a>>,
    /// A broker that passes requests on to the controller; -1 if none is known.
    #[field(versions = "1+", default = BrokerId(-1), ignorable)]
    pub controller_id: BrokerId,
    /// The topics.
    pub topics: Vec<MetadataResponseTopic<'a>>,
    /// What the principal may do with the cluster, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(versions = "8..=10", default = -2147483648)]
    pub cluster_authorized_operations: i32,
    /// What went wrong with the whole request, or none.
    #[field(versions = "13+", ignorable)]
    pub error_code: ErrorCode,
}

/// One broker.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseBroker<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
    /// The rack; null if it has none.
    #[field(versions = "1+", nullable, ignorable)]
    pub rack: Option<Str<'a>>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponsePartition {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The partition.
    pub partition_index: i32,
    /// The `node.id` of the leader; -1 if there is none.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    #[field(versions = "7+", default = LeaderEpoch(-1), ignorable)]
    pub leader_epoch: LeaderEpoch,
    /// The brokers that hold a replica; the first is the preferred leader.
    pub replica_nodes: Vec<BrokerId>,
    /// The replicas in sync, leader included.
    pub isr_nodes: Vec<BrokerId>,
    /// The replicas that are not up.
    #[field(versions = "5+", ignorable)]
    pub offline_replicas: Vec<BrokerId>,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseTopic<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The name of the topic; null if it is not known.
    #[field(nullable = "12+", default = Some(Default::default()))]
    pub name: Option<Str<'a>>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Whether it is one of Kafka's own topics.
    #[field(versions = "1+", ignorable)]
    pub is_internal: bool,
    /// The partitions.
    pub partitions: Vec<MetadataResponsePartition>,
    /// What the principal may do with the topic, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(versions = "8+", default = -2147483648)]
    pub topic_authorized_operations: i32,
}
