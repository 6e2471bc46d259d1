//! UnregisterController: a controller is gone for good.
//!
//! Source: Kafka 4.4.

use crate::{ErrorCode, Message, types::Str};

/// UnregisterController (key 94): a controller is gone for good. New in Kafka 4.4.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 94, versions = "0", flexible = "0+", unstable = "0+", listeners = "broker, controller")]
pub struct UnregisterControllerRequest {
    /// The `node.id` of the controller.
    pub controller_id: i32,
}

/// The answer to [`UnregisterControllerRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 94, versions = "0", flexible = "0+", unstable = "0+")]
pub struct UnregisterControllerResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
