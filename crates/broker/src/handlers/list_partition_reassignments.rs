//! ListPartitionReassignments (key 46), version 0. With one replica a partition cannot be on its way to another broker,
//! so the list is empty, and that is the truth.

use protocol::{
    messages::list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers ListPartitionReassignments.
pub fn handle(
    _: &Node,
    _: &Context<'_>,
    _: ListPartitionReassignmentsRequest<'_>,
    _: Now,
) -> Reply<ListPartitionReassignmentsResponse<'static>> {
    ListPartitionReassignmentsResponse { error_message: None, ..ListPartitionReassignmentsResponse::default() }.into()
}
