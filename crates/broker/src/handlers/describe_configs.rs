//! DescribeConfigs (key 32), versions 1–4: configs, their values and where these come from (KIP-133, KIP-226, KIP-569).
//!
//! Null and an empty list of names ask for all; names that do not exist are left out. A topic has to exist, a group or a
//! client metrics subscription does not. The broker with the empty name is the default of all brokers, and has only what
//! was set there. v3: types and documentation.

use metadata::{
    config::{Overrides, ResourceType, effective},
    image::ConfigResource,
    topic_name,
};
use protocol::{
    ErrorCode,
    messages::describe_configs::{
        DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse,
        DescribeConfigsResult, DescribeConfigsSynonym,
    },
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers DescribeConfigs.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DescribeConfigsRequest<'_>,
    _: Now,
) -> Reply<DescribeConfigsResponse<'static>> {
    let results = request.resources.iter().map(|resource| {
        let mut result = DescribeConfigsResult {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone().into_owned(),
            ..DescribeConfigsResult::default()
        };
        match entries(node, resource) {
            Ok(entries) => {
                let wanted = entries.into_iter().filter(|entry| is_wanted(resource, &entry.name));
                result.configs = wanted.map(|entry| told(&request, entry)).collect();
            }
            Err((code, message)) => (result.error_code, result.error_message) = (code, Some(message.into())),
        }
        result
    });
    DescribeConfigsResponse { throttle_time_ms: 0, results: results.collect() }.into()
}

fn is_wanted(resource: &DescribeConfigsResource<'_>, name: &str) -> bool {
    match &resource.configuration_keys {
        Some(names) if !names.is_empty() => names.iter().any(|wanted| *wanted == name),
        _ => true,
    }
}

fn entries(
    node: &Node,
    resource: &DescribeConfigsResource<'_>,
) -> Result<Vec<effective::Entry>, (ErrorCode, &'static str)> {
    let image = node.image();
    let name = resource.resource_name.to_text();
    let overrides = |kind: ResourceType| {
        let set = image.configs.get(&ConfigResource::new(kind, &*name));
        set.map(|configs| Overrides::clone(configs)).unwrap_or_default()
    };
    match ResourceType::from_code(resource.resource_type) {
        Some(kind @ ResourceType::Topic) => {
            if topic_name::check(&name).is_err() {
                return Err((ErrorCode::INVALID_TOPIC_EXCEPTION, "no topic may have this name"));
            }
            if image.topics.by_name(&name).is_none() {
                return Err((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ""));
            }
            Ok(node.with_layers(&image, |layers| effective::describe_topic(layers, &overrides(kind))))
        }
        Some(kind @ ResourceType::Broker) if name.is_empty() => {
            Ok(effective::describe_cluster_default(&overrides(kind)))
        }
        Some(ResourceType::Broker) if *name == *node.broker_id.to_string() => {
            Ok(node.with_layers(&image, effective::describe_broker))
        }
        Some(ResourceType::Broker) => {
            Err((ErrorCode::INVALID_REQUEST, "a broker tells its own configs, and those of all brokers under no name"))
        }
        Some(ResourceType::Group) if name.is_empty() => Err((ErrorCode::INVALID_REQUEST, "a group has a name")),
        Some(kind @ ResourceType::Group) => {
            Ok(node.with_layers(&image, |layers| effective::describe_group(layers, &overrides(kind))))
        }
        Some(ResourceType::ClientMetrics) if name.is_empty() => {
            Err((ErrorCode::INVALID_REQUEST, "a subscription has a name"))
        }
        Some(kind @ ResourceType::ClientMetrics) => Ok(effective::describe_client_metrics(&overrides(kind))),
        None => Err((ErrorCode::INVALID_REQUEST, "resources of this type have no configs here")),
    }
}

fn told(request: &DescribeConfigsRequest<'_>, entry: effective::Entry) -> DescribeConfigsResourceResult<'static> {
    let synonyms = entry.synonyms.into_iter().map(|synonym| DescribeConfigsSynonym {
        name: synonym.name.into(),
        value: synonym.value.map(Into::into),
        source: synonym.source.code(),
    });
    DescribeConfigsResourceResult {
        name: entry.name.into(),
        value: entry.value.map(Into::into),
        read_only: entry.is_read_only,
        config_source: entry.source.code(),
        is_sensitive: entry.is_sensitive,
        synonyms: if request.include_synonyms { synonyms.collect() } else { Vec::new() },
        config_type: entry.kind_code,
        documentation: entry.doc.filter(|_| request.include_documentation).map(Into::into),
    }
}
