//! DeleteGroups (key 42), versions 0–2: deletes groups without members, and their offsets.

use std::collections::BTreeSet;

use coordinator::group::{Body, Response};
use protocol::{
    messages::delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, groups::Gather, node::Node};

/// Answers DeleteGroups. A group named twice is deleted once.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: DeleteGroupsRequest<'_>,
    now: Now,
) -> Reply<DeleteGroupsResponse<'static>> {
    let groups = request.groups_names.iter().collect::<BTreeSet<_>>();
    let ask = |id| node.groups.ticket(node, cx, id, Body::DeleteGroups(vec![id.clone()]), now);
    Gather::reply(groups.into_iter().map(ask).collect(), |responses| {
        let results = responses.into_iter().flat_map(|response| match response {
            Response::DeleteGroups(results) => results,
            other => unreachable!("a DeleteGroups was answered with {other:?}"),
        });
        DeleteGroupsResponse { throttle_time_ms: 0, results: results.collect() }
    })
}
