//! One record of the metadata log, whichever it is.
//!
//! The structs of the 26 kinds are [`protocol::stored::metadata`]'s; here they become one type that can be read from a
//! stored value, kept, and written at the version that the cluster's `metadata.version` asks for. A kind or a version
//! that is not known is an error that names it: to skip such a record would be to act on half of the metadata.
//!
//! Source: Kafka `MetadataRecordType`, `MetadataRecordSerde`; the versions: `MetadataVersion`.

use std::fmt;

use protocol::{
    codec::{self, DecodeError, EncodeError, Message, Reader},
    stored::{self, metadata::*},
};

use crate::MetadataVersion;

mod owned;
use owned::IntoOwned;

/// Declares the enum, and what has to be said once per kind.
macro_rules! records {
    ($($name:ident($record:ident $(<$life:lifetime>)?),)*) => {
        /// A record of the metadata log, free of the bytes it was read from.
        #[derive(Clone, Debug, PartialEq)]
        pub enum MetadataRecord {
            $(
                #[doc = concat!("A `", stringify!($name), "Record`.")]
                $name($record $(<$life>)?),
            )*
        }

        $(
            impl From<$record $(<$life>)?> for MetadataRecord {
                fn from(record: $record $(<$life>)?) -> Self {
                    Self::$name(record)
                }
            }
        )*

        impl MetadataRecord {
            /// Kafka's name of the kind, as in `TopicRecord`.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => <$record $(<$life>)? as Message>::NAME,)*
                }
            }

            /// Reads the value of a record of the metadata log.
            ///
            /// # Errors
            /// A kind or a version that this node does not know, and whatever the bytes get wrong.
            pub fn decode(value: &[u8]) -> Result<Self, RecordError> {
                let mut reader = Reader::new(value);
                let frame = stored::read_metadata_frame(&mut reader).map_err(RecordError::Frame)?;
                match frame.key {
                    $(
                        <$record $(<$life>)? as Message>::KEY => {
                            decode_record(&mut reader, frame.version).map(|r| Self::$name($record::into_owned(r)))
                        }
                    )*
                    kind => Err(RecordError::UnknownKind { kind, version: frame.version }),
                }
            }

            /// The value to store at the level that the cluster has finalized.
            ///
            /// # Errors
            /// Fields that the record's version at this level does not have, and texts that are too long.
            pub fn encode(&self, level: MetadataVersion) -> Result<Vec<u8>, EncodeError> {
                let version = self.version(level);
                match self {
                    $(Self::$name(record) => stored::metadata_value(record, version),)*
                }
            }
        }
    };
}

records! {
    RegisterBroker(RegisterBrokerRecord<'static>),
    UnregisterBroker(UnregisterBrokerRecord),
    Topic(TopicRecord<'static>),
    Partition(PartitionRecord),
    Config(ConfigRecord<'static>),
    PartitionChange(PartitionChangeRecord),
    FenceBroker(FenceBrokerRecord),
    UnfenceBroker(UnfenceBrokerRecord),
    RemoveTopic(RemoveTopicRecord),
    DelegationToken(DelegationTokenRecord<'static>),
    UserScramCredential(UserScramCredentialRecord<'static>),
    FeatureLevel(FeatureLevelRecord<'static>),
    ClientQuota(ClientQuotaRecord<'static>),
    ProducerIds(ProducerIdsRecord),
    BrokerRegistrationChange(BrokerRegistrationChangeRecord),
    AccessControlEntry(AccessControlEntryRecord<'static>),
    RemoveAccessControlEntry(RemoveAccessControlEntryRecord),
    NoOp(NoOpRecord),
    ZkMigrationState(ZkMigrationStateRecord),
    RemoveUserScramCredential(RemoveUserScramCredentialRecord<'static>),
    BeginTransaction(BeginTransactionRecord<'static>),
    EndTransaction(EndTransactionRecord),
    AbortTransaction(AbortTransactionRecord<'static>),
    RemoveDelegationToken(RemoveDelegationTokenRecord<'static>),
    RegisterController(RegisterControllerRecord<'static>),
    ClearElr(ClearElrRecord<'static>),
}

impl MetadataRecord {
    /// The version in which the record is written at a level.
    fn version(&self, level: MetadataVersion) -> i16 {
        match self {
            Self::RegisterBroker(_) if level.has_cordoned_dirs() => 4,
            Self::RegisterBroker(_) if level.has_directories() => 3,
            Self::RegisterBroker(_) if level.has_migration() => 2,
            Self::RegisterBroker(_) => 1,
            Self::Partition(_) | Self::PartitionChange(_) if level.has_elr() => 2,
            Self::Partition(_) | Self::PartitionChange(_) if level.has_directories() => 1,
            // Kafka writes what changes in a registration in the lowest version that can say it, whatever the level.
            Self::BrokerRegistrationChange(record) => match record {
                BrokerRegistrationChangeRecord { cordoned_log_dirs: Some(_), .. } => 3,
                BrokerRegistrationChangeRecord { log_dirs, .. } if !log_dirs.is_empty() => 2,
                BrokerRegistrationChangeRecord { in_controlled_shutdown, .. } if *in_controlled_shutdown != 0 => 1,
                _ => 0,
            },
            _ => 0,
        }
    }
}

fn decode_record<'a, R: Message + codec::Decode<'a>>(reader: &mut Reader<'a>, version: i16) -> Result<R, RecordError> {
    let error = |error| RecordError::Record { name: R::NAME, version, error };
    let record = codec::decode_from(reader, version).map_err(error)?;
    match reader.remaining() {
        0 => Ok(record),
        count => Err(error(reader.error(codec::DecodeProblem::TrailingBytes { count }))),
    }
}

/// Why a value is no record that this node can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// The three numbers in front are wrong.
    Frame(DecodeError),
    /// A kind of record that Kafka 4.3 does not have.
    UnknownKind {
        /// Its number.
        kind: i16,
        /// Its version.
        version: i16,
    },
    /// A version that Kafka 4.3 does not have, or bytes that are not such a record.
    Record {
        /// The kind.
        name: &'static str,
        /// The version.
        version: i16,
        /// What is wrong.
        error: DecodeError,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => write!(f, "this is no metadata record: {error}"),
            Self::UnknownKind { kind: 29, version } => {
                write!(f, "an UnregisterControllerRecord (version {version}) needs a later version than this")
            }
            Self::UnknownKind { kind, version } => {
                write!(f, "metadata records of kind {kind} (version {version}) are not known")
            }
            Self::Record { name, version, error } => write!(f, "{name} in version {version}: {error}"),
        }
    }
}

impl std::error::Error for RecordError {}

#[cfg(test)]
mod tests;
