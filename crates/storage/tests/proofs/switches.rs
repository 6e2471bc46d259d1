//! Bugs that other engines had: each is turned on, and the judge that has to see it must find something; without it the
//! same judge finds nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use protocol::{
    records::{BatchBuilder, Compression, CompressionType, RecordBatch, batch::patch_placement},
    types::{LeaderEpoch, Offset, ProducerId, Timestamp},
};
use storage::{
    Checkpoint, CleanError, CleanLimits, Installed, Log, LogConfig, OpenWarning, SyncScope,
    bugs::{self, Bug},
    compaction::offset_map::ENTRY_SIZE,
    disk::{Disk, FaultDisk, FaultRule, write_file},
};

use crate::{
    crash::{Kind, enumerate},
    node::{Content, NOW, Node, Written, see},
};

type Judge = fn() -> Result<(), String>;

/// Every bug, and who has to see it.
const SWITCHES: [(Bug, Judge); 25] = [
    (Bug::ReadsBeyondBound, bounded_reads),
    (Bug::EmptiedLogKeepsEnd, truncating),
    (Bug::CutLogKeepsTransactions, truncating),
    (Bug::RetentionPassesWatermark, uncommitted_segments),
    (Bug::CleanerPassesStableOffset, open_transactions),
    (Bug::AppendsAfterError, nothing_after_an_error),
    (Bug::NamesNotSynced, appending),
    (Bug::CheckpointsNotSynced, deleting),
    (Bug::SwapNotResumed, compacting),
    (Bug::ProducersBeforeWrite, refused_batches),
    (Bug::SnapshotMustBeGood, bad_snapshots),
    (Bug::MarkerIsNoSignOfLife, markers_keep_producers),
    (Bug::LastBatchCompacted, idle_producers),
    (Bug::CleansFromBatchStart, small_maps),
    (Bug::CleanedSegmentUnbounded, growing_batches),
    (Bug::RotIsTornTail, rot_is_not_cut),
    (Bug::RepeatsAcrossEpochs, appending),
    (Bug::RetiresOneTooMany, last_record_before_the_start),
    (Bug::StaleSyncCounts, truncating),
    (Bug::CutLogKeepsIndex, truncating),
    (Bug::EmptyLogGoesBack, old_segments_all_go),
    (Bug::InstallsIntoCutLog, cut_while_cleaning),
    (Bug::LeftoversStay, deleting),
    (Bug::KeysByBatch, keys_that_come_twice_in_a_batch),
    (Bug::RemovesReusedName, reused_names),
];

fn appending() -> Result<(), String> {
    enumerate(Kind::Append, 0..6, 6).map(|_| ())
}

fn truncating() -> Result<(), String> {
    enumerate(Kind::Truncate, 0..12, 6).map(|_| ())
}

fn deleting() -> Result<(), String> {
    enumerate(Kind::Delete, 0..12, 6).map(|_| ())
}

fn compacting() -> Result<(), String> {
    enumerate(Kind::Compact, 0..16, 6).map(|_| ())
}

fn fresh(config: LogConfig) -> (FaultDisk, Node, Log) {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let log = node.open(config).unwrap().0;
    (disk, node, log)
}

fn batch(base: i64, producer: Option<(i64, i16, i32)>, records: &[(u8, Option<u32>)]) -> Written {
    let is_transactional = producer.is_some_and(|producer| producer.0 == 3);
    let content = Content { producer, is_transactional, records: records.to_vec() };
    Written::new(base, 0, NOW.0, content)
}

fn append(log: &mut Log, batch: &Written) -> Result<storage::Appended, storage::AppendError> {
    log.append_as_leader(&[batch.batch()], LeaderEpoch(0), NOW).remove(0)
}

fn sync(log: &mut Log) {
    let Some(job) = log.sync_job(SyncScope::Checkpoint).unwrap() else { return };
    let result = job.run();
    log.sync_done(&job, result).unwrap();
}

fn require(is_so: bool, what: &str) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what.to_owned()) }
}

/// Nothing at or above the bound of a read is given out, which is the high watermark.
fn bounded_reads() -> Result<(), String> {
    let (_, _, mut log) = fresh(Kind::Append.config());
    for base in 0..8 {
        append(&mut log, &batch(base, None, &[(1, Some(1))])).unwrap();
    }
    for until in 1..8 {
        let read = log.read(Offset(0), u32::MAX, Offset(until), true).unwrap().ok_or("nothing is read")?;
        let bytes = read.range.read().unwrap();
        let mut rest = &bytes[..];
        while let Ok(Some((batch, behind))) = protocol::records::next_batch(rest) {
            require(batch.base_offset.0 < until, "a batch beyond the bound was given out")?;
            rest = behind;
        }
    }
    Ok(())
}

/// A compacted record of an open transaction, and what it may take the place of, are both still there.
fn open_transactions() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Compact.config() });
    append(&mut log, &batch(0, None, &[(1, Some(1))])).unwrap();
    append(&mut log, &batch(1, Some((3, 0, 0)), &[(1, Some(2))])).unwrap();
    append(&mut log, &batch(2, None, &[(2, Some(3))])).unwrap();
    append(&mut log, &batch(3, None, &[(3, Some(3))])).unwrap();
    sync(&mut log);
    clean(&mut log, 100, |_| ())?;
    append(&mut log, &Written::marker(4, 0, NOW.0, (3, 0), false)).unwrap();
    let seen = see(&mut log)?;
    let mut records = seen.batches.iter().flat_map(crate::crash::promise::records);
    require(records.any(|(offset, ..)| offset == 0), "an aborted record took the place of a committed one")
}

/// After a failed write nothing more gets in.
fn nothing_after_an_error() -> Result<(), String> {
    let (disk, _, mut log) = fresh(Kind::Append.config());
    append(&mut log, &batch(0, None, &[(1, Some(1))])).unwrap();
    disk.fail(FaultRule { operation: Some("write"), times: 1, ..FaultRule::default() });
    require(append(&mut log, &batch(1, None, &[(1, Some(2))])).is_err(), "a failed write was called a success")?;
    require(append(&mut log, &batch(1, None, &[(1, Some(3))])).is_err(), "an append went on after a failed write")
}

/// A batch that was refused for want of space was not written, so its retry is no repeat.
fn refused_batches() -> Result<(), String> {
    let (disk, _, mut log) = fresh(Kind::Append.config());
    let first = batch(0, None, &[(1, Some(1))]);
    append(&mut log, &first).unwrap();
    disk.set_capacity(1);
    let refused = batch(1, Some((1, 0, 0)), &[(1, Some(2))]);
    require(append(&mut log, &refused).is_err(), "it was written on a full disk")?;
    disk.set_capacity(u64::MAX);
    let appended = append(&mut log, &refused).map_err(|error| error.to_string())?;
    require(appended.repeated.is_none(), "a batch that was refused is taken for one that is there")
}

/// A snapshot of producers that cannot be read is made anew.
fn bad_snapshots() -> Result<(), String> {
    let (disk, mut node, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Append.config() });
    for base in 0..4 {
        append(&mut log, &batch(base, Some((1, 0, base as i32)), &[(1, Some(1))])).unwrap();
    }
    sync(&mut log);
    node.dir.as_ref().unwrap().save_checkpoint(Checkpoint::RecoveryPoint).unwrap();
    let expected = see(&mut log)?.producers.into_iter().map(|known| known.batches.last().copied());
    drop(log);
    disk.kill();
    let dir = node.partition_dir();
    for name in node.files().iter().filter(|name| name.ends_with(".snapshot")) {
        write_file(&disk, &dir.join(name), b"nothing").unwrap();
    }
    write_file(&disk, &dir.join("milena.producers"), b"nothing").unwrap();
    let (mut log, _) = node.open(Kind::Append.config())?;
    let found = see(&mut log)?.producers.into_iter().map(|known| known.batches.last().copied());
    require(found.eq(expected), "producers were forgotten")
}

/// A marker is as good a sign of life of a producer as a batch.
fn markers_keep_producers() -> Result<(), String> {
    let (_, _, mut log) = fresh(Kind::Append.config());
    append(&mut log, &batch(0, Some((3, 0, 0)), &[(1, Some(1))])).unwrap();
    let late = NOW.0 + 1000;
    append(&mut log, &Written::marker(1, 0, late, (3, 0), true)).unwrap();
    log.expire_producers(Timestamp(late + log.config().producer_id_expiration_ms - 1));
    require(log.producers().producers().contains_key(&ProducerId(3)), "its coordinator's epoch was forgotten too early")
}

fn clean(log: &mut Log, keys: usize, mut between: impl FnMut(&mut Log)) -> Result<(Offset, Offset), String> {
    let limits = CleanLimits { map_bytes_max: (keys + 1) * ENTRY_SIZE, load_factor: 0.99, io_bytes: 1, secret: [1, 2] };
    let job = log.clean_job(NOW, log.durable(), limits).map_err(|error| error.to_string())?;
    let mut job = job.ok_or("there is nothing to clean")?;
    let bound = job.what().bound;
    job.prepare(&mut |_| true).map_err(|error| error.to_string())?;
    loop {
        let group = match job.next_group(&mut |_| true) {
            Ok(Some(group)) => group,
            // The log was cut.
            Ok(None) | Err(CleanError::Aborted) => break,
            Err(error) => return Err(error.to_string()),
        };
        between(log);
        match log.install(group) {
            Installed::Swap(swap) => {
                let mut retired = None;
                let result = swap.run().map(|found| retired = found);
                log.swapped(&swap, result).map_err(|error| error.to_string())?;
                retired.map_or(Ok(()), storage::RetiredSegments::remove).map_err(|error| error.to_string())?;
            }
            Installed::Stale(group) => group.discard(),
        }
    }
    Ok((log.clean_done(job).to, bound))
}

/// The last batch of a producer stays, without its records if need be: its sequence number is still asked for.
fn idle_producers() -> Result<(), String> {
    let (_, _, mut log) = fresh(Kind::Compact.config());
    append(&mut log, &batch(0, Some((1, 0, 0)), &[(1, Some(1))])).unwrap();
    for base in 1..12 {
        append(&mut log, &batch(base, None, &[(1, Some(2))])).unwrap();
    }
    sync(&mut log);
    clean(&mut log, 100, |_| ())?;
    require(see(&mut log)?.batches.first().is_some_and(|found| found.base == 0), "the last batch of a producer is gone")
}

/// However small the memory for keys, a log is clean in the end.
fn small_maps() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Compact.config() });
    for base in [0, 6] {
        let records: Vec<_> = (0..6).map(|key| (key + base as u8, Some(1))).collect();
        append(&mut log, &batch(base, None, &records)).unwrap();
    }
    append(&mut log, &batch(12, None, &[(1, Some(1))])).unwrap();
    sync(&mut log);
    for _ in 0..12 {
        let (to, bound) = clean(&mut log, 3, |_| ())?;
        if to == bound {
            return Ok(());
        }
    }
    Err("it is cleaned again and again, and gets nowhere".into())
}

/// Batches that are larger once they are compressed anew do not make a segment larger than it may be.
fn growing_batches() -> Result<(), String> {
    let level = |level| Compression::at_level(CompressionType::Gzip, level).expect("it is one of gzip's");
    let mut sizes = Vec::new();
    let build = |base: i64| {
        let mut builder = BatchBuilder::new(level(9));
        for i in 0..40i64 {
            let text = format!("{:04}-{}", (i * 7919 + base) % 977, "the quick brown fox ".repeat((i % 7) as usize));
            // One key comes again in each batch, so each is built anew.
            let key = if i == 0 { vec![1] } else { format!("{base}-{i}").into_bytes() };
            builder.append(NOW, Some(&key), Some(text.as_bytes()), &[]);
        }
        let mut bytes = builder.build();
        patch_placement(&mut bytes, Offset(base), LeaderEpoch(0));
        bytes
    };
    let batches: Vec<_> = (0..7).map(|at| build(at * 40)).collect();
    batches[..3].iter().for_each(|bytes| sizes.push(bytes.len()));
    let segment_bytes = sizes.iter().sum::<usize>() as u32 + 2;
    let config = LogConfig { segment_bytes, compression: Some(level(1)), ..Kind::Compact.config() };
    let (disk, node, mut log) = fresh(config);
    for bytes in &batches {
        log.append_as_leader(&[RecordBatch::new(bytes).unwrap()], LeaderEpoch(0), NOW).remove(0).unwrap();
    }
    sync(&mut log);
    clean(&mut log, 1000, |_| ())?;
    for name in node.files().iter().filter(|name| name.ends_with(".log")) {
        let size = disk.size(&node.partition_dir().join(name)).unwrap();
        require(size <= u64::from(segment_bytes), "a cleaned segment is larger than segment.bytes")?;
    }
    Ok(())
}

/// A bit that flipped below the recovery point takes nothing but its batch away.
fn rot_is_not_cut() -> Result<(), String> {
    let (disk, mut node, mut log) = fresh(LogConfig::default());
    for base in 0..6 {
        append(&mut log, &batch(base, None, &[(1, Some(1))])).unwrap();
    }
    sync(&mut log);
    node.dir.as_ref().unwrap().save_checkpoint(Checkpoint::RecoveryPoint).unwrap();
    drop(log);
    disk.kill();
    disk.flip_bit(&node.partition_dir().join("00000000000000000000.log"), 16, 3);
    let (log, warnings) = node.open(LogConfig::default())?;
    let is_told = warnings.iter().any(|warning| matches!(warning, OpenWarning::Damaged(_)));
    require(is_told || log.read(Offset(0), 1, log.end(), true).is_err(), "damage is not told")?;
    let behind = log.read(Offset(5), 1, log.end(), true).is_ok_and(|read| read.is_some());
    require(log.end() == Offset(6) && behind, "what is behind the damage was cut")
}

/// What is not committed stays, however old it is.
fn uncommitted_segments() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, retention_ms: 10, ..Kind::Append.config() });
    for base in 0..4 {
        append(&mut log, &batch(base, None, &[(1, Some(1))])).unwrap();
    }
    sync(&mut log);
    let _retired = log.retire_segments(Timestamp(NOW.0 + 1000), Offset(2)).unwrap();
    require(log.start() <= Offset(2), "a segment went that is not committed")
}

/// A segment stays until its last record is below the start.
fn last_record_before_the_start() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Append.config() });
    let records = [(1, Some(1)); 3];
    for at in 0..4 {
        append(&mut log, &batch(at * 3, None, &records)).unwrap();
    }
    sync(&mut log);
    log.advance_start(Offset(5)).unwrap();
    let _retired = log.retire_segments(NOW, log.end()).unwrap();
    require(log.start() == Offset(5), "the record at the start went with its segment")
}

/// Of a key that is in one batch twice the later record stays, alone.
fn keys_that_come_twice_in_a_batch() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Compact.config() });
    append(&mut log, &batch(0, None, &[(1, Some(1)), (2, Some(2)), (1, Some(3))])).unwrap();
    append(&mut log, &batch(3, None, &[(4, Some(4))])).unwrap();
    sync(&mut log);
    clean(&mut log, 100, |_| ())?;
    let seen = see(&mut log)?;
    let offsets: Vec<i64> =
        seen.batches.iter().flat_map(crate::crash::promise::records).map(|record| record.0).collect();
    require(offsets == [1, 2, 3], "a key is there twice")
}

/// When all segments are too old, the next record still gets the next offset, after a restart too.
fn old_segments_all_go() -> Result<(), String> {
    let config = LogConfig { retention_ms: 10, ..Kind::Append.config() };
    let (disk, mut node, mut log) = fresh(config);
    for base in 0..6 {
        append(&mut log, &batch(base, None, &[(1, Some(1))])).unwrap();
    }
    sync(&mut log);
    for _ in 0..3 {
        if let Some(retired) = log.retire_segments(Timestamp(NOW.0 + 1000), log.end()).unwrap() {
            retired.rename().unwrap();
            retired.remove().unwrap();
        }
        sync(&mut log);
    }
    drop(log);
    disk.kill();
    let (log, _) = node.open(config)?;
    require(log.end() == Offset(6) && log.size() == 0, "an offset would be given out twice")
}

/// A cleaning whose log is cut meanwhile changes nothing.
fn cut_while_cleaning() -> Result<(), String> {
    let (_, _, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Compact.config() });
    for base in 0..4 {
        append(&mut log, &batch(base, None, &[(1, Some(base as u32))])).unwrap();
    }
    sync(&mut log);
    clean(&mut log, 100, |log| {
        if log.end() == Offset(4) {
            log.truncate_to(Offset(1)).unwrap();
            for base in 1..4 {
                append(log, &batch(base, None, &[(base as u8 + 5, Some(base as u32))])).unwrap();
            }
            append(log, &batch(4, None, &[(9, Some(9))])).unwrap();
        }
    })?;
    let seen = see(&mut log)?;
    let keys: Vec<u8> = seen.batches.iter().flat_map(crate::crash::promise::records).map(|record| record.1).collect();
    require(keys == [1, 6, 7, 8, 9], "what came after the cut is gone")
}

/// Files that wait to be removed are not those of a segment that has got their old name.
fn reused_names() -> Result<(), String> {
    let (disk, mut node, mut log) = fresh(LogConfig { segment_bytes: 1, ..Kind::Append.config() });
    for base in 0..4 {
        append(&mut log, &batch(base, None, &[(1, Some(1))])).unwrap();
    }
    sync(&mut log);
    log.advance_start(Offset(2)).unwrap();
    let retired = log.retire_segments(NOW, log.end()).unwrap().ok_or("nothing is retired")?;
    retired.rename().unwrap();
    log.truncate_fully(Offset(0), NOW).unwrap();
    append(&mut log, &batch(0, None, &[(1, Some(1))])).unwrap();
    sync(&mut log);
    retired.remove().unwrap();
    drop(log);
    disk.kill();
    let (mut log, _) = node.open(Kind::Append.config())?;
    require(see(&mut log)?.batches.len() == 1, "the new segment went with the old one of its name")
}

/// What a judge says with this bug, whether it says it or panics.
fn ask(judge: Judge, bug: Option<Bug>) -> Result<(), String> {
    bugs::set(bug);
    let outcome = catch_unwind(AssertUnwindSafe(judge));
    bugs::set(None);
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

#[test]
fn each_bug_of_another_engine_is_seen_when_it_is_there_and_only_then() {
    let mut unseen = Vec::new();
    for (at, (bug, judge)) in SWITCHES.into_iter().enumerate() {
        if !SWITCHES[..at].iter().any(|(_, other)| *other as usize == judge as usize) {
            ask(judge, None).unwrap_or_else(|error| panic!("without any bug: {error}"));
        }
        match ask(judge, Some(bug)) {
            Ok(()) => unseen.push(bug),
            Err(error) => println!("{bug:?}: {}", error.lines().last().unwrap_or_default()),
        }
    }
    assert_eq!(unseen, [], "nobody saw these");
}
