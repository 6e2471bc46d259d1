use protocol::{
    ErrorCode,
    messages::{
        alter_configs::{self, AlterConfigsRequest},
        incremental_alter_configs::*,
    },
};

use super::*;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

fn resource<'a>(
    resource_type: i8,
    resource_name: &'a str,
    configs: &[(&'a str, i8, Option<&'a str>)],
) -> AlterConfigsResource<'a> {
    let config = |&(name, config_operation, value): &(&'a str, i8, Option<&'a str>)| AlterableConfig {
        name: name.into(),
        config_operation,
        value: value.map(Str::from),
    };
    AlterConfigsResource {
        resource_type,
        resource_name: resource_name.into(),
        configs: configs.iter().map(config).collect(),
    }
}

fn alter(world: &mut World, resources: Vec<AlterConfigsResource<'_>>) -> Vec<ErrorCode> {
    let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
    let outcome = world.controller.incremental_alter_configs(&request);
    world.apply(outcome).responses.iter().map(|response| response.error_code).collect()
}

fn topic_config(world: &World, name: &str) -> Option<String> {
    world.controller.image().configs.topic("t")?.get(name).cloned()
}

fn world_with_t() -> World {
    let mut world = World::up();
    world.create(topic("t"));
    world
}

#[test]
fn a_config_is_set_and_taken_back() {
    let mut world = world_with_t();
    assert_eq!(alter(&mut world, vec![resource(TOPIC, "t", &[("retention.ms", 0, Some("5"))])]), [ErrorCode::NONE]);
    assert_eq!(topic_config(&world, "retention.ms").as_deref(), Some("5"));
    assert_eq!(alter(&mut world, vec![resource(TOPIC, "t", &[("retention.ms", 1, None)])]), [ErrorCode::NONE]);
    assert_eq!(topic_config(&world, "retention.ms"), None);
}

#[test]
fn one_bad_config_leaves_its_resource_alone_and_others_change() {
    let mut world = world_with_t();
    world.create(topic("u"));
    let bad = resource(TOPIC, "t", &[("retention.ms", 0, Some("5")), ("segment.bytes", 0, Some("x"))]);
    let good = resource(TOPIC, "u", &[("retention.ms", 0, Some("5"))]);
    assert_eq!(alter(&mut world, vec![bad, good]), [ErrorCode::INVALID_CONFIG, ErrorCode::NONE]);
    assert_eq!(topic_config(&world, "retention.ms"), None);
    assert!(world.controller.image().configs.topic("u").is_some());
}

#[test]
fn a_resource_named_twice_is_42_both_times() {
    let mut world = world_with_t();
    let once = || resource(TOPIC, "t", &[("retention.ms", 0, Some("5"))]);
    assert_eq!(alter(&mut world, vec![once(), once()]), [ErrorCode::INVALID_REQUEST; 2]);
    assert_eq!(topic_config(&world, "retention.ms"), None);
}

#[test]
fn resources_that_cannot_be_have_their_codes() {
    let mut world = world_with_t();
    let set = [("retention.ms", 0, Some("5"))];
    for (kind, name, code) in [
        (TOPIC, "u", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (TOPIC, "no good", ErrorCode::INVALID_TOPIC_EXCEPTION),
        (TOPIC, "", ErrorCode::INVALID_REQUEST),
        (1, "t", ErrorCode::INVALID_REQUEST),
        (99, "t", ErrorCode::INVALID_REQUEST),
        (32, "", ErrorCode::INVALID_REQUEST),
    ] {
        assert_eq!(alter(&mut world, vec![resource(kind, name, &set)]), [code], "{kind} {name:?}");
    }
}

#[test]
fn validate_only_checks_and_changes_nothing() {
    let world = world_with_t();
    let resources = vec![resource(TOPIC, "t", &[("retention.ms", 0, Some("5"))])];
    let outcome =
        world.controller.incremental_alter_configs(&IncrementalAlterConfigsRequest { resources, validate_only: true });
    assert_eq!(outcome.response.responses[0].error_code, ErrorCode::NONE);
    assert!(outcome.records.is_empty());
}

#[test]
fn min_insync_replicas_voids_eligible_replicas_after_the_change() {
    let world = world_with_t();
    let records = |resource| {
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
        world.controller.incremental_alter_configs(&request).records
    };
    let of_topic = records(resource(TOPIC, "t", &[("min.insync.replicas", 0, Some("2"))]));
    assert_eq!(names(&of_topic), ["ConfigRecord", "ClearElrRecord"]);
    let MetadataRecord::ClearElr(clear) = &of_topic[1] else { unreachable!() };
    assert_eq!(clear.topic_name, "t");
    let of_all = records(resource(BROKER, "", &[("min.insync.replicas", 0, Some("2"))]));
    assert_eq!(names(&of_all), ["ConfigRecord", "ClearElrRecord"]);
    let MetadataRecord::ClearElr(clear) = &of_all[1] else { unreachable!() };
    assert_eq!(clear.topic_name, "");
}

#[test]
fn while_eligible_replicas_are_kept_min_insync_replicas_stays_with_the_cluster() {
    let mut world = World::up();
    let own = resource(BROKER, "1", &[("min.insync.replicas", 0, Some("1"))]);
    let removed = resource(BROKER, "", &[("min.insync.replicas", 1, None)]);
    assert_eq!(alter(&mut world, vec![own]), [ErrorCode::INVALID_CONFIG]);
    assert_eq!(alter(&mut world, vec![removed]), [ErrorCode::INVALID_CONFIG]);
}

#[test]
fn a_change_for_all_brokers_counts_for_the_next_topic() {
    let mut world = World::up();
    let set = resource(BROKER, "", &[("log.retention.ms", 0, Some("77"))]);
    assert_eq!(alter(&mut world, vec![set]), [ErrorCode::NONE]);
    let configs = world.create(topic("t")).configs.unwrap();
    let retention = configs.iter().find(|config| config.name == "retention.ms").unwrap();
    assert_eq!(retention.value.as_ref().unwrap().to_text(), "77");
}

#[test]
fn alter_configs_takes_back_whatever_it_does_not_name() {
    let mut world = world_with_t();
    let both = resource(TOPIC, "t", &[("retention.ms", 0, Some("5")), ("max.message.bytes", 0, Some("9"))]);
    assert_eq!(alter(&mut world, vec![both]), [ErrorCode::NONE]);
    let request = AlterConfigsRequest {
        resources: vec![alter_configs::AlterConfigsResource {
            resource_type: TOPIC,
            resource_name: "t".into(),
            configs: vec![alter_configs::AlterableConfig { name: "retention.ms".into(), value: Some("6".into()) }],
        }],
        validate_only: false,
    };
    let outcome = world.controller.alter_configs(&request);
    assert_eq!(world.apply(outcome).responses[0].error_code, ErrorCode::NONE);
    assert_eq!(topic_config(&world, "retention.ms").as_deref(), Some("6"));
    assert_eq!(topic_config(&world, "max.message.bytes"), None);
}
