//! Every bit of a segment flipped, one at a time, and whatever else may stand in a file.

use proptest::prelude::*;
use protocol::{
    records::{BatchBuilder, Compression, batch::LEADER_EPOCH_AT},
    types::{LeaderEpoch, OffsetRange, Timestamp},
};

use super::{
    chain::{Chain, Expected, Hole, Link},
    *,
};
use crate::disk::{Disk, FaultDisk, Open};

const BASE: Offset = Offset(100);

/// Batches, each of so many records, one after the other, or with a gap where it says so.
fn segment(counts: &[(i64, i64)]) -> (Vec<u8>, Vec<(u64, OffsetRange)>) {
    let (mut bytes, mut places, mut next) = (Vec::new(), Vec::new(), BASE);
    for &(count, gap) in counts {
        let mut builder = BatchBuilder::new(Compression::default());
        for i in 0..count {
            builder.append(Timestamp(1000 + i), None, Some(b"some value"), &[]);
        }
        let mut batch = builder.build();
        let base = next.plus(gap);
        protocol::records::batch::patch_placement(&mut batch, base, LeaderEpoch(3));
        places.push((bytes.len() as u64, base..base.plus(count)));
        bytes.extend(batch);
        next = base.plus(count);
    }
    (bytes, places)
}

fn file(bytes: &[u8]) -> std::sync::Arc<dyn DiskFile> {
    let disk = FaultDisk::new(1);
    let path = std::path::Path::new("/segment");
    if !bytes.is_empty() {
        let file = disk.open(path, Open::New).unwrap();
        file.write_at(0, &mut [std::io::IoSlice::new(bytes)]).unwrap();
    }
    disk.open(path, Open::OrCreate).unwrap()
}

/// What a chain over all of the bytes gives out, and how it ends.
fn chain(bytes: &[u8], known: Expected) -> (Vec<(u64, OffsetRange)>, Vec<Hole>, bool) {
    let file = file(bytes);
    let mut chain = Chain::new(&*file, 0..bytes.len() as u64, BASE, known, Vec::new());
    let (mut batches, mut holes) = (Vec::new(), Vec::new());
    loop {
        match chain.step().unwrap() {
            Link::Batch(found) => batches.push((found.position, found.header.base_offset..found.header.next_offset())),
            Link::Hole(hole) => holes.push(hole),
            Link::End => return (batches, holes, true),
            Link::Torn { .. } => return (batches, holes, false),
        }
    }
}

fn whole(places: &[(u64, OffsetRange)]) -> Expected {
    let end = places.last().map_or(BASE, |(_, offsets)| offsets.end);
    Expected { base: BASE, limit: end, mark: end, checked_from: Offset::ZERO, gaps: false }
}

const COUNTS: [(i64, i64); 6] = [(3, 0), (1, 0), (7, 0), (2, 0), (5, 0), (4, 0)];

#[test]
fn any_flipped_bit_costs_the_batch_it_is_in_and_no_other() {
    let (bytes, places) = segment(&COUNTS);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let hit = places.partition_point(|(position, _)| *position <= (bit / 8) as u64) - 1;
        let inside = bit / 8 - places[hit].0 as usize;
        let (batches, holes, ended) = chain(&flipped, whole(&places));
        let mut left = places.clone();
        // The leader epoch has no witness: it says nothing about the records.
        if !(LEADER_EPOCH_AT..LEADER_EPOCH_AT + 4).contains(&inside) {
            let (position, offsets) = left.remove(hit);
            assert_eq!(holes.len(), 1, "bit {bit}: {holes:?}");
            assert_eq!((holes[0].positions.start, holes[0].offsets.clone()), (position, offsets), "bit {bit}");
        }
        assert_eq!(batches, left, "bit {bit}, in batch {hit} at byte {inside}");
        assert!(ended, "bit {bit}");
    }
}

#[test]
fn headers_alone_never_give_out_a_wrong_offset() {
    let (bytes, places) = segment(&COUNTS);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let known = Expected { checked_from: Offset(i64::MAX), ..whole(&places) };
        let (batches, holes, _) = chain(&flipped, known);
        for (position, offsets) in &batches {
            let (_, right) = places.iter().find(|(known, _)| known == position).expect("a batch");
            assert_eq!(offsets.start, right.start, "bit {bit}");
        }
        let fenced: i64 = holes.iter().map(|hole| hole.offsets.end.0 - hole.offsets.start.0).sum();
        let given: i64 = batches.iter().map(|(_, offsets)| offsets.end.0 - offsets.start.0).sum();
        assert!(holes.is_empty() || fenced + given >= 22, "bit {bit}: {holes:?}");
    }
}

#[test]
fn what_is_behind_the_mark_is_a_torn_tail_from_its_first_flaw_on() {
    let (bytes, places) = segment(&COUNTS);
    for mark in 0..places.len() {
        for hit in 0..places.len() {
            let mut flipped = bytes.clone();
            flipped[places[hit].0 as usize + 62] ^= 1;
            let known = Expected { mark: places[mark].1.start, limit: Offset(i64::MAX), ..whole(&places) };
            let (batches, holes, ended) = chain(&flipped, known);
            let mut left = places.clone();
            if hit < mark {
                left.remove(hit);
            } else {
                left.truncate(hit);
            }
            assert_eq!((batches, holes.len(), ended), (left, usize::from(hit < mark), hit < mark), "{mark} {hit}");
        }
    }
}

#[test]
fn a_batch_inside_of_a_value_is_not_taken_for_one() {
    let (inner, _) = segment(&[(2, 0)]);
    let mut inner = inner;
    protocol::records::batch::patch_placement(&mut inner, BASE.plus(2), LeaderEpoch(0));
    let mut builder = BatchBuilder::new(Compression::default());
    builder.append(Timestamp(1), None, Some(&inner), &[]);
    for _ in 0..9 {
        builder.append(Timestamp(1), None, None, &[]);
    }
    let mut bytes = builder.build();
    protocol::records::batch::patch_placement(&mut bytes, BASE, LeaderEpoch(0));
    let size = bytes.len() as u64;
    let (mut last, _) = segment(&[(1, 0)]);
    protocol::records::batch::patch_placement(&mut last, BASE.plus(10), LeaderEpoch(0));
    bytes.extend(last);
    for end in [BASE.plus(11), BASE.plus(10)] {
        bytes[40] ^= 1;
        let known = Expected { base: BASE, limit: end, mark: end, checked_from: Offset::ZERO, gaps: false };
        let (batches, holes, _) = chain(&bytes, known);
        let rest = if end == BASE.plus(11) { vec![(size, BASE.plus(10)..end)] } else { vec![] };
        assert_eq!((batches, holes[0].offsets.clone()), (rest, BASE..BASE.plus(10)));
        bytes[40] ^= 1;
        bytes.truncate(size as usize);
    }
}

proptest! {
    #[test]
    fn garbage_anywhere_leaves_the_batches_it_did_not_touch(
        at: prop::sample::Index,
        garbage in prop::collection::vec(any::<u8>(), 1..300),
        gaps: bool,
    ) {
        let counts = COUNTS.map(|(count, _)| (count, i64::from(gaps) * count));
        let (mut bytes, places) = segment(&counts);
        let from = at.index(bytes.len());
        let to = (from + garbage.len()).min(bytes.len());
        bytes[from..to].copy_from_slice(&garbage[..to - from]);
        let known = Expected { gaps, ..whole(&places) };
        let (batches, holes, ended) = chain(&bytes, known);
        prop_assert!(ended);
        let ends = places.iter().skip(1).map(|(position, _)| *position).chain([bytes.len() as u64]);
        for (place, end) in places.iter().zip(ends) {
            let touched = place.0 < to as u64 && (from as u64) < end;
            // A base offset in a gap has no witness. Two batches may have to go for one that lies about its offset.
            if !touched && !gaps && holes.iter().all(|hole| !hole.positions.contains(&place.0)) {
                prop_assert!(batches.contains(place), "{place:?} in {batches:?} {holes:?}");
            }
        }
        prop_assert!(batches.windows(2).all(|pair| pair[0].1.end <= pair[1].1.start));
    }

    #[test]
    fn no_bytes_make_a_chain_panic_or_run_for_ever(bytes in prop::collection::vec(any::<u8>(), 0..400), mark in 0..300i64) {
        let known = Expected {
            base: BASE, limit: Offset(i64::MAX), mark: Offset(mark), checked_from: Offset(mark), gaps: false,
        };
        chain(&bytes, known);
    }
}
