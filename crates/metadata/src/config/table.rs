//! Every config of Kafka 4.3, and ours, in tables one can read, one file per subject.
//!
//! A row is: name, type, default (`none` for null), valid values, how it may be changed, whether Milena acts on it,
//! and what it means; `from [..]` names the broker configs behind a topic's or group's config.
//!
//! The docs, the defaults and the ranges are those of Apache Kafka 4.3.1: 340 broker configs, 33 topic configs, 17
//! group configs and 3 of client metrics are described to clients; the internal ones only where somebody set them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::def::{ConfigDef, Origin, ResourceType};

macro_rules! configs {
    (@default none) => { None };
    (@default $value:literal) => { Some($value) };
    ($vis:vis static $table:ident, $origin:ident:
        $($name:literal, $kind:ident, $default:tt, $valid:expr, $mode:ident, $status:ident, $doc:literal
            $(, from [$($synonym:expr),+ $(,)?])?;)+
    ) => {
        $vis static $table: &[ConfigDef] = &[$(ConfigDef {
            name: $name,
            kind: Kind::$kind,
            default: configs!(@default $default),
            valid: $valid,
            mode: Mode::$mode,
            status: Status::$status,
            origin: Origin::$origin,
            doc: $doc,
            synonyms: &[$($($synonym),+)?],
        }),+];
    };
}

mod broker_groups;
mod broker_log;
mod broker_network;
mod broker_quorum;
mod broker_remote;
mod broker_replication;
mod broker_sasl;
mod broker_security;
mod broker_share;
mod broker_transactions;
mod group;
mod internal;
mod milena;
mod topic;

/// What the rows of a table are written with.
mod prelude {
    pub(super) use crate::config::def::Valid::*;
    pub(super) use crate::config::def::{ConfigDef, Kind, Mode, Origin, Status, Synonym};

    pub(super) const COMPRESSION_TYPES: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];
    pub(super) const SECURITY_PROTOCOLS: &[&str] = &["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
}

/// The configs of one kind of resource.
struct Table {
    by_name: BTreeMap<&'static str, &'static ConfigDef>,
    described: Vec<&'static ConfigDef>,
}

impl Table {
    fn of(parts: &[&'static [ConfigDef]]) -> Self {
        let by_name: BTreeMap<_, _> = parts.iter().copied().flatten().map(|def| (def.name, def)).collect();
        let of_origin = |origin| by_name.values().copied().filter(move |def| def.origin == origin);
        let described = of_origin(Origin::Kafka).chain(of_origin(Origin::Milena)).collect();
        Self { by_name, described }
    }
}

static BROKER: LazyLock<Table> = LazyLock::new(|| {
    Table::of(&[
        broker_groups::GROUPS,
        broker_log::LOG,
        broker_network::NETWORK,
        broker_quorum::QUORUM,
        broker_remote::REMOTE,
        broker_replication::REPLICATION,
        broker_sasl::SASL,
        broker_security::SECURITY,
        broker_security::TLS,
        broker_share::SHARE,
        broker_transactions::TRANSACTIONS,
        internal::INTERNAL,
        milena::BROKER,
    ])
});
static TOPIC: LazyLock<Table> = LazyLock::new(|| Table::of(&[topic::TOPIC, internal::TOPIC, milena::TOPIC]));
static GROUP: LazyLock<Table> = LazyLock::new(|| Table::of(&[group::GROUP]));
static CLIENT_METRICS: LazyLock<Table> = LazyLock::new(|| Table::of(&[group::CLIENT_METRICS]));

fn table(resource: ResourceType) -> &'static Table {
    match resource {
        ResourceType::Topic => &TOPIC,
        ResourceType::Broker => &BROKER,
        ResourceType::ClientMetrics => &CLIENT_METRICS,
        ResourceType::Group => &GROUP,
    }
}

/// The configs DescribeConfigs lists for a resource: Kafka's by name, then Milena's by name.
pub fn described(resource: ResourceType) -> &'static [&'static ConfigDef] {
    &table(resource).described
}

/// The config of that name, internal ones included.
pub fn find(resource: ResourceType, name: &str) -> Option<&'static ConfigDef> {
    table(resource).by_name.get(name).copied()
}

/// The broker config behind a name that may carry the prefix of one listener, `listener.name.<listener>.`, and after it
/// that of one SASL mechanism.
pub fn find_broker(name: &str) -> Option<&'static ConfigDef> {
    let Some(rest) = name.strip_prefix(LISTENER_PREFIX) else { return find(ResourceType::Broker, name) };
    let (_listener, base) = rest.split_once('.')?;
    find(ResourceType::Broker, base).or_else(|| {
        let (_mechanism, base) = base.split_once('.')?;
        find(ResourceType::Broker, base)
    })
}

/// Names in no table of Kafka's, because a plugin reads them from the file: its `StandardAuthorizer`. Without one they
/// do nothing in Apache Kafka either.
pub(super) const OF_PLUGINS: [&str; 2] = ["allow.everyone.if.no.acl.found", "super.users"];

/// What the name of a config begins with that holds for one listener only.
pub const LISTENER_PREFIX: &str = "listener.name.";

/// The known name most like a misspelt one, if one is close enough to be worth a hint.
pub fn nearest(resource: ResourceType, name: &str) -> Option<&'static str> {
    let tolerated = (name.len() / 4).max(2);
    let near = described(resource).iter().map(|def| (distance(name, def.name), def.name)).min()?;
    (near.0 <= tolerated).then_some(near.1)
}

/// The edit distance: how many bytes must be put in, taken out or replaced to get from one to the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
