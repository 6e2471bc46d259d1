use protocol::{ErrorCode, stored::metadata::*, types::LeaderEpoch};

use super::{
    super::{
        bootstrap::{ActivationError, default_records},
        brokers::RegisterBrokerError,
    },
    *,
};
use crate::image::{ControllerRegistration, LeaderRecoveryState, PartitionImage};

fn change(record: &MetadataRecord) -> &PartitionChangeRecord {
    let MetadataRecord::PartitionChange(change) = record else { panic!("{record:?} is no change of a partition") };
    change
}

fn register(
    world: &World,
    request: &BrokerRegistrationRequest,
    former: Former,
) -> Result<Outcome<i64>, RegisterBrokerError> {
    world.controller.register_broker(request, former, Offset(world.log_end))
}

fn epoch(world: &World) -> i64 {
    world.controller.image().cluster.broker(NODE).unwrap().epoch
}

#[test]
fn an_empty_log_begins_as_kafkas_does() {
    let mut world = World::empty();
    let outcome = world.controller.activate(&default_records(), false).unwrap();
    assert_eq!(
        names(&outcome.records),
        [
            "BeginTransactionRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "ConfigRecord",
            "EndTransactionRecord",
        ]
    );
    world.apply(outcome);
    assert_eq!(world.log_end, 12);
    let image = world.controller.image();
    assert_eq!(image.metadata_version(), MetadataVersion::LATEST);
    assert_eq!(world.controller.layers().int("min.insync.replicas"), 1);
    assert!(image.features.has_elr());
}

#[test]
fn a_log_that_has_begun_needs_nothing_more() {
    let world = World::up();
    assert!(world.controller.activate(&default_records(), false).unwrap().records.is_empty());
}

#[test]
fn a_transaction_that_a_dead_controller_left_open_is_aborted() {
    let mut world = World::empty();
    world.apply(Outcome::atomic(vec![BeginTransactionRecord::default().into(), default_records().remove(0)], ()));
    let outcome = world.controller.activate(&default_records(), false).unwrap();
    assert_eq!(names(&outcome.records)[..2], ["AbortTransactionRecord", "BeginTransactionRecord"]);
    world.apply(outcome);
    assert_eq!(world.controller.transaction_began_at(), None);
    assert_eq!(world.controller.image().metadata_version(), MetadataVersion::LATEST);
}

#[test]
fn a_directory_formatted_for_another_version_is_refused() {
    let level = |feature_level| FeatureLevelRecord { name: "metadata.version".into(), feature_level }.into();
    let activate = |records: &[MetadataRecord], unstable| World::empty().controller.activate(records, unstable);
    assert!(matches!(activate(&[level(20)], false), Err(ActivationError::Level(_))));
    assert!(matches!(activate(&[level(31)], false), Err(ActivationError::Level(_))));
    assert!(activate(&[level(31)], true).is_ok());
    assert_eq!(activate(&[], false), Err(ActivationError::NoLevel));
}

#[test]
fn a_controller_registers_with_seven_features() {
    let mut world = World::up();
    let registration = ControllerRegistration {
        id: 1,
        incarnation_id: Uuid([3; 16]),
        zk_migration_ready: false,
        listeners: Vec::new(),
        features: features::supported(false),
    };
    let outcome = world.controller.register_controller(&registration);
    let MetadataRecord::RegisterController(record) = &outcome.records[0] else { panic!() };
    assert_eq!(record.features.len(), 7);
    world.apply(outcome);
    assert_eq!(*world.controller.image().cluster.controllers[&1], registration);
}

#[test]
fn a_first_registration_is_fenced_and_its_epoch_is_its_offset() {
    let mut world = World::empty();
    let activation = world.controller.activate(&default_records(), false).unwrap();
    world.apply(activation);
    let outcome = register(&world, &registration(1, -1), Former::Unknown).unwrap();
    assert_eq!(names(&outcome.records), ["RegisterBrokerRecord"]);
    assert_eq!(outcome.response, world.log_end);
    world.apply(outcome);
    let broker = world.controller.image().cluster.broker(NODE).unwrap();
    assert!(broker.fenced && broker.cordoned_log_dirs.is_none());
}

#[test]
fn a_broker_is_unfenced_once_it_has_applied_its_registration() {
    let mut world = World::empty();
    let activation = world.controller.activate(&default_records(), false).unwrap();
    world.apply(activation);
    let outcome = register(&world, &registration(1, -1), Former::Unknown).unwrap();
    let epoch = world.apply(outcome);
    let mut heartbeat = Heartbeat {
        id: NODE,
        epoch,
        metadata_offset: Offset(epoch - 1),
        want_fence: false,
        want_shut_down: false,
        cordoned_log_dirs: None,
    };
    let early = world.controller.broker_heartbeat(&heartbeat).unwrap();
    assert!(early.records.is_empty());
    assert_eq!((early.response.is_caught_up, early.response.is_fenced), (false, true));
    heartbeat.metadata_offset = Offset(epoch);
    heartbeat.cordoned_log_dirs = Some(Vec::new());
    let outcome = world.controller.broker_heartbeat(&heartbeat).unwrap();
    let changes: Vec<_> = outcome
        .records
        .iter()
        .map(|record| match record {
            MetadataRecord::BrokerRegistrationChange(change) => (change.fenced, change.cordoned_log_dirs.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(changes, [(-1, None), (0, Some(Vec::new()))]);
    world.apply(outcome);
    assert!(world.controller.broker_heartbeat(&heartbeat).unwrap().records.is_empty());
}

#[test]
fn a_heartbeat_of_another_incarnation_is_77_and_of_nobody_102() {
    let world = World::up();
    let heartbeat = Heartbeat {
        id: NODE,
        epoch: epoch(&world) - 1,
        metadata_offset: Offset(0),
        want_fence: false,
        want_shut_down: false,
        cordoned_log_dirs: None,
    };
    let error = world.controller.broker_heartbeat(&heartbeat).unwrap_err();
    assert_eq!(error.code(), ErrorCode::STALE_BROKER_EPOCH);
    let error = world.controller.broker_heartbeat(&Heartbeat { id: BrokerId(2), ..heartbeat }).unwrap_err();
    assert_eq!(error.code(), ErrorCode::BROKER_ID_NOT_REGISTERED);
}

#[test]
fn a_second_incarnation_waits_while_the_first_may_live() {
    let world = World::up();
    let error = register(&world, &registration(2, -1), Former::Unknown).unwrap_err();
    assert_eq!(error.code(), ErrorCode::DUPLICATE_BROKER_REGISTRATION);
    assert!(register(&world, &registration(2, -1), Former::Gone).is_ok());
}

#[test]
fn the_same_incarnation_may_register_again_and_keeps_its_epoch() {
    let mut world = World::up();
    let outcome = register(&world, &registration(1, -1), Former::Unknown).unwrap();
    assert_eq!(outcome.response, epoch(&world));
    world.apply(outcome);
    assert!(!world.controller.image().cluster.broker(NODE).unwrap().fenced);
}

#[test]
fn directories_and_features_that_do_not_fit_are_refused() {
    let mut world = World::up();
    let other = BrokerRegistrationRequest { id: BrokerId(2), log_dirs: vec![Uuid([0xd2; 16])], ..registration(9, -1) };
    let outcome = register(&world, &other, Former::Unknown).unwrap();
    world.apply(outcome);
    let mut old = features::supported(false);
    old.insert("metadata.version".into(), 7..=29);
    let mut silent = features::supported(false);
    silent.remove("metadata.version");
    let base = registration(1, -1);
    let dirs = |log_dirs| BrokerRegistrationRequest { log_dirs, ..base.clone() };
    for (request, code) in [
        (dirs(vec![]), ErrorCode::INVALID_REGISTRATION),
        (dirs(vec![Uuid::ONE]), ErrorCode::INVALID_REGISTRATION),
        (dirs(vec![DIRECTORY, DIRECTORY]), ErrorCode::INVALID_REGISTRATION),
        (dirs(vec![Uuid([0xd2; 16])]), ErrorCode::INVALID_REGISTRATION),
        (BrokerRegistrationRequest { features: silent, ..base.clone() }, ErrorCode::INVALID_REGISTRATION),
        (BrokerRegistrationRequest { features: old, ..base.clone() }, ErrorCode::UNSUPPORTED_VERSION),
    ] {
        assert_eq!(register(&world, &request, Former::Unknown).unwrap_err().code(), code, "{request:?}");
    }
}

/// The whole of what a clean stop writes, as observed of Kafka 4.3.1.
#[test]
fn after_a_clean_stop_a_partition_has_no_leader_and_its_last_replica_stays_eligible() {
    let mut world = World::up();
    world.create(topic("t"));
    let epoch = epoch(&world);
    let before = world.partition("t", 0);
    let first = world.log_end;
    assert!(!world.heartbeat(epoch, true).should_shut_down);
    assert_eq!(world.log_end - first, 2);
    assert!(world.heartbeat(epoch, true).should_shut_down);
    assert_eq!(world.log_end - first, 3);
    let broker = world.controller.image().cluster.broker(NODE).unwrap();
    assert!(broker.fenced && broker.in_controlled_shutdown);
    assert_eq!(
        world.partition("t", 0),
        PartitionImage {
            isr: vec![],
            leader: None,
            eligible_leader_replicas: vec![NODE],
            last_known_elr: vec![NODE],
            leader_epoch: LeaderEpoch(1),
            partition_epoch: 1,
            ..before
        }
    );
}

#[test]
fn a_broker_that_leads_nothing_may_go_at_once() {
    let mut world = World::up();
    let epoch = epoch(&world);
    assert!(world.heartbeat(epoch, true).should_shut_down);
    assert!(world.controller.image().cluster.broker(NODE).unwrap().fenced);
}

#[test]
fn after_a_clean_stop_and_start_a_partition_leads_as_before_two_epochs_on() {
    let mut world = World::up();
    world.create(topic("t"));
    let before = world.partition("t", 0);
    let epoch = epoch(&world);
    world.heartbeat(epoch, true);
    world.heartbeat(epoch, true);
    let outcome = register(&world, &registration(2, epoch), Former::Gone).unwrap();
    assert_eq!(names(&outcome.records), ["RegisterBrokerRecord"]);
    world.start(2, epoch);
    assert_eq!(world.partition("t", 0), PartitionImage { leader_epoch: LeaderEpoch(2), partition_epoch: 2, ..before });
}

#[test]
fn after_a_kill_the_last_leader_comes_back_and_may_lack_records() {
    let mut world = World::up();
    world.create(topic("t"));
    let before = world.partition("t", 0);
    let outcome = register(&world, &registration(2, -1), Former::Gone).unwrap();
    assert_eq!(names(&outcome.records), ["PartitionChangeRecord", "RegisterBrokerRecord"]);
    let gone = change(&outcome.records[0]);
    assert_eq!(
        (gone.leader, gone.isr.as_deref(), gone.last_known_elr.as_deref()),
        (BrokerId(-1), Some(&[][..]), Some(&[NODE][..]))
    );
    assert_eq!(gone.eligible_leader_replicas, None);
    world.start(2, -1);
    assert_eq!(
        world.partition("t", 0),
        PartitionImage {
            leader_recovery_state: LeaderRecoveryState::Recovering,
            leader_epoch: LeaderEpoch(2),
            partition_epoch: 2,
            ..before
        }
    );
}

#[test]
fn a_kill_after_a_clean_stop_took_the_partitions_strikes_the_broker_from_the_eligible_ones() {
    let mut world = World::up();
    world.create(topic("t"));
    let epoch = epoch(&world);
    world.heartbeat(epoch, true);
    let outcome = register(&world, &registration(2, -1), Former::Gone).unwrap();
    assert_eq!(change(&outcome.records[0]).eligible_leader_replicas.as_deref(), Some(&[][..]));
    world.start(2, -1);
    let partition = world.partition("t", 0);
    assert_eq!((partition.leader, partition.isr, partition.last_known_elr), (Some(NODE), vec![NODE], vec![]));
    assert_eq!(partition.leader_recovery_state, LeaderRecoveryState::Recovering);
}

#[test]
fn without_eligible_replicas_the_last_one_stays_in_sync() {
    let mut world = World::empty();
    let level = FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30 };
    let activation = world.controller.activate(&[level.into()], false).unwrap();
    assert_eq!(names(&activation.records), ["BeginTransactionRecord", "FeatureLevelRecord", "EndTransactionRecord"]);
    world.apply(activation);
    world.start(1, -1);
    world.create(topic("t"));
    let before = world.partition("t", 0);
    world.start(2, -1);
    assert_eq!(world.partition("t", 0), PartitionImage { leader_epoch: LeaderEpoch(2), partition_epoch: 2, ..before });
}

#[test]
fn a_partition_whose_directory_is_gone_gets_no_leader() {
    let mut world = World::up();
    world.create(topic("t"));
    let elsewhere = BrokerRegistrationRequest { log_dirs: vec![Uuid([0xee; 16])], ..registration(2, -1) };
    let outcome = register(&world, &elsewhere, Former::Gone).unwrap();
    let epoch = world.apply(outcome);
    world.heartbeat(epoch, false);
    assert_eq!(world.partition("t", 0).leader, None);
}

#[test]
fn producer_ids_come_in_blocks_of_a_thousand_and_never_twice() {
    let mut world = World::up();
    for block in [0..1000, 1000..2000] {
        let outcome = world.controller.allocate_producer_ids(NODE, epoch(&world)).unwrap();
        assert_eq!(world.apply(outcome), block);
    }
    let next = world.controller.image().next_producer_id.unwrap();
    assert_eq!((next.id, next.broker_id), (2000, NODE));
    let error = world.controller.allocate_producer_ids(NODE, 0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::STALE_BROKER_EPOCH);
}

#[test]
fn producer_ids_run_out_without_wrapping() {
    let mut world = World::up();
    let last = ProducerIdsRecord { next_producer_id: i64::MAX - 500, ..Default::default() };
    world.apply(Outcome::atomic(vec![last.into()], ()));
    let error = world.controller.allocate_producer_ids(NODE, epoch(&world)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UNKNOWN_SERVER_ERROR);
}
