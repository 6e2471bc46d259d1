//! ReadShareGroupStateSummary: where delivery of share partitions stands.
//!
//! Source: KIP-932, KIP-1226.

use crate::{
    ErrorCode, Message,
    types::{LeaderEpoch, Offset, Str, Uuid},
};

/// ReadShareGroupStateSummary (key 87): where delivery of share partitions stands.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 87, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct ReadShareGroupStateSummaryRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The topics.
    pub topics: Vec<ReadStateSummaryData>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData {
    /// The partition.
    pub partition: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReadStateSummaryData {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionData>,
}

/// The answer to [`ReadShareGroupStateSummaryRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 87, versions = "0..=1", flexible = "0+")]
pub struct ReadShareGroupStateSummaryResponse<'a> {
    /// Where delivery stands, by topic.
    pub results: Vec<ReadStateSummaryResult<'a>>,
}

/// Where delivery of one partition stands.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionResult<'a> {
    /// The partition.
    pub partition: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// Counts how often the state was begun anew.
    pub state_epoch: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// Where delivery starts; -1 if it is not known yet.
    pub start_offset: Offset,
    /// How many records from the start offset on are done with; -1 if it is not known.
    #[field(versions = "1+", default = -1, ignorable)]
    pub delivery_complete_count: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ReadStateSummaryResult<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<PartitionResult<'a>>,
}
