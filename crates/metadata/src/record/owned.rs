//! Records that outlive the bytes they were read from.

use std::borrow::Cow;

use protocol::{
    codec::Bytes,
    stored::metadata::*,
    types::{BrokerId, LeaderEpoch, Str, Timestamp, Uuid},
};

/// What can be freed from the bytes it borrows.
pub(super) trait IntoOwned {
    /// The same type without a borrow.
    type Owned;

    /// Copies whatever is borrowed.
    fn into_owned(self) -> Self::Owned;
}

macro_rules! borrows_nothing {
    ($($name:ty),* $(,)?) => {$(
        impl IntoOwned for $name {
            type Owned = Self;

            fn into_owned(self) -> Self {
                self
            }
        }
    )*};
}

/// Names the fields of each record once; one left out does not compile.
macro_rules! borrows {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl IntoOwned for $name<'_> {
            type Owned = $name<'static>;

            fn into_owned(self) -> $name<'static> {
                $name { $($field: IntoOwned::into_owned(self.$field)),* }
            }
        }
    )*};
}

borrows_nothing!(
    bool,
    i8,
    i16,
    u16,
    i32,
    i64,
    f64,
    BrokerId,
    LeaderEpoch,
    Timestamp,
    Uuid,
    UnregisterBrokerRecord,
    PartitionRecord,
    PartitionChangeRecord,
    FenceBrokerRecord,
    UnfenceBrokerRecord,
    RemoveTopicRecord,
    ProducerIdsRecord,
    BrokerRegistrationChangeRecord,
    RemoveAccessControlEntryRecord,
    NoOpRecord,
    ZkMigrationStateRecord,
    EndTransactionRecord,
);

borrows! {
    RegisterBrokerRecord {
        broker_id, is_migrating_zk_broker, incarnation_id, broker_epoch, end_points, features, rack, fenced,
        in_controlled_shutdown, log_dirs, cordoned_log_dirs
    }
    RegisterBrokerBrokerEndpoint { name, host, port, security_protocol }
    RegisterBrokerBrokerFeature { name, min_supported_version, max_supported_version }
    TopicRecord { name, topic_id }
    ConfigRecord { resource_type, resource_name, name, value }
    DelegationTokenRecord {
        owner, requester, renewers, issue_timestamp, max_timestamp, expiration_timestamp, token_id
    }
    UserScramCredentialRecord { name, mechanism, salt, stored_key, server_key, iterations }
    FeatureLevelRecord { name, feature_level }
    ClientQuotaRecord { entity, key, value, remove }
    ClientQuotaEntityData { entity_type, entity_name }
    AccessControlEntryRecord {
        id, resource_type, resource_name, pattern_type, principal, host, operation, permission_type
    }
    RemoveUserScramCredentialRecord { name, mechanism }
    BeginTransactionRecord { name }
    AbortTransactionRecord { reason }
    RemoveDelegationTokenRecord { token_id }
    RegisterControllerRecord { controller_id, incarnation_id, zk_migration_ready, end_points, features }
    RegisterControllerControllerEndpoint { name, host, port, security_protocol }
    RegisterControllerControllerFeature { name, min_supported_version, max_supported_version }
    ClearElrRecord { topic_name }
}

impl IntoOwned for Str<'_> {
    type Owned = Str<'static>;

    fn into_owned(self) -> Str<'static> {
        Str::into_owned(self)
    }
}

impl IntoOwned for Bytes<'_> {
    type Owned = Bytes<'static>;

    fn into_owned(self) -> Bytes<'static> {
        Cow::Owned(Cow::into_owned(self))
    }
}

impl<T: IntoOwned> IntoOwned for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn into_owned(self) -> Vec<T::Owned> {
        self.into_iter().map(T::into_owned).collect()
    }
}

impl<T: IntoOwned> IntoOwned for Option<T> {
    type Owned = Option<T::Owned>;

    fn into_owned(self) -> Option<T::Owned> {
        self.map(T::into_owned)
    }
}
