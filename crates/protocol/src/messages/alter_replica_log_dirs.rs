//! AlterReplicaLogDirs: move a broker's replicas to other log directories.
//!
//! Source: KIP-113, KIP-858.

use crate::{ErrorCode, Message, types::Str};

/// AlterReplicaLogDirs (key 34): move a broker's replicas to other log directories.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 34, versions = "1..=2", flexible = "2+", listeners = "broker")]
pub struct AlterReplicaLogDirsRequest<'a> {
    /// What goes where; a directory stands here once.
    pub dirs: Vec<AlterReplicaLogDir<'a>>,
}

/// The partitions of one topic to move.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The replicas that one log directory is to hold.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDir<'a> {
    /// The absolute path of the log directory, as the broker's `log.dirs` has it.
    pub path: Str<'a>,
    /// The topics with partitions to move there.
    pub topics: Vec<AlterReplicaLogDirTopic<'a>>,
}

/// The answer to [`AlterReplicaLogDirsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 34, versions = "1..=2", flexible = "2+")]
pub struct AlterReplicaLogDirsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub results: Vec<AlterReplicaLogDirTopicResult<'a>>,
}

/// What became of one partition.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirPartitionResult {
    /// The partition.
    pub partition_index: i32,
    /// Why the move was not begun, or none. That it has ended, DescribeLogDirs tells.
    pub error_code: ErrorCode,
}

/// What became of the partitions of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterReplicaLogDirTopicResult<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
    /// What became of each partition.
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
}
