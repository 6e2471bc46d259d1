//! What the storage engine promises, proven rather than tried.
//!
//! - [`crash`]: workloads on the simulated disk, and every death at every change of it.
//! - [`switches`]: the bugs that other engines had, turned on one at a time; some judge has to see each.
//!
//! `docs/storage-proofs.md` has the tables and the numbers.

extern crate milena_storage as storage;

mod crash;
mod node;
mod switches;
