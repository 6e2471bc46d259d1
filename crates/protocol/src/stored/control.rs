//! Control records: what a quorum or a transaction coordinator writes between the data.
//!
//! They stand in control batches. The key is a version, 0, and a type (`i16` each); the value is one of these.
//!
//! Source: KIP-595, KIP-630, KIP-853; KIP-98 for the markers.

// A field's name is Kafka's name for it; what it does is told where it is used.
#![allow(missing_docs)]

use crate::{
    Message,
    types::{BrokerId, Str, Timestamp, Uuid},
};

/// Type 2: a leader begins its epoch, with these voters.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=1", flexible = "0+")]
pub struct LeaderChangeMessage {
    pub version: i16,
    pub leader_id: BrokerId,
    pub voters: Vec<LeaderChangeVoter>,
    pub granting_voters: Vec<LeaderChangeVoter>,
}

/// Part of [`LeaderChangeMessage`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct LeaderChangeVoter {
    pub voter_id: i32,
    #[field(versions = "1+")]
    pub voter_directory_id: Uuid,
}

/// Type 3: the first record of a snapshot.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct SnapshotHeaderRecord {
    pub version: i16,
    pub last_contained_log_timestamp: Timestamp,
}

/// Type 4: the last record of a snapshot; without it the snapshot is not whole.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct SnapshotFooterRecord {
    pub version: i16,
}

/// Type 5: the level of `kraft.version`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct KRaftVersionRecord {
    pub version: i16,
    pub kraft_version: i16,
}

/// Type 6: the voters from here on.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0", flexible = "0+")]
pub struct VotersRecord<'a> {
    pub version: i16,
    pub voters: Vec<Voter<'a>>,
}

/// Part of [`VotersRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Endpoint<'a> {
    pub name: Str<'a>,
    pub host: Str<'a>,
    pub port: u16,
}

/// Part of [`VotersRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct KRaftVersionFeature {
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// Part of [`VotersRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Voter<'a> {
    pub voter_id: BrokerId,
    pub voter_directory_id: Uuid,
    pub endpoints: Vec<Endpoint<'a>>,
    pub kraft_version_feature: KRaftVersionFeature,
}

/// Types 0 and 1: a transaction is aborted or committed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0")]
pub struct EndTxnMarker {
    pub coordinator_epoch: i32,
}
