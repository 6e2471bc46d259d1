//! Heartbeat (key 12), versions 0–4: a member of a classic group is alive.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::heartbeat::{HeartbeatRequest, HeartbeatResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers Heartbeat.
pub fn handle(node: &Node, cx: &Context<'_>, request: HeartbeatRequest<'_>, now: Now) -> Reply<HeartbeatResponse> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::Heartbeat(request), now, |response| match response {
        Response::Heartbeat(response) => response,
        other => unreachable!("a Heartbeat was answered with {other:?}"),
    })
}
