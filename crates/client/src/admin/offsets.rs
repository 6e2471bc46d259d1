//! Where partitions begin and end, and where a time lies in them.

use std::collections::BTreeMap;

use protocol::{
    ErrorCode,
    messages::list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic},
    types::{BrokerId, LeaderEpoch, Offset, Timestamp, TopicPartition},
};

use super::{Admin, AdminError};
use crate::cluster::{Cluster, ClusterError, Node};

/// A place in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetSpec {
    /// The first record there is.
    Earliest,
    /// Behind the last record that may be read.
    Latest,
    /// The record with the largest timestamp (KIP-734).
    MaxTimestamp,
    /// The first record at or after this time.
    Timestamp(Timestamp),
    /// This offset, whether or not there is a record.
    Offset(Offset),
}

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; [`Offset::NONE`] if no record is meant.
    pub offset: Offset,
    /// The record's timestamp, if a record is meant.
    pub timestamp: Timestamp,
    /// The epoch of the leader that wrote there, if known.
    pub leader_epoch: LeaderEpoch,
}

impl OffsetSpec {
    /// The number that asks for it; `None` if nobody needs to be asked.
    fn code(self) -> Option<Timestamp> {
        match self {
            Self::Earliest => Some(Timestamp(-2)),
            Self::Latest => Some(Timestamp(-1)),
            Self::MaxTimestamp => Some(Timestamp(-3)),
            Self::Timestamp(time) => Some(time),
            Self::Offset(_) => None,
        }
    }
}

impl Admin {
    /// See [`list_offsets`].
    ///
    /// # Errors
    /// As there.
    pub async fn list_offsets(
        &self,
        places: &BTreeMap<TopicPartition, OffsetSpec>,
    ) -> Result<BTreeMap<TopicPartition, Result<ListedOffset, ErrorCode>>, AdminError> {
        Ok(list_offsets(&self.cluster, places).await?)
    }
}

/// What these places are, for each partition or why not.
///
/// # Errors
/// A topic or partition that does not exist, or a leader that cannot be asked.
pub async fn list_offsets(
    cluster: &Cluster,
    places: &BTreeMap<TopicPartition, OffsetSpec>,
) -> Result<BTreeMap<TopicPartition, Result<ListedOffset, ErrorCode>>, ClusterError> {
    let mut found = BTreeMap::new();
    for (partition, place) in places {
        if let OffsetSpec::Offset(offset) = place {
            let listed = ListedOffset { offset: *offset, timestamp: Timestamp::NONE, leader_epoch: LeaderEpoch::NONE };
            found.insert(partition.clone(), Ok(listed));
        }
    }
    let mut retry = cluster.retry();
    loop {
        let open: Vec<_> = places
            .iter()
            .filter(|(partition, _)| !matches!(found.get(partition), Some(Ok(_))))
            .filter_map(|(partition, place)| Some((partition, place.code()?)))
            .collect();
        let round = ask_leaders(cluster, &open).await;
        match round {
            Ok(round) => found.extend(round),
            Err(error) if error.is_retriable() && retry.again().await => continue,
            Err(error) => return Err(error),
        }
        let retriable = |code: &ErrorCode| code.is_retriable() && *code != ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let again: Vec<&TopicPartition> =
            found.iter().filter(|(_, r)| r.as_ref().is_err_and(retriable)).map(|(p, _)| p).collect();
        again.iter().for_each(|partition| cluster.forget_topic(&partition.topic));
        if again.is_empty() || !retry.again().await {
            return Ok(found);
        }
    }
}

async fn ask_leaders(
    cluster: &Cluster,
    places: &[(&TopicPartition, Timestamp)],
) -> Result<BTreeMap<TopicPartition, Result<ListedOffset, ErrorCode>>, ClusterError> {
    let mut by_leader: BTreeMap<BrokerId, Vec<ListOffsetsTopic<'_>>> = BTreeMap::new();
    for (partition, timestamp) in places {
        let topics = by_leader.entry(cluster.leader(partition).await?).or_default();
        let asked = ListOffsetsPartition {
            partition_index: partition.partition,
            timestamp: *timestamp,
            ..ListOffsetsPartition::default()
        };
        match topics.last_mut() {
            Some(topic) if topic.name == partition.topic.as_str() => topic.partitions.push(asked),
            _ => topics.push(ListOffsetsTopic { name: (&partition.topic).into(), partitions: vec![asked] }),
        }
    }
    let mut found = BTreeMap::new();
    for (leader, topics) in by_leader {
        // Timeout is that of the broker's look into tiered storage.
        let request = ListOffsetsRequest {
            replica_id: BrokerId(-1),
            isolation_level: 0,
            topics,
            timeout_ms: i32::try_from(cluster.options().connect.request_timeout.as_millis()).unwrap_or(i32::MAX),
        };
        let answer = cluster.call(Node::Broker(leader), &request).await?;
        let response = answer.read::<ListOffsetsRequest<'_>>()?;
        for topic in &response.topics {
            for partition in &topic.partitions {
                let listed = match partition.error_code {
                    ErrorCode::NONE => Ok(ListedOffset {
                        offset: partition.offset,
                        timestamp: partition.timestamp,
                        leader_epoch: partition.leader_epoch,
                    }),
                    code => Err(code),
                };
                found.insert(TopicPartition::new(topic.name.to_text(), partition.partition_index), listed);
            }
        }
    }
    Ok(found)
}
