//! Topic configs, each with the broker configs it falls back to.
//!
//! The order of the broker configs counts: the first that is set wins, and hours and minutes become milliseconds.
//!
//! Source: Kafka `LogConfig`, `TopicConfig`, `ServerTopicConfigSynonyms`.

use super::prelude::*;

configs! { pub(super) static TOPIC, Kafka:
    "cleanup.policy", List, "delete", ListOf(&["compact", "delete"]), Resource, Works,
        "What happens to old segments: `delete` them, `compact` them, both, or neither.",
        from [Synonym::same("log.cleanup.policy")];
    "compression.gzip.level", Int, "-1", GzipLevel, Resource, Works,
        "Level used when the broker compresses with gzip; -1 for gzip's own default.",
        from [Synonym::same("compression.gzip.level")];
    "compression.lz4.level", Int, "9", Between(1, 17), Resource, Works,
        "Level used when the broker compresses with lz4.",
        from [Synonym::same("compression.lz4.level")];
    "compression.type", String, "producer", OneOf(COMPRESSION_TYPES), Resource, Works,
        "The codec batches are stored in: `producer` keeps what the producer chose.",
        from [Synonym::same("compression.type")];
    "compression.zstd.level", Int, "3", Between(-131_072, 22), Resource, Works,
        "Level used when the broker compresses with zstd.",
        from [Synonym::same("compression.zstd.level")];
    "delete.retention.ms", Long, "86400000", AtLeast(0), Resource, Works,
        "How long tombstones stay in a compacted log.",
        from [Synonym::same("log.cleaner.delete.retention.ms")];
    "file.delete.delay.ms", Long, "60000", AtLeast(0), Resource, Works,
        "How long a deleted segment's files stay on disk.",
        from [Synonym::same("log.segment.delete.delay.ms")];
    "flush.messages", Long, "9223372036854775807", AtLeast(1), Resource, Works,
        "Records after which a partition is synced to disk.",
        from [Synonym::same("log.flush.interval.messages")];
    "flush.ms", Long, "9223372036854775807", AtLeast(0), Resource, Works,
        "Age of the oldest unsynced record after which a partition is synced.",
        from [
            Synonym::same("log.flush.interval.ms"),
            Synonym::same("log.flush.scheduler.interval.ms"),
        ];
    "follower.replication.throttled.replicas", List, "", ThrottledReplicas, Resource, NoEffectYet,
        "Replicas whose fetching is throttled, as `partition:broker` pairs; `*` for all.";
    "index.interval.bytes", Int, "4096", AtLeast(0), Resource, Works,
        "Bytes of records between two entries of an index.",
        from [Synonym::same("log.index.interval.bytes")];
    "leader.replication.throttled.replicas", List, "", ThrottledReplicas, Resource, NoEffectYet,
        "Replicas whose being fetched from is throttled, as `partition:broker` pairs; `*` for all.";
    "local.retention.bytes", Long, "-2", AtLeast(-2), Resource, NoEffectYet,
        "Bytes of tiered segments that also stay on the local disk; -2 for as many as `retention.bytes`.",
        from [Synonym::same("log.local.retention.bytes")];
    "local.retention.ms", Long, "-2", AtLeast(-2), Resource, NoEffectYet,
        "How long tiered segments also stay on the local disk; -2 for as long as `retention.ms`.",
        from [Synonym::same("log.local.retention.ms")];
    "max.compaction.lag.ms", Long, "9223372036854775807", AtLeast(1), Resource, Works,
        "A record becomes due for compaction at this age at the latest.",
        from [Synonym::same("log.cleaner.max.compaction.lag.ms")];
    "max.message.bytes", Int, "1048588", AtLeast(0), Resource, Works,
        "The largest record batch accepted, after compression.",
        from [Synonym::same("message.max.bytes")];
    "message.timestamp.after.max.ms", Long, "3600000", AtLeast(0), Resource, Works,
        "How far a producer's timestamp may lie ahead of the broker's clock. Not used with LogAppendTime.",
        from [Synonym::same("log.message.timestamp.after.max.ms")];
    "message.timestamp.before.max.ms", Long, "9223372036854775807", AtLeast(0), Resource, Works,
        "How far a producer's timestamp may lie behind the broker's clock. Not used with LogAppendTime.",
        from [Synonym::same("log.message.timestamp.before.max.ms")];
    "message.timestamp.type", String, "CreateTime", OneOf(&["CreateTime", "LogAppendTime"]), Resource, Works,
        "Whose clock stamps records: `CreateTime` the producer's, `LogAppendTime` the broker's.",
        from [Synonym::same("log.message.timestamp.type")];
    "min.cleanable.dirty.ratio", Double, "0.5", Fraction(0.0, 1.0), Resource, Works,
        "The part of the log that must be uncompacted before it is compacted.",
        from [Synonym::same("log.cleaner.min.cleanable.ratio")];
    "min.compaction.lag.ms", Long, "0", AtLeast(0), Resource, Works,
        "A record is not compacted away before this age.",
        from [Synonym::same("log.cleaner.min.compaction.lag.ms")];
    "min.insync.replicas", Int, "1", AtLeast(1), Resource, Works,
        "Replicas that must hold a record before a producer with acks=all is answered; with fewer in sync it \
         is refused.",
        from [Synonym::same("min.insync.replicas")];
    "preallocate", Boolean, "false", Any, Resource, Works,
        "Whether a new segment's file is given its full size at once.",
        from [Synonym::same("log.preallocate")];
    "remote.log.copy.disable", Boolean, "false", Any, Resource, NoEffectYet,
        "Whether a tiered topic stops copying segments.";
    "remote.log.delete.on.disable", Boolean, "false", Any, Resource, NoEffectYet,
        "Whether switching tiering off deletes what is in remote storage.";
    "remote.storage.enable", Boolean, "false", Any, Resource, NoEffectYet,
        "Whether old segments are moved to remote storage.";
    "retention.bytes", Long, "-1", Any, Resource, Works,
        "Bytes kept per partition before its oldest segments are deleted; -1 for no limit.",
        from [Synonym::same("log.retention.bytes")];
    "retention.ms", Long, "604800000", AtLeast(-1), Resource, Works,
        "How long records are kept; -1 for ever.",
        from [
            Synonym::same("log.retention.ms"),
            Synonym::minutes("log.retention.minutes"),
            Synonym::hours("log.retention.hours"),
        ];
    "segment.bytes", Int, "1073741824", AtLeast(1_048_576), Resource, Works,
        "Size at which a segment is closed and the next one begun.",
        from [Synonym::same("log.segment.bytes")];
    "segment.index.bytes", Int, "10485760", AtLeast(4), Resource, Works,
        "The largest size of an index file; a full index rolls the segment.",
        from [Synonym::same("log.index.size.max.bytes")];
    "segment.jitter.ms", Long, "0", AtLeast(0), Resource, Works,
        "Up to this much is taken off a segment's age limit at random, so that not all roll at once.",
        from [Synonym::same("log.roll.jitter.ms"), Synonym::hours("log.roll.jitter.hours")];
    "segment.ms", Long, "604800000", AtLeast(1), Resource, Works,
        "Age at which a segment is closed even when it is not full.",
        from [Synonym::same("log.roll.ms"), Synonym::hours("log.roll.hours")];
    "unclean.leader.election.enable", Boolean, "false", Any, Resource, Works,
        "Whether a replica out of sync may become leader, at the risk of losing records. Says nothing while \
         every partition has one replica.",
        from [Synonym::same("unclean.leader.election.enable")];
}
