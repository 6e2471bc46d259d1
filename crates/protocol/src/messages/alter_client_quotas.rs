//! AlterClientQuotas: set quotas and take them away.
//!
//! Source: KIP-546.

use crate::{ErrorCode, Message, types::Str};

/// AlterClientQuotas (key 49): set quotas and take them away.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 49, versions = "0..=1", flexible = "1+", listeners = "broker, controller")]
pub struct AlterClientQuotasRequest<'a> {
    /// What to change, entity by entity.
    pub entries: Vec<RequestEntryData<'a>>,
    /// Whether only to check, and to change nothing.
    pub validate_only: bool,
}

/// One part of an entity: a user, a client id or an address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestEntityData<'a> {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str<'a>,
    /// Its name; null for the default of the type.
    #[field(nullable, default = Some(Default::default()))]
    pub entity_name: Option<Str<'a>>,
}

/// One quota to set or to take away.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct OpData<'a> {
    /// The name of the quota, as in `producer_byte_rate`.
    pub key: Str<'a>,
    /// The limit; unused where the quota is taken away.
    pub value: f64,
    /// Whether the quota is taken away; else it is set.
    pub remove: bool,
}

/// The quotas to change for one entity.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RequestEntryData<'a> {
    /// The entity, part by part.
    pub entity: Vec<RequestEntityData<'a>>,
    /// The quotas to set or to take away.
    pub ops: Vec<OpData<'a>>,
}

/// The answer to [`AlterClientQuotasRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 49, versions = "0..=1", flexible = "1+")]
pub struct AlterClientQuotasResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each entity.
    pub entries: Vec<ResponseEntryData<'a>>,
}

/// One part of an entity: a user, a client id or an address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseEntityData<'a> {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str<'a>,
    /// Its name; null for the default of the type.
    #[field(nullable, default = Some(Default::default()))]
    pub entity_name: Option<Str<'a>>,
}

/// What became of one entity.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ResponseEntryData<'a> {
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The entity, part by part.
    pub entity: Vec<ResponseEntityData<'a>>,
}
