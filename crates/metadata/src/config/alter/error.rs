//! Why a config was not changed, with Kafka's code and words.

use std::fmt;

use crate::config::def::ResourceType;
use crate::config::value::InvalidValue;

/// Why the configs of one resource were left as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterError {
    /// One name twice in a request.
    DuplicateName,
    /// Names to set without a value.
    NullValue {
        /// Those names.
        names: Vec<String>,
    },
    /// The resource has a name it cannot have.
    ResourceName {
        /// What is wrong with it.
        reason: String,
    },
    /// An operation Kafka does not have.
    UnknownOperation {
        /// Of which resource.
        resource: ResourceType,
        /// Its code.
        operation: i8,
    },
    /// Appending to, or subtracting from, what is no list.
    NotAList {
        /// The config.
        name: String,
        /// `APPEND` or `SUBTRACT`.
        operation: &'static str,
    },
    /// Nobody knows this name.
    UnknownName {
        /// Of which resource.
        resource: ResourceType,
        /// The name.
        name: String,
    },
    /// The value does not fit the config.
    Invalid {
        /// Of which resource.
        resource: ResourceType,
        /// Why.
        error: InvalidValue,
    },
    /// `interval.ms` of a client metrics subscription is out of its range, which Kafka checks apart.
    MetricsInterval {
        /// The value.
        value: String,
    },
    /// A pattern of a client metrics subscription is none.
    MetricsPattern {
        /// The pattern.
        pattern: String,
    },
    /// The value does not go together with another config.
    Conflict {
        /// What is wrong.
        reason: String,
    },
    /// Milena does not act on this config yet, so only its default is accepted.
    NotSupportedYet {
        /// The config.
        name: String,
        /// Its default.
        default: Option<&'static str>,
    },
    /// Only a restart changes this config.
    ReadOnly {
        /// The config.
        name: String,
    },
    /// A config of one listener, without saying which.
    ListenerPrefixMissing {
        /// The config.
        name: String,
    },
    /// A config of one broker, set for all.
    PerBroker {
        /// The config.
        name: String,
    },
    /// A number of threads too far from the present one.
    Threads {
        /// What is wrong.
        reason: String,
    },
    /// The broker's configs would not go together any more.
    BrokerRule {
        /// What is wrong.
        reason: String,
    },
    /// `min.insync.replicas` of one broker, while only that of the cluster counts.
    MinIsrOfBroker,
    /// Removing `min.insync.replicas` of the cluster, which must always be there.
    MinIsrRemoval,
    /// A value longer than the metadata log can hold.
    TooLong,
}

const UNKNOWN_SERVER_ERROR: i16 = -1;
const INVALID_CONFIG: i16 = 40;
const INVALID_REQUEST: i16 = 42;

impl AlterError {
    /// Kafka's error code.
    pub fn code(&self) -> i16 {
        let outside_brokers = |resource: &ResourceType, code| match resource {
            ResourceType::Broker => INVALID_REQUEST,
            _ => code,
        };
        match self {
            Self::DuplicateName
            | Self::NullValue { .. }
            | Self::ResourceName { .. }
            | Self::MetricsInterval { .. }
            | Self::ReadOnly { .. }
            | Self::ListenerPrefixMissing { .. }
            | Self::PerBroker { .. }
            | Self::Threads { .. }
            | Self::BrokerRule { .. } => INVALID_REQUEST,
            // Kafka meets a null there and says no more than that.
            Self::UnknownOperation { resource, .. } => outside_brokers(resource, UNKNOWN_SERVER_ERROR),
            Self::Invalid { resource, .. } => outside_brokers(resource, INVALID_CONFIG),
            Self::UnknownName { resource: ResourceType::ClientMetrics, .. } => INVALID_REQUEST,
            Self::UnknownName { .. }
            | Self::NotAList { .. }
            | Self::MetricsPattern { .. }
            | Self::Conflict { .. }
            | Self::NotSupportedYet { .. }
            | Self::MinIsrOfBroker
            | Self::MinIsrRemoval
            | Self::TooLong => INVALID_CONFIG,
        }
    }
}

impl fmt::Display for AlterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateName => f.write_str("Error due to duplicate config keys"),
            Self::NullValue { names } => write!(f, "Null value not supported for : {}", names.join(", ")),
            Self::ResourceName { reason }
            | Self::Conflict { reason }
            | Self::Threads { reason }
            | Self::BrokerRule { reason } => f.write_str(reason),
            Self::UnknownOperation { operation, .. } => write!(f, "Unknown operations type {operation}"),
            Self::NotAList { name, operation } => {
                write!(f, "Can't {operation} to key {name} because its type is not LIST.")
            }
            Self::UnknownName { resource: ResourceType::ClientMetrics, name } => {
                write!(f, "Unknown client metrics configuration: {name}")
            }
            Self::UnknownName { resource, name } => write!(f, "Unknown {} config name: {name}", resource.word()),
            Self::Invalid { error, .. } => write!(f, "{error}"),
            Self::MetricsInterval { value } => {
                write!(f, "Invalid value {value} for interval.ms, interval must be between 100 and 3600000 (1 hour)")
            }
            Self::MetricsPattern { pattern } => write!(f, "Illegal client matching pattern: {pattern}"),
            Self::NotSupportedYet { name, default } => match default {
                Some("") | None => write!(f, "{name} is not supported yet: it must stay unset"),
                Some(default) => write!(f, "{name} is not supported yet: only its default, {default}, is accepted"),
            },
            Self::ReadOnly { name } => write!(f, "Cannot update these configs dynamically: [{name}]"),
            Self::ListenerPrefixMissing { name } => write!(
                f,
                "These security configs can be dynamically updated only per-listener using the listener prefix: \
                 [{name}]"
            ),
            Self::PerBroker { name } => {
                write!(f, "Cannot update these configs at default cluster level, broker id must be specified: [{name}]")
            }
            Self::MinIsrOfBroker => {
                f.write_str("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
            }
            Self::MinIsrRemoval => {
                f.write_str("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
            }
            Self::TooLong => f.write_str(
                "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.",
            ),
        }
    }
}

impl std::error::Error for AlterError {}
