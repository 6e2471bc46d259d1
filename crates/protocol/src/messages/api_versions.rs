//! ApiVersions: which APIs and features a node has.
//!
//! Source: KIP-35, KIP-511, KIP-584.

use crate::{ErrorCode, Message, types::Str};

/// ApiVersions (key 18): which APIs and features a node has.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0..=4", flexible = "3+")]
pub struct ApiVersionsRequest<'a> {
    #[field(versions = "3+", ignorable)]
    pub client_software_name: Str<'a>,
    #[field(versions = "3+", ignorable)]
    pub client_software_version: Str<'a>,
}

/// The answer to [`ApiVersionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0..=4", flexible = "3+")]
pub struct ApiVersionsResponse<'a> {
    pub error_code: ErrorCode,
    pub api_keys: Vec<ApiVersion>,
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    #[field(versions = "3+", tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey<'a>>,
    #[field(versions = "3+", tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    #[field(versions = "3+", tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey<'a>>,
    #[field(versions = "3+", tag = 3, ignorable)]
    pub zk_migration_ready: bool,
}

/// Part of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ApiVersion {
    pub api_key: i16,
    pub min_version: i16,
    pub max_version: i16,
}

/// Part of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SupportedFeatureKey<'a> {
    pub name: Str<'a>,
    pub min_version: i16,
    pub max_version: i16,
}

/// Part of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FinalizedFeatureKey<'a> {
    pub name: Str<'a>,
    pub max_version_level: i16,
    pub min_version_level: i16,
}
