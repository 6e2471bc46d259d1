//! LeaveGroup (key 13), versions 0–5: members leave a classic group; v3+ several in one request.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::leave_group::{LeaveGroupRequest, LeaveGroupResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers LeaveGroup.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: LeaveGroupRequest<'_>,
    now: Now,
) -> Reply<LeaveGroupResponse<'static>> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::LeaveGroup(request), now, |response| match response {
        Response::LeaveGroup(response) => response,
        other => unreachable!("a LeaveGroup was answered with {other:?}"),
    })
}
