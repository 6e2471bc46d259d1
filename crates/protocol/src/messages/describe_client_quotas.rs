//! DescribeClientQuotas: the quotas that match a filter.
//!
//! Source: KIP-546.

use crate::{ErrorCode, Message, types::Str};

/// DescribeClientQuotas (key 48): the quotas that match a filter.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 48, versions = "0..=1", flexible = "1+", listeners = "broker")]
pub struct DescribeClientQuotasRequest<'a> {
    /// Which entities to tell of.
    pub components: Vec<ComponentData<'a>>,
    /// Whether entities with parts of other types are left out.
    pub strict: bool,
}

/// What one part of an entity must match.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ComponentData<'a> {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str<'a>,
    /// 0 exactly this name, 1 the default, 2 any name.
    pub match_type: i8,
    /// The name to match; null where the way of matching needs none.
    #[field(nullable, default = Some(Default::default()))]
    pub r#match: Option<Str<'a>>,
}

/// The answer to [`DescribeClientQuotasRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 48, versions = "0..=1", flexible = "1+")]
pub struct DescribeClientQuotasResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The entities that match; null if it failed.
    #[field(nullable, default = Some(Default::default()))]
    pub entries: Option<Vec<EntryData<'a>>>,
}

/// One part of an entity: a user, a client id or an address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EntityData<'a> {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str<'a>,
    /// Its name; null for the default of the type.
    #[field(nullable, default = Some(Default::default()))]
    pub entity_name: Option<Str<'a>>,
}

/// One quota.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ValueData<'a> {
    /// The name of the quota, as in `producer_byte_rate`.
    pub key: Str<'a>,
    /// The limit.
    pub value: f64,
}

/// The quotas of one entity.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct EntryData<'a> {
    /// The entity, part by part.
    pub entity: Vec<EntityData<'a>>,
    /// The quotas.
    pub values: Vec<ValueData<'a>>,
}
