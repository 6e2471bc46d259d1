//! CreatePartitions (key 37), versions 0–3: gives topics more partitions.
//!
//! The rules are the controller's: [`metadata::controller::create_partitions`]. What it decided is answered once it is committed and
//! this broker acts on it.

use protocol::{
    messages::create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers CreatePartitions.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: CreatePartitionsRequest<'_>,
    now: Now,
) -> Reply<CreatePartitionsResponse<'static>> {
    node.controller.decide(now, |controller| controller.create_partitions(&request))
}
