//! Rules between several configs.

use super::listeners::{Listener, ProtocolMap, SecurityProtocol, check_distinct, parse_listener, parse_protocol_map};
use super::{Notices, ServerConfigError};
use crate::config::layers::BrokerLayers;
use crate::config::value::{Address, Voter, parse_address};

fn rule(text: impl Into<String>) -> ServerConfigError {
    ServerConfigError::Rule(text.into())
}

fn require(holds: bool, otherwise: &str) -> Result<(), ServerConfigError> {
    if holds { Ok(()) } else { Err(rule(otherwise)) }
}

/// The rules that are not about listeners.
pub(super) fn check(layers: BrokerLayers<'_>, notices: &mut Notices) -> Result<(), ServerConfigError> {
    check_node(layers)?;
    check_dynamic(layers)?;
    let heartbeat = layers.int("broker.heartbeat.interval.ms");
    let session = layers.int("broker.session.timeout.ms");
    if i64::from(heartbeat) * 2 > i64::from(session) {
        notices.warnings.push(format!(
            "broker.heartbeat.interval.ms ({heartbeat}) should be at most half of broker.session.timeout.ms \
             ({session}): a broker that misses one heartbeat is fenced."
        ));
    }
    Ok(())
}

/// The rules that a change at run time could break.
pub(in crate::config) fn check_dynamic(layers: BrokerLayers<'_>) -> Result<(), ServerConfigError> {
    check_logs(layers)?;
    check_network(layers)
}

fn check_node(layers: BrokerLayers<'_>) -> Result<(), ServerConfigError> {
    let Some(roles) = layers.list("process.roles") else {
        return Err(rule("process.roles is missing: set it to broker,controller"));
    };
    require(roles.len() == 2, "process.roles must be broker,controller: a node of one role is not supported yet")?;
    let Some(node_id) = layers.long_if_set("node.id") else {
        return Err(rule("node.id is missing: give the node a number, 1 for example"));
    };
    require(node_id == layers.long("broker.id"), "node.id and broker.id must be the same; broker.id can be taken out")?;
    require(node_id >= 0, "node.id must not be negative")?;
    let voters = layers.list("controller.quorum.voters").unwrap_or_default();
    let servers = layers.list("controller.quorum.bootstrap.servers").unwrap_or_default();
    require(
        !voters.is_empty() || !servers.is_empty(),
        "either controller.quorum.bootstrap.servers or controller.quorum.voters must say where the controllers are: \
         set controller.quorum.bootstrap.servers to host:port of the controller listener",
    )?;
    let ids: Vec<i64> = voters.iter().filter_map(|v| Voter::parse(v)).map(|voter| i64::from(voter.id)).collect();
    if !ids.is_empty() && !ids.contains(&node_id) {
        return Err(rule(format!("controller.quorum.voters must contain this node, {node_id}, but has only {ids:?}")));
    }
    require(ids.len() <= 1, "controller.quorum.voters with several voters is not supported yet")
}

fn check_logs(layers: BrokerLayers<'_>) -> Result<(), ServerConfigError> {
    let positive = |name: &str, least: i64| layers.long_if_set(name).is_none_or(|value| value >= least);
    require(positive("log.roll.ms", 1), "log.roll.ms must be at least 1")?;
    require(positive("log.roll.jitter.ms", 0), "log.roll.jitter.ms must be at least 0")?;
    // Every negative retention means for ever; none at all would delete what was just written.
    let retention = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];
    let holding = retention.iter().find_map(|name| Some((name, layers.long_if_set(name)?)));
    if let Some((name, 0)) = holding {
        return Err(rule(format!("{name} must be -1 (for ever) or at least 1")));
    }
    let per_thread = layers.long("log.cleaner.dedupe.buffer.size") / layers.long("log.cleaner.threads").max(1);
    require(per_thread > 1 << 20, "log.cleaner.dedupe.buffer.size must be over 1 MiB for each of log.cleaner.threads")?;
    let wait = layers.int("replica.fetch.wait.max.ms");
    require(
        wait <= layers.int("replica.socket.timeout.ms"),
        "replica.socket.timeout.ms must be at least replica.fetch.wait.max.ms",
    )?;
    require(
        i64::from(wait) <= layers.long("replica.lag.time.max.ms"),
        "replica.fetch.wait.max.ms must be at most replica.lag.time.max.ms, or followers keep leaving the ISR",
    )?;
    let protocols = layers.list("group.coordinator.rebalance.protocols").unwrap_or_default();
    require(
        protocols.iter().any(|protocol| protocol == "classic"),
        "group.coordinator.rebalance.protocols must contain classic",
    )?;
    Ok(())
}

fn check_network(layers: BrokerLayers<'_>) -> Result<(), ServerConfigError> {
    let queued = layers.long("queued.max.request.bytes");
    require(
        queued <= 0 || queued >= layers.long("socket.request.max.bytes"),
        "queued.max.request.bytes must be at least socket.request.max.bytes",
    )?;
    let overrides = layers.string("max.connections.per.ip.overrides").unwrap_or_default();
    require(
        layers.int("max.connections.per.ip") != 0 || !overrides.is_empty(),
        "max.connections.per.ip can be 0 only if max.connections.per.ip.overrides is set",
    )?;
    let idle = layers.long("connections.max.idle.ms");
    require(
        idle < 0 || layers.long("connection.failed.authentication.delay.ms") < idle,
        "connection.failed.authentication.delay.ms must be less than connections.max.idle.ms",
    )
}

/// The one directory for logs.
pub(super) fn log_dir(layers: BrokerLayers<'_>) -> Result<String, ServerConfigError> {
    let (name, mut dirs) = match layers.list("log.dirs") {
        Some(dirs) => ("log.dirs", dirs),
        None => ("log.dir", layers.list("log.dir").unwrap_or_default()),
    };
    match (dirs.pop(), dirs.is_empty()) {
        (Some(dir), true) => Ok(dir),
        (Some(_), false) => Err(rule(format!("{name}: several log directories are not supported yet; give one"))),
        (None, _) => Err(rule("at least one log directory must be given by log.dirs or log.dir")),
    }
}

/// `milena.http.listener`, if it is set.
pub(super) fn http_listener(layers: BrokerLayers<'_>) -> Result<Option<Address>, ServerConfigError> {
    match layers.string("milena.http.listener") {
        Some(text) if !text.is_empty() => match parse_address(&text) {
            Some(address) => Ok(Some(address)),
            None => Err(rule(format!("milena.http.listener must be host:port, but is {text}"))),
        },
        _ => Ok(None),
    }
}

/// Every listener of a node, by what it is for.
pub(super) struct Listeners {
    pub(super) broker: Vec<Listener>,
    pub(super) advertised_broker: Vec<Listener>,
    pub(super) controller: Vec<Listener>,
    pub(super) advertised_controller: Vec<Listener>,
    pub(super) inter_broker_name: String,
}

/// Reads and checks everything about listeners, for a node that is broker and controller.
pub(super) fn listeners(layers: BrokerLayers<'_>) -> Result<Listeners, ServerConfigError> {
    let controller_names: Vec<String> = layers
        .list("controller.listener.names")
        .unwrap_or_default()
        .iter()
        .map(|name| name.to_ascii_uppercase())
        .collect();
    let texts = layers.list("listeners").unwrap_or_default();
    let is_listener = |name: &String| {
        texts.iter().filter_map(|text| text.split_once(':')).any(|(listener, _)| listener.eq_ignore_ascii_case(name))
    };
    require(
        !controller_names.is_empty() && controller_names.iter().all(is_listener),
        "controller.listener.names must name at least one of the listeners, and nothing else; for example \
         controller.listener.names=CONTROLLER with listeners=PLAINTEXT://:9092,CONTROLLER://:9093",
    )?;
    let protocols = protocol_map(layers, &controller_names, &texts)?;
    let all = read("listeners", &texts, &protocols, true)?;
    if let Some(other) = all.iter().find(|listener| listener.protocol != SecurityProtocol::Plaintext) {
        return Err(rule(format!(
            "listeners: {other} speaks {}, which is not supported yet; only PLAINTEXT is",
            other.protocol.name()
        )));
    }
    let is_controller = |listener: &Listener| controller_names.contains(&listener.name);
    let (controller, broker): (Vec<_>, Vec<_>) = all.into_iter().partition(is_controller);
    let advertised = match layers.list("advertised.listeners") {
        Some(texts) => Some(read("advertised.listeners", &texts, &protocols, false)?),
        None => None,
    };
    let (advertised_controller, advertised_broker) = match advertised {
        Some(advertised) => advertised.into_iter().partition(is_controller),
        None => (Vec::new(), broker.clone()),
    };
    let advertised_controller = advertise_controllers(layers, &controller, &advertised_controller);
    if let Some(wildcard) = advertised_broker.iter().find(|listener| is_wildcard(&listener.host)) {
        return Err(rule(format!(
            "{wildcard} cannot be advertised, nobody can connect to it: set advertised.listeners to an address or \
             name that clients reach"
        )));
    }
    require(
        !advertised_broker.is_empty(),
        "there must be a listener for clients; perhaps all listeners are in controller.listener.names?",
    )?;
    if let Some(stray) = advertised_broker.iter().find(|a| !broker.iter().any(|b| b.name == a.name)) {
        return Err(rule(format!("advertised.listeners: {} is none of the listeners", stray.name)));
    }
    let inter_broker_name = inter_broker_name(layers)?;
    if !advertised_broker.iter().any(|listener| listener.name == inter_broker_name) {
        let names: Vec<&str> = advertised_broker.iter().map(|listener| listener.name.as_str()).collect();
        return Err(rule(format!(
            "inter.broker.listener.name must be one of the advertised listeners, {}, but is {inter_broker_name}",
            names.join(", ")
        )));
    }
    Ok(Listeners { broker, advertised_broker, controller, advertised_controller, inter_broker_name })
}

fn is_wildcard(host: &str) -> bool {
    host == "0.0.0.0"
}

fn read(
    name: &str,
    texts: &[String],
    protocols: &ProtocolMap,
    ports_must_differ: bool,
) -> Result<Vec<Listener>, ServerConfigError> {
    let listeners: Result<Vec<Listener>, String> = texts.iter().map(|text| parse_listener(text, protocols)).collect();
    let checked = listeners.and_then(|listeners| check_distinct(&listeners, ports_must_differ).map(|()| listeners));
    checked.map_err(|problem| rule(format!("{name}: {problem}")))
}

/// `listener.security.protocol.map`. While it is not set, controller listeners of any name speak PLAINTEXT, unless
/// another listener is named after a protocol that does not.
fn protocol_map(
    layers: BrokerLayers<'_>,
    controller_names: &[String],
    listeners: &[String],
) -> Result<ProtocolMap, ServerConfigError> {
    let name = "listener.security.protocol.map";
    let text = layers.string(name).unwrap_or_default();
    let mut map = parse_protocol_map(&text).map_err(|problem| rule(format!("{name}: {problem}")))?;
    let names = listeners.iter().filter_map(|text| text.split_once(':')).map(|(name, _)| name.to_ascii_uppercase());
    let secure = |name: &str| SecurityProtocol::from_name(name).is_some_and(|p| p != SecurityProtocol::Plaintext);
    let any_secure = names.chain(controller_names.iter().cloned()).any(|name| secure(&name));
    if !layers.file.contains_key(name) && !any_secure {
        map.extend(controller_names.iter().map(|name| (name.clone(), SecurityProtocol::Plaintext)));
    }
    Ok(map)
}

/// A controller that binds every address is advertised under the address the voters give it, if they do, and else
/// under the machine's name.
fn advertise_controllers(layers: BrokerLayers<'_>, controller: &[Listener], advertised: &[Listener]) -> Vec<Listener> {
    let node_id = layers.int("node.id");
    let voters = layers.list("controller.quorum.voters").unwrap_or_default();
    let own = voters.iter().filter_map(|voter| Voter::parse(voter)).find(|voter| voter.id == node_id);
    let advertise = |(index, listener): (usize, &Listener)| {
        if let Some(advertised) = advertised.iter().find(|a| a.name == listener.name) {
            return advertised.clone();
        }
        let everywhere = listener.host.is_empty() || is_wildcard(&listener.host);
        let mut listener = listener.clone();
        match &own {
            Some(own) if index == 0 && everywhere => {
                listener.host = own.address.host.clone();
                listener.port = own.address.port;
            }
            _ if everywhere => listener.host.clear(),
            _ => {}
        }
        listener
    };
    controller.iter().enumerate().map(advertise).collect()
}

fn inter_broker_name(layers: BrokerLayers<'_>) -> Result<String, ServerConfigError> {
    match layers.string("inter.broker.listener.name") {
        Some(_) if layers.file.contains_key("security.inter.broker.protocol") => {
            Err(rule("only one of inter.broker.listener.name and security.inter.broker.protocol can be set"))
        }
        Some(name) => Ok(name.to_ascii_uppercase()),
        None => Ok(layers.string("security.inter.broker.protocol").unwrap_or_default()),
    }
}
