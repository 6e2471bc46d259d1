//! The bounds a broker sets to what groups set for themselves.
//!
//! Source: Kafka `GroupConfig.validateValues`.

use super::AlterError;
use crate::config::def::ResourceType;
use crate::config::layers::{BrokerLayers, Overrides};
use crate::config::table;
use crate::config::value::Value;

/// What a group may set within bounds: the `x.y` here is bounded by `group.x.min.y` and `group.x.max.y`.
const BOUNDED: [(&str, &str); 12] = [
    ("consumer", "heartbeat.interval.ms"),
    ("consumer", "session.timeout.ms"),
    ("consumer", "assignment.interval.ms"),
    ("share", "heartbeat.interval.ms"),
    ("share", "session.timeout.ms"),
    ("share", "record.lock.duration.ms"),
    ("share", "delivery.count.limit"),
    ("share", "partition.max.record.locks"),
    ("share", "assignment.interval.ms"),
    ("streams", "heartbeat.interval.ms"),
    ("streams", "session.timeout.ms"),
    ("streams", "assignment.interval.ms"),
];

/// Checks what a group would have against the broker's bounds, and each session timeout against its heartbeat.
pub(super) fn check(broker: BrokerLayers<'_>, overrides: &Overrides) -> Result<(), AlterError> {
    let conflict = |reason: String| Err(AlterError::Conflict { reason });
    let value = |name: &str| match broker.effective(table::find(ResourceType::Group, name)?, overrides)? {
        Value::Int(value) => Some(value),
        _ => None,
    };
    for (kind, setting) in BOUNDED {
        let name = format!("{kind}.{setting}");
        let (min, max) = (format!("group.{kind}.min.{setting}"), format!("group.{kind}.max.{setting}"));
        if value(&name).is_some_and(|value| value < broker.int(&min)) {
            return conflict(format!("{name} must be greater than or equal to {min}"));
        }
        if value(&name).is_some_and(|value| value > broker.int(&max)) {
            return conflict(format!("{name} must be less than or equal to {max}"));
        }
    }
    let (standbys, max) = ("streams.num.standby.replicas", "group.streams.max.standby.replicas");
    if value(standbys).is_some_and(|value| value > broker.int(max)) {
        return conflict(format!("{standbys} must be less than or equal to {max}"));
    }
    for kind in ["consumer", "share", "streams"] {
        let (session, heartbeat) = (format!("{kind}.session.timeout.ms"), format!("{kind}.heartbeat.interval.ms"));
        if value(&session) <= value(&heartbeat) {
            return conflict(format!("{session} must be greater than {heartbeat}"));
        }
    }
    Ok(())
}
