//! DescribeGroups (key 15), versions 0–6: state and members of classic groups. A group that nobody knows is "Dead", with
//! an error from v6 on. v3: authorized operations; without an authorizer everything is allowed.

use coordinator::group::{Body, Response};
use protocol::{
    ErrorCode,
    messages::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, groups::Gather, node::Node};

/// Answers DescribeGroups.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: DescribeGroupsRequest<'_>,
    now: Now,
) -> Reply<DescribeGroupsResponse<'static>> {
    let with_operations = request.include_authorized_operations;
    let ask = |id| node.groups.ticket(node, cx, id, Body::DescribeGroups(vec![id.clone()]), now);
    Gather::reply(request.groups.iter().map(ask).collect(), move |responses| {
        let mut answer = DescribeGroupsResponse::default();
        for response in responses {
            let Response::DescribeGroups(groups) = response else {
                unreachable!("a DescribeGroups was answered with {response:?}")
            };
            answer.groups.extend(groups);
        }
        if with_operations {
            let known = answer.groups.iter_mut().filter(|group| group.error_code == ErrorCode::NONE);
            known.for_each(|group| group.authorized_operations = super::AUTHORIZED_GROUP);
        }
        answer
    })
}
