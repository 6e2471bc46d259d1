//! The configs Apache Kafka does not have. Their names begin with `milena.`, and they come last in every listing, so
//! that what Kafka's tools expect stays as it is.

use super::prelude::*;

configs! { pub(super) static BROKER, Milena:
    "milena.disk.reserve.bytes", Long, "67108864", AtLeast(0), ClusterWide, Works,
        "Room that producers leave on the disk, twice: as much stays free, and as much is held by a file that is given up \
         for metadata and committed offsets. At most a 32nd of the disk. 0: a disk may be filled to the last byte.";
    "milena.durability", String, "process-crash", OneOf(&["process-crash", "power-loss"]), ClusterWide, Works,
        "What an acknowledged record survives. `process-crash`: the page cache is enough, as in Apache Kafka. \
         `power-loss`: records are synced to disk before acks=all is answered.";
    "milena.http.listener", String, "", Any, ReadOnly, Works,
        "Address of the HTTP server for metrics and health, as `host:port`; empty for none.";
    "milena.record.validation", String, "walk", OneOf(&["header", "walk", "full"]), ClusterWide, Works,
        "How closely batches from producers are looked at. `header`: lengths and checksum. `walk`: also the bounds of \
         every record. `full`: compressed batches are decompressed for it too.";
    "milena.scrub.bytes.per.second", Long, "4194304", AtLeast(0), ClusterWide, Works,
        "How fast the logs are read in the background to look at their checksums; 0 for not at all.";
    "milena.scrub.interval.ms", Long, "604800000", AtLeast(0), ClusterWide, Works,
        "How long after the beginning of one such pass over all logs the next one begins.";
}

configs! { pub(super) static TOPIC, Milena:
    "milena.durability", String, "process-crash", OneOf(&["process-crash", "power-loss"]), Resource, Works,
        "What an acknowledged record survives. `process-crash`: the page cache is enough, as in Apache Kafka. \
         `power-loss`: records are synced to disk before acks=all is answered.",
        from [Synonym::same("milena.durability")];
    "milena.record.validation", String, "walk", OneOf(&["header", "walk", "full"]), Resource, Works,
        "How closely batches from producers are looked at. `header`: lengths and checksum. `walk`: also the bounds of \
         every record. `full`: compressed batches are decompressed for it too.",
        from [Synonym::same("milena.record.validation")];
}
