//! The page `docs/configuration.md`, written from the table and held to it by a test.

use std::fmt::Write as _;

use super::def::{ConfigDef, Kind, Mode, Origin, ResourceType, Status, Valid};
use super::table;

const INTRODUCTION: &str = "\
<!-- Written from crates/metadata/src/config/table. Do not edit: change a row there, then run
     UPDATE=1 cargo test -p milena-metadata configuration_page -->

# Configuration

Every config of Apache Kafka 4.3, and at the end of each list Milena's own. Milena reads `server.properties` as Apache
Kafka does: `milena server --config server.properties`, with `--override name=value` for single values.

The last column says what Milena does with a config:

- **works**: it does what it says.
- **no effect yet**: it is known and does nothing. From a file it is accepted and named once at start; over the wire
  only its default is accepted.
- **refused yet**: it does nothing, and whoever sets it relies on it, so a value other than the default is refused.

How a broker config changes: **restart** with another file; **cluster**: at run time, for all brokers or for one;
**broker**: at run time, for one broker; **listener**: at run time, under the prefix `listener.name.<listener>.`. Listeners
cannot be changed at run time yet. A config of a topic, group or subscription changes at once.

A name that is in none of these lists is refused, with the line it stands on and the name most like it.
";

/// The whole page.
fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let sections = [
        ("Broker and controller", ResourceType::Broker),
        ("Topics", ResourceType::Topic),
        ("Groups", ResourceType::Group),
        ("Client metrics subscriptions", ResourceType::ClientMetrics),
    ];
    for (title, resource) in sections {
        section(&mut page, title, resource);
    }
    page
}

fn section(page: &mut String, title: &str, resource: ResourceType) {
    let is_broker = resource == ResourceType::Broker;
    let falls_back = table::described(resource).iter().any(|def| !def.synonyms.is_empty());
    let defs = table::described(resource);
    let kafkas = defs.iter().filter(|def| def.origin == Origin::Kafka).count();
    let ours = match defs.len() - kafkas {
        0 => String::new(),
        ours => format!(" and {ours} of Milena's"),
    };
    let mut header = vec!["Config", "Type and values", "Default"];
    header.extend(is_broker.then_some("Changes by"));
    header.extend(falls_back.then_some("Falls back to"));
    header.extend(["Meaning", "Milena"]);
    let rule = "|---".repeat(header.len());
    let _ = write!(page, "\n## {title}\n\n{kafkas} configs of Apache Kafka's{ours}.\n\n");
    let _ = write!(page, "| {} |\n{rule}|\n", header.join(" | "));
    for def in defs {
        let mut row = vec![format!("`{}`", def.name), values(def), default(def)];
        row.extend(is_broker.then(|| mode(def.mode).to_owned()));
        row.extend(
            falls_back.then(|| def.synonyms.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ")),
        );
        row.extend([def.doc.replace('|', "\\|"), status(def.status).to_owned()]);
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::ReadOnly => "restart",
        Mode::ClusterWide => "cluster",
        Mode::PerBroker => "broker",
        Mode::PerListener => "listener",
        Mode::Resource => "",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Works => "works",
        Status::NoEffectYet => "no effect yet",
        Status::WouldBreakAPromise => "refused yet",
    }
}

fn default(def: &ConfigDef) -> String {
    match def.default {
        None => "unset".to_owned(),
        Some("") => "empty".to_owned(),
        Some("9223372036854775807" | "2147483647" | "1.7976931348623157E308") => "no limit".to_owned(),
        Some(text) => format!("`{}`", text.replace(',', ", ")),
    }
}

fn values(def: &ConfigDef) -> String {
    let kind = match def.kind {
        Kind::Boolean => "boolean",
        Kind::String => "string",
        Kind::Int => "int",
        Kind::Short => "short",
        Kind::Long => "long",
        Kind::Double => "double",
        Kind::List => "list",
        Kind::Class => "class",
        Kind::Password => "password",
    };
    let code = |values: &[&str]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    let limits = match def.valid {
        Valid::Any | Valid::AnyList => return kind.to_owned(),
        Valid::AtLeast(min) => format!("{min} or more"),
        Valid::Between(min, max) => format!("{min} to {max}"),
        Valid::Fraction(min, max) => format!("{min} to {max}"),
        Valid::OneOf(allowed) => code(allowed),
        Valid::OneOfAnyCase(allowed) => format!("{} in any case", code(allowed)),
        Valid::NonEmpty | Valid::NonEmptyList => "not empty".to_owned(),
        Valid::GzipLevel => "1 to 9, or -1".to_owned(),
        Valid::ListOf(allowed) => format!("of {}", code(allowed)),
        Valid::NonEmptyListOf(allowed) => format!("of {}, not empty", code(allowed)),
        Valid::Voters => "of `id@host:port`".to_owned(),
        Valid::BootstrapServers => "of `host:port`".to_owned(),
        Valid::ThrottledReplicas => "of `partition:broker`, or `*`".to_owned(),
        Valid::OffsetReset => "`earliest`, `latest`, `by_duration:P…`".to_owned(),
    };
    format!("{kind}: {limits}")
}

#[test]
#[allow(clippy::disallowed_methods, reason = "UPDATE=1 is how a person asks a test to write instead of compare")]
fn the_configuration_page_says_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, page()).expect("docs/configuration.md can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/configuration.md is stale; `UPDATE=1 cargo test -p milena-metadata configuration_page` writes it anew"
    );
}
