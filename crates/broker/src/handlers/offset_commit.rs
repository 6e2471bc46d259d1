//! OffsetCommit (key 8), versions 2–10: stores a group's offsets; v10 names topics by id.
//!
//! The rules are the coordinator's: [`coordinator::group`].

use coordinator::group::{Body, Response};
use protocol::{
    messages::offset_commit::{OffsetCommitRequest, OffsetCommitResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers OffsetCommit.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: OffsetCommitRequest<'_>,
    now: Now,
) -> Reply<OffsetCommitResponse<'static>> {
    let group = request.group_id.clone();
    node.groups.ask(node, cx, &group, Body::OffsetCommit(request), now, |response| match response {
        Response::OffsetCommit(response) => response,
        other => unreachable!("a OffsetCommit was answered with {other:?}"),
    })
}
