use super::of;
use crate::config::def::ResourceType;
use crate::config::effective::{
    Entry, describe_broker, describe_client_metrics, describe_cluster_default, describe_group, describe_topic,
};
use crate::config::layers::{BrokerLayers, Overrides};
use crate::config::{TopicConfig, table};

/// `value source [name=value source, …]` of one entry.
fn show(entries: &[Entry], name: &str) -> String {
    let entry = entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("no {name}"));
    let null = || "null".to_owned();
    let synonyms: Vec<_> = entry
        .synonyms
        .iter()
        .map(|s| format!("{}={} {}", s.name, s.value.clone().unwrap_or_else(null), s.source.code()))
        .collect();
    format!("{} {} [{}]", entry.value.clone().unwrap_or_else(null), entry.source.code(), synonyms.join(", "))
}

struct Broker {
    per_broker: Overrides,
    cluster_default: Overrides,
    file: Overrides,
}

impl Broker {
    fn layers(&self) -> BrokerLayers<'_> {
        let Self { per_broker, cluster_default, file } = self;
        BrokerLayers { per_broker, cluster_default, file }
    }
}

fn broker() -> Broker {
    Broker {
        per_broker: of(&[("max.connections", "30"), ("my.plugin.secret", "x")]),
        cluster_default: of(&[
            ("min.insync.replicas", "1"),
            ("max.connections", "20"),
            ("log.segment.bytes", "2000000"),
        ]),
        file: of(&[
            ("node.id", "1"),
            ("max.connections", "10"),
            ("log.retention.hours", "2"),
            ("log.roll.ms", "7000"),
            ("ssl.key.password", "secret"),
            ("listener.name.internal.ssl.key.password", "secret"),
            ("unstable.api.versions.enable", "true"),
        ]),
    }
}

#[test]
fn a_topics_value_comes_with_every_place_that_holds_one() {
    let broker = broker();
    let overrides = of(&[("retention.ms", " 1000 "), ("segment.bytes", "3000000"), ("cleanup.policy", "compact")]);
    let entries = describe_topic(broker.layers(), &overrides);
    let show = |name| show(&entries, name);
    assert_eq!(show("retention.ms"), "1000 1 [retention.ms=1000 1]");
    assert_eq!(
        show("segment.bytes"),
        "3000000 1 [segment.bytes=3000000 1, log.segment.bytes=2000000 3, log.segment.bytes=1073741824 5]"
    );
    assert_eq!(show("cleanup.policy"), "compact 1 [cleanup.policy=compact 1, log.cleanup.policy=delete 5]");
    assert_eq!(show("max.message.bytes"), "1048588 5 [message.max.bytes=1048588 5]");
    assert_eq!(show("segment.ms"), "7000 4 [log.roll.ms=7000 4, log.roll.hours=168 5]");
    assert_eq!(show("min.insync.replicas"), "1 3 [min.insync.replicas=1 3, min.insync.replicas=1 5]");
    assert_eq!(show("remote.storage.enable"), "false 5 []");
}

#[test]
fn an_internal_config_of_a_topic_is_shown_only_where_it_was_set() {
    let (broker, name) = (broker(), "internal.segment.bytes");
    let plain = describe_topic(broker.layers(), &of(&[]));
    assert!(plain.iter().all(|entry| entry.name != name));
    let overrides = of(&[(name, "1000")]);
    assert_eq!(show(&describe_topic(broker.layers(), &overrides), name), "1000 1 [internal.segment.bytes=1000 1]");
    assert_eq!(TopicConfig::new(broker.layers(), &overrides).segment_bytes, 1000);
}

#[test]
fn a_unit_that_does_not_lead_its_list_is_not_shown_behind_a_topic() {
    let broker = broker();
    let entries = describe_topic(broker.layers(), &Overrides::new());
    assert_eq!(show(&entries, "retention.ms"), "7200000 5 []");
    assert_eq!(show(&entries, "flush.ms"), "9223372036854775807 5 []");
}

#[test]
fn a_brokers_value_comes_from_the_strongest_layer() {
    let broker = broker();
    let entries = describe_broker(broker.layers());
    let show = |name| show(&entries, name);
    assert_eq!(
        show("max.connections"),
        "30 2 [max.connections=30 2, max.connections=20 3, max.connections=10 4, max.connections=2147483647 5]"
    );
    assert_eq!(show("node.id"), "1 4 [node.id=1 4]");
    assert_eq!(show("log.retention.ms"), "null 5 []");
    assert_eq!(show("log.retention.hours"), "2 4 [log.retention.hours=2 4, log.retention.hours=168 5]");
    assert_eq!(show("advertised.listeners"), "null 5 []");
}

#[test]
fn secrets_and_what_might_be_one_are_not_shown() {
    let broker = broker();
    let entries = describe_broker(broker.layers());
    assert_eq!(show(&entries, "ssl.key.password"), "null 4 [ssl.key.password=null 4]");
    assert_eq!(show(&entries, "my.plugin.secret"), "null 2 [my.plugin.secret=null 2]");
    let name = "listener.name.internal.ssl.key.password";
    assert_eq!(show(&entries, name), format!("null 4 [{name}=null 4, ssl.key.password=null 4]"));
    let unknown = entries.iter().find(|entry| entry.name == "my.plugin.secret").expect("listed");
    assert!(unknown.is_sensitive && unknown.is_read_only && unknown.kind_code == 0 && unknown.doc.is_none());
}

#[test]
fn a_broker_lists_what_is_described_and_what_else_was_set() {
    let broker = broker();
    let names: Vec<_> = describe_broker(broker.layers()).into_iter().map(|entry| entry.name).collect();
    let described = table::described(ResourceType::Broker).len();
    assert_eq!(
        names[described..],
        ["listener.name.internal.ssl.key.password", "my.plugin.secret", "unstable.api.versions.enable"]
    );
}

#[test]
fn the_cluster_default_lists_only_what_was_set_there() {
    let entries = describe_cluster_default(&of(&[("min.insync.replicas", "1")]));
    assert_eq!(entries.len(), 1);
    assert_eq!(show(&entries, "min.insync.replicas"), "1 3 [min.insync.replicas=1 3]");
    assert!(!entries[0].is_read_only);
}

#[test]
fn groups_and_subscriptions_nobody_ever_saw_have_their_defaults() {
    let broker = broker();
    let group = describe_group(broker.layers(), &of(&[("share.isolation.level", "read_committed")]));
    assert_eq!(group.len(), 17);
    assert_eq!(show(&group, "consumer.session.timeout.ms"), "45000 5 [group.consumer.session.timeout.ms=45000 5]");
    assert_eq!(
        show(&group, "share.isolation.level"),
        "read_committed 8 [share.isolation.level=read_committed 8, share.isolation.level=read_uncommitted 5]"
    );
    let metrics = describe_client_metrics(&of(&[("interval.ms", "1000")]));
    assert_eq!(show(&metrics, "interval.ms"), "1000 7 [interval.ms=1000 7]");
    assert_eq!(show(&metrics, "match"), " 5 []");
}
