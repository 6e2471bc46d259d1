//! The step that runs all Rust tests and counts them one by one.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::Count;
use crate::cargo;

/// Runs `cargo test` over the workspace, and shows what is not simply "ok".
pub(super) fn run(count: &mut Count) -> Result<()> {
    let mut tests = cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo")?;
    let stdout = tests.stdout.take().context("no standard output")?;
    let failed_before = count.failed;
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        match verdict(&line) {
            Some((name, passed)) => {
                count.add(format!("test {name}"), passed);
                if !passed {
                    println!("{line}");
                }
            }
            None if line.trim().is_empty() => {}
            None => println!("{line}"),
        }
    }
    let status = tests.wait()?;
    // Something did not compile, or a test took its whole process down.
    if !status.success() && count.failed == failed_before {
        count.add("cargo test", false);
    }
    Ok(())
}

/// What a line of the test harness says of one test. A test that is ignored did not run: it is not counted.
fn verdict(line: &str) -> Option<(&str, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    match outcome.trim() {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn only_the_harness_own_lines_count() {
        assert_eq!(verdict("test a::b ... ok"), Some(("a::b", true)));
        assert_eq!(verdict("test src/lib.rs - a (line 3) - should panic ... ok").map(|found| found.1), Some(true));
        assert_eq!(verdict("test a::b ... FAILED"), Some(("a::b", false)));
        assert_eq!(verdict("test a::b ... ignored, needs an hour"), None);
        assert_eq!(verdict("test result: ok. 3 passed; 0 failed; 0 ignored"), None);
        assert_eq!(verdict("a test that prints ... ok"), None);
    }
}
