//! Broker configs of replication and of reading from replicas.
//!
//! Source: Kafka `ReplicationConfigs`, `ServerConfigs`.

use super::prelude::*;

configs! { pub(super) static REPLICATION, Kafka:
    "min.insync.replicas", Int, "1", AtLeast(1), ClusterWide, Works,
        "Replicas that must hold a record before a producer with acks=all is answered; with fewer in sync it \
         is refused.";
    "unclean.leader.election.enable", Boolean, "false", Any, ClusterWide, Works,
        "Whether a replica out of sync may become leader, at the risk of losing records. Says nothing while \
         every partition has one replica.";
    "fetch.max.bytes", Int, "57671680", AtLeast(1_024), ReadOnly, Works,
        "The most bytes one fetch answer holds, whatever the consumer asks for.";
    "max.incremental.fetch.session.cache.slots", Int, "1000", AtLeast(0), ReadOnly, Works,
        "Fetch sessions kept at a time.";
    "broker.rack", String, none, Any, ReadOnly, Works,
        "Where the broker stands, for placing replicas and for reading nearby.";
    "replica.lag.time.max.ms", Long, "30000", Any, ReadOnly, NoEffectYet,
        "A follower that has not caught up for this long leaves the ISR.";
    "replica.fetch.max.bytes", Int, "1048576", AtLeast(0), ReadOnly, NoEffectYet,
        "Bytes a follower asks for per partition; a larger batch still comes through.";
    "replica.fetch.min.bytes", Int, "1", Any, ReadOnly, NoEffectYet,
        "Bytes a leader gathers before it answers a follower.";
    "replica.fetch.wait.max.ms", Int, "500", Any, ReadOnly, NoEffectYet,
        "How long a leader may wait for those bytes. At most `replica.lag.time.max.ms`.";
    "replica.fetch.backoff.ms", Int, "1000", AtLeast(0), ReadOnly, NoEffectYet,
        "How long a follower waits after a failed fetch.";
    "replica.fetch.response.max.bytes", Int, "10485760", AtLeast(0), ReadOnly, NoEffectYet,
        "Bytes a follower asks for in all.";
    "replica.socket.timeout.ms", Int, "30000", Any, ReadOnly, NoEffectYet,
        "How long a follower waits for the leader's answer. At least `replica.fetch.wait.max.ms`.";
    "replica.socket.receive.buffer.bytes", Int, "65536", Any, ReadOnly, NoEffectYet,
        "SO_RCVBUF of the sockets followers fetch with.";
    "replica.high.watermark.checkpoint.interval.ms", Long, "5000", Any, ReadOnly, NoEffectYet,
        "How often high watermarks are written down.";
    "replica.selector.class", String, none, Any, ReadOnly, WouldBreakAPromise,
        "Plugin class that sends a consumer to a replica near it.";
    "num.replica.fetchers", Int, "1", AtLeast(1), ClusterWide, NoEffectYet,
        "Fetcher threads per leader a broker follows.";
    "num.replica.alter.log.dirs.threads", Int, none, Any, ReadOnly, NoEffectYet,
        "Threads that move replicas between log directories.";
    "auto.leader.rebalance.enable", Boolean, "true", Any, ReadOnly, NoEffectYet,
        "Whether leadership returns to the preferred replicas by itself.";
    "leader.imbalance.check.interval.seconds", Long, "300", AtLeast(1), ReadOnly, NoEffectYet,
        "How often the controller looks for leaders that are not the preferred ones.";
    "controlled.shutdown.enable", Boolean, "true", Any, ReadOnly, NoEffectYet,
        "Whether a stopping broker hands its leaderships over first.";
    "follower.fetch.last.tiered.offset.enable", Boolean, "false", Any, ClusterWide, NoEffectYet,
        "Whether a new follower of a tiered topic starts at the last offset that is in the remote tier.";
    "fetch.purgatory.purge.interval.requests", Int, "1000", Any, ReadOnly, NoEffectYet,
        "Waiting fetches after which finished ones are swept out. Here they leave at once.";
    "producer.purgatory.purge.interval.requests", Int, "1000", Any, ReadOnly, NoEffectYet,
        "Waiting produces after which finished ones are swept out. Here they leave at once.";
    "delete.records.purgatory.purge.interval.requests", Int, "1", Any, ReadOnly, NoEffectYet,
        "Waiting DeleteRecords after which finished ones are swept out. Here they leave at once.";
}
