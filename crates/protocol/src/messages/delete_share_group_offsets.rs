//! DeleteShareGroupOffsets: forget the offsets of a share group.
//!
//! Source: KIP-932.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// DeleteShareGroupOffsets (key 92): forget the offsets of a share group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 92, versions = "0", flexible = "0+", listeners = "broker")]
pub struct DeleteShareGroupOffsetsRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic<'a>>,
}

/// One topic whose offsets to delete.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteShareGroupOffsetsRequestTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
}

/// The answer to [`DeleteShareGroupOffsetsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 92, versions = "0", flexible = "0+")]
pub struct DeleteShareGroupOffsetsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// What became of each topic.
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic<'a>>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteShareGroupOffsetsResponseTopic<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
