use super::of;
use crate::config::alter::{alter_incrementally, check_new_topic, replace_all};
use crate::config::def::ResourceType::{self, Broker, ClientMetrics, Group, Topic};
use crate::config::layers::{BrokerLayers, Overrides};
use crate::config::{Altered, Change, Standing};

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Request<'a> = [(&'a str, i8, Option<&'a str>)];

fn alter(resource: ResourceType, name: &str, existing: &Overrides, request: &Request<'_>) -> Result<Altered, i16> {
    let file = of(&[("node.id", "1"), ("listeners", "PLAINTEXT://:9092")]);
    let standing = Standing { node_id: 1, broker: BrokerLayers::of_file(&file), elr_enabled: true };
    let changes: Vec<_> = request.iter().map(|&(name, operation, value)| Change { name, operation, value }).collect();
    alter_incrementally(resource, name, existing, &changes, standing).map_err(|error| error.code())
}

/// What a topic with these overrides would be written.
fn topic(existing: &[(&str, &str)], request: &Request<'_>) -> Result<Vec<(String, Option<String>)>, i16> {
    alter(Topic, "t", &of(existing), request).map(|altered| altered.changes)
}

fn change(name: &str, value: Option<&str>) -> Vec<(String, Option<String>)> {
    vec![(name.to_owned(), value.map(str::to_owned))]
}

/// The code for setting one config; 0 when it is accepted.
fn set(resource: ResourceType, name: &str, config: &str, value: &str) -> i16 {
    alter(resource, name, &Overrides::new(), &[(config, SET, Some(value))]).map_or_else(|code| code, |_| 0)
}

#[test]
fn the_four_operations_on_a_topic() {
    let delete = [("cleanup.policy", "delete")];
    let both = change("cleanup.policy", Some("delete,compact"));
    assert_eq!(topic(&[], &[("retention.ms", SET, Some("5"))]), Ok(change("retention.ms", Some("5"))));
    assert_eq!(topic(&[], &[("cleanup.policy", APPEND, Some("compact"))]), Ok(both.clone()), "onto the default");
    assert_eq!(topic(&delete, &[("cleanup.policy", APPEND, Some("compact"))]), Ok(both));
    assert_eq!(topic(&delete, &[("cleanup.policy", APPEND, Some("delete"))]), Ok(vec![]), "twice keeps one");
    assert_eq!(topic(&delete, &[("cleanup.policy", SUBTRACT, Some("delete"))]), Ok(change("cleanup.policy", Some(""))));
    assert_eq!(topic(&delete, &[("cleanup.policy", DELETE, None)]), Ok(change("cleanup.policy", None)));
    assert_eq!(topic(&[], &[("retention.ms", DELETE, None)]), Ok(vec![]), "an unset key");
}

#[test]
fn a_bad_request_on_a_topic_has_kafkas_code() {
    assert_eq!(topic(&[], &[("retention.ms", SET, Some("soon"))]), Err(40));
    assert_eq!(topic(&[], &[("retention", SET, Some("5"))]), Err(40));
    assert_eq!(topic(&[], &[("retention.ms", APPEND, Some("5"))]), Err(40));
    assert_eq!(topic(&[], &[("retention.ms", SET, None)]), Err(42));
    assert_eq!(topic(&[], &[("retention.ms", SET, Some("5")), ("retention.ms", DELETE, None)]), Err(42));
    assert_eq!(topic(&[], &[("retention.ms", 4, Some("5"))]), Err(-1));
    assert_eq!(topic(&[], &[("leader.replication.throttled.replicas", SET, Some(&"0:1,".repeat(9000)))]), Err(40));
    assert_eq!(set(Topic, "", "retention.ms", "5"), 42);
}

#[test]
fn one_bad_key_refuses_the_whole_resource() {
    let request = [("segment.ms", SET, Some("5000")), ("retention.ms", SET, Some("soon"))];
    assert_eq!(topic(&[], &request), Err(40));
}

#[test]
fn what_is_not_supported_yet_is_accepted_at_its_default_only() {
    assert_eq!(set(Topic, "t", "remote.log.copy.disable", "false"), 0);
    assert_eq!(set(Topic, "t", "remote.log.copy.disable", "true"), 40);
    assert_eq!(set(Topic, "t", "remote.storage.enable", "true"), 40);
    assert_eq!(set(Topic, "t", "local.retention.ms", "-02"), 0, "written otherwise, the same value");
    assert_eq!(set(Broker, "1", "log.local.retention.ms", "2"), 40);
    assert_eq!(set(Broker, "", "leader.replication.throttled.rate", "1000"), 40);
    assert_eq!(
        topic(&[("remote.log.copy.disable", "true")], &[("retention.ms", SET, Some("5"))]).map(|c| c.len()),
        Ok(1)
    );
}

#[test]
fn a_bad_request_on_a_broker_has_kafkas_code() {
    assert_eq!(set(Broker, "1", "max.connections", "100"), 0);
    assert_eq!(set(Broker, "1", "max.connections", "many"), 42);
    assert_eq!(set(Broker, "1", "num.partitions", "2"), 42, "read-only");
    assert_eq!(set(Broker, "1", "num.io.threads", "17"), 42, "more than doubled");
    assert_eq!(set(Broker, "1", "num.io.threads", "3"), 42, "less than half");
    assert_eq!(set(Broker, "", "listeners", "PLAINTEXT://:9094"), 42, "a per-broker config for all");
    assert_eq!(set(Broker, "1", "ssl.keystore.type", "PEM"), 42, "without its listener");
    assert_eq!(set(Broker, "2", "max.connections", "1"), 42, "another broker");
    assert_eq!(set(Broker, "", "log.retention.ms", "0"), 42, "against the rules between configs");
    assert_eq!(set(Broker, "", "log.retention.ms", "-1"), 0);
    assert_eq!(set(Broker, "one", "max.connections", "1"), 42);
    assert_eq!(set(Broker, "1", "my.plugin.setting", "x"), 0, "nobody knows it, a plugin may");
    assert_eq!(set(Broker, "1", "milena.nonsense", "x"), 40);
    assert_eq!(set(Broker, "", "milena.durability", "power-loss"), 0);
    let unknown = alter(Broker, "1", &Overrides::new(), &[("max.connections", 9, Some("1"))]);
    assert_eq!(unknown.map(|_| ()), Err(42));
}

#[test]
fn what_could_not_be_set_can_still_be_removed() {
    let existing = of(&[("num.partitions", "2")]);
    let altered = alter(Broker, "1", &existing, &[("num.partitions", DELETE, None)]).expect("accepted");
    assert_eq!(altered.changes, change("num.partitions", None));
}

#[test]
fn listeners_cannot_be_changed_while_the_node_runs() {
    assert_eq!(set(Broker, "1", "listeners", "PLAINTEXT://:9092"), 0, "as it is");
    assert_eq!(set(Broker, "1", "listeners", "PLAINTEXT://:9094"), 40);
    assert_eq!(set(Broker, "1", "listener.name.plaintext.max.connections", "5"), 40);
    assert_eq!(set(Broker, "1", "listener.name.plaintext.ssl.keystore.type", "PEM"), 40);
}

#[test]
fn min_insync_replicas_belongs_to_the_cluster_while_elr_is_on() {
    assert_eq!(set(Broker, "1", "min.insync.replicas", "1"), 40);
    assert_eq!(set(Broker, "", "min.insync.replicas", "2"), 0);
    let existing = of(&[("min.insync.replicas", "1")]);
    let removal = alter(Broker, "", &existing, &[("min.insync.replicas", DELETE, None)]);
    assert_eq!(removal.map(|_| ()), Err(40));
}

#[test]
fn a_broker_config_is_written_again_even_if_it_stays() {
    let existing = of(&[("max.connections", "5")]);
    let altered = alter(Broker, "1", &existing, &[("max.connections", SET, Some("5"))]).expect("accepted");
    assert_eq!(altered.changes, change("max.connections", Some("5")));
}

#[test]
fn a_bad_request_on_a_group_or_subscription_has_kafkas_code() {
    assert_eq!(set(Group, "g", "consumer.session.timeout.ms", "45000"), 0);
    assert_eq!(set(Group, "g", "consumer.session.timeout.ms", "1000"), 40, "below the broker's minimum");
    assert_eq!(set(Group, "g", "streams.num.standby.replicas", "3"), 40);
    assert_eq!(set(Group, "g", "consumer.nonsense", "1"), 40);
    assert_eq!(set(Group, "", "consumer.session.timeout.ms", "45000"), 42);
    assert_eq!(set(ClientMetrics, "s", "interval.ms", "99"), 42);
    assert_eq!(set(ClientMetrics, "s", "interval.ms", "often"), 40);
    assert_eq!(set(ClientMetrics, "s", "nonsense", "1"), 42);
    assert_eq!(set(ClientMetrics, "s", "match", "client_name=x"), 40);
}

#[test]
fn replacing_all_puts_back_what_is_not_named() {
    let file = Overrides::new();
    let standing = Standing { node_id: 1, broker: BrokerLayers::of_file(&file), elr_enabled: true };
    let existing = of(&[("retention.ms", "5"), ("segment.ms", "6"), ("flush.ms", "7")]);
    let request = [("segment.ms", Some("6")), ("flush.ms", Some("8"))];
    let altered = replace_all(Topic, "t", &existing, &request, standing).expect("accepted");
    let expected = [("flush.ms".to_owned(), Some("8".to_owned())), ("retention.ms".to_owned(), None)];
    assert_eq!(altered.changes, expected);
    let code = |request: &[(&str, Option<&str>)]| {
        replace_all(Topic, "t", &existing, request, standing).map_err(|error| error.code()).map(|_| ())
    };
    assert_eq!(code(&[("flush.ms", None)]), Err(42));
    assert_eq!(code(&[("flush.ms", Some("1")), ("flush.ms", Some("2"))]), Err(42));
    assert_eq!(code(&[("flush", Some("1"))]), Err(40));
}

#[test]
fn a_topic_is_not_created_with_configs_that_are_none() {
    let file = Overrides::new();
    let standing = Standing { node_id: 1, broker: BrokerLayers::of_file(&file), elr_enabled: true };
    let code = |configs: &[(&str, &str)]| check_new_topic(&of(configs), standing).map_or_else(|e| e.code(), |_| 0);
    assert_eq!(code(&[("retention.ms", "5"), ("cleanup.policy", "compact,delete")]), 0);
    assert_eq!(code(&[("retention", "5")]), 40);
    assert_eq!(code(&[("segment.bytes", "1")]), 40);
    assert_eq!(code(&[("remote.log.copy.disable", "true")]), 40);
}
