//! The configs that were set over the wire, per resource; what a file or a default says is not here.
//!
//! Source: Kafka `ConfigurationsImage`, `ConfigurationImage`.

use std::{collections::BTreeMap, fmt, sync::Arc};

use protocol::stored::metadata::ConfigRecord;
use rpds::RedBlackTreeMapSync;

use super::{Delta, ReplayError, ordered_eq};
use crate::{MetadataRecord, config::ResourceType};

/// A thing that configs belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigResource {
    /// The kind of thing.
    pub kind: ResourceType,
    /// Which one; empty for the default of all brokers.
    pub name: String,
}

impl ConfigResource {
    /// The resource `name` of a kind.
    #[must_use]
    pub fn new(kind: ResourceType, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// The topic `name`.
    #[must_use]
    pub fn topic(name: impl Into<String>) -> Self {
        Self::new(ResourceType::Topic, name)
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}'", self.kind.word(), self.name)
    }
}

/// The configs of one resource by their names.
pub type Configs = BTreeMap<String, String>;

/// The configs of all resources that have some.
#[derive(Clone, Debug, Default)]
pub struct ConfigsImage {
    resources: RedBlackTreeMapSync<ConfigResource, Arc<Configs>>,
}

impl PartialEq for ConfigsImage {
    fn eq(&self, other: &Self) -> bool {
        ordered_eq(&self.resources, &other.resources)
    }
}

impl ConfigsImage {
    /// The configs of a resource; `None` where none is set.
    #[must_use]
    pub fn get(&self, resource: &ConfigResource) -> Option<&Arc<Configs>> {
        self.resources.get(resource)
    }

    /// The configs of a topic; `None` where none is set.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&Arc<Configs>> {
        self.get(&ConfigResource::topic(name))
    }

    /// One config of a resource, if it is set there.
    #[must_use]
    pub fn value(&self, resource: &ConfigResource, name: &str) -> Option<&str> {
        self.get(resource)?.get(name).map(String::as_str)
    }

    /// All resources with configs, by kind and name.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &Arc<Configs>)> {
        self.resources.iter()
    }

    pub(super) fn replay(&mut self, record: &ConfigRecord<'_>, delta: &mut Delta) -> Result<(), ReplayError> {
        let kind = ResourceType::from_code(record.resource_type)
            .ok_or(ReplayError::Value { field: "ResourceType", value: i64::from(record.resource_type) })?;
        let resource = ConfigResource::new(kind, record.resource_name.to_text());
        let name = record.name.to_text().into_owned();
        match &record.value {
            Some(value) => {
                let value = value.to_text().into_owned();
                match self.resources.get_mut(&resource) {
                    Some(configs) => drop(Arc::make_mut(configs).insert(name, value)),
                    None => {
                        let configs = Configs::from([(name, value)]);
                        self.resources.insert_mut(resource.clone(), Arc::new(configs));
                    }
                }
            }
            None => {
                if let Some(configs) = self.resources.get_mut(&resource) {
                    Arc::make_mut(configs).remove(&name);
                    if configs.is_empty() {
                        self.resources.remove_mut(&resource);
                    }
                }
            }
        }
        delta.configs_changed.insert(resource);
        Ok(())
    }

    /// Forgets the configs of a deleted topic.
    pub(super) fn forget_topic(&mut self, name: &str, delta: &mut Delta) {
        let resource = ConfigResource::topic(name);
        if self.resources.remove_mut(&resource) {
            delta.configs_changed.insert(resource);
        }
    }

    pub(super) fn write(&self, records: &mut Vec<MetadataRecord>) {
        for (resource, configs) in self.iter() {
            records.extend(configs.iter().map(|(name, value)| {
                MetadataRecord::from(ConfigRecord {
                    resource_type: resource.kind.code(),
                    resource_name: resource.name.clone().into(),
                    name: name.clone().into(),
                    value: Some(value.clone().into()),
                })
            }));
        }
    }
}
