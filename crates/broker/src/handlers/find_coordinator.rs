//! FindCoordinator (key 10), versions 0–6: which broker coordinates a group.
//!
//! With one broker it is that broker, once `__consumer_offsets` is there: the first request makes the topic and is
//! answered with COORDINATOR_NOT_AVAILABLE until its partitions have leaders. Any group id will do, the empty one too.
//!
//! - v1: what kind of key; v4: several keys in one request.
//! - Apache Kafka says "NONE" in the place of an error message in v1–v3, and so do we.
//!
//! Not done yet: transactional ids (key type 1). There is no coordinator for them, and the answer is an error that no
//! client retries for ever, TRANSACTIONAL_ID_AUTHORIZATION_FAILED. Share groups (type 2) are INVALID_REQUEST, as they are
//! in Apache Kafka where the key is not one of theirs.

use metadata::topic_name::CONSUMER_OFFSETS;
use protocol::{
    ErrorCode,
    messages::find_coordinator::{Coordinator, FindCoordinatorRequest, FindCoordinatorResponse},
    types::{BrokerId, Now, Str},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

/// Answers FindCoordinator.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: FindCoordinatorRequest<'_>,
    now: Now,
) -> Reply<FindCoordinatorResponse<'static>> {
    if cx.version() >= 4 {
        let find = |key: &Str<'_>| find(node, cx, request.key_type, key, now);
        let coordinators = request.coordinator_keys.iter().map(find).collect();
        return FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() }.into();
    }
    let found = find(node, cx, request.key_type, &request.key, now);
    let message = if found.error_code == ErrorCode::NONE { Some("NONE".into()) } else { found.error_message };
    FindCoordinatorResponse {
        error_code: found.error_code,
        error_message: message,
        node_id: found.node_id,
        host: found.host,
        port: found.port,
        ..FindCoordinatorResponse::default()
    }
    .into()
}

fn find(node: &Node, cx: &Context<'_>, key_type: i8, key: &Str<'_>, now: Now) -> Coordinator<'static> {
    let failed = |error_code: ErrorCode, message: &'static str| Coordinator {
        key: key.clone().into_owned(),
        node_id: BrokerId(-1),
        host: Str::EMPTY,
        port: -1,
        error_code,
        error_message: Some(message.into()),
    };
    match key_type {
        GROUP => {}
        TRANSACTION => {
            let message = "this version of Milena has no transactions yet";
            return failed(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message);
        }
        _ => return failed(ErrorCode::INVALID_REQUEST, "only groups have a coordinator here"),
    }
    let image = node.image();
    if image.topics.by_name(CONSUMER_OFFSETS).is_none() {
        node.controller.create_topic_unasked(node, CONSUMER_OFFSETS, now);
        return failed(ErrorCode::COORDINATOR_NOT_AVAILABLE, "the offsets topic is being made");
    }
    let endpoint = image.cluster.broker(node.broker_id).and_then(|broker| broker.listener(&cx.peer.listener));
    match endpoint {
        Some(endpoint) => Coordinator {
            key: key.clone().into_owned(),
            node_id: node.broker_id,
            host: endpoint.host.clone().into(),
            port: endpoint.port.into(),
            error_code: ErrorCode::NONE,
            error_message: Some(Str::EMPTY),
        },
        None => failed(ErrorCode::COORDINATOR_NOT_AVAILABLE, "the coordinator has no listener of this name"),
    }
}
