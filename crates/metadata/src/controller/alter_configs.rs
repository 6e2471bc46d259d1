//! AlterConfigs and IncrementalAlterConfigs: set configs on topics, brokers, groups and client metrics subscriptions.
//!
//! A resource changes whole or not at all; one that the request names twice does not change. What a config may be is
//! for [`crate::config::alter`] to say; here is what it takes to know the cluster: whether the resource exists, and
//! that a change of `min.insync.replicas` makes the eligible leader replicas void, since it changes what they promise.
//!
//! The levels of loggers (resource type 8) are no metadata: the broker takes these out before it asks.
//!
//! Source: Kafka `ConfigurationControlManager`, `ConfigAdminManager`.

use std::{collections::BTreeMap, fmt};

use protocol::{
    ErrorCode,
    messages::{
        alter_configs::{self, AlterConfigsRequest, AlterConfigsResponse},
        incremental_alter_configs::{self, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse},
    },
    stored::metadata::{ClearElrRecord, ConfigRecord},
    types::{BrokerId, Str},
};

use super::{Controller, NOTHING, Outcome};
use crate::{
    MetadataRecord,
    config::{AlterError, Altered, Change, Overrides, ResourceType, alter},
    image::ConfigResource,
    topic_name::{self, InvalidTopicName},
};

/// Why the configs of a resource were left as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterConfigsError {
    /// The request names the resource twice.
    Duplicate,
    /// Nothing of this type has configs.
    UnknownType {
        /// The type.
        resource_type: i8,
    },
    /// No topic may have this name.
    InvalidName(InvalidTopicName),
    /// There is no such topic.
    UnknownTopic {
        /// The name.
        name: String,
    },
    /// There is no such broker.
    UnknownBroker {
        /// The id.
        id: BrokerId,
    },
    /// The configs are no good.
    Config(AlterError),
}

impl AlterConfigsError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Duplicate | Self::UnknownType { .. } => ErrorCode::INVALID_REQUEST,
            Self::InvalidName(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
            Self::UnknownTopic { .. } => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            Self::UnknownBroker { .. } => ErrorCode::BROKER_ID_NOT_REGISTERED,
            Self::Config(error) => ErrorCode(error.code()),
        }
    }
}

impl fmt::Display for AlterConfigsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate => f.write_str("Each resource must appear at most once."),
            Self::UnknownType { resource_type } => write!(f, "Unknown resource type {resource_type}"),
            Self::InvalidName(error) => error.fmt(f),
            Self::UnknownTopic { name } => write!(f, "The topic '{name}' does not exist."),
            Self::UnknownBroker { id } => write!(f, "No broker with id {id} found."),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AlterConfigsError {}

/// A resource as a request names it.
type Named<'a> = (i8, &'a Str<'a>);

/// How the change of one resource went.
type Altering = Result<(), AlterConfigsError>;

impl Controller {
    /// Decides on IncrementalAlterConfigs.
    pub fn incremental_alter_configs(
        &self,
        request: &IncrementalAlterConfigsRequest<'_>,
    ) -> Outcome<IncrementalAlterConfigsResponse<'static>> {
        let named = request.resources.iter().map(|resource| (resource.resource_type, &resource.resource_name));
        let outcome = self.alter(named, request.validate_only, |index, resource, existing| {
            let configs = &request.resources[index].configs;
            let texts: Vec<_> = configs
                .iter()
                .map(|config| (config.config_operation, text(&config.name), config.value.as_ref().map(text)))
                .collect();
            let changes: Vec<_> = texts
                .iter()
                .map(|(operation, name, value)| Change { name, operation: *operation, value: value.as_deref() })
                .collect();
            alter::alter_incrementally(resource.kind, &resource.name, existing, &changes, self.standing())
        });
        outcome.map(|results| {
            let answer = |(resource, result): (&incremental_alter_configs::AlterConfigsResource<'_>, Altering)| {
                incremental_alter_configs::AlterConfigsResourceResponse {
                    error_code: code(&result),
                    error_message: message(&result),
                    resource_type: resource.resource_type,
                    resource_name: resource.resource_name.clone().into_owned(),
                }
            };
            let responses = request.resources.iter().zip(results).map(answer).collect();
            IncrementalAlterConfigsResponse { responses, ..Default::default() }
        })
    }

    /// Decides on AlterConfigs.
    pub fn alter_configs(&self, request: &AlterConfigsRequest<'_>) -> Outcome<AlterConfigsResponse<'static>> {
        let named = request.resources.iter().map(|resource| (resource.resource_type, &resource.resource_name));
        let outcome = self.alter(named, request.validate_only, |index, resource, existing| {
            let configs = &request.resources[index].configs;
            let texts: Vec<_> = configs.iter().map(|c| (text(&c.name), c.value.as_ref().map(text))).collect();
            let all: Vec<_> = texts.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
            alter::replace_all(resource.kind, &resource.name, existing, &all, self.standing())
        });
        outcome.map(|results| {
            let answer = |(resource, result): (&alter_configs::AlterConfigsResource<'_>, Altering)| {
                alter_configs::AlterConfigsResourceResponse {
                    error_code: code(&result),
                    error_message: message(&result),
                    resource_type: resource.resource_type,
                    resource_name: resource.resource_name.clone().into_owned(),
                }
            };
            let responses = request.resources.iter().zip(results).map(answer).collect();
            AlterConfigsResponse { responses, ..Default::default() }
        })
    }

    /// Decides each resource by `decide` and collects the records; one result per resource, in their order.
    fn alter<'a>(
        &self,
        named: impl Iterator<Item = Named<'a>> + Clone,
        validate_only: bool,
        decide: impl Fn(usize, &ConfigResource, &Overrides) -> Result<Altered, AlterError>,
    ) -> Outcome<Vec<Altering>> {
        let mut times: BTreeMap<Named<'_>, usize> = BTreeMap::new();
        for resource in named.clone() {
            *times.entry(resource).or_default() += 1;
        }
        let mut outcome = Outcome::atomic(Vec::new(), Vec::new());
        let mut clear = Vec::new();
        let mut one = |index, resource: Named<'a>| {
            if times[&resource] > 1 {
                return Err(AlterConfigsError::Duplicate);
            }
            let (resource_type, name) = resource;
            let kind =
                ResourceType::from_code(resource_type).ok_or(AlterConfigsError::UnknownType { resource_type })?;
            let resource = ConfigResource::new(kind, name.to_text());
            if kind == ResourceType::Topic && !resource.name.is_empty() {
                topic_name::check(&resource.name).map_err(AlterConfigsError::InvalidName)?;
            }
            let existing = self.image().configs.get(&resource).map_or(&NOTHING, |configs| &**configs);
            let altered = decide(index, &resource, existing).map_err(AlterConfigsError::Config)?;
            self.check_existence(&resource)?;
            if !validate_only {
                if self.image().features.has_elr() {
                    clear.extend(clear_elr(kind, &resource.name, altered.changes.iter().map(|(name, _)| name)));
                }
                outcome.records.extend(altered.changes.into_iter().map(|(name, value)| {
                    MetadataRecord::from(ConfigRecord {
                        resource_type,
                        resource_name: resource.name.clone().into(),
                        name: name.into(),
                        value: value.map(Str::from),
                    })
                }));
            }
            Ok(())
        };
        outcome.response = named.enumerate().map(|(index, resource)| one(index, resource)).collect();
        outcome.records.extend(clear);
        outcome
    }

    fn check_existence(&self, resource: &ConfigResource) -> Result<(), AlterConfigsError> {
        let ConfigResource { kind, name } = resource;
        match kind {
            ResourceType::Topic if self.image().topics.id(name).is_none() => {
                Err(AlterConfigsError::UnknownTopic { name: name.clone() })
            }
            ResourceType::Broker if !name.is_empty() => match name.parse().map(BrokerId) {
                Ok(id) if self.image().cluster.broker(id).is_none() => Err(AlterConfigsError::UnknownBroker { id }),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// The record that voids the eligible leader replicas of a topic, or of all, if `min.insync.replicas` is among what
/// changes. For clusters that have the feature only.
pub(super) fn clear_elr<'a>(
    kind: ResourceType,
    name: &str,
    mut changed: impl Iterator<Item = &'a String>,
) -> Option<MetadataRecord> {
    let topic_name = match kind {
        ResourceType::Topic => name.to_owned(),
        _ => String::new(),
    };
    let concerns = matches!(kind, ResourceType::Topic | ResourceType::Broker);
    (concerns && changed.any(|config| config == "min.insync.replicas"))
        .then(|| ClearElrRecord { topic_name: topic_name.into() }.into())
}

fn text(text: &Str<'_>) -> String {
    text.to_text().into_owned()
}

fn code(result: &Altering) -> ErrorCode {
    result.as_ref().err().map_or(ErrorCode::NONE, AlterConfigsError::code)
}

fn message(result: &Altering) -> Option<Str<'static>> {
    result.as_ref().err().map(|error| error.to_string().into())
}
