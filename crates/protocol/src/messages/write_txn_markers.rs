//! WriteTxnMarkers: the transaction coordinator ends transactions in the partitions they touched.
//!
//! Source: KIP-98, KIP-890, KIP-1228.

use crate::{
    ErrorCode, Message,
    types::{ProducerEpoch, ProducerId, Str},
};

/// WriteTxnMarkers (key 27): the transaction coordinator ends transactions in the partitions they touched.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 27, versions = "1..=2", flexible = "1+", listeners = "broker")]
pub struct WriteTxnMarkersRequest<'a> {
    /// The markers.
    pub markers: Vec<WritableTxnMarker<'a>>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WritableTxnMarkerTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions that get the marker.
    pub partition_indexes: Vec<i32>,
}

/// The end of one producer's transaction.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WritableTxnMarker<'a> {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// The epoch of the producer; -1 if there is none.
    pub producer_epoch: ProducerEpoch,
    /// Whether it is committed; else aborted.
    pub transaction_result: bool,
    /// The topics.
    pub topics: Vec<WritableTxnMarkerTopic<'a>>,
    /// The epoch of the transaction coordinator: that of its partition of `__transaction_state`.
    pub coordinator_epoch: i32,
    /// The transaction protocol: 2 has an epoch for each transaction (KIP-890).
    #[field(versions = "2+", ignorable)]
    pub transaction_version: i8,
}

/// The answer to [`WriteTxnMarkersRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 27, versions = "1..=2", flexible = "1+")]
pub struct WriteTxnMarkersResponse<'a> {
    /// The markers.
    pub markers: Vec<WritableTxnMarkerResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WritableTxnMarkerPartitionResult {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WritableTxnMarkerTopicResult<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// What became of each partition.
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

/// What became of one producer's markers.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct WritableTxnMarkerResult<'a> {
    /// The id of the producer; -1 if there is none.
    pub producer_id: ProducerId,
    /// What became of each topic.
    pub topics: Vec<WritableTxnMarkerTopicResult<'a>>,
}
