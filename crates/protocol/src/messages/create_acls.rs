//! CreateAcls: create ACLs.
//!
//! Source: KIP-140, KIP-290.

use crate::{ErrorCode, Message, types::Str};

/// CreateAcls (key 30): create ACLs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 30, versions = "1..=3", flexible = "2+", listeners = "broker, controller")]
pub struct CreateAclsRequest<'a> {
    /// The ACLs to create.
    pub creations: Vec<AclCreation<'a>>,
}

/// One ACL to create.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AclCreation<'a> {
    /// The kind of resource: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// How the resource's name is meant: 3 literally, 4 as a prefix.
    #[field(default = 3)]
    pub resource_pattern_type: i8,
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

/// The answer to [`CreateAclsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 30, versions = "1..=3", flexible = "2+")]
pub struct CreateAclsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each ACL, in the order of the request.
    pub results: Vec<AclCreationResult<'a>>,
}

/// What became of one ACL.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AclCreationResult<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
