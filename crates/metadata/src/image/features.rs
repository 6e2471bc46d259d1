//! The levels that the cluster has finalized.
//!
//! `kraft.version` is a feature too, but is agreed on by the quorum in control records and is not known here.
//!
//! Source: Kafka `FeaturesImage`.

use std::collections::BTreeMap;

use protocol::stored::metadata::FeatureLevelRecord;

use super::Delta;
use crate::{MetadataRecord, MetadataVersion};

/// Eligible leader replicas (KIP-966).
pub const ELR_VERSION: &str = "eligible.leader.replicas.version";

/// All finalized levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeaturesImage {
    /// The level of `metadata.version`; `None` only before the first record.
    pub metadata_version: Option<MetadataVersion>,
    /// The levels of the other features by their names. Never 0: that is off.
    pub levels: BTreeMap<String, i16>,
}

impl FeaturesImage {
    /// The level of a feature, 0 when it is off or unknown.
    #[must_use]
    pub fn level(&self, feature: &str) -> i16 {
        if feature == MetadataVersion::FEATURE {
            return self.metadata_version.map_or(0, |level| level.0);
        }
        self.levels.get(feature).copied().unwrap_or(0)
    }

    /// All finalized features, `metadata.version` among them, as ApiVersions lists them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i16)> {
        let metadata = self.metadata_version.map(|level| (MetadataVersion::FEATURE, level.0));
        metadata.into_iter().chain(self.levels.iter().map(|(name, &level)| (name.as_str(), level)))
    }

    /// Whether partitions keep eligible leader replicas.
    #[must_use]
    pub fn has_elr(&self) -> bool {
        self.level(ELR_VERSION) > 0
    }

    pub(super) fn replay(&mut self, record: &FeatureLevelRecord<'_>, delta: &mut Delta) {
        let name = record.name.to_text();
        if name == MetadataVersion::FEATURE {
            self.metadata_version = Some(MetadataVersion(record.feature_level));
        } else if record.feature_level == 0 {
            self.levels.remove(&*name);
        } else {
            self.levels.insert(name.into_owned(), record.feature_level);
        }
        delta.features_changed = true;
    }

    pub(super) fn write(&self, records: &mut Vec<MetadataRecord>) {
        records.extend(self.iter().map(|(name, feature_level)| {
            MetadataRecord::from(FeatureLevelRecord { name: name.to_owned().into(), feature_level })
        }));
    }
}
