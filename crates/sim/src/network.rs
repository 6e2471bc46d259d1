//! The node's end of a connection, as `broker::net::connection` is it: requests in their order and one at a time, but
//! that a Produce may start while earlier Produces wait; answers in the order of the requests.
//!
//! An answer that has to wait is asked again when its waker was called, or its deadline has come, and not before: a
//! wake-up that the node forgets leaves the client waiting, as it would outside.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Wake, Waker},
};

use broker::{
    answer::{Answer, Pending, Response},
    dispatch::dispatch,
    net::Peer,
    node::Node,
};
use protocol::{
    api::{ApiKey, FRAME_SIZE_LEN},
    types::{Monotonic, Now},
};

/// Remembers that somebody called.
#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

enum Slot {
    Ready(Vec<u8>),
    Waiting { pending: Box<dyn Pending>, is_produce: bool },
}

/// A connection, seen from the node.
pub(crate) struct Connection {
    pub(crate) client: usize,
    /// Whether the client still listens.
    pub(crate) is_open: bool,
    /// When the last answer on its way arrives; a later one does not arrive before.
    pub(crate) last_arrival_ns: u64,
    /// The same for requests.
    pub(crate) last_sent_ns: u64,
    /// For when it is looked at next because of a deadline.
    pub(crate) look_at: Option<Monotonic>,
    peer: Peer,
    inbox: VecDeque<Vec<u8>>,
    slots: VecDeque<Slot>,
    flag: Arc<Flag>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(client: usize, port: u16) -> Self {
        Self {
            client,
            is_open: true,
            last_arrival_ns: 0,
            last_sent_ns: 0,
            look_at: None,
            peer: peer(port),
            inbox: VecDeque::new(),
            slots: VecDeque::new(),
            flag: Arc::default(),
        }
    }

    /// A frame came in, with its size in front.
    pub(crate) fn receive(&mut self, frame: Vec<u8>) {
        self.inbox.push_back(frame);
    }

    /// Whether nothing is left to be done for a client that has gone.
    pub(crate) fn is_finished(&self) -> bool {
        !self.is_open && self.inbox.is_empty() && self.slots.is_empty()
    }

    /// Does what can be done now; gives the answers that are ready, in their order.
    ///
    /// # Errors
    /// The node closes the connection, and why.
    pub(crate) fn step(&mut self, node: &Node, now: Now) -> Result<Vec<Vec<u8>>, String> {
        let mut answers = Vec::new();
        loop {
            let mut moved = false;
            let is_due = self.deadline().is_some_and(|deadline| deadline <= now.mono);
            if self.flag.0.swap(false, Ordering::Relaxed) || is_due {
                moved |= self.ask(node, now)?;
            }
            while let Some(Slot::Ready(_)) = self.slots.front() {
                let Some(Slot::Ready(bytes)) = self.slots.pop_front() else { unreachable!("just seen") };
                answers.push(bytes);
            }
            while self.may_start() {
                let frame = self.inbox.pop_front().expect("there is one to be started");
                let is_produce = is_produce(&frame);
                match dispatch(node, &self.peer, &frame[FRAME_SIZE_LEN..], now) {
                    Answer::Now(response) => self.slots.push_back(Slot::Ready(whole(response)?)),
                    Answer::Later(pending) => self.slots.push_back(Slot::Waiting { pending, is_produce }),
                    Answer::None => {}
                    Answer::Close(reason) => return Err(reason.to_owned()),
                }
                // What waits is asked once, so that it knows whom to wake.
                self.flag.0.store(true, Ordering::Relaxed);
                moved = true;
            }
            if !moved {
                return Ok(answers);
            }
        }
    }

    fn ask(&mut self, node: &Node, now: Now) -> Result<bool, String> {
        let waker = Waker::from(Arc::clone(&self.flag));
        let mut moved = false;
        for slot in &mut self.slots {
            let Slot::Waiting { pending, .. } = slot else { continue };
            match pending.poll(node, now, &waker) {
                Poll::Ready(Ok(response)) => {
                    *slot = Slot::Ready(whole(response)?);
                    moved = true;
                }
                Poll::Ready(Err(reason)) => return Err(reason.to_owned()),
                Poll::Pending => {}
            }
        }
        Ok(moved)
    }

    fn may_start(&self) -> bool {
        let Some(frame) = self.inbox.front() else { return false };
        let mut waiting = self.slots.iter().filter_map(|slot| match slot {
            Slot::Ready(_) => None,
            Slot::Waiting { is_produce, .. } => Some(*is_produce),
        });
        waiting.all(|is_produce| is_produce) && (is_produce(frame) || !self.slots.iter().any(Slot::is_waiting))
    }

    /// When what waits wants to be asked again at the latest.
    pub(crate) fn deadline(&self) -> Option<Monotonic> {
        let deadline = |slot: &Slot| if let Slot::Waiting { pending, .. } = slot { pending.deadline() } else { None };
        self.slots.iter().filter_map(deadline).min()
    }
}

impl Slot {
    fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting { .. })
    }
}

fn is_produce(frame: &[u8]) -> bool {
    frame[FRAME_SIZE_LEN..].starts_with(&ApiKey::PRODUCE.0.to_be_bytes())
}

fn whole(response: Response) -> Result<Vec<u8>, String> {
    response.into_bytes().map_err(|error| error.to_string())
}

/// A client on the node's listener for clients.
pub(crate) fn peer(port: u16) -> Peer {
    Peer { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), listener: "PLAINTEXT".into(), is_controller: false }
}
