use std::path::Path;

use protocol::{
    records::{BatchBuilder, Compression, CompressionType, RecordBatch, next_batch},
    types::{BrokerId, ProducerEpoch, ProducerId},
};

use super::*;
use crate::{
    LogDir, LogDirLimits, MetaProperties, OsDisk,
    disk::{Disk, FaultDisk, FaultRule, Open, read_file, write_file},
    log_dir::format,
    producer_state::SequenceError,
};

mod compaction;
mod files;
mod model;
mod recovery;
mod transactions;

const ROOT: &str = "/data";
const NOW: Timestamp = Timestamp(1_000_000);
const EPOCH: LeaderEpoch = LeaderEpoch(0);
const TOPIC_ID: Uuid = Uuid([7; 16]);

fn partition() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

/// Small segments and an index entry for nearly each batch.
fn small() -> LogConfig {
    LogConfig { segment_bytes: 2000, index_interval_bytes: 100, ..LogConfig::default() }
}

/// A node's log directory on some disk, over several starts.
struct Node {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    starts: u8,
    dir: Option<LogDir>,
}

impl Node {
    fn new(disk: &FaultDisk) -> Self {
        Self::on(Arc::new(disk.clone()), Path::new(ROOT))
    }

    fn on(disk: Arc<dyn Disk>, root: &Path) -> Self {
        let meta = MetaProperties { cluster_id: "c".into(), node_id: BrokerId(1), directory_id: Some(Uuid([9; 16])) };
        format(&*disk, root, &meta).unwrap();
        if let Some(above) = root.parent() {
            disk.sync_dir(above).unwrap();
        }
        Self { disk, root: root.to_owned(), starts: 0, dir: None }
    }

    fn start(&mut self) -> &LogDir {
        let last = (self.starts > 0).then_some(Uuid([self.starts; 16]));
        self.starts += 1;
        let limits = LogDirLimits { open_files: 2, indexes: 1 };
        let dir = LogDir::open(self.disk.clone(), &self.root, BrokerId(1), Some("c"), limits).unwrap();
        dir.begin(last, Uuid([self.starts; 16])).unwrap();
        self.dir.insert(dir)
    }

    fn open(&mut self, config: LogConfig) -> Log {
        self.try_open(config).unwrap().0
    }

    fn try_open(&mut self, config: LogConfig) -> Result<(Log, Vec<OpenWarning>), OpenError> {
        self.dir = None;
        self.start().open_log(&partition(), TOPIC_ID, config, NOW)
    }

    fn stop(&mut self, mut log: Log) {
        let stopped = log.stop().unwrap();
        self.dir.take().unwrap().close(vec![stopped], 13).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.join("orders-0").join(file)
    }

    fn file(&self, file: &str) -> Vec<u8> {
        read_file(&*self.disk, &self.path(file), u64::MAX).unwrap()
    }

    fn files(&self) -> Vec<String> {
        self.disk.list(&self.root.join("orders-0")).unwrap().into_iter().map(|entry| entry.name).collect()
    }
}

fn batch_at(timestamps: &[i64]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::default());
    for &timestamp in timestamps {
        builder.append(Timestamp(timestamp), None, Some(&[b'x'; 40]), &[]);
    }
    builder.build()
}

fn batch(count: usize) -> Vec<u8> {
    batch_at(&vec![NOW.0; count])
}

fn sequenced(producer: i64, epoch: i16, sequence: i32, count: usize) -> Vec<u8> {
    let mut builder =
        BatchBuilder::new(Compression::default()).producer(ProducerId(producer), ProducerEpoch(epoch), sequence);
    for _ in 0..count {
        builder.append(NOW, None, Some(b"value"), &[]);
    }
    builder.build()
}

fn append(log: &mut Log, bytes: &[u8]) -> Result<Appended, AppendError> {
    let batch = RecordBatch::new(bytes).unwrap();
    log.append_as_leader(&[batch], log.epochs().latest().unwrap_or(EPOCH), NOW).remove(0)
}

fn sync(log: &mut Log, scope: SyncScope) -> Offset {
    let Some(job) = log.sync_job(scope).unwrap() else { return log.durable() };
    let result = job.run();
    log.sync_done(&job, result).unwrap()
}

/// Base offset and size of all batches from the start on, read as a consumer does.
fn read_all(log: &Log) -> Vec<(i64, usize)> {
    let (mut batches, mut offset) = (Vec::new(), log.start());
    while let Some(read) = log.read(offset, 500, log.end(), true).unwrap() {
        let bytes = read.range.read().unwrap();
        let mut rest = &bytes[..];
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            assert!(batch.crc_is_valid());
            batches.push((batch.base_offset.0, batch.bytes().len()));
            offset = batch.next_offset();
            rest = behind;
        }
    }
    assert_eq!(offset, log.end());
    batches
}

fn offsets(appended: Result<Appended, AppendError>) -> (i64, i64) {
    let Appended { offsets, repeated: None } = appended.unwrap() else { panic!("a repeat") };
    (offsets.start.0, offsets.end.0)
}

#[test]
fn records_get_the_next_offsets_and_are_read_back_as_they_came() {
    let directory = tempfile::tempdir().unwrap();
    for mut node in [Node::new(&FaultDisk::new(1)), Node::on(Arc::new(OsDisk), directory.path())] {
        let mut log = node.open(small());
        let sent = [batch(2), batch(1), batch(5)];
        let views: Vec<_> = sent.iter().map(|bytes| RecordBatch::new(bytes).unwrap()).collect();
        let outcomes = log.append_as_leader(&views, LeaderEpoch(3), NOW);
        let placed: Vec<_> = outcomes.into_iter().map(offsets).collect();
        assert_eq!(placed, [(0, 2), (2, 3), (3, 8)]);

        let read = log.read(Offset(1), 10_000, Offset(8), true).unwrap().unwrap();
        assert_eq!(read.base, Offset(0));
        let bytes = read.range.read().unwrap();
        let mut rest = &bytes[..];
        for (sent, placed) in sent.iter().zip(placed) {
            let (found, behind) = next_batch(rest).unwrap().unwrap();
            assert_eq!((found.base_offset.0, found.partition_leader_epoch), (placed.0, LeaderEpoch(3)));
            assert_eq!(found.bytes()[16..], sent[16..], "outside the placement nothing changes");
            assert!(found.crc_is_valid());
            rest = behind;
        }
        assert_eq!(rest, []);
    }
}

#[test]
fn nothing_is_on_disk_before_the_first_record() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(small());
    log.begin_epoch(LeaderEpoch(4));
    assert!(log.read(Offset(0), 100, Offset(0), true).unwrap().is_none());
    assert!(node.dir.as_ref().unwrap().partitions().is_empty());
    append(&mut log, &batch(1)).unwrap();
    assert_eq!(node.dir.as_ref().unwrap().partitions(), [partition()]);
    assert_eq!(node.files(), ["00000000000000000000.log", "leader-epoch-checkpoint", "partition.metadata"]);
    assert_eq!(node.file("leader-epoch-checkpoint"), b"0\n1\n4 0\n");
    assert_eq!(node.file("partition.metadata"), b"version: 0\ntopic_id: BwcHBwcHBwcHBwcHBwcHBw");
}

#[test]
fn a_reader_gets_the_first_batch_whole_and_nothing_beyond_his_bound() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 1500, index_interval_bytes: 1, ..small() });
    let size = batch(2).len() as u64;
    for _ in 0..100 {
        append(&mut log, &batch(2)).unwrap();
    }
    assert!(log.segment_bases().len() > 5);
    for offset in 0..200 {
        let base = Offset(offset / 2 * 2);
        let one = log.read(Offset(offset), 1, log.end(), true).unwrap().unwrap();
        assert_eq!((one.base, one.range.len), (base, size));
        assert_eq!(log.read(Offset(offset), 1, log.end(), false).unwrap().unwrap().range.len, 1);
        let bounded = log.read(Offset(offset), u32::MAX, base.plus(2), true).unwrap().unwrap();
        assert_eq!((bounded.base, bounded.range.len), (base, size));
        assert!(log.read(Offset(offset), u32::MAX, base, true).unwrap().is_none());
    }
    let between = log.bytes_between(Offset(10), Offset(30)).unwrap();
    assert_eq!(between, 10 * size);
    assert!(log.read(Offset(200), 1, Offset(200), true).unwrap().is_none());
    let outside = ReadError::OutOfRange { start: Offset(0), end: Offset(200) };
    assert_eq!(log.read(Offset(201), 1, Offset(200), true).unwrap_err(), outside);
    assert_eq!(log.read(Offset(-1), 1, Offset(200), true).unwrap_err(), outside);
}

#[test]
fn segments_end_by_size_and_age_and_full_indexes() {
    let mut node = Node::new(&FaultDisk::new(1));
    let size = batch(1).len() as u32;
    let bases = |node: &mut Node, config: LogConfig, timestamps: &[i64]| {
        let mut log = node.open(config);
        let begin = log.end();
        for &timestamp in timestamps {
            append(&mut log, &batch_at(&[timestamp])).unwrap();
        }
        let bases: Vec<_> = log.segment_bases().map(|base| base.0 - begin.0).filter(|base| *base >= 0).collect();
        log.truncate_fully(Offset(0), NOW).unwrap();
        bases
    };
    let wide = LogConfig { segment_bytes: 1 << 20, ..LogConfig::default() };
    let by_size = LogConfig { segment_bytes: 2 * size, ..wide };
    assert_eq!(bases(&mut node, by_size, &[1, 1, 1, 1, 1]), [0, 2, 4]);
    let tiny = LogConfig { segment_bytes: 1, ..wide };
    assert_eq!(bases(&mut node, tiny, &[1, 1]), [0, 1], "a batch larger than a segment has one of its own");
    let by_age = LogConfig { segment_ms: 10, segment_jitter_ms: 2, ..wide };
    assert_eq!(bases(&mut node, by_age, &[100, 108, 90, 109, 117]), [0, 3]);
    let by_index = LogConfig { index_bytes_max: 36, index_interval_bytes: 0, ..wide };
    assert_eq!(bases(&mut node, by_index, &[1, 2, 3, 4, 5, 6, 7]), [0, 3, 6]);
}

#[test]
fn offsets_too_far_from_the_segments_base_begin_a_new_one() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(small());
    let far = i64::from(i32::MAX) + 5;
    for offset in [0, far, far + 1, 3 * far] {
        let bytes = BatchBuilder::new(Compression::default()).base_offset(Offset(offset)).leader_epoch(EPOCH);
        let mut bytes = bytes;
        bytes.append(NOW, None, None, &[]);
        log.append_placed(&bytes.build(), NOW).unwrap();
    }
    assert_eq!(log.segment_bases().collect::<Vec<_>>(), [Offset(0), Offset(far), Offset(3 * far)]);
    let read = log.read(Offset(17), 1, log.end(), true).unwrap().unwrap();
    assert_eq!(read.base, Offset(far), "over the gap");
    let lower = BatchBuilder::new(Compression::default()).base_offset(Offset(far));
    let mut lower = lower;
    lower.append(NOW, None, None, &[]);
    let refused = AppendError::OutOfPlace { base: Offset(far), expected: log.end() };
    assert_eq!(log.append_placed(&lower.build(), NOW), Err(refused));
}

#[test]
fn a_record_is_found_by_its_timestamp_inside_of_compressed_batches_too() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 200, index_interval_bytes: 1, ..small() });
    // The clock goes back now and then.
    let stamps = [10, 20, 15, 30, 40, 35, 35, 60, 55, 60, 10, 59];
    for pair in stamps.chunks(3) {
        let mut builder = BatchBuilder::new(Compression::of(CompressionType::Lz4));
        for &timestamp in pair {
            builder.append(Timestamp(timestamp), None, Some(b"v"), &[]);
        }
        append(&mut log, &builder.build()).unwrap();
    }
    assert!(log.segment_bases().len() > 1);
    for wanted in 0..70 {
        let expected = stamps.iter().position(|&timestamp| timestamp >= wanted);
        let found = log.offset_for_timestamp(Timestamp(wanted)).unwrap();
        assert_eq!(found.map(|found| found.offset.0 as usize), expected, "{wanted}");
        assert_eq!(found.map(|found| found.timestamp.0), expected.map(|at| stamps[at]));
    }
    let largest = log.max_timestamp().unwrap().unwrap();
    assert_eq!((largest.timestamp.0, largest.offset.0, largest.leader_epoch), (60, 7, EPOCH));
    log.advance_start(Offset(8)).unwrap();
    assert_eq!(log.offset_for_timestamp(Timestamp(56)).unwrap().unwrap().offset, Offset(9));
}

#[test]
fn repeats_in_one_call_and_later_get_the_first_offset() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(small());
    let sent = [sequenced(1, 0, 0, 2), sequenced(1, 0, 0, 2), sequenced(1, 0, 2, 1), sequenced(1, 0, 9, 1), batch(1)];
    let views: Vec<_> = sent.iter().map(|bytes| RecordBatch::new(bytes).unwrap()).collect();
    let outcomes = log.append_as_leader(&views, EPOCH, NOW);
    let repeat = Appended { offsets: Offset(0)..Offset(2), repeated: Some(NOW) };
    assert_eq!(outcomes[0], Ok(Appended { repeated: None, ..repeat.clone() }));
    assert_eq!(outcomes[1], Ok(repeat.clone()));
    assert_eq!(outcomes[2], Ok(Appended { offsets: Offset(2)..Offset(3), repeated: None }));
    assert!(matches!(outcomes[3], Err(AppendError::Sequence(SequenceError::OutOfOrder { expected: 3, .. }))));
    assert_eq!(outcomes[4], Ok(Appended { offsets: Offset(3)..Offset(4), repeated: None }));
    assert_eq!(append(&mut log, &sent[0]), Ok(repeat));
    assert_eq!(log.end(), Offset(4));
}

#[test]
fn a_full_disk_refuses_and_takes_records_again_when_there_is_room() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(LogConfig::default());
    append(&mut log, &batch(1)).unwrap();
    let full = u64::MAX - disk.space(Path::new("/")).unwrap().0 + 200;
    disk.set_capacity(full);
    let sent = [sequenced(1, 0, 0, 1), sequenced(1, 0, 0, 1), sequenced(1, 0, 1, 9)];
    let views: Vec<_> = sent.iter().map(|bytes| RecordBatch::new(bytes).unwrap()).collect();
    let outcomes = log.append_as_leader(&views, EPOCH, NOW);
    assert_eq!(outcomes, vec![Err(AppendError::DiskFull); 3], "written with one call, refused with one call");
    assert_eq!(read_all(&log).len(), 1);
    disk.set_capacity(u64::MAX);
    assert_eq!(offsets(append(&mut log, &sent[0])), (1, 2), "its producer had not written");
    assert_eq!(read_all(&log).len(), 2);
}

#[test]
fn a_failed_write_or_sync_takes_the_directory_out_of_use_for_good() {
    for operation in ["write", "sync"] {
        let disk = FaultDisk::new(1);
        let mut node = Node::new(&disk);
        let mut log = node.open(small());
        append(&mut log, &batch(1)).unwrap();
        disk.fail(FaultRule { operation: Some(operation), times: 1, ..FaultRule::default() });
        let failed = if operation == "write" {
            append(&mut log, &batch(1)).unwrap_err()
        } else {
            let job = log.sync_job(SyncScope::Records).unwrap().unwrap();
            let result = job.run();
            log.sync_done(&job, result).unwrap_err()
        };
        assert!(matches!(failed, AppendError::Offline(_)));
        assert_eq!(log.durable(), Offset(0));
        assert_eq!(append(&mut log, &batch(1)), Err(failed.clone()));
        assert!(matches!(log.read(Offset(0), 1, Offset(1), true), Err(ReadError::Offline(_))));
        assert!(log.sync_job(SyncScope::Records).is_err() && log.stop().is_err());
        let dir = node.dir.as_ref().unwrap();
        let (mut other, _) = dir.open_log(&TopicPartition::new("other", 0), TOPIC_ID, small(), NOW).unwrap();
        assert!(append(&mut other, &batch(1)).is_err(), "its neighbours are on the same disk");
    }
}

#[test]
fn a_sync_moves_the_durable_offset_unless_the_log_was_cut_meanwhile() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(small());
    append(&mut log, &batch(3)).unwrap();
    append(&mut log, &batch(2)).unwrap();
    let job = log.sync_job(SyncScope::Records).unwrap().unwrap();
    assert!(log.sync_job(SyncScope::Records).unwrap().is_none(), "one at a time");
    append(&mut log, &batch(1)).unwrap();
    let result = job.run();
    assert_eq!(log.sync_done(&job, result).unwrap(), Offset(5), "what came later is the next one's");

    let job = log.sync_job(SyncScope::Records).unwrap().unwrap();
    log.truncate_to(Offset(3)).unwrap();
    append(&mut log, &batch(3)).unwrap();
    let result = job.run();
    assert_eq!(log.sync_done(&job, result).unwrap(), Offset(3));
    assert_eq!(sync(&mut log, SyncScope::Records), Offset(6));
}

#[test]
fn a_sync_is_due_when_kafkas_settings_say_so() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { flush_messages: 3, flush_ms: 50, ..LogConfig::default() });
    assert!(!log.sync_due(NOW));
    append(&mut log, &batch(2)).unwrap();
    assert!(!log.sync_due(Timestamp(NOW.0 + 49)) && log.sync_due(Timestamp(NOW.0 + 50)));
    append(&mut log, &batch(1)).unwrap();
    assert!(log.sync_due(NOW));
    sync(&mut log, SyncScope::Records);
    assert!(!log.sync_due(Timestamp(NOW.0 + 50)));
}

#[test]
fn old_segments_go_and_only_below_the_high_watermark() {
    let mut node = Node::new(&FaultDisk::new(1));
    let config = LogConfig { segment_bytes: 1, retention_ms: 1000, ..LogConfig::default() };
    let mut log = node.open(config);
    for timestamp in [100, 200, 900] {
        append(&mut log, &batch_at(&[timestamp])).unwrap();
    }
    sync(&mut log, SyncScope::Records);
    assert!(log.retire_segments(Timestamp(1100), log.end()).unwrap().is_none());
    let held = log.retire_segments(Timestamp(1300), Offset(1)).unwrap().unwrap();
    assert_eq!((held.count(), log.start()), (1, Offset(1)), "the second is not committed");
    held.rename().unwrap();
    assert!(node.files().contains(&"00000000000000000000.log.deleted".to_owned()));
    held.remove().unwrap();
    for start in [2, 3] {
        let rest = log.retire_segments(Timestamp(5000), log.end()).unwrap().unwrap();
        assert_eq!((rest.count(), log.start(), log.end()), (1, Offset(start), Offset(3)));
        rest.rename().unwrap();
        rest.remove().unwrap();
        sync(&mut log, SyncScope::Records);
    }
    assert!(log.retire_segments(Timestamp(5000), log.end()).unwrap().is_none());
    assert_eq!(log.segment_bases().collect::<Vec<_>>(), [Offset(3)]);
    assert_eq!(log.epochs().entries()[0].start, Offset(3));
    assert_eq!(offsets(append(&mut log, &batch(1))), (3, 4));
    assert!(node.files().iter().all(|name| !name.starts_with("00000000000000000001")));
}

#[test]
fn segments_beyond_the_size_go_as_long_as_enough_is_left() {
    let mut node = Node::new(&FaultDisk::new(1));
    let size = batch(1).len() as i64;
    let mut log = node.open(LogConfig { segment_bytes: 1, retention_bytes: 2 * size + 1, ..LogConfig::default() });
    for _ in 0..5 {
        append(&mut log, &batch(1)).unwrap();
    }
    assert!(log.retire_segments(NOW, log.end()).unwrap().is_none(), "nothing is synced yet");
    sync(&mut log, SyncScope::Records);
    let retired = log.retire_segments(NOW, log.end()).unwrap().unwrap();
    assert_eq!((retired.count(), log.start()), (2, Offset(2)));
    log.set_config(LogConfig { delete_old_segments: false, retention_bytes: 0, ..*log.config() });
    assert!(log.retire_segments(NOW, log.end()).unwrap().is_none(), "the policy is not to delete");
}

#[test]
fn deleted_records_are_gone_for_readers_at_once_and_their_segments_later() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 1, ..small() });
    for _ in 0..4 {
        append(&mut log, &batch(3)).unwrap();
    }
    sync(&mut log, SyncScope::Records);
    log.advance_start(Offset(7)).unwrap();
    log.advance_start(Offset(2)).unwrap();
    assert_eq!(log.start(), Offset(7), "it never goes back");
    assert!(matches!(log.read(Offset(6), 1, log.end(), true), Err(ReadError::OutOfRange { .. })));
    assert_eq!(log.read(Offset(7), 1, log.end(), true).unwrap().unwrap().base, Offset(6));
    assert_eq!(log.advance_start(Offset(13)), Err(TruncateError::OutOfRange { end: Offset(12) }));
    let retired = log.retire_segments(NOW, log.end()).unwrap().unwrap();
    assert_eq!((retired.count(), log.start()), (2, Offset(7)));
    node.stop(log);
    let mut log = node.open(small());
    assert_eq!(log.start(), Offset(7), "after a restart too");
    log.advance_start(Offset(12)).unwrap();
    assert!(log.read(Offset(12), 1, log.end(), true).unwrap().is_none());
}

#[test]
fn a_power_cut_does_not_bring_deleted_records_back() {
    for seed in 0..20 {
        for renamed in [false, true] {
            let disk = FaultDisk::new(seed);
            let mut node = Node::new(&disk);
            let mut log = node.open(LogConfig { segment_bytes: 1, ..small() });
            for _ in 0..4 {
                append(&mut log, &batch(3)).unwrap();
            }
            sync(&mut log, SyncScope::Checkpoint);
            log.advance_start(Offset(6)).unwrap();
            let retired = log.retire_segments(NOW, log.end()).unwrap().unwrap();
            node.dir.as_ref().unwrap().save_checkpoint(crate::Checkpoint::LogStart).unwrap();
            if renamed {
                retired.rename().unwrap();
            }
            drop((retired, log));
            disk.crash();
            assert_eq!(node.open(small()).start(), Offset(6), "seed {seed}, renamed: {renamed}");
        }
    }
}

#[test]
fn a_cut_log_goes_on_where_it_was_cut() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 600, index_interval_bytes: 1, ..small() });
    for i in 0..30 {
        log.begin_epoch(LeaderEpoch(i / 10));
        append(&mut log, &sequenced(1, 0, i, 1)).unwrap();
    }
    sync(&mut log, SyncScope::Records);
    log.truncate_to(Offset(40)).unwrap();
    assert_eq!(log.end(), Offset(30));
    log.truncate_to(Offset(12)).unwrap();
    assert_eq!((log.end(), log.durable(), log.epochs().latest()), (Offset(12), Offset(12), Some(LeaderEpoch(1))));
    assert_eq!(read_all(&log).len(), 12);
    let repeat = append(&mut log, &sequenced(1, 0, 11, 1)).unwrap();
    assert_eq!((repeat.offsets.start, repeat.repeated), (Offset(11), Some(NOW)));
    assert_eq!(offsets(append(&mut log, &sequenced(1, 0, 12, 1))), (12, 13));
    log.truncate_fully(Offset(100), NOW).unwrap();
    assert_eq!((log.start(), log.end(), log.epochs().latest()), (Offset(100), Offset(100), None));
    assert_eq!(offsets(append(&mut log, &batch(1))), (100, 101));
    node.stop(log);
    let log = node.open(small());
    assert_eq!((log.start(), log.end()), (Offset(100), Offset(101)));
}

#[test]
fn a_removed_partition_is_renamed_at_once_and_its_directory_goes_later() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(small());
    assert!(log.delete(Uuid::ONE).unwrap().is_none(), "it has no directory");
    let mut log = node.open(small());
    append(&mut log, &batch(1)).unwrap();
    let range = log.read(Offset(0), 1, Offset(1), true).unwrap().unwrap().range;
    let deleted = log.delete(Uuid::ONE).unwrap().unwrap();
    assert!(matches!(append(&mut log, &batch(1)), Err(AppendError::Offline(_))));
    assert!(node.disk.list(&node.root).unwrap().iter().any(|entry| entry.name.ends_with("-delete")));
    let (mut again, _) = node.dir.as_ref().unwrap().open_log(&partition(), Uuid([8; 16]), small(), NOW).unwrap();
    assert_eq!(offsets(append(&mut again, &batch(1))), (0, 1), "a new topic of the same name");
    drop(deleted);
    node.dir = None;
    node.start();
    let leftovers = node.dir.as_mut().unwrap().take_leftovers();
    assert_eq!(leftovers.len(), 1);
    leftovers.into_iter().for_each(|dir| dir.remove().unwrap());
    assert!(!node.disk.list(&node.root).unwrap().iter().any(|entry| entry.name.ends_with("-delete")));
    assert_eq!(range.read().unwrap().len(), batch(1).len(), "who reads it has it open");
}

#[test]
fn a_segments_file_may_be_closed_between_any_two_reads() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 200, index_interval_bytes: 1, ..small() });
    for _ in 0..50 {
        append(&mut log, &batch(1)).unwrap();
    }
    sync(&mut log, SyncScope::Checkpoint);
    assert_eq!(read_all(&log).len(), 50);
    assert_eq!(read_all(&log).len(), 50);
}
