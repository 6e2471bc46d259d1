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
#[message(key = 1, versions = "4..=18", flexible = "12+", listeners = "broker, controller")]
pub struct FetchRequest<'a> {
    /// The id of the cluster, for the metadata log; null where it is not checked.
    #[field(versions = "12+", tag = 0, nullable, ignorable)]
    pub cluster_id: Option<Str<'a>>,
    /// The `node.id` of the follower; -1 for a consumer.
    #[field(versions = "4..=14", default = BrokerId(-1))]
    pub replica_id: BrokerId,
    /// Which replica asks; nobody for a consumer.
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    /// How long to wait for the least bytes, in milliseconds.
    pub max_wait_ms: i32,
    /// The fewest bytes to answer, unless the wait is over.
    pub min_bytes: i32,
    /// The most bytes to answer; the first batch comes even if it is larger.
    #[field(default = 0x7fffffff, ignorable)]
    pub max_bytes: i32,
    /// 0 to read all records, 1 to read only those of committed transactions.
    #[field(ignorable)]
    pub isolation_level: i8,
    /// The id of the fetch session; 0 if there is none.
    #[field(versions = "7+", ignorable)]
    pub session_id: i32,
    /// Counts the requests of a session: 0 opens one, -1 is without or ends it.
    #[field(versions = "7+", default = -1, ignorable)]
    pub session_epoch: i32,
    /// The topics.
    pub topics: Vec<FetchTopic<'a>>,
    /// What leaves the session.
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic<'a>>,
    /// The rack of the consumer, to find a replica near it; empty if there is none.
    #[field(versions = "11+", ignorable)]
    pub rack_id: Str<'a>,
}

/// The replica that asks.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReplicaState {
    /// The `node.id` of the follower; -1 for a consumer.
    #[field(default = BrokerId(-1))]
    pub replica_id: BrokerId,
    /// The broker epoch of the follower; -1 if it is not known, and for consumers.
    #[field(default = -1)]
    pub replica_epoch: i64,
}

/// Where to read one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    /// The partition.
    pub partition: i32,
    /// The leader epoch the client knows, to be fenced by; -1 for no fencing.
    #[field(versions = "9+", default = LeaderEpoch(-1), ignorable)]
    pub current_leader_epoch: LeaderEpoch,
    /// Where to begin.
    pub fetch_offset: Offset,
    /// The leader epoch of the last record the follower has; -1 if it has none.
    #[field(versions = "12+", default = LeaderEpoch(-1))]
    pub last_fetched_epoch: LeaderEpoch,
    /// Where the follower's log begins; -1 for consumers.
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    /// The most bytes to answer for this partition; the first batch comes even if it is larger.
    pub partition_max_bytes: i32,
    /// The directory id of the replica; zero if it is not known.
    #[field(versions = "17+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    /// The high watermark the follower knows, so that the leader tells a new one at once.
    #[field(versions = "18+", tag = 1, default = Offset(9223372036854775807), ignorable)]
    pub high_watermark: Offset,
}

/// The partitions of one topic to read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchTopic<'a> {
    /// The name of the topic.
    #[field(versions = "4..=12", ignorable)]
    pub topic: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<FetchPartition>,
}

/// The partitions of one topic that leave the session.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic<'a> {
    /// The name of the topic.
    #[field(versions = "7..=12", ignorable)]
    pub topic: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The answer to [`FetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "4..=18", flexible = "12+")]
pub struct FetchResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    #[field(versions = "7+", ignorable)]
    pub error_code: ErrorCode,
    /// The id of the fetch session; 0 if there is none.
    #[field(versions = "7+")]
    pub session_id: i32,
    /// What was read, by topic.
    pub responses: Vec<FetchableTopicResponse<'a>>,
    /// Where the leaders named here listen.
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// Where a leader epoch ends.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EpochEndOffset {
    /// The last leader epoch the leader has at or before the follower's; -1 if there is none.
    #[field(default = -1)]
    pub epoch: i32,
    /// The offset behind the last record of that epoch; -1 if there is none.
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
}

/// Who leads a partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    #[field(default = BrokerId(-1))]
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
}

/// A snapshot, by where it ends.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SnapshotId {
    /// The offset behind the last record the snapshot covers; -1 if there is no snapshot.
    #[field(default = Offset(-1))]
    pub end_offset: Offset,
    /// The leader epoch of the last record the snapshot covers; -1 if there is no snapshot.
    #[field(default = -1)]
    pub epoch: i32,
}

/// An aborted transaction with records in the answer.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AbortedTransaction {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// Where the transaction began.
    pub first_offset: Offset,
}

/// What was read from one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The end of what is committed; -1 if it is not known.
    pub high_watermark: Offset,
    /// The end of what consumers that read committed may have; -1 if it is not known.
    #[field(default = Offset(-1), ignorable)]
    pub last_stable_offset: Offset,
    /// The first offset of the log; -1 if it is not known.
    #[field(versions = "5+", default = Offset(-1), ignorable)]
    pub log_start_offset: Offset,
    /// Where the follower's log parts from the leader's, if it does.
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    /// Who leads instead, where the error says that the asked one does not.
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    /// Which snapshot.
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    /// The aborted transactions that have records here, for consumers that read committed; null for others.
    #[field(nullable, default = Some(Default::default()), ignorable)]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// The replica this consumer should read from; -1 for the leader.
    #[field(versions = "11+", default = BrokerId(-1))]
    pub preferred_read_replica: BrokerId,
    /// The record batches; the last may be cut.
    #[field(nullable)]
    pub records: Option<Records<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchableTopicResponse<'a> {
    /// The name of the topic.
    #[field(versions = "4..=12", ignorable)]
    pub topic: Str<'a>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionData<'a>>,
}

/// Where a leader named in the answer listens.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct NodeEndpoint<'a> {
    /// The `node.id` of the node.
    pub node_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
    /// The rack; null if it has none.
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
}
