//! Broker configs of the group coordinator: offsets, classic, consumer and streams groups.
//!
//! `min` and `max` of a pair bound what a group may set for itself: see [`super::group`].
//!
//! Source: Kafka `GroupCoordinatorConfig`.

use super::prelude::*;

configs! { pub(super) static GROUPS, Kafka:
    "offsets.topic.num.partitions", Int, "50", AtLeast(1), ReadOnly, Works,
        "Partitions of `__consumer_offsets`. Fixed once the topic exists.";
    "offsets.topic.replication.factor", Short, "3", AtLeast(1), ReadOnly, Works,
        "Replicas of `__consumer_offsets`; the topic is not created until there are that many brokers.";
    "offsets.topic.segment.bytes", Int, "104857600", AtLeast(1), ReadOnly, Works,
        "Segment size of `__consumer_offsets`.";
    "offsets.topic.compression.codec", Int, "0", Any, ReadOnly, NoEffectYet,
        "Codec the coordinator writes with: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "offsets.retention.minutes", Int, "10080", AtLeast(1), ReadOnly, Works,
        "How long a group's offsets are kept after its last member left.";
    "offsets.retention.check.interval.ms", Long, "600000", AtLeast(1), ReadOnly, Works,
        "How often expired offsets are looked for.";
    "offset.metadata.max.bytes", Int, "4096", Any, ReadOnly, Works,
        "The longest text a client may attach to a committed offset.";
    "offsets.commit.timeout.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "How long a commit may wait for its replicas.";
    "offsets.load.buffer.size", Int, "5242880", AtLeast(1), ReadOnly, NoEffectYet,
        "Bytes read at a time when a coordinator loads its partition.";
    "group.coordinator.rebalance.protocols", List, "classic,consumer,streams",
        NonEmptyListOf(&["consumer", "classic", "share", "streams"]), ReadOnly, NoEffectYet,
        "The kinds of group offered. Classic groups cannot be switched off; the others are not there yet.";
    "group.coordinator.threads", Int, "4", AtLeast(1), ReadOnly, NoEffectYet,
        "Threads of the group coordinator.";
    "group.coordinator.background.threads", Int, "2", AtLeast(1), ReadOnly, NoEffectYet,
        "Threads for the group coordinator's longer computations.";
    "group.coordinator.append.linger.ms", Int, "-1", AtLeast(-1), ReadOnly, NoEffectYet,
        "How long the coordinator gathers records before it writes; -1 adapts to the load.";
    "group.coordinator.cached.buffer.max.bytes", Int, "1048588", AtLeast(524_288), ClusterWide, NoEffectYet,
        "The largest write buffer the coordinator keeps for reuse.";
    "group.min.session.timeout.ms", Int, "6000", Any, ReadOnly, Works,
        "The shortest session timeout a member of a classic group may ask for.";
    "group.max.session.timeout.ms", Int, "1800000", Any, ReadOnly, Works,
        "The longest session timeout a member of a classic group may ask for.";
    "group.initial.rebalance.delay.ms", Int, "3000", Any, ReadOnly, Works,
        "How long an empty classic group waits for more members before its first rebalance.";
    "group.max.size", Int, "2147483647", AtLeast(1), ReadOnly, Works,
        "The most members of a classic group.";
    "group.consumer.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "A member of a consumer group silent for this long is removed.";
    "group.consumer.min.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `consumer.session.timeout.ms` a group may set.";
    "group.consumer.max.session.timeout.ms", Int, "60000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `consumer.session.timeout.ms` a group may set.";
    "group.consumer.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often members of a consumer group are told to report.";
    "group.consumer.min.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `consumer.heartbeat.interval.ms` a group may set.";
    "group.consumer.max.heartbeat.interval.ms", Int, "15000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `consumer.heartbeat.interval.ms` a group may set.";
    "group.consumer.max.size", Int, "2147483647", AtLeast(1), ReadOnly, NoEffectYet,
        "The most members of a consumer group.";
    "group.consumer.assignors", List, "uniform,range", NonEmptyList, ReadOnly, NoEffectYet,
        "Assignors offered to consumer groups, the default first.";
    "group.consumer.migration.policy", String, "bidirectional",
        OneOfAnyCase(&["BIDIRECTIONAL", "UPGRADE", "DOWNGRADE", "DISABLED"]), ReadOnly, NoEffectYet,
        "Which way groups may change between the classic and the consumer protocol.";
    "group.consumer.assignment.interval.ms", Int, "1000", AtLeast(0), ClusterWide, NoEffectYet,
        "The least time between two assignments of a consumer group.";
    "group.consumer.min.assignment.interval.ms", Int, "0", AtLeast(0), ReadOnly, NoEffectYet,
        "The smallest `consumer.assignment.interval.ms` a group may set.";
    "group.consumer.max.assignment.interval.ms", Int, "15000", AtLeast(0), ReadOnly, NoEffectYet,
        "The largest `consumer.assignment.interval.ms` a group may set.";
    "group.streams.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "A member of a streams group silent for this long is removed.";
    "group.streams.min.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `streams.session.timeout.ms` a group may set.";
    "group.streams.max.session.timeout.ms", Int, "60000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `streams.session.timeout.ms` a group may set.";
    "group.streams.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often members of a streams group are told to report.";
    "group.streams.min.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `streams.heartbeat.interval.ms` a group may set.";
    "group.streams.max.heartbeat.interval.ms", Int, "15000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `streams.heartbeat.interval.ms` a group may set.";
    "group.streams.max.size", Int, "2147483647", AtLeast(1), ReadOnly, NoEffectYet,
        "The most members of a streams group.";
    "group.streams.num.standby.replicas", Int, "0", AtLeast(0), ReadOnly, NoEffectYet,
        "Standby copies of each task of a streams group.";
    "group.streams.max.standby.replicas", Int, "2", AtLeast(0), ReadOnly, NoEffectYet,
        "The largest `streams.num.standby.replicas` a group may set.";
    "group.streams.initial.rebalance.delay.ms", Int, "3000", AtLeast(0), ReadOnly, NoEffectYet,
        "How long an empty streams group waits for more members before its first rebalance.";
    "group.streams.assignment.interval.ms", Int, "1000", AtLeast(0), ClusterWide, NoEffectYet,
        "The least time between two assignments of a streams group.";
    "group.streams.min.assignment.interval.ms", Int, "0", AtLeast(0), ReadOnly, NoEffectYet,
        "The smallest `streams.assignment.interval.ms` a group may set.";
    "group.streams.max.assignment.interval.ms", Int, "15000", AtLeast(0), ReadOnly, NoEffectYet,
        "The largest `streams.assignment.interval.ms` a group may set.";
}
