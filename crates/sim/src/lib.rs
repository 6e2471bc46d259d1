//! The simulator: a whole node on one thread, under a disk, a clock and clients that one seed decides.
//!
//! ```text
//!            ┌────────────── World ──────────────┐
//!  clients ──┤ frames, late, in order, or lost   ├──▶ broker::dispatch ──▶ Node ──▶ FaultDisk
//!     ▲      │ syncs, commits and ticks, late    │                          │
//!     └──────┤ deaths: kill, power cut, stop     │◀── answers ──────────────┘
//!            └───────────────┬───────────────────┘
//!                            ▼
//!                  History: what was promised, and whether it was kept
//! ```
//!
//! The node is the one that serves the real world, down to the bytes of its frames. What differs is who drives it: here
//! it is [`World`], which owns time, carries frames between clients and node, decides when a log is synced, and lets
//! the node die, between two events or in the middle of a write. After every event the node's invariants are looked at;
//! after every restart its logs are compared with what the clients know; at the end everything must have been answered.
//!
//! A run is a function of its seed and its [`Options`]. A seed that fails prints the command that replays it, with
//! `--verbose` event by event.

pub mod client;
pub mod clients;
pub mod history;
mod network;
mod outcome;
mod settings;
pub mod trace;
pub mod world;

pub use outcome::{Failure, Summary};
pub use settings::Options;
pub use world::{World, run};
