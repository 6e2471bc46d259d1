//! Does what was acknowledged with `milena.durability=power-loss` outlive a power cut, on real file systems? One in a file is
//! stopped by the ioctl for it, without what it has in memory, again and again, while a producer sends without pause
//! (`clients/python/power_cut.py`).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::clients::sources;
use crate::process;

/// For one cut, and the node's two starts around it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How the program says that this machine cannot do it.
const CANNOT: i32 = 77;

/// Cuts the power of `binary` on a file system of this kind; gives what was found, or `Err` inside what is missing.
///
/// # Errors
/// If something that was acknowledged is gone, or the node did not come back.
pub fn judge(python: &Path, binary: &Path, file_system: &str, cuts: u32) -> Result<Result<String, String>> {
    let mut command = Command::new(python);
    command.arg(sources().join("python/power_cut.py")).arg("--milena").arg(binary);
    command.args(["--fs", file_system, "--cuts", &cuts.to_string()]).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = process::run(&mut command, "", PATIENCE * (cuts + 1))?;
    let verdict = output.stdout.lines().last().unwrap_or_default();
    match (output.status.code(), verdict.split_once('\t')) {
        (Some(0), Some(("ok", detail))) => Ok(Ok(detail.to_owned())),
        (Some(CANNOT), Some((_, missing))) => Ok(Err(missing.to_owned())),
        _ => bail!("{verdict} {}", output.tail()),
    }
}
