//! The rooms of the house, as a test: which crate may use which, and which may not touch the world.
//!
//! Change the table only together with ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    /// No clock, thread, file, socket or chance, in the crate or in anything it uses.
    pure: bool,
}

const fn pure(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, pure: true }
}

const fn shell(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use, pure: false }
}

/// Package names without their prefix `milena-`; the binary's package `milena` is `cli`.
const LAYERS: &[Layer] = &[
    shell("protocol-derive", &[]), // runs in the compiler; it is a part of `protocol`
    pure("protocol", &["protocol-derive"]),
    shell("storage", &["protocol"]),
    pure("raft", &["protocol"]),
    pure("replication", &["protocol"]),
    pure("metadata", &["protocol"]),
    pure("coordinator", &["protocol", "metadata"]),
    shell("client", &["protocol"]),
    shell("broker", &["protocol", "storage", "raft", "replication", "metadata", "coordinator", "client"]),
    shell("cli", &["protocol", "storage", "metadata", "broker", "client"]),
    shell("sim", &["protocol", "storage", "raft", "replication", "metadata", "coordinator", "broker", "client"]),
    shell("conformance", &[]),
    shell("bench", &["protocol", "conformance"]),
    shell("xtask", &[]),
];

/// Outside crates that reach for sockets, threads or chance.
const IMPURE: &[&str] = &[
    "async-std",
    "crossbeam",
    "fastrand",
    "getrandom",
    "hyper",
    "mio",
    "rand",
    "rayon",
    "reqwest",
    "rustix",
    "rustls",
    "socket2",
    "tempfile",
    "tokio",
];

fn metadata(args: &[&str]) -> Value {
    let out = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1"]).args(args).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn room(package: &str) -> &str {
    if package == "milena" { "cli" } else { package.strip_prefix("milena-").unwrap_or(package) }
}

fn layer(room: &str) -> &'static Layer {
    LAYERS.iter().find(|layer| layer.name == room).unwrap_or_else(|| panic!("{room} has no row in LAYERS"))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn every_edge_between_our_crates_is_allowed() {
    let metadata = metadata(&["--no-deps"]);
    let packages = array(&metadata["packages"]);
    let ours: BTreeSet<&str> = packages.iter().map(|package| room(text(&package["name"]))).collect();
    let rows: BTreeSet<&str> = LAYERS.iter().map(|layer| layer.name).collect();
    assert_eq!(ours, rows, "every crate has a row in LAYERS, and every row is a crate");
    for package in packages {
        let layer = layer(room(text(&package["name"])));
        // Tests may look further than the code they test.
        for dependency in array(&package["dependencies"]).iter().filter(|dependency| dependency["kind"] != "dev") {
            let to = room(text(&dependency["name"]));
            assert!(
                !ours.contains(to) || layer.may_use.contains(&to),
                "{} -> {to} is not in the table of layers",
                layer.name
            );
        }
    }
}

#[test]
fn pure_crates_reach_nothing_impure_by_any_path() {
    let metadata = metadata(&[]);
    let names: BTreeMap<&str, &str> =
        array(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    // Normal edges only: a build script or a procedural macro runs in the compiler, a test where it likes.
    let edges: BTreeMap<&str, Vec<&str>> = array(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let normal = array(&node["deps"]).iter().filter(|dependency| {
                array(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null() && kind["target"].is_null())
            });
            (text(&node["id"]), normal.map(|dependency| text(&dependency["pkg"])).collect())
        })
        .collect();
    let macros: BTreeSet<&str> = array(&metadata["packages"])
        .iter()
        .filter(|package| {
            array(&package["targets"])
                .iter()
                .any(|target| array(&target["kind"]).iter().any(|kind| kind == "proc-macro"))
        })
        .map(|package| text(&package["id"]))
        .collect();
    for id in array(&metadata["workspace_members"]).iter().map(text) {
        let layer = layer(room(names[id]));
        if !layer.pure {
            continue;
        }
        let mut seen = BTreeSet::new();
        let mut paths = vec![vec![id]];
        while let Some(path) = paths.pop() {
            let last = path[path.len() - 1];
            if macros.contains(last) || !seen.insert(last) {
                continue;
            }
            let story = || path.iter().map(|id| names[id]).collect::<Vec<_>>().join(" -> ");
            assert!(!IMPURE.contains(&names[last]), "{} is pure, yet: {}", layer.name, story());
            for next in &edges[last] {
                paths.push([path.as_slice(), &[*next]].concat());
            }
        }
    }
}

#[test]
fn every_pure_crate_is_held_by_the_pure_lints() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for layer in LAYERS.iter().filter(|layer| layer.pure) {
        let link = crates.join(layer.name).join("clippy.toml");
        let target = std::fs::read_link(&link).unwrap_or_else(|error| panic!("{}: {error}", link.display()));
        assert_eq!(target, Path::new("../../lints/pure.toml"), "{}", link.display());
    }
}
