//! BrokerRegistration: a broker makes itself known to the controller.
//!
//! Source: KIP-631, KIP-858, KIP-1066.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str, Uuid},
};

/// BrokerRegistration (key 62): a broker makes itself known to the controller.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 62, versions = "0..=4", flexible = "0+", listeners = "controller")]
pub struct BrokerRegistrationRequest<'a> {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The id of the cluster.
    pub cluster_id: Str<'a>,
    /// The id of this run of the broker.
    pub incarnation_id: Uuid,
    /// Where it listens.
    pub listeners: Vec<Listener<'a>>,
    /// The features it supports.
    pub features: Vec<Feature<'a>>,
    /// The rack of the broker; null if it has none.
    #[field(nullable, default = Some(Default::default()))]
    pub rack: Option<Str<'a>>,
    /// Whether the broker came from ZooKeeper; never, since Kafka 4.0.
    #[field(versions = "1+")]
    pub is_migrating_zk_broker: bool,
    /// The ids of the log directories that work.
    #[field(versions = "2+", ignorable)]
    pub log_dirs: Vec<Uuid>,
    /// The epoch before a clean shutdown; -1 if the shutdown was none.
    #[field(versions = "3+", default = -1, ignorable)]
    pub previous_broker_epoch: i64,
}

/// Where a node listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Listener<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of one feature that the node supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct Feature<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The lowest level it supports.
    pub min_supported_version: i16,
    /// The highest level it supports.
    pub max_supported_version: i16,
}

/// The answer to [`BrokerRegistrationRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 62, versions = "0..=4", flexible = "0+")]
pub struct BrokerRegistrationResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The epoch of the registration; -1 if it failed.
    #[field(default = -1)]
    pub broker_epoch: i64,
}
