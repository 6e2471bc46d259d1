//! From a frame to the handler of its API.
//!
//! Apache Kafka's manners for what cannot be served: an API that is unknown or not served, a version outside its range,
//! a header or body that cannot be read, each closes the connection without an answer. One exception lets clients find
//! out what a node speaks: ApiVersions in a version too new is answered in version 0 with error 35 (KIP-511).
//!
//! [`SERVED`] is the one list of what Milena serves, and so what ApiVersions advertises.

use protocol::{
    Decode, DecodeError,
    api::{Api, ApiKey, RequestHeader},
    codec::{self, Message, Reader},
    types::{Now, Str},
};

use crate::{
    answer::{Addressed, Answer, Body, Reply},
    handlers as h,
    net::Peer,
    node::Node,
};

/// Who asks, and how.
#[derive(Debug)]
pub struct Context<'a> {
    /// Which request is to be answered.
    pub to: Addressed,
    /// What the client calls itself.
    pub client_id: Option<Str<'a>>,
    /// Where it is, and on which listener.
    pub peer: &'a Peer,
}

impl Context<'_> {
    /// The version of the request.
    #[must_use]
    pub fn version(&self) -> i16 {
        self.to.version
    }
}

/// Which listeners serve an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The listeners for clients and brokers.
    Broker,
    /// Those and the controller's.
    Both,
}

/// What a node serves, by ascending key.
pub const SERVED: &[(ApiKey, On)] = &[
    (ApiKey::PRODUCE, On::Broker),
    (ApiKey::FETCH, On::Broker),
    (ApiKey::LIST_OFFSETS, On::Broker),
    (ApiKey::METADATA, On::Broker),
    (ApiKey::OFFSET_COMMIT, On::Broker),
    (ApiKey::OFFSET_FETCH, On::Broker),
    (ApiKey::FIND_COORDINATOR, On::Broker),
    (ApiKey::JOIN_GROUP, On::Broker),
    (ApiKey::HEARTBEAT, On::Broker),
    (ApiKey::LEAVE_GROUP, On::Broker),
    (ApiKey::SYNC_GROUP, On::Broker),
    (ApiKey::DESCRIBE_GROUPS, On::Broker),
    (ApiKey::LIST_GROUPS, On::Broker),
    (ApiKey::SASL_HANDSHAKE, On::Both),
    (ApiKey::API_VERSIONS, On::Both),
    (ApiKey::CREATE_TOPICS, On::Both),
    (ApiKey::DELETE_TOPICS, On::Both),
    (ApiKey::DELETE_RECORDS, On::Broker),
    (ApiKey::INIT_PRODUCER_ID, On::Broker),
    (ApiKey::OFFSET_FOR_LEADER_EPOCH, On::Broker),
    (ApiKey::DESCRIBE_CONFIGS, On::Both),
    (ApiKey::ALTER_CONFIGS, On::Both),
    (ApiKey::DESCRIBE_LOG_DIRS, On::Broker),
    (ApiKey::SASL_AUTHENTICATE, On::Both),
    (ApiKey::CREATE_PARTITIONS, On::Both),
    (ApiKey::DELETE_GROUPS, On::Broker),
    (ApiKey::INCREMENTAL_ALTER_CONFIGS, On::Both),
    (ApiKey::LIST_PARTITION_REASSIGNMENTS, On::Both),
    (ApiKey::OFFSET_DELETE, On::Broker),
    (ApiKey::DESCRIBE_QUORUM, On::Both),
    (ApiKey::DESCRIBE_CLUSTER, On::Both),
    (ApiKey::DESCRIBE_PRODUCERS, On::Broker),
    (ApiKey::LIST_CONFIG_RESOURCES, On::Broker),
    (ApiKey::DESCRIBE_TOPIC_PARTITIONS, On::Broker),
];

/// Whether a listener serves an API.
#[must_use]
pub fn is_served(key: ApiKey, is_controller: bool) -> bool {
    let at = SERVED.binary_search_by_key(&key, |(served, _)| *served);
    at.is_ok_and(|i| !is_controller || SERVED[i].1 == On::Both)
}

/// Handles one request, a frame without its size, and says what to do about it.
#[must_use]
pub fn dispatch(node: &Node, peer: &Peer, frame: &[u8], now: Now) -> Answer {
    match try_dispatch(node, peer, frame, now) {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(address = %peer.address, %error, "a request cannot be read");
            node.metrics.requests_refused.add(1);
            Answer::Close("a request cannot be read")
        }
    }
}

fn try_dispatch(node: &Node, peer: &Peer, frame: &[u8], now: Now) -> Result<Answer, DecodeError> {
    let mut reader = Reader::new(frame);
    let mut header = RequestHeader::decode_start(&mut reader)?;
    let api = match Api::of(header.api_key) {
        Some(api) if is_served(header.api_key, peer.is_controller) => api,
        _ => return Ok(Answer::Close("an API that is not served")),
    };
    let version = header.api_version;
    if !api.has_version(version) {
        if header.api_key == ApiKey::API_VERSIONS {
            header.decode_rest(&mut reader, 2)?;
            let to = Addressed { api, version: 0, correlation_id: header.correlation_id };
            return Ok(Answer::of(h::api_versions::unsupported_version().into(), to));
        }
        return Ok(Answer::Close("a version that is not served"));
    }
    header.decode_rest(&mut reader, api.request_header_version(version))?;
    let to = Addressed { api, version, correlation_id: header.correlation_id };
    let cx = Context { to, client_id: header.client_id, peer };
    node.metrics.requests.count(header.api_key);
    route(node, &cx, &mut reader, now)
}

/// Reads a request and lets its handler answer.
fn run<'f, Q, R>(
    node: &Node,
    cx: &Context<'_>,
    reader: &mut Reader<'f>,
    now: Now,
    handler: impl FnOnce(&Node, &Context<'_>, Q, Now) -> Reply<R>,
) -> Result<Answer, DecodeError>
where
    Q: Message + Decode<'f>,
    R: Body + Send + 'static,
{
    let request = codec::decode_from::<Q>(reader, cx.version())?;
    Ok(Answer::of(handler(node, cx, request, now), cx.to))
}

fn route(node: &Node, cx: &Context<'_>, reader: &mut Reader<'_>, now: Now) -> Result<Answer, DecodeError> {
    match cx.to.api.key {
        ApiKey::PRODUCE => run(node, cx, reader, now, h::produce::handle),
        ApiKey::FETCH => run(node, cx, reader, now, h::fetch::handle),
        ApiKey::LIST_OFFSETS => run(node, cx, reader, now, h::list_offsets::handle),
        ApiKey::METADATA => run(node, cx, reader, now, h::metadata::handle),
        ApiKey::OFFSET_COMMIT => run(node, cx, reader, now, h::offset_commit::handle),
        ApiKey::OFFSET_FETCH => run(node, cx, reader, now, h::offset_fetch::handle),
        ApiKey::FIND_COORDINATOR => run(node, cx, reader, now, h::find_coordinator::handle),
        ApiKey::JOIN_GROUP => run(node, cx, reader, now, h::join_group::handle),
        ApiKey::HEARTBEAT => run(node, cx, reader, now, h::heartbeat::handle),
        ApiKey::LEAVE_GROUP => run(node, cx, reader, now, h::leave_group::handle),
        ApiKey::SYNC_GROUP => run(node, cx, reader, now, h::sync_group::handle),
        ApiKey::DESCRIBE_GROUPS => run(node, cx, reader, now, h::describe_groups::handle),
        ApiKey::LIST_GROUPS => run(node, cx, reader, now, h::list_groups::handle),
        ApiKey::SASL_HANDSHAKE => run(node, cx, reader, now, h::sasl::handshake),
        ApiKey::API_VERSIONS => run(node, cx, reader, now, h::api_versions::handle),
        ApiKey::CREATE_TOPICS => run(node, cx, reader, now, h::create_topics::handle),
        ApiKey::DELETE_TOPICS => run(node, cx, reader, now, h::delete_topics::handle),
        ApiKey::DELETE_RECORDS => run(node, cx, reader, now, h::delete_records::handle),
        ApiKey::INIT_PRODUCER_ID => run(node, cx, reader, now, h::init_producer_id::handle),
        ApiKey::OFFSET_FOR_LEADER_EPOCH => run(node, cx, reader, now, h::offset_for_leader_epoch::handle),
        ApiKey::DESCRIBE_CONFIGS => run(node, cx, reader, now, h::describe_configs::handle),
        ApiKey::ALTER_CONFIGS => run(node, cx, reader, now, h::alter_configs::handle),
        ApiKey::DESCRIBE_LOG_DIRS => run(node, cx, reader, now, h::describe_log_dirs::handle),
        ApiKey::SASL_AUTHENTICATE => run(node, cx, reader, now, h::sasl::authenticate),
        ApiKey::CREATE_PARTITIONS => run(node, cx, reader, now, h::create_partitions::handle),
        ApiKey::DELETE_GROUPS => run(node, cx, reader, now, h::delete_groups::handle),
        ApiKey::INCREMENTAL_ALTER_CONFIGS => run(node, cx, reader, now, h::incremental_alter_configs::handle),
        ApiKey::LIST_PARTITION_REASSIGNMENTS => run(node, cx, reader, now, h::list_partition_reassignments::handle),
        ApiKey::OFFSET_DELETE => run(node, cx, reader, now, h::offset_delete::handle),
        ApiKey::DESCRIBE_QUORUM => run(node, cx, reader, now, h::describe_quorum::handle),
        ApiKey::DESCRIBE_CLUSTER => run(node, cx, reader, now, h::describe_cluster::handle),
        ApiKey::DESCRIBE_PRODUCERS => run(node, cx, reader, now, h::describe_producers::handle),
        ApiKey::LIST_CONFIG_RESOURCES => run(node, cx, reader, now, h::list_config_resources::handle),
        ApiKey::DESCRIBE_TOPIC_PARTITIONS => run(node, cx, reader, now, h::describe_topic_partitions::handle),
        _ => Ok(Answer::Close("an API that is not served")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_that_is_served_is_known_and_listed_once() {
        assert!(SERVED.windows(2).all(|pair| pair[0].0 < pair[1].0), "ascending, so that it can be searched");
        assert!(SERVED.iter().all(|(key, _)| Api::of(*key).is_some()));
    }
}
