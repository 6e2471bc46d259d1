//! One connection: requests in, answers out, in order.
//!
//! The task drains its socket, hands every complete request to the node while the rules of order allow, and sends what
//! is ready. Three rules shape it:
//!
//! - Requests are handled one at a time and answered in their order. Only a Produce may start while an earlier Produce
//!   still waits: producers pipeline, and their batches are in the log in the right order already.
//! - A half-close is not a cancel: what was asked is answered before the connection ends.
//! - Nothing is read while the client does not take its answers, or while it has sent more than may be started.
//!
//! There is one timer, for whatever comes first: the deadline of the answer that is due next, or the end of the client's
//! patience with an idle connection.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use protocol::{
    api::{ApiKey, FRAME_SIZE_LEN, NextFrame, next_frame},
    types::Monotonic,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

use super::{
    Peer, Shared,
    buffers::{Buffer, READ_SIZE},
    output::{Output, Progress, bring_in},
};
use crate::{
    answer::{Answer, Pending, Response},
    dispatch::dispatch,
};

/// Once a request is whole, no more than this is read before it is handled: what was just received is still in the
/// processor's cache then, for the checksum and for the copy into the page cache.
const DRAIN_MAX: usize = 128 * 1024;

enum Slot {
    Ready(Response),
    Waiting { pending: Box<dyn Pending>, is_produce: bool },
}

/// Why a connection ended.
enum End {
    /// The client closed it, and everything it asked for is answered.
    Finished,
    /// The client has been silent for too long.
    Idle,
    /// We had enough.
    Closed(&'static str),
    /// The network failed.
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

struct Connection {
    stream: TcpStream,
    peer: Peer,
    shared: Arc<Shared>,
    buffer: Buffer,
    slots: VecDeque<Slot>,
    output: Output,
    timer: Pin<Box<Sleep>>,
    /// When the timer goes off, if it was set and has not. It may be too early, and is never too late.
    armed: Option<Monotonic>,
    /// When bytes last came or went.
    active: Monotonic,
    /// The client sends no more.
    input_closed: bool,
    /// Nothing more is to be started; the connection ends, for this reason, once everything before is sent.
    closing: Option<&'static str>,
}

/// Serves a connection until it ends.
pub async fn serve(stream: TcpStream, peer: Peer, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let active = shared.clock.now().mono;
    shared.connections.fetch_add(1, Ordering::Relaxed);
    let mut connection = Connection {
        stream,
        peer,
        shared: Arc::clone(&shared),
        buffer: Buffer::default(),
        slots: VecDeque::new(),
        output: Output::default(),
        timer: Box::pin(tokio::time::sleep(std::time::Duration::ZERO)),
        armed: None,
        active,
        input_closed: false,
        closing: None,
    };
    let end = connection.run().await;
    let address = connection.peer.address;
    match end {
        End::Finished => tracing::trace!(%address, "connection ended"),
        End::Idle => tracing::debug!(%address, "connection closed, it was idle"),
        End::Closed(reason) => tracing::info!(%address, reason, "connection closed"),
        End::Io(error) => tracing::debug!(%address, %error, "connection lost"),
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.buffers.give_back(&mut self.buffer);
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    async fn run(&mut self) -> End {
        loop {
            self.start_requests();
            while matches!(self.slots.front(), Some(Slot::Ready(_))) {
                let Some(Slot::Ready(response)) = self.slots.pop_front() else { unreachable!("just seen") };
                if let Err(error) = self.output.push(response) {
                    return End::Io(error);
                }
            }
            if let Err(end) = self.flush().await {
                return end;
            }
            if self.slots.is_empty() {
                match self.closing {
                    Some(reason) => return End::Closed(reason),
                    None if self.input_closed && !self.can_start_next() => return End::Finished,
                    None => {}
                }
            }
            if let Err(end) = poll_fn(|cx| self.poll_event(cx)).await {
                return end;
            }
        }
    }

    /// Whether the next complete request, if there is one, may be started now.
    fn can_start_next(&self) -> bool {
        if self.closing.is_some() {
            return false;
        }
        let NextFrame::Whole(frame) = next_frame(self.buffer.bytes(), self.shared.limits.request_bytes_max) else {
            return false;
        };
        may_start(&self.slots, frame)
    }

    /// Starts every complete request that may be started.
    fn start_requests(&mut self) {
        let mut done = 0;
        while self.closing.is_none() {
            match next_frame(&self.buffer.bytes()[done..], self.shared.limits.request_bytes_max) {
                NextFrame::Incomplete { .. } => break,
                NextFrame::Refused { .. } => self.closing = Some("a frame of that size is not accepted"),
                NextFrame::Whole(frame) => {
                    if !may_start(&self.slots, frame) {
                        break;
                    }
                    done += FRAME_SIZE_LEN + frame.len();
                    let is_produce = is_produce(frame);
                    match dispatch(&self.shared.node, &self.peer, frame, self.shared.clock.now()) {
                        Answer::Now(response) => self.slots.push_back(Slot::Ready(response)),
                        Answer::Later(pending) => self.slots.push_back(Slot::Waiting { pending, is_produce }),
                        Answer::None => {}
                        Answer::Close(reason) => self.closing = Some(reason),
                    }
                }
            }
        }
        self.buffer.consume(done);
        if self.closing.is_some() {
            self.shared.buffers.give_back(&mut self.buffer);
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        loop {
            match self.output.write_some(&self.stream)? {
                Progress::Done => return Ok(()),
                Progress::Full => match self.shared.limits.idle {
                    Some(idle) => match tokio::time::timeout(idle, self.stream.writable()).await {
                        Ok(writable) => writable?,
                        Err(_) => return Err(End::Closed("the client does not take its answers")),
                    },
                    None => self.stream.writable().await?,
                },
                Progress::Cold(range) => match tokio::task::spawn_blocking(move || bring_in(&range)).await {
                    Ok(read) => read?,
                    Err(_) => return Err(End::Closed("the node stops")),
                },
            }
        }
    }

    /// Waits until there is something to do: an answer to send, a request to start, or the end.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        loop {
            let now = self.shared.clock.now();
            for slot in &mut self.slots {
                let Slot::Waiting { pending, .. } = slot else { continue };
                match pending.poll(&self.shared.node, now, cx.waker()) {
                    Poll::Ready(Ok(response)) => *slot = Slot::Ready(response),
                    Poll::Ready(Err(reason)) => return Poll::Ready(Err(End::Closed(reason))),
                    Poll::Pending => {}
                }
            }
            if matches!(self.slots.front(), Some(Slot::Ready(_))) || self.can_start_next() {
                return Poll::Ready(Ok(()));
            }
            if self.wants_input()
                && let Poll::Ready(read) = self.poll_read(cx, now.mono)
            {
                return Poll::Ready(read);
            }
            let Some(deadline) = self.next_deadline() else { return Poll::Pending };
            if deadline <= now.mono {
                return if self.slots.is_empty() { Poll::Ready(Err(End::Idle)) } else { Poll::Ready(Ok(())) };
            }
            if self.armed.is_none_or(|armed| armed > deadline) {
                self.timer.as_mut().reset(tokio::time::Instant::now() + deadline.since(now.mono));
                self.armed = Some(deadline);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.armed = None;
        }
    }

    fn wants_input(&self) -> bool {
        // A client that has more under way than it may start is not read further; a large request that is still
        // arriving is.
        !self.input_closed && self.closing.is_none() && (self.slots.is_empty() || self.buffer.len() < DRAIN_MAX)
    }

    /// The earliest deadline of an answer, or else of idleness.
    fn next_deadline(&self) -> Option<Monotonic> {
        if self.slots.is_empty() {
            return self.shared.limits.idle.map(|idle| self.active + idle);
        }
        let deadline = |slot: &Slot| if let Slot::Waiting { pending, .. } = slot { pending.deadline() } else { None };
        self.slots.iter().filter_map(deadline).min()
    }

    /// Reads what the socket has, until there is something to do.
    fn poll_read(&mut self, cx: &mut Context<'_>, now: Monotonic) -> Poll<Result<(), End>> {
        loop {
            let (room, most) = match next_frame(self.buffer.bytes(), self.shared.limits.request_bytes_max) {
                NextFrame::Incomplete { needed } => {
                    let missing = needed - self.buffer.len();
                    // Doubling what came is as far ahead as an announcement is believed.
                    let room = missing.clamp(READ_SIZE, self.buffer.len().max(READ_SIZE));
                    // Of a large request no more than its end: what came behind it would have to be moved.
                    (room, if missing > READ_SIZE / 2 { missing } else { READ_SIZE })
                }
                NextFrame::Whole(_) if self.buffer.len() < DRAIN_MAX => (READ_SIZE, READ_SIZE),
                NextFrame::Whole(_) | NextFrame::Refused { .. } => return Poll::Ready(Ok(())),
            };
            if self.shared.buffers.grow(&mut self.buffer, room).is_err() {
                let reason = "all requests together take more memory than there is for them";
                return Poll::Ready(Err(End::Closed(reason)));
            }
            let room = self.buffer.room();
            let most = room.len().min(most);
            let mut into = ReadBuf::new(&mut room[..most]);
            match Pin::new(&mut self.stream).poll_read(cx, &mut into) {
                Poll::Ready(Ok(())) => match into.filled().len() {
                    0 => {
                        self.input_closed = true;
                        return Poll::Ready(Ok(()));
                    }
                    count => {
                        self.buffer.filled(count);
                        self.active = now;
                    }
                },
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending if self.can_start_next() => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    self.shared.buffers.settle(&mut self.buffer);
                    return Poll::Pending;
                }
            }
        }
    }
}

fn is_produce(frame: &[u8]) -> bool {
    frame.starts_with(&ApiKey::PRODUCE.0.to_be_bytes())
}

fn may_start(slots: &VecDeque<Slot>, frame: &[u8]) -> bool {
    let mut waiting = slots.iter().filter_map(|slot| match slot {
        Slot::Ready(_) => None,
        Slot::Waiting { is_produce, .. } => Some(*is_produce),
    });
    match waiting.next() {
        None => true,
        Some(first) => first && is_produce(frame) && waiting.all(|is_produce| is_produce),
    }
}
