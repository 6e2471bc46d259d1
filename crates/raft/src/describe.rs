//! The answer to DescribeQuorum, from the leader's point of view.
//!
//! Source: Kafka `KafkaRaftClient.handleDescribeQuorumRequest`, `RaftUtil`; KIP-595, KIP-836, KIP-853.

use protocol::{
    ErrorCode,
    messages::describe_quorum::{Listener, Node, ReplicaState, ResponsePartitionData},
    types::{BrokerId, LeaderEpoch, Offset, Str, Timestamp},
};

use crate::raft::Raft;

impl Raft {
    /// What this leader tells about partition 0 of `__cluster_metadata`; NOT_LEADER_OR_FOLLOWER if it is none. A leader
    /// has always just fetched from itself.
    #[must_use]
    pub fn describe(&self, now: Timestamp) -> ResponsePartitionData<'static> {
        if !self.is_leader() {
            return ResponsePartitionData {
                error_code: ErrorCode::NOT_LEADER_OR_FOLLOWER,
                error_message: Some(Str::EMPTY),
                leader_id: BrokerId(0),
                leader_epoch: LeaderEpoch(0),
                partition_index: 0,
                high_watermark: Offset(0),
                current_voters: Vec::new(),
                observers: Vec::new(),
            };
        }
        let voters = self.voters().iter().map(|voter| ReplicaState {
            replica_id: voter.key.id,
            replica_directory_id: voter.key.directory_id_or_zero(),
            log_end_offset: self.log_end(),
            last_fetch_timestamp: now,
            last_caught_up_timestamp: now,
        });
        ResponsePartitionData {
            partition_index: 0,
            error_code: ErrorCode::NONE,
            error_message: Some(Str::EMPTY),
            leader_id: self.local().id,
            leader_epoch: self.epoch(),
            high_watermark: self.high_watermark().unwrap_or(Offset::NONE),
            current_voters: voters.collect(),
            observers: Vec::new(),
        }
    }

    /// The voters and their listeners, as DescribeQuorum tells them from version 2 on.
    #[must_use]
    pub fn describe_nodes(&self) -> Vec<Node<'static>> {
        let listeners = |voter: &crate::Voter| {
            let endpoints = voter.endpoints.iter();
            let listener = endpoints.map(|e| Listener {
                name: Str::from(e.name.clone()),
                host: Str::from(e.host.clone()),
                port: e.port,
            });
            listener.collect()
        };
        self.voters().iter().map(|voter| Node { node_id: voter.key.id, listeners: listeners(voter) }).collect()
    }
}
