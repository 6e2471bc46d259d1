//! DeleteGroups: delete groups and their offsets.
//!
//! Source: KIP-229.

use crate::{ErrorCode, Message, types::Str};

/// DeleteGroups (key 42): delete groups and their offsets.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 42, versions = "0..=3", flexible = "2+", unstable = "3+", listeners = "broker")]
pub struct DeleteGroupsRequest<'a> {
    /// The ids of the groups to delete.
    pub groups_names: Vec<Str<'a>>,
}

/// The answer to [`DeleteGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 42, versions = "0..=3", flexible = "2+", unstable = "3+")]
pub struct DeleteGroupsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each group.
    pub results: Vec<DeletableGroupResult<'a>>,
}

/// What became of one group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableGroupResult<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "3+", nullable, ignorable)]
    pub error_message: Option<Str<'a>>,
}
