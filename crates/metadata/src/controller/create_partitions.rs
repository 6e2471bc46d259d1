//! CreatePartitions: give topics more partitions. There is no way to take some away.
//!
//! Source: Kafka `ReplicationControlManager.createPartitions`, `ControllerApis.createPartitions`.

use std::{collections::BTreeMap, fmt};

use protocol::{
    ErrorCode,
    messages::create_partitions::{
        CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic, CreatePartitionsTopicResult,
    },
    types::{BrokerId, Str},
};

use super::{Controller, Outcome, create_topics::PARTITIONS_MAX, placement::PlacementError};
use crate::{MetadataRecord, image::PartitionImage};

/// What is wrong with the brokers that somebody chose for a new partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentError {
    /// Two assignments for one partition.
    Twice {
        /// The partition.
        partition: i32,
    },
    /// The partitions do not count up from 0.
    Gap,
    /// Not one assignment per new partition.
    Count {
        /// The number of new partitions.
        additional: i32,
        /// The number of assignments.
        assignments: usize,
    },
    /// A partition without a replica.
    Empty,
    /// A broker that is not there.
    UnknownBroker {
        /// Its id.
        broker: BrokerId,
    },
    /// A broker that takes no new partitions.
    Cordoned {
        /// Its id.
        broker: BrokerId,
    },
    /// A broker twice for one partition.
    BrokerTwice {
        /// Its id.
        broker: BrokerId,
    },
    /// Not as many replicas as the other partitions have.
    Factor {
        /// How many it has.
        replicas: usize,
        /// How many the others have.
        others: usize,
    },
    /// No broker of the assignment may lead.
    AllFenced {
        /// The partition.
        partition: i32,
    },
}

impl fmt::Display for AssignmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { partition } => {
                write!(f, "Found multiple manual partition assignments for partition {partition}")
            }
            Self::Gap => f.write_str("partitions should be a consecutive 0-based integer sequence"),
            Self::Count { additional, assignments } => write!(
                f,
                "Attempted to add {additional} additional partition(s), but only {assignments} assignment(s) were \
                 specified."
            ),
            Self::Empty => f.write_str("The manual partition assignment includes an empty replica list."),
            Self::UnknownBroker { broker } => {
                write!(f, "The manual partition assignment includes broker {broker}, but no such broker is registered.")
            }
            Self::Cordoned { broker } => write!(
                f,
                "The manual partition assignment includes broker {broker}, but all its log directories are cordoned."
            ),
            Self::BrokerTwice { broker } => {
                write!(f, "The manual partition assignment includes the broker {broker} more than once.")
            }
            Self::Factor { replicas, others } => write!(
                f,
                "The manual partition assignment includes a partition with {replicas} replica(s), but this is not \
                 consistent with previous partitions, which have {others} replica(s)."
            ),
            Self::AllFenced { partition } => write!(
                f,
                "All brokers specified in the manual partition assignment for partition {partition} are fenced or in \
                 controlled shutdown."
            ),
        }
    }
}

impl std::error::Error for AssignmentError {}

/// Why a topic got no more partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatePartitionsError {
    /// The request's timeout was over before it began.
    TimedOut,
    /// The request asks for more than [`PARTITIONS_MAX`] new partitions.
    TooManyPartitions,
    /// The request names the topic twice.
    Duplicate,
    /// There is no such topic.
    UnknownTopic,
    /// It has as many already.
    Same {
        /// How many.
        count: usize,
    },
    /// It has more already.
    Fewer {
        /// The topic.
        name: String,
        /// How many it has.
        current: usize,
        /// How many were asked for.
        count: i32,
    },
    /// The assignment is no good.
    Assignment(AssignmentError),
    /// The brokers do not suffice.
    Placement {
        /// The replication factor.
        replication_factor: i16,
        /// Why.
        error: PlacementError,
    },
}

impl CreatePartitionsError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TimedOut => ErrorCode::REQUEST_TIMED_OUT,
            Self::TooManyPartitions => ErrorCode::POLICY_VIOLATION,
            Self::Duplicate => ErrorCode::INVALID_REQUEST,
            Self::UnknownTopic => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            Self::Same { .. } | Self::Fewer { .. } => ErrorCode::INVALID_PARTITIONS,
            Self::Assignment(_) => ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            Self::Placement { .. } => ErrorCode::INVALID_REPLICATION_FACTOR,
        }
    }
}

impl fmt::Display for CreatePartitionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut | Self::UnknownTopic => f.write_str(self.code().message()),
            Self::TooManyPartitions => f.write_str("Excessively large number of partitions per request."),
            Self::Duplicate => f.write_str("Duplicate topic name."),
            Self::Same { count } => write!(f, "Topic already has {count} partition(s)."),
            Self::Fewer { name, current, count } => {
                write!(f, "The topic {name} currently has {current} partition(s); {count} would not be an increase.")
            }
            Self::Assignment(error) => error.fmt(f),
            Self::Placement { replication_factor, error } => {
                write!(f, "Unable to replicate the partition {replication_factor} time(s): {error}")
            }
        }
    }
}

impl std::error::Error for CreatePartitionsError {}

impl Controller {
    /// Decides on CreatePartitions.
    pub fn create_partitions(
        &self,
        request: &CreatePartitionsRequest<'_>,
    ) -> Outcome<CreatePartitionsResponse<'static>> {
        let mut times: BTreeMap<&Str<'_>, usize> = BTreeMap::new();
        for topic in &request.topics {
            *times.entry(&topic.name).or_default() += 1;
        }
        let mut outcome = Outcome::atomic(Vec::new(), CreatePartitionsResponse::default());
        let mut budget = PARTITIONS_MAX;
        for topic in &request.topics {
            let added = match times.remove(&topic.name) {
                None => continue,
                _ if request.timeout_ms <= 0 => Err(CreatePartitionsError::TimedOut),
                Some(1) => self.add_partitions(topic, &mut budget),
                Some(_) => Err(CreatePartitionsError::Duplicate),
            };
            let mut result =
                CreatePartitionsTopicResult { name: topic.name.clone().into_owned(), ..Default::default() };
            match added {
                Ok(records) if !request.validate_only => outcome.records.extend(records),
                Ok(_) => {}
                Err(error) => {
                    result.error_code = error.code();
                    result.error_message = Some(error.to_string().into());
                }
            }
            outcome.response.results.push(result);
        }
        outcome
    }

    fn add_partitions(
        &self,
        request: &CreatePartitionsTopic<'_>,
        budget: &mut usize,
    ) -> Result<Vec<MetadataRecord>, CreatePartitionsError> {
        let name = request.name.to_text();
        let topic = self.image().topics.by_name(&name).ok_or(CreatePartitionsError::UnknownTopic)?;
        let current = topic.partitions.len();
        let count = usize::try_from(request.count).unwrap_or(0);
        if count == current {
            return Err(CreatePartitionsError::Same { count });
        }
        if count < current {
            return Err(CreatePartitionsError::Fewer { name: name.into_owned(), current, count: request.count });
        }
        let additional = count - current;
        *budget = budget.checked_sub(additional).ok_or(CreatePartitionsError::TooManyPartitions)?;
        let factor = topic.partitions.first_key_value().map_or(1, |(_, partition)| partition.replicas.len());
        let added = match &request.assignments {
            Some(assignments) if assignments.len() != additional => {
                return Err(CreatePartitionsError::Assignment(AssignmentError::Count {
                    additional: additional as i32,
                    assignments: assignments.len(),
                }));
            }
            Some(assignments) => (current as i32..)
                .zip(assignments)
                .map(|(index, assignment)| self.assigned_partition(index, &assignment.broker_ids, factor))
                .collect::<Result<_, _>>()
                .map_err(CreatePartitionsError::Assignment)?,
            None => {
                let replication_factor = i16::try_from(factor).unwrap_or(i16::MAX);
                self.placed(topic.id, current..count, replication_factor)
                    .map_err(|error| CreatePartitionsError::Placement { replication_factor, error })?
            }
        };
        let level = self.image().metadata_version();
        Ok((current as i32..).zip(added).map(|(index, p)| p.to_record(topic.id, index, level).into()).collect())
    }

    /// A new partition on the brokers that somebody chose; `factor` is how many it must be.
    pub(super) fn assigned_partition(
        &self,
        partition: i32,
        replicas: &[BrokerId],
        factor: usize,
    ) -> Result<PartitionImage, AssignmentError> {
        if replicas.is_empty() {
            return Err(AssignmentError::Empty);
        }
        let mut sorted = replicas.to_vec();
        sorted.sort_unstable();
        for (i, &broker) in sorted.iter().enumerate() {
            let registration = self.image().cluster.broker(broker).ok_or(AssignmentError::UnknownBroker { broker })?;
            if !registration.has_uncordoned_dirs() {
                return Err(AssignmentError::Cordoned { broker });
            }
            if i > 0 && sorted[i - 1] == broker {
                return Err(AssignmentError::BrokerTwice { broker });
            }
        }
        if replicas.len() != factor {
            return Err(AssignmentError::Factor { replicas: replicas.len(), others: factor });
        }
        self.new_partition(replicas).ok_or(AssignmentError::AllFenced { partition })
    }
}
