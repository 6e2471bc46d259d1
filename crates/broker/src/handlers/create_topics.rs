//! CreateTopics (key 19), versions 2–7: makes topics; v5+ tells what came of it, v7 the topic's id.
//!
//! The rules are the controller's: [`metadata::controller::create_topics`]. What it decided is answered once it is committed and
//! this broker acts on it, whatever the request's timeout, except 0: that is over before it begins.

use protocol::{
    messages::create_topics::{CreateTopicsRequest, CreateTopicsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers CreateTopics.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: CreateTopicsRequest<'_>,
    now: Now,
) -> Reply<CreateTopicsResponse<'static>> {
    node.controller.decide(now, |controller| controller.create_topics(&request, &mut || node.chance.uuid()))
}
