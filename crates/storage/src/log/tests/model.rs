//! The log against a plain list of batches, under random operations, kills and power cuts, in the middle of writes too.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Checkpoint, producer_state::BATCHES_MAX};

#[derive(Clone, Debug)]
enum Action {
    /// New batches, this many records each, of the producers with these ids, with one call.
    Append(Vec<(i64, usize)>),
    /// A batch of a producer once more: the n-th last.
    Repeat(i64, usize),
    Sync(SyncScope),
    /// Saves the checkpoints.
    Save,
    Retire,
    /// Lets the log start at this share of its records.
    AdvanceStart(prop::sample::Index),
    Truncate(prop::sample::Index),
    Stop,
    Kill,
    Crash,
    /// Everything stops after this many changes of the disk; the end is then a kill or a power cut.
    DieAfter(u64, bool),
}

fn action() -> impl Strategy<Value = Action> {
    let batches = prop::collection::vec((0..3i64, 1..4usize), 1..6);
    prop_oneof![
        8 => batches.prop_map(Action::Append),
        2 => (0..3i64, 0..7usize).prop_map(|(producer, back)| Action::Repeat(producer, back)),
        3 => prop_oneof![Just(SyncScope::Records), Just(SyncScope::Checkpoint)].prop_map(Action::Sync),
        1 => Just(Action::Save),
        1 => Just(Action::Retire),
        1 => any::<prop::sample::Index>().prop_map(Action::AdvanceStart),
        1 => any::<prop::sample::Index>().prop_map(Action::Truncate),
        1 => Just(Action::Stop),
        1 => Just(Action::Kill),
        1 => Just(Action::Crash),
        2 => (0..25u64, any::<bool>()).prop_map(|(changes, crash)| Action::DieAfter(changes, crash)),
    ]
}

/// A batch as it should be in the log.
#[derive(Clone, Debug, PartialEq)]
struct Batch {
    base: i64,
    next: i64,
    producer: i64,
    sequence: i32,
    bytes: Vec<u8>,
}

struct Model {
    /// All batches ever written and not lost, those below the start too.
    batches: Vec<Batch>,
    /// Batches whose write failed: they may be there after a restart, or some of them.
    attempted: Vec<Batch>,
    /// What must be there after a power cut.
    durable: i64,
    /// The log was cut: only the last batch of each producer is sure to be known.
    was_cut: bool,
}

impl Model {
    fn end(&self) -> i64 {
        self.batches.last().map_or(0, |last| last.next)
    }

    fn next_sequence(&self, producer: i64) -> i32 {
        let mine = |batch: &&Batch| batch.producer == producer;
        let all = self.attempted.iter().rev().chain(self.batches.iter().rev());
        all.clone().find(mine).map_or(0, |last| last.sequence + (last.next - last.base) as i32)
    }

    /// Checks a log that was just opened, of which at least everything below `kept` must be there.
    fn check_reopened(&mut self, log: &Log, kept: i64) {
        let end = log.end().0;
        assert!(end >= kept, "the log ends at {end}, {kept} was safe");
        let mut all = std::mem::take(&mut self.batches);
        all.append(&mut self.attempted);
        all.retain(|batch| batch.next <= end);
        self.batches = all;
        if end > kept && log.size() == 0 {
            // Everything was deleted, and then lost before it was synced: the producers may be forgotten with it.
            self.batches.clear();
        }
        assert_eq!(self.end().max(log.start().0), end, "the log ends with a batch");
        self.check(log);
        assert!(log.durable().0 <= end);
        self.durable = self.durable.min(end);
    }

    fn check(&self, log: &Log) {
        assert_eq!(log.end().0, self.end().max(log.start().0));
        let mut expected = self.batches.iter().filter(|batch| batch.next > log.start().0);
        let mut offset = log.start();
        while let Some(read) = log.read(offset, 300, log.end(), true).unwrap() {
            let bytes = read.range.read().unwrap();
            let mut rest = &bytes[..];
            while let Ok(Some((found, behind))) = next_batch(rest) {
                let batch = expected.next().expect("no more than was written");
                assert_eq!((found.base_offset.0, found.next_offset().0), (batch.base, batch.next));
                assert_eq!(found.bytes()[16..], batch.bytes[16..]);
                (offset, rest) = (found.next_offset(), behind);
            }
        }
        assert_eq!(expected.next(), None, "nothing is missing");
        self.check_producers(log);
    }

    fn check_producers(&self, log: &Log) {
        let mut expected: BTreeMap<i64, Vec<(i32, i64)>> = BTreeMap::new();
        for batch in &self.batches {
            let known = expected.entry(batch.producer).or_default();
            known.push((batch.sequence, batch.base));
            if known.len() > BATCHES_MAX {
                known.remove(0);
            }
        }
        let found: BTreeMap<i64, Vec<(i32, i64)>> = log
            .producers()
            .producers()
            .iter()
            .map(|(id, producer)| {
                let batches = producer.batches().iter();
                (id.0, batches.map(|batch| (batch.first_sequence(), batch.first_offset().0)).collect())
            })
            .collect();
        if self.was_cut {
            let last = |all: &BTreeMap<i64, Vec<(i32, i64)>>| -> Vec<_> {
                all.iter().map(|(id, batches)| (*id, batches.last().copied())).collect()
            };
            assert_eq!(last(&found), last(&expected));
        } else {
            assert_eq!(found, expected);
        }
    }
}

fn run(seed: u64, actions: Vec<Action>) {
    let disk = FaultDisk::new(seed);
    let mut node = Node::new(&disk);
    let config =
        LogConfig { segment_bytes: 700, index_interval_bytes: 150, retention_bytes: 2500, ..LogConfig::default() };
    let mut log = node.open(config);
    let mut model = Model { batches: Vec::new(), attempted: Vec::new(), durable: 0, was_cut: false };
    // How this life is going to end, once the disk stops.
    let mut dying = None;
    for action in actions {
        let died = step(&node, &mut log, &mut model, &action);
        match action {
            Action::DieAfter(changes, crash) if dying.is_none() => {
                disk.stop_after(changes);
                dying = Some(crash);
            }
            Action::Stop if stop(&mut node, &mut log) => {
                // Whatever was planned for this life, it has ended well.
                disk.kill();
                dying = None;
                log = node.open(config);
                let kept = model.end();
                model.durable = kept;
                model.check_reopened(&log, kept);
            }
            Action::Kill | Action::Crash => dying = Some(matches!(action, Action::Crash)),
            _ => {}
        }
        // A stop that failed, which it does only on a disk that has stopped.
        let stopped = matches!(action, Action::Stop) && dying.is_some();
        let end_now = died || stopped || matches!(action, Action::Kill | Action::Crash);
        if let Some(crash) = dying.filter(|_| end_now) {
            let kept = if crash { model.durable } else { model.end() };
            if crash {
                disk.crash();
            } else {
                disk.kill();
                if matches!(action, Action::Truncate(_)) {
                    // It was cut or it was not; that a later power cut does not change its mind is not promised.
                    disk.sync_all(Path::new("/")).unwrap();
                }
            }
            log = node.open(config);
            model.check_reopened(&log, kept);
            dying = None;
        }
    }
}

/// Stops cleanly, if the disk lets it.
fn stop(node: &mut Node, log: &mut Log) -> bool {
    let Ok(stopped) = log.stop() else { return false };
    node.dir.take().unwrap().close(vec![stopped], 1).is_ok()
}

/// Does one thing. Whether the disk has stopped.
fn step(node: &Node, log: &mut Log, model: &mut Model, action: &Action) -> bool {
    match action {
        Action::Append(batches) => {
            let begin = model.end().max(log.start().0);
            let mut next = begin;
            for &(producer, count) in batches {
                let sequence = model.next_sequence(producer);
                let bytes = sequenced(producer, 0, sequence, count);
                let end = next + count as i64;
                model.attempted.push(Batch { base: next, next: end, producer, sequence, bytes });
                next = end;
            }
            let views: Vec<_> = model.attempted.iter().map(|batch| RecordBatch::new(&batch.bytes).unwrap()).collect();
            let outcomes = log.append_as_leader(&views, EPOCH, NOW);
            let written = outcomes.iter().take_while(|outcome| outcome.is_ok()).count();
            for (outcome, batch) in outcomes.iter().zip(&model.attempted) {
                if let Ok(appended) = outcome {
                    assert_eq!((appended.offsets.start.0, appended.offsets.end.0), (batch.base, batch.next));
                    assert_eq!(appended.repeated, None);
                }
            }
            let failed = written < outcomes.len();
            model.batches.extend(model.attempted.drain(..written));
            if !failed {
                model.check(log);
            }
            return failed;
        }
        Action::Repeat(producer, back) => {
            let Some(batch) = model.batches.iter().rev().filter(|batch| batch.producer == *producer).nth(*back) else {
                return false;
            };
            if model.was_cut && *back > 0 || log.check_open().is_err() {
                return false;
            }
            let outcome = append(log, &batch.bytes);
            if *back < BATCHES_MAX {
                assert_eq!(outcome.map(|appended| appended.offsets.start.0), Ok(batch.base));
            } else {
                assert!(matches!(outcome, Err(AppendError::Sequence(_))));
            }
        }
        Action::Sync(scope) => {
            let Ok(job) = log.sync_job(*scope) else { return true };
            let Some(job) = job else { return false };
            let result = job.run();
            match log.sync_done(&job, result) {
                Ok(durable) => {
                    assert_eq!(durable, log.end());
                    model.durable = durable.0;
                }
                Err(_) => return true,
            }
        }
        Action::Save => {
            let dir = node.dir.as_ref().unwrap();
            return Checkpoint::ALL.iter().any(|kind| dir.save_checkpoint(*kind).is_err());
        }
        Action::Retire => match log.retire_segments(NOW, log.end()) {
            Ok(Some(retired)) => return retired.rename().is_err() || retired.remove().is_err(),
            Ok(None) => {}
            Err(_) => return true,
        },
        Action::AdvanceStart(share) => {
            let to = share.index(model.end().max(log.start().0) as usize + 1) as i64;
            return log.advance_start(Offset(to)).is_err();
        }
        Action::Truncate(share) => {
            if model.batches.is_empty() {
                return false;
            }
            let to = model.batches[share.index(model.batches.len())].base;
            if to < log.start().0 {
                return false;
            }
            model.was_cut = true;
            let lost: Vec<_> = model.batches.iter().filter(|batch| batch.base >= to).cloned().collect();
            // Until it is done any part of the tail may come back.
            model.durable = model.durable.min(to);
            if log.truncate_to(Offset(to)).is_err() {
                model.batches.retain(|batch| batch.base < to);
                model.attempted = lost;
                return true;
            }
            model.batches.retain(|batch| batch.base < to);
            model.check(log);
        }
        Action::Stop | Action::Kill | Action::Crash | Action::DieAfter(..) => {}
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_the_log_is_what_was_written_and_what_was_synced_is_kept(
        seed: u64,
        actions in prop::collection::vec(action(), 1..40),
    ) {
        run(seed, actions);
    }
}
