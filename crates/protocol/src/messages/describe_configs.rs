//! DescribeConfigs: configs, their values and where these come from.
//!
//! Source: KIP-133, KIP-226, KIP-569.

use crate::{ErrorCode, Message, types::Str};

/// DescribeConfigs (key 32): configs, their values and where these come from.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 32, versions = "1..=4", flexible = "4+")]
pub struct DescribeConfigsRequest<'a> {
    pub resources: Vec<DescribeConfigsResource<'a>>,
    pub include_synonyms: bool,
    #[field(versions = "3+")]
    pub include_documentation: bool,
}

/// Part of [`DescribeConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResource<'a> {
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    #[field(nullable)]
    pub configuration_keys: Option<Vec<Str<'a>>>,
}

/// The answer to [`DescribeConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 32, versions = "1..=4", flexible = "4+")]
pub struct DescribeConfigsResponse<'a> {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult<'a>>,
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsSynonym<'a> {
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
    pub source: i8,
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResourceResult<'a> {
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
    pub read_only: bool,
    #[field(default = -1)]
    pub config_source: i8,
    pub is_sensitive: bool,
    pub synonyms: Vec<DescribeConfigsSynonym<'a>>,
    #[field(versions = "3+", ignorable)]
    pub config_type: i8,
    #[field(versions = "3+", nullable, default = Some(Default::default()), ignorable)]
    pub documentation: Option<Str<'a>>,
}

/// Part of [`DescribeConfigsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeConfigsResult<'a> {
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    pub configs: Vec<DescribeConfigsResourceResult<'a>>,
}
