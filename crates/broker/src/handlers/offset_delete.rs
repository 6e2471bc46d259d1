//! OffsetDelete (key 47), versions 0: deletes offsets of a group that nobody subscribes to.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers OffsetDelete.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: OffsetDeleteRequest<'_>,
    now: Now,
) -> Reply<OffsetDeleteResponse<'static>> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::OffsetDelete(request), now, |response| match response {
        Response::OffsetDelete(response) => response,
        other => unreachable!("a OffsetDelete was answered with {other:?}"),
    })
}
