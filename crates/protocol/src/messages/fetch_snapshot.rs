//! FetchSnapshot: read a snapshot of the metadata log, piece by piece.
//!
//! Source: KIP-630, KIP-853.

use crate::{
    ErrorCode, Message,
    codec::Records,
    types::{BrokerId, LeaderEpoch, Offset, Str, Uuid},
};

/// FetchSnapshot (key 59): read a snapshot of the metadata log, piece by piece.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 59, versions = "0..=1", flexible = "0+", listeners = "controller")]
pub struct FetchSnapshotRequest<'a> {
    /// The id of the cluster; null where it is not checked.
    #[field(tag = 0, nullable)]
    pub cluster_id: Option<Str<'a>>,
    /// The `node.id` of the replica that asks.
    #[field(default = BrokerId(-1))]
    pub replica_id: BrokerId,
    /// The most bytes to answer; the first batch comes even if it is larger.
    #[field(default = 0x7fffffff)]
    pub max_bytes: i32,
    /// The topics.
    pub topics: Vec<RequestTopicSnapshot<'a>>,
}

/// A snapshot, by where it ends.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestSnapshotId {
    /// The offset behind the last record the snapshot covers; -1 if there is no snapshot.
    pub end_offset: Offset,
    /// The leader epoch of the last record the snapshot covers; -1 if there is no snapshot.
    pub epoch: i32,
}

/// Which piece of one partition's snapshot to read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionSnapshot {
    /// The partition.
    pub partition: i32,
    /// The leader epoch the client knows, to be fenced by; -1 for no fencing.
    pub current_leader_epoch: LeaderEpoch,
    /// Which snapshot.
    pub snapshot_id: RequestSnapshotId,
    /// Where in the snapshot the bytes begin.
    pub position: i64,
    /// The directory id of the replica; zero if it is not known.
    #[field(versions = "1+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
}

/// The snapshots of one topic's partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicSnapshot<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<RequestPartitionSnapshot>,
}

/// The answer to [`FetchSnapshotRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 59, versions = "0..=1", flexible = "0+")]
pub struct FetchSnapshotResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The topics.
    pub topics: Vec<ResponseTopicSnapshot<'a>>,
    /// Where the leaders named here listen.
    #[field(versions = "1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// A snapshot, by where it ends.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseSnapshotId {
    /// The offset behind the last record the snapshot covers; -1 if there is no snapshot.
    pub end_offset: Offset,
    /// The leader epoch of the last record the snapshot covers; -1 if there is no snapshot.
    pub epoch: i32,
}

/// Who leads a partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

/// A piece of one partition's snapshot.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionSnapshot<'a> {
    /// The partition.
    pub index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// Which snapshot.
    pub snapshot_id: ResponseSnapshotId,
    /// Who leads instead, where the error says that the asked one does not.
    #[field(tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
    /// The size of the whole snapshot, in bytes.
    pub size: i64,
    /// Where in the snapshot the bytes begin.
    pub position: i64,
    /// Bytes of the snapshot's batches, cut anywhere.
    pub unaligned_records: Records<'a>,
}

/// The snapshots of one topic's partitions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicSnapshot<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<ResponsePartitionSnapshot<'a>>,
}

/// Where a leader named in the answer listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}
