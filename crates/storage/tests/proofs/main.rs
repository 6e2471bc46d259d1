//! What the storage engine promises, proven rather than tried.
//!
//! - [`crash`]: workloads on the simulated disk, and every death at every change of it.
//! - [`model`]: the log against a plain list of batches with their epochs.
//! - [`switches`]: the bugs that other engines had, turned on one at a time; some judge has to see each.
//!
//! `docs/storage-proofs.md` has the tables and the numbers.

extern crate milena_storage as storage;

mod crash;
mod model;
mod node;
mod switches;
