//! ListConfigResources: the resources that have configs of their own.
//!
//! Source: KIP-1000, KIP-1142.

use crate::{ErrorCode, Message, types::Str};

/// ListConfigResources (key 74): the resources that have configs of their own.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 74, versions = "0..=1", flexible = "0+", listeners = "broker")]
pub struct ListConfigResourcesRequest {
    /// The kinds of resource to tell of; empty for all.
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
}

/// The answer to [`ListConfigResourcesRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 74, versions = "0..=1", flexible = "0+")]
pub struct ListConfigResourcesResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The resources that have configs.
    pub config_resources: Vec<ConfigResource<'a>>,
}

/// One resource that has configs.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ConfigResource<'a> {
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// The kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group.
    #[field(versions = "1+", default = 16, ignorable)]
    pub resource_type: i8,
}
