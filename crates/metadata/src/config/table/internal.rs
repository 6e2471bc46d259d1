//! What may be set and DescribeConfigs shows only then: Kafka's internal keys, most of them there for its tests,
//! and the three replication rates, which exist only as dynamic configs.
//!
//! Source: Kafka `defineInternal` in the classes of the other tables; `QuotaConfig.brokerQuotaConfigs`.

use super::prelude::*;

configs! { pub(super) static INTERNAL, Internal:
    "remote.log.index.file.cache.ttl.ms", Long, "900000", AtLeast(-1), ReadOnly, NoEffectYet,
        "How long the index of a remote segment stays cached unused.";
    "remote.log.manager.task.retry.backoff.ms", Long, "500", AtLeast(1), ReadOnly, NoEffectYet,
        "The first wait after a failed remote log task.";
    "remote.log.manager.task.retry.backoff.max.ms", Long, "30000", AtLeast(1), ReadOnly, NoEffectYet,
        "The longest wait after a failed remote log task.";
    "remote.log.manager.task.retry.jitter", Double, "0.2", Fraction(0.0, 0.5), ReadOnly, NoEffectYet,
        "Random share of that wait.";
    "unstable.api.versions.enable", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether API versions that are not final yet are offered.";
    "unstable.feature.versions.enable", Boolean, "false", Any, ReadOnly, Works,
        "Whether feature levels that are not final yet are accepted.";
    "controller.performance.sample.period.ms", Long, "60000", AtLeast(100), ReadOnly, NoEffectYet,
        "How often the controller logs how long its events take.";
    "controller.performance.always.log.threshold.ms", Long, "2000", AtLeast(0), ReadOnly, NoEffectYet,
        "Controller events longer than this are always logged.";
    "server.max.startup.time.ms", Long, "9223372036854775807", AtLeast(0), ReadOnly, NoEffectYet,
        "How long a start may take.";
    "internal.metadata.log.segment.bytes", Int, none, Any, ReadOnly, NoEffectYet,
        "Segment size of the metadata log, without its minimum; for tests.";
    "internal.metadata.max.batch.size.in.bytes", Int, "8388608", Any, ReadOnly, NoEffectYet,
        "The largest batch of the metadata log; for tests.";
    "internal.metadata.delete.delay.millis", Long, "60000", Any, ReadOnly, NoEffectYet,
        "How long deleted files of the metadata log stay; for tests.";
    "unclean.leader.election.interval.ms", Long, "300000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often partitions in need of an unclean election are looked for.";
    "group.consumer.regex.refresh.interval.ms", Int, "600000", AtLeast(10_000), ReadOnly, NoEffectYet,
        "How often a subscription by pattern is matched anew; for tests.";
    "group.share.initialize.retry.interval.ms", Int, "30000", AtLeast(1), ReadOnly, NoEffectYet,
        "How long the initialization of a share partition waits before it is tried again.";
    "log.initial.task.delay.ms", Long, "30000", Any, ReadOnly, NoEffectYet,
        "How long after the start the log's chores begin.";
    "group.share.persister.class.name", String, "org.apache.kafka.server.share.persister.DefaultStatePersister",
        Any, ReadOnly, WouldBreakAPromise,
        "Class that stores the state of share groups.";
    "share.coordinator.state.topic.prune.interval.ms", Int, "300000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often obsolete records of the share state are deleted.";
    "share.coordinator.cold.partition.snapshot.interval.ms", Int, "300000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often share partitions without traffic are given a snapshot.";
    "producer.id.expiration.check.interval.ms", Int, "600000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often expired idempotent producers are looked for.";
    "leader.replication.throttled.rate", Long, "9223372036854775807", AtLeast(0), ClusterWide, NoEffectYet,
        "Bytes per second this leader sends to throttled replicas at most.";
    "follower.replication.throttled.rate", Long, "9223372036854775807", AtLeast(0), ClusterWide, NoEffectYet,
        "Bytes per second throttled replicas fetch to this broker at most.";
    "replica.alter.log.dirs.io.max.bytes.per.second", Long, "9223372036854775807", AtLeast(0), ClusterWide, NoEffectYet,
        "Bytes per second moved between log directories at most.";
}

configs! { pub(super) static TOPIC, Internal:
    "internal.segment.bytes", Int, none, AtLeast(1), Resource, Works,
        "Size of a segment, without the minimum of `segment.bytes`; for tests.";
}
