//! Broker configs of the logs: where they are, how long they last, how they are synced and compacted.
//!
//! Most have a topic config of another name that overrides them: see [`super::topic`].
//!
//! Source: Kafka `ServerLogConfigs`, `ServerConfigs`, `CleanerConfig`, `RemoteLogManagerConfig`.

use super::prelude::*;

configs! { pub(super) static LOG, Kafka:
    "log.dirs", List, none, Any, ReadOnly, Works,
        "The directory of the logs, in place of `log.dir`. Several directories are not supported yet.";
    "log.dir", List, "/tmp/kafka-logs", Any, ReadOnly, Works,
        "The directory of the logs when `log.dirs` is unset.";
    "log.dir.failure.timeout.ms", Long, "30000", Any, ReadOnly, NoEffectYet,
        "A broker that cannot tell the controller about a failed directory within this time stops.";
    "cordoned.log.dirs", List, "", AnyList, PerBroker, WouldBreakAPromise,
        "Log directories that get no new partitions; `*` for all.";
    "num.partitions", Int, "1", AtLeast(1), ReadOnly, Works,
        "Partitions of a topic that is created without saying how many.";
    "default.replication.factor", Int, "1", Any, ReadOnly, Works,
        "Replicas of a topic that is created without saying how many.";
    "auto.create.topics.enable", Boolean, "true", Any, ReadOnly, Works,
        "Whether asking for an unknown topic creates it.";
    "delete.topic.enable", Boolean, "true", Any, ReadOnly, Works,
        "Whether topics can be deleted.";
    "create.topic.policy.class.name", Class, none, Any, ReadOnly, WouldBreakAPromise,
        "Plugin class that may refuse the creation of a topic.";
    "alter.config.policy.class.name", Class, none, Any, ReadOnly, WouldBreakAPromise,
        "Plugin class that may refuse a change of configs.";
    "message.max.bytes", Int, "1048588", AtLeast(0), ClusterWide, Works,
        "The largest record batch accepted, after compression. Topic: `max.message.bytes`.";
    "compression.type", String, "producer", OneOf(COMPRESSION_TYPES), ClusterWide, Works,
        "The codec batches are stored in: `producer` keeps what the producer chose.";
    "compression.gzip.level", Int, "-1", GzipLevel, ClusterWide, Works,
        "Level used when the broker compresses with gzip; -1 for gzip's own default.";
    "compression.lz4.level", Int, "9", Between(1, 17), ClusterWide, Works,
        "Level used when the broker compresses with lz4.";
    "compression.zstd.level", Int, "3", Between(-131_072, 22), ClusterWide, Works,
        "Level used when the broker compresses with zstd.";
    "log.segment.bytes", Int, "1073741824", Any, ClusterWide, Works,
        "Size at which a segment is closed and the next one begun.";
    "log.roll.ms", Long, none, Any, ClusterWide, Works,
        "Age at which a segment is closed even when it is not full. Unset: `log.roll.hours`.";
    "log.roll.hours", Int, "168", Any, ReadOnly, Works,
        "Age in hours at which a segment is closed; used when `log.roll.ms` is unset.";
    "log.roll.jitter.ms", Long, none, Any, ClusterWide, Works,
        "Up to this much is taken off a segment's age limit at random, so that not all roll at once. Unset: \
         `log.roll.jitter.hours`.";
    "log.roll.jitter.hours", Int, "0", Any, ReadOnly, Works,
        "The jitter in hours; used when `log.roll.jitter.ms` is unset.";
    "log.retention.ms", Long, none, Any, ClusterWide, Works,
        "How long records are kept; -1 for ever. Unset: `log.retention.minutes`.";
    "log.retention.minutes", Int, none, Any, ReadOnly, Works,
        "How long records are kept, in minutes; used when `log.retention.ms` is unset. Unset: \
         `log.retention.hours`.";
    "log.retention.hours", Int, "168", Any, ReadOnly, Works,
        "How long records are kept, in hours; used when neither the ms nor the minutes are set.";
    "log.retention.bytes", Long, "-1", Any, ClusterWide, Works,
        "Bytes kept per partition before its oldest segments are deleted; -1 for no limit.";
    "log.retention.check.interval.ms", Long, "300000", Any, ReadOnly, Works,
        "How often segments are checked against retention.";
    "log.cleanup.policy", List, "delete", Any, ClusterWide, Works,
        "What happens to old segments: `delete` them, `compact` them, both, or neither.";
    "log.index.size.max.bytes", Int, "10485760", Any, ClusterWide, Works,
        "The largest size of an index file; a full index rolls the segment.";
    "log.index.interval.bytes", Int, "4096", Any, ClusterWide, Works,
        "Bytes of records between two entries of an index.";
    "log.segment.delete.delay.ms", Long, "60000", Any, ClusterWide, Works,
        "How long a deleted segment's files stay on disk.";
    "log.preallocate", Boolean, "false", Any, ClusterWide, Works,
        "Whether a new segment's file is given its full size at once.";
    "log.flush.interval.messages", Long, "9223372036854775807", Any, ClusterWide, Works,
        "Records after which a partition is synced to disk.";
    "log.flush.interval.ms", Long, none, Any, ClusterWide, Works,
        "Age of the oldest unsynced record after which a partition is synced. Unset: \
         `log.flush.scheduler.interval.ms`.";
    "log.flush.scheduler.interval.ms", Long, "9223372036854775807", Any, ReadOnly, Works,
        "How often partitions are checked for being due to sync.";
    "log.flush.offset.checkpoint.interval.ms", Int, "60000", Any, ReadOnly, Works,
        "How often the recovery points are written down.";
    "log.flush.start.offset.checkpoint.interval.ms", Int, "60000", Any, ReadOnly, NoEffectYet,
        "How often the log start offsets are written down.";
    "log.message.timestamp.type", String, "CreateTime", Any, ClusterWide, Works,
        "Whose clock stamps records: `CreateTime` the producer's, `LogAppendTime` the broker's.";
    "log.message.timestamp.before.max.ms", Long, "9223372036854775807", Any, ClusterWide, Works,
        "How far a producer's timestamp may lie behind the broker's clock. Not used with LogAppendTime.";
    "log.message.timestamp.after.max.ms", Long, "3600000", Any, ClusterWide, Works,
        "How far a producer's timestamp may lie ahead of the broker's clock. Not used with LogAppendTime.";
    "log.local.retention.ms", Long, "-2", AtLeast(-2), ClusterWide, NoEffectYet,
        "How long tiered segments also stay on the local disk; -2 for as long as `log.retention.ms`.";
    "log.local.retention.bytes", Long, "-2", AtLeast(-2), ClusterWide, NoEffectYet,
        "Bytes of tiered segments that also stay on the local disk; -2 for as many as `log.retention.bytes`.";
    "log.cleaner.enable", Boolean, "true", Any, ReadOnly, Works,
        "Whether compaction runs.";
    "log.cleaner.threads", Int, "1", Any, ClusterWide, Works,
        "Threads that compact.";
    "log.cleaner.dedupe.buffer.size", Long, "134217728", Any, ClusterWide, Works,
        "Memory for the key maps of all cleaner threads; over 1 MiB for each.";
    "log.cleaner.io.buffer.size", Int, "524288", Any, ClusterWide, Works,
        "Memory for the I/O buffers of all cleaner threads.";
    "log.cleaner.io.buffer.load.factor", Double, "0.9", Any, ClusterWide, Works,
        "How full a key map may get.";
    "log.cleaner.io.max.bytes.per.second", Double, "1.7976931348623157E308", Any, ClusterWide, Works,
        "Bytes per second the cleaner reads and writes at most.";
    "log.cleaner.backoff.ms", Long, "15000", Any, ClusterWide, Works,
        "How long the cleaner sleeps when there is nothing to do.";
    "log.cleaner.min.cleanable.ratio", Double, "0.5", Any, ClusterWide, Works,
        "The part of a log that must be uncompacted before it is compacted.";
    "log.cleaner.delete.retention.ms", Long, "86400000", Any, ClusterWide, Works,
        "How long tombstones stay in a compacted log.";
    "log.cleaner.min.compaction.lag.ms", Long, "0", Any, ClusterWide, Works,
        "A record is not compacted away before this age.";
    "log.cleaner.max.compaction.lag.ms", Long, "9223372036854775807", Any, ClusterWide, Works,
        "A record becomes due for compaction at this age at the latest.";
    "num.recovery.threads.per.data.dir", Int, "2", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads that recover and flush the logs of one directory.";
}
