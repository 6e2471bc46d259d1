//! What a replica is told, and what it says must be done.

use std::ops::Range;

use protocol::types::{LeaderEpoch, Offset};

use crate::snapshot::SnapshotId;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The moment of [`Raft::poll_timeout`](super::Raft::poll_timeout) has come. Harmless at any other time.
    Timeout,
    /// Everything below `next` is on the disk, surviving a power cut. May say less than the last [`Effect::Sync`] asked
    /// for, or repeat what was said.
    Synced {
        /// One past the last synced record.
        next: Offset,
    },
    /// The controller cannot go on leading; ignored unless this node still leads `epoch`.
    Resign {
        /// The epoch in which it gave up.
        epoch: LeaderEpoch,
    },
    /// The node stops: lead no more, and do not stand for election again.
    Shutdown,
    /// A snapshot is whole, under its final name, and synced.
    Snapshotted {
        /// Which.
        id: SnapshotId,
    },
}

/// What is to be done, in the order given. An effect that fails ends the process: what follows it relies on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Replace the file `quorum-state` by this text: write beside, sync, rename, sync the directory. Nothing after it may
    /// be done, and nobody told anything, before that has returned.
    PersistQuorumState(String),
    /// Append this batch to the log. It is placed already; the log must give it exactly these offsets. It may be replayed
    /// by the controller once it is written, and be spoken of outside once it is committed.
    Append {
        /// The batch's offsets.
        offsets: Range<Offset>,
        /// One record batch.
        bytes: Vec<u8>,
    },
    /// Sync the log at least up to here and say so by [`Input::Synced`]. May be done later than what follows, and once
    /// for several.
    Sync {
        /// One past the last record that must be synced.
        next: Offset,
    },
    /// Everything below the high watermark is committed: it survives everything, and may be answered and shown.
    Committed {
        /// One past the last committed record. Only grows within an epoch.
        high_watermark: Offset,
    },
    /// This node leads, and everything of earlier epochs is committed: the controller may begin once it has replayed the
    /// log to the start of this epoch. Comes once per epoch, right after the first [`Effect::Committed`].
    BecameLeader {
        /// The epoch to propose in.
        epoch: LeaderEpoch,
    },
    /// This node leads no more. What it appended and has not seen committed may or may not remain: the controller must
    /// throw away its state and load it again before it leads again.
    Resigned {
        /// The epoch that ended.
        epoch: LeaderEpoch,
    },
    /// Write a snapshot of what is committed, soon ([`Raft::snapshot`](super::Raft::snapshot)), then say [`Input::Snapshotted`]. Not repeated
    /// until as much was written again.
    SnapshotNeeded,
}
