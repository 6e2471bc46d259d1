//! What must be found after a death, and whether it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::Arc,
};

use protocol::records::RecordBatch;
use storage::producer_state::BATCHES_MAX;

use crate::node::{Found, Known, Seen, Written};

/// What must be found after a death at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Promise {
    /// What was written and not taken back, whether it was acknowledged or is just being written; with what retention or
    /// DeleteRecords has removed.
    pub(crate) batches: Vec<Arc<Written>>,
    /// Up to here it is there after a power cut.
    pub(crate) kept_crash: i64,
    /// Up to here it is there after a kill.
    pub(crate) kept_kill: i64,
    /// Where the log may start.
    pub(crate) start: (i64, i64),
    /// The log is being emptied, to go on here.
    pub(crate) restart_at: Option<i64>,
    /// The partition is being deleted.
    pub(crate) may_be_gone: bool,
    /// The log was cut or compacted: of each producer only the last batch is sure to be known.
    pub(crate) last_batches_only: bool,
    /// Nothing is sure to be known of producers: all their batches were deleted and then lost.
    pub(crate) producers_lost: bool,
    /// Compaction may have taken records below.
    pub(crate) compacted: i64,
    /// Which start of the node registered last.
    pub(crate) registered: u8,
}

impl Promise {
    pub(crate) fn new() -> Self {
        Self {
            batches: Vec::new(),
            kept_crash: 0,
            kept_kill: 0,
            start: (0, 0),
            restart_at: None,
            may_be_gone: false,
            last_batches_only: false,
            producers_lost: false,
            compacted: 0,
            registered: 0,
        }
    }

    /// Checks what was found after a death.
    pub(crate) fn check(&self, seen: &Seen, crash: bool) -> Result<(), String> {
        let is_empty = seen.batches.is_empty() && seen.start == seen.end;
        if is_empty && (self.may_be_gone && seen.end == 0 || self.restart_at == Some(seen.end)) {
            return Ok(());
        }
        let kept = if crash { self.kept_crash } else { self.kept_kill };
        if seen.end < kept {
            return Err(format!("the log ends at {}, and all up to {kept} was safe", seen.end));
        }
        if seen.durable > seen.end || seen.start > seen.end || seen.stable > seen.end {
            return Err("start, durable or last stable offset are beyond the end".into());
        }
        if !(self.start.0..=self.start.1).contains(&seen.start) {
            return Err(format!("the log starts at {}, not in {:?}", seen.start, self.start));
        }
        let there: Vec<&Written> = self.batches.iter().map(|batch| &**batch).filter(|b| b.next <= seen.end).collect();
        let end = there.last().map_or(0, |last| last.next);
        if seen.end != end.max(seen.start) {
            return Err(format!("the log ends at {}, where no batch ends", seen.end));
        }
        if self.compacted > 0 {
            self.check_compacted(seen, &there)?;
        } else {
            check_content(seen, &there)?;
        }
        check_epochs(seen, self.compacted > 0)?;
        if !(seen.batches.is_empty() || self.producers_lost) {
            self.check_producers(seen, &there)?;
        }
        Ok(())
    }

    fn check_producers(&self, seen: &Seen, there: &[&Written]) -> Result<(), String> {
        let mut expected = producers(there);
        let mut found = seen.producers.clone();
        if self.last_batches_only {
            let last = |known: &mut Known| known.batches = known.batches.last().copied().into_iter().collect();
            expected.iter_mut().chain(&mut found).for_each(last);
        }
        if found != expected {
            return Err(format!("producers {found:?}\n where the batches say {expected:?}"));
        }
        let open = expected.iter().filter_map(|known| known.transaction_start).min();
        let stable = open.unwrap_or(seen.end);
        if seen.stable != stable {
            return Err(format!("the last stable offset is {}, not {stable}", seen.stable));
        }
        Ok(())
    }

    /// Checks that of each key the newest record is there, and that nothing is there that was not written.
    fn check_compacted(&self, seen: &Seen, there: &[&Written]) -> Result<(), String> {
        let fates = fates(there);
        let mut written = BTreeMap::new();
        for (batch, fate) in there.iter().zip(&fates) {
            for (offset, record) in (batch.base..).zip(&batch.records) {
                written.insert(offset, (record.0, record.1, *fate));
            }
        }
        let mut present = BTreeSet::new();
        for found in &seen.batches {
            for (offset, key, value) in records(found) {
                present.insert(offset);
                let expected = written.get(&offset).map(|(key, value, _)| (*key, *value));
                if expected != Some((key, value)) {
                    return Err(format!("at {offset} is {key} = {value:?}, written was {expected:?}"));
                }
            }
        }
        let mut newest = BTreeMap::new();
        for (offset, (key, value, fate)) in written.range(seen.start..) {
            let stays = *fate == Fate::Open || *offset >= self.compacted && *fate == Fate::Committed;
            if stays && !present.contains(offset) {
                return Err(format!("the record at {offset} is missing, and it is not compacted yet"));
            }
            if *fate == Fate::Committed {
                newest.insert(*key, (*offset, *value));
            }
        }
        for (key, (offset, value)) in newest {
            if value.is_some() && !present.contains(&offset) {
                return Err(format!("the newest record of key {key} is missing, which is at {offset}"));
            }
        }
        // What the next sequence number is compared with when nothing but the records is left.
        for known in producers(there) {
            let last = known.batches.last().map(|(_, offset)| *offset).filter(|offset| *offset >= seen.start);
            if last.is_some_and(|last| seen.batches.iter().all(|found| found.base != last)) {
                return Err(format!("the last batch of producer {} is missing", known.id));
            }
        }
        Ok(())
    }

    /// Checks that below `to` each key is there once only.
    pub(crate) fn check_clean(&self, seen: &Seen, to: i64) -> Result<(), String> {
        let there: Vec<&Written> = self.batches.iter().map(|batch| &**batch).collect();
        let mut keys = BTreeMap::new();
        let fates = fates(&there);
        for found in seen.batches.iter().filter(|found| found.next <= to) {
            let fate = there.iter().position(|batch| batch.base == found.base).map(|at| fates[at]);
            for (offset, key, _) in records(found).into_iter().filter(|_| fate == Some(Fate::Committed)) {
                if let Some(other) = keys.insert(key, offset) {
                    return Err(format!("key {key} is at {other} and at {offset}, below {to}, where all is clean"));
                }
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Committed,
    Aborted,
    Open,
}

/// What became of each batch's transaction.
fn fates(there: &[&Written]) -> Vec<Fate> {
    let fate = |(at, batch): (usize, &&Written)| {
        let id = batch.producer.map(|producer| producer.0);
        let mut later = there[at..].iter().filter(|other| other.producer.map(|producer| producer.0) == id);
        match later.find_map(|other| other.marker) {
            _ if !batch.is_transactional => Fate::Committed,
            Some(true) => Fate::Committed,
            Some(false) => Fate::Aborted,
            None => Fate::Open,
        }
    };
    there.iter().enumerate().map(fate).collect()
}

/// Offset, key and value of each record; none of a marker's.
pub(crate) fn records(found: &Found) -> Vec<(i64, u8, Option<u32>)> {
    let batch = RecordBatch::new(&found.bytes).expect("it was read as one");
    if batch.attributes.is_control() {
        return Vec::new();
    }
    let body = batch.decompress(1 << 20).expect("it is not damaged");
    let parse = |record: protocol::records::Record<'_>| {
        let value = record.value.map(|text| std::str::from_utf8(text).unwrap().parse().unwrap());
        (record.offset.0, record.key.unwrap()[0], value)
    };
    batch.records(&body).map(|record| parse(record.expect("it is not damaged"))).collect()
}

fn check_content(seen: &Seen, there: &[&Written]) -> Result<(), String> {
    let mut expected = there.iter().filter(|batch| batch.next > seen.start);
    for found in &seen.batches {
        let batch = expected.next().ok_or_else(|| format!("nobody wrote the batch at {}", found.base))?;
        if (found.base, found.next, found.epoch) != (batch.base, batch.next, batch.epoch) {
            return Err(format!("{}..{} is where {}..{} should be", found.base, found.next, batch.base, batch.next));
        }
        if found.bytes != batch.bytes {
            return Err(format!("the batch at {} is not what was written", batch.base));
        }
    }
    match expected.next() {
        Some(batch) => Err(format!("the batch at {} is missing", batch.base)),
        None => Ok(()),
    }
}

/// The epochs are those that the batches name, each from its first one on, which compaction may have taken; one that begins
/// at the end has none yet.
fn check_epochs(seen: &Seen, may_have_gaps: bool) -> Result<(), String> {
    let mut expected: Vec<(i32, RangeInclusive<i64>)> = Vec::new();
    let mut before = seen.start;
    for batch in &seen.batches {
        if expected.last().is_none_or(|(epoch, _)| *epoch != batch.epoch) {
            expected.push((batch.epoch, before..=batch.base.max(seen.start)));
        }
        before = batch.next;
    }
    let mut found = seen.epochs.clone();
    found.retain(|(_, start)| *start < seen.end);
    let is_right = expected
        .iter()
        .all(|(epoch, starts)| found.iter().any(|(other, start)| other == epoch && starts.contains(start)));
    let rises = seen.epochs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
    let within = seen.epochs.iter().all(|(_, start)| (seen.start..=seen.end).contains(start));
    let is_more = found.len() > expected.len() && !may_have_gaps && !seen.batches.is_empty();
    if !(is_right && rises && within) || is_more {
        return Err(format!(
            "epochs {:?} of a log from {} where the batches say {expected:?}",
            seen.epochs, seen.start
        ));
    }
    Ok(())
}

/// What batches say of their producers.
fn producers(batches: &[&Written]) -> Vec<Known> {
    let mut all: BTreeMap<i64, Known> = BTreeMap::new();
    for batch in batches {
        let Some((id, epoch, sequence)) = batch.producer else { continue };
        let new = Known { id, epoch, transaction_start: None, batches: Vec::new() };
        let known = all.entry(id).or_insert(new);
        if known.epoch != epoch {
            known.epoch = epoch;
            known.batches.clear();
        }
        if batch.marker.is_some() {
            known.transaction_start = None;
            continue;
        }
        known.batches.push((sequence, batch.base));
        if known.batches.len() > BATCHES_MAX {
            known.batches.remove(0);
        }
        if batch.is_transactional {
            known.transaction_start.get_or_insert(batch.base);
        }
    }
    all.into_values().collect()
}
