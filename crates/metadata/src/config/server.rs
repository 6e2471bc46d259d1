//! The settings a node starts with, made from a file, or everything that is wrong with that file.
//!
//! Apache Kafka takes an unknown name silently and stops at the first wrong value. Here a name nobody knows is refused
//! with its line and the nearest known name, and all problems are told at once. A name Kafka knows and Milena does not
//! act on yet is taken and told once at start ([`Notices`]), unless ignoring it would break a promise: then it is
//! refused ([`Status`]).
//!
//! One process is broker and controller, with one log directory and PLAINTEXT listeners; a file that wants something
//! else is refused by name.
//!
//! Source: Kafka `KafkaConfig`, mainly `validateValues`, and `AbstractKafkaConfig`.

mod dev;
mod error;
mod listeners;
mod rules;

use std::collections::BTreeMap;

use super::def::{ResourceType, Status};
use super::layers::{BrokerLayers, Overrides};
use super::properties::{Properties, Property};
use super::table::{self, LISTENER_PREFIX};
use super::topic::TopicConfig;
use super::value::{self, Address, Voter};

pub(super) use rules::check_dynamic;

pub use dev::Dev;
pub use error::ServerConfigError;
pub use listeners::{Listener, SecurityProtocol};

/// What a node must know about itself. Each field is the config whose name it bears, with `.` for `_`, unless its
/// comment says otherwise; units are those of the config.
///
/// Fields of configs that change at run time follow the layers given: see [`ServerConfig::with_dynamic`].
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    /// What the file and the command line set, by name: the lowest layer of [`BrokerLayers`].
    pub file: Overrides,
    /// The node's number.
    pub node_id: i32,
    /// Listeners of brokers and clients, from `listeners`.
    pub listeners: Vec<Listener>,
    /// What clients and brokers are told, from `advertised.listeners` or `listeners`.
    pub advertised_listeners: Vec<Listener>,
    /// Listeners of the controller, from `listeners`.
    pub controller_listeners: Vec<Listener>,
    /// What controllers are told, from `advertised.listeners`, the voters or `listeners`.
    pub advertised_controller_listeners: Vec<Listener>,
    /// The listener brokers use among themselves, in capitals.
    pub inter_broker_listener_name: String,
    /// From `controller.quorum.voters`.
    pub quorum_voters: Vec<Voter>,
    /// From `controller.quorum.bootstrap.servers`.
    pub quorum_bootstrap_servers: Vec<Address>,
    /// From `log.dirs` or `log.dir`.
    pub log_dir: String,
    /// From `metadata.log.dir`, or `log_dir`.
    pub metadata_log_dir: String,
    /// From `broker.rack`.
    pub rack: Option<String>,
    /// From `milena.http.listener`; `None` when empty.
    pub http_listener: Option<Address>,
    /// From `unstable.feature.versions.enable`.
    pub unstable_feature_versions: bool,
    /// Sizes and times of the network.
    pub network: NetworkConfig,
    /// Sizes and times of groups and their offsets.
    pub groups: GroupsConfig,
    /// Sizes and times of the metadata log and of the quorum.
    pub quorum: QuorumConfig,
    /// How topics come and go, and when logs are looked after.
    pub logs: LogsConfig,
    /// How topics behave that set nothing themselves.
    pub topic_defaults: TopicConfig,
}

/// Sizes and times of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    /// `socket.request.max.bytes`
    pub socket_request_max_bytes: u32,
    /// `queued.max.request.bytes`; `None` for no limit.
    pub queued_max_request_bytes: Option<u64>,
    /// `connections.max.idle.ms`; `None` for never.
    pub connections_max_idle_ms: Option<u64>,
    /// `fetch.max.bytes`
    pub fetch_max_bytes: u32,
    /// `max.incremental.fetch.session.cache.slots`
    pub fetch_session_cache_slots: u32,
}

/// Sizes and times of groups and their offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsConfig {
    /// `offsets.topic.num.partitions`
    pub offsets_topic_num_partitions: i32,
    /// `offsets.topic.replication.factor`
    pub offsets_topic_replication_factor: i16,
    /// `offsets.topic.segment.bytes`
    pub offsets_topic_segment_bytes: u32,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check_interval_ms: i64,
    /// `offset.metadata.max.bytes`
    pub offset_metadata_max_bytes: u32,
    /// `group.min.session.timeout.ms`
    pub min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout_ms: i32,
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay_ms: i32,
    /// `group.max.size`
    pub max_size: u32,
}

/// Sizes and times of the metadata log and of the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumConfig {
    /// `controller.quorum.election.timeout.ms`
    pub election_timeout_ms: i32,
    /// `metadata.log.segment.bytes`
    pub log_segment_bytes: u32,
    /// `metadata.log.segment.ms`
    pub log_segment_ms: i64,
    /// `metadata.log.max.record.bytes.between.snapshots`
    pub max_record_bytes_between_snapshots: i64,
    /// `metadata.log.max.snapshot.interval.ms`; `None` for never by age.
    pub max_snapshot_interval_ms: Option<i64>,
    /// `metadata.max.retention.bytes`
    pub max_retention_bytes: i64,
    /// `metadata.max.retention.ms`
    pub max_retention_ms: i64,
}

/// How topics come and go, and when logs are looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsConfig {
    /// `num.partitions`
    pub num_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `auto.create.topics.enable`
    pub auto_create_topics: bool,
    /// `delete.topic.enable`
    pub delete_topics: bool,
    /// `log.retention.check.interval.ms`
    pub retention_check_interval_ms: i64,
    /// `log.cleaner.enable`
    pub cleaner_enable: bool,
    /// `log.flush.offset.checkpoint.interval.ms`
    pub flush_offset_checkpoint_interval_ms: i32,
}

/// What the operator should be told once at start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// Names that were set away from their default and do nothing yet, sorted.
    pub without_effect: Vec<String>,
    /// Whole sentences.
    pub warnings: Vec<String>,
}

impl ServerConfig {
    /// The settings a file asks for, where `overrides` (`--override k=v`) replace what it says.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file. Rules between several configs are only looked at when each
    /// of them is fine by itself.
    pub fn from_properties(
        properties: &Properties,
        overrides: &[(String, String)],
    ) -> Result<(Self, Notices), Vec<ServerConfigError>> {
        let mut properties = properties.clone();
        for (name, value) in overrides {
            properties.set(name, value);
        }
        let mut notices = Notices::default();
        let errors: Vec<_> =
            properties.iter().filter_map(|property| check_property(property, &mut notices).err()).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut file: Overrides = properties.iter().map(|p| (p.key.clone(), p.value.clone())).collect();
        // Either name stands for the other, as long as only one is given.
        for (one, other) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
            if let (Some(id), None) = (file.get(one).cloned(), file.get(other)) {
                file.insert(other.to_owned(), id);
            }
        }
        let layers = BrokerLayers::of_file(&file);
        let config = rules::check(layers, &mut notices).and_then(|()| Self::read(layers));
        notices.without_effect.sort();
        notices.without_effect.dedup();
        match config {
            Ok(config) => Ok((config, notices)),
            Err(error) => Err(vec![error]),
        }
    }

    /// The layers of this broker, to describe or to derive from.
    pub fn layers<'a>(&'a self, per_broker: &'a Overrides, cluster_default: &'a Overrides) -> BrokerLayers<'a> {
        BrokerLayers { per_broker, cluster_default, file: &self.file }
    }

    fn read(layers: BrokerLayers<'_>) -> Result<Self, ServerConfigError> {
        let listeners = rules::listeners(layers)?;
        let log_dir = rules::log_dir(layers)?;
        let list = |name| layers.list(name).unwrap_or_default();
        Ok(Self {
            file: layers.file.clone(),
            node_id: layers.int("node.id"),
            listeners: listeners.broker,
            advertised_listeners: listeners.advertised_broker,
            controller_listeners: listeners.controller,
            advertised_controller_listeners: listeners.advertised_controller,
            inter_broker_listener_name: listeners.inter_broker_name,
            quorum_voters: list("controller.quorum.voters").iter().filter_map(|v| Voter::parse(v)).collect(),
            quorum_bootstrap_servers: list("controller.quorum.bootstrap.servers")
                .iter()
                .filter_map(|server| value::parse_address(server))
                .collect(),
            metadata_log_dir: layers.string("metadata.log.dir").unwrap_or_else(|| log_dir.clone()),
            log_dir,
            rack: layers.string("broker.rack"),
            http_listener: rules::http_listener(layers)?,
            unstable_feature_versions: layers.boolean("unstable.feature.versions.enable"),
            network: read_network(layers),
            groups: read_groups(layers),
            quorum: read_quorum(layers),
            logs: read_logs(layers),
            topic_defaults: TopicConfig::new(layers, &BTreeMap::new()),
        })
    }
}

/// Looks at one entry by itself.
fn check_property(property: &Property, notices: &mut Notices) -> Result<(), ServerConfigError> {
    let Property { key, value, line } = property;
    let Some(def) = table::find_broker(key) else {
        if table::OF_PLUGINS.contains(&key.as_str()) {
            notices.without_effect.push(key.clone());
            return Ok(());
        }
        let nearest = table::nearest(ResourceType::Broker, key);
        return Err(ServerConfigError::Unknown { name: key.clone(), line: *line, nearest });
    };
    let parsed = value::parse(def, value).map_err(|error| ServerConfigError::Invalid { line: *line, error })?;
    let default = def.default.and_then(|text| value::parse(def, text).ok());
    let of_a_listener = key.starts_with(LISTENER_PREFIX);
    match def.status {
        _ if default.as_ref() == Some(&parsed) => {}
        Status::WouldBreakAPromise => {
            return Err(ServerConfigError::NotSupportedYet { name: key.clone(), line: *line, default: def.default });
        }
        Status::Works if !of_a_listener => {}
        Status::Works | Status::NoEffectYet => notices.without_effect.push(key.clone()),
    }
    Ok(())
}

/// A number whose range has no negative values.
fn size(layers: BrokerLayers<'_>, name: &str) -> u32 {
    layers.int(name).unsigned_abs()
}

fn read_network(layers: BrokerLayers<'_>) -> NetworkConfig {
    NetworkConfig {
        socket_request_max_bytes: size(layers, "socket.request.max.bytes"),
        queued_max_request_bytes: u64::try_from(layers.long("queued.max.request.bytes")).ok().filter(|max| *max > 0),
        connections_max_idle_ms: u64::try_from(layers.long("connections.max.idle.ms")).ok(),
        fetch_max_bytes: size(layers, "fetch.max.bytes"),
        fetch_session_cache_slots: size(layers, "max.incremental.fetch.session.cache.slots"),
    }
}

fn read_groups(layers: BrokerLayers<'_>) -> GroupsConfig {
    GroupsConfig {
        offsets_topic_num_partitions: layers.int("offsets.topic.num.partitions"),
        offsets_topic_replication_factor: replicas(layers, "offsets.topic.replication.factor"),
        offsets_topic_segment_bytes: size(layers, "offsets.topic.segment.bytes"),
        offsets_retention_ms: layers.long("offsets.retention.minutes") * 60 * 1000,
        offsets_retention_check_interval_ms: layers.long("offsets.retention.check.interval.ms"),
        offset_metadata_max_bytes: u32::try_from(layers.int("offset.metadata.max.bytes")).unwrap_or(0),
        min_session_timeout_ms: layers.int("group.min.session.timeout.ms"),
        max_session_timeout_ms: layers.int("group.max.session.timeout.ms"),
        initial_rebalance_delay_ms: layers.int("group.initial.rebalance.delay.ms"),
        max_size: size(layers, "group.max.size"),
    }
}

fn read_quorum(layers: BrokerLayers<'_>) -> QuorumConfig {
    QuorumConfig {
        election_timeout_ms: layers.int("controller.quorum.election.timeout.ms"),
        log_segment_bytes: size(layers, "metadata.log.segment.bytes"),
        log_segment_ms: layers.long("metadata.log.segment.ms"),
        max_record_bytes_between_snapshots: layers.long("metadata.log.max.record.bytes.between.snapshots"),
        max_snapshot_interval_ms: Some(layers.long("metadata.log.max.snapshot.interval.ms")).filter(|ms| *ms > 0),
        max_retention_bytes: layers.long("metadata.max.retention.bytes"),
        max_retention_ms: layers.long("metadata.max.retention.ms"),
    }
}

fn read_logs(layers: BrokerLayers<'_>) -> LogsConfig {
    LogsConfig {
        num_partitions: layers.int("num.partitions"),
        default_replication_factor: replicas(layers, "default.replication.factor"),
        auto_create_topics: layers.boolean("auto.create.topics.enable"),
        delete_topics: layers.boolean("delete.topic.enable"),
        retention_check_interval_ms: layers.long("log.retention.check.interval.ms"),
        cleaner_enable: layers.boolean("log.cleaner.enable"),
        flush_offset_checkpoint_interval_ms: layers.int("log.flush.offset.checkpoint.interval.ms"),
    }
}

/// A replication factor; more replicas than the wire can say are as many as it can.
fn replicas(layers: BrokerLayers<'_>, name: &str) -> i16 {
    i16::try_from(layers.int(name)).unwrap_or(i16::MAX)
}
