//! Opening after all kinds of ends, and with garbage in all kinds of files.

use std::io::IoSlice;

use proptest::prelude::*;

use super::*;
use crate::{Checkpoint, Flaw, OpenWarning};

const BATCHES_PER_SEGMENT: usize = 3;

/// A node with ten batches of one producer in several segments. Nothing is open.
fn filled(disk: &FaultDisk, clean: bool) -> Node {
    let mut node = Node::new(disk);
    let segment_bytes = BATCHES_PER_SEGMENT as u32 * sequenced(1, 0, 0, 1).len() as u32;
    let mut log = node.open(LogConfig { segment_bytes, index_interval_bytes: 1, ..small() });
    for i in 0..10 {
        append(&mut log, &sequenced(1, 0, i, 1)).unwrap();
        if i == 7 {
            sync(&mut log, SyncScope::Checkpoint);
            node.dir.as_ref().unwrap().save_checkpoint(Checkpoint::RecoveryPoint).unwrap();
        }
    }
    assert_eq!(log.segment_bases().map(|base| base.0).collect::<Vec<_>>(), [0, 3, 6, 9]);
    if clean {
        node.stop(log);
    } else {
        drop(log);
        disk.kill();
    }
    node
}

fn active_path(node: &Node) -> PathBuf {
    let name = node.files().into_iter().rfind(|name| name.ends_with(".log")).unwrap();
    node.path(&name)
}

/// Damages or adds to a file of a stopped node.
fn write(node: &Node, path: &Path, position: u64, bytes: &[u8]) {
    let file = node.disk.open(path, Open::OrCreate).unwrap();
    file.write_at(position, &mut [IoSlice::new(bytes)]).unwrap();
}

#[test]
fn the_last_five_batches_of_a_producer_are_known_after_any_end() {
    for clean in [true, false] {
        let mut node = filled(&FaultDisk::new(1), clean);
        for _ in 0..3 {
            let mut log = node.open(small());
            for sequence in 5..10 {
                let repeat = append(&mut log, &sequenced(1, 0, sequence, 1)).unwrap();
                assert_eq!((repeat.offsets.start.0, repeat.repeated), (i64::from(sequence), Some(NOW)));
            }
            assert!(append(&mut log, &sequenced(1, 0, 4, 1)).is_err());
            assert!(append(&mut log, &sequenced(1, 0, 11, 1)).is_err());
        }
    }
}

#[test]
fn somebody_elses_run_makes_our_files_count_for_nothing() {
    let mut node = filled(&FaultDisk::new(1), true);
    node.starts += 1;
    let mut log = node.open(small());
    assert!(append(&mut log, &sequenced(1, 0, 9, 1)).unwrap().repeated.is_some(), "Kafka's snapshot has the last");
    assert!(append(&mut log, &sequenced(1, 0, 5, 1)).is_err());
    assert_eq!(read_all(&log).len(), 10);
}

#[test]
fn garbage_behind_the_last_batch_is_cut_and_a_snapshot_stands_there() {
    let mut node = filled(&FaultDisk::new(1), false);
    let path = active_path(&node);
    let size = node.disk.size(&path).unwrap();
    write(&node, &path, size, &[0x5a; 40]);
    let (log, warnings) = node.try_open(small()).unwrap();
    let [OpenWarning::Cut { position, bytes: 40, .. }] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!((*position, node.disk.size(&path).unwrap()), (size, size));
    assert_eq!(read_all(&log).len(), 10);
    assert!(node.files().contains(&"00000000000000000010.snapshot".to_owned()));
}

#[test]
fn zeros_behind_the_last_batch_are_cut() {
    let mut node = filled(&FaultDisk::new(1), false);
    let path = active_path(&node);
    let size = node.disk.size(&path).unwrap();
    write(&node, &path, size, &[0; 5000]);
    let log = node.open(small());
    assert_eq!((read_all(&log).len(), log.size() > size), (10, true));
    assert_eq!(node.disk.size(&path).unwrap(), size);
}

#[test]
fn a_log_that_ends_below_its_recovery_point_has_lost_something_unless_kafka_ran_last() {
    for foreign in [false, true] {
        let mut node = filled(&FaultDisk::new(1), false);
        let path = node.path("00000000000000000006.log");
        node.disk.open(&path, Open::Existing).unwrap().truncate(0).unwrap();
        for name in node.files().into_iter().filter(|name| name.starts_with("00000000000000000009")) {
            node.disk.unlink(&node.path(&name)).unwrap();
        }
        node.starts += u8::from(foreign);
        let (mut log, warnings) = node.try_open(small()).unwrap();
        if foreign {
            assert_eq!((log.end(), log.durable()), (Offset(6), Offset(6)));
            continue;
        }
        let [OpenWarning::Damaged(damage)] = &warnings[..] else { panic!("{warnings:?}") };
        assert_eq!((damage.offsets.clone(), &damage.flaw), (Offset(6)..Offset(8), &Flaw::Missing));
        assert_eq!(offsets(append(&mut log, &sequenced(1, 0, 8, 1))), (8, 9), "what was given out is not given again");
        for _ in 0..2 {
            assert_eq!(read_around(&log), [0, 1, 2, 3, 4, 5, 8]);
            assert!(matches!(log.read(Offset(7), 1, log.end(), true), Err(ReadError::Damaged(_))));
            sync(&mut log, SyncScope::Checkpoint);
            drop(log);
            log = node.open(small());
        }
    }
}

#[test]
fn a_directory_that_went_missing_is_never_an_empty_log() {
    for clean in [true, false] {
        let mut node = filled(&FaultDisk::new(1), clean);
        node.disk.rename(&node.root.join("orders-0"), &node.root.join("elsewhere")).unwrap();
        for _ in 0..2 {
            assert!(matches!(node.try_open(small()), Err(OpenError::Missing { .. })));
        }
        node.disk.rename(&node.root.join("elsewhere"), &node.root.join("orders-0")).unwrap();
        assert_eq!(read_all(&node.open(small())).len(), 10);
    }
}

#[test]
fn a_directory_of_another_topic_is_not_touched() {
    let mut node = filled(&FaultDisk::new(1), true);
    let dir = node.start();
    let refused = dir.open_log(&partition(), Uuid([8; 16]), small(), NOW);
    assert!(matches!(refused, Err(OpenError::OtherTopic { found: TOPIC_ID })));
    assert_eq!(dir.stored_topic_id(&partition()).unwrap(), Some(TOPIC_ID));
}

#[test]
fn indexes_that_kafka_preallocated_are_made_anew_after_its_kill() {
    let mut node = filled(&FaultDisk::new(1), false);
    for name in ["00000000000000000009.index", "00000000000000000009.timeindex"] {
        write_file(&*node.disk, &node.path(name), &[0; 1200]).unwrap();
    }
    node.disk.unlink(&node.path("milena.producers")).unwrap();
    node.disk.unlink(&node.root.join("milena.manifest")).unwrap();
    let log = node.open(small());
    assert_eq!(read_all(&log).len(), 10);
    node.stop(log);
    assert_eq!(node.file("00000000000000000009.index").len(), 0);
}

#[test]
fn what_was_deleted_before_the_end_was_lost_does_not_come_back() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(small());
    append(&mut log, &batch(3)).unwrap();
    sync(&mut log, SyncScope::Records);
    append(&mut log, &batch(4)).unwrap();
    log.advance_start(Offset(5)).unwrap();
    node.dir.as_ref().unwrap().save_checkpoint(Checkpoint::LogStart).unwrap();
    let path = node.path("00000000000000000000.log");
    let size = batch(3).len() as u64;
    disk.kill();
    disk.open(&path, Open::Existing).unwrap().truncate(size + 30).unwrap();
    let mut log = node.open(small());
    assert_eq!((log.start(), log.end()), (Offset(5), Offset(5)));
    assert_eq!(offsets(append(&mut log, &batch(1))), (5, 6));
}

/// Base offsets of all batches, read as a consumer does that seeks past what is damaged.
fn read_around(log: &Log) -> Vec<i64> {
    let (mut bases, mut offset) = (Vec::new(), log.start());
    loop {
        match log.read(offset, 500, log.end(), true) {
            Ok(None) => return bases,
            Ok(Some(read)) => {
                let bytes = read.range.read().unwrap();
                let mut rest = &bytes[..];
                while let Ok(Some((batch, behind))) = next_batch(rest) {
                    assert!(batch.crc_is_valid(), "a damaged batch was given out");
                    bases.push(batch.base_offset.0);
                    offset = batch.next_offset();
                    rest = behind;
                }
            }
            Err(ReadError::Damaged(damage)) => {
                assert!(damage.offsets.contains(&offset));
                offset = damage.offsets.end;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Scrubs all of the log in small steps; `None`, or whether it was damaged where nobody had seen it.
fn scrub_once(log: &Log) -> Option<bool> {
    let (mut cursor, mut any) = (None, None);
    while let Some(mut scrub) = log.scrub(cursor).unwrap() {
        let (bytes, next) = scrub.run(1);
        assert!(bytes > 0);
        let found = !scrub.is_clean();
        assert_eq!(log.scrubbed(&scrub).unwrap(), found);
        any = any.or(found.then_some(true));
        cursor = Some(next);
    }
    any
}

/// Files beside the records, whatever is in them.
const BESIDE: [&str; 8] = [
    "00000000000000000000.index",
    "00000000000000000003.timeindex",
    "00000000000000000009.index",
    "00000000000000000009.timeindex",
    "00000000000000000009.snapshot",
    "leader-epoch-checkpoint",
    "milena.producers",
    "../recovery-point-offset-checkpoint",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn garbage_beside_the_records_loses_no_record_and_no_producer(
        clean: bool,
        file in 0..BESIDE.len(),
        cut: Option<prop::sample::Index>,
        garbage in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let disk = FaultDisk::new(1);
        let mut node = filled(&disk, clean);
        let name = BESIDE[file];
        let path = match name.strip_prefix("../") {
            Some(name) => node.root.join(name),
            None => node.path(name),
        };
        let size = disk.size(&path).unwrap_or(0);
        let position = cut.map_or(0, |cut| cut.index(size as usize + 1) as u64);
        let changed = write_file(&disk, &path, &[]);
        prop_assert!(changed.is_ok());
        write(&node, &path, position, &garbage);
        let mut log = node.open(small());
        prop_assert_eq!(read_all(&log).len(), 10);
        for offset in 0..10 {
            prop_assert_eq!(log.read(Offset(offset), 1, log.end(), true).unwrap().unwrap().base, Offset(offset));
        }
        prop_assert_eq!(log.offset_for_timestamp(NOW).unwrap().map(|found| found.offset), Some(Offset(0)));
        prop_assert_eq!(log.epochs().entries().len(), 1);
        let repeat = append(&mut log, &sequenced(1, 0, 9, 1)).unwrap();
        prop_assert_eq!(repeat.offsets.start, Offset(9));
        prop_assert_eq!(offsets(append(&mut log, &sequenced(1, 0, 10, 1))), (10, 11));
        node.stop(log);
        prop_assert_eq!(read_all(&node.open(small())).len(), 11);
    }

    #[test]
    fn garbage_in_the_records_never_panics_and_leaves_a_log(
        garbage in prop::collection::vec(any::<u8>(), 1..200),
        position in 0..400u64,
        segment in 0..4i64,
    ) {
        let disk = FaultDisk::new(1);
        let mut node = filled(&disk, false);
        for name in ["recovery-point-offset-checkpoint", "milena.recovery-points"] {
            disk.unlink(&node.root.join(name)).unwrap();
        }
        let path = node.path(&format!("{:020}.log", segment * 3));
        write(&node, &path, position, &garbage);
        let log = node.open(small());
        // Offsets are not covered by the checksum, so some garbage is a log with a gap.
        read_all(&log);
    }

    #[test]
    fn damage_below_the_recovery_point_is_fenced_off_and_never_cut(
        clean: bool,
        batch in 0..10usize,
        at in prop::sample::Index::arbitrary(),
        bit in 0..8u8,
    ) {
        let disk = FaultDisk::new(1);
        let mut node = filled(&disk, clean);
        let size = sequenced(1, 0, 0, 1).len();
        let path = node.path(&format!("{:020}.log", batch / BATCHES_PER_SEGMENT * BATCHES_PER_SEGMENT));
        let byte = at.index(size);
        disk.flip_bit(&path, batch % BATCHES_PER_SEGMENT * size + byte, bit);
        let before = disk.size(&path).unwrap();
        let (mut log, _) = node.try_open(small()).unwrap();
        let durable = if clean { 10 } else { 8 };
        if batch >= durable {
            // Two batches were in the page cache only; damage there is what a power cut leaves.
            prop_assert!(log.end() >= Offset(8));
            return Ok(());
        }
        prop_assert_eq!((log.end(), disk.size(&path).unwrap()), (Offset(10), before));
        while let Some(next) = scrub_once(&log) {
            prop_assert!(next);
        }
        let is_epoch = (12..16).contains(&byte);
        let left: Vec<i64> = (0..10).filter(|offset| is_epoch || *offset != batch as i64).collect();
        prop_assert_eq!(read_around(&log), left.clone(), "batch {} byte {}", batch, byte);
        if is_epoch {
            return Ok(());
        }
        let damaged = vec![Offset(batch as i64)..Offset(batch as i64 + 1)];
        prop_assert_eq!(log.damage().into_iter().map(|damage| damage.offsets).collect::<Vec<_>>(), damaged.clone());
        prop_assert_eq!(offsets(append(&mut log, &sequenced(2, 0, 0, 1))), (10, 11));
        log.quarantine_file().write().unwrap();
        sync(&mut log, SyncScope::Checkpoint);
        drop(log);
        // It is known from the start on the next time, and forgotten when the file of a backup is put in its place.
        for mended in [false, true] {
            if mended {
                disk.flip_bit(&path, batch % BATCHES_PER_SEGMENT * size + byte, bit);
            }
            let (log, warnings) = node.try_open(small()).unwrap();
            let told = warnings.iter().filter(|warning| matches!(warning, OpenWarning::Damaged(_))).count();
            prop_assert_eq!(told, usize::from(!mended));
            let mut left = left.clone();
            left.extend(mended.then_some(batch as i64).into_iter().chain([10]));
            left.sort_unstable();
            prop_assert_eq!(read_around(&log), left);
        }
    }
}
