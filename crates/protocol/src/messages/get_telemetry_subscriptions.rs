//! GetTelemetrySubscriptions: which metrics a client is to push.
//!
//! Source: KIP-714.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// GetTelemetrySubscriptions (key 71): which metrics a client is to push.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 71, versions = "0", flexible = "0+", listeners = "broker")]
pub struct GetTelemetrySubscriptionsRequest {
    /// The id of this run of the client, given by the broker at first; zero asks for one.
    pub client_instance_id: Uuid,
}

/// The answer to [`GetTelemetrySubscriptionsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 71, versions = "0", flexible = "0+")]
pub struct GetTelemetrySubscriptionsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The id of this run of the client, given by the broker at first; zero asks for one.
    pub client_instance_id: Uuid,
    /// A checksum over what is to be pushed, to see when it changes.
    pub subscription_id: i32,
    /// The codecs the broker takes in PushTelemetry, best first; ids as in record batches.
    pub accepted_compression_types: Vec<i8>,
    /// How often to push, in milliseconds.
    pub push_interval_ms: i32,
    /// The most bytes the broker takes in one push.
    pub telemetry_max_bytes: i32,
    /// Whether counters are sent as differences; else as totals.
    pub delta_temporality: bool,
    /// Prefixes of the metrics to push: none at all if empty, all if it holds one empty string.
    pub requested_metrics: Vec<Str<'a>>,
}
