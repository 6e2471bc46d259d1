//! KRaft: how the replicas of `__cluster_metadata` agree on one log. So far a quorum of one, by the real rules and files.
//!
//! The core decides and a driver acts. [`Raft`] is told what happened ([`Input`]) and says what to do ([`Effect`]); it
//! opens no file, reads no clock and has no thread. A sole voter needs no messages, but everything else of the protocol
//! is there, because it is what makes the log readable for Apache Kafka and for the voters that may join later: an
//! epoch of its own for each time this node leads, a LeaderChange record in front of it, the election on disk before
//! anything is written in it, and a high watermark that counts what is *synced*, never what is only written.
//!
//! ```text
//!  quorum-state ─┐
//!  checkpoints ──┼─► ControlState ─► Raft ◄── propose(records) ── the controller
//!  the log ──────┘   (replay)         │
//!                                     └─► persist · append · sync · committed · became leader · snapshot needed
//! ```
//!
//! - [`raft`]: the state machine, its table of transitions, inputs and effects.
//! - [`election`]: `quorum-state`, what a voter must never forget.
//! - [`voters`]: who may vote, and the KRaftVoters record.
//! - [`control`]: what the control records of log and snapshot say, at every offset.
//! - [`snapshot`]: checkpoint files, their names, content and retention.
//! - [`mod@format`]: the files that `milena format` writes.
//! - [`describe`]: the answer to DescribeQuorum.
//!
//! Pure: no IO, no clock, no randomness. Time enters as `now`; [`Raft::poll_timeout`] says when to call.
//!
//! Source: Kafka `KafkaRaftClient`, `QuorumState`; KIP-595, KIP-630 (snapshots), KIP-853 (dynamic voters).

pub mod control;
pub mod describe;
pub mod election;
pub mod format;
pub mod raft;
pub mod snapshot;
pub mod voters;

mod batches;

pub use control::{ControlState, LoadError};
pub use election::{ElectionState, QUORUM_STATE_FILE, QuorumStateError};
pub use raft::{Config, Effect, Input, NotCommitted, ProposeError, Raft, StartError};
pub use snapshot::{Snapshot, SnapshotError, SnapshotId, SnapshotWriter};
pub use voters::{Endpoint, KRAFT_VERSIONS, ReplicaKey, Voter, VoterSet};
