//! Configs of groups (KIP-848, KIP-932, KIP-1071) and of client metrics subscriptions (KIP-714).
//!
//! Source: Kafka `GroupConfig`, `ClientMetricsConfigs`.

use super::prelude::*;

configs! { pub(super) static GROUP, Kafka:
    "consumer.assignment.interval.ms", Int, "1000", AtLeast(0), Resource, NoEffectYet,
        "The least time between two assignments of a consumer group.",
        from [Synonym::same("group.consumer.assignment.interval.ms")];
    "consumer.heartbeat.interval.ms", Int, "5000", AtLeast(1), Resource, NoEffectYet,
        "How often members of a consumer group are told to report.",
        from [Synonym::same("group.consumer.heartbeat.interval.ms")];
    "consumer.session.timeout.ms", Int, "45000", AtLeast(1), Resource, NoEffectYet,
        "A member of a consumer group silent for this long is removed.",
        from [Synonym::same("group.consumer.session.timeout.ms")];
    "share.assignment.interval.ms", Int, "1000", AtLeast(0), Resource, NoEffectYet,
        "The least time between two assignments of a share group.",
        from [Synonym::same("group.share.assignment.interval.ms")];
    "share.auto.offset.reset", String, "latest", OffsetReset, Resource, NoEffectYet,
        "Where a share group starts on a partition: `earliest`, `latest` or `by_duration:` and an ISO 8601 \
         duration.";
    "share.delivery.count.limit", Int, "5", AtLeast(2), Resource, NoEffectYet,
        "How often a record is handed out before it is given up.",
        from [Synonym::same("group.share.delivery.count.limit")];
    "share.heartbeat.interval.ms", Int, "5000", AtLeast(1), Resource, NoEffectYet,
        "How often members of a share group are told to report.",
        from [Synonym::same("group.share.heartbeat.interval.ms")];
    "share.isolation.level", String, "read_uncommitted",
        OneOf(&["read_committed", "read_uncommitted"]), Resource, NoEffectYet,
        "Whether a share group sees records of open and aborted transactions.";
    "share.partition.max.record.locks", Int, "2000", AtLeast(100), Resource, NoEffectYet,
        "Records of one partition that may be held at a time.",
        from [Synonym::same("group.share.partition.max.record.locks")];
    "share.record.lock.duration.ms", Int, "30000", AtLeast(1_000), Resource, NoEffectYet,
        "How long a record handed out is held for its consumer.",
        from [Synonym::same("group.share.record.lock.duration.ms")];
    "share.renew.acknowledge.enable", Boolean, "true", Any, Resource, NoEffectYet,
        "Whether a consumer may prolong its hold on a record.";
    "share.session.timeout.ms", Int, "45000", AtLeast(1), Resource, NoEffectYet,
        "A member of a share group silent for this long is removed.",
        from [Synonym::same("group.share.session.timeout.ms")];
    "streams.assignment.interval.ms", Int, "1000", AtLeast(0), Resource, NoEffectYet,
        "The least time between two assignments of a streams group.",
        from [Synonym::same("group.streams.assignment.interval.ms")];
    "streams.heartbeat.interval.ms", Int, "5000", AtLeast(1), Resource, NoEffectYet,
        "How often members of a streams group are told to report.",
        from [Synonym::same("group.streams.heartbeat.interval.ms")];
    "streams.initial.rebalance.delay.ms", Int, "3000", AtLeast(0), Resource, NoEffectYet,
        "How long an empty streams group waits for more members before its first rebalance.",
        from [Synonym::same("group.streams.initial.rebalance.delay.ms")];
    "streams.num.standby.replicas", Int, "0", AtLeast(0), Resource, NoEffectYet,
        "Standby copies of each task.",
        from [Synonym::same("group.streams.num.standby.replicas")];
    "streams.session.timeout.ms", Int, "45000", AtLeast(1), Resource, NoEffectYet,
        "A member of a streams group silent for this long is removed.",
        from [Synonym::same("group.streams.session.timeout.ms")];
}

configs! { pub(super) static CLIENT_METRICS, Kafka:
    "interval.ms", Int, "300000", Between(100, 3_600_000), Resource, NoEffectYet,
        "How often matching clients push their metrics.";
    "match", List, "", AnyList, Resource, NoEffectYet,
        "Which clients are meant, as `selector=pattern` pairs; empty for all.";
    "metrics", List, "", AnyList, Resource, NoEffectYet,
        "Prefixes of the metric names wanted; `*` for all.";
}
