//! Sockets: listeners, connections, and nothing else.
//!
//! This is the only place in the house where anything is `async`. A connection is one task: it drains its socket,
//! hands each complete request to [`dispatch`](crate::dispatch), and writes the answers in the order of the requests.
//! Everything between a parsed request and its answer is plain functions on the [`Node`].
//!
//! - [`listener`]: binding, accepting, limits on connections.
//! - [`connection`]: the task.
//! - [`output`]: answers on their way out, file ranges by `sendfile`.
//! - [`buffers`]: the memory that requests arrive in, and its budget.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use crate::{node::Node, runtime::Clock};

pub mod buffers;
pub mod connection;
pub mod listener;
mod output;

pub use listener::{BindError, Listener};

/// What all connections of a node share.
#[derive(Debug)]
pub struct Shared {
    /// Who answers.
    pub node: Arc<Node>,
    /// What time it is.
    pub clock: Clock,
    /// Where requests arrive.
    pub buffers: buffers::Buffers,
    /// The limits.
    pub limits: Limits,
    /// How many connections there are.
    pub connections: AtomicUsize,
}

/// What a connection may do, from Kafka's configs of these names.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// `socket.request.max.bytes`: a larger frame closes the connection.
    pub request_bytes_max: usize,
    /// `connections.max.idle.ms`: how long a connection may be silent, and an answer be waited upon.
    pub idle: Option<Duration>,
}

/// Who is at the other end.
#[derive(Clone, Debug)]
pub struct Peer {
    /// From where it connected.
    pub address: SocketAddr,
    /// The listener it came in on, by its name.
    pub listener: Arc<str>,
    /// Whether that is a controller's listener.
    pub is_controller: bool,
}
