//! One connection to one broker.
//!
//! Requests are numbered, written in the order in which they are submitted, and not waited for: answers find their
//! request by its correlation id. Two tasks serve a connection, one per direction, so that dropping the future of a
//! call never leaves half a frame on the wire. Both end when the last [`Connection`] of this socket is dropped.
//!
//! Before anything else a connection asks ApiVersions at version 4. A broker too old for that answers in version 0
//! and says UNSUPPORTED_VERSION; then version 0 is asked, which everybody has (KIP-35, KIP-511).

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use protocol::{
    Decode, Encode, ErrorCode, Reader,
    api::{self, Api, ApiKey, NextFrame, Request},
    codec::{Format, Message},
    messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse},
    types::Str,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
    time::timeout,
};

mod error;
mod versions;

pub use error::{CallError, ConnectError};
pub use versions::{Feature, Versions};

/// The largest answer that is read, in bytes. A Fetch asks for less; more means that the peer is no broker.
const ANSWER_SIZE_MAX: usize = 256 * 1024 * 1024;
/// How many requests may wait to be written. Beyond it, submitting waits.
const QUEUE_LEN: usize = 64;
/// How much is read from the socket at once.
const READ_BUFFER_SIZE: usize = 64 * 1024;
/// How requests call the software, besides the client id.
const SOFTWARE_NAME: &str = "milena";

/// How connections are made.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// What requests call the client.
    pub client_id: String,
    /// How long connecting may take, the first answer included.
    pub connect_timeout: Duration,
    /// How long an answer may take, where the caller does not say otherwise.
    pub request_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            client_id: SOFTWARE_NAME.to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// A connection that knows which versions its broker has. Clones share the socket.
#[derive(Clone, Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    address: String,
    options: ConnectOptions,
    versions: Versions,
    waiting: Arc<Mutex<Waiting>>,
    outgoing: mpsc::Sender<Vec<u8>>,
    reader: tokio::task::AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Who waits for which answer.
#[derive(Debug, Default)]
struct Waiting {
    next_id: i32,
    senders: BTreeMap<i32, oneshot::Sender<Vec<u8>>>,
    closed: Option<CallError>,
}

/// A frame that answers a request.
#[derive(Clone, Debug)]
pub struct Answer {
    api: ApiKey,
    version: i16,
    frame: Vec<u8>,
}

impl Answer {
    /// The version in which request and answer were written.
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// The answer to an `R`, which borrows from this.
    ///
    /// # Errors
    /// [`CallError::Decode`].
    ///
    /// # Panics
    /// If the request was none of `R`.
    pub fn read<'a, R>(&'a self) -> Result<R::Response, CallError>
    where
        R: Request<'a>,
        R::Response: Decode<'a>,
    {
        assert_eq!(self.api.0, R::KEY, "an answer is read as the answer to what was asked");
        api::decode_response::<R>(&self.frame, self.version)
            .map(|(_, response)| response)
            .map_err(|error| CallError::Decode { api: self.api, error })
    }
}

/// A request that is under way.
#[derive(Debug)]
pub struct Submitted {
    api: ApiKey,
    version: i16,
    connection: Connection,
    receiver: oneshot::Receiver<Vec<u8>>,
}

impl Submitted {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`CallError::Closed`], [`CallError::TimedOut`].
    pub async fn answer(self, within: Duration) -> Result<Answer, CallError> {
        let Self { api, version, connection, receiver } = self;
        match timeout(within, receiver).await {
            Ok(Ok(frame)) => Ok(Answer { api, version, frame }),
            Ok(Err(_)) => Err(connection.closed_error()),
            Err(_) => Err(CallError::TimedOut { address: connection.address().to_owned(), api, after: within }),
        }
    }
}

impl Connection {
    /// Connects to `address`, `host:port`, and asks which versions are spoken there.
    ///
    /// # Errors
    /// Nobody there, nobody of Kafka's kind there, or no answer in time.
    ///
    /// # Panics
    /// Outside of a tokio runtime with IO and time.
    pub async fn connect(address: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let after = options.connect_timeout;
        match timeout(after, Self::connect_unbounded(address, options)).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::TimedOut { address: address.to_owned(), after }),
        }
    }

    async fn connect_unbounded(address: &str, options: &ConnectOptions) -> Result<Self, ConnectError> {
        let owned = || address.to_owned();
        if address.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
            return Err(ConnectError::Address { address: owned() });
        }
        let resolve = |error| ConnectError::Resolve { address: owned(), error: Arc::new(error) };
        let candidates: Vec<_> = tokio::net::lookup_host(address).await.map_err(resolve)?.collect();
        let broken = |error: io::Error| match error.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused { address: owned() },
            _ => ConnectError::Io { address: owned(), error: Arc::new(error) },
        };
        let mut stream = TcpStream::connect(&candidates[..]).await.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        let versions = negotiate(&mut stream, address, options).await?;

        let (read_half, write_half) = stream.into_split();
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let (outgoing, frames) = mpsc::channel(QUEUE_LEN);
        tokio::spawn(write_frames(write_half, frames, Arc::clone(&waiting), owned()));
        let reader = tokio::spawn(read_frames(read_half, Arc::clone(&waiting), owned())).abort_handle();
        let shared = Shared { address: owned(), options: options.clone(), versions, waiting, outgoing, reader };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// `host:port` of the broker.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shared.address
    }

    /// What the broker speaks.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.shared.versions
    }

    /// Whether the socket is still open, as far as is known.
    #[must_use]
    pub fn is_open(&self) -> bool {
        lock(&self.shared.waiting).closed.is_none()
    }

    /// The newest version of `R` that both sides have.
    ///
    /// # Errors
    /// [`CallError::Unsupported`].
    pub fn version<'r, R: Request<'r>>(&self) -> Result<i16, CallError> {
        self.version_up_to::<R>(i16::MAX)
    }

    /// The newest version of `R` that both sides have and that is at most `max`: for what later versions say in
    /// another way.
    ///
    /// # Errors
    /// [`CallError::Unsupported`].
    pub fn version_up_to<'r, R: Request<'r>>(&self, max: i16) -> Result<i16, CallError> {
        let api = Api::of(ApiKey(R::KEY)).expect("every request has an API");
        let ours = (api.min, api.max.min(max));
        let theirs = self.versions().range(api.key);
        match theirs.map(|(low, high)| (low.max(ours.0), high.min(ours.1))) {
            Some((low, high)) if low <= high => Ok(high),
            _ => Err(CallError::Unsupported { address: self.address().to_owned(), api: api.key, ours, theirs }),
        }
    }

    /// Sends a request in the newest common version and waits for its answer.
    ///
    /// # Errors
    /// No common version, no answer, or a request that the version cannot hold.
    pub async fn call<'r, R: Request<'r> + Encode>(&self, request: &R) -> Result<Answer, CallError> {
        self.call_at(request, self.version::<R>()?, self.shared.options.request_timeout).await
    }

    /// The same at a version, with a time limit.
    ///
    /// # Errors
    /// No answer, or a request that the version cannot hold.
    pub async fn call_at<'r, R: Request<'r> + Encode>(
        &self,
        request: &R,
        version: i16,
        within: Duration,
    ) -> Result<Answer, CallError> {
        self.submit(request, version).await?.answer(within).await
    }

    /// Puts a request on its way. Requests are written in the order of these calls, and the broker acts on them in
    /// that order.
    ///
    /// # Errors
    /// A closed connection, or a request that the version cannot hold.
    pub async fn submit<'r, R: Request<'r> + Encode>(&self, request: &R, version: i16) -> Result<Submitted, CallError> {
        let (sender, receiver) = oneshot::channel();
        self.enqueue(request, version, Some(sender)).await?;
        Ok(Submitted { api: ApiKey(R::KEY), version, connection: self.clone(), receiver })
    }

    /// Puts a request on its way that is never answered: Produce with acks=0.
    ///
    /// # Errors
    /// A closed connection, or a request that the version cannot hold.
    pub async fn submit_unanswered<'r, R: Request<'r> + Encode>(
        &self,
        request: &R,
        version: i16,
    ) -> Result<(), CallError> {
        self.enqueue(request, version, None).await
    }

    async fn enqueue<'r, R: Request<'r> + Encode>(
        &self,
        request: &R,
        version: i16,
        sender: Option<oneshot::Sender<Vec<u8>>>,
    ) -> Result<(), CallError> {
        let Ok(place) = self.shared.outgoing.reserve().await else { return Err(self.closed_error()) };
        // From here to the end nothing waits, so ids are used and written in one order.
        let mut waiting = lock(&self.shared.waiting);
        if let Some(error) = &waiting.closed {
            return Err(error.clone());
        }
        let id = waiting.next_id;
        let client_id = Str::from(&self.shared.options.client_id);
        let frame = api::request_frame(request, version, id, Some(client_id))
            .map_err(|error| CallError::Encode { api: ApiKey(R::KEY), error })?;
        waiting.next_id = id.wrapping_add(1) & i32::MAX;
        if let Some(sender) = sender {
            waiting.senders.insert(id, sender);
        }
        place.send(frame);
        Ok(())
    }

    fn closed_error(&self) -> CallError {
        lock(&self.shared.waiting)
            .closed
            .clone()
            .unwrap_or_else(|| CallError::Closed { address: self.address().to_owned(), reason: None })
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().expect("nothing panics while it holds this lock")
}

async fn write_frames(
    mut socket: OwnedWriteHalf,
    mut frames: mpsc::Receiver<Vec<u8>>,
    waiting: Arc<Mutex<Waiting>>,
    address: String,
) {
    while let Some(frame) = frames.recv().await {
        if let Err(error) = socket.write_all(&frame).await {
            return close(&waiting, address, Some(error));
        }
    }
}

async fn read_frames(socket: OwnedReadHalf, waiting: Arc<Mutex<Waiting>>, address: String) {
    let mut socket = BufReader::with_capacity(READ_BUFFER_SIZE, socket);
    loop {
        let frame = match read_frame(&mut socket).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return close(&waiting, address, None),
            Err(error) => return close(&waiting, address, Some(error.into())),
        };
        let id = i32::from_be_bytes(*frame.first_chunk().expect("a frame that was read holds its id"));
        // Whoever has given up waiting is no longer interested.
        if let Some(sender) = lock(&waiting).senders.remove(&id) {
            let _ = sender.send(frame);
        }
    }
}

/// Dropping the senders wakes everybody who waits.
fn close(waiting: &Mutex<Waiting>, address: String, reason: Option<io::Error>) {
    let mut waiting = lock(waiting);
    if waiting.closed.is_none() {
        waiting.closed = Some(CallError::Closed { address, reason: reason.map(Arc::new) });
    }
    waiting.senders.clear();
}

/// Why there is no next frame.
#[derive(Debug)]
enum FrameError {
    Io(io::Error),
    /// These four bytes are no size of an answer.
    Size([u8; 4]),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Io(error) => error,
            FrameError::Size(bytes) => {
                let size = i32::from_be_bytes(bytes);
                Self::new(io::ErrorKind::InvalidData, format!("an answer cannot have {size} bytes"))
            }
        }
    }
}

/// The next frame without its size, with at least a correlation id in it; `None` at the end of the stream.
async fn read_frame(socket: &mut (impl AsyncReadExt + Unpin)) -> Result<Option<Vec<u8>>, FrameError> {
    let mut size = [0; api::FRAME_SIZE_LEN];
    match socket.read_exact(&mut size).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let needed = match api::next_frame(&size, ANSWER_SIZE_MAX) {
        NextFrame::Incomplete { needed } if needed >= 2 * api::FRAME_SIZE_LEN => needed - api::FRAME_SIZE_LEN,
        _ => return Err(FrameError::Size(size)),
    };
    // `take` grows the buffer with what comes, not with what is announced.
    let mut frame = Vec::new();
    socket.take(needed as u64).read_to_end(&mut frame).await?;
    Ok((frame.len() == needed).then_some(frame))
}

/// Asks for the versions, on a socket that nobody else uses yet.
async fn negotiate(stream: &mut TcpStream, address: &str, options: &ConnectOptions) -> Result<Versions, ConnectError> {
    let request = ApiVersionsRequest {
        client_software_name: SOFTWARE_NAME.into(),
        client_software_version: env!("CARGO_PKG_VERSION").into(),
        ..ApiVersionsRequest::default()
    };
    let not_kafka = |guess| ConnectError::NotKafka { address: address.to_owned(), guess };
    for version in [<ApiVersionsRequest<'_> as Message>::SCHEMA.stable_max, 0] {
        let client_id = Some(Str::from(&options.client_id));
        let frame = api::request_frame(&request, version, i32::from(version), client_id)
            .expect("the request fits each of its versions");
        stream.write_all(&frame).await.map_err(|e| broken(address, e))?;
        let frame = match read_frame(stream).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Err(not_kafka("it closed the connection at the first request")),
            Err(FrameError::Size(bytes)) => return Err(not_kafka(guess(bytes))),
            Err(FrameError::Io(error)) => return Err(broken(address, error)),
        };
        // An error UNSUPPORTED_VERSION comes in version 0, whatever was asked.
        let code = ErrorCode::decode(&mut Reader::new(&frame[4..]), Format { version: 0, flexible: false });
        if version != 0 && code == Ok(ErrorCode::UNSUPPORTED_VERSION) {
            continue;
        }
        let response: ApiVersionsResponse<'_> = match api::decode_response::<ApiVersionsRequest<'_>>(&frame, version) {
            Ok((_, response)) => response,
            Err(_) => return Err(not_kafka("its answer to ApiVersions cannot be read")),
        };
        if response.error_code.is_error() {
            return Err(ConnectError::Refusal { address: address.to_owned(), code: response.error_code });
        }
        return Ok(Versions::of(&response));
    }
    Err(ConnectError::Refusal { address: address.to_owned(), code: ErrorCode::UNSUPPORTED_VERSION })
}

fn broken(address: &str, error: io::Error) -> ConnectError {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => ConnectError::NotKafka {
            address: address.to_owned(),
            guess: "it closed the connection at the first request",
        },
        _ => ConnectError::Io { address: address.to_owned(), error: Arc::new(error) },
    }
}

/// What four bytes that are no size of an answer may be.
fn guess(bytes: [u8; 4]) -> &'static str {
    const TLS_ALERT: u8 = 0x15;
    match bytes {
        [b'H', b'T', b'T', b'P'] => "it seems to be an HTTP server",
        [TLS_ALERT, 3, ..] => "it seems to expect TLS, which this client does not have yet",
        _ => "its answer is no frame",
    }
}

#[cfg(test)]
mod tests;
