//! Control records: what a quorum or a transaction coordinator writes between the data.
//!
//! They stand in control batches. The key is a version, 0, and a type (`i16` each); the value is one of these.
//!
//! Source: KIP-595, KIP-630, KIP-853; KIP-98 for the markers.

use crate::{
    Message,
    types::{BrokerId, Str, Timestamp, Uuid},
};

/// Type 2: a leader begins its epoch, with these voters.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=1", flexible = "0+")]
pub struct LeaderChangeMessage {
    /// The version of this record.
    pub version: i16,
    /// The `node.id` of the new leader.
    pub leader_id: BrokerId,
    /// The voters.
    pub voters: Vec<LeaderChangeVoter>,
    /// Those who voted for the leader.
    pub granting_voters: Vec<LeaderChangeVoter>,
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderChangeVoter {
    /// The `node.id` of the voter.
    pub voter_id: i32,
    /// The directory id of the voter.
    #[field(versions = "1+")]
    pub voter_directory_id: Uuid,
}

/// Type 3: the first record of a snapshot.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct SnapshotHeaderRecord {
    /// The version of this record.
    pub version: i16,
    /// The append time of the last record the snapshot covers, in milliseconds since 1970.
    pub last_contained_log_timestamp: Timestamp,
}

/// Type 4: the last record of a snapshot; without it the snapshot is not whole.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct SnapshotFooterRecord {
    /// The version of this record.
    pub version: i16,
}

/// Type 5: the level of `kraft.version`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct KRaftVersionRecord {
    /// The version of this record.
    pub version: i16,
    /// The level of `kraft.version`.
    #[field(name = "kRaftVersion")]
    pub kraft_version: i16,
}

/// Type 6: the voters from here on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct VotersRecord<'a> {
    /// The version of this record.
    pub version: i16,
    /// The voters.
    pub voters: Vec<Voter<'a>>,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Endpoint<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
}

/// A range of levels of `kraft.version`.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KRaftVersionFeature {
    /// The lowest level it supports.
    pub min_supported_version: i16,
    /// The highest level it supports.
    pub max_supported_version: i16,
}

/// One voter.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Voter<'a> {
    /// The `node.id` of the voter.
    pub voter_id: BrokerId,
    /// The directory id of the voter.
    pub voter_directory_id: Uuid,
    /// Where it listens.
    pub endpoints: Vec<Endpoint<'a>>,
    /// The levels of `kraft.version` that the voter supports.
    #[field(name = "kRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
}

/// Types 0 and 1: a transaction is aborted or committed here.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0")]
pub struct EndTxnMarker {
    /// The epoch of the transaction coordinator.
    pub coordinator_epoch: i32,
}

/// The key of a control record, behind its version: what the record is.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0")]
pub struct ControlRecordTypeSchema {
    /// 0 abort, 1 commit, 2 leader change, 3 snapshot header, 4 snapshot footer, 5 `kraft.version`, 6 voters.
    pub r#type: i16,
}
