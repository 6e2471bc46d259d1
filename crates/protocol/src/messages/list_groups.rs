//! ListGroups: the groups that a broker coordinates.
//!
//! Source: KIP-518, KIP-848.

use crate::{ErrorCode, Message, types::Str};

/// ListGroups (key 16): the groups that a broker coordinates.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0..=5", flexible = "3+", listeners = "broker")]
pub struct ListGroupsRequest<'a> {
    /// The states of the groups to tell of, by name; empty for all.
    #[field(versions = "4+")]
    pub states_filter: Vec<Str<'a>>,
    /// The kinds of groups to tell of, by name; empty for all.
    #[field(versions = "5+")]
    pub types_filter: Vec<Str<'a>>,
}

/// The answer to [`ListGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0..=5", flexible = "3+")]
pub struct ListGroupsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The groups.
    pub groups: Vec<ListedGroup<'a>>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListedGroup<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// What the group is for: `consumer` for consumers.
    pub protocol_type: Str<'a>,
    /// The state of the group, by name.
    #[field(versions = "4+", ignorable)]
    pub group_state: Str<'a>,
    /// The kind of group: `classic`, `consumer`, `share` or `streams`.
    #[field(versions = "5+", ignorable)]
    pub group_type: Str<'a>,
}
