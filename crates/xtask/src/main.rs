//! The project's chores, in the project's language: `cargo xtask …`.
//!
//! This crate uses none of the others, so it builds in seconds and works while they do not compile. What concerns
//! foreign software is in `conformance`, which runs as a program of its own.

mod suite;
mod transcript;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", about = "The chores of this project", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Test everything: formatting, lints, Rust tests, then other people's Kafka clients.
    Test(suite::Options),
    /// Apache Kafka at hand: fetch, start, stop, run its programs (`cargo xtask kafka --help`).
    #[command(disable_help_flag = true)]
    Kafka {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Send the same requests to two brokers and show where the answers part.
    Transcript(transcript::Options),
}

fn main() -> Result<ExitCode> {
    match Cli::parse().chore {
        Chore::Test(options) => suite::run(&options),
        Chore::Kafka { args } => {
            let status = conformance().arg("kafka").args(args).status().context("starting cargo")?;
            Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
        }
        Chore::Transcript(options) => transcript::run(&options),
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/xtask is two below the root").to_owned()
}

/// A cargo command at the root of the repository.
fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// The runner of foreign clients, built if need be; its arguments are to follow.
fn conformance() -> Command {
    let mut cargo = cargo();
    cargo.args(["run", "-q", "-p", "milena-conformance", "--"]);
    cargo
}
