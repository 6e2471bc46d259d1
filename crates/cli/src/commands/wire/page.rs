//! docs/protocol.md: Kafka's APIs and records by their versions, and what Milena serves.

use std::fmt::Write as _;

use broker::dispatch;
use protocol::{
    api::ApiKey,
    registry::{self, MessageKind},
    schema::Versions,
};

use super::list;

const TOP: &str = "\
<!-- Written from the messages of crates/protocol and crates/broker/src/dispatch.rs. Do not edit: change those, then run
     UPDATE=1 cargo test -p milena protocol_page -->

# Kafka's protocol in Milena

`milena wire list --schema` prints each message with its fields.

## APIs

Versions are those of Apache Kafka 4.3. *Unstable* ones can be read and written, and are never advertised:
InitProducerId 6 is not finished in Kafka 4.3, the others come with Kafka 4.4. The last two columns say what Milena
serves today on the listeners of a broker and of a controller; elsewhere the request closes the connection, as in Kafka.

| Key | API | Versions | Unstable | Flexible | Listeners in Kafka | Broker | Controller |
|---:|---|---|---|---|---|---|---|
";

const RECORDS: &str = "
## What is stored, or sent inside something else

| Message | Kind | Key | Versions | Flexible |
|---|---|---:|---|---|
";

/// The page.
fn page() -> String {
    let mut page = String::from(TOP);
    for entry in registry::all().filter(|entry| entry.kind == MessageKind::Request) {
        let (schema, stable) = (entry.schema, list::stable(&entry));
        let unstable = Versions { min: schema.versions.min.max(schema.stable_max + 1), max: schema.versions.max };
        let unstable = Some(unstable).filter(|versions| versions.min <= versions.max);
        let served = |is_controller| stable.filter(|_| dispatch::is_served(ApiKey(schema.key), is_controller));
        let cells = [stable, unstable, list::flexible(&entry)].map(or_nothing);
        let [broker, controller] = [served(false), served(true)].map(or_nothing);
        let (name, listeners) = (schema.name.trim_end_matches("Request"), list::listeners(&entry).join(", "));
        line(
            &mut page,
            &[&schema.key.to_string(), name, &cells[0], &cells[1], &cells[2], &listeners, &broker, &controller],
        );
    }
    page.push_str(RECORDS);
    for entry in registry::all() {
        if !matches!(entry.kind, MessageKind::Request | MessageKind::Response) {
            let key = list::key(&entry).map(|key| key.to_string()).unwrap_or_default();
            let flexible = or_nothing(list::flexible(&entry));
            let versions = entry.schema.versions.to_string();
            line(&mut page, &[entry.schema.name, entry.kind.name(), &key, &versions, &flexible]);
        }
    }
    page
}

fn or_nothing(versions: Option<Versions>) -> String {
    versions.map(|versions| versions.to_string()).unwrap_or_default()
}

/// A row of a table; an empty cell is a single space.
fn line(page: &mut String, cells: &[&str]) {
    for cell in cells {
        let gap = if cell.is_empty() { "" } else { " " };
        write!(page, "|{gap}{cell} ").expect("a String takes everything");
    }
    page.push_str("|\n");
}

#[test]
fn the_protocol_page_says_what_the_program_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, page()).expect("docs/protocol.md can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/protocol.md is stale; `UPDATE=1 cargo test -p milena protocol_page` writes it anew"
    );
}
