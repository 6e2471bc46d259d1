//! Broker configs of listeners, sockets, threads, metrics and quotas.
//!
//! Source: Kafka `SocketServerConfigs`, `ServerConfigs`, `ReplicationConfigs`, `MetricConfigs`, `QuotaConfig`.

use super::prelude::*;

configs! { pub(super) static NETWORK, Kafka:
    "listeners", List, "PLAINTEXT://:9092", NonEmptyList, PerBroker, Works,
        "Where the node accepts connections: `NAME://host:port`, comma separated. An empty host binds every \
         address; port 0 takes a free one.";
    "advertised.listeners", List, none, NonEmptyList, ReadOnly, Works,
        "The addresses clients are told to use, when they differ from `listeners`. Every name must occur in \
         `listeners`; 0.0.0.0 cannot be advertised.";
    "listener.security.protocol.map", String, "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        Any, PerBroker, Works,
        "Which security protocol each listener name speaks, as `NAME:PROTOCOL` pairs. Listeners other than \
         PLAINTEXT are refused so far.";
    "inter.broker.listener.name", String, none, Any, ReadOnly, Works,
        "The listener brokers use to reach each other. Set this or `security.inter.broker.protocol`, not \
         both.";
    "security.inter.broker.protocol", String, "PLAINTEXT", OneOf(SECURITY_PROTOCOLS), ReadOnly, Works,
        "The protocol between brokers, which also names the listener when `inter.broker.listener.name` is \
         unset.";
    "early.start.listeners", List, none, AnyList, ReadOnly, NoEffectYet,
        "Listeners that open before the broker is ready; by default those of the controller.";
    "num.network.threads", Int, "3", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads per listener that move bytes between sockets and request queues.";
    "num.io.threads", Int, "8", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads that carry out requests.";
    "background.threads", Int, "10", AtLeast(1), ClusterWide, NoEffectYet,
        "Threads for chores such as deleting files.";
    "queued.max.requests", Int, "500", AtLeast(1), ReadOnly, NoEffectYet,
        "Requests that may wait for a thread before the network stops reading.";
    "queued.max.request.bytes", Long, "-1", Any, ReadOnly, Works,
        "Bytes of requests that may wait before the network stops reading; -1 for no limit. At least \
         `socket.request.max.bytes` when positive.";
    "request.timeout.ms", Int, "30000", Any, ReadOnly, NoEffectYet,
        "How long the broker waits for an answer to a request of its own.";
    "socket.request.max.bytes", Int, "104857600", AtLeast(1), ReadOnly, Works,
        "The largest request accepted; a client that announces more is disconnected.";
    "socket.send.buffer.bytes", Int, "102400", Any, ReadOnly, NoEffectYet,
        "SO_SNDBUF of accepted sockets; -1 leaves it to the system.";
    "socket.receive.buffer.bytes", Int, "102400", Any, ReadOnly, NoEffectYet,
        "SO_RCVBUF of accepted sockets; -1 leaves it to the system.";
    "socket.listen.backlog.size", Int, "50", AtLeast(1), ReadOnly, NoEffectYet,
        "Connections the system may hold before they are accepted.";
    "socket.connection.setup.timeout.ms", Long, "10000", Any, ReadOnly, NoEffectYet,
        "How long the broker waits for a connection it opens, at first.";
    "socket.connection.setup.timeout.max.ms", Long, "30000", Any, ReadOnly, NoEffectYet,
        "The longest wait for a connection the broker opens, after repeated failures.";
    "max.connections", Int, "2147483647", AtLeast(0), ClusterWide, Works,
        "Connections the broker holds at a time, over all listeners.";
    "max.connections.per.ip", Int, "2147483647", AtLeast(0), ClusterWide, Works,
        "Connections the broker holds at a time from one address.";
    "max.connections.per.ip.overrides", String, "", Any, ClusterWide, NoEffectYet,
        "Limits for single addresses that replace `max.connections.per.ip`: `host:count` pairs.";
    "max.connection.creation.rate", Int, "2147483647", AtLeast(0), ClusterWide, NoEffectYet,
        "New connections accepted per second, over all listeners.";
    "connections.max.idle.ms", Long, "600000", Any, ReadOnly, Works,
        "A connection without traffic for this long is closed. A negative value means never.";
    "connections.max.reauth.ms", Long, "0", Any, ReadOnly, NoEffectYet,
        "How long a SASL session lasts before the client must authenticate again; 0 for ever.";
    "connection.failed.authentication.delay.ms", Int, "100", AtLeast(0), ReadOnly, NoEffectYet,
        "How long the answer to a failed authentication is held back. Less than `connections.max.idle.ms`.";
    "max.request.partition.size.limit", Int, "2000", AtLeast(1), ReadOnly, NoEffectYet,
        "The most partitions one DescribeTopicPartitions answer may hold.";
    "config.providers", List, "", AnyList, ClusterWide, WouldBreakAPromise,
        "Names of plugins that fill in `${provider:key}` references in values.";
    "metric.reporters", List, "org.apache.kafka.common.metrics.JmxReporter", AnyList, ClusterWide, NoEffectYet,
        "Plugin classes that export metrics. Here metrics are read from `milena.http.listener`.";
    "kafka.metrics.reporters", List, "", AnyList, ReadOnly, NoEffectYet,
        "Plugin classes that export the older kind of broker metrics.";
    "kafka.metrics.polling.interval.secs", Int, "10", AtLeast(1), ReadOnly, NoEffectYet,
        "How often the older reporters poll, in seconds.";
    "metrics.num.samples", Int, "2", AtLeast(1), ReadOnly, NoEffectYet,
        "Sample windows over which a rate is computed.";
    "metrics.recording.level", String, "INFO", Any, ReadOnly, NoEffectYet,
        "How detailed the recorded metrics are: INFO, DEBUG or TRACE.";
    "metrics.sample.window.ms", Long, "30000", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one sample window.";
    "telemetry.max.bytes", Int, "1048576", AtLeast(1), ReadOnly, NoEffectYet,
        "The largest metrics push accepted from a client.";
    "quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for client quotas.";
    "quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one client quota window.";
    "replication.quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for the replication quota.";
    "replication.quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one replication quota window.";
    "alter.log.dirs.replication.quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for the quota on moves between log directories.";
    "alter.log.dirs.replication.quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one window of the quota on moves between log directories.";
    "controller.quota.window.num", Int, "11", AtLeast(1), ReadOnly, NoEffectYet,
        "Windows kept in memory for the quota on controller mutations.";
    "controller.quota.window.size.seconds", Int, "1", AtLeast(1), ReadOnly, NoEffectYet,
        "Length of one window of the quota on controller mutations.";
    "client.quota.callback.class", Class, none, Any, ReadOnly, WouldBreakAPromise,
        "Plugin class that decides which quota applies to a client.";
}
