//! CreateTopics: make topics, as many of those asked for as the rules allow.
//!
//! - A request for more than 10,000 partitions in all is refused whole (44), one whose time is up too (7).
//! - A topic named twice gets one answer, 42; so does `__cluster_metadata`.
//! - `validate_only` gives the same answers, topic ids included, and no records.
//! - Of a config given twice the last counts.
//!
//! Source: Kafka `ReplicationControlManager.createTopics`, `ControllerApis.createTopics`.

use std::{collections::BTreeMap, fmt};

use protocol::{
    ErrorCode,
    messages::create_topics::{
        CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest,
        CreateTopicsResponse,
    },
    stored::metadata::{ConfigRecord, TopicRecord},
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

use super::{
    Controller, Outcome,
    alter_configs::clear_elr,
    create_partitions::AssignmentError,
    placement::{Placement, PlacementError},
};
use crate::{
    MetadataRecord,
    config::{AlterError, Overrides, ResourceType, alter, effective},
    image::PartitionImage,
    topic_name::{self, InvalidTopicName},
};

/// The most partitions that one request may make.
pub const PARTITIONS_MAX: usize = 10_000;

/// Why a topic was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateTopicError {
    /// The request's timeout was over before it began.
    TimedOut,
    /// The request asks for more than [`PARTITIONS_MAX`] partitions.
    TooManyPartitions,
    /// The request names the topic twice.
    Duplicate,
    /// The log of metadata is no topic.
    ClusterMetadata,
    /// There is a topic of this name.
    Exists {
        /// The name.
        name: String,
    },
    /// No topic may have this name.
    InvalidName(InvalidTopicName),
    /// The name differs from another one in `.` and `_` only.
    Collides {
        /// The name.
        name: String,
        /// The other one.
        existing: String,
    },
    /// Configs without a value.
    NullConfigs {
        /// Their names.
        names: Vec<String>,
    },
    /// A config that a topic cannot have.
    Config(AlterError),
    /// An assignment and a replication factor.
    AssignmentAndFactor,
    /// An assignment and a number of partitions.
    AssignmentAndPartitions,
    /// The assignment is no good.
    Assignment(AssignmentError),
    /// A replication factor of 0 or below -1.
    ReplicationFactor,
    /// A number of partitions of 0 or below -1.
    Partitions,
    /// The brokers do not suffice.
    Placement {
        /// The replication factor.
        replication_factor: i16,
        /// Why.
        error: PlacementError,
    },
}

impl CreateTopicError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TimedOut => ErrorCode::REQUEST_TIMED_OUT,
            Self::TooManyPartitions => ErrorCode::POLICY_VIOLATION,
            Self::Duplicate | Self::ClusterMetadata | Self::AssignmentAndFactor | Self::AssignmentAndPartitions => {
                ErrorCode::INVALID_REQUEST
            }
            Self::Exists { .. } => ErrorCode::TOPIC_ALREADY_EXISTS,
            Self::InvalidName(_) | Self::Collides { .. } => ErrorCode::INVALID_TOPIC_EXCEPTION,
            Self::NullConfigs { .. } => ErrorCode::INVALID_CONFIG,
            Self::Config(error) => ErrorCode(error.code()),
            Self::Assignment(_) => ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            Self::ReplicationFactor | Self::Placement { .. } => ErrorCode::INVALID_REPLICATION_FACTOR,
            Self::Partitions => ErrorCode::INVALID_PARTITIONS,
        }
    }

    fn result(&self, name: Str<'static>) -> CreatableTopicResult<'static> {
        CreatableTopicResult {
            name,
            error_code: self.code(),
            error_message: Some(self.to_string().into()),
            ..CreatableTopicResult::default()
        }
    }
}

impl fmt::Display for CreateTopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str(ErrorCode::REQUEST_TIMED_OUT.message()),
            Self::TooManyPartitions => f.write_str("Excessively large number of partitions per request."),
            Self::Duplicate => f.write_str("Duplicate topic name."),
            Self::ClusterMetadata => {
                write!(f, "Creation of internal topic {} is prohibited.", topic_name::CLUSTER_METADATA)
            }
            Self::Exists { name } => write!(f, "Topic '{name}' already exists."),
            Self::InvalidName(error) => error.fmt(f),
            Self::Collides { name, existing } => {
                write!(f, "Topic '{name}' collides with existing topic: {existing}")
            }
            Self::NullConfigs { names } => {
                write!(f, "Null value not supported for topic configs: {}", names.join(","))
            }
            Self::Config(error) => error.fmt(f),
            Self::AssignmentAndFactor => {
                f.write_str("A manual partition assignment was specified, but replication factor was not set to -1.")
            }
            Self::AssignmentAndPartitions => {
                f.write_str("A manual partition assignment was specified, but numPartitions was not set to -1.")
            }
            Self::Assignment(error) => error.fmt(f),
            Self::ReplicationFactor => {
                f.write_str("Replication factor must be larger than 0, or -1 to use the default value.")
            }
            Self::Partitions => f.write_str("Number of partitions was set to an invalid non-positive value."),
            Self::Placement { replication_factor, error } => {
                write!(f, "Unable to replicate the partition {replication_factor} time(s): {error}")
            }
        }
    }
}

impl std::error::Error for CreateTopicError {}

/// A topic that may be made.
struct NewTopic {
    records: Vec<MetadataRecord>,
    result: CreatableTopicResult<'static>,
}

impl Controller {
    /// Decides on CreateTopics. `ids` draws the id of each new topic: never zero, never one that was drawn before.
    pub fn create_topics(
        &self,
        request: &CreateTopicsRequest<'_>,
        ids: &mut dyn FnMut() -> Uuid,
    ) -> Outcome<CreateTopicsResponse<'static>> {
        let mut outcome = Outcome::atomic(Vec::new(), CreateTopicsResponse::default());
        if let Some(error) = self.refuses_all(request) {
            let results = request.topics.iter().map(|topic| error.result(topic.name.clone().into_owned()));
            outcome.response.topics = results.collect();
            return outcome;
        }
        let mut times: BTreeMap<&Str<'_>, usize> = BTreeMap::new();
        for topic in &request.topics {
            *times.entry(&topic.name).or_default() += 1;
        }
        let mut describe = Describe { controller: self, without_overrides: None };
        for topic in &request.topics {
            // An answer per name: the count is taken away with the first.
            let created = match times.remove(&topic.name) {
                None => continue,
                Some(1) => self.create_topic(topic, ids, &mut describe),
                Some(_) => Err(CreateTopicError::Duplicate),
            };
            match created {
                Err(error) => outcome.response.topics.push(error.result(topic.name.clone().into_owned())),
                Ok(topic) => {
                    outcome.response.topics.push(topic.result);
                    if !request.validate_only {
                        outcome.records.extend(topic.records);
                    }
                }
            }
        }
        outcome
    }

    fn refuses_all(&self, request: &CreateTopicsRequest<'_>) -> Option<CreateTopicError> {
        if request.timeout_ms <= 0 {
            return Some(CreateTopicError::TimedOut);
        }
        let default = self.layers().int("num.partitions");
        let partitions = request.topics.iter().map(|topic| match topic.num_partitions {
            _ if !topic.assignments.is_empty() => topic.assignments.len(),
            -1 => usize::try_from(default).unwrap_or(0),
            count => usize::try_from(count).unwrap_or(0),
        });
        (partitions.sum::<usize>() > PARTITIONS_MAX).then_some(CreateTopicError::TooManyPartitions)
    }

    fn create_topic(
        &self,
        topic: &CreatableTopic<'_>,
        ids: &mut dyn FnMut() -> Uuid,
        describe: &mut Describe<'_>,
    ) -> Result<NewTopic, CreateTopicError> {
        let name = topic.name.to_text().into_owned();
        self.check_name(&name)?;
        let configs = given_configs(topic)?;
        alter::check_new_topic(&configs, self.standing()).map_err(CreateTopicError::Config)?;
        let topic_id = ids();
        let partitions =
            if topic.assignments.is_empty() { self.place(topic, topic_id)? } else { self.assigned(topic)? };
        let result = CreatableTopicResult {
            name: name.clone().into(),
            topic_id,
            num_partitions: partitions.len() as i32,
            replication_factor: partitions[0].replicas.len() as i16,
            configs: Some(describe.configs(&configs)),
            error_message: None,
            ..CreatableTopicResult::default()
        };
        let mut records = Vec::with_capacity(1 + configs.len() + partitions.len());
        records.push(TopicRecord { name: name.clone().into(), topic_id }.into());
        records.extend(configs.iter().map(|(config, value)| {
            MetadataRecord::from(ConfigRecord {
                resource_type: ResourceType::Topic.code(),
                resource_name: name.clone().into(),
                name: config.clone().into(),
                value: Some(value.clone().into()),
            })
        }));
        if self.image().features.has_elr() {
            records.extend(clear_elr(ResourceType::Topic, &name, configs.keys()));
        }
        let level = self.image().metadata_version();
        records.extend((0..).zip(&partitions).map(|(index, p)| p.to_record(topic_id, index, level).into()));
        Ok(NewTopic { records, result })
    }

    fn check_name(&self, name: &str) -> Result<(), CreateTopicError> {
        let owned = || name.to_owned();
        if name == topic_name::CLUSTER_METADATA {
            return Err(CreateTopicError::ClusterMetadata);
        }
        if self.image().topics.id(name).is_some() {
            return Err(CreateTopicError::Exists { name: owned() });
        }
        topic_name::check(name).map_err(CreateTopicError::InvalidName)?;
        match self.image().topics.colliding_with(name) {
            Some(existing) => Err(CreateTopicError::Collides { name: owned(), existing: existing.to_string() }),
            None => Ok(()),
        }
    }

    fn place(&self, topic: &CreatableTopic<'_>, topic_id: Uuid) -> Result<Vec<PartitionImage>, CreateTopicError> {
        let replication_factor = match topic.replication_factor {
            -1 => i16::try_from(self.layers().int("default.replication.factor")).unwrap_or(i16::MAX),
            factor if factor > 0 => factor,
            _ => return Err(CreateTopicError::ReplicationFactor),
        };
        let count = match topic.num_partitions {
            -1 => self.layers().int("num.partitions"),
            count if count > 0 => count,
            _ => return Err(CreateTopicError::Partitions),
        };
        self.placed(topic_id, 0..count.unsigned_abs() as usize, replication_factor)
            .map_err(|error| CreateTopicError::Placement { replication_factor, error })
    }

    /// Partitions of this range, on brokers that the placement chooses.
    pub(super) fn placed(
        &self,
        topic_id: Uuid,
        partitions: std::ops::Range<usize>,
        replication_factor: i16,
    ) -> Result<Vec<PartitionImage>, PlacementError> {
        let placement = Placement::new(&self.image().cluster, topic_id, replication_factor)?;
        let factor = usize::try_from(replication_factor).expect("checked to be positive");
        partitions
            .map(|partition| {
                self.new_partition(&placement.replicas(partition, factor)).ok_or(PlacementError::AllFenced)
            })
            .collect()
    }

    fn assigned(&self, topic: &CreatableTopic<'_>) -> Result<Vec<PartitionImage>, CreateTopicError> {
        if topic.replication_factor != -1 {
            return Err(CreateTopicError::AssignmentAndFactor);
        }
        if topic.num_partitions != -1 {
            return Err(CreateTopicError::AssignmentAndPartitions);
        }
        let mut partitions = BTreeMap::new();
        let factor = topic.assignments[0].broker_ids.len();
        for CreatableReplicaAssignment { partition_index: index, broker_ids } in &topic.assignments {
            if partitions.contains_key(index) {
                return Err(CreateTopicError::Assignment(AssignmentError::Twice { partition: *index }));
            }
            let partition =
                self.assigned_partition(*index, broker_ids, factor).map_err(CreateTopicError::Assignment)?;
            partitions.insert(*index, partition);
        }
        if !partitions.keys().copied().eq(0..partitions.len() as i32) {
            return Err(CreateTopicError::Assignment(AssignmentError::Gap));
        }
        Ok(partitions.into_values().collect())
    }

    /// A partition on these brokers, led by the first that is active; `None` if none is.
    pub(super) fn new_partition(&self, replicas: &[BrokerId]) -> Option<PartitionImage> {
        let cluster = &self.image().cluster;
        let isr: Vec<BrokerId> = replicas.iter().copied().filter(|broker| cluster.is_active(*broker)).collect();
        // Which directory holds a replica is the broker's to say, unless it has only one.
        let directory = |broker: &BrokerId| match cluster.broker(*broker).map(|broker| &broker.log_dirs[..]) {
            Some([only]) => *only,
            Some([]) => Uuid::ZERO,
            _ => Uuid::ONE,
        };
        Some(PartitionImage {
            leader: Some(*isr.first()?),
            isr,
            directories: replicas.iter().map(directory).collect(),
            replicas: replicas.to_vec(),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            ..PartitionImage::default()
        })
    }
}

fn given_configs(topic: &CreatableTopic<'_>) -> Result<Overrides, CreateTopicError> {
    let text = |text: &Str<'_>| text.to_text().into_owned();
    let nulls = topic.configs.iter().filter(|config| config.value.is_none());
    let names: Vec<String> = nulls.map(|config| text(&config.name)).collect();
    if !names.is_empty() {
        return Err(CreateTopicError::NullConfigs { names });
    }
    Ok(topic
        .configs
        .iter()
        .map(|config| (text(&config.name), config.value.as_ref().map(text).unwrap_or_default()))
        .collect())
}

/// Says what configs new topics have; most have none of their own, and then it is the same for all.
struct Describe<'a> {
    controller: &'a Controller,
    without_overrides: Option<Vec<CreatableTopicConfigs<'static>>>,
}

impl Describe<'_> {
    fn configs(&mut self, overrides: &Overrides) -> Vec<CreatableTopicConfigs<'static>> {
        if overrides.is_empty() {
            let controller = self.controller;
            return self.without_overrides.get_or_insert_with(|| Self::effective(controller, overrides)).clone();
        }
        Self::effective(self.controller, overrides)
    }

    fn effective(controller: &Controller, overrides: &Overrides) -> Vec<CreatableTopicConfigs<'static>> {
        let entries = effective::describe_topic(controller.layers(), overrides).into_iter();
        entries
            .map(|entry| CreatableTopicConfigs {
                name: entry.name.into(),
                value: entry.value.map(Str::from),
                read_only: entry.is_read_only,
                config_source: entry.source.code(),
                is_sensitive: entry.is_sensitive,
            })
            .collect()
    }
}
