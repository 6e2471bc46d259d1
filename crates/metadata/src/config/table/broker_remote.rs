//! Broker configs of tiered storage (KIP-405).
//!
//! Source: Kafka `RemoteLogManagerConfig`.

use super::prelude::*;

configs! { pub(super) static REMOTE, Kafka:
    "remote.log.storage.system.enable", Boolean, "false", Any, ReadOnly, WouldBreakAPromise,
        "Whether old segments can be moved to remote storage.";
    "remote.log.storage.manager.class.name", String, none, NonEmpty, ReadOnly, WouldBreakAPromise,
        "Plugin class that stores segments remotely.";
    "remote.log.storage.manager.class.path", String, none, Any, ReadOnly, NoEffectYet,
        "Where that plugin is loaded from.";
    "remote.log.storage.manager.impl.prefix", String, "rsm.config.", NonEmpty, ReadOnly, NoEffectYet,
        "Prefix of the configs handed to that plugin.";
    "remote.log.metadata.manager.class.name", String, "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
        NonEmpty, ReadOnly, NoEffectYet,
        "Plugin class that keeps track of remote segments.";
    "remote.log.metadata.manager.class.path", String, none, Any, ReadOnly, NoEffectYet,
        "Where that plugin is loaded from.";
    "remote.log.metadata.manager.impl.prefix", String, "rlmm.config.", NonEmpty, ReadOnly, NoEffectYet,
        "Prefix of the configs handed to that plugin.";
    "remote.log.metadata.manager.listener.name", String, none, NonEmpty, ReadOnly, NoEffectYet,
        "Listener that plugin connects to.";
    "remote.log.metadata.custom.metadata.max.bytes", Int, "128", AtLeast(0), ReadOnly, NoEffectYet,
        "The most bytes a storage plugin may attach to a segment.";
    "remote.log.manager.task.interval.ms", Long, "30000", AtLeast(1), ReadOnly, NoEffectYet,
        "How often segments are copied, expired and followed.";
    "remote.log.manager.thread.pool.size", Int, "2", AtLeast(1), ReadOnly, NoEffectYet,
        "Threads of the remote log manager, where the three below do not apply.";
    "remote.log.manager.copier.thread.pool.size", Int, "10", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads that copy segments to remote storage.";
    "remote.log.manager.expiration.thread.pool.size", Int, "10", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads that delete expired remote segments.";
    "remote.log.manager.follower.thread.pool.size", Int, "2", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads of followers that keep up with remote segments.";
    "remote.log.manager.copy.max.bytes.per.second", Long, "9223372036854775807", AtLeast(1), ClusterWide, NoEffectYet,
        "Bytes per second copied to remote storage at most.";
    "remote.log.manager.copy.quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for the copy quota.";
    "remote.log.manager.copy.quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one window of the copy quota.";
    "remote.log.manager.fetch.max.bytes.per.second", Long, "9223372036854775807", AtLeast(1), ClusterWide, NoEffectYet,
        "Bytes per second read from remote storage at most.";
    "remote.log.manager.fetch.quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for the remote read quota.";
    "remote.log.manager.fetch.quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one window of the remote read quota.";
    "remote.log.index.file.cache.total.size.bytes", Long, "1073741824", AtLeast(1), ClusterWide, NoEffectYet,
        "Local disk space for indexes of remote segments.";
    "remote.log.reader.threads", Int, "10", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads that read remote segments.";
    "remote.log.reader.max.pending.tasks", Int, "100", AtLeast(1), ReadOnly, NoEffectYet,
        "Remote reads that may wait for a thread.";
    "remote.fetch.max.wait.ms", Int, "500", AtLeast(1), ClusterWide, NoEffectYet,
        "How long a fetch may wait for a remote read.";
    "remote.list.offsets.request.timeout.ms", Long, "30000", AtLeast(1), ClusterWide, NoEffectYet,
        "How long an offset lookup may wait for a remote read.";
}
