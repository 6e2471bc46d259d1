//! Time, the network, the node's own threads, and death.
//!
//! One event happens after the other, in the order of simulated time. Each may make the node do something, and whatever
//! the node then wants done (a sync, a commit of metadata, a tick) becomes an event of its own, a little later. Answers
//! leave the node at the end of an event: if the disk stopped during it, the process died somewhere in its middle, and
//! nothing that it did after that was seen by anybody.
//!
//! A death takes the node at an event's end or, with [`FaultDisk::stop_after`], at any change of the disk, also while a
//! node starts or stops. Answers under way at that moment arrive or do not. Then the node starts again on what is left,
//! and [`History`] compares.

use std::{collections::BTreeMap, fmt, sync::Arc};

use broker::{
    cleaner::{Step, Worker},
    node::Node,
    partition::Partition,
};
use fastrand::Rng;
use metadata::config::ServerConfig;
use protocol::{
    api::{self, FRAME_SIZE_LEN},
    types::{Monotonic, Now, Offset, Timestamp, Uuid},
};
use storage::disk::FaultDisk;

use crate::{
    client::{Client, Cx, Input, Output},
    history::History,
    network::Connection,
    outcome::{Failure, Summary},
    settings::{Options, Weather, node_config},
    trace::Trace,
};

mod compare;
mod death;
mod set_up;

/// The data directory on the simulated disk.
const DIR: &str = "/milena";

/// The wall clock at the start, in milliseconds.
const EPOCH_MS: i64 = 1_700_000_000_000;

/// After the faults have ended everything has to come to rest within so much simulated time.
const REST_NS: u64 = 300_000_000_000;

/// Answers under way when the node dies arrive within this time, and the node does not start again before.
const WIRE_NS: u64 = 5_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Death {
    Stop,
    Kill,
    PowerCut,
}

#[derive(Debug)]
enum Event {
    /// A client gets its connection, or finds nobody.
    Connect {
        client: usize,
    },
    /// A frame arrives at the node.
    Request {
        connection: u64,
        frame: Vec<u8>,
    },
    /// A frame arrives at a client.
    Answer {
        connection: u64,
        client: usize,
        frame: Vec<u8>,
    },
    /// A client learns that its connection is lost.
    Lost {
        connection: u64,
        client: usize,
    },
    /// A client wakes.
    Wake {
        client: usize,
    },
    /// A connection is looked at, for a deadline.
    Look {
        connection: u64,
    },
    /// What the node's threads do.
    Sync(Arc<Partition>),
    Commit,
    Tick,
    Clean,
    /// The disk was to stop in the middle of something, and nothing came.
    Overdue {
        life: u64,
    },
    /// The node starts again.
    Start,
}

/// The world of one run.
#[derive(Debug)]
pub struct World {
    options: Options,
    weather: Weather,
    time_ns: u64,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    steps: u64,

    disk: FaultDisk,
    config: ServerConfig,
    node: Option<Arc<Node>>,
    life: u64,
    born_ns: u64,
    /// How the node dies once the disk has stopped, and after how many of its changes that is.
    dying: Option<(Death, u64)>,
    /// The worst death since logs were compared last.
    worst: Death,
    commit_is_due: bool,
    cleaner: Worker,
    /// The key of the next tick in `events`.
    tick: Option<(u64, u64)>,
    high_watermarks: BTreeMap<(Uuid, i32), Offset>,

    connections: BTreeMap<u64, Connection>,
    next_connection: u64,
    clients: Vec<Participant>,
    history: History,
    trace: Trace,
    faults: Rng,
    network: Rng,
    nodes: Rng,
    is_ending: bool,
    deaths: [u64; 3],
}

struct Participant {
    client: Box<dyn Client>,
    rng: Rng,
    connection: Option<u64>,
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Participant").field("name", &self.client.name()).finish_non_exhaustive()
    }
}

/// Runs one seed.
///
/// # Errors
/// A rule was broken.
pub fn run(seed: u64, options: Options) -> Result<Summary, Failure> {
    let mut world = World::new(seed, options);
    match world.live() {
        Ok(()) => Ok(world.summary()),
        Err(what) => {
            let trace = world.trace.last().map(str::to_owned).collect();
            Err(Failure { seed, options, what, trace })
        }
    }
}

impl World {
    /// A world in which nothing has happened yet.
    #[must_use]
    pub fn new(seed: u64, options: Options) -> Self {
        let mut rng = Rng::with_seed(seed);
        // Each part has its own chance, so that a draw more in one does not change the others.
        let (mut settings, disk) = (rng.fork(), rng.u64(..));
        Self {
            options,
            weather: Weather::draw(&mut settings, &options),
            time_ns: 0,
            events: BTreeMap::new(),
            next_event: 0,
            steps: 0,
            disk: FaultDisk::new(disk),
            config: node_config(&mut settings, DIR),
            node: None,
            life: 0,
            born_ns: 0,
            dying: None,
            worst: Death::Stop,
            commit_is_due: false,
            cleaner: Worker::default(),
            tick: None,
            high_watermarks: BTreeMap::new(),
            connections: BTreeMap::new(),
            next_connection: 0,
            clients: Vec::new(),
            history: History::default(),
            trace: Trace::new(options.verbose),
            faults: rng.fork(),
            network: rng.fork(),
            nodes: rng.fork(),
            is_ending: false,
            deaths: [0; 3],
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            digest: self.trace.digest(),
            lines: self.trace.count(),
            stops: self.deaths[Death::Stop as usize],
            kills: self.deaths[Death::Kill as usize],
            power_cuts: self.deaths[Death::PowerCut as usize],
            acknowledged: self.history.acknowledged,
            read: self.history.read,
        }
    }

    /// The whole run: make the node and its clients, let it go wrong for a while, let it come to rest, look at it all.
    fn live(&mut self) -> Result<(), String> {
        let weather = self.weather;
        self.note(format_args!("{weather:?}"));
        self.set_up()?;
        let mut next_fault = 0;
        while self.steps < self.options.steps {
            if self.steps >= next_fault {
                self.fault()?;
                next_fault = self.steps + self.faults.u64(1..=2 * self.weather.events_between_faults);
            }
            self.step()?;
        }
        self.note(format_args!("the faults end"));
        self.is_ending = true;
        let until = self.time_ns + REST_NS;
        while !self.is_at_rest() {
            if self.time_ns > until {
                let waiting = self.clients.iter().filter(|one| !one.client.is_done(&self.history));
                let names = waiting.map(|one| format!("{} ", one.client.name())).collect::<String>();
                return Err(format!("it does not come to rest: {names}"));
            }
            self.step()?;
        }
        self.look_at_the_end()
    }

    fn is_at_rest(&self) -> bool {
        self.node.is_some() && self.clients.iter().all(|one| one.client.is_done(&self.history))
    }

    fn now(&self) -> Now {
        Now {
            mono: Monotonic(self.time_ns - self.born_ns),
            wall: Timestamp(EPOCH_MS + (self.time_ns / 1_000_000) as i64),
        }
    }

    fn note(&mut self, line: fmt::Arguments<'_>) {
        self.trace.line(self.time_ns, line);
    }

    fn after(&mut self, delay_ns: u64, event: Event) {
        self.at(self.time_ns + delay_ns, event);
    }

    fn at(&mut self, time_ns: u64, event: Event) -> (u64, u64) {
        self.next_event += 1;
        let key = (time_ns, self.next_event);
        self.events.insert(key, event);
        key
    }

    /// Lets the next event happen.
    fn step(&mut self) -> Result<(), String> {
        let Some(((time, _), event)) = self.events.pop_first() else { return Err("nothing happens any more".into()) };
        self.time_ns = self.time_ns.max(time);
        self.steps += u64::from(self.node.is_some());
        let outgoing = self.happen(event)?;
        if let Some((death, stop_at)) = self.dying
            && self.disk.changes() >= stop_at
        {
            return self.die(death);
        }
        outgoing.into_iter().for_each(|(connection, frame)| self.send_answer(connection, frame));
        self.check()
    }

    /// What an event does. Gives the answers that the node sends.
    fn happen(&mut self, event: Event) -> Result<Vec<(u64, Vec<u8>)>, String> {
        match event {
            Event::Connect { client } => self.connect(client),
            Event::Request { connection, frame } => {
                self.trace.line(self.time_ns, format_args!("#{connection} asks {}", Asked(&frame)));
                if let Some(connection) = self.connections.get_mut(&connection) {
                    connection.receive(frame);
                }
            }
            Event::Answer { connection, client, frame } => {
                if self.clients[client].connection == Some(connection) {
                    self.tell(client, Input::Answer(frame));
                }
            }
            Event::Lost { connection, client } => {
                if self.clients[client].connection == Some(connection) {
                    self.note(format_args!("#{connection} is lost"));
                    self.clients[client].connection = None;
                    self.tell(client, Input::Lost);
                }
            }
            Event::Wake { client } => self.tell(client, Input::Timer),
            Event::Look { connection } => {
                if let Some(connection) = self.connections.get_mut(&connection) {
                    connection.look_at = None;
                }
            }
            Event::Sync(partition) => {
                self.note(format_args!("sync of {partition:?}"));
                if let Some(node) = &self.node {
                    partition.sync(node);
                }
            }
            Event::Commit => {
                self.note(format_args!("commit"));
                self.commit_is_due = false;
                if let Some(node) = &self.node {
                    node.commit_metadata(self.now());
                }
            }
            Event::Tick => {
                self.tick = None;
                if let Some(node) = &self.node {
                    node.tick(self.now());
                }
            }
            Event::Clean => {
                if let Some(node) = self.node.clone() {
                    let next = self.cleaner.step(&node, self.now(), &mut |_| true);
                    let delay = self.nodes.u64(..=self.weather.sync_delay_us_max) * 1000;
                    let at = match next {
                        Step::Again => self.time_ns,
                        Step::Rest(until) => (self.born_ns + until.0).max(self.time_ns),
                    };
                    self.note(format_args!("the cleaner: {next:?}"));
                    self.at(at + delay, Event::Clean);
                }
            }
            Event::Overdue { life } => {
                if life == self.life
                    && let Some((death, _)) = self.dying
                {
                    self.die(death)?;
                }
            }
            Event::Start => self.start()?,
        }
        self.settle()
    }

    /// The node's sockets and threads: what can be answered is, what it wants done becomes an event.
    fn settle(&mut self) -> Result<Vec<(u64, Vec<u8>)>, String> {
        let Some(node) = self.node.clone() else { return Ok(Vec::new()) };
        let (now, mut outgoing, mut closed) = (self.now(), Vec::new(), Vec::new());
        let mut looks = Vec::new();
        for (&id, connection) in &mut self.connections {
            match connection.step(&node, now) {
                Ok(answers) => outgoing.extend(answers.into_iter().map(|frame| (id, frame))),
                Err(reason) => closed.push((id, reason)),
            }
            if let Some(deadline) = connection.deadline()
                && connection.look_at.is_none_or(|at| deadline < at)
            {
                connection.look_at = Some(deadline);
                looks.push((self.born_ns + deadline.0, id));
            }
        }
        for (at, connection) in looks {
            self.at(at.max(self.time_ns), Event::Look { connection });
        }
        for (id, reason) in closed {
            if self.dying.is_none_or(|(_, stop_at)| self.disk.changes() < stop_at) {
                return Err(format!("the node closes connection {id}: {reason}"));
            }
        }
        self.connections.retain(|_, connection| !connection.is_finished());
        while let Some(partition) = node.syncs.take() {
            let delay = self.nodes.u64(..=self.weather.sync_delay_us_max) * 1000;
            self.after(delay, Event::Sync(partition));
        }
        let status = node.controller.status();
        if status.log_end > status.high_watermark && !self.commit_is_due {
            self.commit_is_due = true;
            let delay = self.nodes.u64(..=self.weather.sync_delay_us_max) * 1000;
            self.after(delay, Event::Commit);
        }
        if let Some(at) = node.poll_timeout() {
            let at = (self.born_ns + at.0).max(self.time_ns);
            if self.tick.is_none_or(|(known, _)| at < known) {
                if let Some(known) = self.tick {
                    self.events.remove(&known);
                }
                let late = self.nodes.u64(..1_000_000);
                self.tick = Some(self.at(at + late, Event::Tick));
            }
        }
        Ok(outgoing)
    }

    fn latency_ns(&mut self) -> u64 {
        self.network.u64(..=self.weather.latency_us_max) * 1000
    }

    fn send_answer(&mut self, id: u64, frame: Vec<u8>) {
        let latency = self.latency_ns().min(WIRE_NS / 2);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !connection.is_open {
            return;
        }
        let at = connection.last_arrival_ns.max(self.time_ns + latency);
        connection.last_arrival_ns = at;
        let client = connection.client;
        self.at(at, Event::Answer { connection: id, client, frame });
    }

    fn connect(&mut self, client: usize) {
        if self.node.is_none() {
            return self.tell(client, Input::Lost);
        }
        self.next_connection += 1;
        let id = self.next_connection;
        self.connections.insert(id, Connection::new(client, 40_000 + client as u16));
        self.clients[client].connection = Some(id);
        let name = self.clients[client].client.name().to_owned();
        self.note(format_args!("{name} is connected, #{id}"));
        self.tell(client, Input::Connected);
    }

    /// Tells a client, and does what it wants.
    fn tell(&mut self, client: usize, input: Input) {
        let mut outputs = Vec::new();
        let now = self.now();
        let one = &mut self.clients[client];
        let mut cx = Cx {
            now,
            rng: &mut one.rng,
            history: &mut self.history,
            is_ending: self.is_ending,
            trace: &mut self.trace,
            at_ns: self.time_ns,
            outputs: &mut outputs,
        };
        one.client.on(input, &mut cx);
        for output in outputs {
            match output {
                // Nobody comes back before what was under way has arrived.
                Output::Connect { after_us } => self.after(WIRE_NS + after_us * 1000, Event::Connect { client }),
                Output::Wake { after_us } => self.after(after_us * 1000, Event::Wake { client }),
                Output::Send(frame) => {
                    let latency = self.latency_ns();
                    let id = self.clients[client].connection;
                    // Over one that is broken nothing arrives any more: what was sent before may have been lost, and TCP
                    // leaves out nothing in between.
                    let open = id.and_then(|id| Some((id, self.connections.get_mut(&id)?)));
                    let Some((id, connection)) = open.filter(|(_, connection)| connection.is_open) else {
                        continue;
                    };
                    let at = connection.last_sent_ns.max(self.time_ns + latency);
                    connection.last_sent_ns = at;
                    self.at(at, Event::Request { connection: id, frame });
                }
            }
        }
    }

    /// What must be true after every event.
    fn check(&mut self) -> Result<(), String> {
        if let Some(violation) = self.history.violation() {
            return Err(violation.to_owned());
        }
        let Some(node) = &self.node else { return Ok(()) };
        if self.dying.is_some_and(|(_, stop_at)| self.disk.changes() >= stop_at) {
            return Ok(());
        }
        if let Some(trouble) = node.trouble() {
            return Err(format!("the node cannot go on: {trouble}"));
        }
        for partition in node.topics.partitions() {
            let (start, end, high_watermark) = (partition.log_start(), partition.log_end(), partition.high_watermark());
            if start > high_watermark || high_watermark > end || partition.is_offline() {
                let state = if partition.is_offline() { "offline" } else { "impossible" };
                return Err(format!("{partition:?} is {state}: {start} <= {high_watermark} <= {end}"));
            }
            let key = (partition.topic_id(), partition.index());
            let known = self.high_watermarks.entry(key).or_insert(high_watermark);
            if high_watermark < *known {
                return Err(format!("{partition:?}: the high watermark fell from {known} to {high_watermark}"));
            }
            *known = high_watermark;
        }
        Ok(())
    }
}

/// A request, for the trace.
struct Asked<'a>(&'a [u8]);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.0.get(FRAME_SIZE_LEN..FRAME_SIZE_LEN + 2).and_then(|key| key.try_into().ok());
        let key = api::ApiKey(key.map_or(-1, i16::from_be_bytes));
        write!(f, "{key}, {} bytes", self.0.len())
    }
}
