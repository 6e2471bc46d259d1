//! ListGroups: the groups that a broker coordinates.
//!
//! Source: KIP-518, KIP-848.

use crate::{ErrorCode, Message, types::Str};

/// ListGroups (key 16): the groups that a broker coordinates.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0..=5", flexible = "3+")]
pub struct ListGroupsRequest<'a> {
    #[field(versions = "4+")]
    pub states_filter: Vec<Str<'a>>,
    #[field(versions = "5+")]
    pub types_filter: Vec<Str<'a>>,
}

/// The answer to [`ListGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 16, versions = "0..=5", flexible = "3+")]
pub struct ListGroupsResponse<'a> {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub groups: Vec<ListedGroup<'a>>,
}

/// Part of [`ListGroupsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ListedGroup<'a> {
    pub group_id: Str<'a>,
    pub protocol_type: Str<'a>,
    #[field(versions = "4+", ignorable)]
    pub group_state: Str<'a>,
    #[field(versions = "5+", ignorable)]
    pub group_type: Str<'a>,
}
