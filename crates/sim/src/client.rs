//! What every simulated client is: a state machine over one connection at a time.
//!
//! A client hears of what happens to it as [`Input`] and acts by [`Cx`]: it connects, sends whole frames, and asks to be
//! woken. [`Link`] keeps the requests under way, whose answers come in their order.

use std::collections::VecDeque;

use fastrand::Rng;
use protocol::{
    Encode,
    api::{self, FRAME_SIZE_LEN, Request},
    types::{Now, Str},
};

use crate::{history::History, trace::Trace};

/// What happens to a client.
#[derive(Debug)]
pub enum Input {
    /// It is connected.
    Connected,
    /// The connection is lost, or could not be made. What was under way may or may not have been done.
    Lost,
    /// An answer, with its size in front.
    Answer(Vec<u8>),
    /// The time it asked to be woken has come.
    Timer,
}

/// What a client wants.
#[derive(Debug)]
pub(crate) enum Output {
    Connect { after_us: u64 },
    Send(Vec<u8>),
    Wake { after_us: u64 },
}

/// A client's world.
#[derive(Debug)]
pub struct Cx<'a> {
    /// What time it is.
    pub now: Now,
    /// The client's own chance.
    pub rng: &'a mut Rng,
    /// What is known of the node's promises.
    pub history: &'a mut History,
    /// No new work is to be begun; what is begun is to be brought to its end.
    pub is_ending: bool,
    pub(crate) trace: &'a mut Trace,
    pub(crate) at_ns: u64,
    pub(crate) outputs: &'a mut Vec<Output>,
}

impl Cx<'_> {
    /// Connects after a while.
    pub fn connect(&mut self, after_us: u64) {
        self.outputs.push(Output::Connect { after_us });
    }

    /// Wakes this client after a while. Wakes are not cancelled: a client may find nothing to do.
    pub fn wake(&mut self, after_us: u64) {
        self.outputs.push(Output::Wake { after_us });
    }

    /// Notes what a client learned or did.
    pub fn note(&mut self, line: std::fmt::Arguments<'_>) {
        self.trace.line(self.at_ns, line);
    }
}

/// A simulated client.
pub trait Client {
    /// Its name, for the trace.
    fn name(&self) -> &str;

    /// Takes what happened.
    fn on(&mut self, input: Input, cx: &mut Cx<'_>);

    /// Whether all it began has come to its end.
    fn is_done(&self, history: &History) -> bool;
}

/// The requests under way on a connection. `T` is what the client keeps of each.
#[derive(Debug)]
pub struct Link<T> {
    name: String,
    /// Whether there is a connection.
    pub is_up: bool,
    next: i32,
    under_way: VecDeque<(i32, T)>,
}

impl<T> Link<T> {
    /// No connection; the client calls itself `name`.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self { name, is_up: false, next: 0, under_way: VecDeque::new() }
    }

    /// What the client calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many requests are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Sends a request.
    ///
    /// # Panics
    /// If the version cannot hold it.
    pub fn send<'r, R: Request<'r> + Encode>(&mut self, cx: &mut Cx<'_>, request: &R, version: i16, kept: T) {
        let frame = api::request_frame(request, version, self.next, Some(Str::from(&self.name)));
        cx.outputs.push(Output::Send(frame.expect("a client sends what its version can hold")));
        self.under_way.push_back((self.next, kept));
        self.next += 1;
    }

    /// Matches an answer with its request. The frame comes back without its size. A mismatch is a violation.
    pub fn answered<'f>(&mut self, frame: &'f [u8], history: &mut History) -> Option<(T, &'f [u8])> {
        let frame = &frame[FRAME_SIZE_LEN..];
        let correlation_id = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
        match self.under_way.pop_front() {
            Some((id, kept)) if Some(id) == correlation_id => Some((kept, frame)),
            other => {
                let expected = other.map(|(id, _)| id);
                history.violated(format!("{}: answer {correlation_id:?} where {expected:?} was due", self.name));
                None
            }
        }
    }

    /// The connection is gone; gives back what was under way, oldest first.
    pub fn lost(&mut self) -> Vec<T> {
        self.is_up = false;
        self.under_way.drain(..).map(|(_, kept)| kept).collect()
    }
}
