//! A whole server with its sockets and threads, on a real disk, for what only those can show.
//!
//! Nothing here depends on how quick the machine is: what is waited for comes, or the connection is closed; the timeout
//! only ends a test that has failed.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use broker::runtime::Server;
use protocol::{
    Decode, Encode, ErrorCode,
    api::Request,
    messages::create_topics::{CreatableTopic, CreateTopicsRequest},
};
use storage::disk::OsDisk;
use tempfile::TempDir;

use crate::node::{Settings, config, decode_frame, format_dir};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server in a directory that goes with it.
pub(crate) struct TestServer {
    server: Option<Server>,
    address: SocketAddr,
    dir: TempDir,
}

/// The settings of a server in `dir`: Kafka's defaults, any free port, and `settings` on top.
pub(crate) fn settings_in(dir: &TempDir, settings: &[(&'static str, &'static str)]) -> Settings {
    let path: &'static str = dir.path().display().to_string().leak();
    let listeners = ("listeners", "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0");
    [listeners, ("log.dirs", path)].into_iter().chain(settings.iter().copied()).collect()
}

impl TestServer {
    /// A server with these settings.
    pub(crate) fn with(settings: &[(&'static str, &'static str)]) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let config = config(&settings_in(&dir, settings));
        format_dir(&OsDisk, &config);
        let server = Server::start(config).expect("a server starts");
        let address = server.listeners()[0].address;
        Self { server: Some(server), address, dir }
    }

    /// The server itself.
    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> &TempDir {
        &self.dir
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connects.
    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        Client { stream, correlation_id: 0 }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().expect("a clean stop");
        }
    }
}

/// A connection that speaks frames.
pub(crate) struct Client {
    stream: TcpStream,
    correlation_id: i32,
}

impl Client {
    /// Sends bytes; whether the other end still takes them does not matter here.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            let is_closed = matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset);
            assert!(is_closed, "sending: {error}");
        }
    }

    /// Sends a request. Returns its number.
    pub(crate) fn request<'a, R: Request<'a> + Encode>(&mut self, version: i16, request: &R) -> i32 {
        self.correlation_id += 1;
        let frame = protocol::api::request_frame(request, version, self.correlation_id, Some("tester".into()));
        self.send(&frame.expect("a request"));
        self.correlation_id
    }

    /// The next frame, with its size; `None` if the connection is closed.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut size = [0; 4];
        self.fill(&mut size)?;
        let mut frame = vec![0; 4 + u32::from_be_bytes(size) as usize];
        frame[..4].copy_from_slice(&size);
        self.fill(&mut frame[4..])?;
        Some(frame)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Option<()> {
        match self.stream.read_exact(buffer) {
            Ok(()) => Some(()),
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => None,
            Err(error) => panic!("receiving: {error}"),
        }
    }

    /// The number of the request that the next frame answers.
    pub(crate) fn next_answered(&mut self) -> i32 {
        let frame = self.receive().expect("an answer");
        i32::from_be_bytes(frame[4..8].try_into().expect("four bytes"))
    }

    /// Sends a request and gives the answer.
    pub(crate) fn ask<R>(&mut self, version: i16, request: &R) -> R::Response
    where
        R: Request<'static> + Encode,
        R::Response: Decode<'static>,
    {
        self.try_ask(version, request).expect("an answer")
    }

    /// Sends a request and gives the answer, or nothing if the connection is closed.
    pub(crate) fn try_ask<R>(&mut self, version: i16, request: &R) -> Option<R::Response>
    where
        R: Request<'static> + Encode,
        R::Response: Decode<'static>,
    {
        self.request(version, request);
        Some(decode_frame::<R>(version, self.receive()?))
    }

    /// Sends no more.
    pub(crate) fn half_close(&self) {
        self.stream.shutdown(Shutdown::Write).expect("a socket can be half closed");
    }

    /// Asserts that the other end closes the connection and sends nothing more.
    pub(crate) fn assert_closed(&mut self, why: &str) {
        let got = self.receive();
        assert!(got.is_none(), "{why}: got {got:?}");
    }

    /// Asserts that the other end is still there.
    pub(crate) fn assert_open(&mut self) {
        use protocol::messages::api_versions::ApiVersionsRequest;
        self.ask(0, &ApiVersionsRequest::default());
    }
}

/// Makes the topic `t` of one partition.
pub(crate) fn make_topic(client: &mut Client) {
    let topic =
        CreatableTopic { name: "t".into(), num_partitions: 1, replication_factor: 1, ..CreatableTopic::default() };
    let request = CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() };
    assert_eq!(client.ask(7, &request).topics[0].error_code, ErrorCode::NONE);
}
