//! The log against a plain list of batches with their epochs and producers, under random operations and restarts: after
//! each operation all that can be seen of the log is what the list says, any offset and any time lead to their batch, and a
//! restart, after a stop, a kill or a power cut, changes only what it may.
//!
//! The operations and the list are those of [`crate::crash`], which visits deaths of few; here are many. Deaths in the middle
//! of a write, and retries of producers, are in `log/tests/model.rs`.

use crate::crash::{Kind, workload::run_actions};

/// Runs short cases, one to a seed.
fn run(kind: Kind, cases: u64) {
    for seed in 0..cases {
        if let Err(error) = run_actions(kind, seed, 2 + seed % 7, false) {
            panic!("{error}");
        }
    }
}

#[test]
fn appended_records_are_what_a_list_of_them_is() {
    run(Kind::Append, 25_000);
}

#[test]
fn a_cut_log_is_what_a_cut_list_is() {
    run(Kind::Truncate, 25_000);
}

#[test]
fn a_log_without_its_beginning_is_what_such_a_list_is() {
    run(Kind::Delete, 25_000);
}

#[test]
fn a_compacted_log_is_what_a_compacted_list_is() {
    run(Kind::Compact, 25_000);
}
