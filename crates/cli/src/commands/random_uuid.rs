//! `milena random-uuid`: an id for a cluster or a directory.

use anyhow::{Result, anyhow};
use clap::Args;
use protocol::types::Uuid;

/// Print a random id, for `milena format --cluster-id`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  milena random-uuid")]
pub(crate) struct RandomUuid {}

/// Prints an id.
pub(crate) fn run(_: &RandomUuid) -> Result<()> {
    loop {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system has no randomness to give: {error}"))?;
        if let Some(id) = Uuid::random_from(bytes) {
            println!("{id}");
            return Ok(());
        }
    }
}
