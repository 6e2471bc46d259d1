use protocol::{
    records::{BatchBuilder, Compression, RecordBatch},
    types::LeaderEpoch,
};

use super::*;
use crate::{SyncScope, disk::FaultDisk};

const ROOT: &str = "/var/lib/milena";
const NOW: Timestamp = Timestamp(1_000_000);
const LIMITS: LogDirLimits = LogDirLimits { open_files: 10, indexes: 10 };

fn meta() -> MetaProperties {
    MetaProperties { cluster_id: "c".into(), node_id: BrokerId(1), directory_id: Some(Uuid::ONE) }
}

/// A disk with a formatted directory that survives everything.
fn formatted(seed: u64) -> FaultDisk {
    let disk = FaultDisk::new(seed);
    format(&disk, Path::new(ROOT), &meta()).unwrap();
    disk.sync_all(Path::new("/")).unwrap();
    disk
}

fn try_open(disk: &FaultDisk, node: i32, cluster: &str) -> Result<LogDir, LogDirError> {
    LogDir::open(Arc::new(disk.clone()), Path::new(ROOT), BrokerId(node), Some(cluster), LIMITS)
}

fn open(disk: &FaultDisk) -> LogDir {
    try_open(disk, 1, "c").unwrap()
}

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new("t", number)
}

fn open_log(dir: &LogDir, number: i32) -> Result<Log, OpenError> {
    dir.open_log(&partition(number), Uuid([5; 16]), LogConfig::default(), NOW).map(|(log, _)| log)
}

fn append(log: &mut Log) -> bool {
    let mut builder = BatchBuilder::new(Compression::default());
    builder.append(NOW, None, Some(b"value"), &[]);
    let bytes = builder.build();
    log.append_as_leader(&[RecordBatch::new(&bytes).unwrap()], LeaderEpoch(0), NOW)[0].is_ok()
}

fn sync(log: &mut Log) -> bool {
    let Ok(Some(job)) = log.sync_job(SyncScope::Records) else { return false };
    let result = job.run();
    log.sync_done(&job, result).is_ok()
}

#[test]
fn a_directory_that_cannot_be_used_says_why() {
    let error = |result: Result<LogDir, LogDirError>| result.unwrap_err().to_string();
    let empty = FaultDisk::new(1);
    assert_eq!(error(try_open(&empty, 1, "c")), "/var/lib/milena is not formatted: it has no meta.properties");
    let disk = formatted(1);
    assert_eq!(error(try_open(&disk, 2, "c")), "/var/lib/milena belongs to node 1, not to node 2");
    assert_eq!(error(try_open(&disk, 1, "d")), "/var/lib/milena belongs to cluster c, not to cluster d");
    let first = open(&disk);
    assert_eq!(error(try_open(&disk, 1, "c")), "/var/lib/milena is in use by another node");
    drop(first);
    write_file(&disk, &Path::new(ROOT).join("meta.properties"), &[0xff, 0, 1]).unwrap();
    assert_eq!(error(try_open(&disk, 1, "c")), "/var/lib/milena/meta.properties: it is not a text");
}

#[test]
fn partitions_without_records_cost_no_directory() {
    let disk = formatted(1);
    let dir = open(&disk);
    dir.begin(None, Uuid([1; 16])).unwrap();
    let before = disk.changes();
    let logs: Vec<_> = (0..10_000).map(|number| open_log(&dir, number).unwrap()).collect();
    assert_eq!((logs.len(), disk.changes()), (10_000, before));
}

#[test]
fn a_log_begins_in_a_directory_that_holds_other_files_already() {
    let disk = formatted(1);
    let dir = open(&disk);
    dir.begin(None, Uuid([1; 16])).unwrap();
    let mut log = open_log(&dir, 0).unwrap();
    let beside = Path::new(ROOT).join(partition(0).to_string()).join("quorum-state");
    make_dirs(&disk, beside.parent().unwrap()).unwrap();
    write_file(&disk, &beside, b"{}").unwrap();
    assert!(append(&mut log) && sync(&mut log));
    disk.kill();
    let dir = open(&disk);
    assert_eq!(open_log(&dir, 0).unwrap().end(), Offset(1));
}

#[test]
fn our_files_count_only_if_the_last_registration_was_ours() {
    let disk = formatted(1);
    let ids = [Uuid([1; 16]), Uuid([2; 16]), Uuid([3; 16])];
    let begin = |last, next| {
        let dir = open(&disk);
        let trusted = dir.begin(last, next).unwrap();
        let lineage = dir.shared.lineage();
        disk.kill();
        (trusted, lineage.unwrap())
    };
    assert_eq!(begin(None, ids[0]), (false, ids[0]));
    assert_eq!(begin(Some(ids[0]), ids[1]), (true, ids[0]), "the lineage goes on");
    assert_eq!(begin(Some(ids[0]), ids[2]), (true, ids[0]), "incarnation 2 died before it registered");
    assert_eq!(begin(Some(Uuid([4; 16])), ids[1]), (false, ids[1]), "somebody else registered in between");
    assert_eq!(begin(Some(ids[1]), ids[0]), (true, ids[1]));
}

#[test]
fn garbage_in_a_checkpoint_is_a_warning() {
    let disk = formatted(1);
    write_file(&disk, &Path::new(ROOT).join("log-start-offset-checkpoint"), b"0\n7\nx").unwrap();
    write_file(&disk, &Path::new(ROOT).join("recovery-point-offset-checkpoint"), b"0\n1\nt 0 7\n").unwrap();
    write_file(&disk, &Path::new(ROOT).join("milena.manifest"), b"nonsense").unwrap();
    let dir = open(&disk);
    assert!(matches!(dir.warnings(), [OpenWarning::Ignored { .. }]));
    assert_eq!(dir.checkpoint(Checkpoint::RecoveryPoint, &partition(0)), Some(Offset(7)));
    assert!(!dir.begin(Some(Uuid::ONE), Uuid([2; 16])).unwrap());
}

#[test]
fn many_logs_are_on_the_platter_after_a_clean_stop() {
    for seed in 0..20 {
        let disk = formatted(seed);
        let dir = open(&disk);
        dir.begin(None, Uuid([1; 16])).unwrap();
        let mut logs: Vec<_> = (0..50).map(|number| open_log(&dir, number).unwrap()).collect();
        assert!(logs.iter_mut().take(40).all(append));
        let stopped = logs.iter_mut().map(|log| log.stop().unwrap()).collect();
        dir.close(stopped, 7).unwrap();
        disk.crash();
        let dir = open(&disk);
        assert_eq!(dir.clean_shutdown(), Some(CleanShutdown { broker_epoch: 7 }));
        assert!(dir.begin(Some(Uuid([1; 16])), Uuid([2; 16])).unwrap());
        for number in 0..50 {
            let log = open_log(&dir, number).unwrap();
            assert_eq!(log.end().0, i64::from(number < 40));
            assert_eq!(log.durable(), log.end());
        }
    }
}

/// One run of a node: a start, two records of which the first is synced, a clean stop. Returns how many records were
/// acknowledged, how many are safe, and whether the node registered; the disk may stop it anywhere.
fn one_run(disk: &FaultDisk, last: Option<Uuid>, incarnation: Uuid) -> (i64, i64, bool) {
    let (mut written, mut synced) = (0, 0);
    let Ok(dir) = try_open(disk, 1, "c") else { return (written, synced, false) };
    if dir.begin(last, incarnation).is_err() {
        return (written, synced, false);
    }
    let Ok(mut log) = open_log(&dir, 0) else { return (written, synced, true) };
    for round in 0..2 {
        if append(&mut log) {
            written += 1;
            if round == 0 && sync(&mut log) {
                synced = written;
            }
        }
    }
    if dir.save_checkpoint(Checkpoint::RecoveryPoint).is_ok()
        && let Ok(stopped) = log.stop()
        && dir.close(vec![stopped], 1).is_ok()
    {
        synced = written;
    }
    (written, synced, true)
}

#[test]
fn a_node_may_die_at_any_change_of_the_disk_and_keeps_what_it_promised() {
    for crash in [false, true] {
        for stop_at in 0..70 {
            for seed in 0..if crash { 20 } else { 1 } {
                let disk = formatted(seed);
                let (mut safe, mut last) = (0, None);
                // The second run dies; the first and the third are to find what it leaves.
                for run in 1..=3u8 {
                    if run == 2 {
                        disk.stop_after(stop_at);
                    }
                    let (written, synced, registered) = one_run(&disk, last, Uuid([run; 16]));
                    safe += if crash { synced } else { written };
                    last = if registered { Some(Uuid([run; 16])) } else { last };
                    if run == 2 {
                        if crash { disk.crash() } else { disk.kill() }
                    }
                    if run == 3 {
                        assert_eq!(synced, 2, "a whole disk serves, stop at {stop_at}, seed {seed}");
                    }
                }
                let dir = open(&disk);
                dir.begin(last, Uuid([9; 16])).unwrap();
                let end = open_log(&dir, 0).unwrap().end().0;
                assert!((safe..=6).contains(&end), "{safe} were safe, {end} are there, stop at {stop_at}, seed {seed}");
            }
        }
    }
}

#[test]
fn a_directory_that_was_formatted_survives_a_power_cut() {
    for seed in 0..20 {
        let disk = FaultDisk::new(seed);
        format(&disk, Path::new(ROOT), &meta()).unwrap();
        disk.crash();
        open(&disk);
    }
}

#[test]
fn the_name_of_a_directory_that_is_set_aside_is_free_for_another_topic() {
    let disk = formatted(1);
    let other = |dir: &LogDir| dir.open_log(&partition(0), Uuid([6; 16]), LogConfig::default(), NOW);
    {
        let dir = open(&disk);
        dir.begin(None, Uuid([1; 16])).unwrap();
        let mut log = open_log(&dir, 0).unwrap();
        assert!(append(&mut log) && append(&mut log));
        log.advance_start(Offset(1)).unwrap();
        dir.save_checkpoint(Checkpoint::LogStart).unwrap();
    }
    disk.kill();
    let dir = open(&disk);
    dir.begin(Some(Uuid([1; 16])), Uuid([2; 16])).unwrap();
    assert!(matches!(other(&dir), Err(OpenError::OtherTopic { .. })));
    let aside = dir.set_aside(&partition(0), Uuid([3; 16])).unwrap();
    assert!(disk.list(&aside).is_ok_and(|files| !files.is_empty()), "nothing is removed");
    drop(dir);
    disk.kill();
    let dir = open(&disk);
    dir.begin(Some(Uuid([2; 16])), Uuid([3; 16])).unwrap();
    let (log, _) = other(&dir).unwrap();
    assert_eq!((log.start(), log.end()), (Offset(0), Offset(0)), "its checkpoints went with it");
}

#[test]
fn the_checkpoints_of_a_removed_partition_say_nothing_about_the_next_of_its_name() {
    let disk = formatted(1);
    {
        let dir = open(&disk);
        dir.begin(None, Uuid([1; 16])).unwrap();
        let mut log = open_log(&dir, 0).unwrap();
        assert!(append(&mut log) && append(&mut log));
        log.advance_start(Offset(1)).unwrap();
        dir.save_checkpoint(Checkpoint::LogStart).unwrap();
        // The node dies before it saves the checkpoints again.
        log.delete(Uuid([9; 16])).unwrap();
    }
    for run in 2..=3 {
        disk.kill();
        let dir = open(&disk);
        dir.begin(Some(Uuid([run - 1; 16])), Uuid([run; 16])).unwrap();
        let (mut log, _) = dir.open_log(&partition(0), Uuid([6; 16]), LogConfig::default(), NOW).unwrap();
        assert_eq!(log.start(), Offset(0));
        assert!(append(&mut log));
    }
}
