//! How the partitions of one topic behave.
//!
//! Source: Kafka `LogConfig`.

use super::def::{ConfigDef, ResourceType};
use super::layers::{BrokerLayers, Overrides};
use super::table;
use super::value::Value;

/// Every setting of a topic that a log or a leader acts on. Made anew whenever a config changes.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicConfig {
    /// `retention.ms`: how long records are kept, -1 for ever.
    pub retention_ms: i64,
    /// `retention.bytes`: bytes kept per partition, -1 for no limit.
    pub retention_bytes: i64,
    /// `segment.bytes`: size at which a segment is closed.
    pub segment_bytes: u32,
    /// `segment.ms`: age at which a segment is closed.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: what may be taken off that age.
    pub segment_jitter_ms: i64,
    /// `index.interval.bytes`: bytes between two index entries.
    pub index_interval_bytes: u32,
    /// `segment.index.bytes`: the largest size of an index.
    pub segment_index_bytes: u32,
    /// `max.message.bytes`: the largest batch.
    pub max_message_bytes: u32,
    /// `compression.type` with its level.
    pub compression: Compression,
    /// `message.timestamp.type`: whose clock stamps records.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how old a producer's timestamp may be.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far ahead a producer's timestamp may be.
    pub timestamp_after_max_ms: i64,
    /// `min.insync.replicas`.
    pub min_insync_replicas: u32,
    /// `cleanup.policy` has `delete`.
    pub cleanup_delete: bool,
    /// `cleanup.policy` has `compact`.
    pub cleanup_compact: bool,
    /// `delete.retention.ms`: how long tombstones stay in a compacted log.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: the age before which a record is not compacted away.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: the age at which a record is due for compaction, `i64::MAX` for none.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`: the part of a log that must be uncompacted before it is compacted, from 0 to 1.
    pub min_cleanable_ratio: f64,
    /// `preallocate`: whether a new segment's file is given its full size at once.
    pub preallocate: bool,
    /// `flush.messages`: records between two syncs, `i64::MAX` for no limit.
    pub flush_messages: i64,
    /// `flush.ms`: milliseconds between two syncs, `i64::MAX` for no limit.
    pub flush_ms: i64,
    /// `file.delete.delay.ms`: how long the files of a deleted segment stay.
    pub file_delete_delay_ms: i64,
    /// `milena.durability`.
    pub durability: Durability,
    /// `milena.record.validation`.
    pub record_validation: RecordValidation,
}

/// The codec batches are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As the producer sent them.
    Producer,
    /// Not compressed.
    Uncompressed,
    /// gzip at this level, -1 for its own default.
    Gzip(i32),
    /// Snappy, which has no levels.
    Snappy,
    /// LZ4 at this level.
    Lz4(i32),
    /// Zstandard at this level.
    Zstd(i32),
}

/// Whose clock stamps records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's.
    LogAppendTime,
}

/// What an acknowledged record survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process; the page cache is enough.
    ProcessCrash,
    /// A power cut; the disk has it.
    PowerLoss,
}

/// How closely batches from producers are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordValidation {
    /// Lengths and checksum.
    Header,
    /// Also the bounds of every record that is not compressed.
    Walk,
    /// Also what is compressed.
    Full,
}

impl TopicConfig {
    /// The settings of a topic with these overrides on a broker with these layers.
    pub fn new(broker: BrokerLayers<'_>, overrides: &Overrides) -> Self {
        let read = Reader { broker, overrides };
        let policies = read.list("cleanup.policy");
        let policy = |name: &str| policies.iter().any(|policy| policy == name);
        Self {
            retention_ms: read.long("retention.ms"),
            retention_bytes: read.long("retention.bytes"),
            segment_bytes: read.size_if_set("internal.segment.bytes").unwrap_or_else(|| read.size("segment.bytes")),
            segment_ms: read.long("segment.ms"),
            segment_jitter_ms: read.long("segment.jitter.ms"),
            index_interval_bytes: read.size("index.interval.bytes"),
            segment_index_bytes: read.size("segment.index.bytes"),
            max_message_bytes: read.size("max.message.bytes"),
            compression: match read.text("compression.type").as_str() {
                "uncompressed" => Compression::Uncompressed,
                "gzip" => Compression::Gzip(read.int("compression.gzip.level")),
                "snappy" => Compression::Snappy,
                "lz4" => Compression::Lz4(read.int("compression.lz4.level")),
                "zstd" => Compression::Zstd(read.int("compression.zstd.level")),
                _ => Compression::Producer,
            },
            timestamp_type: match read.text("message.timestamp.type").as_str() {
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => TimestampType::CreateTime,
            },
            timestamp_before_max_ms: read.long("message.timestamp.before.max.ms"),
            timestamp_after_max_ms: read.long("message.timestamp.after.max.ms"),
            min_insync_replicas: read.size("min.insync.replicas"),
            cleanup_delete: policy("delete"),
            cleanup_compact: policy("compact"),
            delete_retention_ms: read.long("delete.retention.ms"),
            min_compaction_lag_ms: read.long("min.compaction.lag.ms"),
            max_compaction_lag_ms: read.long("max.compaction.lag.ms"),
            min_cleanable_ratio: read.double("min.cleanable.dirty.ratio"),
            preallocate: read.boolean("preallocate"),
            flush_messages: read.long("flush.messages"),
            flush_ms: read.long("flush.ms"),
            file_delete_delay_ms: read.long("file.delete.delay.ms"),
            durability: match read.text("milena.durability").as_str() {
                "power-loss" => Durability::PowerLoss,
                _ => Durability::ProcessCrash,
            },
            record_validation: match read.text("milena.record.validation").as_str() {
                "header" => RecordValidation::Header,
                "full" => RecordValidation::Full,
                _ => RecordValidation::Walk,
            },
        }
    }
}

/// Reads effective values by name and type. The table holds a default for every topic config but the internal one, so
/// no other is unset.
struct Reader<'a> {
    broker: BrokerLayers<'a>,
    overrides: &'a Overrides,
}

impl Reader<'_> {
    fn value_if_set(&self, name: &str) -> Option<Value> {
        let def: &ConfigDef =
            table::find(ResourceType::Topic, name).unwrap_or_else(|| panic!("{name} is no topic config"));
        self.broker.effective(def, self.overrides)
    }

    fn value(&self, name: &str) -> Value {
        self.value_if_set(name).unwrap_or_else(|| panic!("{name} has no default"))
    }

    fn long(&self, name: &str) -> i64 {
        match self.value(name) {
            Value::Long(value) => value,
            other => panic!("{name} is no long: {other}"),
        }
    }

    fn double(&self, name: &str) -> f64 {
        match self.value(name) {
            Value::Double(value) => value,
            other => panic!("{name} is no double: {other}"),
        }
    }

    fn boolean(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Boolean(value) => value,
            other => panic!("{name} is no boolean: {other}"),
        }
    }

    fn int(&self, name: &str) -> i32 {
        match self.value(name) {
            Value::Int(value) => value,
            other => panic!("{name} is no int: {other}"),
        }
    }

    /// An int whose range has no negative values.
    fn size(&self, name: &str) -> u32 {
        self.int(name).unsigned_abs()
    }

    /// The same, of a config without a default.
    fn size_if_set(&self, name: &str) -> Option<u32> {
        self.value_if_set(name).map(|_| self.size(name))
    }

    fn text(&self, name: &str) -> String {
        match self.value(name) {
            Value::Text(value) => value,
            other => panic!("{name} is no text: {other}"),
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Value::List(value) => value,
            other => panic!("{name} is no list: {other}"),
        }
    }
}
