//! The cluster: its nodes, its quorum, its disks.

use protocol::{
    messages::{
        describe_cluster::DescribeClusterRequest,
        describe_log_dirs::DescribeLogDirsRequest,
        describe_quorum::{DescribeQuorumRequest, ReplicaState, RequestPartitionData, RequestTopicData},
    },
    types::{BrokerId, LeaderEpoch, Offset, Timestamp, TopicPartition, Uuid},
};

use super::{Admin, AdminError, Refusal, topics::unmentioned};
use crate::{
    cluster::{ClusterError, Node, owned},
    connection::{CallError, Feature},
};

/// The topic of the quorum.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// DescribeCluster can leave fenced brokers in from this version on.
const FENCED_BROKERS_MIN: i16 = 2;

/// What a cluster says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Its id.
    pub id: String,
    /// Whom it names as controller; with KRaft some broker that passes on.
    pub controller: Option<BrokerId>,
    /// Its brokers, fenced ones too if the broker can say.
    pub nodes: Vec<ClusterNode>,
    /// Its features, by name.
    pub features: Vec<Feature>,
}

/// A broker of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNode {
    /// `node.id`.
    pub id: BrokerId,
    /// The host it tells clients.
    pub host: String,
    /// The port it tells clients.
    pub port: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it is kept out: down, or not caught up.
    pub fenced: bool,
}

/// The quorum of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The active controller, if there is one.
    pub leader: Option<BrokerId>,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
    /// What is committed.
    pub high_watermark: Offset,
    /// Who votes.
    pub voters: Vec<QuorumReplica>,
    /// Who only follows.
    pub observers: Vec<QuorumReplica>,
}

/// A replica of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumReplica {
    /// `node.id`.
    pub id: BrokerId,
    /// The directory it lives in; zero if not said.
    pub directory_id: Uuid,
    /// The end of its log.
    pub log_end_offset: Offset,
    /// When it last asked.
    pub last_fetch: Timestamp,
    /// When it last had everything.
    pub last_caught_up: Timestamp,
}

/// A log directory of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDir {
    /// Its path, on the broker.
    pub path: String,
    /// What stands against its use.
    pub error: Option<Refusal>,
    /// The size of its volume in bytes; `None` if not said.
    pub total_bytes: Option<i64>,
    /// What of that is free.
    pub usable_bytes: Option<i64>,
    /// Which replicas lie there.
    pub replicas: Vec<ReplicaSize>,
}

/// A replica on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaSize {
    /// Which partition.
    pub partition: TopicPartition,
    /// Its size in bytes.
    pub size: i64,
    /// How many records it lacks.
    pub offset_lag: i64,
    /// Whether it is being moved here and not used yet.
    pub is_future: bool,
}

impl Admin {
    /// The nodes and features of the cluster. A broker too old for DescribeCluster is asked for Metadata.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, AdminError> {
        let connection = self.cluster.connection(Node::Any).await?;
        let features = connection.versions().features().to_vec();
        let version = match connection.version::<DescribeClusterRequest>() {
            Ok(version) => version,
            Err(CallError::Unsupported { .. }) => return self.describe_cluster_by_metadata(features).await,
            Err(error) => return Err(ClusterError::from(error).into()),
        };
        let request = DescribeClusterRequest {
            include_fenced_brokers: version >= FENCED_BROKERS_MIN,
            ..DescribeClusterRequest::default()
        };
        let answer = connection.call(&request).await.map_err(ClusterError::from)?;
        let response = answer.read::<DescribeClusterRequest>().map_err(ClusterError::from)?;
        Refusal::check(response.error_code, response.error_message.as_ref())?;
        let mut nodes: Vec<ClusterNode> = response
            .brokers
            .iter()
            .map(|broker| ClusterNode {
                id: broker.broker_id,
                host: owned(&broker.host),
                port: broker.port,
                rack: broker.rack.as_ref().map(owned),
                fenced: broker.is_fenced,
            })
            .collect();
        nodes.sort_by_key(|node| node.id);
        let controller = Some(response.controller_id).filter(|id| id.0 >= 0);
        Ok(ClusterDescription { id: owned(&response.cluster_id), controller, nodes, features })
    }

    async fn describe_cluster_by_metadata(&self, features: Vec<Feature>) -> Result<ClusterDescription, AdminError> {
        let metadata = self.cluster.metadata(Some(&[]), false).await?;
        let nodes = metadata
            .brokers
            .into_iter()
            .map(|b| ClusterNode { id: b.id, host: b.host, port: b.port, rack: b.rack, fenced: false })
            .collect();
        Ok(ClusterDescription { id: metadata.cluster_id, controller: metadata.controller, nodes, features })
    }

    /// The quorum; `None` if the cluster has none to show (before KRaft).
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn describe_quorum(&self) -> Result<Option<Quorum>, AdminError> {
        let request = DescribeQuorumRequest {
            topics: vec![RequestTopicData {
                topic_name: METADATA_TOPIC.into(),
                partitions: vec![RequestPartitionData { partition_index: 0 }],
            }],
        };
        let answer = match self.cluster.call(Node::Any, &request).await {
            Err(ClusterError::Call(CallError::Unsupported { .. })) => return Ok(None),
            answer => answer?,
        };
        let response = answer.read::<DescribeQuorumRequest<'_>>().map_err(ClusterError::from)?;
        Refusal::check(response.error_code, response.error_message.as_ref())?;
        let partition = response.topics.first().and_then(|t| t.partitions.first()).ok_or_else(unmentioned)?;
        Refusal::check(partition.error_code, partition.error_message.as_ref())?;
        Ok(Some(Quorum {
            leader: Some(partition.leader_id).filter(|id| id.0 >= 0),
            leader_epoch: partition.leader_epoch,
            high_watermark: partition.high_watermark,
            voters: partition.current_voters.iter().map(replica).collect(),
            observers: partition.observers.iter().map(replica).collect(),
        }))
    }

    /// The log directories of a broker and what lies in them.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn describe_log_dirs(&self, broker: BrokerId) -> Result<Vec<LogDir>, AdminError> {
        let answer = self.cluster.call(Node::Broker(broker), &DescribeLogDirsRequest { topics: None }).await?;
        let response = answer.read::<DescribeLogDirsRequest<'_>>().map_err(ClusterError::from)?;
        Refusal::check(response.error_code, None)?;
        let known = |bytes: i64| Some(bytes).filter(|&bytes| bytes >= 0);
        let mut dirs = Vec::new();
        for dir in &response.results {
            let mut replicas = Vec::new();
            for topic in &dir.topics {
                replicas.extend(topic.partitions.iter().map(|partition| ReplicaSize {
                    partition: TopicPartition::new(topic.name.to_text(), partition.partition_index),
                    size: partition.partition_size,
                    offset_lag: partition.offset_lag,
                    is_future: partition.is_future_key,
                }));
            }
            replicas.sort_by(|a, b| a.partition.cmp(&b.partition));
            dirs.push(LogDir {
                path: owned(&dir.log_dir),
                error: Refusal::check(dir.error_code, None).err(),
                total_bytes: known(dir.total_bytes),
                usable_bytes: known(dir.usable_bytes),
                replicas,
            });
        }
        Ok(dirs)
    }
}

fn replica(state: &ReplicaState) -> QuorumReplica {
    QuorumReplica {
        id: state.replica_id,
        directory_id: state.replica_directory_id,
        log_end_offset: state.log_end_offset,
        last_fetch: state.last_fetch_timestamp,
        last_caught_up: state.last_caught_up_timestamp,
    }
}
