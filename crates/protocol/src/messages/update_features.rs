//! UpdateFeatures: set the levels of features.
//!
//! Source: KIP-584, KIP-778.

use crate::{ErrorCode, Message, types::Str};

/// UpdateFeatures (key 57): set the levels of features.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 57, versions = "0..=2", flexible = "0+", listeners = "broker, controller")]
pub struct UpdateFeaturesRequest<'a> {
    /// How long to wait for it to be done, in milliseconds.
    #[field(default = 60000)]
    pub timeout_ms: i32,
    /// The levels to set.
    pub feature_updates: Vec<FeatureUpdateKey<'a>>,
    /// Whether only to check, and to change nothing.
    #[field(versions = "1+")]
    pub validate_only: bool,
}

/// The level to set for one feature.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct FeatureUpdateKey<'a> {
    /// The name of the feature.
    pub feature: Str<'a>,
    /// The level to run with; below 1 to turn the feature off.
    pub max_version_level: i16,
    /// Whether the level may sink. Version 1 has the upgrade type instead.
    #[field(versions = "0")]
    pub allow_downgrade: bool,
    /// 1 only up, 2 down if nothing is lost by it, 3 down even if something is.
    #[field(versions = "1+", default = 1)]
    pub upgrade_type: i8,
}

/// The answer to [`UpdateFeaturesRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 57, versions = "0..=2", flexible = "0+")]
pub struct UpdateFeaturesResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// What became of each.
    #[field(versions = "0..=1", ignorable)]
    pub results: Vec<UpdatableFeatureResult<'a>>,
}

/// What became of one feature.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct UpdatableFeatureResult<'a> {
    /// The name of the feature.
    pub feature: Str<'a>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
