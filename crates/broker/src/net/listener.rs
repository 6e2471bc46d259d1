//! Listening sockets: binding them, saying who is there already, and accepting within limits.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{Peer, Shared, connection};

/// How many connections may wait to be accepted. The usual 1,024 makes a storm of reconnecting clients run into the
/// kernel's one-second retries.
const BACKLOG: i32 = 4096;

/// A bound socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    name: Arc<str>,
    is_controller: bool,
}

/// Why a listener could not be bound.
#[derive(Debug)]
pub struct BindError {
    /// The listener's name.
    pub listener: String,
    /// What it should have been bound to, `host:port`.
    pub address: String,
    /// The process that listens there, where it can be found.
    pub holder: Option<String>,
    /// What the system said.
    pub source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listener {} cannot use {}: ", self.listener, self.address)?;
        if self.source.kind() != io::ErrorKind::AddrInUse {
            return write!(f, "{}", self.source);
        }
        match &self.holder {
            Some(holder) => write!(f, "{holder} listens there; stop it, or choose another port"),
            None => f.write_str("another process listens there; stop it, or choose another port"),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl Listener {
    /// Binds `host:port`; an empty host is every address, port 0 any free one. To be called within a tokio runtime.
    ///
    /// # Errors
    /// The host is unknown, or the port is taken.
    pub fn bind(name: &str, host: &str, port: u16, is_controller: bool) -> Result<Self, BindError> {
        let failed = |source: io::Error| BindError {
            listener: name.to_owned(),
            address: format!("{host}:{port}"),
            holder: if source.kind() == io::ErrorKind::AddrInUse { holder_of(port) } else { None },
            source,
        };
        let address = resolve(host, port).map_err(failed)?;
        let socket = listen(address).map_err(failed)?;
        Ok(Self { socket, name: name.into(), is_controller })
    }

    /// Where it listens.
    ///
    /// # Panics
    /// If the system does not know.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket has an address")
    }

    /// The listener's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Accepts and serves connections until it is dropped.
    pub async fn run(self, shared: Arc<Shared>) {
        let mut tasks = JoinSet::new();
        let per_ip = Arc::new(Mutex::new(BTreeMap::<IpAddr, usize>::new()));
        loop {
            while tasks.try_join_next().is_some() {}
            let (stream, address) = match self.socket.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly no descriptors left; those that are there will be given back.
                    tracing::warn!(listener = %self.name, %error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Some(place) = Place::take(&shared, &per_ip, address.ip()) else {
                tracing::info!(%address, "connection refused, there are too many");
                continue;
            };
            let peer = Peer { address, listener: Arc::clone(&self.name), is_controller: self.is_controller };
            tasks.spawn(serve(stream, peer, Arc::clone(&shared), place));
        }
    }
}

async fn serve(stream: TcpStream, peer: Peer, shared: Arc<Shared>, place: Place) {
    connection::serve(stream, peer, shared).await;
    drop(place);
}

/// One of the connections that an address may have.
struct Place {
    per_ip: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    address: IpAddr,
}

impl Place {
    fn take(shared: &Shared, per_ip: &Arc<Mutex<BTreeMap<IpAddr, usize>>>, address: IpAddr) -> Option<Self> {
        let (connections_max, per_ip_max) = shared.node.connections_max();
        if shared.connections.load(Ordering::Relaxed) >= connections_max {
            return None;
        }
        let mut counts = per_ip.lock();
        let count = counts.entry(address).or_default();
        if *count >= per_ip_max {
            return None;
        }
        *count += 1;
        Some(Self { per_ip: Arc::clone(per_ip), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.per_ip.lock();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    if host.is_empty() {
        return Ok(SocketAddr::from(([0, 0, 0, 0], port)));
    }
    let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address"));
    (host, port).to_socket_addrs()?.next().ok_or_else(unknown)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The process that listens on `port`, as `name (pid 123)`, from what `/proc` shows to this user.
fn holder_of(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        std::fs::read_to_string(table).ok()?.lines().skip(1).find_map(|line| {
            let fields = line.split_whitespace().collect::<Vec<_>>();
            let local = u16::from_str_radix(fields.get(1)?.rsplit(':').next()?, 16).ok()?;
            // 0A is LISTEN.
            (local == port && *fields.get(3)? == "0A").then(|| format!("socket:[{}]", fields.get(9).unwrap_or(&"")))
        })
    })?;
    std::fs::read_dir("/proc").ok()?.filter_map(Result::ok).find_map(|process| {
        let pid = process.file_name().to_str()?.parse::<u32>().ok()?;
        let mut files = std::fs::read_dir(process.path().join("fd")).ok()?.filter_map(Result::ok);
        files.any(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target.as_os_str() == inode.as_str())).then(
            || {
                let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
                format!("{} (pid {pid})", name.trim())
            },
        )
    })
}
