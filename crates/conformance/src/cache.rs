//! Where foreign software is kept: `$XDG_CACHE_HOME/milena`, or `~/.cache/milena`.
//!
//! Each piece has a folder named after itself and its version. A folder counts as complete when its stamp holds the
//! very recipe it was made by, so that a changed pin, or an installation that was cut off, is made anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The cache folder, which need not exist yet.
///
/// # Errors
/// If the environment has neither `XDG_CACHE_HOME` nor `HOME`.
pub fn root() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    match (set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(cache), _) => Ok(cache.join("milena")),
        (None, Some(home)) => Ok(home.join(".cache/milena")),
        (None, None) => bail!("neither XDG_CACHE_HOME nor HOME is set: there is no place for a cache"),
    }
}

/// The folder `name` of the cache, made by `install` unless an earlier run did so by the same `recipe`.
///
/// # Errors
/// Those of `install`, and of the file system. The folder is then made anew next time.
pub fn folder(name: &str, recipe: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = root()?.join(name);
    let stamp = folder.join(".installed");
    if fs::read_to_string(&stamp).is_ok_and(|made_by| made_by == recipe) {
        return Ok(folder);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    eprintln!("installing {name} into {}", folder.display());
    let start = Instant::now();
    install(&folder).with_context(|| format!("installing {name}"))?;
    fs::write(&stamp, recipe)?;
    eprintln!("installed {name} in {:.0} s", start.elapsed().as_secs_f64());
    Ok(folder)
}
