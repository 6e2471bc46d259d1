//! DescribeLogDirs: log directories, and the size of what is in them.
//!
//! Source: KIP-113, KIP-827, KIP-1066.

use crate::{ErrorCode, Message, types::Str};

/// DescribeLogDirs (key 35): log directories, and the size of what is in them.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 35, versions = "1..=5", flexible = "2+", listeners = "broker")]
pub struct DescribeLogDirsRequest<'a> {
    /// The topics to tell of; null for all.
    #[field(nullable, default = Some(Default::default()))]
    pub topics: Option<Vec<DescribableLogDirTopic<'a>>>,
}

/// The partitions of one topic to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribableLogDirTopic<'a> {
    /// The name of the topic.
    pub topic: Str<'a>,
    /// The partitions, by index.
    pub partitions: Vec<i32>,
}

/// The answer to [`DescribeLogDirsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 35, versions = "1..=5", flexible = "2+")]
pub struct DescribeLogDirsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    #[field(versions = "3+", ignorable)]
    pub error_code: ErrorCode,
    /// The log directories.
    pub results: Vec<DescribeLogDirsResult<'a>>,
}

/// One partition that the log directory holds.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsPartition {
    /// The partition.
    pub partition_index: i32,
    /// The size of its segments, in bytes.
    pub partition_size: i64,
    /// How far the replica's end is behind the high watermark, or a copy behind the replica.
    pub offset_lag: i64,
    /// Whether this is a copy that is to replace the replica in another log directory.
    pub is_future_key: bool,
}

/// The partitions of one topic that the log directory holds.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsTopic<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The partitions.
    pub partitions: Vec<DescribeLogDirsPartition>,
}

/// One log directory.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsResult<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The absolute path of the log directory.
    pub log_dir: Str<'a>,
    /// The topics.
    pub topics: Vec<DescribeLogDirsTopic<'a>>,
    /// The size of the volume of the log directory, in bytes; -1 if it is not known.
    #[field(versions = "4+", default = -1, ignorable)]
    pub total_bytes: i64,
    /// What is free on the volume of the log directory, in bytes; -1 if it is not known.
    #[field(versions = "4+", default = -1, ignorable)]
    pub usable_bytes: i64,
    /// Whether the log directory takes no new replicas.
    #[field(versions = "5+", ignorable)]
    pub is_cordoned: bool,
}
