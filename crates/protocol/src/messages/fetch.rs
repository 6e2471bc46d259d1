//! Fetch: read record batches, as a consumer, a follower or a quorum replica.
//!
//! Source: KIP-74, KIP-98, KIP-107, KIP-227, KIP-320, KIP-392, KIP-516, KIP-853, KIP-903, KIP-1166.

use crate::{
    ErrorCode, Message,
    codec::Records,
    types::{BrokerId, LeaderEpoch, Offset, ProducerId, Str, Uuid},
};

/// Fetch (key 1): read record batches, as a consumer, a follower or a quorum replica.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "4..=18", flexible = "12+")]
pub struct FetchRequest<'a> {
    #[field(versions = "12+", tag = 0, nullable, ignorable)]
    pub cluster_id: Option<Str<'a>>,
    #[field(versions = "4..=14", default = BrokerId(-1))]
    pub replica_id: BrokerId,
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    #[field(default = 0x7fffffff)]
    pub max_bytes: i32,
    pub isolation_level: i8,
    #[field(versions = "7+", ignorable)]
    pub session_id: i32,
    #[field(versions = "7+", default = -1, ignorable)]
    pub session_epoch: i32,
    pub topics: Vec<FetchTopic<'a>>,
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic<'a>>,
    #[field(versions = "11+", ignorable)]
    pub rack_id: Str<'a>,
}

/// Part of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    #[field(default = BrokerId(-1))]
    pub replica_id: BrokerId,
    #[field(default = -1)]
    pub replica_epoch: i64,
}

/// Part of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    pub partition: i32,
    #[field(versions = "9+", default = LeaderEpoch(-1), ignorable)]
    pub current_leader_epoch: LeaderEpoch,
    pub fetch_offset: Offset,
    #[field(versions = "12+", default = LeaderEpoch(-1))]
    pub last_fetched_epoch: LeaderEpoch,
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    pub partition_max_bytes: i32,
    #[field(versions = "17+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    #[field(versions = "18+", tag = 1, default = Offset(9223372036854775807), ignorable)]
    pub high_watermark: Offset,
}

/// Part of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchTopic<'a> {
    #[field(versions = "4..=12", ignorable)]
    pub topic: Str<'a>,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

/// Part of [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic<'a> {
    #[field(versions = "7..=12", ignorable)]
    pub topic: Str<'a>,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// The answer to [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "4..=18", flexible = "12+")]
pub struct FetchResponse<'a> {
    pub throttle_time_ms: i32,
    #[field(versions = "7+", ignorable)]
    pub error_code: ErrorCode,
    #[field(versions = "7+")]
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse<'a>>,
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    #[field(default = -1)]
    pub epoch: i32,
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    #[field(default = BrokerId(-1))]
    pub leader_id: BrokerId,
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SnapshotId {
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
    #[field(default = -1)]
    pub epoch: i32,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AbortedTransaction {
    pub producer_id: ProducerId,
    pub first_offset: Offset,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData<'a> {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    pub high_watermark: Offset,
    #[field(default = Offset(-1))]
    pub last_stable_offset: Offset,
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    #[field(nullable)]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    #[field(versions = "11+", default = BrokerId(-1))]
    pub preferred_read_replica: BrokerId,
    #[field(nullable)]
    pub records: Option<Records<'a>>,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchableTopicResponse<'a> {
    #[field(versions = "4..=12", ignorable)]
    pub topic: Str<'a>,
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData<'a>>,
}

/// Part of [`FetchResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    pub node_id: BrokerId,
    pub host: Str<'a>,
    pub port: i32,
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
}
