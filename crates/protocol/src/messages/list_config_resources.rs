//! ListConfigResources: the resources that have configs of their own.
//!
//! Source: KIP-1000, KIP-1142.

use crate::{ErrorCode, Message, types::Str};

/// ListConfigResources (key 74): the resources that have configs of their own.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 74, versions = "0..=1", flexible = "0+")]
pub struct ListConfigResourcesRequest {
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
}

/// The answer to [`ListConfigResourcesRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 74, versions = "0..=1", flexible = "0+")]
pub struct ListConfigResourcesResponse<'a> {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub config_resources: Vec<ConfigResource<'a>>,
}

/// Part of [`ListConfigResourcesResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ConfigResource<'a> {
    pub resource_name: Str<'a>,
    #[field(versions = "1+", default = 16, ignorable)]
    pub resource_type: i8,
}
