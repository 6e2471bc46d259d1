//! DeleteGroups: delete groups and their offsets.
//!
//! Source: KIP-229.

use crate::{ErrorCode, Message, types::Str};

/// DeleteGroups (key 42): delete groups and their offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 42, versions = "0..=2", flexible = "2+")]
pub struct DeleteGroupsRequest<'a> {
    pub groups_names: Vec<Str<'a>>,
}

/// The answer to [`DeleteGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 42, versions = "0..=2", flexible = "2+")]
pub struct DeleteGroupsResponse<'a> {
    pub throttle_time_ms: i32,
    pub results: Vec<DeletableGroupResult<'a>>,
}

/// Part of [`DeleteGroupsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableGroupResult<'a> {
    pub group_id: Str<'a>,
    pub error_code: ErrorCode,
}
