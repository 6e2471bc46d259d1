//! ShareFetch: acquire records as a member of a share group, and acknowledge earlier ones.
//!
//! Source: KIP-932, KIP-1206, KIP-1222.

use crate::{
    ErrorCode, Message,
    codec::Records,
    types::{BrokerId, LeaderEpoch, Offset, Str, Uuid},
};

/// ShareFetch (key 78): acquire records as a member of a share group, and acknowledge earlier ones.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 78, versions = "1..=2", flexible = "0+", listeners = "broker")]
pub struct ShareFetchRequest<'a> {
    /// The id of the group.
    #[field(nullable)]
    pub group_id: Option<Str<'a>>,
    /// The id of the member.
    #[field(nullable, default = Some(Default::default()))]
    pub member_id: Option<Str<'a>>,
    /// Counts the requests of a share session: 0 opens one, -1 ends it.
    pub share_session_epoch: i32,
    /// How long to wait for the least bytes, in milliseconds.
    pub max_wait_ms: i32,
    /// The fewest bytes to answer, unless the wait is over.
    pub min_bytes: i32,
    /// The most bytes to answer; the first batch comes even if it is larger.
    #[field(default = 0x7fffffff)]
    pub max_bytes: i32,
    /// The most records to acquire; a batch may exceed it.
    pub max_records: i32,
    /// How many records an acquired batch should have; a wish.
    pub batch_size: i32,
    /// What to acquire: 0 whole batches, 1 no more records than asked for.
    #[field(versions = "2+", ignorable)]
    pub share_acquire_mode: i8,
    /// Whether acknowledgements of type renew are among those sent along.
    #[field(versions = "2+")]
    pub is_renew_ack: bool,
    /// The topics.
    pub topics: Vec<FetchTopic>,
    /// What leaves the session.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

/// What became of a run of offsets.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AcknowledgementBatch {
    /// The first offset.
    pub first_offset: Offset,
    /// The last offset, inclusive.
    pub last_offset: Offset,
    /// One for each offset, or one for all of them: 0 gap, 1 accept, 2 release, 3 reject, 4 renew.
    pub acknowledge_types: Vec<i8>,
}

/// One partition to read, and what became of records acquired earlier.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchPartition {
    /// The partition.
    pub partition_index: i32,
    /// What became of records acquired earlier.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

/// The partitions of one topic to read.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FetchTopic {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<FetchPartition>,
}

/// The partitions of one topic that leave the session.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ForgottenTopic {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The answer to [`ShareFetchRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 78, versions = "1..=2", flexible = "0+")]
pub struct ShareFetchResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// How long acquired records stay with the member, in milliseconds.
    pub acquisition_lock_timeout_ms: i32,
    /// What was read, by topic.
    pub responses: Vec<ShareFetchableTopicResponse<'a>>,
    /// Where the leaders named here listen.
    pub node_endpoints: Vec<NodeEndpoint<'a>>,
}

/// Who leads a partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderIdAndEpoch {
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
}

/// A run of offsets that the member now holds.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AcquiredRecords {
    /// The first offset.
    pub first_offset: Offset,
    /// The last offset, inclusive.
    pub last_offset: Offset,
    /// How often the records have been delivered.
    pub delivery_count: i16,
}

/// What was read from one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// Why the acknowledgements sent along failed, or none.
    pub acknowledge_error_code: ErrorCode,
    /// The same in words; null if there is nothing to say.
    #[field(nullable)]
    pub acknowledge_error_message: Option<Str<'a>>,
    /// Who leads instead, where the error says that the asked one does not.
    pub current_leader: LeaderIdAndEpoch,
    /// The record batches.
    pub records: Records<'a>,
    /// The records that this member now holds.
    pub acquired_records: Vec<AcquiredRecords>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ShareFetchableTopicResponse<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What was read, by partition.
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
