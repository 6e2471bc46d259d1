//! Listeners as text and as what they mean.
//!
//! Source: Kafka `SocketServerConfigs.listenerListToEndPoints`, `AbstractKafkaConfig.effectiveListenerSecurityProtocolMap`
//! and `listenerListToEndPoints`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where connections are accepted, or where clients are told to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The name, in capitals.
    pub name: String,
    /// Name or address without brackets. Empty: every address of the machine when accepting, the machine's own name
    /// when advertised.
    pub host: String,
    /// The port; 0 takes a free one when accepting, and stands for the one taken when advertised.
    pub port: u16,
    /// What is spoken there.
    pub protocol: SecurityProtocol,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "{}://[{}]:{}", self.name, self.host, self.port)
        } else {
            write!(f, "{}://{}:{}", self.name, self.host, self.port)
        }
    }
}

/// What is spoken on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// Neither encryption nor authentication.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL over a bare connection.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    /// The name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    /// The code in metadata records.
    pub fn code(self) -> i16 {
        match self {
            Self::Plaintext => 0,
            Self::Ssl => 1,
            Self::SaslPlaintext => 2,
            Self::SaslSsl => 3,
        }
    }

    /// The protocol of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

/// Which protocol each listener name speaks.
pub(super) type ProtocolMap = BTreeMap<String, SecurityProtocol>;

/// Reads `NAME:PROTOCOL,…`. Names are compared in capitals.
pub(super) fn parse_protocol_map(text: &str) -> Result<ProtocolMap, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = |pair: &str| {
        let (name, protocol) =
            pair.rsplit_once(':').ok_or_else(|| format!("{pair} is not of the form NAME:PROTOCOL"))?;
        let protocol = SecurityProtocol::from_name(protocol.trim()).ok_or_else(|| {
            let known = SecurityProtocol::ALL.map(SecurityProtocol::name).join(", ");
            format!("{} is no security protocol; there are {known}", protocol.trim())
        })?;
        Ok((name.trim().to_ascii_uppercase(), protocol))
    };
    pairs.map(read).collect()
}

/// Reads `NAME://host:port`, where the host may be empty or an IPv6 address in brackets.
pub(super) fn parse_listener(text: &str, protocols: &ProtocolMap) -> Result<Listener, String> {
    let unreadable = || format!("unable to parse {text}: a listener is NAME://host:port");
    let (name, address) = text.split_once("://").ok_or_else(unreadable)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(unreadable)?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(unreadable)?,
        None => host,
    };
    let in_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-%._:".contains(&byte);
    if name.is_empty() || !host.bytes().all(in_a_host) {
        return Err(unreadable());
    }
    let port = port.parse().map_err(|_| format!("{port} in {text} is no port; ports are 0 to 65535"))?;
    let name = name.to_ascii_uppercase();
    let protocol = *protocols.get(&name).ok_or_else(|| {
        format!("no security protocol is defined for listener {name}; add it to listener.security.protocol.map")
    })?;
    Ok(Listener { name, host: host.to_owned(), port, protocol })
}

/// Names must differ. So must ports, unless two listeners share one over IPv4 and IPv6; 0 does not count.
pub(super) fn check_distinct(listeners: &[Listener], ports_too: bool) -> Result<(), String> {
    for (index, one) in listeners.iter().enumerate() {
        for other in &listeners[..index] {
            if one.name == other.name {
                return Err(format!("each listener must have a different name, but {} is there twice", one.name));
            }
            if ports_too && one.port != 0 && one.port == other.port && !share_a_port(one, other) {
                return Err(format!(
                    "each listener must have a different port, but {other} and {one} share one; only an IPv4 and an \
                     IPv6 address may",
                ));
            }
        }
    }
    Ok(())
}

fn share_a_port(one: &Listener, other: &Listener) -> bool {
    let is_v4 = |listener: &Listener| listener.host.parse::<Ipv4Addr>().is_ok();
    let is_v6 = |listener: &Listener| listener.host.parse::<Ipv6Addr>().is_ok();
    (is_v4(one) && is_v6(other)) || (is_v6(one) && is_v4(other))
}
