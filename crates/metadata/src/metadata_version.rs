//! The level of `metadata.version`: which metadata records may be written, and in which version.
//!
//! The level is finalized in the log itself. Whoever writes a record asks it for the version, so that every node of
//! the cluster, Apache Kafka's included, can read what is written.
//!
//! Source: Kafka `MetadataVersion`.

use std::fmt;

/// A level of `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetadataVersion(pub i16);

/// The levels from the lowest that Kafka 4 knows on, by the names that its tools show.
const NAMES: [&str; 25] = [
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0", "3.7-IV1",
    "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0",
    "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0", "4.4-IV0",
];

impl MetadataVersion {
    /// The name of the feature whose level this is.
    pub const FEATURE: &'static str = "metadata.version";
    /// The lowest level that Kafka 4 supports.
    pub const MIN: Self = Self(7);
    /// The lowest level of a cluster that this version runs, 3.9-IV0: the last before Kafka 4.
    pub const OLDEST: Self = Self(21);
    /// The latest stable level, 4.3-IV0.
    pub const LATEST: Self = Self(30);
    /// The latest level that `unstable.feature.versions.enable` opens, 4.4-IV0.
    pub const UNSTABLE: Self = Self(31);

    /// The name that Kafka's tools show, as in `4.3-IV0`; `None` for a level they do not have.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let index = usize::try_from(i32::from(self.0) - i32::from(Self::MIN.0)).ok()?;
        NAMES.get(index).copied()
    }

    /// RegisterBroker has its version 2.
    pub(crate) fn has_migration(self) -> bool {
        self >= Self(8)
    }

    /// Replicas are assigned to log directories (KIP-858).
    pub(crate) fn has_directories(self) -> bool {
        self >= Self(17)
    }

    /// Partitions know their eligible leader replicas (KIP-966).
    pub(crate) fn has_elr(self) -> bool {
        self >= Self(23)
    }

    /// Log directories can be cordoned (KIP-1066).
    pub(crate) fn has_cordoned_dirs(self) -> bool {
        self >= Self(30)
    }

    /// Records can be bound into a transaction (KIP-868).
    pub(crate) fn has_transactions(self) -> bool {
        self >= Self(13)
    }

    /// An ISR that shrinks raises the leader epoch.
    pub(crate) fn bumps_epoch_on_shrink(self) -> bool {
        self < Self(12)
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name})", self.0),
            None => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_the_names_that_kafka_shows() {
        for (level, name) in [(7, "3.3-IV3"), (17, "3.7-IV2"), (23, "4.0-IV1"), (30, "4.3-IV0"), (31, "4.4-IV0")] {
            assert_eq!(MetadataVersion(level).name(), Some(name));
        }
        for level in [i16::MIN, -1, 0, 6, 32, i16::MAX] {
            assert_eq!(MetadataVersion(level).name(), None);
        }
    }
}
