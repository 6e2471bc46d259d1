//! DescribeGroups: state and members of classic groups.
//!
//! Source: KIP-345, KIP-430, KIP-1043.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// DescribeGroups (key 15): state and members of classic groups.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0..=6", flexible = "5+", listeners = "broker")]
pub struct DescribeGroupsRequest<'a> {
    /// The ids of the groups.
    pub groups: Vec<Str<'a>>,
    /// Whether to say what the principal may do with each.
    #[field(versions = "3+")]
    pub include_authorized_operations: bool,
}

/// The answer to [`DescribeGroupsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0..=6", flexible = "5+")]
pub struct DescribeGroupsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// The groups.
    pub groups: Vec<DescribedGroup<'a>>,
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroupMember<'a> {
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The member's `group.instance.id`; null for a dynamic member.
    #[field(versions = "4+", nullable, ignorable)]
    pub group_instance_id: Option<Str<'a>>,
    /// The member's `client.id`.
    pub client_id: Str<'a>,
    /// The address the member connects from.
    pub client_host: Str<'a>,
    /// What the member said of itself, in the format of the group's protocol.
    pub member_metadata: Bytes<'a>,
    /// What the leader of the group gave the member, in its own format.
    pub member_assignment: Bytes<'a>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribedGroup<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "6+", nullable)]
    pub error_message: Option<Str<'a>>,
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The state of the group, by name.
    pub group_state: Str<'a>,
    /// What the group is for: `consumer` for consumers, `connect` for Connect.
    pub protocol_type: Str<'a>,
    /// The protocol in use, by name; empty if there is none.
    pub protocol_data: Str<'a>,
    /// The members.
    pub members: Vec<DescribedGroupMember<'a>>,
    /// What the asking principal may do, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(versions = "3+", default = -2147483648)]
    pub authorized_operations: i32,
}
