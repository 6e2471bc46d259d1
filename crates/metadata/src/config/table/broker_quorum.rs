//! Configs of the node itself, of the metadata quorum and of its log.
//!
//! Source: Kafka `KRaftConfigs`, `QuorumConfig`, `MetadataLogConfig`.

use super::prelude::*;

configs! { pub(super) static QUORUM, Kafka:
    "process.roles", List, none, NonEmptyListOf(&["broker", "controller"]), ReadOnly, Works,
        "What the node does: `broker`, `controller` or both. Only both in one process is supported so far.";
    "node.id", Int, none, AtLeast(0), ReadOnly, Works,
        "The node's number in the cluster; required, and the same at every start.";
    "broker.id", Int, "-1", Any, ReadOnly, Works,
        "The old name of `node.id`; both must agree.";
    "controller.listener.names", List, none, NonEmptyList, ReadOnly, Works,
        "Which of the listeners belong to the controller; required.";
    "controller.quorum.voters", List, "", Voters, ReadOnly, Works,
        "The fixed voters of the metadata quorum, as `id@host:port`. Leave it empty when the directory was \
         formatted with voters.";
    "controller.quorum.bootstrap.servers", List, "", BootstrapServers, ReadOnly, Works,
        "Where to find the metadata quorum, as `host:port`. Required when `controller.quorum.voters` is \
         empty.";
    "controller.quorum.election.timeout.ms", Int, "1000", AtLeast(0), ReadOnly, Works,
        "How long a candidate waits for votes before it starts anew.";
    "controller.quorum.election.backoff.max.ms", Int, "1000", AtLeast(0), ReadOnly, NoEffectYet,
        "The longest wait after a lost election.";
    "controller.quorum.fetch.timeout.ms", Int, "2000", AtLeast(0), ReadOnly, NoEffectYet,
        "How long a follower goes without the leader before it starts an election.";
    "controller.quorum.append.linger.ms", Int, "25", AtLeast(0), ReadOnly, NoEffectYet,
        "How long the leader gathers metadata records before it writes them. Here it writes what has gathered \
         while the last write ran.";
    "controller.quorum.request.timeout.ms", Int, "2000", AtLeast(0), ReadOnly, NoEffectYet,
        "How long a quorum request may take.";
    "controller.quorum.retry.backoff.ms", Int, "20", AtLeast(0), ReadOnly, NoEffectYet,
        "How long a failed quorum request waits before it is sent again.";
    "controller.quorum.auto.join.enable", Boolean, "false", Any, ReadOnly, NoEffectYet,
        "Whether a controller that is no voter asks to become one.";
    "controller.quorum.fetch.max.bytes", Int, "1048576", AtLeast(1), ReadOnly, NoEffectYet,
        "The most bytes a quorum fetch asks for.";
    "controller.quorum.fetch.snapshot.max.bytes", Int, "1048576", AtLeast(1), ReadOnly, NoEffectYet,
        "The most bytes of a snapshot fetched at a time.";
    "controller.socket.timeout.ms", Int, "30000", Any, ReadOnly, NoEffectYet,
        "How long a broker waits for the controller's answer.";
    "broker.heartbeat.interval.ms", Int, "2000", Any, ReadOnly, NoEffectYet,
        "How often a broker reports to the controller. At most half of `broker.session.timeout.ms`.";
    "broker.session.timeout.ms", Int, "9000", Any, ReadOnly, NoEffectYet,
        "A broker silent for this long is fenced.";
    "initial.broker.registration.timeout.ms", Int, "60000", Any, ReadOnly, NoEffectYet,
        "A broker that cannot register within this time stops.";
    "metadata.log.dir", String, none, Any, ReadOnly, Works,
        "The directory of the metadata log; unset: the log directory.";
    "metadata.log.segment.bytes", Int, "1073741824", AtLeast(8_388_608), ReadOnly, Works,
        "Size at which a segment of the metadata log is closed.";
    "metadata.log.segment.ms", Long, "604800000", Any, ReadOnly, Works,
        "Age at which a segment of the metadata log is closed.";
    "metadata.log.max.record.bytes.between.snapshots", Long, "20971520", AtLeast(1), ReadOnly, Works,
        "Bytes of metadata records after which a snapshot is taken.";
    "metadata.log.max.snapshot.interval.ms", Long, "3600000", AtLeast(0), ReadOnly, Works,
        "Age of the oldest record outside a snapshot after which one is taken; 0 for never by age.";
    "metadata.max.idle.interval.ms", Int, "500", AtLeast(0), ReadOnly, NoEffectYet,
        "How often the controller writes a no-op record when nothing else happens; 0 for never.";
    "metadata.max.retention.bytes", Long, "104857600", Any, ReadOnly, Works,
        "Bytes of metadata log and snapshots kept before the oldest are deleted.";
    "metadata.max.retention.ms", Long, "604800000", Any, ReadOnly, Works,
        "How long metadata log and snapshots are kept.";
}
