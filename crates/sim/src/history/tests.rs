//! Each rule can be broken: the checker finds what it is there to find.

use super::*;

fn history(is_power_loss: bool) -> History {
    let mut history = History::default();
    let topic = history.add_topic("t", Uuid([7; 16]), 1, is_power_loss);
    let lane = history.add_lane(topic, 0, true);
    history.sending(lane, 10);
    history
}

fn log(values: std::ops::Range<u32>) -> Seen {
    let records: Vec<_> = values.enumerate().map(|(offset, counter)| (offset as i64, value_id(0, counter))).collect();
    let end = records.len() as i64;
    Seen { start: 0, end, high_watermark: end, records }
}

fn says(history: &History, part: &str) {
    let violation = history.violation().expect("a rule was broken");
    assert!(violation.contains(part), "{violation}");
}

#[test]
fn a_log_that_keeps_its_promises_passes() {
    let mut history = history(true);
    history.acked(0, 0, 3, 0, true);
    history.was_read(0, 0, 1, &value_bytes(value_id(0, 1)));
    history.compare(0, 0, &log(0..4), true);
    assert_eq!(history.violation(), None);
}

#[test]
fn an_acknowledged_record_that_is_gone_is_a_lost_write() {
    for power in [false, true] {
        let mut history = history(true);
        history.acked(0, 0, 3, 0, true);
        let mut seen = log(0..2);
        seen.high_watermark = 3;
        history.compare(0, 0, &seen, power);
        says(&history, "lost write");
    }
}

#[test]
fn a_power_cut_may_take_what_was_promised_for_a_kill_only() {
    let mut history = history(false);
    history.acked(0, 0, 3, 0, true);
    history.compare(0, 0, &log(0..1), true);
    assert_eq!(history.violation(), None);
    assert_eq!(history.topics[0].partitions[0].losses, 1);
}

#[test]
fn a_value_at_two_offsets_is_a_duplicate() {
    let mut history = history(true);
    history.acked(0, 0, 1, 0, true);
    history.was_read(0, 0, 1, &value_bytes(value_id(0, 0)));
    says(&history, "duplicate");
}

#[test]
fn an_offset_with_two_values_is_noticed() {
    let mut history = history(true);
    history.acked(0, 0, 1, 0, true);
    history.was_read(0, 0, 0, &value_bytes(value_id(0, 1)));
    says(&history, "was before");
}

#[test]
fn records_that_overtook_each_other_are_noticed() {
    let mut history = history(true);
    history.acked(0, 1, 1, 0, true);
    history.acked(0, 0, 1, 1, true);
    says(&history, "out of order");
}

#[test]
fn a_record_that_nobody_sent_is_noticed() {
    let mut history = history(true);
    history.was_read(0, 0, 0, &value_bytes(value_id(0, 10)));
    says(&history, "never sent");
}

#[test]
fn a_committed_offset_must_not_regress() {
    let mut history = history(true);
    history.committing("g", 0, 0, 5);
    history.committing("g", 0, 0, 7);
    history.was_committed("g", 0, 0, 7);
    let floor = history.committed_floor("g", 0, 0);
    history.offset_fetched("g", 0, 0, floor, Some(5));
    says(&history, "regressed");
}

#[test]
fn an_acknowledged_topic_must_not_disappear_nor_a_deleted_one_come_back() {
    let (a, b) = (Uuid([1; 16]), Uuid([2; 16]));
    let mut facts = Facts::default();
    facts.topics.insert("t".to_owned(), TopicFact::Present(Some(a)));
    assert!(facts.compare_topics(&BTreeMap::from([("t".to_owned(), a)]), true).is_ok());
    assert!(facts.compare_topics(&BTreeMap::new(), true).is_err());
    assert!(facts.compare_topics(&BTreeMap::from([("t".to_owned(), b)]), true).is_err());
    facts.topics.insert("t".to_owned(), TopicFact::Absent);
    assert!(facts.compare_topics(&BTreeMap::from([("t".to_owned(), a)]), true).is_err());
}

#[test]
fn a_producer_id_is_given_once() {
    let mut history = history(true);
    history.producer_id_given(ProducerId(4));
    history.producer_id_given(ProducerId(4));
    says(&history, "twice");
}
