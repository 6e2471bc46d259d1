//! Metadata (key 3), versions 0–13: topics with their partitions and leaders, and the brokers.
//!
//! - Which topics: null is all, empty is none; v0 has no null, and empty is all. From v10 by id too; where name and id
//!   disagree the id wins (v12). An unknown name is 3, an unknown id 100, an illegal name 17.
//! - A name asked for twice is answered once.
//! - Brokers are told by the address of the listener that the request came in on, as they advertise it.
//! - Automatic creation: allowed by the request (v4+; always before) and `auto.create.topics.enable`, an unknown name is
//!   answered with 3 and the topic appears shortly after. Never for "all topics", never for a name that is illegal or
//!   collides with another in `.` and `_`.
//! - v8–v10: authorized operations of the cluster; v8+: of topics. Without an authorizer everything is allowed.

use std::collections::BTreeSet;

use metadata::{
    image::{Image, TopicImage},
    topic_name,
};
use protocol::{
    ErrorCode,
    messages::metadata::{
        MetadataRequest, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
    },
    types::{BrokerId, Now, Str, Uuid},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers Metadata.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: MetadataRequest<'_>,
    now: Now,
) -> Reply<MetadataResponse<'static>> {
    let version = cx.version();
    let image = node.image();
    let with_operations = request.include_topic_authorized_operations;
    let all = match &request.topics {
        None => true,
        Some(topics) => version == 0 && topics.is_empty(),
    };
    let mut answered = Answered { image: &image, with_operations, topics: Vec::new() };
    if all {
        image.topics.iter().for_each(|topic| answered.known(topic));
    } else {
        let may_create = (version < 4 || request.allow_auto_topic_creation) && node.config.logs.auto_create_topics;
        let mut seen = BTreeSet::new();
        for asked in request.topics.unwrap_or_default() {
            if !asked.topic_id.is_zero() {
                answered.by_id(version, asked.topic_id, asked.name.as_ref());
                continue;
            }
            let Some(name) = asked.name else {
                let code = if version >= 12 { ErrorCode::UNKNOWN_SERVER_ERROR } else { ErrorCode::INVALID_REQUEST };
                answered.failed(code, (version < 12).then_some(Str::EMPTY), Uuid::ZERO);
                continue;
            };
            if !seen.insert(name.clone().into_owned()) {
                continue;
            }
            let text = name.to_text();
            if let Some(topic) = image.topics.by_name(&text) {
                answered.known(topic);
            } else if topic_name::check(&text).is_err() {
                answered.failed(ErrorCode::INVALID_TOPIC_EXCEPTION, Some(name.clone().into_owned()), Uuid::ZERO);
            } else {
                if may_create && image.topics.colliding_with(&text).is_none() {
                    node.controller.create_topic_unasked(node, &text, now);
                }
                answered.failed(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Some(name.clone().into_owned()), Uuid::ZERO);
            }
        }
    }
    let topics = answered.topics;
    MetadataResponse {
        brokers: brokers(&image, &cx.peer.listener),
        cluster_id: Some(node.cluster_id.clone().into()),
        controller_id: image.cluster.brokers.values().find(|b| b.is_active()).map_or(BrokerId(-1), |broker| broker.id),
        topics,
        cluster_authorized_operations: if request.include_cluster_authorized_operations {
            super::AUTHORIZED_CLUSTER
        } else {
            i32::MIN
        },
        ..MetadataResponse::default()
    }
    .into()
}

fn brokers(image: &Image, listener: &str) -> Vec<MetadataResponseBroker<'static>> {
    let active = image.cluster.brokers.values().filter(|broker| broker.is_active());
    active
        .filter_map(|broker| {
            let endpoint = broker.listener(listener)?;
            Some(MetadataResponseBroker {
                node_id: broker.id,
                host: endpoint.host.clone().into(),
                port: endpoint.port.into(),
                rack: broker.rack.clone().map(Into::into),
            })
        })
        .collect()
}

struct Answered<'i> {
    image: &'i Image,
    with_operations: bool,
    topics: Vec<MetadataResponseTopic<'static>>,
}

impl Answered<'_> {
    fn by_id(&mut self, version: i16, id: Uuid, name: Option<&Str<'_>>) {
        if self.topics.iter().any(|topic| topic.topic_id == id) {
            return;
        }
        match self.image.topics.by_id(id) {
            Some(topic) => self.known(&topic.clone()),
            None => {
                let name = if version >= 12 { None } else { Some(name.cloned().unwrap_or_default().into_owned()) };
                self.failed(ErrorCode::UNKNOWN_TOPIC_ID, name, id);
            }
        }
    }

    fn known(&mut self, topic: &TopicImage) {
        let partitions = topic.partitions.iter().map(|(&partition_index, partition)| {
            let is_offline = |id: &&BrokerId| !self.image.cluster.is_active(**id);
            MetadataResponsePartition {
                error_code: if partition.leader.is_some() { ErrorCode::NONE } else { ErrorCode::LEADER_NOT_AVAILABLE },
                partition_index,
                leader_id: partition.leader.unwrap_or(BrokerId(-1)),
                leader_epoch: partition.leader_epoch,
                replica_nodes: partition.replicas.clone(),
                isr_nodes: partition.isr.clone(),
                offline_replicas: partition.replicas.iter().filter(is_offline).copied().collect(),
            }
        });
        self.topics.push(MetadataResponseTopic {
            error_code: ErrorCode::NONE,
            name: Some(topic.name.to_string().into()),
            topic_id: topic.id,
            is_internal: topic_name::is_internal(&topic.name),
            partitions: partitions.collect(),
            topic_authorized_operations: if self.with_operations { super::AUTHORIZED_TOPIC } else { i32::MIN },
        });
    }

    fn failed(&mut self, error_code: ErrorCode, name: Option<Str<'static>>, topic_id: Uuid) {
        let is_internal = name.as_ref().is_some_and(|name| topic_name::is_internal(&name.to_text()));
        self.topics.push(MetadataResponseTopic {
            error_code,
            name,
            topic_id,
            is_internal,
            ..MetadataResponseTopic::default()
        });
    }
}
