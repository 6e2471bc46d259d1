//! What a broker speaks: the versions of its APIs, and the features of its cluster.

use std::collections::BTreeMap;

use protocol::{api::ApiKey, messages::api_versions::ApiVersionsResponse};

/// What a broker told about itself when the connection was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    ranges: BTreeMap<i16, (i16, i16)>,
    features: Vec<Feature>,
}

/// A feature of the cluster (KIP-584).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name, as in `metadata.version`.
    pub name: String,
    /// The level that is switched on; 0 is off.
    pub level: i16,
    /// The lowest level that the broker can have.
    pub supported_min: i16,
    /// The highest.
    pub supported_max: i16,
}

impl Versions {
    /// What an answer says.
    #[must_use]
    pub fn of(response: &ApiVersionsResponse<'_>) -> Self {
        let level = |name| {
            let mut finalized = response.finalized_features.iter();
            finalized.find(|feature| feature.name == name).map_or(0, |feature| feature.max_version_level)
        };
        let mut features: Vec<Feature> = response
            .supported_features
            .iter()
            .map(|feature| Feature {
                name: feature.name.to_text().into_owned(),
                level: level(feature.name.clone()),
                supported_min: feature.min_version,
                supported_max: feature.max_version,
            })
            .collect();
        features.sort_by(|a, b| a.name.cmp(&b.name));
        let range =
            |api: &protocol::messages::api_versions::ApiVersion| (api.api_key, (api.min_version, api.max_version));
        Self { ranges: response.api_keys.iter().map(range).collect(), features }
    }

    /// The lowest and highest version of an API; `None` if the broker does not have it.
    #[must_use]
    pub fn range(&self, api: ApiKey) -> Option<(i16, i16)> {
        self.ranges.get(&api.0).copied()
    }

    /// All APIs and their lowest and highest versions, by key.
    pub fn iter(&self) -> impl Iterator<Item = (ApiKey, i16, i16)> {
        self.ranges.iter().map(|(&key, &(min, max))| (ApiKey(key), min, max))
    }

    /// The features, by name.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.features
    }
}
