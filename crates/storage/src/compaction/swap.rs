//! Putting segments in the place of others, so that a power cut at any moment leaves the old ones or the new ones.
//!
//! ```text
//! before     0.log  42.log  70.log                  0.log.cleaned         written, synced; a start removes it
//! 1          0.log  42.log  70.log                  0.log.swap            this decides: a start goes on from here
//! 2          0.log  42.log.deleted  70.log.deleted  0.log.swap
//! 3          0.log                                                        the new one, over the old one of its name
//! ```
//!
//! Between the steps the directory is synced, so that no later one can be there without those before. What there is of a
//! segment beside its records (indexes) is made `.swap` before it and gets its name after it; the old ones are removed in
//! between. So whatever a start finds says what to do, whoever left it there, Apache Kafka included ([`recover`]):
//!
//! - `.cleaned`, and a `.swap` with a `.cleaned` of the same or a lower offset: it was not decided. They go.
//! - other `.swap`: it was. The segments in its range go, if they are still there, and it gets its name.
//!
//! Of several segments that take the place of others that with the lowest offset becomes `.swap` last.
//!
//! In memory the change is made before the first step: readers have the new segments by their open files, whatever these
//! are called, and until the last step is done retention leaves them alone. Whoever wants to cut or move the log before
//! that does the steps himself, or sees to it that nobody does them ([`Swap::cancel`]).
//!
//! Source: Kafka `LocalLog.replaceSegments`, `LogLoader.removeTempFilesAndCollectSwapFiles`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use protocol::types::Offset;

use crate::{
    bugs::{self, Bug},
    checkpoint::Checkpoint,
    disk::{Disk, DiskError, Open},
    log::RetiredSegments,
    names::{FileName, Kind, parse_file_name},
    scan::{Step, Walk},
    shared::Shared,
};

pub(crate) const CLEANED: &str = ".cleaned";
pub(crate) const SWAP: &str = ".swap";

/// The path with a suffix.
pub(crate) fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn pass_missing(result: Result<(), DiskError>) -> Result<(), DiskError> {
    match result {
        Err(error) if !error.is_missing() => Err(error),
        _ => Ok(()),
    }
}

#[derive(Debug)]
enum Stage {
    /// Nothing was done.
    Decided,
    Done,
    Cancelled,
}

/// Segments that are to get their names; see the [module](self). Clones are the same swap.
#[derive(Clone, Debug)]
#[must_use = "the files keep their names until it is run"]
pub struct Swap(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    dir: PathBuf,
    /// The segments that go.
    old: Vec<Offset>,
    /// Those that come, oldest first, and which files beside that of the records they have.
    new: Vec<(Offset, Vec<Kind>)>,
    delete_delay_ms: u64,
    stage: Mutex<Stage>,
}

impl Swap {
    pub(crate) fn new(
        shared: Arc<Shared>,
        dir: PathBuf,
        old: Vec<Offset>,
        new: Vec<(Offset, Vec<Kind>)>,
        delete_delay_ms: u64,
    ) -> Self {
        let stage = Mutex::new(Stage::Decided);
        Self(Arc::new(Inner { shared, dir, old, new, delete_delay_ms, stage }))
    }

    /// The base offsets of the segments that come.
    pub(crate) fn new_bases(&self) -> impl Iterator<Item = Offset> {
        self.0.new.iter().map(|(base, _)| *base)
    }

    /// Does all of it, unless that was done, or is not to be done any more. Needs no lock, and waits for the disk.
    ///
    /// # Returns
    /// The segments that have to be removed later.
    ///
    /// # Errors
    /// To be handed to [`Log::swapped`](crate::Log::swapped), never to be answered by another try.
    pub fn run(&self) -> Result<Option<RetiredSegments>, DiskError> {
        let Inner { shared, dir, old, new, delete_delay_ms, stage } = &*self.0;
        let mut stage = stage.lock();
        if !matches!(*stage, Stage::Decided) {
            return Ok(None);
        }
        let disk = &*shared.disk;
        let rename = |kind: Kind, base: Offset, from: &str, to: &str| {
            let path = kind.path(dir, base);
            disk.rename(&suffixed(&path, from), &suffixed(&path, to))
        };
        // Recovery has to know that gaps behind the new segments are no loss.
        shared.save(Checkpoint::RecoveryPoint)?;
        shared.save(Checkpoint::Cleaner)?;
        for (at, (base, kinds)) in new.iter().enumerate().rev() {
            kinds.iter().try_for_each(|kind| rename(*kind, *base, CLEANED, SWAP))?;
            if at == 0 && new.len() > 1 {
                disk.sync_dir(dir)?;
            }
            rename(Kind::Log, *base, CLEANED, SWAP)?;
        }
        disk.sync_dir(dir)?;

        let gone: Vec<_> = old.iter().copied().filter(|base| new.iter().all(|(new, _)| new != base)).collect();
        let retired =
            (!gone.is_empty()).then(|| RetiredSegments::new(Arc::clone(shared), dir.clone(), gone, *delete_delay_ms));
        if let Some(retired) = &retired {
            retired.rename()?;
        }
        for (base, kinds) in new {
            for kind in [Kind::Index, Kind::TimeIndex, Kind::TxnIndex] {
                pass_missing(disk.unlink(&kind.path(dir, *base)))?;
            }
            rename(Kind::Log, *base, SWAP, "")?;
            kinds.iter().try_for_each(|kind| rename(*kind, *base, SWAP, ""))?;
        }
        disk.sync_dir(dir)?;
        *stage = Stage::Done;
        Ok(retired)
    }

    /// Sees to it that nothing is done any more, because the directory is somebody else's. Waits for who is at it.
    pub(crate) fn cancel(&self) {
        let mut stage = self.0.stage.lock();
        if matches!(*stage, Stage::Decided) {
            *stage = Stage::Cancelled;
        }
    }
}

/// Brings what was interrupted in `dir` to its end, or back to its beginning. Does nothing if there is nothing to do.
///
/// # Returns
/// The base offsets of the segments that were put in place.
pub(crate) fn recover(disk: &dyn Disk, dir: &Path) -> Result<Vec<Offset>, DiskError> {
    let (mut cleaned, mut swaps) = (Vec::new(), Vec::new());
    for entry in disk.list(dir)? {
        match parse_file_name(&entry.name) {
            FileName::Cleaned(base) => cleaned.push((base, dir.join(entry.name))),
            FileName::Swap(base, kind) => swaps.push((base, kind)),
            _ => {}
        }
    }
    if cleaned.is_empty() && swaps.is_empty() || bugs::on(Bug::SwapNotResumed) {
        return Ok(Vec::new());
    }
    let undecided = cleaned.iter().map(|(base, _)| *base).min();
    let is_decided = |base: Offset| undecided.is_none_or(|undecided| base < undecided);
    let swap_path = |(base, kind): (Offset, Kind)| suffixed(&kind.path(dir, base), SWAP);
    // Those first, or the next start would take them for decided.
    for &swap in swaps.iter().filter(|(base, _)| !is_decided(*base)) {
        disk.unlink(&swap_path(swap))?;
    }
    disk.sync_dir(dir)?;
    cleaned.iter().try_for_each(|(_, path)| disk.unlink(path))?;
    swaps.retain(|(base, _)| is_decided(*base));

    let mut bases: Vec<_> = swaps.iter().filter(|(_, kind)| *kind == Kind::Log).map(|(base, _)| *base).collect();
    bases.sort_unstable();
    if let (Some(&first), Some(&last)) = (bases.first(), bases.last()) {
        let end = end_of(disk, &swap_path((last, Kind::Log)), last)?;
        for entry in disk.list(dir)? {
            // A snapshot of producers is made anew only from all records before it.
            if let FileName::Segment(base, kind) = parse_file_name(&entry.name)
                && base >= first
                && base < end
                && kind != Kind::Snapshot
            {
                disk.unlink(&dir.join(entry.name))?;
            }
        }
        disk.sync_dir(dir)?;
        bases.iter().try_for_each(|base| disk.rename(&swap_path((*base, Kind::Log)), &Kind::Log.path(dir, *base)))?;
    }
    for &(base, kind) in swaps.iter().filter(|(_, kind)| *kind != Kind::Log) {
        disk.rename(&swap_path((base, kind)), &kind.path(dir, base))?;
    }
    disk.sync_dir(dir)?;
    Ok(bases)
}

/// Where the batches of a segment end that has no name yet. If it is damaged, what is known to be in it: the rest of what it
/// was made of stays then.
fn end_of(disk: &dyn Disk, path: &Path, base: Offset) -> Result<Offset, DiskError> {
    let file = disk.open(path, Open::Existing)?;
    let mut walk = Walk::headers(&*file, 0, file.size()?);
    // One without batches takes its own place at least.
    let mut end = base.plus(1);
    while let Step::Batch(found) = walk.step()? {
        end = found.header.next_offset().max(end);
    }
    Ok(end)
}
