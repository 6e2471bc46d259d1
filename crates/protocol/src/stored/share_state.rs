//! The records of `__share_group_state`: what became of the records that share groups were given.
//!
//! They are framed as in [`groups`](super::groups). A snapshot holds the state of a share partition in full; the
//! updates that follow it, until the next snapshot, what has changed.
//!
//! Source: KIP-932; KIP-1226.

use crate::{
    Message,
    types::{LeaderEpoch, Offset, Str, Timestamp, Uuid},
};

/// Type 0: the state of a share partition in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0")]
pub struct ShareSnapshotKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partition.
    pub partition: i32,
}

/// The value of [`ShareSnapshotKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0", flexible = "0+")]
pub struct ShareSnapshotValue {
    /// Counts the snapshots of this state; an update belongs to the snapshot of its epoch.
    pub snapshot_epoch: i32,
    /// Counts how often the state was begun anew.
    pub state_epoch: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// Where delivery starts.
    pub start_offset: Offset,
    /// How many records from the start offset on are done with; -1 if it is not known.
    #[field(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    /// When the state came to be, in milliseconds since 1970.
    pub create_timestamp: Timestamp,
    /// When the snapshot was written, in milliseconds since 1970.
    pub write_timestamp: Timestamp,
    /// The states of offsets from the start offset on, in runs.
    pub state_batches: Vec<ShareSnapshotStateBatch>,
}

/// A run of offsets in the same state.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ShareSnapshotStateBatch {
    /// The first offset.
    pub first_offset: Offset,
    /// The last offset, inclusive.
    pub last_offset: Offset,
    /// 0 available, 2 acknowledged, 4 archived.
    pub delivery_state: i8,
    /// How often the records have been delivered.
    pub delivery_count: i16,
}

/// Type 1: what changed in the state of a share partition.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0")]
pub struct ShareUpdateKey<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The partition.
    pub partition: i32,
}

/// The value of [`ShareUpdateKey`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0", flexible = "0+")]
pub struct ShareUpdateValue {
    /// Counts the snapshots of this state; an update belongs to the snapshot of its epoch.
    pub snapshot_epoch: i32,
    /// The leader epoch; -1 if it is not known.
    pub leader_epoch: LeaderEpoch,
    /// Where delivery starts; -1 if it stays.
    pub start_offset: Offset,
    /// How many records from the start offset on are done with; -1 if it is not known.
    #[field(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    /// The states of offsets from the start offset on, in runs.
    pub state_batches: Vec<ShareUpdateStateBatch>,
}

/// A run of offsets in the same state.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ShareUpdateStateBatch {
    /// The first offset.
    pub first_offset: Offset,
    /// The last offset, inclusive.
    pub last_offset: Offset,
    /// 0 available, 2 acknowledged, 4 archived.
    pub delivery_state: i8,
    /// How often the records have been delivered.
    pub delivery_count: i16,
}
