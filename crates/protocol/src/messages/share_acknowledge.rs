//! ShareAcknowledge: acknowledge acquired records.
//!
//! Source: KIP-932, KIP-1222.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Offset, Str, Uuid},
};

/// ShareAcknowledge (key 79): acknowledge acquired records.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 79, versions = "1..=2", flexible = "0+", listeners = "broker")]
pub struct ShareAcknowledgeRequest<'a> {
    /// The id of the group.
    #[field(nullable)]
    pub group_id: Option<Str<'a>>,
    /// The id of the member.
    #[field(nullable, default = Some(Default::default()))]
    pub member_id: Option<Str<'a>>,
    /// Counts the requests of a share session: 0 opens one, -1 ends it.
    pub share_session_epoch: i32,
    /// Whether acknowledgements of type renew are among those sent along.
    #[field(versions = "2+")]
    pub is_renew_ack: bool,
    /// The topics.
    pub topics: Vec<AcknowledgeTopic>,
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

/// What became of records of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AcknowledgePartition {
    /// The partition.
    pub partition_index: i32,
    /// What became of records acquired earlier.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AcknowledgeTopic {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<AcknowledgePartition>,
}

/// The answer to [`ShareAcknowledgeRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 79, versions = "1..=2", flexible = "0+")]
pub struct ShareAcknowledgeResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// How long acquired records stay with the member, in milliseconds.
    #[field(versions = "2+", ignorable)]
    pub acquisition_lock_timeout_ms: i32,
    /// What became of each topic.
    pub responses: Vec<ShareAcknowledgeTopicResponse<'a>>,
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

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct PartitionData<'a> {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// Who leads instead, where the error says that the asked one does not.
    pub current_leader: LeaderIdAndEpoch,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ShareAcknowledgeTopicResponse<'a> {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// What became of each partition.
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
