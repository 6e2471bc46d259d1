//! Whether a resource may have the configs it would have after a change.

use super::{AlterError, Altered, Standing, VALUE_BYTES_MAX, groups};
use crate::config::def::{ConfigDef, Mode, ResourceType, Status};
use crate::config::layers::{BrokerLayers, Overrides};
use crate::config::server;
use crate::config::table::{self, LISTENER_PREFIX};
use crate::config::value::{self, Value};

/// Whether the resource can have that name at all. That a topic's is legal is checked where topics are looked up.
pub(super) fn resource_name(resource: ResourceType, name: &str, node_id: i32) -> Result<(), AlterError> {
    let wrong = |reason: String| Err(AlterError::ResourceName { reason });
    match resource {
        ResourceType::Broker if name.is_empty() => Ok(()),
        ResourceType::Broker => match name.parse::<i32>() {
            Ok(id) if id == node_id => Ok(()),
            Ok(_) => wrong(format!("Unexpected broker id, expected {node_id}, but received {name}")),
            Err(_) => wrong(format!("Node id must be an integer, but it is: {name}")),
        },
        ResourceType::Topic if name.is_empty() => wrong("Default topic resources are not allowed.".to_owned()),
        ResourceType::Group if name.is_empty() => wrong("Default group resources are not allowed.".to_owned()),
        ResourceType::ClientMetrics if name.is_empty() => wrong("Subscription name can't be empty".to_owned()),
        _ => Ok(()),
    }
}

/// Checks the changes and everything the resource would have afterwards.
pub(super) fn changes(
    resource: ResourceType,
    resource_name: &str,
    existing: &Overrides,
    changes: Vec<(String, Option<String>)>,
    standing: Standing<'_>,
) -> Result<Altered, AlterError> {
    let mut after = existing.clone();
    for (name, value) in &changes {
        match value {
            Some(value) if value.len() > VALUE_BYTES_MAX => return Err(AlterError::TooLong),
            Some(value) => after.insert(name.clone(), value.clone()),
            None => after.remove(name),
        };
    }
    if resource == ResourceType::Broker {
        let is_default = resource_name.is_empty();
        for (name, value) in &changes {
            // Whatever is there may go, even if it could not be set.
            if let Some(value) = value {
                broker_config(name, value, is_default, standing)?;
            }
        }
        min_isr(&changes, is_default, standing)?;
        let layers = match is_default {
            true => BrokerLayers { cluster_default: &after, ..standing.broker },
            false => BrokerLayers { per_broker: &after, ..standing.broker },
        };
        server::check_dynamic(layers).map_err(|error| AlterError::BrokerRule { reason: error.to_string() })?;
    } else {
        for (name, value) in &after {
            resource_config(resource, name, value)?;
        }
        for (name, value) in &changes {
            if let (Some(value), Some(def)) = (value, table::find(resource, name)) {
                supported(def, name, value)?;
            }
        }
    }
    match resource {
        ResourceType::Topic => compaction_lags(standing.broker, &after)?,
        ResourceType::Group => groups::check(standing.broker, &after)?,
        ResourceType::Broker | ResourceType::ClientMetrics => {}
    }
    Ok(Altered { changes })
}

/// A config of a topic, group or subscription.
fn resource_config(resource: ResourceType, name: &str, text: &str) -> Result<(), AlterError> {
    let Some(def) = table::find(resource, name) else {
        return Err(AlterError::UnknownName { resource, name: name.to_owned() });
    };
    match value::parse(def, text) {
        Ok(Value::List(patterns)) if resource == ResourceType::ClientMetrics && name == "match" => {
            match patterns.into_iter().find(|pattern| !is_client_pattern(pattern)) {
                Some(pattern) => Err(AlterError::MetricsPattern { pattern }),
                None => Ok(()),
            }
        }
        Ok(_) => Ok(()),
        Err(_) if resource == ResourceType::ClientMetrics && text.trim().parse::<i32>().is_ok() => {
            Err(AlterError::MetricsInterval { value: text.to_owned() })
        }
        Err(error) => Err(AlterError::Invalid { resource, error }),
    }
}

/// `selector=pattern`, as far as it can be told without a regular expression engine.
fn is_client_pattern(pattern: &str) -> bool {
    const SELECTORS: [&str; 6] = [
        "client_instance_id",
        "client_id",
        "client_software_name",
        "client_software_version",
        "client_source_address",
        "client_source_port",
    ];
    let Some((selector, regex)) = pattern.split_once('=') else { return false };
    SELECTORS.contains(&selector.trim()) && !regex.trim().is_empty() && !regex.contains('=')
}

/// A config that Milena does not act on is accepted at its default only, whatever way it is written.
fn supported(def: &ConfigDef, name: &str, text: &str) -> Result<(), AlterError> {
    let default = def.default.and_then(|default| value::parse(def, default).ok());
    if def.status == Status::Works || default.is_some() && value::parse(def, text).ok() == default {
        return Ok(());
    }
    Err(AlterError::NotSupportedYet { name: name.to_owned(), default: def.default })
}

/// A config of one broker, or of all when `is_default`.
fn broker_config(name: &str, text: &str, is_default: bool, standing: Standing<'_>) -> Result<(), AlterError> {
    let owned = || name.to_owned();
    let Some(def) = table::find_broker(name) else {
        // Ours are all known; only a plugin's may be set without our knowing them.
        return match name.starts_with("milena.") {
            true => Err(AlterError::UnknownName { resource: ResourceType::Broker, name: owned() }),
            false => Ok(()),
        };
    };
    let of_a_listener = name.starts_with(LISTENER_PREFIX);
    if def.mode == Mode::ReadOnly {
        return Err(AlterError::ReadOnly { name: owned() });
    }
    if def.mode == Mode::PerListener && !of_a_listener {
        return Err(AlterError::ListenerPrefixMissing { name: owned() });
    }
    let resource = ResourceType::Broker;
    let value = value::parse(def, text).map_err(|error| AlterError::Invalid { resource, error })?;
    if is_default && (of_a_listener || matches!(def.mode, Mode::PerBroker | Mode::PerListener)) {
        return Err(AlterError::PerBroker { name: owned() });
    }
    threads(def, &value, standing.broker)?;
    // Listeners cannot be changed while the node runs, whether it acts on them at start or not.
    if of_a_listener || def.mode == Mode::PerBroker {
        let same = !of_a_listener && standing.broker.value(def.name) == Some(value);
        return if same { Ok(()) } else { Err(AlterError::NotSupportedYet { name: owned(), default: def.default }) };
    }
    supported(def, name, text)
}

/// A pool of threads may at most double, and at most be halved, in one step.
fn threads(def: &ConfigDef, value: &Value, broker: BrokerLayers<'_>) -> Result<(), AlterError> {
    const POOLS: [&str; 5] = [
        "num.io.threads",
        "num.network.threads",
        "num.replica.fetchers",
        "num.recovery.threads.per.data.dir",
        "background.threads",
    ];
    let (true, &Value::Int(new)) = (POOLS.contains(&def.name), value) else { return Ok(()) };
    let old = broker.int(def.name);
    let wrong = |limit: &str| {
        let name = def.name;
        let reason = format!(
            "Dynamic thread count update validation failed for {name}={new}, value should {limit} the current value \
             {old}"
        );
        Err(AlterError::Threads { reason })
    };
    match new {
        new if new < old / 2 => wrong("be at least half"),
        new if i64::from(new) > i64::from(old) * 2 => wrong("not be greater than double"),
        _ => Ok(()),
    }
}

fn min_isr(changes: &[(String, Option<String>)], is_default: bool, standing: Standing<'_>) -> Result<(), AlterError> {
    let change = changes.iter().find(|(name, _)| name == "min.insync.replicas").filter(|_| standing.elr_enabled);
    match change {
        Some(_) if !is_default => Err(AlterError::MinIsrOfBroker),
        Some((_, None)) => Err(AlterError::MinIsrRemoval),
        _ => Ok(()),
    }
}

fn compaction_lags(broker: BrokerLayers<'_>, overrides: &Overrides) -> Result<(), AlterError> {
    let lag = |name| {
        let def = table::find(ResourceType::Topic, name)?;
        match broker.effective(def, overrides)? {
            Value::Long(ms) => Some(ms),
            _ => None,
        }
    };
    match (lag("min.compaction.lag.ms"), lag("max.compaction.lag.ms")) {
        (Some(min), Some(max)) if min > max => Err(AlterError::Conflict {
            reason: format!(
                "conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})"
            ),
        }),
        _ => Ok(()),
    }
}
