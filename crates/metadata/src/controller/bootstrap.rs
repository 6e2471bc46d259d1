//! What a controller writes when it becomes the active one.
//!
//! Into an empty log go the records that the formatter left for it: levels, and whatever else was asked for. They
//! count together, as a transaction, so that no one ever sees a cluster with half of its levels. A log that ends in
//! somebody else's open transaction gets an Abort.
//!
//! Source: Kafka `ActivationRecordsGenerator`, `BootstrapMetadata`.

use std::fmt;

use protocol::stored::metadata::{
    AbortTransactionRecord, BeginTransactionRecord, ConfigRecord, EndTransactionRecord, FeatureLevelRecord,
};

use super::{Controller, Outcome, features, features::UnsupportedLevel};
use crate::{
    Delta, Image, MetadataRecord, MetadataVersion,
    config::ResourceType,
    image::{ReplayError, features::ELR_VERSION},
};

/// Why a controller cannot become the active one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivationError {
    /// A level that this version cannot run at.
    Level(UnsupportedLevel),
    /// The records of the formatter do not say the level of `metadata.version`.
    NoLevel,
    /// A record of the formatter does not make sense.
    Bootstrap(ReplayError),
}

impl fmt::Display for ActivationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(error) => error.fmt(f),
            Self::NoLevel => f.write_str(
                "the metadata log is empty and the directory's bootstrap records name no metadata.version; was it \
                 formatted?",
            ),
            Self::Bootstrap(error) => write!(f, "the directory's bootstrap records contradict themselves: {error}"),
        }
    }
}

impl std::error::Error for ActivationError {}

/// The records that a formatter leaves at the latest level, as `kafka-storage format` chooses them.
#[must_use]
pub fn default_records() -> Vec<MetadataRecord> {
    [
        (MetadataVersion::FEATURE, MetadataVersion::LATEST.0),
        (ELR_VERSION, 1),
        ("group.version", 1),
        ("share.version", 1),
        ("streams.version", 1),
        ("transaction.version", 2),
    ]
    .map(|(name, feature_level)| FeatureLevelRecord { name: name.into(), feature_level }.into())
    .into()
}

impl Controller {
    /// Decides what to write first, once the log is replayed whole. `bootstrap` are the formatter's records, which
    /// count if the log holds none yet; `unstable` is `unstable.feature.versions.enable`.
    ///
    /// # Errors
    /// Levels that this version cannot run at; bootstrap records that make no cluster.
    pub fn activate(&self, bootstrap: &[MetadataRecord], unstable: bool) -> Result<Outcome<()>, ActivationError> {
        let abort = self
            .transaction_began_at()
            .map(|_| AbortTransactionRecord { reason: Some("Controller failover".into()) }.into());
        let mut records: Vec<MetadataRecord> = abort.into_iter().collect();
        if self.image().features.metadata_version.is_some() {
            features::check(&self.image().features, unstable).map_err(ActivationError::Level)?;
            return Ok(Outcome::atomic(records, ()));
        }
        let mut formatted = Image::default();
        for record in bootstrap {
            formatted.replay(record.clone(), &mut Delta::default()).map_err(ActivationError::Bootstrap)?;
        }
        let level = formatted.features.metadata_version.ok_or(ActivationError::NoLevel)?;
        features::check(&formatted.features, unstable).map_err(ActivationError::Level)?;
        let transaction = level.has_transactions();
        if transaction {
            records.push(BeginTransactionRecord { name: Some("Bootstrap records".into()) }.into());
        }
        records.extend_from_slice(bootstrap);
        if formatted.features.has_elr() {
            // From now on the cluster's value counts, and a node's file does not.
            let min_isr = self.layers().int("min.insync.replicas");
            records.push(
                ConfigRecord {
                    resource_type: ResourceType::Broker.code(),
                    resource_name: "".into(),
                    name: "min.insync.replicas".into(),
                    value: Some(min_isr.to_string().into()),
                }
                .into(),
            );
        }
        if transaction {
            records.push(EndTransactionRecord.into());
        }
        Ok(Outcome::atomic(records, ()))
    }
}
