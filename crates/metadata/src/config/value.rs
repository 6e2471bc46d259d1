//! From the text of a config to its value and back, by Kafka's rules and with Kafka's messages.
//!
//! Blanks around a value never count. Numbers follow Java: a sign is fine, underscores and units are not. A list drops
//! its doubles. The text of a [`Value`] is the normal form that DescribeConfigs shows.
//!
//! Source: Kafka `ConfigDef.parseType`, `convertToString` and its validators.

use std::fmt;

use super::def::{ConfigDef, Kind, Valid};

/// A value that fits its config.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of [`Kind::Boolean`].
    Boolean(bool),
    /// Of [`Kind::Int`].
    Int(i32),
    /// Of [`Kind::Short`].
    Short(i16),
    /// Of [`Kind::Long`].
    Long(i64),
    /// Of [`Kind::Double`].
    Double(f64),
    /// Of [`Kind::String`], [`Kind::Class`] and [`Kind::Password`].
    Text(String),
    /// Of [`Kind::List`].
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Short(value) => write!(f, "{value}"),
            Self::Long(value) => write!(f, "{value}"),
            Self::Double(value) => write_double(f, *value),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => f.write_str(&values.join(",")),
        }
    }
}

/// As Java writes it: plain from a thousandth to ten million, with an exponent otherwise, never without a fraction.
fn write_double(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    let plain = value == 0.0 || (1e-3..1e7).contains(&value.abs());
    if plain {
        return write!(f, "{value:?}");
    }
    let text = format!("{value:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    write!(f, "{digits}{point}E{exponent}")
}

/// Why a text is no value of its config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidValue {
    /// The value does not fit.
    Value {
        /// The config.
        name: String,
        /// The text that was given.
        value: String,
        /// What would be right.
        reason: String,
    },
    /// A list breaks a rule about lists.
    List {
        /// The config.
        name: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { name, value, reason } => {
                write!(f, "Invalid value {value} for configuration {name}: {reason}")
            }
            Self::List { name, reason } => write!(f, "Configuration '{name}' {reason}"),
        }
    }
}

impl std::error::Error for InvalidValue {}

/// Reads a text as a value of this config.
///
/// # Errors
/// [`InvalidValue`], with Kafka's words, when it is not of the config's type or not among its valid values.
pub fn parse(def: &ConfigDef, text: &str) -> Result<Value, InvalidValue> {
    let invalid = |reason: String| InvalidValue::Value { name: def.name.to_owned(), value: text.to_owned(), reason };
    let text = text.trim();
    let not_a_number = || invalid(format!("Not a number of type {}", def.kind.word()));
    let value = match def.kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
        Kind::Boolean => return Err(invalid("Expected value to be either true or false".to_owned())),
        Kind::String | Kind::Class | Kind::Password => Value::Text(text.to_owned()),
        Kind::Int => Value::Int(text.parse().map_err(|_| not_a_number())?),
        Kind::Short => Value::Short(text.parse().map_err(|_| not_a_number())?),
        Kind::Long => Value::Long(text.parse().map_err(|_| not_a_number())?),
        Kind::Double => Value::Double(parse_double(text).ok_or_else(not_a_number)?),
        Kind::List => Value::List(split_list(text)),
    };
    check(def, &value).map_err(|problem| match problem {
        Problem::Value(reason) => invalid(reason),
        Problem::List(reason) => InvalidValue::List { name: def.name.to_owned(), reason },
    })?;
    Ok(value)
}

/// Rust also reads `inf` and `nan`, which no config means.
fn parse_double(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The elements of a list without the blanks around them, each once.
fn split_list(text: &str) -> Vec<String> {
    let mut elements: Vec<String> = Vec::new();
    if text.is_empty() {
        return elements;
    }
    for element in text.split(',').map(str::trim) {
        if !elements.iter().any(|known| known == element) {
            elements.push(element.to_owned());
        }
    }
    elements
}

enum Problem {
    Value(String),
    List(String),
}

fn check(def: &ConfigDef, value: &Value) -> Result<(), Problem> {
    let wrong = |reason: String| Err(Problem::Value(reason));
    match (def.valid, value) {
        (Valid::AtLeast(min), Value::Double(value)) if *value < min as f64 => {
            wrong(format!("Value must be at least {min}"))
        }
        (Valid::Fraction(min, _), Value::Double(value)) if *value < min => {
            wrong(format!("Value must be at least {min}"))
        }
        (Valid::Fraction(_, max), Value::Double(value)) if *value > max => {
            wrong(format!("Value must be no more than {max}"))
        }
        (Valid::AtLeast(min) | Valid::Between(min, _), _) if integer(value).is_some_and(|v| v < min) => {
            wrong(format!("Value must be at least {min}"))
        }
        (Valid::Between(_, max), _) if integer(value).is_some_and(|v| v > max) => {
            wrong(format!("Value must be no more than {max}"))
        }
        (Valid::GzipLevel, Value::Int(level)) if *level != -1 && !(1..=9).contains(level) => {
            wrong("Value must be between 1 and 9 or equal to -1".to_owned())
        }
        (Valid::OneOf(allowed), Value::Text(text)) if !allowed.contains(&text.as_str()) => {
            wrong(format!("String must be one of: {}", allowed.join(", ")))
        }
        (Valid::OneOfAnyCase(allowed), Value::Text(text)) if !allowed.iter().any(|a| a.eq_ignore_ascii_case(text)) => {
            wrong(format!("String must be one of (case insensitive): {}", allowed.join(", ")))
        }
        (Valid::NonEmpty, Value::Text(text)) if text.is_empty() => wrong("String must be non-empty".to_owned()),
        (Valid::OffsetReset, Value::Text(text)) if !is_offset_reset(text) => wrong(
            "It must be either 'earliest', 'latest' or of the form 'by_duration:<duration>', with a duration in ISO \
             8601 format that is not negative"
                .to_owned(),
        ),
        (_, Value::List(elements)) => check_list(def.valid, elements),
        _ => Ok(()),
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(i64::from(*value)),
        Value::Short(value) => Some(i64::from(*value)),
        Value::Long(value) => Some(*value),
        _ => None,
    }
}

fn check_list(valid: Valid, elements: &[String]) -> Result<(), Problem> {
    let wrong = |reason: String| Err(Problem::Value(reason));
    let allowed = match valid {
        Valid::ListOf(allowed) | Valid::NonEmptyListOf(allowed) => allowed,
        _ => &[],
    };
    match valid {
        Valid::NonEmptyList if elements.is_empty() => {
            return Err(Problem::List("must not be empty. Valid values include: any non-empty value".to_owned()));
        }
        Valid::NonEmptyListOf(_) if elements.is_empty() => {
            return Err(Problem::List(format!("must not be empty. Valid values include: [{}]", allowed.join(", "))));
        }
        Valid::Voters => {
            return match elements.iter().find(|entry| Voter::parse(entry).is_none()) {
                Some(entry) => {
                    wrong(format!("Each entry should be in the form `{{id}}@{{host}}:{{port}}`, but {entry} is not"))
                }
                None => Ok(()),
            };
        }
        Valid::BootstrapServers => {
            return match elements.iter().find(|entry| parse_address(entry).is_none()) {
                Some(entry) => {
                    wrong(format!("Each entry should be in the form `{{host}}:{{port}}`, but {entry} is not"))
                }
                None => Ok(()),
            };
        }
        Valid::ThrottledReplicas => {
            let everything = elements.len() == 1 && elements[0] == "*";
            let pair = |entry: &String| {
                let (partition, broker) = entry.split_once(':')?;
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                (digits(partition) && digits(broker)).then_some(())
            };
            if !everything && elements.iter().any(|entry| pair(entry).is_none()) {
                return wrong(
                    "It must be the literal '*' or a list of replicas in the format \
                     [partitionId]:[brokerId],[partitionId]:[brokerId],..."
                        .to_owned(),
                );
            }
        }
        _ => {}
    }
    if elements.iter().any(String::is_empty) {
        return Err(Problem::List("values must not be empty.".to_owned()));
    }
    match elements.iter().find(|element| !allowed.is_empty() && !allowed.contains(&element.as_str())) {
        Some(_) => wrong(format!("String must be one of: {}", allowed.join(", "))),
        None => Ok(()),
    }
}

/// A member of the metadata quorum as `controller.quorum.voters` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its `node.id`.
    pub id: i32,
    /// Where its controller listener is.
    pub address: Address,
}

impl Voter {
    /// Reads `id@host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, address) = text.split_once('@')?;
        Some(Self { id: id.parse().ok()?, address: parse_address(address)? })
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or IP address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads `host:port`, where the host may be an IPv6 address in brackets.
pub fn parse_address(text: &str) -> Option<Address> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => host,
    };
    let in_a_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-%._:".contains(&byte);
    if host.is_empty() || !host.bytes().all(in_a_host) {
        return None;
    }
    Some(Address { host: host.to_owned(), port: port.parse().ok()? })
}

fn is_offset_reset(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    match text.strip_prefix("by_duration:") {
        Some(duration) => is_iso_duration(duration),
        None => text == "earliest" || text == "latest",
    }
}

/// `PnDTnHnMn.nS` in any case, with at least one part and nothing negative. The text is in lower case.
fn is_iso_duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('p') else { return false };
    let (days, time) = match text.split_once('t') {
        Some((_, "")) => return false,
        Some((days, time)) => (days, time),
        None => (text, ""),
    };
    let mut parts = 0;
    let mut take = |rest: &str, units: &str| -> bool {
        let mut rest = rest.to_owned();
        for unit in units.chars() {
            if let Some((number, after)) = rest.split_once(unit) {
                let fraction = unit == 's';
                let digits = number.bytes().all(|b| b.is_ascii_digit() || (fraction && b == b'.'));
                if number.is_empty() || !digits || number.matches('.').count() > 1 {
                    return false;
                }
                parts += 1;
                rest = after.to_owned();
            }
        }
        rest.is_empty()
    };
    take(days, "d") && take(time, "hms") && parts > 0
}
