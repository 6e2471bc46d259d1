//! BrokerHeartbeat: a broker is alive, and where it stands.
//!
//! Source: KIP-631, KIP-858, KIP-1066.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Offset, Uuid},
};

/// BrokerHeartbeat (key 63): a broker is alive, and where it stands.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 63, versions = "0..=2", flexible = "0+", listeners = "controller")]
pub struct BrokerHeartbeatRequest {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The epoch of the registration.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// How far the broker has read the metadata log.
    pub current_metadata_offset: Offset,
    /// Whether the broker wants to be fenced.
    pub want_fence: bool,
    /// Whether the broker wants to stop, and to give its leaderships away first.
    pub want_shut_down: bool,
    /// The ids of the log directories that failed.
    #[field(versions = "1+", tag = 0)]
    pub offline_log_dirs: Vec<Uuid>,
    /// Log directories that take no new replicas; null leaves them as they were.
    #[field(versions = "2+", tag = 1, nullable)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// The answer to [`BrokerHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 63, versions = "0..=2", flexible = "0+")]
pub struct BrokerHeartbeatResponse {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// Whether the broker has read the metadata log about to its end.
    pub is_caught_up: bool,
    /// Whether the broker is fenced: registered, and not to lead.
    #[field(default = true)]
    pub is_fenced: bool,
    /// Whether the broker may stop now.
    pub should_shut_down: bool,
}
