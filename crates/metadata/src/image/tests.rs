use proptest::prelude::*;
use protocol::{
    stored::metadata::*,
    types::{BrokerId, LeaderEpoch, Offset, Uuid},
};

use super::*;
use crate::config::ResourceType;

fn id(n: u8) -> Uuid {
    Uuid([n; 16])
}

fn topic(n: u8) -> MetadataRecord {
    TopicRecord { name: format!("topic-{n}").into(), topic_id: id(n) }.into()
}

fn partition(n: u8, partition_id: i32) -> MetadataRecord {
    PartitionRecord {
        partition_id,
        topic_id: id(n),
        replicas: vec![BrokerId(1)],
        isr: vec![1],
        leader: BrokerId(1),
        leader_epoch: LeaderEpoch(0),
        partition_epoch: 0,
        directories: vec![id(99)],
        ..Default::default()
    }
    .into()
}

fn config(kind: ResourceType, resource: &str, name: &str, value: Option<&str>) -> MetadataRecord {
    ConfigRecord {
        resource_type: kind.code(),
        resource_name: resource.to_owned().into(),
        name: name.to_owned().into(),
        value: value.map(|v| v.to_owned().into()),
    }
    .into()
}

fn register(broker: i32, epoch: i64) -> MetadataRecord {
    RegisterBrokerRecord {
        broker_id: BrokerId(broker),
        broker_epoch: epoch,
        incarnation_id: id(epoch as u8),
        end_points: vec![RegisterBrokerBrokerEndpoint {
            name: "PLAINTEXT".into(),
            host: "localhost".into(),
            port: 9092,
            security_protocol: 0,
        }],
        log_dirs: vec![id(99)],
        ..Default::default()
    }
    .into()
}

fn replayed(records: impl IntoIterator<Item = MetadataRecord>) -> (Image, Delta) {
    let (mut image, mut delta) = (Image::default(), Delta::default());
    for record in records {
        image.replay(record, &mut delta).unwrap();
    }
    (image, delta)
}

/// Any record of a small world; many contradict what came before and are then left out.
fn any_record() -> impl Strategy<Value = MetadataRecord> {
    let n = 0u8..6;
    let broker = 0i32..3;
    let brokers = || proptest::collection::vec((0i32..3).prop_map(BrokerId), 0..3);
    let some_brokers = || proptest::option::of(brokers());
    let value = || proptest::option::of("[a-z]{1,4}");
    let kinds = prop_oneof![Just(ResourceType::Topic), Just(ResourceType::Broker), Just(ResourceType::Group)];
    prop_oneof![
        n.clone().prop_map(topic),
        (n.clone(), 0i32..4).prop_map(|(n, p)| partition(n, p)),
        (n.clone(), 0i32..4, -2i32..3, -1i8..2, some_brokers(), some_brokers(), some_brokers()).prop_map(
            |(n, partition_id, leader, leader_recovery_state, isr, eligible_leader_replicas, last_known_elr)| {
                PartitionChangeRecord {
                    partition_id,
                    topic_id: id(n),
                    leader: BrokerId(leader),
                    leader_recovery_state,
                    isr,
                    eligible_leader_replicas,
                    last_known_elr,
                    ..Default::default()
                }
                .into()
            }
        ),
        n.clone().prop_map(|n| RemoveTopicRecord { topic_id: id(n) }.into()),
        (kinds, n.clone(), "[a-c]", value())
            .prop_map(|(kind, n, name, value)| { config(kind, &format!("topic-{n}"), &name, value.as_deref()) }),
        (broker.clone(), 0i64..3).prop_map(|(broker, epoch)| register(broker, epoch)),
        (broker, 0i64..3, -1i8..2, 0i8..2, proptest::option::of(Just(Vec::new()))).prop_map(
            |(broker, broker_epoch, fenced, in_controlled_shutdown, cordoned_log_dirs)| {
                BrokerRegistrationChangeRecord {
                    broker_id: BrokerId(broker),
                    broker_epoch,
                    fenced,
                    in_controlled_shutdown,
                    cordoned_log_dirs,
                    ..Default::default()
                }
                .into()
            }
        ),
        ("[a-c]", 0i16..3)
            .prop_map(|(name, feature_level)| FeatureLevelRecord { name: name.into(), feature_level }.into()),
        (0i64..9).prop_map(|next_producer_id| ProducerIdsRecord { next_producer_id, ..Default::default() }.into()),
        n.clone().prop_map(|n| ClearElrRecord { topic_name: format!("topic-{n}").into() }.into()),
        n.clone().prop_map(|n| AccessControlEntryRecord { id: id(n), ..Default::default() }.into()),
        n.clone().prop_map(|n| RemoveAccessControlEntryRecord { id: id(n) }.into()),
        ("[ab]", any::<bool>()).prop_map(|(key, remove)| ClientQuotaRecord {
            entity: vec![ClientQuotaEntityData { entity_type: "user".into(), entity_name: None }],
            key: key.into(),
            value: 1.5,
            remove,
        }
        .into()),
        "[ab]".prop_map(|name| UserScramCredentialRecord { name: name.into(), ..Default::default() }.into()),
        "[ab]".prop_map(|name| RemoveUserScramCredentialRecord { name: name.into(), mechanism: 0 }.into()),
        "[ab]".prop_map(|token| DelegationTokenRecord { token_id: token.into(), ..Default::default() }.into()),
        Just(RegisterControllerRecord { controller_id: 1, ..Default::default() }.into()),
    ]
}

/// A world at the latest level, from whichever of the records fit.
fn any_image() -> impl Strategy<Value = Image> {
    proptest::collection::vec(any_record(), 0..60).prop_map(|records| {
        let level =
            FeatureLevelRecord { name: MetadataVersion::FEATURE.into(), feature_level: MetadataVersion::LATEST.0 };
        let (mut image, _) = replayed([level.into()]);
        for record in records {
            let mut next = image.clone();
            if next.replay(record, &mut Delta::default()).is_ok() {
                image = next;
            }
        }
        image
    })
}

proptest! {
    #[test]
    fn a_snapshot_says_everything_that_the_log_said(image in any_image()) {
        let values: Vec<_> =
            image.to_records().iter().map(|record| record.encode(image.metadata_version()).unwrap()).collect();
        let (read, _) = replayed(values.iter().map(|value| MetadataRecord::decode(value).unwrap()));
        prop_assert_eq!(read, image);
    }

    #[test]
    fn an_image_handed_out_never_changes(image in any_image(), records in proptest::collection::vec(any_record(), 0..20)) {
        let before = replayed(image.to_records()).0;
        let mut next = image.clone();
        for record in records {
            let _ = next.replay(record, &mut Delta::default());
        }
        prop_assert_eq!(image, before);
    }

    #[test]
    fn a_delta_names_every_partition_and_config_that_differs(image in any_image(), records in proptest::collection::vec(any_record(), 0..20)) {
        let (mut next, mut delta) = (image.clone(), Delta::default());
        for record in records {
            let (mut image, mut noted) = (next.clone(), delta.clone());
            if image.replay(record, &mut noted).is_ok() {
                (next, delta) = (image, noted);
            }
        }
        // In this small world an id can come back after its topic was deleted: then it is in both sets.
        for topic in image.topics.iter().filter(|topic| !delta.topics_deleted.contains_key(&topic.id)) {
            let new = next.topics.by_id(topic.id).unwrap();
            for index in 0..4 {
                let noted = delta.partitions_changed.get(&topic.id).is_some_and(|p| p.contains(&index));
                prop_assert!(noted || topic.partitions.get(&index) == new.partitions.get(&index));
            }
        }
        for topic in next.topics.iter() {
            let created = delta.topics_created.contains(&topic.id);
            prop_assert!(created || image.topics.by_id(topic.id).is_some());
        }
        for (resource, configs) in image.configs.iter().chain(next.configs.iter()) {
            let unchanged = image.configs.get(resource) == Some(configs) && next.configs.get(resource) == Some(configs);
            prop_assert!(unchanged || delta.configs_changed.contains(resource));
        }
    }
}

#[test]
fn a_new_leader_raises_the_leader_epoch_and_every_change_the_partition_epoch() {
    let change = |leader| PartitionChangeRecord {
        partition_id: 0,
        topic_id: id(1),
        leader: BrokerId(leader),
        isr: Some(vec![BrokerId(1)]),
        ..Default::default()
    };
    let (image, _) = replayed([topic(1), partition(1, 0), change(-2).into(), change(-1).into(), change(1).into()]);
    let partition = &image.topics.by_name("topic-1").unwrap().partitions[&0];
    assert_eq!((partition.leader_epoch, partition.partition_epoch), (LeaderEpoch(2), 3));
    assert_eq!(partition.leader, Some(BrokerId(1)));
}

#[test]
fn a_deleted_topic_takes_its_configs_with_it() {
    let set = config(ResourceType::Topic, "topic-1", "retention.ms", Some("5"));
    let (image, delta) = replayed([topic(1), set, RemoveTopicRecord { topic_id: id(1) }.into()]);
    assert_eq!(image, Image::default());
    assert!(delta.topics_created.is_empty() && delta.topics_deleted.is_empty());
    assert!(delta.configs_changed.contains(&ConfigResource::topic("topic-1")));
}

#[test]
fn a_name_collides_until_the_other_topic_is_deleted() {
    let named = |n, name: &str| TopicRecord { name: name.to_owned().into(), topic_id: id(n) }.into();
    let (mut image, _) = replayed([named(1, "a.b"), named(2, "ab")]);
    assert_eq!(image.topics.colliding_with("a_b").map(|name| &**name), Some("a.b"));
    assert_eq!(image.topics.colliding_with("ab"), None);
    image.replay(RemoveTopicRecord { topic_id: id(1) }.into(), &mut Delta::default()).unwrap();
    assert_eq!(image.topics.colliding_with("a_b"), None);
}

#[test]
fn a_feature_at_level_0_is_off() {
    let level = |feature_level| FeatureLevelRecord { name: "share.version".into(), feature_level }.into();
    let (image, _) = replayed([level(1), level(0)]);
    assert_eq!(image.features.iter().count(), 0);
}

#[test]
fn a_listing_goes_on_from_any_name() {
    let (image, _) = replayed([topic(3), topic(1), topic(2)]);
    let names = |from| image.topics.iter_from(from).map(|t| t.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(""), ["topic-1", "topic-2", "topic-3"]);
    assert_eq!(names("topic-2"), ["topic-2", "topic-3"]);
    assert_eq!(names("topic-20"), ["topic-3"]);
}

#[test]
fn a_record_that_contradicts_the_image_is_an_error() {
    for (records, error) in [
        (vec![topic(1), topic(1)], ReplayError::TopicExists { name: "topic-1".into() }),
        (vec![partition(1, 0)], ReplayError::UnknownTopic { id: id(1) }),
        (vec![topic(1), partition(1, -1)], ReplayError::Value { field: "PartitionId", value: -1 }),
        (vec![RemoveTopicRecord { topic_id: id(1) }.into()], ReplayError::UnknownTopic { id: id(1) }),
        (
            vec![
                register(1, 13),
                BrokerRegistrationChangeRecord { broker_id: BrokerId(1), broker_epoch: 12, ..Default::default() }
                    .into(),
            ],
            ReplayError::BrokerEpoch { id: BrokerId(1), epoch: 12, registered: 13 },
        ),
    ] {
        let mut image = Image::default();
        let result = records.into_iter().try_for_each(|record| image.replay(record, &mut Delta::default()));
        assert_eq!(result, Err(error));
    }
}

fn load(records: Vec<MetadataRecord>) -> (Loader, Result<(), ReplayError>) {
    let mut loader = Loader::default();
    let result = (0..)
        .zip(records)
        .try_for_each(|(offset, record)| loader.replay(Offset(offset), record, &mut Delta::default()));
    (loader, result)
}

#[test]
fn a_transaction_counts_at_its_end_or_not_at_all() {
    let begin = || BeginTransactionRecord::default().into();
    let (loader, _) = load(vec![begin(), topic(1)]);
    assert_eq!(loader.transaction_began_at(), Some(Offset(0)));
    assert!(loader.image().topics.is_empty());

    let (loader, _) = load(vec![begin(), topic(1), EndTransactionRecord.into()]);
    assert_eq!(loader.transaction_began_at(), None);
    assert_eq!(loader.image().topics.len(), 1);

    let (loader, _) = load(vec![begin(), topic(1), AbortTransactionRecord::default().into(), topic(2)]);
    assert!(loader.image().topics.by_name("topic-1").is_none());
    assert!(loader.image().topics.by_name("topic-2").is_some());
}

#[test]
fn a_transaction_neither_nests_nor_ends_twice() {
    let begin = || MetadataRecord::from(BeginTransactionRecord::default());
    assert!(load(vec![begin(), begin()]).1.is_err());
    assert!(load(vec![EndTransactionRecord.into()]).1.is_err());
    assert!(load(vec![AbortTransactionRecord::default().into()]).1.is_err());
}
