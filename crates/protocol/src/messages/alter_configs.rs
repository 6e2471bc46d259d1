//! AlterConfigs: replace all configs of a resource.
//!
//! Source: KIP-133.

use crate::{ErrorCode, Message, types::Str};

/// AlterConfigs (key 33): replace all configs of a resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 33, versions = "0..=2", flexible = "2+")]
pub struct AlterConfigsRequest<'a> {
    pub resources: Vec<AlterConfigsResource<'a>>,
    pub validate_only: bool,
}

/// Part of [`AlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig<'a> {
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
}

/// Part of [`AlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource<'a> {
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    pub configs: Vec<AlterableConfig<'a>>,
}

/// The answer to [`AlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 33, versions = "0..=2", flexible = "2+")]
pub struct AlterConfigsResponse<'a> {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse<'a>>,
}

/// Part of [`AlterConfigsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse<'a> {
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub resource_type: i8,
    pub resource_name: Str<'a>,
}
