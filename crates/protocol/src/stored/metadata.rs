//! The records of the metadata log, `__cluster_metadata`.
//!
//! Each stands in the value of a record whose key is null, behind three unsigned varints: the frame version, 1, the
//! record's type and its version. [`super::read_metadata_frame`] reads that, [`super::metadata_value`] writes it.
//!
//! Source: KIP-631 and the KIPs that added to it.

use crate::{
    Message,
    codec::Bytes,
    types::{BrokerId, LeaderEpoch, Str, Timestamp, Uuid},
};

/// A broker came, or came back. Its epoch is the offset of this record.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 0, versions = "0..=4", flexible = "0+")]
pub struct RegisterBrokerRecord<'a> {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// Whether the broker came from ZooKeeper; never, since Kafka 4.0.
    #[field(versions = "2+")]
    pub is_migrating_zk_broker: bool,
    /// The id of this run of the process.
    pub incarnation_id: Uuid,
    /// The epoch of the registration: the offset of this record.
    pub broker_epoch: i64,
    /// Where the broker listens.
    pub end_points: Vec<RegisterBrokerBrokerEndpoint<'a>>,
    /// The features it supports.
    pub features: Vec<RegisterBrokerBrokerFeature<'a>>,
    /// The rack of the broker; null if it has none.
    #[field(nullable, default = Some(Default::default()))]
    pub rack: Option<Str<'a>>,
    /// Whether the broker is fenced: registered, and not to lead.
    #[field(default = true)]
    pub fenced: bool,
    /// Whether the broker is giving its leaderships away before it stops.
    #[field(versions = "1+")]
    pub in_controlled_shutdown: bool,
    /// The ids of the log directories that work.
    #[field(versions = "3+", tag = 0)]
    pub log_dirs: Vec<Uuid>,
    /// Log directories that take no new replicas; null leaves them as they were.
    #[field(versions = "4+", tag = 1, nullable)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// Where the broker listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterBrokerBrokerEndpoint<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of one feature that the broker supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterBrokerBrokerFeature<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The lowest level it supports.
    pub min_supported_version: i16,
    /// The highest level it supports.
    pub max_supported_version: i16,
}

/// A broker is gone for good.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 1, versions = "0", flexible = "0+")]
pub struct UnregisterBrokerRecord {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The epoch of the broker's registration; -1 if it is not known.
    pub broker_epoch: i64,
}

/// A topic, without its partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 2, versions = "0", flexible = "0+")]
pub struct TopicRecord<'a> {
    /// The name of the topic.
    pub name: Str<'a>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
}

/// A partition in full.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 3, versions = "0..=2", flexible = "0+")]
pub struct PartitionRecord {
    /// The partition.
    #[field(default = -1)]
    pub partition_id: i32,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The brokers that hold a replica; the first is the preferred leader.
    pub replicas: Vec<BrokerId>,
    /// The replicas in sync, leader included.
    pub isr: Vec<i32>,
    /// The brokers that leave the replicas in a reassignment.
    pub removing_replicas: Vec<BrokerId>,
    /// The brokers that join the replicas in a reassignment.
    pub adding_replicas: Vec<BrokerId>,
    /// The `node.id` of the leader; -1 if there is none.
    #[field(default = BrokerId(-1))]
    pub leader: BrokerId,
    /// 1 while the partition recovers from an unclean election, else 0.
    #[field(tag = 0)]
    pub leader_recovery_state: i8,
    /// The leader epoch; -1 if it is not known.
    #[field(default = LeaderEpoch(-1))]
    pub leader_epoch: LeaderEpoch,
    /// The epoch of the partition's state; each change raises it.
    #[field(default = -1)]
    pub partition_epoch: i32,
    /// The log directories, in the order of the replicas; empty if none is known.
    #[field(versions = "1+")]
    pub directories: Vec<Uuid>,
    /// The replicas outside the ISR that have every committed record; null if there are none.
    #[field(versions = "2+", tag = 1, nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    /// The replicas that were eligible and stopped uncleanly, or who led last; null if there are none.
    #[field(versions = "2+", tag = 2, nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
}

/// One config of one resource; a null value takes it back.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 4, versions = "0", flexible = "0+")]
pub struct ConfigRecord<'a> {
    /// The kind of resource: 2 topic, 4 broker, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// The name of the resource; empty for the default of all brokers.
    pub resource_name: Str<'a>,
    /// The name of the config.
    pub name: Str<'a>,
    /// The value; null takes the config back.
    #[field(nullable, default = Some(Default::default()))]
    pub value: Option<Str<'a>>,
}

/// What changed in a partition. Each one raises the partition epoch; one that sets the leader, the leader epoch too.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 5, versions = "0..=2", flexible = "0+")]
pub struct PartitionChangeRecord {
    /// The partition.
    #[field(default = -1)]
    pub partition_id: i32,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
    /// The new replicas in sync; null if they stay.
    #[field(tag = 0, nullable)]
    pub isr: Option<Vec<BrokerId>>,
    /// The `node.id` of the new leader; -1 for none, -2 if it stays.
    #[field(tag = 1, default = BrokerId(-2))]
    pub leader: BrokerId,
    /// The new replicas; null if they stay.
    #[field(tag = 2, nullable)]
    pub replicas: Option<Vec<BrokerId>>,
    /// The replicas that leave; null if that stays.
    #[field(tag = 3, nullable)]
    pub removing_replicas: Option<Vec<BrokerId>>,
    /// The replicas that join; null if that stays.
    #[field(tag = 4, nullable)]
    pub adding_replicas: Option<Vec<BrokerId>>,
    /// 1 recovering from an unclean election, 0 recovered; -1 if it stays.
    #[field(tag = 5, default = -1)]
    pub leader_recovery_state: i8,
    /// The log directories, in the order of the replicas; null if they stay.
    #[field(versions = "1+", tag = 8, nullable)]
    pub directories: Option<Vec<Uuid>>,
    /// The replicas outside the ISR that have every committed record; null if they stay.
    #[field(versions = "2+", tag = 6, nullable)]
    pub eligible_leader_replicas: Option<Vec<BrokerId>>,
    /// The replicas that were eligible and stopped uncleanly, or who led last; null if they stay.
    #[field(versions = "2+", tag = 7, nullable)]
    pub last_known_elr: Option<Vec<BrokerId>>,
}

/// A broker may not lead. Written before metadata.version 8 only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 7, versions = "0", flexible = "0+")]
pub struct FenceBrokerRecord {
    /// The `node.id` of the broker.
    pub id: BrokerId,
    /// The epoch of the broker's registration.
    pub epoch: i64,
}

/// A broker may lead. Written before metadata.version 8 only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 8, versions = "0", flexible = "0+")]
pub struct UnfenceBrokerRecord {
    /// The `node.id` of the broker.
    pub id: BrokerId,
    /// The epoch of the broker's registration.
    pub epoch: i64,
}

/// A topic is deleted, with its partitions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 9, versions = "0", flexible = "0+")]
pub struct RemoveTopicRecord {
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
}

/// A delegation token.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 10, versions = "0", flexible = "0+")]
pub struct DelegationTokenRecord<'a> {
    /// Whose token it is, as `type:name`.
    pub owner: Str<'a>,
    /// Who asked for the token, as `type:name`.
    pub requester: Str<'a>,
    /// Who may renew the token, beside its owner, as `type:name`.
    pub renewers: Vec<Str<'a>>,
    /// When the token was made, in milliseconds since 1970.
    pub issue_timestamp: Timestamp,
    /// When the token ends for good, in milliseconds since 1970.
    pub max_timestamp: Timestamp,
    /// When the token runs out unless it is renewed, in milliseconds since 1970.
    pub expiration_timestamp: Timestamp,
    /// The id of the token.
    pub token_id: Str<'a>,
}

/// How a user proves to know a password.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 11, versions = "0", flexible = "0+")]
pub struct UserScramCredentialRecord<'a> {
    /// The name of the user.
    pub name: Str<'a>,
    /// 0 unknown, 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
    /// What was hashed with the password.
    pub salt: Bytes<'a>,
    /// The key by which the server knows the client.
    pub stored_key: Bytes<'a>,
    /// The key by which the client knows the server.
    pub server_key: Bytes<'a>,
    /// How often the password was hashed.
    pub iterations: i32,
}

/// A feature is finalized at a level; 0 is off.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 12, versions = "0", flexible = "0+")]
pub struct FeatureLevelRecord<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The finalized level; 0 is off.
    pub feature_level: i16,
}

/// One quota of one entity.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 14, versions = "0", flexible = "0+")]
pub struct ClientQuotaRecord<'a> {
    /// The entity, part by part.
    pub entity: Vec<ClientQuotaEntityData<'a>>,
    /// The name of the quota, as in `producer_byte_rate`.
    pub key: Str<'a>,
    /// The limit; unused where the quota is taken away.
    pub value: f64,
    /// Whether the quota is taken away; else it is set.
    pub remove: bool,
}

/// One part of an entity: a user, a client id or an address.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ClientQuotaEntityData<'a> {
    /// `user`, `client-id` or `ip`.
    pub entity_type: Str<'a>,
    /// Its name; null for the default of the type.
    #[field(nullable, default = Some(Default::default()))]
    pub entity_name: Option<Str<'a>>,
}

/// All producer ids below this one are given out.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 15, versions = "0", flexible = "0+")]
pub struct ProducerIdsRecord {
    /// The broker that asked for the ids.
    pub broker_id: BrokerId,
    /// The epoch of that broker.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// The first producer id not given out yet.
    pub next_producer_id: i64,
}

/// What changed in a broker's registration.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 17, versions = "0..=3", flexible = "0+")]
pub struct BrokerRegistrationChangeRecord {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The epoch of the broker's registration; -1 if it is not known.
    pub broker_epoch: i64,
    /// 1 fenced, -1 not any more; 0 if it stays.
    #[field(tag = 0)]
    pub fenced: i8,
    /// 1 if the broker gives its leaderships away before it stops; 0 if it stays.
    #[field(versions = "1+", tag = 1)]
    pub in_controlled_shutdown: i8,
    /// The ids of the log directories that work; empty if they stay.
    #[field(versions = "2+", tag = 2)]
    pub log_dirs: Vec<Uuid>,
    /// Log directories that take no new replicas; null leaves them as they were.
    #[field(versions = "3+", tag = 3, nullable)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// One ACL.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 18, versions = "0", flexible = "0+")]
pub struct AccessControlEntryRecord<'a> {
    /// The id of the ACL, by which it is removed.
    pub id: Uuid,
    /// The kind of resource: 2 topic, 3 group, 4 cluster, 5 transactional id, 6 token, 7 user.
    pub resource_type: i8,
    /// The name of the resource.
    pub resource_name: Str<'a>,
    /// How the resource's name is meant: 3 literally, 4 as a prefix.
    pub pattern_type: i8,
    /// Whom it is about, as `type:name`; `User:*` is everyone.
    pub principal: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The ACL operation: 1 any, 2 all, 3 read, 4 write, 5 create, 6 delete, 7 alter, 8 describe, 9 cluster action, 10
    /// describe configs, 11 alter configs, 12 idempotent write, 13 create tokens, 14 describe tokens, 15 two-phase
    /// commit.
    pub operation: i8,
    /// 2 deny, 3 allow; 1 is any, in a filter.
    pub permission_type: i8,
}

/// An ACL is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 19, versions = "0", flexible = "0+")]
pub struct RemoveAccessControlEntryRecord {
    /// The id of the ACL.
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
    /// 0 none, 1 before the migration, 2 during, 3 after it.
    pub zk_migration_state: i8,
}

/// A user's credential is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 22, versions = "0", flexible = "0+")]
pub struct RemoveUserScramCredentialRecord<'a> {
    /// The name of the user.
    pub name: Str<'a>,
    /// 0 unknown, 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
}

/// The records up to the end of this transaction count together or not at all.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 23, versions = "0", flexible = "0+")]
pub struct BeginTransactionRecord<'a> {
    /// What the transaction is for; null if there is nothing to say.
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
    /// Why, in words; null if there is nothing to say.
    #[field(tag = 0, nullable)]
    pub reason: Option<Str<'a>>,
}

/// A delegation token is gone.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 26, versions = "0", flexible = "0+")]
pub struct RemoveDelegationTokenRecord<'a> {
    /// The id of the token.
    pub token_id: Str<'a>,
}

/// A controller, its endpoints and what it supports.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 27, versions = "0", flexible = "0+")]
pub struct RegisterControllerRecord<'a> {
    /// The `node.id` of the controller.
    pub controller_id: i32,
    /// The id of this run of the process.
    pub incarnation_id: Uuid,
    /// Whether a migration from ZooKeeper can begin; never, since Kafka 4.0.
    pub zk_migration_ready: bool,
    /// Where the controller listens.
    pub end_points: Vec<RegisterControllerControllerEndpoint<'a>>,
    /// The features it supports.
    pub features: Vec<RegisterControllerControllerFeature<'a>>,
}

/// Where the controller listens, by one of its listeners.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterControllerControllerEndpoint<'a> {
    /// The name of the listener.
    pub name: Str<'a>,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of one feature that the controller supports.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct RegisterControllerControllerFeature<'a> {
    /// The name of the feature.
    pub name: Str<'a>,
    /// The lowest level it supports.
    pub min_supported_version: i16,
    /// The highest level it supports.
    pub max_supported_version: i16,
}

/// The eligible leader replicas of a topic, or of all, are forgotten.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 28, versions = "0", flexible = "0+")]
pub struct ClearElrRecord<'a> {
    /// The name of the topic.
    pub topic_name: Str<'a>,
}
