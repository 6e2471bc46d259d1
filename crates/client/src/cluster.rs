//! A cluster: where its brokers are, who leads what, and how long to try again.
//!
//! The bootstrap servers are only a way in. From the first answer on, brokers are known by id and reached at the
//! address they advertise. Connections are made when first needed and made again when they broke. What is known of
//! topics is kept until somebody says that it no longer holds ([`Cluster::forget_topic`]), which a caller does when a
//! broker answers NOT_LEADER_OR_FOLLOWER and its kin.
//!
//! Trying again is the same everywhere, and is here: [`Retry`] waits 20 ms, then twice as long each time up to a
//! second, until the operation's deadline.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use protocol::{
    Encode, ErrorCode,
    api::Request,
    messages::{
        find_coordinator::FindCoordinatorRequest,
        metadata::{MetadataRequest, MetadataRequestTopic},
    },
    types::{BrokerId, Str, TopicPartition},
};
use tokio::time::{Instant, sleep};

use crate::connection::{Answer, ConnectOptions, Connection};

mod error;
mod metadata;

pub use error::ClusterError;
pub(crate) use metadata::owned;
pub use metadata::{Broker, Metadata, Partition, Topic};

/// The port that an address without one means.
pub const DEFAULT_PORT: u16 = 9092;

const RETRY_DELAY_MIN: Duration = Duration::from_millis(20);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(1);
/// FindCoordinator for a group, not for a transactional id.
const KEY_TYPE_GROUP: i8 = 0;

/// How a cluster is reached and how patient its client is.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// `host:port` or `host`, tried in this order.
    pub bootstrap: Vec<String>,
    /// How connections are made.
    pub connect: ConnectOptions,
    /// How long an operation is tried again while the cluster says "not yet".
    pub retry_for: Duration,
}

impl ClusterOptions {
    /// The defaults over a list as `bootstrap.servers` has it: `host:port,host:port`.
    #[must_use]
    pub fn bootstrap(servers: &str) -> Self {
        Self {
            bootstrap: servers.split(',').map(str::trim).filter(|s| !s.is_empty()).map(with_port).collect(),
            connect: ConnectOptions::default(),
            retry_for: Duration::from_secs(30),
        }
    }
}

/// An address with a port, the usual one if it has none.
fn with_port(server: &str) -> String {
    let bare_v6 = server.matches(':').count() > 1 && !server.starts_with('[');
    if bare_v6 {
        format!("[{server}]:{DEFAULT_PORT}")
    } else if server.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']')) {
        server.to_owned()
    } else {
        format!("{server}:{DEFAULT_PORT}")
    }
}

/// Trying again with growing pauses, until a deadline.
#[derive(Debug)]
pub struct Retry {
    deadline: Instant,
    delay: Duration,
}

impl Retry {
    /// Tries for so long.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self { deadline: Instant::now() + time, delay: RETRY_DELAY_MIN }
    }

    /// Waits, if there is time left for another try; says whether there is.
    pub async fn again(&mut self) -> bool {
        if Instant::now() + self.delay > self.deadline {
            return false;
        }
        sleep(self.delay).await;
        self.delay = (self.delay * 2).min(RETRY_DELAY_MAX);
        true
    }
}

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// Whoever is connected already.
    Any,
    /// The controller, or the broker that passes on to it.
    Controller,
    /// This broker.
    Broker(BrokerId),
    /// The coordinator of this group.
    Coordinator(&'a str),
}

/// A cluster. Clones share its connections and what is known of it.
#[derive(Clone, Debug)]
pub struct Cluster {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: ClusterOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The connection to a bootstrap server, of which the broker id is not known.
    entry: Option<Connection>,
    connections: BTreeMap<BrokerId, Connection>,
    brokers: BTreeMap<BrokerId, Broker>,
    controller: Option<BrokerId>,
    topics: BTreeMap<String, Topic>,
    coordinators: BTreeMap<String, BrokerId>,
}

impl Cluster {
    /// Connects to the first bootstrap server that can be reached.
    ///
    /// # Errors
    /// [`ClusterError::Unreachable`].
    pub async fn connect(options: ClusterOptions) -> Result<Self, ClusterError> {
        let cluster = Self { shared: Arc::new(Shared { options, state: Mutex::default() }) };
        cluster.any().await?;
        Ok(cluster)
    }

    /// The options it was made with.
    #[must_use]
    pub fn options(&self) -> &ClusterOptions {
        &self.shared.options
    }

    /// Trying again as long as the options say.
    #[must_use]
    pub fn retry(&self) -> Retry {
        Retry::within(self.shared.options.retry_for)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("nothing panics while it holds this lock")
    }

    /// Sends a request in the newest common version and waits for its answer. What the answer says is the caller's to
    /// read.
    ///
    /// # Errors
    /// A node that cannot be found or reached, or does not answer.
    pub async fn call<'r, R: Request<'r> + Encode>(&self, node: Node<'_>, request: &R) -> Result<Answer, ClusterError> {
        Ok(self.connection(node).await?.call(request).await?)
    }

    /// A connection to a node.
    ///
    /// # Errors
    /// A node that cannot be found or reached.
    pub async fn connection(&self, node: Node<'_>) -> Result<Connection, ClusterError> {
        match node {
            Node::Any => self.any().await,
            Node::Broker(id) => self.broker(id).await,
            Node::Coordinator(group) => {
                let id = self.coordinator(group).await?;
                self.broker(id).await
            }
            Node::Controller => {
                let known = self.state().controller;
                let id = match known {
                    Some(id) => Some(id),
                    None => self.metadata(Some(&[]), false).await?.controller,
                };
                match id {
                    Some(id) => self.broker(id).await,
                    None => self.any().await,
                }
            }
        }
    }

    async fn any(&self) -> Result<Connection, ClusterError> {
        let known = {
            let state = self.state();
            state.entry.iter().chain(state.connections.values()).find(|c| c.is_open()).cloned()
        };
        if let Some(connection) = known {
            return Ok(connection);
        }
        let mut tried = Vec::new();
        // Whoever the cluster has named since is as good as a bootstrap server.
        let named: Vec<String> = self.state().brokers.values().map(Broker::address).collect();
        for address in self.shared.options.bootstrap.iter().chain(&named) {
            match Connection::connect(address, &self.shared.options.connect).await {
                Ok(connection) => {
                    self.state().entry = Some(connection.clone());
                    return Ok(connection);
                }
                Err(error) => tried.push(error),
            }
        }
        Err(ClusterError::Unreachable { tried })
    }

    async fn broker(&self, id: BrokerId) -> Result<Connection, ClusterError> {
        if let Some(connection) = self.state().connections.get(&id).filter(|c| c.is_open()) {
            return Ok(connection.clone());
        }
        if !self.state().brokers.contains_key(&id) {
            self.metadata(Some(&[]), false).await?;
        }
        let address = self.state().brokers.get(&id).map(Broker::address).ok_or(ClusterError::UnknownBroker { id })?;
        // Where the address is the one we came in by, that connection is this broker's.
        let entry = self.state().entry.clone().filter(|c| c.is_open() && c.address() == address);
        let connection = match entry {
            Some(connection) => connection,
            None => Connection::connect(&address, &self.shared.options.connect)
                .await
                .map_err(|error| ClusterError::Broker { id, error })?,
        };
        self.state().connections.insert(id, connection.clone());
        Ok(connection)
    }

    /// Asks for brokers and topics: all topics, or those named. What comes is remembered.
    ///
    /// # Errors
    /// No answer. Errors of single topics stand with them.
    pub async fn metadata(&self, topics: Option<&[&str]>, create: bool) -> Result<Metadata, ClusterError> {
        let connection = self.any().await?;
        let version = connection.version::<MetadataRequest<'_>>()?;
        let named = |name| MetadataRequestTopic { name: Some(Str::from(name)), ..Default::default() };
        let mut list = topics.map(|topics| topics.iter().copied().map(named).collect::<Vec<_>>());
        if version == 0 {
            // Version 0 has no null, and an empty list means all.
            list = Some(list.unwrap_or_default());
        }
        let request = MetadataRequest {
            topics: list,
            // Before version 4 the broker decides by itself.
            allow_auto_topic_creation: create || version < 4,
            ..MetadataRequest::default()
        };
        let within = self.shared.options.connect.request_timeout;
        let answer = connection.call_at(&request, version, within).await?;
        let metadata = Metadata::of(&answer.read::<MetadataRequest<'_>>()?);
        let mut state = self.state();
        state.brokers = metadata.brokers.iter().map(|broker| (broker.id, broker.clone())).collect();
        state.controller = metadata.controller;
        for topic in &metadata.topics {
            state.topics.remove(&topic.name);
            if topic.error.is_none() {
                state.topics.insert(topic.name.clone(), topic.clone());
            }
        }
        Ok(metadata)
    }

    /// A topic with all its partitions led, from memory if it is known. An absent topic is created if `create` says so
    /// and the cluster allows it.
    ///
    /// # Errors
    /// A topic that does not exist, or is not ready within the time to retry.
    pub async fn topic(&self, name: &str, create: bool) -> Result<Topic, ClusterError> {
        if let Some(topic) = self.state().topics.get(name) {
            return Ok(topic.clone());
        }
        let mut retry = self.retry();
        loop {
            let metadata = self.metadata(Some(&[name]), create).await?;
            let Some(topic) = metadata.topics.into_iter().find(|topic| topic.name == name) else {
                return Err(ClusterError::Topic {
                    topic: name.to_owned(),
                    code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                });
            };
            let waits = match topic.error {
                ErrorCode::NONE => topic.partitions.iter().any(|p| p.leader.is_none()),
                // An absent topic appears soon if it is being created, else never.
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => create,
                code => code.is_retriable(),
            };
            if !waits || !retry.again().await {
                return match topic.error {
                    ErrorCode::NONE => Ok(topic),
                    code => Err(ClusterError::Topic { topic: topic.name, code }),
                };
            }
        }
    }

    /// Who leads a partition.
    ///
    /// # Errors
    /// A topic or partition that does not exist, or has no leader.
    pub async fn leader(&self, of: &TopicPartition) -> Result<BrokerId, ClusterError> {
        let topic = self.topic(&of.topic, false).await?;
        let Some(partition) = topic.partitions.iter().find(|partition| partition.index == of.partition) else {
            return Err(ClusterError::UnknownPartition { partition: of.clone(), count: topic.partitions.len() });
        };
        partition.leader.ok_or_else(|| {
            self.forget_topic(&of.topic);
            ClusterError::NoLeader { partition: of.clone(), code: partition.error }
        })
    }

    /// Makes the next question about a topic go to the cluster.
    pub fn forget_topic(&self, topic: &str) {
        self.state().topics.remove(topic);
    }

    /// Makes the next question about a group's coordinator go to the cluster.
    pub fn forget_coordinator(&self, group: &str) {
        self.state().coordinators.remove(group);
    }

    async fn coordinator(&self, group: &str) -> Result<BrokerId, ClusterError> {
        if let Some(&id) = self.state().coordinators.get(group) {
            return Ok(id);
        }
        let request = |version: i16| {
            let key = Str::from(group);
            match version {
                0..=3 => FindCoordinatorRequest { key, key_type: KEY_TYPE_GROUP, ..Default::default() },
                _ => FindCoordinatorRequest {
                    key_type: KEY_TYPE_GROUP,
                    coordinator_keys: vec![key],
                    ..Default::default()
                },
            }
        };
        let mut retry = self.retry();
        loop {
            let connection = self.any().await?;
            let version = connection.version::<FindCoordinatorRequest<'_>>()?;
            let within = self.shared.options.connect.request_timeout;
            let answer = connection.call_at(&request(version), version, within).await?;
            let response = answer.read::<FindCoordinatorRequest<'_>>()?;
            let (code, id, host, port) = match response.coordinators.into_iter().next() {
                Some(found) => (found.error_code, found.node_id, owned(&found.host), found.port),
                None => (response.error_code, response.node_id, owned(&response.host), response.port),
            };
            if code.is_none() {
                let mut state = self.state();
                state.brokers.entry(id).or_insert(Broker { id, host, port, rack: None });
                state.coordinators.insert(group.to_owned(), id);
                return Ok(id);
            }
            if !code.is_retriable() || !retry.again().await {
                return Err(ClusterError::Coordinator { group: group.to_owned(), code });
            }
        }
    }

    /// Asks a node, anew as long as its answer says "not here" or "not yet" and time remains.
    ///
    /// # Errors
    /// What `attempt` says, and a node that cannot be found or reached.
    pub(crate) async fn retrying<T>(
        &self,
        node: Node<'_>,
        mut attempt: impl AsyncFnMut(Connection) -> Result<Attempt<T>, ClusterError>,
    ) -> Result<T, ClusterError> {
        let mut retry = self.retry();
        loop {
            let connection = self.connection(node).await?;
            match attempt(connection).await? {
                Attempt::Done(value) => return Ok(value),
                Attempt::Again(value) => {
                    match node {
                        Node::Coordinator(group) => self.forget_coordinator(group),
                        Node::Controller => self.state().controller = None,
                        Node::Any | Node::Broker(_) => {}
                    }
                    if !retry.again().await {
                        return Ok(value);
                    }
                }
            }
        }
    }
}

/// What came of asking once.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    /// An answer to keep.
    Done(T),
    /// An answer to keep only if there is no time for another.
    Again(T),
}

impl<T> Attempt<T> {
    /// `Again` if one of the codes is worth another try.
    pub(crate) fn of(value: T, codes: impl IntoIterator<Item = ErrorCode>) -> Self {
        if codes.into_iter().any(|code| code.is_retriable()) { Self::Again(value) } else { Self::Done(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_gets_kafkas() {
        for (given, meant) in [
            ("localhost", "localhost:9092"),
            ("localhost:29192", "localhost:29192"),
            ("[::1]", "[::1]:9092"),
            ("[::1]:1", "[::1]:1"),
            ("::1", "[::1]:9092"),
        ] {
            assert_eq!(with_port(given), meant);
        }
        let servers = ClusterOptions::bootstrap("a:1, b,").bootstrap;
        assert_eq!(servers, ["a:1", "b:9092"]);
    }

    #[tokio::test(start_paused = true)]
    async fn trying_again_takes_longer_each_time_and_ends() {
        let (started, mut retry) = (Instant::now(), Retry::within(Duration::from_secs(5)));
        let mut tries = 0;
        while retry.again().await {
            tries += 1;
        }
        assert_eq!(tries, 9, "20 ms doubling to 1 s, and what of 5 s is left");
        assert!(started.elapsed() <= Duration::from_secs(5));
    }

    #[tokio::test]
    async fn every_bootstrap_server_that_failed_is_named() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = Cluster::connect(ClusterOptions::bootstrap(&format!("{free},no.such.host.invalid:1"))).await;
        let ClusterError::Unreachable { tried } = error.unwrap_err() else { panic!() };
        assert_eq!(tried.len(), 2);
        assert_eq!(tried[0].address(), free.to_string());
    }
}
