//! The broker: requests in, answers out, and the node between them.
//!
//! ```text
//! net::listener ─▶ net::connection ─▶ dispatch ─▶ handlers::* ─▶ Node ┬▶ topics ─▶ partition ─▶ storage, replication
//!                        ▲                            │              ├▶ groups ─▶ coordinator
//!                        └── answers, in order ◀──────┘              └▶ metadata_log ─▶ metadata, raft
//! ```
//!
//! Handlers are plain functions; `async` exists in [`net`] and [`http`] only. The clock, chance and the disk come in at
//! [`runtime`], the driver of the real world; the simulator is the other driver of the same [`node::Node`].

pub mod answer;
pub mod chance;
pub mod cleaner;
pub mod dispatch;
pub mod format;
pub mod groups;
pub mod handlers;
pub mod http;
pub mod metadata_log;
pub mod metrics;
pub mod net;
pub mod node;
pub mod partition;
pub mod queue;
pub mod retention_clock;
pub mod runtime;
pub mod scrubber;
pub mod space;
pub mod topics;
