//! Logs on disk, in Apache Kafka's own format.

pub mod disk;
