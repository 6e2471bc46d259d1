//! DescribeCluster (key 60), versions 0–2: the brokers of a cluster, or its controllers.
//!
//! - v1: which of the two is asked for. A broker's listener tells of brokers, a controller's of controllers; the other way
//!   round is MISMATCHED_ENDPOINT_TYPE, and what is neither is UNSUPPORTED_ENDPOINT_TYPE. In v0, which knows neither
//!   code, a controller's listener answers INVALID_REQUEST.
//! - v2: brokers that are fenced, where asked for.

use protocol::{
    ErrorCode,
    messages::describe_cluster::{DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse},
    types::{BrokerId, Now},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

/// Answers DescribeCluster.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: DescribeClusterRequest,
    _: Now,
) -> Reply<DescribeClusterResponse<'static>> {
    let here = if cx.peer.is_controller { CONTROLLERS } else { BROKERS };
    let asked = request.endpoint_type;
    // The words are Kafka's: tools show them, and tests compare them.
    let mismatched = |here, asked| {
        let message =
            format!("The request was sent to an endpoint of type {here}, but we wanted an endpoint of type {asked}");
        Some((ErrorCode::MISMATCHED_ENDPOINT_TYPE, message))
    };
    let refused = match asked {
        _ if asked == here => None,
        BROKERS => mismatched("CONTROLLER", "BROKER"),
        CONTROLLERS => mismatched("BROKER", "CONTROLLER"),
        _ => Some((ErrorCode::UNSUPPORTED_ENDPOINT_TYPE, format!("Unsupported endpoint type {asked}"))),
    };
    if let Some((error_code, message)) = refused {
        return DescribeClusterResponse {
            error_code: if cx.version() >= 1 { error_code } else { ErrorCode::INVALID_REQUEST },
            error_message: Some(message.into()),
            endpoint_type: if cx.version() >= 1 { asked } else { BROKERS },
            ..DescribeClusterResponse::default()
        }
        .into();
    }
    let image = node.image();
    let mut response = DescribeClusterResponse {
        endpoint_type: asked,
        cluster_id: node.cluster_id.clone().into(),
        ..DescribeClusterResponse::default()
    };
    if asked == CONTROLLERS {
        response.controller_id = node.broker_id;
        let listener = &cx.peer.listener;
        response.brokers = image
            .cluster
            .controllers
            .values()
            .filter_map(|controller| {
                let endpoint = controller.listeners.iter().find(|endpoint| *endpoint.name == **listener)?;
                Some(DescribeClusterBroker {
                    broker_id: BrokerId(controller.id),
                    host: endpoint.host.clone().into(),
                    port: endpoint.port.into(),
                    ..DescribeClusterBroker::default()
                })
            })
            .collect();
    } else {
        let active = image.cluster.brokers.values().find(|broker| broker.is_active());
        response.controller_id = active.map_or(BrokerId(-1), |broker| broker.id);
        response.brokers = image
            .cluster
            .brokers
            .values()
            .filter(|broker| !broker.fenced || request.include_fenced_brokers)
            .filter_map(|broker| {
                let endpoint = broker.listener(&cx.peer.listener)?;
                Some(DescribeClusterBroker {
                    broker_id: broker.id,
                    host: endpoint.host.clone().into(),
                    port: endpoint.port.into(),
                    rack: broker.rack.clone().map(Into::into),
                    is_fenced: broker.fenced,
                })
            })
            .collect();
    }
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = super::AUTHORIZED_CLUSTER;
    }
    response.into()
}
