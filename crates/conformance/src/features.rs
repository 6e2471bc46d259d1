//! The columns of the table. What must hold for each is in `clients/README.md`.

/// All features, in the order of the table.
pub const FEATURES: &[&str] = &[
    "create",
    "describe",
    "alter",
    "delete",
    "none",
    "gzip",
    "snappy",
    "lz4",
    "zstd",
    "idempotent",
    "consume",
    "group",
    "resume",
    RESTART,
    "timestamp",
    "bad-name",
    "unknown-topic",
    "too-large",
];

/// The one feature that spans a restart of the node.
pub const RESTART: &str = "restart";

/// The codecs, `none` among them: each is a feature and the name of the topic that was written with it.
pub const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// What only Apache Kafka's programs have to show, beyond the features.
pub const PROGRAMS: &[&str] = &["broker-api-versions", "get-offsets", "consumer-groups", "producer-perf-test"];
