//! ControllerRegistration: a controller makes itself known to the leader.
//!
//! Source: KIP-919.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// ControllerRegistration (key 70): a controller makes itself known to the leader.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 70, versions = "0", flexible = "0+", listeners = "controller")]
pub struct ControllerRegistrationRequest<'a> {
    /// The `node.id` of the controller.
    pub controller_id: i32,
    /// The id of this run of the process.
    pub incarnation_id: Uuid,
    /// Whether the controller could migrate from ZooKeeper; never, since Kafka 4.0.
    pub zk_migration_ready: bool,
    /// Where it listens.
    pub listeners: Vec<Listener<'a>>,
    /// The features it supports.
    pub features: Vec<Feature<'a>>,
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

/// The answer to [`ControllerRegistrationRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 70, versions = "0", flexible = "0+")]
pub struct ControllerRegistrationResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
