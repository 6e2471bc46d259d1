//! What a handler gives back, and how something that has to wait is waited for.
//!
//! A handler is a plain function. It answers at once, or it leaves a [`Wait`] behind: a value that is asked again when
//! it has something to say, and that says until when it is worth waiting. The connection's task asks under tokio, the
//! simulator on its one thread; the same value serves both, because all it needs is a [`Waker`].
//!
//! A [`Ticket`] is the commonest `Wait`: somebody else holds the [`Promise`] and keeps it later.

use std::{
    sync::Arc,
    task::{Poll, Waker},
};

use parking_lot::Mutex;
use protocol::{
    Encode, EncodeError, Writer,
    api::{self, Api},
    codec::{Message, Splice},
    types::{Monotonic, Now},
};
use storage::disk::FileRange;

use crate::node::Node;

/// What a handler answers.
pub enum Reply<R> {
    /// This, now.
    Now(R),
    /// Something, later.
    Later(Box<dyn Wait<Answer = R> + Send>),
    /// Nothing: the client does not wait for an answer (acks=0).
    None,
    /// Nothing, and the connection is closed, because the client could not understand an answer or expects none.
    Close(&'static str),
}

impl<R> Reply<R> {
    /// An answer that `wait` will have.
    pub fn later(wait: impl Wait<Answer = R> + Send + 'static) -> Self {
        Self::Later(Box::new(wait))
    }
}

impl<R> From<R> for Reply<R> {
    fn from(answer: R) -> Self {
        Self::Now(answer)
    }
}

/// Why a wait ended without an answer: whoever promised it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// An answer that is not there yet.
pub trait Wait {
    /// What it will be.
    type Answer;

    /// Asks for the answer; if it is not there, `waker` is called when it is worth asking again. Asked at or after
    /// [`deadline`](Self::deadline) it always has an answer.
    fn poll(&mut self, node: &Node, now: Now, waker: &Waker) -> Poll<Result<Self::Answer, Broken>>;

    /// Until when there is anything to wait for; `None` is for as long as it takes.
    fn deadline(&self) -> Option<Monotonic>;
}

enum Promised<R> {
    Waiting(Option<Waker>),
    Kept(R),
    Broken,
}

/// The other end of a [`Ticket`]. Dropped without being kept, it breaks.
pub struct Promise<R>(Arc<Mutex<Promised<R>>>);

/// A place in the queue: the answer comes from whoever holds the [`Promise`].
pub struct Ticket<R>(Arc<Mutex<Promised<R>>>);

/// A promise, and the ticket for it.
#[must_use]
pub fn promise<R>() -> (Promise<R>, Ticket<R>) {
    let shared = Arc::new(Mutex::new(Promised::Waiting(None)));
    (Promise(Arc::clone(&shared)), Ticket(shared))
}

impl<R> Promise<R> {
    /// Gives the answer.
    pub fn keep(self, answer: R) {
        self.settle(Promised::Kept(answer));
    }

    fn settle(&self, outcome: Promised<R>) {
        let mut state = self.0.lock();
        if let Promised::Waiting(waker) = &mut *state {
            let waker = waker.take();
            *state = outcome;
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl<R> Drop for Promise<R> {
    fn drop(&mut self) {
        self.settle(Promised::Broken);
    }
}

impl<R> Ticket<R> {
    /// Asks for the answer, as [`Wait::poll`] does.
    pub fn poll(&mut self, waker: &Waker) -> Poll<Result<R, Broken>> {
        let mut state = self.0.lock();
        match &mut *state {
            Promised::Waiting(registered) => {
                if !registered.as_ref().is_some_and(|known| known.will_wake(waker)) {
                    *registered = Some(waker.clone());
                }
                Poll::Pending
            }
            Promised::Kept(_) => match std::mem::replace(&mut *state, Promised::Broken) {
                Promised::Kept(answer) => Poll::Ready(Ok(answer)),
                _ => unreachable!("it was kept a line ago"),
            },
            Promised::Broken => Poll::Ready(Err(Broken)),
        }
    }
}

impl<R> Wait for Ticket<R> {
    type Answer = R;

    fn poll(&mut self, _: &Node, _: Now, waker: &Waker) -> Poll<Result<R, Broken>> {
        Self::poll(self, waker)
    }

    fn deadline(&self) -> Option<Monotonic> {
        None
    }
}

/// A whole frame for the socket: bytes, and where ranges of files belong between them.
#[derive(Debug, Default)]
pub struct Response {
    /// The frame without the ranges.
    pub bytes: Vec<u8>,
    /// The ranges, each with the position in `bytes` before which it belongs, ascending.
    pub ranges: Vec<(usize, FileRange)>,
}

impl Response {
    /// The frame as a client sees it, ranges read in.
    ///
    /// # Errors
    /// What the disk says of a range.
    pub fn into_bytes(self) -> storage::disk::Result<Vec<u8>> {
        let mut whole = Vec::new();
        let mut written = 0;
        for (position, range) in &self.ranges {
            whole.extend_from_slice(&self.bytes[written..*position]);
            whole.extend(range.read()?);
            written = *position;
        }
        whole.extend_from_slice(&self.bytes[written..]);
        Ok(whole)
    }
}

/// Which request a response answers.
#[derive(Clone, Copy, Debug)]
pub struct Addressed {
    /// The API.
    pub api: &'static Api,
    /// The version.
    pub version: i16,
    /// The number the client gave its request.
    pub correlation_id: i32,
}

/// What can be made into a frame.
pub trait Body {
    /// The frame that answers `to`.
    ///
    /// # Errors
    /// A value that the version cannot hold: a fault of the handler.
    fn respond(self, to: Addressed) -> Result<Response, EncodeError>;
}

impl<M: Message + Encode> Body for M {
    fn respond(self, to: Addressed) -> Result<Response, EncodeError> {
        let mut writer = Writer::new();
        api::write_response(&mut writer, to.api, to.version, to.correlation_id, &self)?;
        Ok(Response { bytes: writer.into_bytes(), ranges: Vec::new() })
    }
}

/// A message whose records lie in files: each [`Records::Elsewhere`](protocol::codec::Records::Elsewhere) in it stands
/// for the next of `ranges`.
#[derive(Debug)]
pub struct WithRanges<M> {
    /// The message.
    pub message: M,
    /// The ranges, in the order in which the message mentions them.
    pub ranges: Vec<FileRange>,
}

impl<M: Message + Encode> Body for WithRanges<M> {
    fn respond(self, to: Addressed) -> Result<Response, EncodeError> {
        let mut writer = Writer::new();
        api::write_response(&mut writer, to.api, to.version, to.correlation_id, &self.message)?;
        let (bytes, splices) = writer.into_parts();
        assert_eq!(splices.len(), self.ranges.len(), "a range for each place in the message");
        let place = |(splice, range): (Splice, FileRange)| {
            assert_eq!(splice.length as u64, range.len, "the length that the message told");
            (splice.position, range)
        };
        Ok(Response { bytes, ranges: splices.into_iter().zip(self.ranges).map(place).collect() })
    }
}

/// What is to be done about one request.
pub enum Answer {
    /// Send this.
    Now(Response),
    /// Ask this until it has something to send.
    Later(Box<dyn Pending>),
    /// Send nothing.
    None,
    /// Close the connection once what came before is sent; with the reason, for the log.
    Close(&'static str),
}

/// A [`Wait`] whose answer is a frame.
pub trait Pending: Send {
    /// As [`Wait::poll`]; a broken promise ends in closing the connection.
    fn poll(&mut self, node: &Node, now: Now, waker: &Waker) -> Poll<Result<Response, &'static str>>;

    /// As [`Wait::deadline`].
    fn deadline(&self) -> Option<Monotonic>;
}

struct Framed<R> {
    wait: Box<dyn Wait<Answer = R> + Send>,
    to: Addressed,
}

impl<R: Body> Pending for Framed<R> {
    fn poll(&mut self, node: &Node, now: Now, waker: &Waker) -> Poll<Result<Response, &'static str>> {
        self.wait.poll(node, now, waker).map(|answer| match answer {
            Ok(body) => framed(body, self.to),
            Err(Broken) => Err("the answer was dropped"),
        })
    }

    fn deadline(&self) -> Option<Monotonic> {
        self.wait.deadline()
    }
}

fn framed<R: Body>(body: R, to: Addressed) -> Result<Response, &'static str> {
    body.respond(to).map_err(|error| {
        tracing::error!(api = to.api.name, version = to.version, %error, "an answer could not be written");
        "an answer could not be written"
    })
}

impl Answer {
    /// The answer to `to` that carries what a handler said.
    pub fn of<R: Body + Send + 'static>(reply: Reply<R>, to: Addressed) -> Self {
        match reply {
            Reply::Now(body) => match framed(body, to) {
                Ok(response) => Self::Now(response),
                Err(reason) => Self::Close(reason),
            },
            Reply::Later(wait) => Self::Later(Box::new(Framed { wait, to })),
            Reply::None => Self::None,
            Reply::Close(reason) => Self::Close(reason),
        }
    }
}
