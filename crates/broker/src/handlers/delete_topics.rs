//! DeleteTopics (key 20), versions 1–6: deletes topics; v6 by id too.
//!
//! The rules are the controller's: [`metadata::controller::delete_topics`]. What it decided is answered once it is committed and
//! this broker acts on it, whatever the request's timeout, except 0: that is over before it begins.

use protocol::{
    messages::delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DeleteTopics.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DeleteTopicsRequest<'_>,
    now: Now,
) -> Reply<DeleteTopicsResponse<'static>> {
    node.controller.decide(now, |controller| controller.delete_topics(&request))
}
