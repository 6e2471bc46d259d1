//! InitializeShareGroupState: begin the delivery state of share partitions.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Offset, Str, Uuid},
};

/// InitializeShareGroupState (key 83): begin the delivery state of share partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 83, versions = "0", flexible = "0+", listeners = "broker")]
pub struct InitializeShareGroupStateRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<InitializeStateData>,
}

/// The state to begin for one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition.
    pub partition: i32,
    /// Counts how often the state was begun anew.
    pub state_epoch: i32,
    /// Where delivery starts; -1 to find it later.
    pub start_offset: Offset,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct InitializeStateData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionData>,
}

/// The answer to [`InitializeShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 83, versions = "0", flexible = "0+")]
pub struct InitializeShareGroupStateResponse<'a> {
    /// What became of each topic.
    pub results: Vec<InitializeStateResult<'a>>,
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
pub struct InitializeStateResult<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<PartitionResult<'a>>,
}
