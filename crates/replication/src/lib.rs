//! What a leader of a data partition decides: which records are committed, who may be answered, and what a fetch
//! session remembers.
//!
//! - [`leader`]: the high watermark, and the produces that wait for it.
//! - [`fetch_session`]: incremental fetches (KIP-227).
//!
//! A partition has one replica so far; what a second one adds (in-sync replicas, followers, epochs that fence) belongs
//! here too, beside the rules that it must keep.
//!
//! Pure: no IO, no clock, no randomness.

pub mod fetch_session;
pub mod leader;
