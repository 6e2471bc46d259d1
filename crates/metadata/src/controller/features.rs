//! The features that this version supports, and whether it can run at the levels that a cluster has finalized.
//!
//! What is supported is told to the cluster as Apache Kafka 4.3 tells it, since a node is refused whose range lacks a
//! finalized level. What is run at is a little less: from 3.9-IV0 on, the level of the last Kafka before 4. A cluster
//! that is older yet is refused by name, because nobody has tried.
//!
//! Source: Kafka `Feature`, `FeatureControlManager`, `QuorumFeatures`.

use std::fmt;

use crate::{
    MetadataVersion,
    image::{FeaturesImage, SupportedFeatures, features::ELR_VERSION},
};

/// The levels of each feature. `unstable` is `unstable.feature.versions.enable`.
#[must_use]
pub fn supported(unstable: bool) -> SupportedFeatures {
    let latest = if unstable { MetadataVersion::UNSTABLE } else { MetadataVersion::LATEST };
    [
        (MetadataVersion::FEATURE, MetadataVersion::MIN.0..=latest.0),
        ("kraft.version", 0..=1),
        ("group.version", 0..=1),
        ("transaction.version", 0..=2),
        (ELR_VERSION, 0..=1),
        ("share.version", 0..=1),
        ("streams.version", 0..=1),
    ]
    .map(|(name, levels)| (name.to_owned(), levels))
    .into()
}

/// A level that this version cannot run at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedLevel {
    /// The feature.
    pub feature: String,
    /// Its finalized level.
    pub level: i16,
    /// The levels that would do; `None` where the feature is not known.
    pub supported: Option<std::ops::RangeInclusive<i16>>,
}

impl fmt::Display for UnsupportedLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feature, level, supported } = self;
        match MetadataVersion(*level) {
            version if feature == MetadataVersion::FEATURE => {
                write!(f, "the cluster's {feature} is {version}")?;
            }
            _ => write!(f, "the cluster's {feature} is {level}")?,
        }
        match supported {
            None => f.write_str(", a feature that this version does not know"),
            Some(levels) if levels.start() == levels.end() => write!(f, "; this version needs {}", levels.start()),
            Some(levels) => write!(f, "; this version needs {} to {}", levels.start(), levels.end()),
        }?;
        if feature == MetadataVersion::FEATURE && *level == MetadataVersion::UNSTABLE.0 {
            f.write_str(" (or set unstable.feature.versions.enable=true)")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnsupportedLevel {}

/// Checks the levels of a cluster. One that has none yet is fine.
///
/// # Errors
/// The first level that this version cannot run at.
pub fn check(features: &FeaturesImage, unstable: bool) -> Result<(), UnsupportedLevel> {
    let mut supported = supported(unstable);
    if let Some(levels) = supported.get_mut(MetadataVersion::FEATURE) {
        *levels = MetadataVersion::OLDEST.0..=*levels.end();
    }
    for (feature, level) in features.iter() {
        let levels = supported.get(feature);
        if !levels.is_some_and(|levels| levels.contains(&level)) {
            return Err(UnsupportedLevel { feature: feature.to_owned(), level, supported: levels.cloned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(level: i16, others: &[(&str, i16)]) -> FeaturesImage {
        FeaturesImage {
            metadata_version: Some(MetadataVersion(level)),
            levels: others.iter().map(|&(name, level)| (name.to_owned(), level)).collect(),
        }
    }

    #[test]
    fn the_levels_from_kafka_3_9_to_4_3_are_fine_and_those_of_4_4_where_unstable_ones_are_asked_for() {
        let formatted = [
            ("eligible.leader.replicas.version", 1),
            ("group.version", 1),
            ("share.version", 1),
            ("streams.version", 1),
            ("transaction.version", 2),
        ];
        assert_eq!(check(&at(30, &formatted), false), Ok(()));
        assert_eq!(check(&at(30, &[]), true), Ok(()));
        assert_eq!(check(&at(21, &[]), false), Ok(()));
        assert_eq!(check(&at(31, &[]), true), Ok(()));
        assert_eq!(check(&FeaturesImage::default(), false), Ok(()));
    }

    #[test]
    fn any_other_level_is_refused_by_its_name() {
        for (features, unstable, text) in [
            (at(20, &[]), true, "metadata.version is 20 (3.8-IV0); this version needs 21 to 31"),
            (at(31, &[]), false, "metadata.version is 31 (4.4-IV0); this version needs 21 to 30 (or set unstable"),
            (at(32, &[]), true, "metadata.version is 32; this version needs 21 to 31"),
            (at(30, &[("share.version", 2)]), false, "share.version is 2; this version needs 0 to 1"),
            (at(30, &[("kept.secret", 1)]), false, "kept.secret is 1, a feature that this version does not know"),
        ] {
            let error = check(&features, unstable).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
    }
}
