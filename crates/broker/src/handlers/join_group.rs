//! JoinGroup (key 11), versions 0–9: a member enters a classic group or its next generation; the answer waits for the others.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::join_group::{JoinGroupRequest, JoinGroupResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers JoinGroup.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: JoinGroupRequest<'_>,
    now: Now,
) -> Reply<JoinGroupResponse<'static>> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::JoinGroup(request), now, |response| match response {
        Response::JoinGroup(response) => response,
        other => unreachable!("a JoinGroup was answered with {other:?}"),
    })
}
