//! IncrementalAlterConfigs (key 44), versions 0–1: sets, deletes, or changes the lists of single configs (KIP-339).
//!
//! The rules are the controller's: [`metadata::controller::alter_configs`].

use protocol::{
    messages::incremental_alter_configs::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers IncrementalAlterConfigs.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: IncrementalAlterConfigsRequest<'_>,
    now: Now,
) -> Reply<IncrementalAlterConfigsResponse<'static>> {
    node.controller.decide(now, |controller| controller.incremental_alter_configs(&request))
}
