//! `milena`: broker, controller and command line in one binary.
//!
//! Each command is a file of [`commands`]: its options, what it asks, what it prints. What they share is small:
//! [`context`] (which cluster, which kind of output), [`text`] (tables and numbers for people), [`failure`] (what to do
//! next when something went wrong, and the exit code).

mod commands;
mod context;
mod failure;
mod format;
mod instant;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the help of every command ends with.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed; what went wrong is said on standard error
  2  the command line is wrong
  3  no broker could be reached";

/// Kafka's system in one binary: broker, controller and command line.
#[derive(Debug, Parser)]
#[command(name = "milena", version, propagate_version = false, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  milena dev
  milena topic create orders --partitions 3
  echo 'hello' | milena produce orders
  milena consume orders
  milena group list

Every command that asks a cluster takes --bootstrap-server (localhost:9092 unless given) and
--output json.

Exit codes:
  0  done
  1  refused or failed; what went wrong is said on standard error
  2  the command line is wrong
  3  no broker could be reached";

#[derive(Debug, Subcommand)]
enum Command {
    Dev(commands::dev::Dev),
    Server(commands::server::Server),
    Format(commands::format::Format),
    Topic(commands::topic::Topic),
    Config(commands::config::Config),
    Produce(commands::produce::Produce),
    Consume(commands::consume::Consume),
    Group(commands::group::Group),
    Cluster(commands::cluster::Cluster),
    DumpLog(commands::dump_log::DumpLog),
    Wire(commands::wire::Wire),
    RandomUuid(commands::random_uuid::RandomUuid),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Dev(command) => failure::report(commands::dev::run(&command), false),
        Command::Server(command) => failure::report(commands::server::run(&command), false),
        Command::Format(command) => failure::report(commands::format::run(&command), false),
        Command::Topic(command) => context::run(&command.shared, async |c| commands::topic::run(c, &command).await),
        Command::Config(command) => context::run(&command.shared, async |c| commands::config::run(c, &command).await),
        Command::Produce(command) => context::run(&command.shared, async |c| commands::produce::run(c, &command).await),
        Command::Consume(command) => context::run(&command.shared, async |c| commands::consume::run(c, &command).await),
        Command::Group(command) => context::run(&command.shared, async |c| commands::group::run(c, &command).await),
        Command::Cluster(command) => context::run(&command.shared, async |c| commands::cluster::run(c, &command).await),
        Command::DumpLog(command) => failure::report(commands::dump_log::run(&command), command.output.is_json()),
        Command::Wire(command) => failure::report(commands::wire::run(&command), commands::wire::is_json(&command)),
        Command::RandomUuid(command) => failure::report(commands::random_uuid::run(&command), false),
    }
}
