use proptest::prelude::*;
use protocol::records::{Attributes, batch::NO_SEQUENCE};
use protocol::types::{LeaderEpoch, Uuid};

use super::*;

fn batch(id: i64, epoch: i16, sequence: i32, count: i32) -> BatchHeader {
    BatchHeader {
        base_offset: Offset(0),
        batch_length: 49,
        partition_leader_epoch: LeaderEpoch(0),
        crc: 0,
        attributes: Attributes(0),
        last_offset_delta: count - 1,
        base_timestamp: Timestamp(7),
        max_timestamp: Timestamp(7),
        producer_id: ProducerId(id),
        producer_epoch: ProducerEpoch(epoch),
        base_sequence: sequence,
        record_count: count,
    }
}

fn at(offset: i64, header: BatchHeader) -> BatchHeader {
    BatchHeader { base_offset: Offset(offset), ..header }
}

fn transactional(header: BatchHeader) -> BatchHeader {
    BatchHeader { attributes: header.attributes.with_transactional(true), ..header }
}

fn marker(id: i64, epoch: i16) -> BatchHeader {
    let attributes = Attributes(0).with_transactional(true).with_control(true);
    BatchHeader { attributes, base_sequence: NO_SEQUENCE, ..batch(id, epoch, 0, 1) }
}

const COMMIT: Option<Marker> = Some(Marker { commit: true, coordinator_epoch: 3 });

/// A state after batches of one producer: 10–14, 15–15, 16–18 at offsets 100–108.
fn known() -> ProducerStates {
    let mut states = ProducerStates::default();
    for (offset, sequence, count) in [(100, 10, 5), (105, 15, 1), (106, 16, 3)] {
        let header = batch(1, 2, sequence, count);
        assert_eq!(states.check(&Staged::new(), &header), Ok(None));
        states.apply(&at(offset, header), None);
    }
    states
}

fn check(states: &ProducerStates, header: BatchHeader) -> Result<Option<Offset>, SequenceError> {
    states.check(&Staged::new(), &header).map(|repeated| repeated.map(|batch| batch.first_offset()))
}

#[test]
fn a_repeat_gets_its_first_offset_and_whatever_leaves_a_gap_or_overlaps_is_refused() {
    let states = known();
    assert_eq!(check(&states, batch(1, 2, 15, 1)), Ok(Some(Offset(105))));
    assert_eq!(check(&states, batch(1, 2, 10, 5)), Ok(Some(Offset(100))));
    assert_eq!(check(&states, batch(1, 2, 19, 4)), Ok(None));
    assert_eq!(check(&states, batch(2, 0, 77, 1)), Ok(None), "an unknown producer begins anywhere");
    for (sequence, count) in [(20, 1), (16, 2), (3, 5), (0, 1), (18, 1)] {
        let refused = SequenceError::OutOfOrder { producer_id: ProducerId(1), found: sequence, expected: 19 };
        assert_eq!(check(&states, batch(1, 2, sequence, count)), Err(refused));
    }
}

#[test]
fn only_the_last_five_batches_are_known() {
    let mut states = ProducerStates::default();
    for i in 0..7 {
        states.apply(&at(i64::from(i), batch(1, 0, i, 1)), None);
    }
    assert!(check(&states, batch(1, 0, 1, 1)).is_err());
    assert_eq!(check(&states, batch(1, 0, 2, 1)), Ok(Some(Offset(2))));
}

#[test]
fn a_new_epoch_begins_at_zero_and_fences_the_old_one() {
    let mut states = known();
    assert!(matches!(check(&states, batch(1, 3, 19, 1)), Err(SequenceError::OutOfOrder { expected: 0, .. })));
    assert_eq!(check(&states, batch(1, 3, 0, 1)), Ok(None));
    states.apply(&at(109, batch(1, 3, 0, 1)), None);
    let stale =
        SequenceError::StaleEpoch { producer_id: ProducerId(1), found: ProducerEpoch(2), current: ProducerEpoch(3) };
    assert_eq!(check(&states, batch(1, 2, 16, 3)), Err(stale), "repeats of the old epoch too");
}

#[test]
fn sequence_numbers_go_round() {
    let mut states = ProducerStates::default();
    states.apply(&at(0, batch(1, 0, i32::MAX - 1, 4)), None);
    assert_eq!(check(&states, batch(1, 0, i32::MAX - 1, 4)), Ok(Some(Offset(0))));
    assert_eq!(check(&states, batch(1, 0, 2, 1)), Ok(None));
    states.apply(&at(4, batch(1, 0, 2, 1)), None);
    states.apply(&at(5, batch(1, 0, 3, i32::MAX - 2)), None);
    assert_eq!(check(&states, batch(1, 0, 0, 1)), Ok(None));
}

#[test]
fn batches_checked_together_see_one_another() {
    let states = known();
    let mut staged = Staged::new();
    states.stage(&mut staged, &at(109, batch(1, 2, 19, 2)));
    assert_eq!(states.check(&staged, &batch(1, 2, 21, 1)), Ok(None));
    let repeated = states.check(&staged, &batch(1, 2, 19, 2)).unwrap().unwrap();
    assert_eq!(repeated.first_offset(), Offset(109));
    assert!(states.check(&staged, &batch(1, 2, 22, 1)).is_err());
}

#[test]
fn readers_of_committed_data_wait_for_the_marker_and_for_its_replication() {
    let mut states = ProducerStates::default();
    states.apply(&at(10, transactional(batch(1, 0, 0, 2))), None);
    states.apply(&at(12, transactional(batch(2, 0, 0, 1))), None);
    assert_eq!(states.first_unstable(Offset(13)), Some(Offset(10)));
    assert!(matches!(check(&states, batch(1, 0, 2, 1)), Err(SequenceError::OpenTransaction { .. })));
    states.apply(&at(13, marker(1, 0)), COMMIT);
    assert_eq!(states.first_unstable(Offset(13)), Some(Offset(10)), "the marker is not replicated");
    assert_eq!(states.first_unstable(Offset(14)), Some(Offset(12)));
    assert_eq!(check(&states, batch(1, 0, 2, 1)), Ok(None), "a marker of the same epoch keeps the sequence");
    states.apply(&at(14, marker(2, 1)), COMMIT);
    assert_eq!(states.first_unstable(Offset(15)), None);
    assert!(check(&states, batch(2, 1, 1, 1)).is_err(), "a marker with a new epoch begins the sequence anew");
    assert_eq!(check(&states, batch(2, 1, 0, 1)), Ok(None));
    assert_eq!(states.producers()[&ProducerId(2)].coordinator_epoch, 3);
}

#[test]
fn silent_producers_are_forgotten_unless_a_transaction_is_open() {
    let mut states = ProducerStates::default();
    states.apply(&batch(1, 0, 0, 1), None);
    states.apply(&at(1, transactional(batch(2, 0, 0, 1))), None);
    states.remove_expired(Timestamp(1006), 1000);
    assert_eq!(states.producers().len(), 2);
    states.remove_expired(Timestamp(1007), 1000);
    assert_eq!(states.producers().keys().collect::<Vec<_>>(), [&ProducerId(2)]);
}

#[test]
fn an_empty_snapshot_has_kafkas_ten_bytes() {
    let bytes = ProducerStates::default().to_snapshot();
    assert_eq!(bytes, [0x00, 0x01, 0x48, 0x67, 0x4b, 0xc7, 0, 0, 0, 0]);
}

#[test]
fn a_snapshot_keeps_the_last_batch_and_our_file_keeps_all() {
    let mut states = known();
    states.apply(&at(109, transactional(batch(5, 0, 0, 1))), None);
    states.apply(&at(110, marker(6, 4)), COMMIT);
    let own = OwnFile::from_bytes(&OwnFile::to_bytes(Uuid::ONE, Offset(111), &states)).unwrap();
    assert_eq!(own, OwnFile { lineage: Uuid::ONE, end: Offset(111), producers: states.clone() });

    let bytes = states.to_snapshot();
    assert_eq!(bytes.len(), 10 + 3 * 46);
    let mut loaded = ProducerStates::from_snapshot(&bytes).unwrap();
    assert_eq!(loaded.to_snapshot(), bytes);
    assert_eq!(check(&loaded, batch(1, 2, 16, 3)), Ok(Some(Offset(106))));
    assert!(check(&loaded, batch(1, 2, 15, 1)).is_err());
    assert_eq!(loaded.first_unstable(Offset(111)), Some(Offset(109)));
    assert_eq!(loaded.producers()[&ProducerId(6)].batches(), []);
    let entries = read_snapshot(&bytes).unwrap();
    assert_eq!((entries[2].last.last_sequence, entries[2].last.last_offset), (-1, Offset(-1)), "after a marker");
}

proptest! {
    #[test]
    fn damage_anywhere_in_a_file_is_noticed(byte: prop::sample::Index, bit in 0..8u8) {
        let states = known();
        for mut bytes in [states.to_snapshot(), OwnFile::to_bytes(Uuid::ONE, Offset(9), &states)] {
            let byte = byte.index(bytes.len());
            bytes[byte] ^= 1 << bit;
            prop_assert!(ProducerStates::from_snapshot(&bytes).is_err());
            prop_assert!(OwnFile::from_bytes(&bytes).is_err());
            prop_assert!(OwnFile::from_bytes(&bytes[..byte]).is_err());
        }
    }
}
