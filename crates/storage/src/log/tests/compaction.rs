//! Compaction against a model: whatever was cleaned, and whatever happened in between, of each key the last committed
//! record is there, and what is there is what was written.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use protocol::{records::ControlRecordType, stored::control::EndTxnMarker};

use super::*;
use crate::{
    Checkpoint, CleanError, CleanLimits, Cleaned, compaction::offset_map::ENTRY_SIZE, producer_state::BATCHES_MAX,
};

/// How long tombstones stay.
const TOMBSTONE_MS: i64 = 1000;

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: 900,
        index_interval_bytes: 150,
        compact: true,
        delete_old_segments: false,
        delete_retention_ms: TOMBSTONE_MS,
        min_cleanable_ratio: 0.0,
        ..LogConfig::default()
    }
}

/// Room for so many keys.
fn limits(keys: usize) -> CleanLimits {
    CleanLimits { map_bytes_max: (keys + 1) * ENTRY_SIZE, load_factor: 0.99, io_bytes: 1, secret: [1, 2] }
}

/// Cleans as a driver does; `between` is called while a group waits to be installed, and again before its files have
/// their names.
fn clean_with(
    log: &mut Log,
    at: Timestamp,
    limits: CleanLimits,
    mut between: impl FnMut(&mut Log),
) -> Result<Option<Cleaned>, String> {
    let end = log.end();
    let Some(mut job) = log.clean_job(at, end, limits).map_err(|error| error.to_string())? else { return Ok(None) };
    job.prepare(&mut |_| true).map_err(|error| error.to_string())?;
    while let Some(group) = job.next_group(&mut |_| true).map_err(|error| error.to_string())? {
        between(log);
        match log.install(group) {
            Installed::Swap(swap) => {
                between(log);
                let mut retired = None;
                let result = swap.run().map(|found| retired = found);
                log.swapped(&swap, result).map_err(|error| error.to_string())?;
                if let Some(retired) = retired {
                    retired.remove().map_err(|error| error.to_string())?;
                }
            }
            Installed::Stale(group) => {
                group.discard();
                return Ok(None);
            }
        }
    }
    Ok(Some(log.clean_done(job)))
}

fn clean(log: &mut Log, at: Timestamp) -> Cleaned {
    sync(log, SyncScope::Records);
    clean_with(log, at, limits(1000), |_| ()).unwrap().expect("there is something to clean")
}

#[derive(Clone, Debug, PartialEq)]
struct Rec {
    offset: i64,
    key: u8,
    /// `None` for a tombstone.
    value: Option<u32>,
}

/// What was appended.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    base: i64,
    next: i64,
    producer: Option<i64>,
    sequence: i32,
    is_transactional: bool,
    /// A marker, and whether it commits.
    marker: Option<bool>,
    records: Vec<Rec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Committed,
    Aborted,
    Open,
}

#[derive(Default)]
struct Model {
    entries: Vec<Entry>,
    /// Those whose write failed: they may be there.
    attempted: Vec<Entry>,
    durable: i64,
    counter: u32,
    was_cut: bool,
    /// What the last cleaning that came to its end has cleaned.
    clean_to: i64,
}

impl Model {
    fn end(&self) -> i64 {
        self.entries.last().map_or(0, |last| last.next)
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().chain(&self.attempted)
    }

    /// Each record with what became of its transaction.
    fn fates(&self) -> Vec<(Rec, Fate)> {
        let fate = |at: usize, entry: &Entry| {
            let mut markers = self.entries[at..].iter().filter(|other| other.producer == entry.producer);
            match markers.find_map(|other| other.marker) {
                _ if !entry.is_transactional => Fate::Committed,
                Some(true) => Fate::Committed,
                Some(false) => Fate::Aborted,
                None => Fate::Open,
            }
        };
        let entries = self.entries.iter().enumerate().filter(|(_, entry)| entry.marker.is_none());
        entries
            .flat_map(|(at, entry)| {
                let fate = fate(at, entry);
                entry.records.iter().map(move |record| (record.clone(), fate))
            })
            .collect()
    }

    fn has_open(&self, producer: i64) -> bool {
        let mine = self.all().rev().find(|entry| entry.producer == Some(producer));
        mine.is_some_and(|last| last.is_transactional && last.marker.is_none())
    }

    /// The next batch: of no producer, an idempotent one (1) or a transactional one (2, 3).
    fn next_batch(
        &mut self,
        start: i64,
        producer: u8,
        keys: &[(u8, bool)],
        codec: CompressionType,
    ) -> (Vec<u8>, Entry) {
        let base = self.all().next_back().map_or(0, |last| last.next).max(start);
        let id = (producer > 0).then_some(i64::from(producer));
        let last = self.all().rev().find(|entry| entry.producer == id && entry.marker.is_none());
        let sequence = last.map_or(0, |last| last.sequence + (last.next - last.base) as i32);
        let mut builder = BatchBuilder::new(Compression::of(codec)).leader_epoch(EPOCH);
        if let Some(id) = id {
            builder = builder.producer(ProducerId(id), ProducerEpoch(0), sequence);
        }
        let is_transactional = producer > 1;
        if is_transactional {
            builder = builder.transactional();
        }
        let mut records = Vec::new();
        for (i, &(key, is_tombstone)) in keys.iter().enumerate() {
            self.counter += 1;
            let value = (!is_tombstone).then_some(self.counter);
            let text = value.map(|value| format!("{value:060}"));
            builder.append(NOW, Some(&[key]), text.as_deref().map(str::as_bytes), &[]);
            records.push(Rec { offset: base + i as i64, key, value });
        }
        let next = base + keys.len() as i64;
        (builder.build(), Entry { base, next, producer: id, sequence, is_transactional, marker: None, records })
    }

    fn marker(&self, producer: i64, commit: bool) -> (Vec<u8>, Entry) {
        let base = self.end();
        let kind = if commit { ControlRecordType::Commit } else { ControlRecordType::Abort };
        let mut value = protocol::codec::Writer::over(vec![0, 0]);
        protocol::codec::encode(&EndTxnMarker::default(), &mut value, 0).unwrap();
        let builder = BatchBuilder::new(Compression::NONE).producer(ProducerId(producer), ProducerEpoch(0), -1);
        let mut builder = builder.transactional().control();
        builder.append_control(NOW, kind, &value.into_bytes());
        let (next, marker) = (base + 1, Some(commit));
        let records = Vec::new();
        let producer = Some(producer);
        (builder.build(), Entry { base, next, producer, sequence: -1, is_transactional: true, marker, records })
    }

    fn check_reopened(&mut self, log: &Log, kept: i64) {
        let end = log.end().0;
        assert!(end >= kept, "the log ends at {end}, {kept} was safe");
        let mut attempted = std::mem::take(&mut self.attempted);
        self.entries.append(&mut attempted);
        self.entries.retain(|entry| entry.next <= end);
        self.durable = self.durable.min(end);
        self.check(log);
    }

    fn check(&self, log: &Log) {
        assert_eq!(log.end().0, self.end());
        let found = records_of(log);
        let fates: BTreeMap<i64, (Rec, Fate)> =
            self.fates().into_iter().map(|(record, fate)| (record.offset, (record, fate))).collect();
        assert!(found.is_sorted_by(|a, b| a.offset < b.offset), "the order is kept: {found:?}");
        for record in &found {
            assert_eq!(Some(record), fates.get(&record.offset).map(|(known, _)| known), "as it was written");
        }
        let there: BTreeSet<i64> = found.iter().map(|record| record.offset).collect();
        for (record, fate) in fates.values() {
            let is_there = there.contains(&record.offset);
            match fate {
                Fate::Open => assert!(is_there, "a record of an open transaction is gone: {record:?}"),
                Fate::Aborted => {
                    assert!(!is_there || self.is_listed(log, record.offset), "nobody says it was aborted: {record:?}");
                }
                Fate::Committed => {}
            }
        }
        let committed = |records: &mut dyn Iterator<Item = &Rec>| -> BTreeMap<u8, Option<u32>> {
            let is_committed = |record: &&Rec| fates[&record.offset].1 == Fate::Committed;
            let mut last: BTreeMap<_, _> =
                records.filter(is_committed).map(|record| (record.key, record.value)).collect();
            last.retain(|_, value| value.is_some());
            last
        };
        let expected = committed(&mut fates.values().map(|(record, _)| record));
        assert_eq!(committed(&mut found.iter()), expected, "of each key the last value is there");
        let mut keys = BTreeSet::new();
        for record in found.iter().filter(|record| record.offset < self.clean_to) {
            assert!(keys.insert(record.key), "below {} there are two of a key: {record:?}", self.clean_to);
        }
        self.check_producers(log);
    }

    fn is_listed(&self, log: &Log, offset: i64) -> bool {
        let read = log.read(Offset(offset), 1, log.end(), true).unwrap().unwrap();
        let listed = log.aborted_transactions(&read, log.end()).unwrap();
        listed.iter().any(|entry| (entry.first_offset..entry.last_offset).contains(&Offset(offset)))
    }

    fn check_producers(&self, log: &Log) {
        for producer in 1..=3 {
            let mine = self.entries.iter().rev().filter(|entry| entry.producer == Some(producer));
            let batches = mine.filter(|entry| entry.marker.is_none()).take(BATCHES_MAX);
            let expected: Vec<_> = batches.map(|entry| (entry.sequence, entry.base)).collect();
            let known = log.producers().producers().get(&ProducerId(producer));
            let found: Vec<_> = known.map_or(Vec::new(), |known| {
                known.batches().iter().rev().map(|batch| (batch.first_sequence(), batch.first_offset().0)).collect()
            });
            // A log that was cut, or is opened without our own file, knows the last one only.
            let count = if self.was_cut { 1 } else { BATCHES_MAX };
            let first = |list: &[(i32, i64)]| list[..list.len().min(count)].to_vec();
            assert_eq!(first(&found), first(&expected), "of producer {producer}");
        }
    }
}

/// The records of a log, as a reader of everything gets them.
fn records_of(log: &Log) -> Vec<Rec> {
    let (mut records, mut offset) = (Vec::new(), log.start());
    while let Some(read) = log.read(offset, 300, log.end(), true).unwrap() {
        let bytes = read.range.read().unwrap();
        let mut rest = &bytes[..];
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            assert!(batch.crc_is_valid() && batch.base_offset >= log.segment_bases().next().unwrap());
            if !batch.attributes.is_control() {
                let body = batch.decompress(1 << 20).unwrap();
                for record in batch.records(&body).map(Result::unwrap).filter(|record| record.offset >= log.start()) {
                    assert_eq!(record.timestamp, NOW);
                    let value = record.value.map(|value| str::from_utf8(value).unwrap().parse().unwrap());
                    let key = record.key.unwrap()[0];
                    records.push(Rec { offset: record.offset.0, key, value });
                }
            }
            assert!(batch.next_offset() > offset, "a reader gets on");
            (offset, rest) = (batch.next_offset(), behind);
        }
    }
    records
}

fn append_all(log: &mut Log, model: &mut Model, bytes: &[u8], entry: Entry) -> bool {
    model.attempted.push(entry);
    let outcome = append(log, bytes);
    if let Ok(appended) = &outcome {
        let entry = model.attempted.pop().unwrap();
        assert_eq!(appended.offsets, Offset(entry.base)..Offset(entry.next));
        model.entries.push(entry);
    }
    outcome.is_ok()
}

#[derive(Clone, Debug)]
enum Action {
    Append(u8, Vec<(u8, bool)>, CompressionType),
    End(u8, bool),
    Sync,
    Save,
    /// With room for so many keys in the map, so much later, into segments of this size; and what happens in between.
    Clean(usize, i64, u32, Meanwhile),
    Kill,
    Crash,
    Stop,
    DieAfter(u64, bool),
}

#[derive(Clone, Debug)]
enum Meanwhile {
    Nothing,
    Append,
    /// Appends something and takes it back: what is not committed yet.
    Cut,
    Sync,
}

fn action() -> impl Strategy<Value = Action> {
    let codec = prop::sample::select(&CompressionType::ALL[..]);
    let keys = prop::collection::vec((0..6u8, prop::bool::weighted(0.2)), 1..5);
    let meanwhile = prop_oneof![
        6 => Just(Meanwhile::Nothing),
        2 => Just(Meanwhile::Append),
        1 => Just(Meanwhile::Cut),
        1 => Just(Meanwhile::Sync),
    ];
    prop_oneof![
        12 => (0..4u8, keys, codec).prop_map(|(producer, keys, codec)| Action::Append(producer, keys, codec)),
        4 => (2..4u8, any::<bool>()).prop_map(|(producer, commit)| Action::End(producer, commit)),
        3 => Just(Action::Sync),
        1 => Just(Action::Save),
        5 => (1..10usize, 0..3000i64, 200..2000u32, meanwhile)
            .prop_map(|(keys, later, bytes, meanwhile)| Action::Clean(keys, later, bytes, meanwhile)),
        1 => Just(Action::Kill),
        1 => Just(Action::Crash),
        1 => Just(Action::Stop),
        2 => (0..60u64, any::<bool>()).prop_map(|(changes, crash)| Action::DieAfter(changes, crash)),
    ]
}

/// Does one thing. Whether the disk has stopped.
fn step(node: &Node, log: &mut Log, model: &mut Model, at: &mut Timestamp, action: &Action) -> bool {
    match action {
        Action::Append(producer, keys, codec) => {
            let (bytes, entry) = model.next_batch(log.start().0, *producer, keys, *codec);
            !append_all(log, model, &bytes, entry)
        }
        Action::End(producer, commit) => {
            if !model.has_open(i64::from(*producer)) {
                return false;
            }
            let (bytes, entry) = model.marker(i64::from(*producer), *commit);
            !append_all(log, model, &bytes, entry)
        }
        Action::Sync => sync_log(log, model),
        Action::Save => {
            let dir = node.dir.as_ref().unwrap();
            Checkpoint::ALL.iter().any(|kind| dir.save_checkpoint(*kind).is_err())
        }
        Action::Clean(keys, later, segment_bytes, meanwhile) => {
            log.set_config(LogConfig { segment_bytes: *segment_bytes, ..config() });
            if sync_log(log, model) {
                return true;
            }
            at.0 += later;
            let mut meanwhile = Some(meanwhile.clone());
            let mut failed = false;
            let cleaned = clean_with(log, *at, limits(*keys), |log| match meanwhile.take() {
                Some(doing @ (Meanwhile::Append | Meanwhile::Cut)) => {
                    let (bytes, entry) = model.next_batch(log.start().0, 0, &[(0, false)], CompressionType::None);
                    failed |= !append_all(log, model, &bytes, entry);
                    if matches!(doing, Meanwhile::Cut) && !failed {
                        failed |= cut(log, model);
                    }
                }
                Some(Meanwhile::Sync) => failed |= sync_log(log, model),
                Some(Meanwhile::Nothing) | None => {}
            });
            match cleaned {
                Ok(Some(cleaned)) => {
                    assert!(cleaned.to > cleaned.from, "each cleaning gets on: {cleaned:?}");
                    model.clean_to = cleaned.to.0;
                    failed |= node.dir.as_ref().unwrap().save_checkpoint(Checkpoint::Cleaner).is_err();
                }
                Ok(None) => {}
                Err(error) => failed |= error != CleanError::Aborted.to_string(),
            }
            failed
        }
        Action::Kill | Action::Crash | Action::Stop | Action::DieAfter(..) => false,
    }
}

fn sync_log(log: &mut Log, model: &mut Model) -> bool {
    let Ok(job) = log.sync_job(SyncScope::Records) else { return true };
    let Some(job) = job else { return false };
    let result = job.run();
    match log.sync_done(&job, result) {
        Ok(durable) => model.durable = durable.0,
        Err(_) => return true,
    }
    false
}

/// Takes the last batch back.
fn cut(log: &mut Log, model: &mut Model) -> bool {
    let lost = model.entries.pop().expect("it was just appended");
    model.was_cut = true;
    model.durable = model.durable.min(lost.base);
    let failed = log.truncate_to(Offset(lost.base)).is_err();
    if failed {
        model.attempted.push(lost);
    }
    failed
}

fn run(seed: u64, actions: Vec<Action>) {
    let disk = FaultDisk::new(seed);
    let mut node = Node::new(&disk);
    let mut log = node.open(config());
    let mut model = Model::default();
    let mut at = NOW;
    let mut dying = None;
    for action in actions {
        let died = step(&node, &mut log, &mut model, &mut at, &action);
        match action {
            Action::DieAfter(changes, crash) if dying.is_none() => {
                disk.stop_after(changes);
                dying = Some(crash);
            }
            Action::Stop if log.stop().is_ok_and(|log| node.dir.take().unwrap().close(vec![log], 1).is_ok()) => {
                disk.kill();
                dying = None;
                log = node.open(config());
                model.durable = model.end();
                let kept = model.end();
                model.check_reopened(&log, kept);
            }
            Action::Kill | Action::Crash => dying = Some(matches!(action, Action::Crash)),
            Action::Stop => {}
            _ if !died => model.check(&log),
            _ => {}
        }
        let stopped = matches!(action, Action::Stop) && dying.is_some();
        let end_now = died || stopped || matches!(action, Action::Kill | Action::Crash);
        if let Some(crash) = dying.filter(|_| end_now) {
            let kept = if crash { model.durable } else { model.end() };
            if crash {
                disk.crash()
            } else {
                disk.kill()
            }
            log = node.open(config());
            model.check_reopened(&log, kept);
            dying = None;
        }
    }
}

#[test]
fn a_segment_that_a_start_found_sealed_is_not_cleaned_before_our_file_has_its_producers() {
    use Action::{Append, Clean, DieAfter, Kill, Save, Sync};
    let append = |producer, codec| Append(producer, vec![(0, false)], codec);
    let clean = |bytes| Clean(1, 0, bytes, Meanwhile::Nothing);
    let (plain, gzip) = (CompressionType::None, CompressionType::Gzip);
    #[rustfmt::skip]
    let actions = vec![
        append(1, plain), clean(344), DieAfter(27, false), append(0, gzip), Sync, Save, append(1, gzip), clean(436),
        append(0, gzip), clean(200), Save, append(0, plain), clean(200), Kill,
    ];
    run(0, actions);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_cleaned_the_last_value_of_each_key_is_there_and_all_that_is_there_is_as_it_was_written(
        seed: u64,
        actions in prop::collection::vec(action(), 1..60),
    ) {
        run(seed, actions);
    }
}

/// A batch of records with these keys and values.
fn keyed(records: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Compression::NONE);
    for (key, value) in records {
        builder.append(NOW, Some(key.as_bytes()), value.map(str::as_bytes), &[]);
    }
    builder.build()
}

/// Offset, key and value of all records.
fn contents(log: &Log) -> Vec<(i64, u8, Option<u32>)> {
    records_of(log).into_iter().map(|record| (record.offset, record.key, record.value)).collect()
}

/// Begins a new segment.
fn roll(log: &mut Log) {
    let end = log.end();
    super::super::Log::roll(log, end, NOW).unwrap();
}

#[test]
fn a_tombstone_goes_once_it_could_be_read_for_delete_retention_ms() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(config());
    append(&mut log, &keyed(&[("a", Some("1")), ("b", Some("2")), ("a", None)])).unwrap();
    roll(&mut log);
    append(&mut log, &keyed(&[("c", Some("3"))])).unwrap();
    let cleaned = clean(&mut log, NOW);
    assert_eq!((cleaned.from, cleaned.to), (Offset(0), Offset(3)));
    let [b, a, c] = [(1, b'b', Some(2)), (2, b'a', None), (3, b'c', Some(3))];
    assert_eq!(contents(&log), [b, a, c]);

    // Nothing is dirty: nothing happens, however late it is.
    assert_eq!(clean_with(&mut log, Timestamp(NOW.0 + 10 * TOMBSTONE_MS), limits(9), |_| ()), Ok(None));
    roll(&mut log);
    clean(&mut log, Timestamp(NOW.0 + TOMBSTONE_MS - 1));
    assert_eq!(contents(&log), [b, a, c]);
    append(&mut log, &keyed(&[("c", Some("4"))])).unwrap();
    roll(&mut log);
    clean(&mut log, Timestamp(NOW.0 + TOMBSTONE_MS));
    assert_eq!(contents(&log), [b, (4, b'c', Some(4))]);
}

#[test]
fn records_without_a_key_and_those_of_aborted_transactions_go_and_the_marker_stays_for_a_while() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(config());
    let mut model = Model::default();
    append_model(&mut log, &mut model, 2, &[(7, false)]);
    let (bytes, entry) = model.marker(2, false);
    assert!(append_all(&mut log, &mut model, &bytes, entry));
    append_model(&mut log, &mut model, 0, &[(8, false)]);
    let mut builder = BatchBuilder::new(Compression::NONE);
    builder.append(NOW, None, Some(b"no key"), &[]);
    append(&mut log, &builder.build()).unwrap();
    append(&mut log, &keyed(&[("a", Some("1"))])).unwrap();
    roll(&mut log);
    clean(&mut log, NOW);
    // The producer's last batch is there, without its record.
    let headers = headers(&log);
    let kinds: Vec<_> = headers
        .iter()
        .map(|header| (header.base_offset.0, header.record_count, header.attributes.is_control()))
        .collect();
    assert_eq!(kinds, [(0, 0, false), (1, 1, true), (2, 1, false), (4, 1, false)]);
    assert_eq!(headers[1].delete_horizon(), None, "something of its transaction is left");
}

fn headers(log: &Log) -> Vec<protocol::records::BatchHeader> {
    let (mut headers, mut offset) = (Vec::new(), log.start());
    while let Some(read) = log.read(offset, 1, log.end(), true).unwrap() {
        let bytes = read.range.read().unwrap();
        let batch = RecordBatch::new(&bytes).unwrap();
        headers.push(*batch.header());
        offset = batch.next_offset();
    }
    headers
}

fn append_model(log: &mut Log, model: &mut Model, producer: u8, keys: &[(u8, bool)]) {
    let (bytes, entry) = model.next_batch(0, producer, keys, CompressionType::None);
    assert!(append_all(log, model, &bytes, entry));
}

#[test]
fn small_segments_become_one_and_none_becomes_larger_than_it_may() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 100_000, ..config() });
    let (mut model, keys) = (Model::default(), 20);
    for i in 0..200u8 {
        append_model(&mut log, &mut model, 0, &[(i % 20, false)]);
    }
    let mut again = |log: &mut Log, segment_bytes: u32| {
        append_model(log, &mut model, 0, &[(0, false)]);
        roll(log);
        log.set_config(LogConfig { segment_bytes, ..config() });
        clean(log, NOW);
        model.check(log);
        assert_eq!(records_of(log).len(), keys);
        assert!(log.segments.iter().all(|segment| segment.size <= u64::from(segment_bytes)));
        assert!(log.segments.windows(2).all(|pair| pair[0].next == pair[1].base), "they tile");
        log.segment_bases().map(|base| base.0).collect::<Vec<_>>()
    };
    let split = again(&mut log, 400);
    assert_eq!(split, [0, 184, 187, 190, 193, 196, 199, 201], "three batches of 130 bytes each, 61 for an empty one");
    assert_eq!(again(&mut log, 900), [0, 187, 193, 199, 202]);
    assert_eq!(again(&mut log, 100_000), [0, 203]);
}

#[test]
fn a_cleaning_stays_below_the_high_watermark_and_open_transactions_and_what_is_young() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(config());
    let mut model = Model::default();
    for producer in [0, 0, 2, 0] {
        append_model(&mut log, &mut model, producer, &[(1, false)]);
        roll(&mut log);
    }
    let bound = |log: &mut Log, high_watermark: i64| {
        log.cleanable(NOW, Offset(high_watermark)).unwrap().map(|cleanable| cleanable.bound.0)
    };
    assert_eq!(bound(&mut log, 4), Some(0), "nothing is synced");
    sync(&mut log, SyncScope::Records);
    assert_eq!([0, 1, 2, 3, 4].map(|hw| bound(&mut log, hw)), [0, 1, 2, 2, 2].map(Some));
    let (bytes, entry) = model.marker(2, true);
    assert!(append_all(&mut log, &mut model, &bytes, entry));
    assert_eq!(bound(&mut log, 4), Some(2), "the marker is not committed");
    assert_eq!(bound(&mut log, 5), Some(4), "and the active segment is never cleaned");
    log.set_config(LogConfig { min_compaction_lag_ms: 1, ..config() });
    assert_eq!(bound(&mut log, 5), Some(0), "they are of this millisecond");
    assert_eq!(log.cleanable(Timestamp(NOW.0 + 1), Offset(5)).unwrap().unwrap().bound, Offset(4));
    log.set_config(LogConfig { compact: false, ..config() });
    assert_eq!(bound(&mut log, 5), None);
}

#[test]
fn it_is_time_when_enough_is_dirty_or_something_waits_for_too_long() {
    let mut node = Node::new(&FaultDisk::new(1));
    let at = |ms: i64| Timestamp(NOW.0 + ms);
    let mut log = node.open(LogConfig { min_cleanable_ratio: 0.6, max_compaction_lag_ms: 5000, ..config() });
    let mut model = Model::default();
    append_model(&mut log, &mut model, 0, &[(1, false)]);
    roll(&mut log);
    let cleaned = clean(&mut log, NOW);
    assert_eq!(cleaned.to, Offset(1));
    append_model(&mut log, &mut model, 0, &[(2, false)]);
    roll(&mut log);
    sync(&mut log, SyncScope::Records);
    let mut due = |ms: i64| log.cleanable(at(ms), Offset(2)).unwrap().unwrap();
    assert_eq!((due(0).ratio(), due(0).is_due()), (0.5, false));
    assert_eq!((due(5000).overdue_ms, due(5000).is_due()), (0, false));
    assert_eq!((due(5001).overdue_ms, due(5001).is_due()), (1, true));
}

#[test]
fn a_map_that_is_too_small_takes_several_cleanings_even_in_the_middle_of_a_batch() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(LogConfig { segment_bytes: 100_000, ..config() });
    let mut model = Model::default();
    let keys: Vec<_> = (0..20u8).map(|key| (key, false)).collect();
    append_model(&mut log, &mut model, 1, &keys);
    append_model(&mut log, &mut model, 1, &keys);
    roll(&mut log);
    sync(&mut log, SyncScope::Records);
    let mut ends = Vec::new();
    while let Some(cleaned) = clean_with(&mut log, NOW, limits(7), |_| ()).unwrap() {
        ends.push(cleaned.to.0);
        model.check(&log);
    }
    assert_eq!(ends, [7, 14, 21, 28, 35, 40]);
    assert_eq!(records_of(&log).iter().map(|record| record.offset).collect::<Vec<_>>(), (20..40).collect::<Vec<_>>());
}

#[test]
fn a_damaged_batch_is_never_copied() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(config());
    let mut model = Model::default();
    for key in [1, 1, 2] {
        append_model(&mut log, &mut model, 0, &[(key, false)]);
    }
    roll(&mut log);
    sync(&mut log, SyncScope::Records);
    disk.flip_bit(&node.path("00000000000000000000.log"), 90, 3);
    let mut job = log.clean_job(NOW, Offset(3), limits(9)).unwrap().unwrap();
    let error = job.prepare(&mut |_| true).unwrap_err();
    assert!(matches!(&error, CleanError::Unreadable(found) if found.base == Offset(0)), "{error:?}");
    drop(job);
    assert_eq!(log.segment_bases().len(), 2);
    assert!(!node.files().iter().any(|name| name.ends_with(".cleaned")));
}

#[test]
fn a_full_disk_ends_a_cleaning_and_the_next_one_goes_on() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(config());
    let mut model = Model::default();
    for i in 0..40u8 {
        append_model(&mut log, &mut model, 0, &[(i % 30, false)]);
    }
    roll(&mut log);
    sync(&mut log, SyncScope::Records);
    disk.set_capacity(0);
    let error = clean_with(&mut log, NOW, limits(99), |_| ()).unwrap_err();
    assert_eq!(error, CleanError::DiskFull.to_string());
    assert!(!node.files().iter().any(|name| name.ends_with(".cleaned")), "{:?}", node.files());
    model.check(&log);
    disk.set_capacity(u64::MAX);
    clean(&mut log, NOW);
    assert_eq!(records_of(&log).len(), 30);
}

#[test]
fn what_apache_kafka_left_in_the_middle_of_a_compaction_is_brought_to_its_end_or_its_beginning() {
    let make = |name: &str, files: &[(&str, &str)]| {
        let disk = FaultDisk::new(1);
        let mut node = Node::new(&disk);
        let mut log = node.open(config());
        for value in ["1", "2", "3"] {
            append(&mut log, &keyed(&[("a", Some(value))])).unwrap();
            roll(&mut log);
        }
        append(&mut log, &keyed(&[("b", Some("4"))])).unwrap();
        node.stop(log);
        let mut cleaned = BatchBuilder::new(Compression::NONE).base_offset(Offset(2)).leader_epoch(EPOCH);
        cleaned.append(NOW, Some(b"a"), Some(b"3"), &[]);
        let cleaned = cleaned.build();
        for (file, content) in files {
            let bytes = if *content == "cleaned" { &cleaned[..] } else { b"" };
            write_file(&*node.disk, &node.path(file), bytes).unwrap();
        }
        let log = node.open(config());
        assert!(!node.files().iter().any(|file| file.ends_with("swap") || file.ends_with("cleaned")), "{name}");
        let bases = log.segment_bases().map(|base| base.0).collect::<Vec<_>>();
        (bases, contents(&log).into_iter().map(|(offset, ..)| offset).collect::<Vec<_>>())
    };
    let log = "00000000000000000000.log";
    let with = |suffix: &str| format!("{log}{suffix}");
    assert_eq!(make("written", &[(&with(".cleaned"), "cleaned")]), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
    assert_eq!(make("decided", &[(&with(".swap"), "cleaned")]), (vec![0, 3], vec![2, 3]));
    let later = "00000000000000000001.log.swap";
    let undecided = [(&*with(".cleaned"), "cleaned"), (later, "cleaned")];
    assert_eq!(make("a split that was not decided", &undecided), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
    let index = [("00000000000000000000.index.swap", ""), ("00000000000000000000.timeindex.swap", "")];
    assert_eq!(make("an index that is left", &index), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
}

#[test]
fn a_gap_is_no_damage_even_if_the_cleaning_died_and_the_log_is_not_compacted_any_more() {
    let disk = FaultDisk::new(1);
    let mut node = Node::new(&disk);
    let mut log = node.open(config());
    let mut model = Model::default();
    for key in [5, 1, 2, 1, 2, 3] {
        append_model(&mut log, &mut model, 0, &[(key, false)]);
    }
    roll(&mut log);
    sync(&mut log, SyncScope::Records);
    let mut job = log.clean_job(NOW, Offset(6), limits(9)).unwrap().unwrap();
    job.prepare(&mut |_| true).unwrap();
    let group = job.next_group(&mut |_| true).unwrap().unwrap();
    let Installed::Swap(swap) = log.install(group) else { panic!("nothing has changed") };
    let _ = swap.run().unwrap();
    disk.crash();
    let log = node.open(LogConfig { compact: false, ..config() });
    assert_eq!(records_of(&log).iter().map(|record| record.offset).collect::<Vec<_>>(), [0, 3, 4, 5]);
}

#[test]
fn what_was_made_of_records_that_were_taken_back_is_thrown_away() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(config());
    for value in ["1", "2", "3"] {
        append(&mut log, &keyed(&[("a", Some(value))])).unwrap();
        roll(&mut log);
    }
    sync(&mut log, SyncScope::Records);
    let mut job = log.clean_job(NOW, Offset(3), limits(9)).unwrap().unwrap();
    job.prepare(&mut |_| true).unwrap();
    let group = job.next_group(&mut |_| true).unwrap().unwrap();
    // Others take their place, as many bytes of them.
    log.truncate_to(Offset(1)).unwrap();
    roll(&mut log);
    for value in ["7", "8"] {
        append(&mut log, &keyed(&[("a", Some(value))])).unwrap();
        roll(&mut log);
    }
    let Installed::Stale(group) = log.install(group) else { panic!("the log is another") };
    group.discard();
    assert_eq!(contents(&log), [(0, b'a', Some(1)), (1, b'a', Some(7)), (2, b'a', Some(8))]);
    assert!(!node.files().iter().any(|name| name.ends_with(".cleaned")));
    assert!(matches!(job.next_group(&mut |_| true), Ok(None) | Err(CleanError::Aborted)));
    let _ = log.clean_done(job);
    let cleaned = clean(&mut log, NOW);
    assert_eq!((cleaned.from, cleaned.to), (Offset(0), Offset(3)), "it was not cleaned");

    log.truncate_to(Offset(2)).unwrap();
    for value in ["9", "10"] {
        append(&mut log, &keyed(&[("a", Some(value))])).unwrap();
        roll(&mut log);
    }
    assert_eq!(clean(&mut log, NOW).from, Offset(2), "what is new there is not clean");
}

#[test]
fn a_deleted_log_is_not_touched_by_its_cleaning_any_more() {
    let mut node = Node::new(&FaultDisk::new(1));
    let mut log = node.open(config());
    let mut model = Model::default();
    for key in [1, 1] {
        append_model(&mut log, &mut model, 0, &[(key, false)]);
        roll(&mut log);
    }
    sync(&mut log, SyncScope::Records);
    let mut job = log.clean_job(NOW, Offset(2), limits(9)).unwrap().unwrap();
    job.prepare(&mut |_| true).unwrap();
    let group = job.next_group(&mut |_| true).unwrap().unwrap();
    let Installed::Swap(swap) = log.install(group) else { panic!("nothing has changed") };
    let _deleted = log.delete(Uuid::ONE).unwrap();
    let (mut again, _) = node.dir.as_ref().unwrap().open_log(&partition(), Uuid([8; 16]), config(), NOW).unwrap();
    append(&mut again, &keyed(&[("new", Some("1"))])).unwrap();
    assert!(swap.run().unwrap().is_none());
    assert_eq!(again.size(), keyed(&[("new", Some("1"))]).len() as u64);
    assert!(matches!(job.next_group(&mut |_| true), Ok(None) | Err(CleanError::Aborted)));
    assert_eq!(records_of(&again).len(), 1);
}
