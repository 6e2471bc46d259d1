//! SyncGroup (key 14), versions 0–5: the leader brings the assignment, every member gets its own.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::sync_group::{SyncGroupRequest, SyncGroupResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers SyncGroup.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: SyncGroupRequest<'_>,
    now: Now,
) -> Reply<SyncGroupResponse<'static>> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::SyncGroup(request), now, |response| match response {
        Response::SyncGroup(response) => response,
        other => unreachable!("a SyncGroup was answered with {other:?}"),
    })
}
