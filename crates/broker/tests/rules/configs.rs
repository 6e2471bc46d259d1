//! Configs: what is described, where a value comes from, and what may be changed.

use protocol::{
    ErrorCode,
    messages::{
        alter_configs::{
            AlterConfigsRequest, AlterConfigsResource as ReplaceResource, AlterableConfig as ReplaceConfig,
        },
        describe_configs::{
            DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult,
        },
        incremental_alter_configs::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest},
        list_config_resources::ListConfigResourcesRequest,
    },
};

use crate::node::TestNode;

pub(crate) const TOPIC: i8 = 2;
pub(crate) const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

pub(crate) const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn describe(
    node: &TestNode,
    kind: i8,
    name: &'static str,
    keys: Option<&[&'static str]>,
) -> DescribeConfigsResult<'static> {
    let resource = DescribeConfigsResource {
        resource_type: kind,
        resource_name: name.into(),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| (*key).into()).collect()),
    };
    let request =
        DescribeConfigsRequest { resources: vec![resource], include_synonyms: true, include_documentation: true };
    node.ask(4, &request).results.remove(0)
}

fn config(node: &TestNode, kind: i8, name: &'static str, key: &'static str) -> DescribeConfigsResourceResult<'static> {
    let result = describe(node, kind, name, Some(&[key]));
    assert_eq!(result.error_code, ErrorCode::NONE);
    result.configs.into_iter().next().expect("the config")
}

pub(crate) fn value(node: &TestNode, kind: i8, name: &'static str, key: &'static str) -> String {
    config(node, kind, name, key).value.expect("a value").to_string()
}

/// A change of one resource.
fn change(
    kind: i8,
    name: &'static str,
    changes: &[(&'static str, i8, Option<&'static str>)],
) -> AlterConfigsResource<'static> {
    let configs = changes.iter().map(|(name, config_operation, value)| AlterableConfig {
        name: (*name).into(),
        config_operation: *config_operation,
        value: value.map(Into::into),
    });
    AlterConfigsResource { resource_type: kind, resource_name: name.into(), configs: configs.collect() }
}

fn alter_all(node: &TestNode, resources: Vec<AlterConfigsResource<'static>>) -> Vec<ErrorCode> {
    let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
    node.ask(1, &request).responses.iter().map(|response| response.error_code).collect()
}

pub(crate) fn alter(
    node: &TestNode,
    kind: i8,
    name: &'static str,
    changes: &[(&'static str, i8, Option<&'static str>)],
) -> ErrorCode {
    let codes = alter_all(node, vec![change(kind, name, changes)]);
    assert_eq!(codes.len(), 1);
    codes[0]
}

fn with_topic() -> TestNode {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    node
}

#[test]
fn null_and_no_names_are_all_and_unknown_names_are_left_out() {
    let node = with_topic();
    for (kind, name, count) in [(TOPIC, "t", 33), (GROUP, "g", 17), (CLIENT_METRICS, "m", 3), (BROKER, "1", 340)] {
        for keys in [None, Some(&[][..])] {
            let result = describe(&node, kind, name, keys);
            let kafkas = result.configs.iter().filter(|config| !config.name.to_string().starts_with("milena."));
            assert_eq!((result.error_code, kafkas.count()), (ErrorCode::NONE, count), "type {kind}");
        }
    }
    assert_eq!(describe(&node, TOPIC, "t", Some(&["no.such.config"])).configs, []);
}

#[test]
fn what_cannot_be_described_says_why() {
    let node = with_topic();
    let unknown = describe(&node, TOPIC, "u", None);
    assert_eq!(unknown.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(unknown.error_message.map(|message| message.to_string()), Some(String::new()));
    for (kind, name, code) in [
        (TOPIC, "a b", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (TOPIC, "", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (BROKER, "2", ErrorCode::INVALID_REQUEST),
        (BROKER, "one", ErrorCode::INVALID_REQUEST),
        (GROUP, "", ErrorCode::INVALID_REQUEST),
        (99, "x", ErrorCode::INVALID_REQUEST),
        (0, "x", ErrorCode::INVALID_REQUEST),
    ] {
        let result = describe(&node, kind, name, None);
        assert_eq!((result.error_code, result.configs), (code, Vec::new()), "type {kind}, {name:?}");
    }
}

#[test]
fn synonyms_are_those_that_have_a_value() {
    let node = with_topic();
    let synonyms = |key| {
        let config = config(&node, TOPIC, "t", key);
        config.synonyms.iter().map(|s| (s.name.to_string(), s.source)).collect::<Vec<_>>()
    };
    assert_eq!(synonyms("segment.bytes"), [("log.segment.bytes".to_owned(), 5)]);
    assert_eq!(alter(&node, TOPIC, "t", &[("retention.ms", SET, Some("1000"))]), ErrorCode::NONE);
    assert_eq!(synonyms("retention.ms")[0], ("retention.ms".to_owned(), 1));
    assert!(synonyms("retention.ms").iter().all(|(name, _)| name != "log.retention.ms"), "nothing is set there");
}

#[test]
fn the_cluster_default_begins_with_what_a_new_cluster_writes() {
    let node = TestNode::new();
    let told = describe(&node, BROKER, "", None).configs;
    let told = told
        .iter()
        .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string), config.config_source));
    assert_eq!(told.collect::<Vec<_>>(), [("min.insync.replicas".to_owned(), Some("1".to_owned()), 3)]);
}

#[test]
fn a_secret_is_never_told() {
    let node = TestNode::new();
    let password = config(&node, BROKER, "1", "ssl.keystore.password");
    assert!(password.is_sensitive);
    assert_eq!((password.value, password.synonyms), (None, Vec::new()));
}

#[test]
fn a_value_says_where_it_comes_from() {
    let node = TestNode::with(&[("log.retention.ms", "18000000")]);
    node.topic("t", 1, &[("retention.bytes", "9")]);
    let source = |kind, name, key| config(&node, kind, name, key).config_source;
    assert_eq!(source(TOPIC, "t", "retention.bytes"), 1, "the topic");
    assert_eq!(source(TOPIC, "t", "min.insync.replicas"), 3, "the cluster's default");
    assert_eq!(source(TOPIC, "t", "retention.ms"), 4, "the file");
    assert_eq!(value(&node, TOPIC, "t", "retention.ms"), "18000000");
    assert_eq!(source(TOPIC, "t", "segment.bytes"), 5, "built in");
    assert_eq!(source(BROKER, "1", "log.retention.ms"), 4);
    assert!(config(&node, BROKER, "1", "log.retention.ms").documentation.is_some());
}

#[test]
fn a_topics_configs_are_changed_one_by_one() {
    let node = with_topic();
    let topic = |changes: &[(&'static str, i8, Option<&'static str>)]| alter(&node, TOPIC, "t", changes);
    assert_eq!(topic(&[("cleanup.policy", SET, Some("compact"))]), ErrorCode::NONE);
    assert_eq!(value(&node, TOPIC, "t", "cleanup.policy"), "compact");
    for _ in 0..2 {
        assert_eq!(topic(&[("cleanup.policy", APPEND, Some("delete"))]), ErrorCode::NONE);
        assert_eq!(value(&node, TOPIC, "t", "cleanup.policy"), "compact,delete", "twice keeps one");
    }
    assert_eq!(topic(&[("cleanup.policy", SUBTRACT, Some("compact"))]), ErrorCode::NONE);
    assert_eq!(value(&node, TOPIC, "t", "cleanup.policy"), "delete");
    assert_eq!(topic(&[("cleanup.policy", DELETE, None)]), ErrorCode::NONE);
    assert_eq!(topic(&[("cleanup.policy", DELETE, None)]), ErrorCode::NONE, "what is not set can be deleted");
    assert_eq!(config(&node, TOPIC, "t", "cleanup.policy").config_source, 5);
}

#[test]
fn a_bad_change_of_a_topic_says_why_and_changes_nothing() {
    let node = with_topic();
    for (changes, code) in [
        (&[("retention.ms", SET, Some("soon"))][..], ErrorCode::INVALID_CONFIG),
        (&[("segment.bytes", SET, Some("1"))], ErrorCode::INVALID_CONFIG),
        (&[("no.such.config", SET, Some("1"))], ErrorCode::INVALID_CONFIG),
        (&[("retention.ms", APPEND, Some("1"))], ErrorCode::INVALID_CONFIG),
        (&[("retention.ms", SET, None)], ErrorCode::INVALID_REQUEST),
        (&[("retention.ms", SET, Some("1")), ("retention.ms", SET, Some("2"))], ErrorCode::INVALID_REQUEST),
        (&[("retention.ms", 9, Some("1"))], ErrorCode::UNKNOWN_SERVER_ERROR),
        (&[("retention.ms", SET, Some("1")), ("segment.bytes", SET, Some("1"))], ErrorCode::INVALID_CONFIG),
    ] {
        assert_eq!(alter(&node, TOPIC, "t", changes), code, "{changes:?}");
        assert_eq!(config(&node, TOPIC, "t", "retention.ms").config_source, 5, "{changes:?}");
    }
    assert_eq!(alter(&node, TOPIC, "u", &[("retention.ms", SET, Some("1"))]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[test]
fn a_resource_named_twice_is_changed_by_neither() {
    let node = with_topic();
    let to = |value| change(TOPIC, "t", &[("retention.ms", SET, Some(value))]);
    let codes = alter_all(&node, vec![to("1"), to("2")]);
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == ErrorCode::INVALID_REQUEST), "{codes:?}");
    assert_eq!(config(&node, TOPIC, "t", "retention.ms").config_source, 5);
}

#[test]
fn only_asking_changes_nothing() {
    let node = with_topic();
    let resources = vec![change(TOPIC, "t", &[("retention.ms", SET, Some("1"))])];
    let request = IncrementalAlterConfigsRequest { resources, validate_only: true };
    assert_eq!(node.ask(1, &request).responses[0].error_code, ErrorCode::NONE);
    assert_eq!(config(&node, TOPIC, "t", "retention.ms").config_source, 5);
}

#[test]
fn a_brokers_configs_have_rules_of_their_own() {
    let node = with_topic();
    for (name, changes, code) in [
        ("1", ("broker.id", SET, Some("7")), ErrorCode::INVALID_REQUEST),
        ("1", ("log.retention.ms", SET, Some("soon")), ErrorCode::INVALID_REQUEST),
        ("", ("log.retention.ms", SET, Some("soon")), ErrorCode::INVALID_REQUEST),
        ("", ("advertised.listeners", SET, Some("PLAINTEXT://localhost:1")), ErrorCode::INVALID_REQUEST),
        ("1", ("min.insync.replicas", SET, Some("1")), ErrorCode::INVALID_CONFIG),
        ("", ("log.retention.ms", SET, Some("4000")), ErrorCode::NONE),
        ("1", ("log.retention.ms", SET, Some("3000")), ErrorCode::NONE),
        ("", ("nobody.knows.this", SET, Some("x")), ErrorCode::NONE),
    ] {
        assert_eq!(alter(&node, BROKER, name, &[changes]), code, "{changes:?} on {name:?}");
    }
    assert_eq!(value(&node, TOPIC, "t", "retention.ms"), "3000", "the broker's own before the cluster's");
    assert_eq!(alter(&node, BROKER, "1", &[("log.retention.ms", DELETE, None)]), ErrorCode::NONE);
    assert_eq!(value(&node, TOPIC, "t", "retention.ms"), "4000");
}

#[test]
fn groups_client_metrics_and_loggers_have_rules_of_their_own() {
    let node = TestNode::new();
    for (kind, name, changes, code) in [
        (GROUP, "g", ("consumer.session.timeout.ms", SET, Some("1")), ErrorCode::INVALID_CONFIG),
        (GROUP, "g", ("no.such.config", SET, Some("1")), ErrorCode::INVALID_CONFIG),
        (GROUP, "g", ("consumer.session.timeout.ms", SET, Some("45000")), ErrorCode::NONE),
        (CLIENT_METRICS, "m", ("interval.ms", SET, Some("1")), ErrorCode::INVALID_REQUEST),
        (LOGGER, "1", ("no.such.logger", SET, Some("DEBUG")), ErrorCode::INVALID_CONFIG),
    ] {
        assert_eq!(alter(&node, kind, name, &[changes]), code, "{changes:?}");
    }
    assert_eq!(config(&node, GROUP, "g", "consumer.session.timeout.ms").config_source, 8);
}

#[test]
fn alter_configs_replaces_all() {
    let node = TestNode::new();
    node.topic("t", 1, &[("retention.ms", "1"), ("retention.bytes", "2")]);
    let configs = vec![ReplaceConfig { name: "retention.bytes".into(), value: Some("3".into()) }];
    let resources = vec![ReplaceResource { resource_type: TOPIC, resource_name: "t".into(), configs }];
    assert_eq!(
        node.ask(2, &AlterConfigsRequest { resources, validate_only: false }).responses[0].error_code,
        ErrorCode::NONE
    );
    assert_eq!(config(&node, TOPIC, "t", "retention.ms").config_source, 5);
    assert_eq!(value(&node, TOPIC, "t", "retention.bytes"), "3");
}

#[test]
fn a_config_is_in_force_at_once_and_after_a_restart() {
    let node = with_topic();
    let large = || crate::batches::batch(&["x".repeat(2000).as_str()]);
    node.produced("t", large());
    assert_eq!(alter(&node, TOPIC, "t", &[("max.message.bytes", SET, Some("1000"))]), ErrorCode::NONE);
    assert_eq!(node.produce("t", large()).error_code, ErrorCode::MESSAGE_TOO_LARGE);
    let node = node.kill();
    assert_eq!(node.produce("t", large()).error_code, ErrorCode::MESSAGE_TOO_LARGE);
}

#[test]
fn resources_are_listed_by_type() {
    let node = with_topic();
    let list = |types: &[i8]| {
        let response = node.ask(1, &ListConfigResourcesRequest { resource_types: types.to_vec() });
        let resources = response.config_resources.iter().map(|r| (r.resource_type, r.resource_name.to_string()));
        let mut resources = resources.collect::<Vec<_>>();
        resources.sort();
        (response.error_code, resources)
    };
    let all = [(TOPIC, "t"), (BROKER, "1"), (LOGGER, "1")].map(|(kind, name)| (kind, name.to_owned()));
    let (code, listed) = list(&[]);
    assert_eq!(code, ErrorCode::NONE);
    for resource in &all {
        assert!(listed.contains(resource), "{resource:?} in {listed:?}");
    }
    assert!(!listed.iter().any(|(kind, _)| [CLIENT_METRICS, GROUP].contains(kind)));
    assert_eq!(alter(&node, CLIENT_METRICS, "m", &[("interval.ms", SET, Some("300000"))]), ErrorCode::NONE);
    assert_eq!(list(&[CLIENT_METRICS]), (ErrorCode::NONE, vec![(CLIENT_METRICS, "m".to_owned())]));
    assert_eq!(list(&[99]).0, ErrorCode::UNSUPPORTED_VERSION);
    let v0 = node.ask(0, &ListConfigResourcesRequest::default());
    assert_eq!(
        v0.config_resources.iter().map(|r| r.resource_name.to_string()).collect::<Vec<_>>(),
        ["m"],
        "before v1 only these"
    );
}
