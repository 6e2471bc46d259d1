//! What to say when a command fails: what is wrong, what to do next, and the exit code.

use std::{fmt, io, process::ExitCode};

use anyhow::{Error, Result};
use client::{
    admin::AdminError,
    cluster::ClusterError,
    connection::{CallError, ConnectError},
    consumer::ConsumeError,
    group::GroupError,
    producer::ProduceError,
};
use protocol::ErrorCode;
use serde_json::json;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNREACHABLE: u8 = 3;

/// A command line that means nothing, found after it was parsed.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Says what went wrong, if anything did; the exit code.
pub(crate) fn report(result: Result<()>, json: bool) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    // Whoever reads our output has had enough, as `head` has.
    if error.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)) {
        return ExitCode::SUCCESS;
    }
    let hint = hint(&error);
    if json {
        eprintln!("{}", json!({ "error": format!("{error:#}"), "hint": hint, "exit_code": exit_code(&error) }));
    } else {
        eprintln!("error: {error:#}");
        if let Some(hint) = hint {
            eprintln!("  {hint}");
        }
    }
    ExitCode::from(exit_code(&error))
}

fn exit_code(error: &Error) -> u8 {
    match cluster_error(error) {
        Some(ClusterError::Unreachable { .. } | ClusterError::Broker { .. }) => UNREACHABLE,
        _ if error.downcast_ref::<Usage>().is_some() => USAGE,
        _ => FAILED,
    }
}

/// The failure to ask a cluster that an error comes from, if it does.
fn cluster_error(error: &Error) -> Option<&ClusterError> {
    error.chain().find_map(|cause| {
        if let Some(AdminError::Cluster(error)) = cause.downcast_ref() {
            Some(error)
        } else if let Some(ProduceError::Cluster(error)) = cause.downcast_ref() {
            Some(error)
        } else if let Some(ConsumeError::Cluster(error)) = cause.downcast_ref() {
            Some(error)
        } else if let Some(GroupError::Cluster(error) | GroupError::Consume(ConsumeError::Cluster(error))) =
            cause.downcast_ref()
        {
            Some(error)
        } else {
            cause.downcast_ref()
        }
    })
}

/// What a broker answered, if that is what an error comes from.
fn refused_with(error: &Error) -> Option<ErrorCode> {
    if let Some(ClusterError::Topic { code, .. }) = cluster_error(error) {
        return Some(*code);
    }
    error.chain().find_map(|cause| match cause.downcast_ref::<AdminError>() {
        Some(AdminError::Refused(refusal)) => Some(refusal.code),
        _ => match cause.downcast_ref::<ProduceError>() {
            Some(ProduceError::Refused { code, .. }) => Some(*code),
            _ => cause.downcast_ref::<client::admin::Refusal>().map(|refusal| refusal.code),
        },
    })
}

/// What to do next.
fn hint(error: &Error) -> Option<String> {
    match cluster_error(error) {
        Some(ClusterError::Unreachable { tried }) => return Some(connect_hint(tried)),
        Some(ClusterError::Broker { .. }) => {
            return Some(
                "The cluster answered, but names an address for that broker that does not work from here: see its \
                 advertised.listeners."
                    .to_owned(),
            );
        }
        Some(ClusterError::Call(CallError::Unsupported { theirs: None, .. })) => {
            return Some(
                "Brokers and controllers offer different requests; this may be a controller's port.".to_owned(),
            );
        }
        Some(ClusterError::Call(CallError::TimedOut { .. })) => {
            return Some("--timeout gives the broker more time.".to_owned());
        }
        _ => {}
    }
    if let Some(ConsumeError::OutOfRange { .. }) = error.downcast_ref() {
        return Some("--from-beginning starts at the first record there is; -o accepts offsets in that range.".into());
    }
    let hint = match refused_with(error)? {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {
            "`milena topic list` shows the topics there are; `milena topic create NAME` makes one."
        }
        ErrorCode::TOPIC_ALREADY_EXISTS => {
            "`milena topic describe NAME` shows it; with --if-not-exists this is no error."
        }
        ErrorCode::INVALID_REPLICATION_FACTOR => "`milena cluster describe` shows how many brokers there are.",
        ErrorCode::GROUP_ID_NOT_FOUND => "`milena group list` shows the groups there are.",
        ErrorCode::NON_EMPTY_GROUP | ErrorCode::UNKNOWN_MEMBER_ID => {
            "The group's members must leave first; `milena group describe GROUP` shows who they are."
        }
        ErrorCode::INVALID_TOPIC_EXCEPTION => {
            "Names have 1 to 249 of the characters a-z A-Z 0-9 . _ - and are neither '.' nor '..'."
        }
        ErrorCode::MESSAGE_TOO_LARGE => "max.message.bytes of the topic says how large a batch may be.",
        ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC => "A member of the group reads the topic; it must leave first.",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn connect_hint(tried: &[ConnectError]) -> String {
    let hint = match tried.first() {
        Some(ConnectError::Address { .. }) => "--bootstrap-server takes host:port, as in localhost:9092.",
        Some(ConnectError::NotKafka { .. } | ConnectError::Refusal { .. }) => {
            "--bootstrap-server must name a broker's listener without TLS and SASL."
        }
        Some(ConnectError::TimedOut { .. }) => "Is there a firewall? --bootstrap-server says where else to look.",
        _ => "Is the broker running? --bootstrap-server says where else to look.",
    };
    hint.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use client::admin::Refusal;

    #[test]
    fn a_broker_that_is_not_there_is_told_apart_from_one_that_refuses() {
        let refused = ConnectError::Refused { address: "h:1".to_owned() };
        let unreachable = Error::from(AdminError::from(ClusterError::Unreachable { tried: vec![refused] }));
        assert_eq!(exit_code(&unreachable), UNREACHABLE);
        assert!(hint(&unreachable).unwrap().contains("--bootstrap-server"));

        let refusal = Refusal { code: ErrorCode::TOPIC_ALREADY_EXISTS, message: String::new() };
        let refused = Error::from(AdminError::from(refusal)).context("topic 'x'");
        assert_eq!(exit_code(&refused), FAILED);
        assert!(hint(&refused).unwrap().contains("--if-not-exists"));

        assert_eq!(exit_code(&Error::from(Usage("no".to_owned()))), USAGE);
    }
}
