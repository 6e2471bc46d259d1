//! AlterConfigs: replace all configs of a resource.
//!
//! Source: KIP-133.

use crate::{ErrorCode, Message, types::Str};

/// AlterConfigs (key 33): replace all configs of a resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 33, versions = "0..=2", flexible = "2+", listeners = "broker, controller")]
pub struct AlterConfigsRequest<'a> {
    /// The resources.
    pub resources: Vec<AlterConfigsResource<'a>>,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// One config and its new value.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterableConfig<'a> {
    /// The name of the config.
    pub name: Str<'a>,
    /// The value; null where it is taken away.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
}

/// The configs of one resource.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResource<'a> {
    /// The kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// The configs.
    pub configs: Vec<AlterableConfig<'a>>,
}

/// The answer to [`AlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 33, versions = "0..=2", flexible = "2+")]
pub struct AlterConfigsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each resource.
    pub responses: Vec<AlterConfigsResourceResponse<'a>>,
}

/// What became of one resource.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterConfigsResourceResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
}
