//! Topics: make them, delete them, give them more partitions, move the start of their logs.

use std::collections::BTreeMap;

use protocol::{
    ErrorCode,
    messages::{
        create_partitions::{CreatePartitionsRequest, CreatePartitionsTopic},
        create_topics::{CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
        delete_records::{DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic},
        delete_topics::{DeleteTopicState, DeleteTopicsRequest},
    },
    types::{BrokerId, Offset, TopicPartition, Uuid},
};

use super::{Admin, AdminError, CHANGE_TIMEOUT_MS, Refusal};
use crate::cluster::{Attempt, Node, Topic, owned};

/// A topic to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; `None` is what the broker thinks right.
    pub partitions: Option<i32>,
    /// How many replicas of each; `None` is what the broker thinks right.
    pub replication_factor: Option<i16>,
    /// The replicas of each partition, instead of the two numbers.
    pub assignment: BTreeMap<i32, Vec<BrokerId>>,
    /// Its configs.
    pub configs: BTreeMap<String, String>,
}

/// A topic that was made, as far as the broker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its id; zero if the broker is too old to say.
    pub id: Uuid,
    /// How many partitions it has.
    pub partitions: Option<i32>,
    /// How many replicas each has.
    pub replication_factor: Option<i16>,
}

impl Admin {
    /// All topics, or those named; errors stand with each.
    ///
    /// # Errors
    /// No answer.
    pub async fn topics(&self, names: Option<&[&str]>) -> Result<Vec<Topic>, AdminError> {
        Ok(self.cluster.metadata(names, false).await?.topics)
    }

    /// Makes a topic, or only checks whether it could be made.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn create_topic(&self, topic: &NewTopic, validate_only: bool) -> Result<CreatedTopic, AdminError> {
        let request =
            CreateTopicsRequest { topics: vec![creatable(topic)], timeout_ms: CHANGE_TIMEOUT_MS, validate_only };
        let result = self
            .cluster
            .retrying(Node::Controller, async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<CreateTopicsRequest<'_>>()?;
                let result = response.topics.first().map_or(Err(unmentioned()), |topic| {
                    Refusal::check(topic.error_code, topic.error_message.as_ref()).map(|()| CreatedTopic {
                        id: topic.topic_id,
                        partitions: Some(topic.num_partitions).filter(|&n| n > 0),
                        replication_factor: Some(topic.replication_factor).filter(|&n| n > 0),
                    })
                });
                let code = response.topics.first().map(|topic| topic.error_code);
                Ok(Attempt::of(result, code))
            })
            .await?;
        self.cluster.forget_topic(&topic.name);
        Ok(result?)
    }

    /// Deletes topics by name; each with what stood against it.
    ///
    /// # Errors
    /// No answer.
    pub async fn delete_topics(&self, names: &[&str]) -> Result<Vec<(String, Result<(), Refusal>)>, AdminError> {
        let request = DeleteTopicsRequest {
            topics: names.iter().map(|&n| DeleteTopicState { name: Some(n.into()), topic_id: Uuid::ZERO }).collect(),
            topic_names: names.iter().map(|&n| n.into()).collect(),
            timeout_ms: CHANGE_TIMEOUT_MS,
        };
        let results = self
            .cluster
            .retrying(Node::Controller, async |connection| {
                let version = connection.version::<DeleteTopicsRequest<'_>>()?;
                // The two ways to name topics exclude each other by version.
                let request = match version {
                    0..=5 => DeleteTopicsRequest { topics: Vec::new(), ..request.clone() },
                    _ => request.clone(),
                };
                let answer = connection.call(&request).await?;
                let response = answer.read::<DeleteTopicsRequest<'_>>()?;
                let not_here = response.responses.iter().any(|r| r.error_code == ErrorCode::NOT_CONTROLLER);
                let results = response
                    .responses
                    .iter()
                    .map(|r| {
                        let name = r.name.as_ref().map(owned).unwrap_or_default();
                        (name, Refusal::check(r.error_code, r.error_message.as_ref()))
                    })
                    .collect();
                Ok(if not_here { Attempt::Again(results) } else { Attempt::Done(results) })
            })
            .await?;
        names.iter().for_each(|name| self.cluster.forget_topic(name));
        Ok(results)
    }

    /// Gives a topic `count` partitions in all.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn create_partitions(&self, topic: &str, count: i32, validate_only: bool) -> Result<(), AdminError> {
        let request = CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic { name: topic.into(), count, assignments: None }],
            timeout_ms: CHANGE_TIMEOUT_MS,
            validate_only,
        };
        let result = self
            .cluster
            .retrying(Node::Controller, async |connection| {
                let answer = connection.call(&request).await?;
                let response = answer.read::<CreatePartitionsRequest<'_>>()?;
                let result = response.results.first();
                let checked =
                    result.map_or(Err(unmentioned()), |r| Refusal::check(r.error_code, r.error_message.as_ref()));
                let not_here = result.is_some_and(|r| r.error_code == ErrorCode::NOT_CONTROLLER);
                Ok(if not_here { Attempt::Again(checked) } else { Attempt::Done(checked) })
            })
            .await?;
        self.cluster.forget_topic(topic);
        Ok(result?)
    }

    /// Moves the start of a log forward to `offset`, or to the high watermark if that is [`Offset::NONE`]. Returns
    /// where the log starts then.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn delete_records(&self, partition: &TopicPartition, offset: Offset) -> Result<Offset, AdminError> {
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: (&partition.topic).into(),
                partitions: vec![DeleteRecordsPartition { partition_index: partition.partition, offset }],
            }],
            timeout_ms: CHANGE_TIMEOUT_MS,
        };
        let leader = self.cluster.leader(partition).await?;
        let answer = self.cluster.call(Node::Broker(leader), &request).await?;
        let response = answer.read::<DeleteRecordsRequest<'_>>().map_err(crate::cluster::ClusterError::from)?;
        let result = response.topics.first().and_then(|topic| topic.partitions.first()).ok_or_else(unmentioned)?;
        Refusal::check(result.error_code, None)?;
        Ok(Offset(result.low_watermark))
    }
}

fn creatable(topic: &NewTopic) -> CreatableTopic<'_> {
    let assignments: Vec<_> = topic
        .assignment
        .iter()
        .map(|(&partition_index, replicas)| CreatableReplicaAssignment {
            partition_index,
            broker_ids: replicas.clone(),
        })
        .collect();
    CreatableTopic {
        name: (&topic.name).into(),
        num_partitions: topic.partitions.unwrap_or(-1),
        replication_factor: topic.replication_factor.unwrap_or(-1),
        assignments,
        configs: topic
            .configs
            .iter()
            .map(|(name, value)| CreatableTopicConfig { name: name.into(), value: Some(value.into()) })
            .collect(),
    }
}

/// An answer that leaves out what was asked.
pub(super) fn unmentioned() -> Refusal {
    Refusal { code: ErrorCode::UNKNOWN_SERVER_ERROR, message: "the answer does not mention what was asked".to_owned() }
}
