//! What a client may rely on, rule by rule: what Apache Kafka 4.3 answers, and Milena too.
//!
//! Most tests ask a [`TestNode`](node::TestNode): the whole broker without its sockets and threads, on a simulated disk
//! and with a clock that goes on only when there is nothing else to do. What sockets do is asked of a
//! [`TestServer`](server::TestServer), which has everything. Where Milena answers otherwise than Apache Kafka on purpose,
//! `docs/decisions/differences.md` says why.

extern crate milena_broker as broker;

mod batches;
mod node;
mod server;

mod compaction;
mod configs;
mod fetch;
mod files;
mod framing;
mod groups;
mod hostile;
mod idempotence;
mod limits;
mod list_offsets;
mod metadata;
mod offsets;
mod produce;
mod restart;
mod retention;
mod sessions;
mod topics;
