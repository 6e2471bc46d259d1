//! What a coordinator decides: who is in a group, what it has read, and who may be told.
//!
//! - [`runtime`]: the shape that every coordinator has. Requests decide, records change, answers wait for the log.
//! - [`group`]: classic groups and the offsets of all groups, over one partition of `__consumer_offsets`.
//!
//! A coordinator remembers only what its log says: its state is what replaying the partition's records gives, and
//! whoever replays them (leader, follower, the next start, the simulator) has the same. What it needs beside that, such
//! as who waits in a join, is lost at failover, and clients are made for that.
//!
//! Pure: no IO, no clock, no randomness. Time and chance enter as arguments.

pub mod group;
pub mod runtime;
