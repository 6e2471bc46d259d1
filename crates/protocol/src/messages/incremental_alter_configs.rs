//! IncrementalAlterConfigs: change single configs of a resource.
//!
//! Source: KIP-339, KIP-412.

use crate::{ErrorCode, Message, types::Str};

/// IncrementalAlterConfigs (key 44): change single configs of a resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 44, versions = "0..=1", flexible = "1+")]
pub struct IncrementalAlterConfigsRequest<'a> {
    pub resources: Vec<AlterConfigsResource<'a>>,
    pub validate_only: bool,
}

/// Part of [`IncrementalAlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig<'a> {
    pub name: Str<'a>,
    pub config_operation: i8,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
}

/// Part of [`IncrementalAlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource<'a> {
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    pub configs: Vec<AlterableConfig<'a>>,
}

/// The answer to [`IncrementalAlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 44, versions = "0..=1", flexible = "1+")]
pub struct IncrementalAlterConfigsResponse<'a> {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse<'a>>,
}

/// Part of [`IncrementalAlterConfigsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse<'a> {
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub resource_type: i8,
    pub resource_name: Str<'a>,
}
