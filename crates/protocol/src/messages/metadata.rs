//! Metadata: topics, their partitions and leaders, and the brokers.
//!
//! Source: KIP-4, KIP-78, KIP-112, KIP-430, KIP-516, KIP-700, KIP-1102.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// Metadata (key 3): topics, their partitions and leaders, and the brokers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=13", flexible = "9+")]
pub struct MetadataRequest<'a> {
    #[field(nullable = "1+")]
    pub topics: Option<Vec<MetadataRequestTopic<'a>>>,
    #[field(versions = "4+", default = true)]
    pub allow_auto_topic_creation: bool,
    #[field(versions = "8..=10")]
    pub include_cluster_authorized_operations: bool,
    #[field(versions = "8+")]
    pub include_topic_authorized_operations: bool,
}

/// Part of [`MetadataRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataRequestTopic<'a> {
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    #[field(nullable = "10+")]
    pub name: Option<Str<'a>>,
}

/// The answer to [`MetadataRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=13", flexible = "9+")]
pub struct MetadataResponse<'a> {
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker<'a>>,
    #[field(versions = "2+", nullable, ignorable)]
    pub cluster_id: Option<Str<'a>>,
    #[field(versions = "1+", default = BrokerId(-1), ignorable)]
    pub controller_id: BrokerId,
    pub topics: Vec<MetadataResponseTopic<'a>>,
    #[field(versions = "8..=10", default = -2147483648)]
    pub cluster_authorized_operations: i32,
    #[field(versions = "13+", ignorable)]
    pub error_code: ErrorCode,
}

/// Part of [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseBroker<'a> {
    pub node_id: BrokerId,
    pub host: Str<'a>,
    pub port: i32,
    #[field(versions = "1+", nullable, ignorable)]
    pub rack: Option<Str<'a>>,
}

/// Part of [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    pub leader_id: BrokerId,
    #[field(versions = "7+", default = LeaderEpoch(-1), ignorable)]
    pub leader_epoch: LeaderEpoch,
    pub replica_nodes: Vec<BrokerId>,
    pub isr_nodes: Vec<BrokerId>,
    #[field(versions = "5+", ignorable)]
    pub offline_replicas: Vec<BrokerId>,
}

/// Part of [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct MetadataResponseTopic<'a> {
    pub error_code: ErrorCode,
    #[field(nullable = "12+")]
    pub name: Option<Str<'a>>,
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    #[field(versions = "1+", ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    #[field(versions = "8+", default = -2147483648)]
    pub topic_authorized_operations: i32,
}
