use protocol::{
    ErrorCode,
    messages::{create_partitions::*, delete_topics::*},
    stored::metadata::PartitionRecord,
    types::LeaderEpoch,
};

use super::*;

fn create_error(world: &mut World, topic: CreatableTopic<'_>) -> ErrorCode {
    let before = world.log_end;
    let result = world.create(topic);
    assert_eq!(world.log_end, before, "an error writes nothing");
    assert!(result.error_message.is_some());
    assert_eq!((result.num_partitions, result.replication_factor), (-1, -1));
    assert_eq!(result.configs.as_deref(), Some(&[][..]));
    result.error_code
}

#[test]
fn a_new_topic_has_the_records_that_kafka_writes() {
    let mut world = World::up();
    let outcome = world.decide_topics(&CreateTopicsRequest { topics: vec![topic_of("t1", 2)], ..Default::default() });
    assert!(outcome.atomic);
    assert_eq!(names(&outcome.records), ["TopicRecord", "PartitionRecord", "PartitionRecord"]);
    let id = outcome.response.topics[0].topic_id;
    let partition = PartitionRecord {
        partition_id: 1,
        topic_id: id,
        replicas: vec![NODE],
        isr: vec![1],
        leader: NODE,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: 0,
        directories: vec![DIRECTORY],
        ..Default::default()
    };
    assert_eq!(outcome.records[2], partition.into());
}

#[test]
fn the_answer_says_what_was_made() {
    let mut world = World::up();
    let result = world.create(with_configs("t", &[("retention.ms", Some("5"))]));
    assert_eq!((result.error_code, result.error_message), (ErrorCode::NONE, None));
    assert_eq!((result.num_partitions, result.replication_factor), (1, 1));
    let made = world.controller.image().topics.by_name("t").unwrap();
    assert_eq!((made.id, made.partitions.len()), (result.topic_id, 1));
    assert!(world.delta.topics_created.contains(&made.id));
    assert_eq!(world.controller.image().configs.topic("t").unwrap()["retention.ms"], "5");
}

#[test]
fn the_answer_has_all_33_configs_with_their_sources() {
    let mut world = World::up();
    let configs = world.create(with_configs("t", &[("retention.ms", Some("5"))])).configs.unwrap();
    let kafkas: Vec<_> = configs.iter().filter(|c| !c.name.to_text().starts_with("milena.")).collect();
    assert_eq!(kafkas.len(), 33);
    let retention = kafkas.iter().find(|c| c.name == "retention.ms").unwrap();
    assert_eq!((retention.value.as_ref().unwrap().to_text().as_ref(), retention.config_source), ("5", 1));
    let segment = kafkas.iter().find(|c| c.name == "segment.bytes").unwrap();
    assert_eq!(segment.config_source, 5);
}

#[test]
fn minus_one_means_the_defaults_of_the_node() {
    let mut world = World::up_with_file(&[("num.partitions", "3")]);
    let result = world.create(CreatableTopic { num_partitions: -1, replication_factor: -1, ..topic("t") });
    assert_eq!((result.error_code, result.num_partitions, result.replication_factor), (ErrorCode::NONE, 3, 1));
}

#[test]
fn validate_only_answers_the_same_and_makes_nothing() {
    let mut world = World::up();
    let request = |validate_only| CreateTopicsRequest { topics: vec![topic("t")], validate_only, ..Default::default() };
    let dry = world.decide_topics(&request(true));
    assert!(dry.records.is_empty());
    let result = &dry.response.topics[0];
    assert!(!result.topic_id.is_zero() && result.configs.as_ref().is_some_and(|c| !c.is_empty()));
    assert_eq!(world.create_topics(&request(false))[0].error_code, ErrorCode::NONE);
    assert_eq!(world.decide_topics(&request(true)).response.topics[0].error_code, ErrorCode::TOPIC_ALREADY_EXISTS);
}

#[test]
fn a_topic_that_exists_is_36() {
    let mut world = World::up();
    assert_eq!(world.create(topic("a.b")).error_code, ErrorCode::NONE);
    assert_eq!(create_error(&mut world, topic("a.b")), ErrorCode::TOPIC_ALREADY_EXISTS);
}

#[test]
fn an_invalid_or_colliding_name_is_17() {
    let mut world = World::up();
    assert_eq!(world.create(topic("a.b")).error_code, ErrorCode::NONE);
    for name in ["", ".", "a b", "a_b", "ö"] {
        assert_eq!(create_error(&mut world, topic(name)), ErrorCode::INVALID_TOPIC_EXCEPTION, "{name:?}");
    }
    let bytes = CreatableTopic { name: Str::from_bytes(b"\xff"), ..topic("") };
    assert_eq!(create_error(&mut world, bytes), ErrorCode::INVALID_TOPIC_EXCEPTION);
}

#[test]
fn a_number_of_partitions_below_1_is_37() {
    let mut world = World::up();
    for count in [0, -2, i32::MIN] {
        assert_eq!(create_error(&mut world, topic_of("t", count)), ErrorCode::INVALID_PARTITIONS);
    }
}

#[test]
fn a_replication_factor_below_1_or_above_the_brokers_is_38() {
    let mut world = World::up();
    for replication_factor in [0, -2, 2, i16::MAX] {
        let topic = CreatableTopic { replication_factor, ..topic("t") };
        assert_eq!(create_error(&mut world, topic), ErrorCode::INVALID_REPLICATION_FACTOR);
    }
}

#[test]
fn a_cluster_whose_brokers_are_all_fenced_makes_no_topics() {
    let mut world = World::empty();
    let activation = world.controller.activate(&bootstrap::default_records(), false).unwrap();
    world.apply(activation);
    assert_eq!(create_error(&mut world, topic("t")), ErrorCode::INVALID_REPLICATION_FACTOR);
}

fn assigned<'a>(name: &'a str, partitions: &[(i32, &[i32])]) -> CreatableTopic<'a> {
    let assignment = |&(partition_index, brokers): &(i32, &[i32])| CreatableReplicaAssignment {
        partition_index,
        broker_ids: brokers.iter().copied().map(BrokerId).collect(),
    };
    CreatableTopic {
        num_partitions: -1,
        replication_factor: -1,
        assignments: partitions.iter().map(assignment).collect(),
        ..topic(name)
    }
}

#[test]
fn an_assignment_is_followed_or_39() {
    let mut world = World::up();
    let result = world.create(assigned("t", &[(1, &[1]), (0, &[1])]));
    assert_eq!((result.error_code, result.num_partitions, result.replication_factor), (ErrorCode::NONE, 2, 1));
    let wrong: [&[(i32, &[i32])]; 6] =
        [&[(0, &[])], &[(0, &[2])], &[(0, &[1, 1])], &[(0, &[1]), (0, &[1])], &[(0, &[1]), (2, &[1])], &[(-1, &[1])]];
    for partitions in wrong {
        let code = create_error(&mut world, assigned("u", partitions));
        assert_eq!(code, ErrorCode::INVALID_REPLICA_ASSIGNMENT, "{partitions:?}");
    }
}

#[test]
fn an_assignment_together_with_numbers_is_42() {
    let mut world = World::up();
    let both = assigned("t", &[(0, &[1])]);
    for topic in
        [CreatableTopic { num_partitions: 1, ..both.clone() }, CreatableTopic { replication_factor: 1, ..both }]
    {
        assert_eq!(create_error(&mut world, topic), ErrorCode::INVALID_REQUEST);
    }
}

#[test]
fn a_config_that_is_unknown_or_bad_or_null_is_40() {
    let mut world = World::up();
    let bad =
        [("no.such", Some("1")), ("retention.ms", Some("x")), ("segment.bytes", Some("-1")), ("retention.ms", None)];
    for config in bad {
        assert_eq!(create_error(&mut world, with_configs("t", &[config])), ErrorCode::INVALID_CONFIG, "{config:?}");
    }
}

#[test]
fn of_a_config_given_twice_the_last_counts() {
    let mut world = World::up();
    world.create(with_configs("t", &[("retention.ms", Some("1")), ("retention.ms", Some("2"))]));
    assert_eq!(world.controller.image().configs.topic("t").unwrap()["retention.ms"], "2");
}

#[test]
fn a_topic_named_twice_gets_one_answer_42_and_the_others_are_made() {
    let mut world = World::up();
    let topics = vec![topic("t"), topic("u"), topic("t"), topic("t")];
    let results = world.create_topics(&CreateTopicsRequest { topics, ..Default::default() });
    let codes: Vec<_> = results.iter().map(|r| (r.name.to_text().into_owned(), r.error_code)).collect();
    assert_eq!(codes, [("t".to_owned(), ErrorCode::INVALID_REQUEST), ("u".to_owned(), ErrorCode::NONE)]);
    assert_eq!(world.controller.image().topics.len(), 1);
}

#[test]
fn the_log_of_metadata_is_42() {
    assert_eq!(create_error(&mut World::up(), topic("__cluster_metadata")), ErrorCode::INVALID_REQUEST);
}

#[test]
fn more_than_10_000_partitions_in_a_request_are_44_for_all() {
    let mut world = World::up();
    let topics = |more| vec![topic_of("t", 9_999), topic_of("u", more)];
    let results = world.create_topics(&CreateTopicsRequest { topics: topics(2), ..Default::default() });
    assert!(results.iter().all(|r| r.error_code == ErrorCode::POLICY_VIOLATION));
    assert_eq!(create_error(&mut world, topic_of("t", i32::MAX)), ErrorCode::POLICY_VIOLATION);
    let results = world.create_topics(&CreateTopicsRequest { topics: topics(1), ..Default::default() });
    assert!(results.iter().all(|r| r.error_code == ErrorCode::NONE));
    assert_eq!(world.partition("t", 9_998).leader, Some(NODE));
}

#[test]
fn a_timeout_of_0_is_7_and_makes_nothing() {
    let mut world = World::up();
    let request = CreateTopicsRequest { topics: vec![topic("t")], timeout_ms: 0, validate_only: false };
    let outcome = world.decide_topics(&request);
    assert_eq!(outcome.response.topics[0].error_code, ErrorCode::REQUEST_TIMED_OUT);
    assert!(outcome.records.is_empty());
}

#[test]
fn the_topic_of_the_group_coordinator_is_compacted_in_segments_of_100_mib() {
    let mut world = World::up_with_file(&[("offsets.topic.replication.factor", "1")]);
    let result = world.create(world.controller.consumer_offsets_topic());
    assert_eq!((result.error_code, result.num_partitions), (ErrorCode::NONE, 50));
    let configs = world.controller.image().configs.topic("__consumer_offsets").unwrap();
    assert_eq!(configs["cleanup.policy"], "compact");
    assert_eq!(configs["segment.bytes"], "104857600");
    assert_eq!(configs["compression.type"], "producer");
}

#[test]
fn min_insync_replicas_at_creation_voids_eligible_replicas_between_configs_and_partitions() {
    let mut world = World::up();
    let topics = vec![with_configs("t", &[("min.insync.replicas", Some("1"))])];
    let outcome = world.decide_topics(&CreateTopicsRequest { topics, ..Default::default() });
    assert_eq!(names(&outcome.records), ["TopicRecord", "ConfigRecord", "ClearElrRecord", "PartitionRecord"]);
    world.apply(outcome);
}

fn delete(world: &mut World, topics: Vec<DeleteTopicState<'_>>) -> Vec<(Option<String>, Uuid, ErrorCode)> {
    let request = DeleteTopicsRequest { topics, timeout_ms: 1000, ..Default::default() };
    let outcome = world.controller.delete_topics(&request);
    let responses = world.apply(outcome).responses;
    responses.into_iter().map(|r| (r.name.map(|n| n.to_text().into_owned()), r.topic_id, r.error_code)).collect()
}

fn by_name(name: &str) -> DeleteTopicState<'_> {
    DeleteTopicState { name: Some(name.into()), topic_id: Uuid::ZERO }
}

fn by_id(topic_id: Uuid) -> DeleteTopicState<'static> {
    DeleteTopicState { name: None, topic_id }
}

#[test]
fn topics_are_deleted_by_name_or_id_and_their_configs_with_them() {
    let mut world = World::up();
    let a = world.create(with_configs("a", &[("retention.ms", Some("5"))])).topic_id;
    let b = world.create(topic("b")).topic_id;
    let results = delete(&mut world, vec![by_name("a"), by_id(b)]);
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(results, [(some("a"), a, ErrorCode::NONE), (some("b"), b, ErrorCode::NONE)]);
    assert!(world.controller.image().topics.is_empty());
    assert!(world.controller.image().configs.topic("a").is_none());
    let again = world.create(topic("a")).topic_id;
    assert_ne!(again, a);
}

#[test]
fn an_unknown_name_is_3_and_an_unknown_id_100() {
    let mut world = World::up();
    let results = delete(&mut world, vec![by_name("a"), by_name("no good"), by_id(Uuid([9; 16]))]);
    let codes: Vec<_> = results.iter().map(|r| r.2).collect();
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(codes, [unknown, unknown, ErrorCode::UNKNOWN_TOPIC_ID]);
}

#[test]
fn naming_a_topic_not_at_all_or_both_ways_or_twice_is_42() {
    let mut world = World::up();
    let id = world.create(topic("a")).topic_id;
    let both = DeleteTopicState { name: Some("a".into()), topic_id: id };
    for topics in [
        vec![by_id(Uuid::ZERO)],
        vec![both],
        vec![by_name("a"), by_name("a")],
        vec![by_id(id), by_id(id)],
        vec![by_id(id), by_name("a")],
        vec![by_name("a"), by_id(id)],
    ] {
        let results = delete(&mut world, topics.clone());
        assert_eq!(results.len(), 1, "{topics:?}");
        assert_eq!(results[0].2, ErrorCode::INVALID_REQUEST, "{topics:?}");
    }
    assert_eq!(world.controller.image().topics.len(), 1);
}

#[test]
fn deletion_can_be_disabled() {
    let mut world = World::up_with_file(&[("delete.topic.enable", "false")]);
    world.create(topic("a"));
    assert_eq!(delete(&mut world, vec![by_name("a")])[0].2, ErrorCode::TOPIC_DELETION_DISABLED);
    assert_eq!(world.controller.image().topics.len(), 1);
}

fn more(name: &str, count: i32) -> CreatePartitionsTopic<'_> {
    CreatePartitionsTopic { name: name.into(), count, assignments: None }
}

fn add(world: &mut World, topics: Vec<CreatePartitionsTopic<'_>>) -> Vec<ErrorCode> {
    let request = CreatePartitionsRequest { topics, timeout_ms: 1000, validate_only: false };
    let outcome = world.controller.create_partitions(&request);
    world.apply(outcome).results.iter().map(|result| result.error_code).collect()
}

#[test]
fn a_topic_gets_more_partitions() {
    let mut world = World::up();
    world.create(topic("t"));
    assert_eq!(add(&mut world, vec![more("t", 3)]), [ErrorCode::NONE]);
    let made = world.controller.image().topics.by_name("t").unwrap();
    assert_eq!(made.partitions.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_topic_never_gets_fewer_partitions_37() {
    let mut world = World::up();
    world.create(topic_of("t", 2));
    for count in [2, 1, 0, -1] {
        assert_eq!(add(&mut world, vec![more("t", count)]), [ErrorCode::INVALID_PARTITIONS]);
    }
}

#[test]
fn more_partitions_of_no_topic_are_3_of_a_topic_named_twice_42_and_too_many_44() {
    let mut world = World::up();
    world.create(topic("t"));
    assert_eq!(add(&mut world, vec![more("u", 3)]), [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]);
    assert_eq!(add(&mut world, vec![more("t", 2), more("t", 3)]), [ErrorCode::INVALID_REQUEST]);
    assert_eq!(add(&mut world, vec![more("t", i32::MAX)]), [ErrorCode::POLICY_VIOLATION]);
}

#[test]
fn an_assignment_of_new_partitions_is_followed_or_39() {
    let mut world = World::up();
    world.create(topic("t"));
    let assigned = |brokers: &[&[i32]]| {
        let assignment =
            |ids: &&[i32]| CreatePartitionsAssignment { broker_ids: ids.iter().copied().map(BrokerId).collect() };
        CreatePartitionsTopic { assignments: Some(brokers.iter().map(assignment).collect()), ..more("t", 2) }
    };
    let wrong: [&[&[i32]]; 5] = [&[], &[&[1], &[1]], &[&[2]], &[&[]], &[&[1, 1]]];
    for brokers in wrong {
        assert_eq!(add(&mut world, vec![assigned(brokers)]), [ErrorCode::INVALID_REPLICA_ASSIGNMENT], "{brokers:?}");
    }
    assert_eq!(add(&mut world, vec![assigned(&[&[1]])]), [ErrorCode::NONE]);
}

proptest::proptest! {
    #[test]
    fn what_the_answer_says_is_what_the_records_make(
        topics in proptest::collection::vec(("[a-c._]{0,2}", -2i32..4, -2i16..3, proptest::option::of("[0-9x]{0,2}")), 0..12)
    ) {
        let mut world = World::up();
        let configs: Vec<Vec<_>> = topics.iter().map(|t| t.3.iter().map(|v| ("retention.ms", Some(v.as_str()))).collect()).collect();
        let asked = topics.iter().zip(&configs).map(|((name, num_partitions, replication_factor, _), configs)| {
            CreatableTopic {
                num_partitions: *num_partitions,
                replication_factor: *replication_factor,
                ..with_configs(name, configs)
            }
        });
        let request = CreateTopicsRequest { topics: asked.collect(), ..Default::default() };
        let results = world.create_topics(&request);
        let made = results.iter().filter(|result| result.error_code == ErrorCode::NONE);
        proptest::prop_assert_eq!(world.controller.image().topics.len(), made.clone().count());
        for result in made {
            let topic = world.controller.image().topics.by_id(result.topic_id).unwrap();
            proptest::prop_assert!(result.name == *topic.name);
            proptest::prop_assert_eq!(topic.partitions.len() as i32, result.num_partitions);
        }
    }
}
