//! IncrementalAlterConfigs (key 44), versions 0–1: sets, deletes, or changes the lists of single configs (KIP-339).
//!
//! The rules are the controller's: [`metadata::controller::alter_configs`]. Loggers are none of its business, and there are
//! none here that could be changed over the wire: INVALID_CONFIG, as for a logger that Apache Kafka does not know.

use protocol::{
    ErrorCode,
    messages::incremental_alter_configs::{
        AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest,
        IncrementalAlterConfigsResponse,
    },
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// The resource type of a broker's loggers.
const BROKER_LOGGER: i8 = 8;

/// Answers IncrementalAlterConfigs.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    mut request: IncrementalAlterConfigsRequest<'_>,
    now: Now,
) -> Reply<IncrementalAlterConfigsResponse<'static>> {
    let loggers = request.resources.extract_if(.., |resource| resource.resource_type == BROKER_LOGGER);
    let refused = loggers.map(refuse_logger).collect::<Vec<_>>();
    node.controller.decide(now, |controller| {
        controller.incremental_alter_configs(&request).map(|mut response| {
            response.responses.extend(refused);
            response
        })
    })
}

fn refuse_logger(resource: AlterConfigsResource<'_>) -> AlterConfigsResourceResponse<'static> {
    AlterConfigsResourceResponse {
        error_code: ErrorCode::INVALID_CONFIG,
        error_message: Some("what is logged is chosen when the broker is started, by --log".into()),
        resource_type: resource.resource_type,
        resource_name: resource.resource_name.into_owned(),
    }
}
