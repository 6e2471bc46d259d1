//! AlterPartition: a leader asks the controller to change the ISR.
//!
//! Source: KIP-497, KIP-704, KIP-841, KIP-903.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, LeaderEpoch, Uuid},
};

/// AlterPartition (key 56): a leader asks the controller to change the ISR.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 56, versions = "2..=3", flexible = "0+", listeners = "controller")]
pub struct AlterPartitionRequest {
    /// The `node.id` of the leader that asks.
    pub broker_id: BrokerId,
    /// The epoch of the broker's registration; -1 if it is not known.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// The topics.
    pub topics: Vec<RequestTopicData>,
}

/// One replica of the new ISR.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct BrokerState {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The broker's epoch, as the leader knows it from its fetches; -1 if it is not known.
    #[field(default = -1)]
    pub broker_epoch: i64,
}

/// The ISR that one partition is to have.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestPartitionData {
    /// The partition.
    pub partition_index: i32,
    /// The epoch the leader leads in.
    pub leader_epoch: LeaderEpoch,
    /// The replicas that are to be in sync.
    #[field(versions = "2")]
    pub new_isr: Vec<BrokerId>,
    /// The replicas that are to be in sync, with the epochs the leader knows them by.
    #[field(versions = "3+")]
    pub new_isr_with_epochs: Vec<BrokerState>,
    /// 1 while the partition recovers from an unclean election, else 0.
    pub leader_recovery_state: i8,
    /// The partition epoch the leader knows.
    pub partition_epoch: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestTopicData {
    /// The id of the topic; zero if it is not known.
    #[field(ignorable)]
    pub topic_id: Uuid,
    /// The partitions.
    pub partitions: Vec<RequestPartitionData>,
}

/// The answer to [`AlterPartitionRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 56, versions = "2..=3", flexible = "0+")]
pub struct AlterPartitionResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// What became of each topic.
    pub topics: Vec<ResponseTopicData>,
}

/// The state of one partition as the controller has it now.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponsePartitionData {
    /// The partition.
    pub partition_index: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The `node.id` of the leader; -1 if there is none, or it is not known.
    pub leader_id: BrokerId,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// The replicas in sync, leader included.
    pub isr: Vec<BrokerId>,
    /// 1 while the partition recovers from an unclean election, else 0.
    #[field(ignorable)]
    pub leader_recovery_state: i8,
    /// The epoch of the partition's state; each change raises it.
    pub partition_epoch: i32,
}

/// The partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseTopicData {
    /// The id of the topic; zero if it is not known.
    #[field(ignorable)]
    pub topic_id: Uuid,
    /// What became of each partition.
    pub partitions: Vec<ResponsePartitionData>,
}
