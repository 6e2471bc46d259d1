//! `milena wire list`: every message there is, and what it says about itself.

use anyhow::Result;
use clap::Args;
use protocol::{
    registry::{self, Entry},
    schema::{FieldSchema, Kind, Listener, Struct, Versions},
};
use serde_json::{Value as Json, json};

use super::json;
use crate::{
    context::{Out, OutputKind},
    text::{self, Table},
};

/// Print every message with its key and versions
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  milena wire list
  milena wire list --output json
  milena wire list --schema

STABLE are the versions that Kafka 4.3 has and counts on; the others exist for tools only.
--schema prints JSON: each message with its fields, their types, versions and defaults.")]
pub(crate) struct List {
    /// With all fields, as JSON
    #[arg(long)]
    schema: bool,
    #[command(flatten)]
    output: OutputKind,
}

impl List {
    pub(super) fn is_json(&self) -> bool {
        self.schema || self.output.is_json()
    }
}

/// Prints the list.
pub(super) fn run(list: &List) -> Result<()> {
    let mut out = Out::new(list.is_json());
    if list.schema {
        out.json(&registry::all().map(|entry| with_fields(&entry)).collect())?;
    } else if list.output.is_json() {
        let messages: Json = registry::all().map(|entry| summary(&entry)).collect();
        out.json(&json!({ "messages": messages }))?;
    } else {
        let mut table = Table::new(&["NAME", "KIND", ">KEY", ">VERSIONS", ">STABLE", ">FLEXIBLE", "LISTENERS"]);
        for entry in registry::all() {
            table.row([
                entry.schema.name.to_owned(),
                entry.kind.name().to_owned(),
                text::or_dash(key(&entry)),
                entry.schema.versions.to_string(),
                text::or_dash(stable(&entry)),
                text::or_dash(flexible(&entry)),
                listeners(&entry).join(", "),
            ]);
        }
        out.table(&table, 0)?;
    }
    Ok(out.flush()?)
}

/// The API key, or the type of a record.
pub(super) fn key(entry: &Entry) -> Option<i16> {
    Some(entry.schema.key).filter(|key| *key >= 0)
}

/// The versions that Kafka 4.3 has as stable.
pub(super) fn stable(Entry { schema, .. }: &Entry) -> Option<Versions> {
    let (min, max) = (schema.versions.min, schema.stable_max);
    (min <= max).then_some(Versions { min, max })
}

/// The versions that are flexible.
pub(super) fn flexible(Entry { schema, .. }: &Entry) -> Option<Versions> {
    let min = schema.flexible_min;
    (min < i16::MAX).then_some(Versions { min, max: i16::MAX })
}

/// Where a request may be sent.
pub(super) fn listeners(entry: &Entry) -> Vec<&'static str> {
    let name = |listener: &Listener| match listener {
        Listener::Broker => "broker",
        Listener::Controller => "controller",
    };
    entry.schema.listeners.iter().map(name).collect()
}

fn summary(entry: &Entry) -> Json {
    let schema = entry.schema;
    json!({
        "name": schema.name,
        "kind": entry.kind.name(),
        "key": schema.key,
        "versions": schema.versions.to_string(),
        "stable": stable(entry).map(|versions| versions.to_string()),
        "flexible": flexible(entry).map_or("none".to_owned(), |versions| versions.to_string()),
        "listeners": listeners(entry),
    })
}

fn with_fields(entry: &Entry) -> Json {
    let mut message = summary(entry);
    message["fields"] = fields(&*(entry.schema.body.new)());
    message
}

/// The fields of a struct, whose defaults `new` has.
fn fields(new: &dyn Struct) -> Json {
    let described = new.schema().fields.iter().enumerate().map(|(i, field)| {
        let mut described = field_of(field);
        described["default"] = json::of_value(new.field(i), None);
        if let Some(schema) = innermost(field.kind) {
            described["fields"] = fields(&*(schema.new)());
        }
        described
    });
    described.collect()
}

fn field_of(field: &FieldSchema) -> Json {
    json!({
        "name": field.name,
        "type": words(field.kind),
        "versions": field.versions.to_string(),
        "nullable": field.nullable.map(|versions| versions.to_string()),
        "tag": field.tag,
        "ignorable": field.ignorable,
        "flexible": field.flexible,
        "unstable": field.unstable,
    })
}

/// The type in Kafka's words; any struct is `struct`, because its name is nobody's but the definition's.
fn words(kind: Kind) -> String {
    match kind {
        Kind::Array(element) => format!("[]{}", words(*element)),
        Kind::Struct(_) => "struct".to_owned(),
        kind => kind.to_string(),
    }
}

fn innermost(kind: Kind) -> Option<&'static protocol::schema::StructSchema> {
    match kind {
        Kind::Array(element) => innermost(*element),
        Kind::Struct(schema) => Some(schema),
        _ => None,
    }
}
