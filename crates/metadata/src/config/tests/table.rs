use std::collections::BTreeSet;

use crate::config::def::{ConfigDef, Kind, Mode, Origin, ResourceType, Status};
use crate::config::{table, value};

const RESOURCES: [ResourceType; 4] =
    [ResourceType::Topic, ResourceType::Broker, ResourceType::ClientMetrics, ResourceType::Group];

fn count(resource: ResourceType, holds: impl Fn(&ConfigDef) -> bool) -> usize {
    table::described(resource).iter().filter(|def| def.origin == Origin::Kafka && holds(def)).count()
}

#[test]
fn clients_are_told_as_many_configs_as_apache_kafka_4_3_has() {
    let counts = RESOURCES.map(|resource| count(resource, |_| true));
    assert_eq!(counts, [33, 340, 3, 17]);
    let modes = [Mode::ReadOnly, Mode::ClusterWide, Mode::PerBroker, Mode::PerListener];
    let by_mode = modes.map(|mode| count(ResourceType::Broker, |def| def.mode == mode));
    assert_eq!(by_mode, [241, 62, 26, 11]);
    assert_eq!(count(ResourceType::Broker, ConfigDef::is_sensitive), 10);
}

#[test]
fn ours_come_after_kafkas_each_sorted_by_name() {
    for resource in RESOURCES {
        let order: Vec<_> = table::described(resource).iter().map(|def| (def.origin, def.name)).collect();
        assert!(order.is_sorted(), "{resource:?}");
        for (origin, name) in order {
            assert_eq!(origin == Origin::Milena, name.starts_with("milena."), "{name}");
        }
    }
}

#[test]
fn every_default_is_a_valid_value_in_its_normal_form() {
    for resource in RESOURCES {
        for def in table::described(resource) {
            if let Some(default) = def.default {
                let parsed = value::parse(def, default).unwrap_or_else(|error| panic!("{}: {error}", def.name));
                assert_eq!(parsed.to_string(), default, "{}", def.name);
            }
        }
    }
}

#[test]
fn the_broker_configs_behind_another_exist_and_have_its_type() {
    for resource in [ResourceType::Topic, ResourceType::Group] {
        for def in table::described(resource) {
            for synonym in def.synonyms {
                let broker = table::find(ResourceType::Broker, synonym.name).expect(synonym.name);
                let number = |kind| matches!(kind, Kind::Int | Kind::Long);
                let fits = if synonym.factor == 1 { broker.kind == def.kind } else { number(broker.kind) };
                assert!(fits, "{} and {}", def.name, synonym.name);
            }
            assert_eq!(def.mode, Mode::Resource, "{}", def.name);
        }
    }
}

#[test]
fn a_config_and_what_it_falls_back_to_work_alike() {
    for def in table::described(ResourceType::Topic) {
        for synonym in def.synonyms {
            let broker = table::find(ResourceType::Broker, synonym.name).expect(synonym.name);
            assert_eq!(broker.status, def.status, "{} and {}", def.name, synonym.name);
        }
    }
}

#[test]
fn every_config_says_what_it_means_in_words_of_its_own() {
    for resource in RESOURCES {
        for def in table::described(resource) {
            assert!(def.doc.ends_with('.') && !def.doc.contains("  "), "{}: {}", def.name, def.doc);
        }
    }
}

#[test]
fn what_is_not_acted_on_is_not_relied_on_by_our_own_defaults() {
    let ours = RESOURCES.iter().flat_map(|resource| table::described(*resource));
    let names: BTreeSet<_> =
        ours.filter(|def| def.origin == Origin::Milena && def.status != Status::Works).map(|def| def.name).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_misspelt_name_finds_the_one_that_was_meant() {
    let nearest = |name| table::nearest(ResourceType::Broker, name);
    assert_eq!(nearest("log.retention.hour"), Some("log.retention.hours"));
    assert_eq!(nearest("advertised.listener"), Some("advertised.listeners"));
    assert_eq!(nearest("numpartitions"), Some("num.partitions"));
    assert_eq!(nearest("colour.of.the.sky"), None);
    assert_eq!(nearest(""), None);
}

#[test]
fn a_listeners_own_config_is_known_by_what_follows_its_prefix() {
    let base = |name| table::find_broker(name).map(|def| def.name);
    assert_eq!(base("listener.name.internal.max.connections"), Some("max.connections"));
    assert_eq!(base("listener.name.internal.plain.sasl.jaas.config"), Some("sasl.jaas.config"));
    assert_eq!(base("listener.name.internal.nonsense"), None);
    assert_eq!(base("listener.name.internal"), None);
}
