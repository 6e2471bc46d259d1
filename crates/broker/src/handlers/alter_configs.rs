//! AlterConfigs (key 33), versions 0–2: replaces all configs of a resource; what is not named goes back to its default.
//!
//! The rules are the controller's: [`metadata::controller::alter_configs`].

use protocol::{
    messages::alter_configs::{AlterConfigsRequest, AlterConfigsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers AlterConfigs.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: AlterConfigsRequest<'_>,
    now: Now,
) -> Reply<AlterConfigsResponse<'static>> {
    node.controller.decide(now, |controller| controller.alter_configs(&request))
}
