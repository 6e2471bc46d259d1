//! DescribeAcls: the ACLs that match a filter.
//!
//! Source: KIP-140, KIP-290.

use crate::{ErrorCode, Message, types::Str};

/// DescribeAcls (key 29): the ACLs that match a filter.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 29, versions = "1..=3", flexible = "2+", listeners = "broker, controller")]
pub struct DescribeAclsRequest<'a> {
    /// The kind of resource to match: 1 any, 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user.
    pub resource_type_filter: i8,
    /// The resource name to match; null for any.
    #[field(nullable, default = Some(Default::default()))]
    pub resource_name_filter: Option<Str<'a>>,
    /// How names match: 1 any, 2 what applies to the name, 3 literally, 4 as a prefix.
    #[field(default = 3)]
    pub pattern_type_filter: i8,
    /// The principal to match; null for any.
    #[field(nullable, default = Some(Default::default()))]
    pub principal_filter: Option<Str<'a>>,
    /// The host to match; null for any.
    #[field(nullable, default = Some(Default::default()))]
    pub host_filter: Option<Str<'a>>,
    /// The ACL operation: 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10
    /// describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase
    /// commit.
    pub operation: i8,
    /// 2 deny, 3 allow; 1 is any, in a filter.
    pub permission_type: i8,
}

/// The answer to [`DescribeAclsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 29, versions = "1..=3", flexible = "2+")]
pub struct DescribeAclsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The resources.
    pub resources: Vec<DescribeAclsResource<'a>>,
}

/// One ACL.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AclDescription<'a> {
    /// Whom it is about, as `type:name`; `User:*` is everyone.
    pub principal: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The ACL operation: 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10
    /// describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase
    /// commit.
    pub operation: i8,
    /// 2 deny, 3 allow; 1 is any, in a filter.
    pub permission_type: i8,
}

/// The ACLs of one resource.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeAclsResource<'a> {
    /// The kind of resource: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// How the resource's name is meant: 3 literally, 4 as a prefix.
    #[field(default = 3)]
    pub pattern_type: i8,
    /// The ACLs.
    pub acls: Vec<AclDescription<'a>>,
}
