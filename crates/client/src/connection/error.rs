//! What can go wrong with a connection: while it is made, and while it is used.

use std::{fmt, io, sync::Arc, time::Duration};

use protocol::{DecodeError, EncodeError, ErrorCode, api::ApiKey};

/// Why there is no connection to an address.
#[derive(Clone, Debug)]
pub enum ConnectError {
    /// The address is not `host:port`.
    Address {
        /// What was given.
        address: String,
    },
    /// The host's name means nothing here.
    Resolve {
        /// `host:port`.
        address: String,
        /// What the resolver said.
        error: Arc<io::Error>,
    },
    /// The host is there and nothing listens on the port.
    Refused {
        /// `host:port`.
        address: String,
    },
    /// Nobody answered in time.
    TimedOut {
        /// `host:port`.
        address: String,
        /// How long was waited.
        after: Duration,
    },
    /// Another failure of the network.
    Io {
        /// `host:port`.
        address: String,
        /// What the system said.
        error: Arc<io::Error>,
    },
    /// Somebody answered, and not as a Kafka broker does.
    NotKafka {
        /// `host:port`.
        address: String,
        /// What it seems to be.
        guess: &'static str,
    },
    /// It is a broker, and refused to say which versions it has.
    Refusal {
        /// `host:port`.
        address: String,
        /// What it answered.
        code: ErrorCode,
    },
}

impl ConnectError {
    /// The address that could not be reached.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Address { address }
            | Self::Resolve { address, .. }
            | Self::Refused { address }
            | Self::TimedOut { address, .. }
            | Self::Io { address, .. }
            | Self::NotKafka { address, .. }
            | Self::Refusal { address, .. } => address,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { address } => write!(f, "'{address}' is not an address of the form host:port"),
            Self::Resolve { address, error } => write!(f, "the name in {address} cannot be resolved: {error}"),
            Self::Refused { address } => write!(f, "nothing listens on {address}"),
            Self::TimedOut { address, after } => write!(f, "{address} did not answer within {after:?}"),
            Self::Io { address, error } => write!(f, "cannot connect to {address}: {error}"),
            Self::NotKafka { address, guess } => write!(f, "{address} does not speak Kafka's protocol: {guess}"),
            Self::Refusal { address, code } => write!(f, "{address} refused the first request: {code}"),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Why a request has no answer.
#[derive(Clone, Debug)]
pub enum CallError {
    /// The connection ended first. Whether the broker acted on the request is unknown.
    Closed {
        /// `host:port`.
        address: String,
        /// What ended it, where it was not the peer's wish.
        reason: Option<Arc<io::Error>>,
    },
    /// No answer in time. Whether the broker acted on the request is unknown.
    TimedOut {
        /// `host:port`.
        address: String,
        /// The API.
        api: ApiKey,
        /// How long was waited.
        after: Duration,
    },
    /// The broker does not have the API at all, or in no version that this client knows.
    Unsupported {
        /// `host:port`.
        address: String,
        /// The API.
        api: ApiKey,
        /// The versions of this client.
        ours: (i16, i16),
        /// The versions of the broker; `None` if it does not have the API.
        theirs: Option<(i16, i16)>,
    },
    /// The request says something that the version in use cannot hold.
    Encode {
        /// The API.
        api: ApiKey,
        /// What does not fit.
        error: EncodeError,
    },
    /// The answer makes no sense.
    Decode {
        /// The API.
        api: ApiKey,
        /// What is wrong with it.
        error: DecodeError,
    },
}

impl CallError {
    /// Whether the same request may succeed on a new connection.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::TimedOut { .. })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { address, reason: None } => write!(f, "{address} closed the connection"),
            Self::Closed { address, reason: Some(reason) } => {
                write!(f, "the connection to {address} broke: {reason}")
            }
            Self::TimedOut { address, api, after } => write!(f, "{address} did not answer {api} within {after:?}"),
            Self::Unsupported { address, api, theirs: None, .. } => write!(f, "{address} does not offer {api}"),
            Self::Unsupported { address, api, ours, theirs: Some(theirs) } => write!(
                f,
                "{address} has {api} in versions {}-{}, and this client in {}-{}",
                theirs.0, theirs.1, ours.0, ours.1
            ),
            Self::Encode { api, error } => write!(f, "{api} cannot be sent: {error}"),
            Self::Decode { api, error } => write!(f, "the answer to {api} cannot be read: {error}"),
        }
    }
}

impl std::error::Error for CallError {}
