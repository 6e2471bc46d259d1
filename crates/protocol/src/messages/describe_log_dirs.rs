//! DescribeLogDirs: log directories, and the size of what is in them.
//!
//! Source: KIP-113, KIP-827, KIP-1066.

use crate::{ErrorCode, Message, types::Str};

/// DescribeLogDirs (key 35): log directories, and the size of what is in them.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 35, versions = "1..=5", flexible = "2+")]
pub struct DescribeLogDirsRequest<'a> {
    #[field(nullable)]
    pub topics: Option<Vec<DescribableLogDirTopic<'a>>>,
}

/// Part of [`DescribeLogDirsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribableLogDirTopic<'a> {
    pub topic: Str<'a>,
    pub partitions: Vec<i32>,
}

/// The answer to [`DescribeLogDirsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 35, versions = "1..=5", flexible = "2+")]
pub struct DescribeLogDirsResponse<'a> {
    pub throttle_time_ms: i32,
    #[field(versions = "3+", ignorable)]
    pub error_code: ErrorCode,
    pub results: Vec<DescribeLogDirsResult<'a>>,
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsPartition {
    pub partition_index: i32,
    pub partition_size: i64,
    pub offset_lag: i64,
    pub is_future_key: bool,
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsTopic<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<DescribeLogDirsPartition>,
}

/// Part of [`DescribeLogDirsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeLogDirsResult<'a> {
    pub error_code: ErrorCode,
    pub log_dir: Str<'a>,
    pub topics: Vec<DescribeLogDirsTopic<'a>>,
    #[field(versions = "4+", default = -1, ignorable)]
    pub total_bytes: i64,
    #[field(versions = "4+", default = -1, ignorable)]
    pub usable_bytes: i64,
    #[field(versions = "5+", ignorable)]
    pub is_cordoned: bool,
}
