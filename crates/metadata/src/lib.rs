//! The cluster's metadata: what the records of `__cluster_metadata` add up to, and who decides on new ones.
//!
//! - [`record`]: one record, read from and written to its stored value.
//! - [`image`]: what all records add up to, cheap to hand out, and what changed from one to the next.
//! - [`controller`]: requests decide on records, records change the state.
//! - [`config`]: every config that Kafka knows, with its type, default and range.
//! - [`topic_name`]: what a topic may be called; [`authorized_operations`]: what anybody may do without an authorizer.
//!
//! Nothing here reads a clock, a file or a socket.

pub mod authorized_operations;
pub mod config;
pub mod controller;
pub mod image;
pub mod metadata_version;
pub mod record;
pub mod topic_name;

pub use authorized_operations::{CLUSTER as AUTHORIZED_CLUSTER, GROUP as AUTHORIZED_GROUP, TOPIC as AUTHORIZED_TOPIC};
pub use controller::{Controller, Outcome};
pub use image::{Delta, Image};
pub use metadata_version::MetadataVersion;
pub use record::{MetadataRecord, RecordError};
