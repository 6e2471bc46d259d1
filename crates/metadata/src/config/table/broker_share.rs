//! Broker configs of share groups (KIP-932) and of the coordinator that keeps their state.
//!
//! Source: Kafka `ShareGroupConfig`, `GroupCoordinatorConfig`, `ShareCoordinatorConfig`.

use super::prelude::*;

configs! { pub(super) static SHARE, Kafka:
    "group.share.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "A member of a share group silent for this long is removed.";
    "group.share.min.session.timeout.ms", Int, "45000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `share.session.timeout.ms` a group may set.";
    "group.share.max.session.timeout.ms", Int, "60000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `share.session.timeout.ms` a group may set.";
    "group.share.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often members of a share group are told to report.";
    "group.share.min.heartbeat.interval.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "The smallest `share.heartbeat.interval.ms` a group may set.";
    "group.share.max.heartbeat.interval.ms", Int, "15000", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest `share.heartbeat.interval.ms` a group may set.";
    "group.share.max.size", Int, "200", Between(1, 1_000), ReadOnly, NoEffectYet,
        "The most members of a share group.";
    "group.share.max.share.sessions", Int, "2000", AtLeast(1), ReadOnly, NoEffectYet,
        "Share sessions kept at a time.";
    "group.share.assignors", List, "simple", NonEmptyList, ReadOnly, NoEffectYet,
        "Assignors offered to share groups, the default first.";
    "group.share.delivery.count.limit", Int, "5", Between(2, 10), ReadOnly, NoEffectYet,
        "How often a record is handed out before it is given up.";
    "group.share.min.delivery.count.limit", Int, "2", Between(2, 5), ReadOnly, NoEffectYet,
        "The smallest `share.delivery.count.limit` a group may set.";
    "group.share.max.delivery.count.limit", Int, "10", Between(5, 25), ReadOnly, NoEffectYet,
        "The largest `share.delivery.count.limit` a group may set.";
    "group.share.record.lock.duration.ms", Int, "30000", Between(1_000, 3_600_000), ReadOnly, NoEffectYet,
        "How long a record handed out is held for its consumer.";
    "group.share.min.record.lock.duration.ms", Int, "15000", Between(1_000, 30_000), ReadOnly, NoEffectYet,
        "The smallest `share.record.lock.duration.ms` a group may set.";
    "group.share.max.record.lock.duration.ms", Int, "60000", Between(30_000, 3_600_000), ReadOnly, NoEffectYet,
        "The largest `share.record.lock.duration.ms` a group may set.";
    "group.share.partition.max.record.locks", Int, "2000", Between(100, 10_000), ReadOnly, NoEffectYet,
        "Records of one partition that may be held at a time.";
    "group.share.min.partition.max.record.locks", Int, "100", Between(100, 2_000), ReadOnly, NoEffectYet,
        "The smallest `share.partition.max.record.locks` a group may set.";
    "group.share.max.partition.max.record.locks", Int, "4000", Between(2_000, 10_000), ReadOnly, NoEffectYet,
        "The largest `share.partition.max.record.locks` a group may set.";
    "group.share.assignment.interval.ms", Int, "1000", AtLeast(0), ClusterWide, NoEffectYet,
        "The least time between two assignments of a share group.";
    "group.share.min.assignment.interval.ms", Int, "0", AtLeast(0), ReadOnly, NoEffectYet,
        "The smallest `share.assignment.interval.ms` a group may set.";
    "group.share.max.assignment.interval.ms", Int, "15000", AtLeast(0), ReadOnly, NoEffectYet,
        "The largest `share.assignment.interval.ms` a group may set.";
    "share.coordinator.state.topic.num.partitions", Int, "50", AtLeast(1), ReadOnly, NoEffectYet,
        "Partitions of `__share_group_state`.";
    "share.coordinator.state.topic.replication.factor", Short, "3", AtLeast(1), ReadOnly, NoEffectYet,
        "Replicas of `__share_group_state`.";
    "share.coordinator.state.topic.min.isr", Short, "2", AtLeast(1), ReadOnly, NoEffectYet,
        "`min.insync.replicas` of `__share_group_state`.";
    "share.coordinator.state.topic.segment.bytes", Int, "104857600", AtLeast(1), ReadOnly, NoEffectYet,
        "Segment size of `__share_group_state`.";
    "share.coordinator.state.topic.compression.codec", Int, "0", Any, ReadOnly, NoEffectYet,
        "Codec the share coordinator writes with: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.";
    "share.coordinator.threads", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Threads of the share coordinator.";
    "share.coordinator.append.linger.ms", Int, "-1", AtLeast(-1), ReadOnly, NoEffectYet,
        "How long the share coordinator gathers records before it writes; -1 adapts to the load.";
    "share.coordinator.load.buffer.size", Int, "5242880", AtLeast(1), ReadOnly, NoEffectYet,
        "Bytes read at a time when a share coordinator loads its partition.";
    "share.coordinator.write.timeout.ms", Int, "5000", AtLeast(1), ReadOnly, NoEffectYet,
        "How long a write of the share coordinator may wait for its replicas.";
    "share.coordinator.snapshot.update.records.per.snapshot", Int, "500", Between(0, 500), ReadOnly, NoEffectYet,
        "Updates written between two snapshots of a share partition.";
    "share.fetch.purgatory.purge.interval.requests", Int, "1000", Any, ReadOnly, NoEffectYet,
        "Waiting share fetches after which finished ones are swept out.";
    "share.coordinator.cached.buffer.max.bytes", Int, "1048588", AtLeast(524_288), ClusterWide, NoEffectYet,
        "The largest write buffer the share coordinator keeps for reuse.";
}
