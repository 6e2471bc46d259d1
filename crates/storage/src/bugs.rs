//! Bugs that other engines had, each to be turned on by the tests that have to see it (`tests/proofs/switches.rs`). Without
//! the feature `bugs` none of this is in the program.
//!
//! `docs/storage-proofs.md` tells which bug of whom each is.

#[cfg(feature = "bugs")]
use std::cell::Cell;

/// A bug.
#[expect(missing_docs, reason = "the names say it, and the page of the module's header more")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    ReadsBeyondBound,
    EmptiedLogKeepsEnd,
    CutLogKeepsTransactions,
    RetentionPassesWatermark,
    CleanerPassesStableOffset,
    AppendsAfterError,
    NamesNotSynced,
    CheckpointsNotSynced,
    SwapNotResumed,
    ProducersBeforeWrite,
    SnapshotMustBeGood,
    MarkerIsNoSignOfLife,
    LastBatchCompacted,
    CleansFromBatchStart,
    CleanedSegmentUnbounded,
    RotIsTornTail,
    RepeatsAcrossEpochs,
    RetiresOneTooMany,
    StaleSyncCounts,
    CutLogKeepsIndex,
    EmptyLogGoesBack,
    InstallsIntoCutLog,
    LeftoversStay,
    KeysByBatch,
    RemovesReusedName,
}

#[cfg(feature = "bugs")]
thread_local! {
    static ON: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Whether this thread has the bug.
#[cfg(feature = "bugs")]
pub(crate) fn on(bug: Bug) -> bool {
    ON.get() == Some(bug)
}

/// Whether this thread has the bug.
#[cfg(not(feature = "bugs"))]
pub(crate) const fn on(_: Bug) -> bool {
    false
}

/// Gives this thread a bug, or takes it away.
#[cfg(feature = "bugs")]
pub fn set(bug: Option<Bug>) {
    ON.set(bug);
}
