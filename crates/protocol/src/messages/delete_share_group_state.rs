//! DeleteShareGroupState: delete the delivery state of share partitions.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// DeleteShareGroupState (key 86): delete the delivery state of share partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 86, versions = "0", flexible = "0+", listeners = "broker")]
pub struct DeleteShareGroupStateRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<DeleteStateData>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition.
    pub partition: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteStateData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionData>,
}

/// The answer to [`DeleteShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 86, versions = "0", flexible = "0+")]
pub struct DeleteShareGroupStateResponse<'a> {
    /// What became of each topic.
    pub results: Vec<DeleteStateResult<'a>>,
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
pub struct DeleteStateResult<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<PartitionResult<'a>>,
}
