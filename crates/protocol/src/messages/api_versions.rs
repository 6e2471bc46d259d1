//! ApiVersions: which APIs and features a node has.
//!
//! Source: KIP-35, KIP-511, KIP-584.

use crate::{ErrorCode, Message, types::Str};

/// ApiVersions (key 18): which APIs and features a node has.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0..=5", flexible = "3+", unstable = "5+", listeners = "broker, controller")]
pub struct ApiVersionsRequest<'a> {
    /// The name of the client library.
    #[field(versions = "3+", ignorable)]
    pub client_software_name: Str<'a>,
    /// The version of the client library.
    #[field(versions = "3+", ignorable)]
    pub client_software_version: Str<'a>,
    /// The cluster the client means to talk to; null if it does not know (KIP-1242).
    #[field(versions = "5+", nullable, ignorable)]
    pub cluster_id: Option<Str<'a>>,
    /// The node the client means to talk to; -1 if it does not know (KIP-1242).
    #[field(versions = "5+", default = -1, ignorable)]
    pub node_id: i32,
}

/// The answer to [`ApiVersionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0..=5", flexible = "3+", unstable = "5+")]
pub struct ApiVersionsResponse<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The APIs the node serves, with their versions.
    pub api_keys: Vec<ApiVersion>,
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// The features the node supports.
    #[field(versions = "3+", tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey<'a>>,
    /// The metadata offset the finalized features are of; -1 if it is not known.
    #[field(versions = "3+", tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    /// The features the cluster runs with; valid from epoch 0 on.
    #[field(versions = "3+", tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey<'a>>,
    /// Whether a migration from ZooKeeper can begin; never, since Kafka 4.0.
    #[field(versions = "3+", tag = 3, ignorable)]
    pub zk_migration_ready: bool,
}

/// One API and its versions.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ApiVersion {
    /// The key of the API.
    pub api_key: i16,
    /// The lowest version, inclusive.
    pub min_version: i16,
    /// The highest version, inclusive.
    pub max_version: i16,
}

/// The levels of one feature that the node supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct SupportedFeatureKey<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The lowest level the node supports.
    pub min_version: i16,
    /// The highest level the node supports.
    pub max_version: i16,
}

/// The level of one feature that the cluster runs with.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FinalizedFeatureKey<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The level the cluster runs with.
    pub max_version_level: i16,
    /// The lowest level the cluster may run with.
    pub min_version_level: i16,
}
