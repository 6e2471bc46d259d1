//! OffsetDelete: delete offsets of a group.
//!
//! Source: KIP-496.

use crate::{ErrorCode, Message, types::Str};

/// OffsetDelete (key 47): delete offsets of a group.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 47, versions = "0")]
pub struct OffsetDeleteRequest<'a> {
    pub group_id: Str<'a>,
    pub topics: Vec<OffsetDeleteRequestTopic<'a>>,
}

/// Part of [`OffsetDeleteRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestPartition {
    pub partition_index: i32,
}

/// Part of [`OffsetDeleteRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteRequestTopic<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// The answer to [`OffsetDeleteRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 47, versions = "0")]
pub struct OffsetDeleteResponse<'a> {
    pub error_code: ErrorCode,
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetDeleteResponseTopic<'a>>,
}

/// Part of [`OffsetDeleteResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

/// Part of [`OffsetDeleteResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OffsetDeleteResponseTopic<'a> {
    pub name: Str<'a>,
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}
