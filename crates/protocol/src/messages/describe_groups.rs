//! DescribeGroups: state and members of classic groups.
//!
//! Source: KIP-345, KIP-430, KIP-1043.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// DescribeGroups (key 15): state and members of classic groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0..=6", flexible = "5+")]
pub struct DescribeGroupsRequest<'a> {
    pub groups: Vec<Str<'a>>,
    #[field(versions = "3+")]
    pub include_authorized_operations: bool,
}

/// The answer to [`DescribeGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0..=6", flexible = "5+")]
pub struct DescribeGroupsResponse<'a> {
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup<'a>>,
}

/// Part of [`DescribeGroupsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroupMember<'a> {
    pub member_id: Str<'a>,
    #[field(versions = "4+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    pub client_id: Str<'a>,
    pub client_host: Str<'a>,
    pub member_metadata: Bytes<'a>,
    pub member_assignment: Bytes<'a>,
}

/// Part of [`DescribeGroupsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroup<'a> {
    pub error_code: ErrorCode,
    #[field(versions = "6+", nullable)]
    pub error_message: Option<Str<'a>>,
    pub group_id: Str<'a>,
    pub group_state: Str<'a>,
    pub protocol_type: Str<'a>,
    pub protocol_data: Str<'a>,
    pub members: Vec<DescribedGroupMember<'a>>,
    #[field(versions = "3+", default = -2147483648)]
    pub authorized_operations: i32,
}
