//! The real world: the clock, the seed, threads, sockets and signals around a [`Node`].
//!
//! The node itself is called and never runs by itself; this file is the driver that calls it. The simulator is the other
//! one. Here, and nowhere else in this crate, the clock is read and the system asked for chance.
//!
//! | thread | does |
//! |---|---|
//! | tokio workers, at least four | connections: read, handle, append, answer |
//! | `metadata` | syncs the metadata log, publishes what is committed |
//! | `sync-N` | `fdatasync` for partitions whose acknowledgements wait for the disk |
//! | `scrubber` | reads the logs slowly and looks at every checksum |
//! | `timer` | group timers, retention, checkpoints, deferred deletion |
//! | `cleaner`, `cleaner-N` | compaction; the first sees to it that there are as many others as the settings say |
//!
//! Why four workers on two cores: a `pwritev` stalls when the disk is behind, and must not stall everybody.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime},
};

use metadata::config::ServerConfig;
use protocol::types::{Monotonic, Now, Timestamp, Uuid};
use storage::disk::OsDisk;

use crate::{
    chance::Chance,
    cleaner::{Step, Worker},
    http,
    net::{BindError, Limits, Listener, Shared, buffers::Buffers},
    node::{CloseError, Node, OpenError},
};

/// Threads that sync. They sleep in the kernel most of the time, and concurrent syncs share the file system's journal.
const SYNC_THREADS: usize = 8;

/// Threads that bring what a fetch asks for from the disk into the page cache. They come and go.
const COLD_READS_MAX: usize = 4;

/// All requests that are arriving may take this much, where `queued.max.request.bytes` sets nothing else.
const REQUEST_BYTES_DEFAULT: usize = 512 * 1024 * 1024;

/// The two clocks of this process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// What time it is.
    #[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    #[must_use]
    pub fn now(&self) -> Now {
        let since_start = self.start.elapsed().as_nanos();
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        Now {
            mono: Monotonic(u64::try_from(since_start).unwrap_or(u64::MAX)),
            wall: Timestamp(i64::try_from(since_1970).unwrap_or(i64::MAX)),
        }
    }
}

/// A seed from the system.
///
/// # Panics
/// If the system has no chance to give.
#[allow(clippy::disallowed_methods, reason = "the one place where the system is asked for chance")]
#[must_use]
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    u64::from_le_bytes(bytes)
}

/// A new id, none of those that Kafka reserves.
#[must_use]
pub fn new_uuid() -> Uuid {
    Chance::from_seed(seed()).uuid()
}

/// Why a server did not start.
#[derive(Debug)]
pub enum StartError {
    /// A listener could not be bound.
    Bind(BindError),
    /// The data directory cannot be used as it is.
    Open(OpenError),
    /// The system refused threads or descriptors.
    System(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Whether the directory was never formatted.
    #[must_use]
    pub fn is_not_formatted(&self) -> bool {
        matches!(self, Self::Open(OpenError::Dir(storage::LogDirError::NotFormatted { .. })))
    }
}

impl From<BindError> for StartError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<std::io::Error> for StartError {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

/// A running server: a node with its sockets and threads.
pub struct Server {
    node: Arc<Node>,
    clock: Clock,
    runtime: Option<tokio::runtime::Runtime>,
    threads: Vec<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    listeners: Vec<Bound>,
    http: Option<std::net::SocketAddr>,
}

/// A listener as it was bound.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub address: std::net::SocketAddr,
    /// Whether it is a controller's.
    pub is_controller: bool,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("listeners", &self.listeners).field("http", &self.http).finish_non_exhaustive()
    }
}

impl Server {
    /// Binds the listeners, opens the directory, elects, registers, and serves.
    ///
    /// A port of 0 in `config` becomes the one that was bound, in what is advertised too.
    ///
    /// # Errors
    /// Nothing runs then, and what was written before is a state from which the next start goes on.
    pub fn start(mut config: ServerConfig) -> Result<Self, StartError> {
        let clock = Clock::start();
        raise_open_files();
        let workers = std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .thread_name("worker")
            .max_blocking_threads(COLD_READS_MAX)
            .enable_io()
            .enable_time()
            .build()?;
        let entered = runtime.enter();
        let listeners = bind_all(&mut config)?;
        let http = match &config.http_listener {
            Some(address) => {
                Some(runtime.block_on(http::bind(&address.host, address.port)).map_err(|source| BindError {
                    listener: "milena.http.listener".to_owned(),
                    address: format!("{}:{}", address.host, address.port),
                    holder: None,
                    source,
                })?)
            }
            None => None,
        };
        let limits = limits(&config);
        let budget = config.network.queued_max_request_bytes.map_or(REQUEST_BYTES_DEFAULT, |bytes| bytes as usize);
        let node = Arc::new(Node::open(config, Arc::new(OsDisk), seed(), clock.now())?);

        let stopping = Arc::new(AtomicBool::new(false));
        let threads = threads(&node, clock, &stopping)?;
        let shared = Arc::new(Shared {
            node: Arc::clone(&node),
            clock,
            buffers: Buffers::new(budget),
            limits,
            connections: AtomicUsize::new(0),
        });
        let bound = listeners
            .iter()
            .map(|(listener, is_controller)| Bound {
                name: listener.name().to_owned(),
                address: listener.address(),
                is_controller: *is_controller,
            })
            .collect();
        for (listener, _) in listeners {
            runtime.spawn(listener.run(Arc::clone(&shared)));
        }
        let http_address = http.as_ref().map(|(_, address)| *address);
        if let Some((socket, _)) = http {
            runtime.spawn(async move {
                if let Err(error) = http::serve(socket, shared).await {
                    tracing::error!(%error, "the HTTP listener failed");
                }
            });
        }
        drop(entered);
        Ok(Self { node, clock, runtime: Some(runtime), threads, stopping, listeners: bound, http: http_address })
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The listeners, those for clients first.
    #[must_use]
    pub fn listeners(&self) -> &[Bound] {
        &self.listeners
    }

    /// Where the HTTP listener is.
    #[must_use]
    pub fn http(&self) -> Option<std::net::SocketAddr> {
        self.http
    }

    /// Waits for SIGTERM or SIGINT, or until the node cannot go on; in that case with the reason.
    ///
    /// # Errors
    /// The system has no signals to give.
    pub fn wait(&self) -> Result<Option<String>, std::io::Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let runtime = self.runtime.as_ref().expect("it is there until it is stopped");
        runtime.block_on(async {
            let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            let mut check = tokio::time::interval(Duration::from_millis(500));
            loop {
                tokio::select! {
                    _ = terminate.recv() => return Ok(None),
                    _ = interrupt.recv() => return Ok(None),
                    _ = check.tick() => {
                        if let Some(reason) = self.node.trouble() {
                            return Ok(Some(reason));
                        }
                    }
                }
            }
        })
    }

    /// Stops: connections first, then the node, cleanly.
    ///
    /// # Errors
    /// What could not be written; the next start then recovers as after a crash.
    pub fn stop(mut self) -> Result<(), CloseError> {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_millis(500));
        }
        self.stopping.store(true, Ordering::Release);
        self.node.wake_threads();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the node panicked");
            }
        }
        self.node.close(self.clock.now())
    }
}

/// The process may have as many open files as the system allows it.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit on open files stays as it is");
    }
}

fn bind_all(config: &mut ServerConfig) -> Result<Vec<(Listener, bool)>, BindError> {
    let mut bound = Vec::new();
    let broker = (&mut config.listeners, &mut config.advertised_listeners, false);
    let controller = (&mut config.controller_listeners, &mut config.advertised_controller_listeners, true);
    for (listeners, advertised, is_controller) in [broker, controller] {
        for listener in listeners.iter_mut() {
            let socket = Listener::bind(&listener.name, &listener.host, listener.port, is_controller)?;
            listener.port = socket.address().port();
            for told in advertised.iter_mut().filter(|told| told.name == listener.name) {
                if told.port == 0 {
                    told.port = listener.port;
                }
                if told.host.is_empty() {
                    told.host = rustix::system::uname().nodename().to_string_lossy().into_owned();
                }
            }
            bound.push((socket, is_controller));
        }
    }
    Ok(bound)
}

fn limits(config: &ServerConfig) -> Limits {
    let network = &config.network;
    Limits {
        request_bytes_max: network.socket_request_max_bytes as usize,
        idle: network.connections_max_idle_ms.map(Duration::from_millis),
    }
}

fn threads(node: &Arc<Node>, clock: Clock, stopping: &Arc<AtomicBool>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    let mut spawn = |name: String, step: fn(&Node, Clock)| {
        let (node, stopping) = (Arc::clone(node), Arc::clone(stopping));
        let body = move || {
            while !stopping.load(Ordering::Acquire) {
                step(&node, clock);
            }
        };
        threads.push(std::thread::Builder::new().name(name).spawn(body)?);
        Ok::<(), std::io::Error>(())
    };
    spawn("metadata".to_owned(), |node, clock| {
        node.controller.wait_for_work();
        node.commit_metadata(clock.now());
    })?;
    for i in 0..SYNC_THREADS {
        spawn(format!("sync-{i}"), |node, _| {
            if let Some(partition) = node.syncs.wait() {
                partition.sync(node);
            }
        })?;
    }
    spawn("timer".to_owned(), |node, clock| {
        let now = clock.now();
        node.tick(now);
        node.timers.wait_until(node.poll_timeout(), now.mono);
    })?;
    spawn("scrubber".to_owned(), |node, clock| {
        let now = clock.now();
        let due = node.scrub(now);
        node.scrubber.bell.wait_until(Some(due), now.mono);
    })?;
    let (opened, stopping) = (Arc::clone(node), Arc::clone(stopping));
    let body = move || open_logs(&opened, clock, &stopping);
    threads.push(std::thread::Builder::new().name("opener".to_owned()).spawn(body)?);
    let node = Arc::clone(node);
    let body = move || keep_cleaners(&node, clock);
    threads.push(std::thread::Builder::new().name("cleaner".to_owned()).spawn(body)?);
    Ok(threads)
}

/// Opens the logs that nobody has asked for yet, and says how it goes if that takes longer than a second.
fn open_logs(node: &Node, clock: Clock, stopping: &AtomicBool) {
    let begin = clock.now().mono;
    let mut told_at = begin;
    node.open_logs(|done, of| {
        let now = clock.now().mono;
        if now.since(told_at) >= Duration::from_secs(1) {
            told_at = now;
            let left = now.since(begin).as_secs_f64() / done.max(1) as f64 * (of - done) as f64;
            tracing::info!(done, of, "opening logs, about {left:.0} s to go; those that are asked for come first");
        }
        !stopping.load(Ordering::Acquire)
    });
}

/// Keeps as many cleaners as the settings say, until the node stops.
fn keep_cleaners(node: &Arc<Node>, clock: Clock) {
    let mut cleaners: Vec<(Arc<AtomicBool>, JoinHandle<()>)> = Vec::new();
    let mut leaving = Vec::new();
    loop {
        let wanted = node.cleaner_config().threads;
        while cleaners.len() > wanted {
            let Some((is_leaving, thread)) = cleaners.pop() else { break };
            // What it has begun it gives up; the others take it up.
            is_leaving.store(true, Ordering::Release);
            leaving.push(thread);
        }
        while cleaners.len() < wanted {
            let index = cleaners.len();
            let is_leaving = Arc::new(AtomicBool::new(false));
            let (node, leaves) = (Arc::clone(node), Arc::clone(&is_leaving));
            let body = move || clean(&node, clock, index, &leaves);
            match std::thread::Builder::new().name(format!("cleaner-{index}")).spawn(body) {
                Ok(thread) => cleaners.push((is_leaving, thread)),
                Err(error) => {
                    tracing::error!(%error, "a thread that compacts could not be started");
                    break;
                }
            }
        }
        node.cleaner.note_dead(cleaners.iter().filter(|(_, thread)| thread.is_finished()).count());
        if !node.cleaner.rest(Duration::from_secs(1)) {
            break;
        }
    }
    for thread in cleaners.into_iter().map(|(_, thread)| thread).chain(leaving) {
        if thread.join().is_err() {
            tracing::error!("a thread that compacts panicked");
        }
    }
}

/// A thread that compacts.
fn clean(node: &Node, clock: Clock, index: usize, is_leaving: &AtomicBool) {
    let mut worker = Worker::new(index);
    let goes_on = |rest: Duration| node.cleaner.rest(rest) && !is_leaving.load(Ordering::Acquire);
    let mut goes = true;
    while goes {
        let bytes_per_second = node.cleaner_config().bytes_per_second;
        let mut pace = |bytes: u64| goes_on(node.cleaner.pay(bytes, bytes_per_second, clock.now().mono));
        let next = worker.step(node, clock.now(), &mut pace);
        goes = goes_on(match next {
            Step::Again => Duration::ZERO,
            Step::Rest(until) => until.since(clock.now().mono).min(Duration::from_secs(1)),
        });
    }
    worker.give_up(node);
}
