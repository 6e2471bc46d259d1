//! What a cluster says about itself, as values that outlive the answer.

use protocol::{
    ErrorCode,
    messages::metadata::{MetadataResponse, MetadataResponsePartition, MetadataResponseTopic},
    types::{BrokerId, LeaderEpoch, Str, Uuid},
};

/// An answer to Metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The cluster's id; empty if the broker is too old to say.
    pub cluster_id: String,
    /// Whom to ask for changes. With KRaft any broker passes them on, and this is one of them.
    pub controller: Option<BrokerId>,
    /// The brokers that are up, by id.
    pub brokers: Vec<Broker>,
    /// The topics that were asked for, by name.
    pub topics: Vec<Topic>,
}

/// A broker and its advertised address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// `node.id`.
    pub id: BrokerId,
    /// The host it tells clients.
    pub host: String,
    /// The port it tells clients.
    pub port: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
}

impl Broker {
    /// `host:port`; an IPv6 address in brackets.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; zero if the broker is too old to have ids.
    pub id: Uuid,
    /// Whether it belongs to the cluster itself.
    pub internal: bool,
    /// What stands against its use.
    pub error: ErrorCode,
    /// Its partitions, by index.
    pub partitions: Vec<Partition>,
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which one, from 0.
    pub index: i32,
    /// Who leads it, if anybody does.
    pub leader: Option<BrokerId>,
    /// How often it has had a new leader; -1 if the broker is too old to say.
    pub leader_epoch: LeaderEpoch,
    /// Who holds it, the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// Who is in sync.
    pub isr: Vec<BrokerId>,
    /// Which of the replicas are not there.
    pub offline: Vec<BrokerId>,
    /// What stands against its use.
    pub error: ErrorCode,
}

impl Metadata {
    /// What an answer says.
    #[must_use]
    pub fn of(response: &MetadataResponse<'_>) -> Self {
        let mut brokers: Vec<Broker> = response
            .brokers
            .iter()
            .map(|broker| Broker {
                id: broker.node_id,
                host: owned(&broker.host),
                port: broker.port,
                rack: broker.rack.as_ref().map(owned),
            })
            .collect();
        brokers.sort_by_key(|broker| broker.id);
        let mut topics: Vec<Topic> = response.topics.iter().map(topic).collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            cluster_id: response.cluster_id.as_ref().map(owned).unwrap_or_default(),
            controller: some_broker(response.controller_id),
            brokers,
            topics,
        }
    }
}

fn topic(topic: &MetadataResponseTopic<'_>) -> Topic {
    let mut partitions: Vec<Partition> = topic.partitions.iter().map(partition).collect();
    partitions.sort_by_key(|partition| partition.index);
    Topic {
        name: topic.name.as_ref().map(owned).unwrap_or_default(),
        id: topic.topic_id,
        internal: topic.is_internal,
        error: topic.error_code,
        partitions,
    }
}

fn partition(partition: &MetadataResponsePartition) -> Partition {
    Partition {
        index: partition.partition_index,
        leader: some_broker(partition.leader_id),
        leader_epoch: partition.leader_epoch,
        replicas: partition.replica_nodes.clone(),
        isr: partition.isr_nodes.clone(),
        offline: partition.offline_replicas.clone(),
        error: partition.error_code,
    }
}

fn some_broker(id: BrokerId) -> Option<BrokerId> {
    (id.0 >= 0).then_some(id)
}

/// The text of a string of the wire.
pub(crate) fn owned(text: &Str<'_>) -> String {
    text.to_text().into_owned()
}
