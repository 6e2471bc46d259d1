//! The runner's command line, called by `cargo xtask`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use milena_conformance::{kafka, run};

#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Cli {
    #[command(subcommand)]
    Kafka(kafka::cli::Action),
    Run(run::Options),
}

fn main() -> Result<ExitCode> {
    match Cli::parse() {
        Cli::Kafka(action) => action.run().map(ExitCode::from),
        Cli::Run(options) => options.run().map(|all_hold| ExitCode::from(u8::from(!all_hold))),
    }
}
