//! ListConfigResources (key 74), versions 0–1: the resources that have configs, or could have (KIP-1000, KIP-1142).
//!
//! v0 lists client metrics subscriptions. v1 lists the types asked for, or all of them: every topic and broker, the
//! broker's logger, and the subscriptions and groups that have configs of their own.

use metadata::config::ResourceType;
use protocol::{
    ErrorCode,
    messages::list_config_resources::{ConfigResource, ListConfigResourcesRequest, ListConfigResourcesResponse},
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;
const ALL: [i8; 5] = [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP];

/// Answers ListConfigResources.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: ListConfigResourcesRequest,
    _: Now,
) -> Reply<ListConfigResourcesResponse<'static>> {
    let types = match cx.version() {
        0 => vec![CLIENT_METRICS],
        _ if request.resource_types.is_empty() => ALL.to_vec(),
        _ => request.resource_types,
    };
    if types.iter().any(|kind| !ALL.contains(kind)) {
        let error_code = ErrorCode::UNSUPPORTED_VERSION;
        return ListConfigResourcesResponse { error_code, ..ListConfigResourcesResponse::default() }.into();
    }
    let image = node.image();
    let mut config_resources = Vec::new();
    let mut list = |resource_type: i8, names: &mut dyn Iterator<Item = String>| {
        if types.contains(&resource_type) {
            config_resources.extend(names.map(|name| ConfigResource { resource_name: name.into(), resource_type }));
        }
    };
    let configured = |kind: ResourceType| {
        let of_kind = image.configs.iter().filter(move |(resource, _)| resource.kind == kind);
        of_kind.map(|(resource, _)| resource.name.clone()).collect::<Vec<_>>()
    };
    let brokers = || image.cluster.brokers.keys().map(ToString::to_string);
    list(TOPIC, &mut image.topics.iter().map(|topic| topic.name.to_string()));
    list(BROKER, &mut brokers());
    list(BROKER_LOGGER, &mut brokers());
    list(CLIENT_METRICS, &mut configured(ResourceType::ClientMetrics).into_iter());
    list(GROUP, &mut configured(ResourceType::Group).into_iter());
    ListConfigResourcesResponse { config_resources, ..ListConfigResourcesResponse::default() }.into()
}
