//! Can Apache Kafka read what lies on the disk? Its DumpLogSegments over every file of a data directory.
//!
//! The program complains in several ways: an exception, a line on standard error, or a remark in the middle of what it
//! prints. It never ends with failure because of what it read, so each of these is looked for here. One of its remarks
//! is none: a segment that does not begin at offset 0 is said to have a gap before its first record. Nor is one that
//! compaction leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::kafka::Kafka;
use crate::process;

const PATIENCE: Duration = Duration::from_secs(300);
const READABLE: [&str; 6] = ["log", "index", "timeindex", "txnindex", "snapshot", "checkpoint"];
/// What the program prints in the middle of its output about a batch or record that is wrong.
const REMARKS: [&str; 4] = ["isvalid: false", "isValid: false", "invalid bytes at the end of", ", skipping."];
/// Directories whose names begin so are compacted, and may have gaps.
const COMPACTED: [&str; 3] = ["/compacted", "/__consumer_offsets-", "/__transaction_state-"];

/// The kinds of files, by the decoder their records need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Offsets,
    ClusterMetadata,
}

impl Kind {
    fn of(partition: &str) -> Kind {
        match partition.rsplit_once('-').map_or(partition, |(topic, _)| topic) {
            "__consumer_offsets" => Kind::Offsets,
            "__cluster_metadata" => Kind::ClusterMetadata,
            _ => Kind::Data,
        }
    }

    fn decoder(self) -> &'static str {
        match self {
            Kind::Data => "--deep-iteration",
            Kind::Offsets => "--offsets-decoder",
            Kind::ClusterMetadata => "--cluster-metadata-decoder",
        }
    }
}

/// Reads every file in `data`; gives how many.
///
/// # Errors
/// With the complaints, if there are any, or if there is no metadata log or no partition to read.
pub fn judge(kafka: &Kafka, data: &Path) -> Result<usize> {
    let files = files(data)?;
    let mut complaints = Vec::new();
    for kind in [Kind::ClusterMetadata, Kind::Offsets, Kind::Data] {
        let group: Vec<&PathBuf> = files.iter().filter(|(found, _)| *found == kind).map(|(_, file)| file).collect();
        ensure!(kind == Kind::Offsets || !group.is_empty(), "{}: no files of {kind:?}", data.display());
        // Linux has a limit to the length of one argument.
        for part in group.chunks(500) {
            let list: Vec<String> = part.iter().map(|file| file.display().to_string()).collect();
            let mut dump = kafka.program("dump-log");
            dump.args([kind.decoder(), "--files", &list.join(",")]);
            let output = process::run(&mut dump, "", PATIENCE)?;
            ensure!(output.status.success(), "DumpLogSegments on {kind:?}: {}: {}", output.status, output.tail());
            let read = output.stdout.lines().filter(|line| line.starts_with("Dumping ")).count();
            ensure!(read == part.len(), "DumpLogSegments read {read} of {} files of {kind:?}", part.len());
            complaints.extend(found(&output.stdout, &output.stderr));
        }
    }
    ensure!(
        complaints.is_empty(),
        "{} complaints: {}",
        complaints.len(),
        complaints[..complaints.len().min(5)].join(" / ")
    );
    Ok(files.len())
}

fn files(data: &Path) -> Result<Vec<(Kind, PathBuf)>> {
    let mut files = Vec::new();
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        let kind = if folder == data {
            // What lies beside the partitions is the bootstrap checkpoint: metadata records.
            Kind::ClusterMetadata
        } else {
            Kind::of(&folder.file_name().unwrap_or_default().to_string_lossy())
        };
        for entry in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                // What waits to be removed may go while it is read.
                folders.extend((!path.to_string_lossy().ends_with("-delete")).then_some(path));
            } else if path.extension().is_some_and(|suffix| READABLE.iter().any(|readable| suffix == *readable)) {
                files.push((kind, path));
            }
        }
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}

fn found(stdout: &str, stderr: &str) -> Vec<String> {
    let remarks = stdout.lines().filter(|line| REMARKS.iter().any(|remark| line.contains(remark)));
    let mut file = "";
    let mut complaints: Vec<String> = remarks.map(str::to_owned).collect();
    for line in stderr.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(name) = line.strip_prefix("Non-consecutive offsets in ") {
            file = name;
        } else if line.trim_start().starts_with("-1 is followed by ") {
            // The first record of a segment that does not begin at 0.
        } else if line.contains(" is followed by ") && COMPACTED.iter().any(|compacted| file.contains(compacted)) {
            // Nothing is wrong with it.
        } else if line.contains(" is followed by ") {
            complaints.push(format!("gap in {file}: {}", line.trim()));
        } else {
            complaints.push(line.trim().to_owned());
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn a_later_segment_is_no_gap_and_a_gap_is_one() {
        let gap = "Non-consecutive offsets in /data/t-0/00000000000000000100.log\n  -1 is followed by 100\n";
        assert_eq!(found("Dumping a\n", gap), Vec::<String>::new());
        let gap = format!("{gap}  120 is followed by 125\n");
        assert_eq!(found("", &gap).len(), 1);
        assert_eq!(found("", &gap.replace("/t-0", "/compacted-0")), Vec::<String>::new());
    }

    #[test]
    fn every_way_to_complain_is_heard() {
        assert_eq!(found("baseOffset: 0 crc: 1 isvalid: true\nbaseOffset: 9 crc: 1 isvalid: false\n", "").len(), 1);
        assert_eq!(found("Found 12 invalid bytes at the end of 0.log\n", "").len(), 1);
        assert_eq!(found("| offset: 3 key: Error at offset 3, skipping. odd\n", "").len(), 1);
        assert_eq!(found("", "Mismatches in :/data/t-0/0.index\n  Index offset: 1, log offset: 2\n").len(), 2);
    }
}
