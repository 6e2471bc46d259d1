//! A Kafka client: what the command line, the tests and the load generator speak to a broker with.
//!
//! It talks to any Kafka: each connection learns which versions its broker has and uses the newest that both know.
//! From the bottom to the top:
//!
//! - [`connection`]: one socket. Requests go out as they come, answers find their request by correlation id.
//! - [`cluster`]: bootstrap, metadata, who leads what, and trying again when the cluster says "not yet".
//! - [`producer`]: batches per partition, idempotent if asked; [`partitioner`] chooses as Java's client does.
//! - [`consumer`]: reads partitions from given places; [`group`] shares them with others in a classic group.
//! - [`admin`]: topics, configs, groups, offsets, the cluster.
//!
//! Nothing here is cached on disk, and nothing retries for ever: every operation has a deadline and its own errors.

pub mod admin;
pub mod cluster;
pub mod connection;
pub mod consumer;
pub mod group;
pub mod partitioner;
pub mod producer;

pub use admin::Admin;
pub use cluster::{Cluster, ClusterOptions};
pub use connection::Connection;
pub use consumer::Consumer;
pub use group::GroupConsumer;
pub use producer::Producer;
