//! The records of the metadata log, `__cluster_metadata`.
//!
//! Each stands in the value of a record whose key is null, behind three unsigned varints: the frame version, 1, the
//! record's type and its version. [`super::read_metadata_frame`] reads that, [`super::metadata_value`] writes it.
//!
//! Source: KIP-631 and the KIPs that added to it.

// A field's name is Kafka's name for it; what it does is told where it is used.
#![allow(missing_docs)]

use crate::{
    Message,
    codec::Bytes,
    types::{BrokerId, LeaderEpoch, Str, Timestamp, Uuid},
};

/// A broker came, or came back. Its epoch is the offset of this record.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0..=4", flexible = "0+")]
pub struct RegisterBrokerRecord<'a> {
    pub broker_id: BrokerId,
    #[field(versions = "2+")]
    pub is_migrating_zk_broker: bool,
    pub incarnation_id: Uuid,
    pub broker_epoch: i64,
    pub end_points: Vec<RegisterBrokerBrokerEndpoint<'a>>,
    pub features: Vec<RegisterBrokerBrokerFeature<'a>>,
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
    #[field(default = true)]
    pub fenced: bool,
    #[field(versions = "1+")]
    pub in_controlled_shutdown: bool,
    #[field(versions = "3+", tag = 0)]
    pub log_dirs: Vec<Uuid>,
    #[field(versions = "4+", tag = 1, nullable)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// Part of [`RegisterBrokerRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterBrokerBrokerEndpoint<'a> {
    pub name: Str<'a>,
    pub host: Str<'a>,
    pub port: u16,
    pub security_protocol: i16,
}

/// Part of [`RegisterBrokerRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterBrokerBrokerFeature<'a> {
    pub name: Str<'a>,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// A broker is gone for good.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerRecord {
    pub broker_id: BrokerId,
    pub broker_epoch: i64,
}

/// A topic, without its partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0", flexible = "0+")]
pub struct TopicRecord<'a> {
    pub name: Str<'a>,
    pub topic_id: Uuid,
}

/// A partition in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=2", flexible = "0+")]
pub struct PartitionRecord {
    #[field(default = -1)]
    pub partition_id: i32,
    pub topic_id: Uuid,
    pub replicas: Vec<BrokerId>,
    pub isr: Vec<i32>,
    pub removing_replicas: Vec<BrokerId>,
    pub adding_replicas: Vec<BrokerId>,
    #[field(default = BrokerId(-1))]
    pub leader: BrokerId,
    #[field(tag = 0)]
    pub leader_recovery_state: i8,
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    #[field(default = -1)]
    pub partition_epoch: i32,
    #[field(versions = "1+")]
    pub directories: Vec<Uuid>,
    #[field(versions = "2+", tag = 1, nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    #[field(versions = "2+", tag = 2, nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
}

/// One config of one resource; a null value takes it back.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 4, versions = "0", flexible = "0+")]
pub struct ConfigRecord<'a> {
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    pub name: Str<'a>,
    #[field(nullable)]
    pub value: Option<Str<'a>>,
}

/// What changed in a partition. Each one raises the partition epoch; one that sets the leader, the leader epoch too.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 5, versions = "0..=2", flexible = "0+")]
pub struct PartitionChangeRecord {
    #[field(default = -1)]
    pub partition_id: i32,
    pub topic_id: Uuid,
    #[field(tag = 0, nullable)]
    pub isr: Option<Vec<BrokerId>>,
    #[field(tag = 1, default = BrokerId(-2))]
    pub leader: BrokerId,
    #[field(tag = 2, nullable)]
    pub replicas: Option<Vec<BrokerId>>,
    #[field(tag = 3, nullable)]
    pub removing_replicas: Option<Vec<BrokerId>>,
    #[field(tag = 4, nullable)]
    pub adding_replicas: Option<Vec<BrokerId>>,
    #[field(tag = 5, default = -1)]
    pub leader_recovery_state: i8,
    #[field(versions = "1+", tag = 8, nullable)]
    pub directories: Option<Vec<Uuid>>,
    #[field(versions = "2+", tag = 6, nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    #[field(versions = "2+", tag = 7, nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
}

/// A broker may not lead. Written before metadata.version 8 only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 7, versions = "0", flexible = "0+")]
pub struct FenceBrokerRecord {
    pub id: BrokerId,
    pub epoch: i64,
}

/// A broker may lead. Written before metadata.version 8 only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "0", flexible = "0+")]
pub struct UnfenceBrokerRecord {
    pub id: BrokerId,
    pub epoch: i64,
}

/// A topic is deleted, with its partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "0", flexible = "0+")]
pub struct RemoveTopicRecord {
    pub topic_id: Uuid,
}

/// A delegation token.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0", flexible = "0+")]
pub struct DelegationTokenRecord<'a> {
    pub owner: Str<'a>,
    pub requester: Str<'a>,
    pub renewers: Vec<Str<'a>>,
    pub issue_timestamp: Timestamp,
    pub max_timestamp: Timestamp,
    pub expiration_timestamp: Timestamp,
    pub token_id: Str<'a>,
}

/// How a user proves to know a password.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0", flexible = "0+")]
pub struct UserScramCredentialRecord<'a> {
    pub name: Str<'a>,
    pub mechanism: i8,
    pub salt: Bytes<'a>,
    pub stored_key: Bytes<'a>,
    pub server_key: Bytes<'a>,
    pub iterations: i32,
}

/// A feature is finalized at a level; 0 is off.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0", flexible = "0+")]
pub struct FeatureLevelRecord<'a> {
    pub name: Str<'a>,
    pub feature_level: i16,
}

/// One quota of one entity.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0", flexible = "0+")]
pub struct ClientQuotaRecord<'a> {
    pub entity: Vec<ClientQuotaEntityData<'a>>,
    pub key: Str<'a>,
    pub value: f64,
    pub remove: bool,
}

/// Part of [`ClientQuotaRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ClientQuotaEntityData<'a> {
    pub entity_type: Str<'a>,
    #[field(nullable)]
    pub entity_name: Option<Str<'a>>,
}

/// All producer ids below this one are given out.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0", flexible = "0+")]
pub struct ProducerIdsRecord {
    pub broker_id: BrokerId,
    #[field(default = -1)]
    pub broker_epoch: i64,
    pub next_producer_id: i64,
}

/// What changed in a broker's registration.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=3", flexible = "0+")]
pub struct BrokerRegistrationChangeRecord {
    pub broker_id: BrokerId,
    pub broker_epoch: i64,
    #[field(tag = 0)]
    pub fenced: i8,
    #[field(versions = "1+", tag = 1)]
    pub in_controlled_shutdown: i8,
    #[field(versions = "2+", tag = 2)]
    pub log_dirs: Vec<Uuid>,
    #[field(versions = "3+", tag = 3, nullable)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// One ACL.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0", flexible = "0+")]
pub struct AccessControlEntryRecord<'a> {
    pub id: Uuid,
    pub resource_type: i8,
    pub resource_name: Str<'a>,
    pub pattern_type: i8,
    pub principal: Str<'a>,
    pub host: Str<'a>,
    pub operation: i8,
    pub permission_type: i8,
}

/// An ACL is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "0", flexible = "0+")]
pub struct RemoveAccessControlEntryRecord {
    pub id: Uuid,
}

/// Nothing: it moves the log on, so that readers can tell how far behind they are.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "0", flexible = "0+")]
pub struct NoOpRecord;

/// How far a migration from ZooKeeper was; only read.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 21, versions = "0", flexible = "0+")]
pub struct ZkMigrationStateRecord {
    pub zk_migration_state: i8,
}

/// A user's credential is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0", flexible = "0+")]
pub struct RemoveUserScramCredentialRecord<'a> {
    pub name: Str<'a>,
    pub mechanism: i8,
}

/// The records up to the end of this transaction count together or not at all.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "0", flexible = "0+")]
pub struct BeginTransactionRecord<'a> {
    #[field(tag = 0, nullable)]
    pub name: Option<Str<'a>>,
}

/// The records since the beginning of the transaction count.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 24, versions = "0", flexible = "0+")]
pub struct EndTransactionRecord;

/// The records since the beginning of the transaction do not count.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 25, versions = "0", flexible = "0+")]
pub struct AbortTransactionRecord<'a> {
    #[field(tag = 0, nullable)]
    pub reason: Option<Str<'a>>,
}

/// A delegation token is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 26, versions = "0", flexible = "0+")]
pub struct RemoveDelegationTokenRecord<'a> {
    pub token_id: Str<'a>,
}

/// A controller, its endpoints and what it supports.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 27, versions = "0", flexible = "0+")]
pub struct RegisterControllerRecord<'a> {
    pub controller_id: i32,
    pub incarnation_id: Uuid,
    pub zk_migration_ready: bool,
    pub end_points: Vec<RegisterControllerControllerEndpoint<'a>>,
    pub features: Vec<RegisterControllerControllerFeature<'a>>,
}

/// Part of [`RegisterControllerRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterControllerControllerEndpoint<'a> {
    pub name: Str<'a>,
    pub host: Str<'a>,
    pub port: u16,
    pub security_protocol: i16,
}

/// Part of [`RegisterControllerRecord`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterControllerControllerFeature<'a> {
    pub name: Str<'a>,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

/// The eligible leader replicas of a topic, or of all, are forgotten.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 28, versions = "0", flexible = "0+")]
pub struct ClearElrRecord<'a> {
    pub topic_name: Str<'a>,
}
