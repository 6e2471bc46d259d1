//! ListGroups (key 16), versions 0–5: the groups that this broker coordinates; v4 filters by state, v5 by type.

use coordinator::group::{Body, Response};
use protocol::{
    messages::list_groups::{ListGroupsRequest, ListGroupsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, groups::Gather, node::Node};

/// Answers ListGroups.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: ListGroupsRequest<'_>,
    now: Now,
) -> Reply<ListGroupsResponse<'static>> {
    let tickets = node.groups.ask_all(node, cx, &Body::ListGroups(request), now);
    Gather::reply(tickets, |responses| {
        let mut answer = ListGroupsResponse::default();
        for response in responses {
            match response {
                Response::ListGroups(Ok(groups)) => answer.groups.extend(groups),
                Response::ListGroups(Err(code)) => answer.error_code = code,
                other => unreachable!("a ListGroups was answered with {other:?}"),
            }
        }
        answer
    })
}
