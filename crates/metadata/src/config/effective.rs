//! What DescribeConfigs answers: every config of a resource with its value and where that comes from.
//!
//! An entry's *synonyms* are the places that hold a value for it, the strongest first; its source is that of the first.
//! Two habits of Kafka's are kept because its tools show them:
//!
//! - a list of synonyms that does not reach the config's own first name is dropped. So `retention.ms` of a topic that
//!   lives on `log.retention.hours` has no synonyms and source *default*, even when a file sets the hours;
//! - a topic config without a broker config behind it has no synonyms, while a group's then shows its own default.
//!
//! Source: Kafka `ConfigHelper`.

use super::def::{ConfigDef, Origin, ResourceType};
use super::layers::{BrokerLayers, Overrides};
use super::table::{self, LISTENER_PREFIX};
use super::value;

/// One config of a resource as DescribeConfigs shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The config's name.
    pub name: String,
    /// The value that holds; `None` when it is unset or must not be shown.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// Whether the value must not be shown.
    pub is_sensitive: bool,
    /// Whether only a restart changes it.
    pub is_read_only: bool,
    /// Where values for it are, the strongest first.
    pub synonyms: Vec<SynonymValue>,
    /// The code of its type, 0 when nobody knows it.
    pub kind_code: i8,
    /// What it means.
    pub doc: Option<&'static str>,
}

/// A place that holds a value for a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynonymValue {
    /// The name it has there.
    pub name: String,
    /// The text there; `None` when it must not be shown.
    pub value: Option<String>,
    /// The place.
    pub source: Source,
}

/// Where a value comes from. [`Source::code`] is what the wire says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Set on the topic.
    Topic,
    /// Set at run time on this broker.
    Broker,
    /// Set at run time for all brokers.
    ClusterDefault,
    /// In the file.
    File,
    /// Nobody set it.
    Default,
    /// Set on the client metrics subscription.
    ClientMetrics,
    /// Set on the group.
    Group,
}

impl Source {
    /// The code in DescribeConfigs (Kafka `DescribeConfigsResponse.ConfigSource`).
    pub fn code(self) -> i8 {
        match self {
            Self::Topic => 1,
            Self::Broker => 2,
            Self::ClusterDefault => 3,
            Self::File => 4,
            Self::Default => 5,
            Self::ClientMetrics => 7,
            Self::Group => 8,
        }
    }
}

/// The configs of a topic with these overrides.
pub fn describe_topic(broker: BrokerLayers<'_>, overrides: &Overrides) -> Vec<Entry> {
    describe_on_broker(ResourceType::Topic, Source::Topic, broker, overrides)
}

/// The configs of a group with these overrides.
pub fn describe_group(broker: BrokerLayers<'_>, overrides: &Overrides) -> Vec<Entry> {
    describe_on_broker(ResourceType::Group, Source::Group, broker, overrides)
}

/// The configs of a client metrics subscription with these overrides.
pub fn describe_client_metrics(overrides: &Overrides) -> Vec<Entry> {
    let entry = |def: &&'static ConfigDef| {
        let own = overrides.get(def.name).and_then(|text| value::parse(def, text).ok()).map(|value| value.to_string());
        let synonyms = own.clone().map(|value| SynonymValue {
            name: def.name.to_owned(),
            value: Some(value),
            source: Source::ClientMetrics,
        });
        let value = own.or_else(|| def.default.map(str::to_owned));
        resource_entry(def, value, synonyms.into_iter().collect())
    };
    table::described(ResourceType::ClientMetrics).iter().map(entry).collect()
}

fn describe_on_broker(
    resource: ResourceType,
    source: Source,
    broker: BrokerLayers<'_>,
    overrides: &Overrides,
) -> Vec<Entry> {
    let entry = |def: &&'static ConfigDef| {
        let value = broker.effective(def, overrides).map(|value| value.to_string());
        let mut synonyms = match def.synonyms.first() {
            Some(first) => broker_synonyms(broker, first.name, false),
            None if resource == ResourceType::Group => own_default(def).into_iter().collect(),
            None => Vec::new(),
        };
        if overrides.contains_key(def.name) {
            let own = SynonymValue { name: def.name.to_owned(), value: value.clone(), source };
            synonyms.insert(0, own);
        }
        resource_entry(def, value, synonyms)
    };
    let of_name = overrides.keys().filter_map(|name| table::find(resource, name));
    let internal: Vec<_> = of_name.filter(|def| def.origin == Origin::Internal).collect();
    table::described(resource).iter().chain(&internal).map(entry).collect()
}

fn own_default(def: &ConfigDef) -> Option<SynonymValue> {
    let value = def.default?.to_owned();
    Some(SynonymValue { name: def.name.to_owned(), value: Some(value), source: Source::Default })
}

fn resource_entry(def: &'static ConfigDef, value: Option<String>, synonyms: Vec<SynonymValue>) -> Entry {
    Entry {
        name: def.name.to_owned(),
        value,
        source: source_of(&synonyms),
        is_sensitive: def.is_sensitive(),
        is_read_only: false,
        synonyms,
        kind_code: def.kind.code(),
        doc: Some(def.doc),
    }
}

fn source_of(synonyms: &[SynonymValue]) -> Source {
    synonyms.first().map_or(Source::Default, |synonym| synonym.source)
}

/// The configs of this broker: all that are described, then whatever else somebody set.
pub fn describe_broker(broker: BrokerLayers<'_>) -> Vec<Entry> {
    let known = table::described(ResourceType::Broker);
    let mut entries: Vec<Entry> = known
        .iter()
        .map(|def| broker_entry(broker, def.name, broker.value(def.name).map(|value| value.to_string())))
        .collect();
    let mut others: Vec<&String> =
        [broker.file, broker.cluster_default, broker.per_broker].into_iter().flat_map(Overrides::keys).collect();
    others.retain(|name| !known.iter().any(|def| def.name == name.as_str()));
    others.sort();
    others.dedup();
    for name in others {
        let layers = [broker.per_broker, broker.cluster_default, broker.file];
        let value = layers.iter().find_map(|layer| layer.get(name)).cloned();
        entries.push(broker_entry(broker, name, value));
    }
    entries
}

/// The configs that were set at run time for all brokers.
pub fn describe_cluster_default(cluster_default: &Overrides) -> Vec<Entry> {
    let nothing = Overrides::new();
    let layers = BrokerLayers { per_broker: &nothing, cluster_default, file: &nothing };
    let entry = |(name, value): (&String, &String)| {
        let mut entry = broker_entry(layers, name, Some(value.clone()));
        entry.synonyms.retain(|synonym| synonym.source == Source::ClusterDefault);
        entry.source = source_of(&entry.synonyms);
        entry
    };
    cluster_default.iter().map(entry).collect()
}

fn broker_entry(broker: BrokerLayers<'_>, name: &str, value: Option<String>) -> Entry {
    let def = table::find_broker(name);
    // What nobody knows might be a secret.
    let is_sensitive = def.is_none_or(ConfigDef::is_sensitive);
    let synonyms = broker_synonyms(broker, name, is_sensitive);
    // A listener's own value is not dynamic under its full name.
    let is_read_only = name.starts_with(LISTENER_PREFIX) || def.is_none_or(ConfigDef::is_read_only);
    Entry {
        name: name.to_owned(),
        value: value.filter(|_| !is_sensitive),
        source: source_of(&synonyms),
        is_sensitive,
        is_read_only,
        synonyms,
        kind_code: def.map_or(0, |def| def.kind.code()),
        doc: def.map(|def| def.doc),
    }
}

/// The places with a value for a broker config, layer by layer, from its own first mention on.
fn broker_synonyms(broker: BrokerLayers<'_>, name: &str, is_sensitive: bool) -> Vec<SynonymValue> {
    let names = same_setting(name);
    let layers = [
        (broker.per_broker, Source::Broker),
        (broker.cluster_default, Source::ClusterDefault),
        (broker.file, Source::File),
    ];
    let mut found = Vec::new();
    for (layer, source) in layers {
        let held = names.iter().filter_map(|name| Some((*name, layer.get(*name)?)));
        found.extend(held.map(|(name, value)| (name, value.as_str(), source)));
    }
    let held = names.iter().filter_map(|name| Some((*name, table::find(ResourceType::Broker, name)?.default?)));
    found.extend(held.map(|(name, value)| (name, value, Source::Default)));
    let from_own = found.into_iter().skip_while(|(found, ..)| *found != name);
    from_own
        .map(|(name, value, source)| SynonymValue {
            name: name.to_owned(),
            value: (!is_sensitive).then(|| value.to_owned()),
            source,
        })
        .collect()
}

/// The broker configs that set the same thing, the strongest first: other units, or the config without a listener.
fn same_setting(name: &str) -> Vec<&str> {
    const SAME: [&[&str]; 3] = [
        &["log.roll.ms", "log.roll.hours"],
        &["log.roll.jitter.ms", "log.roll.jitter.hours"],
        &["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
    ];
    if let Some(same) = SAME.iter().find(|same| same.contains(&name)) {
        return same.to_vec();
    }
    if name == "log.flush.interval.ms" {
        return vec![name, "log.flush.scheduler.interval.ms"];
    }
    match table::find_broker(name) {
        Some(def) if name.starts_with(LISTENER_PREFIX) => vec![name, def.name],
        _ => vec![name],
    }
}
