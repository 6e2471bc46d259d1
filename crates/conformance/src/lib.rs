//! Foreign software against a node: other people's Kafka clients, Apache Kafka's own programs, and Apache Kafka itself.
//!
//! The claim "every Kafka client works" is worth what was run. So each client, at a pinned version and in its own
//! language, walks through the same list of [features](features::FEATURES) against a node it knows only by address;
//! one [runner](run) installs them, starts the node, restarts it in the middle, and draws the table. The node is a
//! [`node::Node`]: Milena, or Apache Kafka with the same switch, because a cell means something only if Apache Kafka
//! fills it too.
//!
//! What a client prints is the contract between its language and this crate: one line per cell,
//! `feature TAB ok|fail|n/a TAB detail` (`clients/README.md`).
//!
//! Everything downloaded lives in one [cache] outside the repository.

pub mod cache;
pub mod clients;
pub mod features;
pub mod judges;
pub mod kafka;
pub mod node;
pub mod process;
pub mod run;
pub mod table;
pub mod wire;
