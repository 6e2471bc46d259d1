//! `milena format`: prepares the directory of a node for its first start.

use std::path::PathBuf;

use anyhow::{Result, bail};
use broker::{
    format::{self, Format as Wanted, FormatError},
    runtime,
};
use clap::Args;
use metadata::{MetadataRecord, MetadataVersion, controller::features};
use storage::OsDisk;

use super::server::read_config;
use crate::failure::Usage;

/// Prepare the directory of a node for its first start
///
/// The options are those of Apache Kafka's kafka-storage format, and either starts on what the other prepared.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Format {
    /// The node's server.properties
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// The cluster the node belongs to; `milena random-uuid` makes one
    #[arg(short = 't', long, value_name = "ID")]
    cluster_id: String,
    /// This node is the only voter of a quorum that others may join later
    #[arg(short, long)]
    standalone: bool,
    /// Other nodes are the voters: a quorum of several is not supported yet
    #[arg(short = 'N', long, conflicts_with = "standalone")]
    no_initial_controllers: bool,
    /// These nodes are the voters: a quorum of several is not supported yet
    #[arg(short = 'I', long, value_name = "VOTERS", conflicts_with_all = ["standalone", "no_initial_controllers"])]
    initial_controllers: Option<String>,
    /// Leave a directory as it is that is formatted already
    #[arg(short = 'g', long)]
    ignore_formatted: bool,
    /// The Kafka release whose features the cluster begins with
    #[arg(short, long, value_name = "RELEASE")]
    release_version: Option<String>,
    /// Begin with a feature at a level, as in transaction.version=1; may be given several times
    #[arg(short, long, value_name = "FEATURE=LEVEL")]
    feature: Vec<String>,
    /// Add a user's SCRAM credential: authentication is not supported yet
    #[arg(short = 'S', long, value_name = "CREDENTIAL")]
    add_scram: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  milena format --config server.properties --cluster-id $(milena random-uuid) --standalone
  milena format -c server.properties -t $(milena random-uuid) -s -g

Exit codes:
  0  formatted, or left as it was with --ignore-formatted
  1  could not be formatted
  2  the command line is wrong";

/// Formats the directory.
pub(crate) fn run(command: &Format) -> Result<()> {
    refuse_unsupported(command)?;
    let config = read_config(&command.config, &[])?;
    if command.standalone && !config.quorum_voters.is_empty() {
        bail!(Usage("controller.quorum.voters names the voters already; leave out either that or --standalone".into()));
    }
    if !command.standalone && config.quorum_voters.is_empty() {
        bail!(Usage("who votes? --standalone makes this node the only voter".into()));
    }
    let records = records(command)?;
    let wanted = Wanted {
        cluster_id: &command.cluster_id,
        directory_id: runtime::new_uuid(),
        standalone: command.standalone,
        records,
    };
    let now = runtime::Clock::start().now().wall;
    match format::format(&OsDisk, &config, &wanted, now) {
        Ok(()) => {
            println!("Formatted {} for cluster {}", config.log_dir, command.cluster_id);
            Ok(())
        }
        Err(FormatError::Formatted { path, cluster_id }) if command.ignore_formatted => {
            if cluster_id != command.cluster_id {
                bail!("{path} belongs to cluster {cluster_id}, not to {}", command.cluster_id);
            }
            println!("{path} is formatted already and stays as it is");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// What Kafka's formatter can do and this version cannot.
fn refuse_unsupported(command: &Format) -> Result<()> {
    if !command.add_scram.is_empty() {
        bail!("--add-scram: this version does not authenticate anybody yet, so the credential would protect nothing");
    }
    if command.initial_controllers.is_some() || command.no_initial_controllers {
        bail!("a quorum of several controllers is not supported yet; --standalone makes a quorum of this node");
    }
    Ok(())
}

/// The levels to begin with.
fn records(command: &Format) -> Result<Vec<MetadataRecord>> {
    if let Some(release) = &command.release_version
        && MetadataVersion::LATEST.name() != Some(release.as_str())
        && !MetadataVersion::LATEST.name().is_some_and(|name| name.starts_with(&format!("{release}-")))
    {
        let name = MetadataVersion::LATEST.name().unwrap_or("?");
        bail!("--release-version {release}: this version writes metadata at {name} only");
    }
    let mut records = format::default_records();
    for feature in &command.feature {
        let Some((name, level)) = feature.split_once('=') else {
            bail!(Usage(format!("--feature {feature}: write FEATURE=LEVEL")));
        };
        let supported = features::supported(false);
        let levels = supported.get(name).ok_or_else(|| {
            let known = supported.keys().cloned().collect::<Vec<_>>().join(", ");
            Usage(format!("--feature {feature}: there is no such feature; there are {known}"))
        })?;
        let level = level.parse::<i16>().ok().filter(|level| levels.contains(level)).ok_or_else(|| {
            Usage(format!("--feature {feature}: {name} has the levels {} to {}", levels.start(), levels.end()))
        })?;
        if name == MetadataVersion::FEATURE && level != MetadataVersion::LATEST.0 {
            bail!("--feature {feature}: this version writes metadata at level {} only", MetadataVersion::LATEST.0);
        }
        for record in &mut records {
            if let MetadataRecord::FeatureLevel(record) = record
                && record.name == name
            {
                record.feature_level = level;
            }
        }
    }
    // A feature that is off has no record.
    records.retain(|record| !matches!(record, MetadataRecord::FeatureLevel(record) if record.feature_level == 0));
    Ok(records)
}
