//! What of a topic's configuration the log of a partition needs, as plain numbers.

use protocol::records::Compression;

/// The settings of one log. [`LogConfig::default`] has Kafka's defaults.
///
/// Source: Kafka `LogConfig`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is closed before a batch would make it larger than this.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is closed once a batch is this much younger than the segment's first.
    pub segment_ms: i64,
    /// How much earlier than `segment_ms` this log closes its segments: the caller's draw from `0..=segment.jitter.ms`,
    /// so that not all logs of a node roll at once.
    pub segment_jitter_ms: i64,
    /// `index.interval.bytes`: an index entry stands for at least this many bytes of log.
    pub index_interval_bytes: u32,
    /// `segment.index.bytes`: a segment is closed once one of its indexes has this size.
    pub index_bytes_max: u32,
    /// `cleanup.policy` holds `delete`: whether segments go by age and size.
    pub delete_old_segments: bool,
    /// `cleanup.policy` holds `compact`: whether of each key only the newest record is kept.
    pub compact: bool,
    /// `delete.retention.ms`: how long tombstones, and markers of transactions that are gone, are still there to be read.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: a segment is not compacted before all of its records are this old.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: a compacted log's segments are closed at this age, and then compacted at once.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`: the part of the log that must be uncompacted before it is compacted.
    pub min_cleanable_ratio: f64,
    /// `compression.type` with its level, where it is a codec.
    pub compression: Option<Compression>,
    /// `retention.ms`; negative for no limit.
    pub retention_ms: i64,
    /// `retention.bytes`; negative for no limit.
    pub retention_bytes: i64,
    /// `file.delete.delay.ms`: how long a removed segment's files stay as `*.deleted`.
    pub file_delete_delay_ms: u64,
    /// `flush.messages`: how many records may be in the page cache only before a sync is due.
    pub flush_messages: i64,
    /// `flush.ms`: how long a record may be in the page cache only before a sync is due.
    pub flush_ms: i64,
    /// `producer.id.expiration.ms`: how long a silent producer is remembered.
    pub producer_id_expiration_ms: i64,
    /// `preallocate`: whether a new segment's space is reserved at once.
    pub preallocate: bool,
    /// Whether the log goes on in the room that is kept free on the disk ([`crate::space`]): the node's own.
    pub headroom: bool,
}

impl LogConfig {
    /// The age at which a segment is closed, jitter aside.
    ///
    /// Source: Kafka `LogConfig.maxSegmentMs`.
    #[must_use]
    pub fn segment_age_max_ms(&self) -> i64 {
        if self.compact && self.max_compaction_lag_ms > 0 {
            self.segment_ms.min(self.max_compaction_lag_ms)
        } else {
            self.segment_ms
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 604_800_000,
            segment_jitter_ms: 0,
            index_interval_bytes: 4096,
            index_bytes_max: 10 << 20,
            delete_old_segments: true,
            compact: false,
            delete_retention_ms: 86_400_000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_ratio: 0.5,
            compression: None,
            retention_ms: 604_800_000,
            retention_bytes: -1,
            file_delete_delay_ms: 60_000,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            producer_id_expiration_ms: 86_400_000,
            preallocate: false,
            headroom: false,
        }
    }
}
