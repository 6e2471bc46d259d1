//! A node's log directory on a simulated disk over several starts, batches to put into it, and all that can be seen of it.

use std::{path::Path, path::PathBuf, sync::Arc};

use protocol::{
    records::{BatchBuilder, Compression, ControlRecordType, RecordBatch, batch::patch_placement, next_batch},
    stored::control::EndTxnMarker,
    types::{BrokerId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp, TopicPartition, Uuid},
};
use storage::{
    Log, LogConfig, LogDir, LogDirLimits, MetaProperties, OpenWarning,
    disk::{Disk, FaultDisk},
    log_dir::format,
};

pub(crate) const ROOT: &str = "/data";
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);
const TOPIC_ID: Uuid = Uuid([7; 16]);

/// Numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

pub(crate) struct Node {
    pub(crate) disk: FaultDisk,
    /// The incarnation that registered last; 0 for none.
    registered: u8,
    /// The next one.
    next: u8,
    pub(crate) dir: Option<LogDir>,
}

impl Node {
    pub(crate) fn new(disk: &FaultDisk) -> Self {
        let meta = MetaProperties { cluster_id: "c".into(), node_id: BrokerId(1), directory_id: Some(Uuid([9; 16])) };
        format(disk, Path::new(ROOT), &meta).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        Self { disk: disk.clone(), registered: 0, next: 1, dir: None }
    }

    /// The node that ran on `disk` and registered last as `registered`, to be started again.
    pub(crate) fn dead(disk: FaultDisk, registered: u8) -> Self {
        Self { disk, registered, next: 200, dir: None }
    }

    pub(crate) fn registered(&self) -> u8 {
        self.registered
    }

    pub(crate) fn open(&mut self, config: LogConfig) -> Result<(Log, Vec<OpenWarning>), String> {
        self.dir = None;
        let last = (self.registered > 0).then_some(Uuid([self.registered; 16]));
        let limits = LogDirLimits { open_files: 2, indexes: 1 };
        let dir = LogDir::open(Arc::new(self.disk.clone()), Path::new(ROOT), BrokerId(1), Some("c"), limits);
        let dir = dir.map_err(|error| error.to_string())?;
        let incarnation = self.next;
        self.next += 1;
        dir.begin(last, Uuid([incarnation; 16])).map_err(|error| error.to_string())?;
        self.registered = incarnation;
        let opened = dir.open_log(&partition(), TOPIC_ID, config, NOW);
        self.dir = Some(dir);
        opened.map_err(|error| error.to_string())
    }

    /// Stops cleanly, if the disk lets it.
    pub(crate) fn stop(&mut self, mut log: Log) -> bool {
        let Ok(stopped) = log.stop() else { return false };
        self.dir.take().expect("it runs").close(vec![stopped], 13).is_ok()
    }

    pub(crate) fn partition_dir(&self) -> PathBuf {
        Path::new(ROOT).join(partition().to_string())
    }

    /// The names in the partition's directory; none if there is none.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = self.disk.list(&self.partition_dir()).unwrap_or_default();
        entries.into_iter().map(|entry| entry.name).collect()
    }
}

/// A batch as it is, or is to be, in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) base: i64,
    pub(crate) next: i64,
    pub(crate) epoch: i32,
    /// Whose, in which epoch, from which sequence number on.
    pub(crate) producer: Option<(i64, i16, i32)>,
    pub(crate) is_transactional: bool,
    /// A marker, and whether it commits.
    pub(crate) marker: Option<bool>,
    /// Key and value of each record; a tombstone has no value.
    pub(crate) records: Vec<(u8, Option<u32>)>,
    pub(crate) timestamp: i64,
    /// As it is on disk.
    pub(crate) bytes: Vec<u8>,
}

/// What a batch is to hold.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) producer: Option<(i64, i16, i32)>,
    pub(crate) is_transactional: bool,
    pub(crate) records: Vec<(u8, Option<u32>)>,
}

impl Written {
    pub(crate) fn new(base: i64, epoch: i32, timestamp: i64, content: Content) -> Self {
        let mut builder = BatchBuilder::new(Compression::NONE);
        if let Some((id, producer_epoch, sequence)) = content.producer {
            builder = builder.producer(ProducerId(id), ProducerEpoch(producer_epoch), sequence);
        }
        if content.is_transactional {
            builder = builder.transactional();
        }
        for (key, value) in &content.records {
            let text = value.map(|value| format!("{value:0width$}", width = 8 + (value % 40) as usize));
            builder.append(Timestamp(timestamp), Some(&[*key]), text.as_deref().map(str::as_bytes), &[]);
        }
        let mut bytes = builder.build();
        patch_placement(&mut bytes, Offset(base), LeaderEpoch(epoch));
        let Content { producer, is_transactional, records } = content;
        let next = base + records.len() as i64;
        Self { base, next, epoch, producer, is_transactional, marker: None, records, timestamp, bytes }
    }

    pub(crate) fn marker(base: i64, epoch: i32, timestamp: i64, producer: (i64, i16), commit: bool) -> Self {
        let kind = if commit { ControlRecordType::Commit } else { ControlRecordType::Abort };
        let mut value = protocol::codec::Writer::over(vec![0, 0]);
        protocol::codec::encode(&EndTxnMarker::default(), &mut value, 0).unwrap();
        let (id, producer_epoch) = producer;
        let builder = BatchBuilder::new(Compression::NONE);
        let builder = builder.producer(ProducerId(id), ProducerEpoch(producer_epoch), -1);
        let mut builder = builder.transactional().control();
        builder.append_control(Timestamp(timestamp), kind, &value.into_bytes());
        let mut bytes = builder.build();
        patch_placement(&mut bytes, Offset(base), LeaderEpoch(epoch));
        Self {
            base,
            next: base + 1,
            epoch,
            producer: Some((id, producer_epoch, -1)),
            is_transactional: true,
            marker: Some(commit),
            records: Vec::new(),
            timestamp,
            bytes,
        }
    }

    pub(crate) fn batch(&self) -> RecordBatch<'_> {
        RecordBatch::new(&self.bytes).expect("it was built as one")
    }
}

/// A batch as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) base: i64,
    pub(crate) next: i64,
    pub(crate) epoch: i32,
    pub(crate) bytes: Vec<u8>,
}

/// What a log remembers of a producer: epoch, open transaction, and of its batches first sequence and first offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
    pub(crate) transaction_start: Option<i64>,
    pub(crate) batches: Vec<(i32, i64)>,
}

/// All that can be seen of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) durable: i64,
    pub(crate) stable: i64,
    pub(crate) batches: Vec<Found>,
    pub(crate) epochs: Vec<(i32, i64)>,
    pub(crate) producers: Vec<Known>,
}

/// Reads a log as a consumer does, from its start to its end.
pub(crate) fn see(log: &mut Log) -> Result<Seen, String> {
    let mut batches = Vec::new();
    let mut offset = log.start();
    loop {
        let read = log.read(offset, 400, log.end(), true).map_err(|error| format!("reading at {offset}: {error:?}"))?;
        let Some(read) = read else { break };
        let bytes = read.range.read().map_err(|error| error.to_string())?;
        let (mut rest, before) = (&bytes[..], offset);
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            if !batch.crc_is_valid() || batch.next_offset() <= offset {
                return Err(format!("a batch at {} that is no batch, or not the next", batch.base_offset));
            }
            batches.push(Found {
                base: batch.base_offset.0,
                next: batch.next_offset().0,
                epoch: batch.partition_leader_epoch.0,
                bytes: batch.bytes().to_vec(),
            });
            offset = batch.next_offset();
            rest = behind;
        }
        if offset == before {
            return Err(format!("what is read at {offset} is no batch"));
        }
    }
    let known = |(id, producer): (&ProducerId, &storage::producer_state::Producer)| Known {
        id: id.0,
        epoch: producer.epoch.0,
        transaction_start: producer.transaction_start.map(|start| start.0),
        batches: producer.batches().iter().map(|batch| (batch.first_sequence(), batch.first_offset().0)).collect(),
    };
    Ok(Seen {
        start: log.start().0,
        end: log.end().0,
        durable: log.durable().0,
        stable: log.last_stable_offset(log.end()).0,
        batches,
        epochs: log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start.0)).collect(),
        producers: log.producers().producers().iter().map(known).collect(),
    })
}
