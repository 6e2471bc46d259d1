//! Configs of topics, brokers and groups.

use std::collections::BTreeMap;

use protocol::messages::{
    describe_configs::{DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult},
    incremental_alter_configs::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest},
    list_config_resources::ListConfigResourcesRequest,
};
use protocol::types::BrokerId;

use super::{Admin, AdminError, Refusal, topics::unmentioned};
use crate::cluster::{Attempt, ClusterError, Node, owned};

/// What kind of thing has configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// A topic, by name.
    Topic = 2,
    /// A broker, by id; the empty name is the default for all.
    Broker = 4,
    /// A broker's log levels, by id.
    BrokerLogger = 8,
    /// Metrics that clients are asked for.
    ClientMetrics = 16,
    /// A group, by id.
    Group = 32,
}

impl ResourceType {
    /// How it is called on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::BrokerLogger => "broker-logger",
            Self::ClientMetrics => "client-metrics",
            Self::Group => "group",
        }
    }
}

/// One thing that has configs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on the broker while it ran.
    DynamicBroker,
    /// Set for all brokers while they ran.
    DynamicDefaultBroker,
    /// Stands in the broker's file.
    StaticBroker,
    /// Nobody set it.
    Default,
    /// A log level.
    DynamicBrokerLogger,
    /// Set for client metrics.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// What this client does not know.
    Unknown(i8),
}

impl ConfigSource {
    fn of(code: i8) -> Self {
        match code {
            1 => Self::Topic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            6 => Self::DynamicBrokerLogger,
            7 => Self::ClientMetrics,
            8 => Self::Group,
            other => Self::Unknown(other),
        }
    }

    /// In a word or three.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::DynamicBroker => "broker (dynamic)",
            Self::DynamicDefaultBroker => "all brokers (dynamic)",
            Self::StaticBroker => "broker (file)",
            Self::Default => "default",
            Self::DynamicBrokerLogger => "broker logger",
            Self::ClientMetrics => "client metrics",
            Self::Group => "group",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A config and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its name.
    pub name: String,
    /// Its value; `None` if it has none or may not be seen.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed here.
    pub read_only: bool,
    /// Whether its value is a secret.
    pub sensitive: bool,
    /// What it means; empty if not asked for, or the broker is too old to say.
    pub documentation: String,
}

/// What to do with one config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigOp {
    /// Give it a value.
    Set = 0,
    /// Back to what it is without one.
    Delete = 1,
    /// Add to its list.
    Append = 2,
    /// Take from its list.
    Subtract = 3,
}

/// A change to one config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its name.
    pub name: String,
    /// What to do.
    pub op: ConfigOp,
    /// With which value; none to delete.
    pub value: Option<String>,
}

impl Admin {
    /// The configs of some resource, by name: all, or those named.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn describe_configs(
        &self,
        resource: &ConfigResource,
        names: Option<&[&str]>,
        documentation: bool,
    ) -> Result<Vec<ConfigEntry>, AdminError> {
        let request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: resource.kind as i8,
                resource_name: (&resource.name).into(),
                configuration_keys: names.map(|names| names.iter().map(|&name| name.into()).collect()),
            }],
            include_synonyms: false,
            include_documentation: false,
        };
        let connection = self.cluster.connection(who_knows(resource)).await?;
        let version = connection.version::<DescribeConfigsRequest<'_>>().map_err(ClusterError::from)?;
        // Documentation can be asked for from version 3 on; without it the rest is as useful.
        let request = DescribeConfigsRequest { include_documentation: documentation && version >= 3, ..request };
        let answer = connection.call(&request).await.map_err(ClusterError::from)?;
        let response = answer.read::<DescribeConfigsRequest<'_>>().map_err(ClusterError::from)?;
        let result = response.results.first().ok_or_else(unmentioned)?;
        Refusal::check(result.error_code, result.error_message.as_ref())?;
        let mut entries: Vec<ConfigEntry> = result.configs.iter().map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Changes configs of a resource, and leaves its others as they are.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn alter_configs(
        &self,
        resource: &ConfigResource,
        changes: &[ConfigChange],
        validate_only: bool,
    ) -> Result<(), AdminError> {
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type: resource.kind as i8,
                resource_name: (&resource.name).into(),
                configs: changes
                    .iter()
                    .map(|change| AlterableConfig {
                        name: (&change.name).into(),
                        config_operation: change.op as i8,
                        value: change.value.as_ref().map(Into::into),
                    })
                    .collect(),
            }],
            validate_only,
        };
        let node = match who_knows(resource) {
            Node::Any => Node::Controller,
            node => node,
        };
        let result = self
            .cluster
            .retrying(node, async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<IncrementalAlterConfigsRequest<'_>>()?;
                let result = response.responses.first();
                let checked =
                    result.map_or(Err(unmentioned()), |r| Refusal::check(r.error_code, r.error_message.as_ref()));
                Ok(Attempt::of(checked, result.map(|r| r.error_code)))
            })
            .await?;
        Ok(result?)
    }

    /// Which resources of a kind have configs of their own.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn config_resources(&self, kind: ResourceType) -> Result<Vec<String>, AdminError> {
        let request = ListConfigResourcesRequest { resource_types: vec![kind as i8] };
        let answer = self.cluster.call(Node::Any, &request).await?;
        let response = answer.read::<ListConfigResourcesRequest>().map_err(ClusterError::from)?;
        Refusal::check(response.error_code, None)?;
        let names: BTreeMap<String, ()> =
            response.config_resources.iter().map(|resource| (owned(&resource.resource_name), ())).collect();
        Ok(names.into_keys().collect())
    }
}

/// A broker's own configs only it knows.
fn who_knows(resource: &ConfigResource) -> Node<'static> {
    match (resource.kind, resource.name.parse()) {
        (ResourceType::Broker | ResourceType::BrokerLogger, Ok(id)) => Node::Broker(BrokerId(id)),
        _ => Node::Any,
    }
}

fn entry(config: &DescribeConfigsResourceResult<'_>) -> ConfigEntry {
    ConfigEntry {
        name: owned(&config.name),
        value: config.value.as_ref().map(owned),
        source: ConfigSource::of(config.config_source),
        read_only: config.read_only,
        sensitive: config.is_sensitive,
        documentation: config.documentation.as_ref().map(owned).unwrap_or_default(),
    }
}
