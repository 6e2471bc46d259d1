//! Aborted transactions: what readers of committed data are told, whatever became of the files in between.

use protocol::records::ControlRecordType;

use super::*;

fn transactional(producer: i64, sequence: i32) -> Vec<u8> {
    let builder = BatchBuilder::new(Compression::default());
    let mut builder = builder.producer(ProducerId(producer), ProducerEpoch(0), sequence).transactional();
    builder.append(NOW, None, Some(&[b'x'; 300]), &[]);
    builder.build()
}

fn marker(producer: i64, kind: ControlRecordType) -> Vec<u8> {
    // Version 0, and the coordinator's epoch.
    let value = [0, 0, 0, 0, 0, 1];
    let builder = BatchBuilder::new(Compression::default()).producer(ProducerId(producer), ProducerEpoch(0), -1);
    let mut builder = builder.transactional().control();
    builder.append_control(NOW, kind, &value);
    builder.build()
}

/// The aborted transactions that concern a reader of everything: whose, from where, to where.
fn listed(log: &Log) -> Vec<(i64, i64, i64)> {
    let (mut found, mut offset) = (Vec::new(), log.start());
    while let Some(read) = log.read(offset, 500, log.end(), true).unwrap() {
        for entry in log.aborted_transactions(&read, log.end()).unwrap() {
            let entry = (entry.producer_id.0, entry.first_offset.0, entry.last_offset.0);
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
        let bytes = read.range.read().unwrap();
        let mut rest = &bytes[..];
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            offset = batch.next_offset();
            rest = behind;
        }
    }
    found
}

/// Transactions of three producers over several segments; 1 and 3 are aborted, 2 is not.
fn filled(node: &mut Node) -> Log {
    let mut log = node.open(small());
    for round in 0..4 {
        for producer in 1..=3 {
            append(&mut log, &transactional(producer, round)).unwrap();
        }
    }
    append(&mut log, &marker(1, ControlRecordType::Abort)).unwrap();
    append(&mut log, &marker(2, ControlRecordType::Commit)).unwrap();
    append(&mut log, &transactional(3, 4)).unwrap();
    append(&mut log, &marker(3, ControlRecordType::Abort)).unwrap();
    log
}

const ABORTED: [(i64, i64, i64); 2] = [(1, 0, 12), (3, 2, 15)];

#[test]
fn readers_of_committed_data_are_told_of_aborted_transactions_after_a_stop_and_after_a_kill() {
    for (clean, synced) in [(true, false), (false, false), (false, true)] {
        let disk = FaultDisk::new(1);
        let mut node = Node::new(&disk);
        let mut log = filled(&mut node);
        assert_eq!(listed(&log), ABORTED);
        assert!(log.segment_bases().len() > 2, "markers are far from where their transactions begin");
        if synced {
            sync(&mut log, SyncScope::Checkpoint);
        }
        if clean {
            node.stop(log);
        } else {
            disk.kill();
        }
        let mut log = node.open(small());
        assert_eq!(listed(&log), ABORTED, "clean {clean}, synced {synced}");
        append(&mut log, &transactional(2, 4)).unwrap();
        append(&mut log, &marker(2, ControlRecordType::Abort)).unwrap();
        assert_eq!(listed(&log), [ABORTED[0], ABORTED[1], (2, 16, 17)]);
    }
}

#[test]
fn a_transaction_index_that_cannot_be_right_is_made_anew_from_the_log() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = filled(&mut node);
    for sequence in 0..20 {
        append(&mut log, &sequenced(9, 0, sequence, 1)).unwrap();
        append(&mut log, &batch(8)).unwrap();
    }
    node.stop(log);
    let indexes: Vec<_> = node.files().into_iter().filter(|name| name.ends_with(".txnindex")).collect();
    assert!(!indexes.is_empty());
    for name in indexes {
        let mut bytes = node.file(&name);
        bytes[20] ^= 0x40;
        write_file(&disk, &node.path(&name), &bytes).unwrap();
    }
    assert_eq!(listed(&node.open(small())), ABORTED);
}
