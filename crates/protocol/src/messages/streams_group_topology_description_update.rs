//! StreamsGroupTopologyDescriptionUpdate: a member describes its topology, for those who look.
//!
//! Source: KIP-1331.

use crate::{ErrorCode, Message, types::Str};

/// StreamsGroupTopologyDescriptionUpdate (key 93): a member describes its topology, for those who look. New in Kafka
/// 4.4.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 93, versions = "0", flexible = "0+", unstable = "0+", listeners = "broker")]
pub struct StreamsGroupTopologyDescriptionUpdateRequest<'a> {
    /// The id of the group.
    pub group_id: Str<'a>,
    /// The id of the member.
    pub member_id: Str<'a>,
    /// The epoch of the topology.
    pub topology_epoch: i32,
    /// The topology in full.
    pub topology_description: TopologyDescription<'a>,
}

/// A node that records flow through.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionNode<'a> {
    /// The name of the node.
    pub name: Str<'a>,
    /// 1 source, 2 processor, 3 sink.
    pub node_type: i8,
    /// The topics that a source reads; empty where they are chosen by pattern.
    pub source_topics: Vec<Str<'a>>,
    /// The topic that a sink writes; null where it is chosen by record.
    #[field(nullable)]
    pub sink_topic: Option<Str<'a>>,
    /// The stores that a processor uses, by name.
    pub stores: Vec<Str<'a>>,
    /// The nodes it passes records to, by name.
    pub successors: Vec<Str<'a>>,
}

/// A part of the topology, with its nodes.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionSubtopology<'a> {
    /// The id of the part of the topology.
    pub subtopology_id: Str<'a>,
    /// The nodes.
    pub nodes: Vec<TopologyDescriptionNode<'a>>,
}

/// A store that every client keeps in full.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescriptionGlobalStore<'a> {
    /// The node that reads the store's topic.
    pub source: TopologyDescriptionNode<'a>,
    /// The processor that fills the store.
    pub processor: TopologyDescriptionNode<'a>,
}

/// A topology in full.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct TopologyDescription<'a> {
    /// The parts that can run on their own.
    pub subtopologies: Vec<TopologyDescriptionSubtopology<'a>>,
    /// The stores that every client keeps in full.
    pub global_stores: Vec<TopologyDescriptionGlobalStore<'a>>,
}

/// The answer to [`StreamsGroupTopologyDescriptionUpdateRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 93, versions = "0", flexible = "0+", unstable = "0+")]
pub struct StreamsGroupTopologyDescriptionUpdateResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
}
