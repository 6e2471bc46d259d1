//! The records of `__remote_log_metadata`: which segments are in remote storage.
//!
//! Each stands in the value of a record, framed as a metadata record is ([`metadata`](super::metadata)), with types of
//! its own.
//!
//! Source: KIP-405.

use crate::{
    Message,
    codec::Bytes,
    types::{LeaderEpoch, Offset, Str, Timestamp, Uuid},
};

/// A segment is being copied to remote storage.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataRecord<'a> {
    /// Which segment.
    pub remote_log_segment_id: RemoteLogSegmentIdEntry<'a>,
    /// The first offset of the segment.
    pub start_offset: Offset,
    /// The last offset of the segment, inclusive.
    pub end_offset: Offset,
    /// The `node.id` of the broker that wrote this.
    pub broker_id: i32,
    /// The largest timestamp in the segment, in milliseconds since 1970.
    pub max_timestamp_ms: Timestamp,
    /// When it happened, in milliseconds since 1970.
    pub event_timestamp_ms: Timestamp,
    /// The leader epochs in the segment, with their start offsets.
    pub segment_leader_epochs: Vec<SegmentLeaderEpochEntry>,
    /// The size of the segment, in bytes.
    pub segment_size_in_bytes: i32,
    /// What the remote storage wants to keep about the segment; null if nothing.
    #[field(nullable)]
    pub custom_metadata: Option<Bytes<'a>>,
    /// 0 being copied, 1 copied, 2 being deleted, 3 deleted.
    pub remote_log_segment_state: i8,
    /// Whether the segment has no aborted transactions.
    #[field(tag = 0)]
    pub txn_index_empty: bool,
}

/// A partition, by the id of its topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopicIdPartitionEntry<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The id of the topic.
    pub id: Uuid,
    /// The partition.
    pub partition: i32,
}

/// A segment, by its partition and its id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RemoteLogSegmentIdEntry<'a> {
    /// Which partition.
    pub topic_id_partition: TopicIdPartitionEntry<'a>,
    /// The id of the segment.
    pub id: Uuid,
}

/// Where a leader epoch begins in the segment.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SegmentLeaderEpochEntry {
    /// The leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// The first offset of that epoch.
    pub offset: Offset,
}

/// The state of a segment in remote storage has changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataUpdateRecord<'a> {
    /// Which segment.
    pub remote_log_segment_id: UpdateRemoteLogSegmentIdEntry<'a>,
    /// The `node.id` of the broker that wrote this.
    pub broker_id: i32,
    /// When it happened, in milliseconds since 1970.
    pub event_timestamp_ms: Timestamp,
    /// What the remote storage wants to keep about the segment; null if nothing.
    #[field(nullable)]
    pub custom_metadata: Option<Bytes<'a>>,
    /// 0 being copied, 1 copied, 2 being deleted, 3 deleted.
    pub remote_log_segment_state: i8,
}

/// A partition, by the id of its topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct UpdateTopicIdPartitionEntry<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The id of the topic.
    pub id: Uuid,
    /// The partition.
    pub partition: i32,
}

/// A segment, by its partition and its id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct UpdateRemoteLogSegmentIdEntry<'a> {
    /// Which partition.
    pub topic_id_partition: UpdateTopicIdPartitionEntry<'a>,
    /// The id of the segment.
    pub id: Uuid,
}

/// The deletion of a partition's segments from remote storage.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0", flexible = "0+")]
pub struct RemotePartitionDeleteMetadataRecord<'a> {
    /// Which partition.
    pub topic_id_partition: DeleteTopicIdPartitionEntry<'a>,
    /// The `node.id` of the broker that wrote this.
    pub broker_id: i32,
    /// When it happened, in milliseconds since 1970.
    pub event_timestamp_ms: Timestamp,
    /// 0 to be deleted, 1 being deleted, 2 deleted.
    pub remote_partition_delete_state: i8,
}

/// A partition, by the id of its topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicIdPartitionEntry<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The id of the topic.
    pub id: Uuid,
    /// The partition.
    pub partition: i32,
}

/// A segment in remote storage, in a file of what a broker knows of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataSnapshotRecord<'a> {
    /// The id of the segment.
    pub segment_id: Uuid,
    /// The first offset of the segment.
    pub start_offset: Offset,
    /// The last offset of the segment, inclusive.
    pub end_offset: Offset,
    /// The `node.id` of the broker that wrote this.
    pub broker_id: i32,
    /// The largest timestamp in the segment, in milliseconds since 1970.
    pub max_timestamp_ms: Timestamp,
    /// When it happened, in milliseconds since 1970.
    pub event_timestamp_ms: Timestamp,
    /// The leader epochs in the segment, with their start offsets.
    pub segment_leader_epochs: Vec<SnapshotSegmentLeaderEpochEntry>,
    /// The size of the segment, in bytes.
    pub segment_size_in_bytes: i32,
    /// What the remote storage wants to keep about the segment; null if nothing.
    #[field(nullable)]
    pub custom_metadata: Option<Bytes<'a>>,
    /// 0 being copied, 1 copied, 2 being deleted, 3 deleted.
    pub remote_log_segment_state: i8,
    /// Whether the segment has no aborted transactions.
    #[field(tag = 0)]
    pub txn_index_empty: bool,
}

/// Where a leader epoch begins in the segment.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SnapshotSegmentLeaderEpochEntry {
    /// The leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// The first offset of that epoch.
    pub offset: Offset,
}
