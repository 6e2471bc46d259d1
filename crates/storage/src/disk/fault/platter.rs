//! What is on the platter of a [`FaultDisk`](super::FaultDisk), what is in front of it, and what of that a power cut
//! leaves.
//!
//! Of a file's unsynced changes it leaves nothing, or everything, or the first few with the last one torn at any byte, or
//! anything: each sector has one of the contents that it had since the last sync, the file one of the sizes, whatever the
//! others have, and where a sector is missing below the size there are zeros. Of a directory's unsynced changes the
//! first few survive: all file systems that matter keep their names in a journal. Of two directories, or a directory and
//! a file, each goes its own way.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    sync::Arc,
};

/// The unit in which unsynced bytes are lost.
const SECTOR: usize = 512;

#[derive(Clone, Debug)]
pub(super) enum Inode {
    File(File),
    Dir(Dir),
}

/// A file: what is seen of it, what is on the platter, and how the one came of the other.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    cached: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    pending: Vec<FileChange>,
    /// A sync failed: the platter does not become what is seen by doing what is pending.
    diverged: bool,
    /// Bytes that were set aside for it.
    reserved: usize,
}

#[derive(Clone, Debug)]
pub(super) enum FileChange {
    Write { position: usize, bytes: Arc<[u8]> },
    Truncate { size: usize },
}

impl FileChange {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { position, bytes } => write(content, *position, bytes),
            Self::Truncate { size } => content.resize(*size, 0),
        }
    }

    /// The size of a file of this size after it.
    fn size(&self, before: usize) -> usize {
        match self {
            Self::Write { position, bytes } => before.max(position + bytes.len()),
            Self::Truncate { size } => *size,
        }
    }

    /// Does it to the sector that begins at `begin`. Whether the sector has anything to do with it.
    fn apply_to_sector(&self, begin: usize, sector: &mut [u8; SECTOR]) -> bool {
        match self {
            Self::Write { position, bytes } => {
                let (from, to) = (begin.max(*position), (begin + SECTOR).min(position + bytes.len()));
                if from < to {
                    sector[from - begin..to - begin].copy_from_slice(&bytes[from - position..to - position]);
                }
                from < to
            }
            Self::Truncate { size } => {
                if *size < begin + SECTOR {
                    sector[size.saturating_sub(begin)..].fill(0);
                }
                *size < begin + SECTOR
            }
        }
    }
}

fn write(content: &mut Vec<u8>, position: usize, bytes: &[u8]) {
    let end = position + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[position..end].copy_from_slice(bytes);
}

impl File {
    pub(super) fn content(&self) -> &[u8] {
        &self.cached
    }

    pub(super) fn size(&self) -> usize {
        self.cached.len()
    }

    /// How much of the disk it takes.
    pub(super) fn taken(&self) -> usize {
        self.size().max(self.reserved)
    }

    pub(super) fn reserve(&mut self, size: usize) {
        self.reserved = self.reserved.max(size);
    }

    pub(super) fn change(&mut self, change: FileChange) {
        if matches!(change, FileChange::Truncate { .. }) {
            self.reserved = 0;
        }
        change.apply(Arc::make_mut(&mut self.cached));
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        if self.diverged {
            let durable = Arc::make_mut(&mut self.durable);
            self.pending.iter().for_each(|change| change.apply(durable));
        } else {
            self.durable = Arc::clone(&self.cached);
        }
        self.pending.clear();
    }

    /// Marked clean without being written: only the next power cut shows it.
    pub(super) fn forget_changes(&mut self) {
        self.diverged |= !self.pending.is_empty();
        self.pending.clear();
    }

    pub(super) fn flip_bit(&mut self, byte: usize, bit: u8) {
        Arc::make_mut(&mut self.cached)[byte] ^= 1 << bit;
        if let Some(durable) = Arc::make_mut(&mut self.durable).get_mut(byte) {
            *durable ^= 1 << bit;
        }
    }

    /// The power goes.
    pub(super) fn lose(&mut self, choose: &mut dyn FnMut(u64) -> u64) {
        let pending = mem::take(&mut self.pending);
        if !pending.is_empty() {
            match choose(4) {
                0 => {}
                1 => {
                    let durable = Arc::make_mut(&mut self.durable);
                    pending.iter().for_each(|change| change.apply(durable));
                }
                2 => tear(Arc::make_mut(&mut self.durable), &pending, choose),
                _ => self.durable = Arc::new(mix(&self.durable, &pending, choose)),
            }
        }
        self.cached = Arc::clone(&self.durable);
        self.diverged = false;
    }
}

/// The first few changes, and a part of the next if that is a write.
fn tear(durable: &mut Vec<u8>, pending: &[FileChange], choose: &mut dyn FnMut(u64) -> u64) {
    let whole = choose(pending.len() as u64) as usize;
    pending[..whole].iter().for_each(|change| change.apply(durable));
    if let FileChange::Write { position, bytes } = &pending[whole] {
        let torn = choose(bytes.len() as u64) as usize;
        write(durable, *position, &bytes[..torn]);
    }
}

/// Of each sector, and of the size, one of those it had.
fn mix(durable: &[u8], pending: &[FileChange], choose: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
    let mut sizes = vec![durable.len()];
    for change in pending {
        let size = change.size(sizes[sizes.len() - 1]);
        if size != sizes[sizes.len() - 1] {
            sizes.push(size);
        }
    }
    let size = if sizes.len() > 1 { sizes[choose(sizes.len() as u64) as usize] } else { sizes[0] };
    let mut mixed = durable.to_vec();
    mixed.resize(size, 0);
    for (at, bytes) in mixed.chunks_mut(SECTOR).enumerate() {
        let begin = at * SECTOR;
        let mut sector = [0; SECTOR];
        let old = durable.get(begin..).unwrap_or(&[]);
        let old = &old[..old.len().min(SECTOR)];
        sector[..old.len()].copy_from_slice(old);
        let mut contents = vec![sector];
        for change in pending {
            if change.apply_to_sector(begin, &mut sector) {
                contents.push(sector);
            }
        }
        if contents.len() > 1 {
            let chosen = &contents[choose(contents.len() as u64) as usize];
            bytes.copy_from_slice(&chosen[..bytes.len()]);
        }
    }
    mixed
}

type Names = BTreeMap<Arc<str>, u64>;

/// A directory, likewise.
#[derive(Clone, Debug, Default)]
pub(super) struct Dir {
    cached: Arc<Names>,
    durable: Arc<Names>,
    pending: Vec<DirChange>,
}

#[derive(Clone, Debug)]
pub(super) enum DirChange {
    Add { name: Arc<str>, inode: u64 },
    Remove { name: Arc<str> },
    Rename { from: Arc<str>, to: Arc<str> },
}

impl DirChange {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Add { name, inode } => {
                names.insert(name.clone(), *inode);
            }
            Self::Remove { name } => {
                names.remove(name);
            }
            Self::Rename { from, to } => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
        }
    }
}

impl Dir {
    pub(super) fn names(&self) -> &Arc<Names> {
        &self.cached
    }

    /// All that it leads to, now or after a power cut.
    pub(super) fn children(&self) -> BTreeSet<u64> {
        let added = self.pending.iter().filter_map(|change| match change {
            DirChange::Add { inode, .. } => Some(inode),
            DirChange::Remove { .. } | DirChange::Rename { .. } => None,
        });
        self.cached.values().chain(self.durable.values()).chain(added).copied().collect()
    }

    pub(super) fn change(&mut self, change: DirChange) {
        change.apply(Arc::make_mut(&mut self.cached));
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        self.durable = Arc::clone(&self.cached);
        self.pending.clear();
    }

    /// The power goes.
    pub(super) fn lose(&mut self, choose: &mut dyn FnMut(u64) -> u64) {
        let pending = mem::take(&mut self.pending);
        if !pending.is_empty() {
            let kept = choose(pending.len() as u64 + 1) as usize;
            let durable = Arc::make_mut(&mut self.durable);
            pending[..kept].iter().for_each(|change| change.apply(durable));
        }
        self.cached = Arc::clone(&self.durable);
    }
}

/// Tells trees of names and contents apart.
pub(super) fn digest(inodes: &BTreeMap<u64, Inode>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut todo = vec![0];
    while let Some(number) = todo.pop() {
        match inodes.get(&number) {
            Some(Inode::File(file)) => file.content().hash(&mut hasher),
            Some(Inode::Dir(dir)) => {
                for (name, inode) in &**dir.names() {
                    name.hash(&mut hasher);
                    todo.push(*inode);
                }
                dir.names().len().hash(&mut hasher);
            }
            None => {}
        }
    }
    hasher.finish()
}
