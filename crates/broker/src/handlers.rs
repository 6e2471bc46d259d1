//! One handler per API, each a plain function in a file of its own.
//!
//! A handler gets the node, who asks, the decoded request and the time; it answers at once or leaves a
//! [`Wait`](crate::answer::Wait) behind. It may lock a partition, never two, and holds no lock when it returns. Its
//! header says which versions it serves, how it behaves where Apache Kafka's documentation is silent, and what is not
//! done yet.

/// What may be done to the cluster where nobody is kept from anything, as the bits of operations that apply to it.
pub const AUTHORIZED_CLUSTER: i32 = 8096;

/// The same for a topic.
pub const AUTHORIZED_TOPIC: i32 = 3576;

/// The same for a group.
pub const AUTHORIZED_GROUP: i32 = 3400;

pub mod alter_configs;
pub mod api_versions;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_topics;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_producers;
pub mod describe_quorum;
pub mod describe_topic_partitions;
pub mod fetch;
pub mod find_coordinator;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod join_group;
pub mod leave_group;
pub mod list_config_resources;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod metadata;
pub mod offset_commit;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod sasl;
pub mod sync_group;
