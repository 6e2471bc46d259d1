//! PushTelemetry: metrics of a client.
//!
//! Source: KIP-714.

use crate::{ErrorCode, Message, codec::Bytes, types::Uuid};

/// PushTelemetry (key 72): metrics of a client.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 72, versions = "0", flexible = "0+", listeners = "broker")]
pub struct PushTelemetryRequest<'a> {
    /// The id of this run of the client, given by the broker at first; zero asks for one.
    pub client_instance_id: Uuid,
    /// A checksum over what is to be pushed, to see when it changes.
    pub subscription_id: i32,
    /// Whether this is the client's last push.
    pub terminating: bool,
    /// How the metrics are compressed; ids as in record batches.
    pub compression_type: i8,
    /// OpenTelemetry `MetricsData` in protobuf, compressed as said.
    pub metrics: Bytes<'a>,
}

/// The answer to [`PushTelemetryRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 72, versions = "0", flexible = "0+")]
pub struct PushTelemetryResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
}
