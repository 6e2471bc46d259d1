//! WriteShareGroupState: store the delivery state of share partitions.
//!
//! Source: KIP-932, KIP-1226.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// WriteShareGroupState (key 85): store the delivery state of share partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 85, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct WriteShareGroupStateRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<WriteStateData>,
}

/// A run of offsets in the same state.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct StateBatch {
    /// The first offset.
    pub first_offset: Offset,
    /// The last offset, inclusive.
    pub last_offset: Offset,
    /// 0 available, 2 acknowledged, 4 archived.
    pub delivery_state: i8,
    /// How often the records have been delivered.
    pub delivery_count: i16,
}

/// The state of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition.
    pub partition: i32,
    /// Counts how often the state was begun anew.
    pub state_epoch: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// Where delivery starts; -1 if it stays.
    pub start_offset: Offset,
    /// How many records from the start offset on are done with; -1 if it is not known.
    #[field(versions = "1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
    /// The states of offsets from the start offset on, in runs.
    pub state_batches: Vec<StateBatch>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WriteStateData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionData>,
}

/// The answer to [`WriteShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 85, versions = "0..=1", flexible = "0+")]
pub struct WriteShareGroupStateResponse<'a> {
    /// What became of each topic.
    pub results: Vec<WriteStateResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResult<'a> {
    /// The partition.
    pub partition: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WriteStateResult<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<PartitionResult<'a>>,
}
