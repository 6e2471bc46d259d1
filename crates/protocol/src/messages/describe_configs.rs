//! DescribeConfigs: configs, their values and where these come from.
//!
//! Source: KIP-133, KIP-226, KIP-569.

use crate::{ErrorCode, Message, types::Str};

/// DescribeConfigs (key 32): configs, their values and where these come from.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 32, versions = "1..=4", flexible = "4+", listeners = "broker, controller")]
pub struct DescribeConfigsRequest<'a> {
    /// The resources.
    pub resources: Vec<DescribeConfigsResource<'a>>,
    /// Whether to tell of the values that the effective one hides.
    pub include_synonyms: bool,
    /// Whether to say what each config means.
    #[field(versions = "3+")]
    pub include_documentation: bool,
}

/// The configs of one resource to tell of.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResource<'a> {
    /// The kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// The configs to tell of; null for all.
    #[field(nullable, default = Some(Default::default()))]
    pub configuration_keys: Option<Vec<Str<'a>>>,
}

/// The answer to [`DescribeConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 32, versions = "1..=4", flexible = "4+")]
pub struct DescribeConfigsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// The resources, with their configs.
    pub results: Vec<DescribeConfigsResult<'a>>,
}

/// One value that could hold for a config.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsSynonym<'a> {
    /// The name the value is configured by.
    pub name: Str<'a>,
    /// The value; null where it is secret.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
    /// Where the value is from; numbers as in [`DescribeConfigsResourceResult::config_source`].
    pub source: i8,
}

/// One config.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResourceResult<'a> {
    /// The name of the config.
    pub name: Str<'a>,
    /// The value; null where it is secret, or where there is none.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
    /// Whether it cannot be altered.
    pub read_only: bool,
    /// Where the value is from: 1 topic, 2 broker, 3 default of all brokers, 4 file of the broker, 5 default, 6 logger,
    /// 7 client metrics, 8 group; 0 unknown.
    #[field(default = -1, ignorable)]
    pub config_source: i8,
    /// Whether the value is secret, and not told.
    pub is_sensitive: bool,
    /// The values that could hold, the effective one first.
    #[field(ignorable)]
    pub synonyms: Vec<DescribeConfigsSynonym<'a>>,
    /// 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password; 0 unknown.
    #[field(versions = "3+", ignorable)]
    pub config_type: i8,
    /// What the config means; null if it was not asked for.
    #[field(versions = "3+", nullable, default = Some(Default::default()), ignorable)]
    pub documentation: Option<Str<'a>>,
}

/// The configs of one resource.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResult<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The kind of resource: 2 topic, 4 broker, 8 logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// The configs.
    pub configs: Vec<DescribeConfigsResourceResult<'a>>,
}
