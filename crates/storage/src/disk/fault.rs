//! A disk in memory that behaves as badly as a real one may, and the same way each time.
//!
//! Every file has two contents: what the running system sees (the page cache), and what is on the platter; between
//! them stands the list of writes not synced yet. Directories likewise. From this follow the two deaths:
//!
//! - [`FaultDisk::kill`]: the process dies. The page cache stays, open handles and locks are gone.
//! - [`FaultDisk::crash`]: the power goes. What was synced is kept, always; of the rest the seed decides what reached
//!   the platter ([`platter`]).
//!
//! A failed `sync` leaves the page cache as it is and forgets the writes, as Linux does: the bytes can be read and
//! will never be written. Errors are planned ([`FaultRule`]), space can run out ([`FaultDisk::set_capacity`]), bits can
//! flip ([`FaultDisk::flip_bit`]), and everything can stop at the n-th change ([`FaultDisk::stop_after`]). A disk that
//! keeps its history ([`FaultDisk::keep_history`]) is afterwards there as it was before each change; from each of these a
//! fork goes its own way ([`FaultDisk::fork`]), and every death at every moment is visited in turn
//! ([`FaultDisk::crash_by`]). Contents are shared until somebody writes, so a fork costs little.

use std::{
    collections::BTreeMap,
    io::{self, IoSlice},
    os::fd::BorrowedFd,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{Disk, DiskError, DiskFile, DiskLock, Entry, LockError, Open, Result};

mod platter;

use platter::{Dir, DirChange, File, FileChange, Inode};

/// Operations that are to fail with an IO error.
#[derive(Clone, Debug, Default)]
pub struct FaultRule {
    /// `open`, `write`, `sync`, …: as in [`DiskError::operation`]; `None` for any.
    pub operation: Option<&'static str>,
    /// A part of the path; `None` for any.
    pub path_contains: Option<String>,
    /// How many matching operations succeed first.
    pub skip: u64,
    /// How many fail then.
    pub times: u64,
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct FaultDisk(Arc<Mutex<State>>);

#[derive(Clone, Debug)]
struct State {
    /// State of the generator (SplitMix64).
    chance: u64,
    /// Grows at each death; handles of an earlier life are dead.
    life: u64,
    /// Directories and files by number; 0 is the root.
    inodes: BTreeMap<u64, Inode>,
    next_inode: u64,
    locked: BTreeMap<u64, u64>,
    rules: Vec<FaultRule>,
    capacity: u64,
    /// Changes made so far.
    changes: u64,
    /// After how many changes everything stops.
    stop_at: Option<u64>,
    /// Whether the write during which everything stopped has had its half.
    torn: bool,
    /// The disk as it was before each change.
    history: Option<Vec<FaultDisk>>,
}

impl FaultDisk {
    /// An empty disk with the root directory `/`, all of whose chances come from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            chance: seed,
            life: 0,
            inodes: BTreeMap::from([(0, Inode::Dir(Dir::default()))]),
            next_inode: 1,
            locked: BTreeMap::new(),
            rules: Vec::new(),
            capacity: u64::MAX,
            changes: 0,
            stop_at: None,
            torn: false,
            history: None,
        })))
    }

    /// The power goes, and comes back: see the module's header. Planned faults are forgotten.
    pub fn crash(&self) {
        let mut chance = self.0.lock().chance;
        self.crash_by(&mut |limit| below(&mut chance, limit));
        self.0.lock().chance = chance;
    }

    /// The same, and `choose` decides: given a limit, it says a number below it. To choose 0 always loses everything that
    /// can be lost.
    pub fn crash_by(&self, choose: &mut dyn FnMut(u64) -> u64) {
        let state = &mut *self.0.lock();
        for inode in state.inodes.values_mut() {
            match inode {
                Inode::Dir(dir) => dir.lose(choose),
                Inode::File(file) => file.lose(choose),
            }
        }
        state.end_life();
    }

    /// Another disk that is as this one is now, and goes its own way. Handles stay with this one.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut state = self.0.lock().clone();
        state.history = None;
        Self(Arc::new(Mutex::new(state)))
    }

    /// From now on, keeps the disk as it was before each change.
    pub fn keep_history(&self) {
        self.0.lock().history = Some(Vec::new());
    }

    /// The disk as it was before each change since [`keep_history`](Self::keep_history); it is kept no longer.
    #[must_use]
    pub fn take_history(&self) -> Vec<Self> {
        self.0.lock().history.take().unwrap_or_default()
    }

    /// A number that differs, as good as surely, between disks that hold different names or contents now.
    #[must_use]
    pub fn digest(&self) -> u64 {
        platter::digest(&self.0.lock().inodes)
    }

    /// The process dies and a new one may start: handles and locks are gone, the page cache stays. Planned faults are
    /// forgotten.
    pub fn kill(&self) {
        self.0.lock().end_life();
    }

    /// Plans errors.
    pub fn fail(&self, rule: FaultRule) {
        self.0.lock().rules.push(rule);
    }

    /// Lets all files together have at most `bytes`.
    pub fn set_capacity(&self, bytes: u64) {
        self.0.lock().capacity = bytes;
    }

    /// How many changes (writes, syncs, new and lost names) were made so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.0.lock().changes
    }

    /// Lets `changes` more changes happen; the next one happens by half, if it is a write, and fails, and so do all
    /// after it, until [`kill`](Self::kill) or [`crash`](Self::crash).
    pub fn stop_after(&self, changes: u64) {
        let state = &mut *self.0.lock();
        state.stop_at = Some(state.changes + changes);
    }

    /// Flips one bit of a file, on the platter and in the page cache.
    ///
    /// # Panics
    /// If there is no such file, or no such byte.
    pub fn flip_bit(&self, path: &Path, byte: usize, bit: u8) {
        let state = &mut *self.0.lock();
        let inode = state.find(path).expect("a file to flip a bit of");
        let Some(Inode::File(file)) = state.inodes.get_mut(&inode) else { panic!("a directory has no bits") };
        file.flip_bit(byte, bit);
    }
}

/// The next number below `limit`.
fn below(chance: &mut u64, limit: u64) -> u64 {
    *chance = chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *chance;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % limit
}

impl State {
    fn end_life(&mut self) {
        self.life += 1;
        self.locked.clear();
        self.rules.clear();
        self.stop_at = None;
        self.torn = false;
        // Nobody has anything open any more: what has no name, now or after a power cut, is gone.
        let mut reachable = vec![0];
        let mut next = 0;
        while let Some(&inode) = reachable.get(next) {
            next += 1;
            if let Some(Inode::Dir(dir)) = self.inodes.get(&inode) {
                for child in dir.children() {
                    if !reachable.contains(&child) {
                        reachable.push(child);
                    }
                }
            }
        }
        reachable.sort_unstable();
        self.inodes.retain(|inode, _| reachable.binary_search(inode).is_ok());
    }

    /// Whether `operation` on `path` may go on.
    fn check(&mut self, operation: &'static str, path: &Path) -> Result<()> {
        for rule in &mut self.rules {
            let hit = rule.operation.is_none_or(|wanted| wanted == operation)
                && rule.path_contains.as_ref().is_none_or(|part| path.to_string_lossy().contains(part));
            if hit && rule.skip > 0 {
                rule.skip -= 1;
            } else if hit && rule.times > 0 {
                rule.times -= 1;
                return Err(DiskError::new(operation, path, io::Error::other("a planned fault")));
            }
        }
        Ok(())
    }

    /// As [`check`](Self::check), for what changes something.
    fn change(&mut self, operation: &'static str, path: &Path) -> Result<()> {
        if self.stopped() {
            return Err(DiskError::new(operation, path, io::Error::other("everything has stopped")));
        }
        self.check(operation, path)?;
        if let Some(mut history) = self.history.take() {
            history.push(FaultDisk(Arc::new(Mutex::new(self.clone()))));
            self.history = Some(history);
        }
        self.changes += 1;
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop_at.is_some_and(|stop_at| self.changes >= stop_at)
    }

    fn find(&self, path: &Path) -> Option<u64> {
        let mut inode = 0;
        for component in path.components() {
            match component {
                Component::RootDir | Component::CurDir => {}
                Component::Normal(name) => match self.inodes.get(&inode)? {
                    Inode::Dir(dir) => inode = *dir.names().get(name.to_str()?)?,
                    Inode::File(_) => return None,
                },
                Component::ParentDir | Component::Prefix(_) => return None,
            }
        }
        Some(inode)
    }

    fn dir(&mut self, path: &Path) -> Option<&mut Dir> {
        let inode = self.find(path)?;
        match self.inodes.get_mut(&inode)? {
            Inode::Dir(dir) => Some(dir),
            Inode::File(_) => None,
        }
    }

    fn parent(&mut self, operation: &'static str, path: &Path) -> Result<(&mut Dir, Arc<str>)> {
        let missing = || DiskError::new(operation, path, io::ErrorKind::NotFound);
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?.into();
        let dir = self.dir(path.parent().ok_or_else(missing)?).ok_or_else(missing)?;
        Ok((dir, name))
    }

    fn add(&mut self, operation: &'static str, path: &Path, inode: Inode) -> Result<u64> {
        let number = self.next_inode;
        let (dir, name) = self.parent(operation, path)?;
        dir.change(DirChange::Add { name, inode: number });
        self.next_inode += 1;
        self.inodes.insert(number, inode);
        Ok(number)
    }

    /// How much of the disk files with a name take.
    fn used(&self) -> u64 {
        let named = self.inodes.values().flat_map(|inode| match inode {
            Inode::Dir(dir) => dir.names().values().copied().collect(),
            Inode::File(_) => Vec::new(),
        });
        let files = named.map(|inode| match self.inodes.get(&inode) {
            Some(Inode::File(file)) => file.taken() as u64,
            _ => 0,
        });
        files.sum()
    }

    /// How many bytes more there is room for.
    fn free(&self) -> usize {
        let free = if self.capacity == u64::MAX { u64::MAX } else { self.capacity.saturating_sub(self.used()) };
        usize::try_from(free).unwrap_or(usize::MAX)
    }
}

impl Disk for FaultDisk {
    fn open(&self, path: &Path, open: Open) -> Result<Arc<dyn DiskFile>> {
        let state = &mut *self.0.lock();
        state.check("open", path)?;
        let failed = |kind: io::ErrorKind| Err(DiskError::new("open", path, kind));
        let inode = match (state.find(path), open) {
            (Some(_), Open::New) => return failed(io::ErrorKind::AlreadyExists),
            (None, Open::Existing) => return failed(io::ErrorKind::NotFound),
            (Some(inode), _) => inode,
            (None, _) => {
                state.change("open", path)?;
                state.add("open", path, Inode::File(File::default()))?
            }
        };
        match state.inodes.get_mut(&inode) {
            Some(Inode::File(file)) => {
                if open == Open::Empty && file.size() > 0 {
                    state.change("open", path)?;
                    if let Some(Inode::File(file)) = state.inodes.get_mut(&inode) {
                        file.change(FileChange::Truncate { size: 0 });
                    }
                }
            }
            _ => return failed(io::ErrorKind::IsADirectory),
        }
        Ok(Arc::new(FaultFile { disk: self.clone(), inode, life: state.life, path: path.to_owned() }))
    }

    fn list(&self, dir: &Path) -> Result<Vec<Entry>> {
        let state = &mut *self.0.lock();
        state.check("list", dir)?;
        let Some(listed) = state.dir(dir) else { return Err(DiskError::new("list", dir, io::ErrorKind::NotFound)) };
        let names = Arc::clone(listed.names());
        let is_dir = |inode| matches!(state.inodes.get(&inode), Some(Inode::Dir(_)));
        Ok(names.iter().map(|(name, inode)| Entry { name: name.to_string(), is_dir: is_dir(*inode) }).collect())
    }

    fn size(&self, path: &Path) -> Result<u64> {
        let state = &mut *self.0.lock();
        state.check("look at", path)?;
        match state.find(path).and_then(|inode| state.inodes.get(&inode)) {
            Some(Inode::File(file)) => Ok(file.size() as u64),
            _ => Err(DiskError::new("look at", path, io::ErrorKind::NotFound)),
        }
    }

    fn create_dir(&self, dir: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("create", dir)?;
        if state.find(dir).is_some() {
            return Err(DiskError::new("create", dir, io::ErrorKind::AlreadyExists));
        }
        state.add("create", dir, Inode::Dir(Dir::default())).map(|_| ())
    }

    fn remove_dir(&self, dir: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("remove", dir)?;
        match state.dir(dir) {
            None => return Err(DiskError::new("remove", dir, io::ErrorKind::NotFound)),
            Some(removed) if !removed.names().is_empty() => {
                return Err(DiskError::new("remove", dir, io::ErrorKind::DirectoryNotEmpty));
            }
            Some(_) => {}
        }
        let (parent, name) = state.parent("remove", dir)?;
        parent.change(DirChange::Remove { name });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("rename", from)?;
        assert_eq!(from.parent(), to.parent(), "names change within their directory only");
        let (_, new) = state.parent("rename", to)?;
        let (dir, old) = state.parent("rename", from)?;
        if !dir.names().contains_key(&old) {
            return Err(DiskError::new("rename", from, io::ErrorKind::NotFound));
        }
        dir.change(DirChange::Rename { from: old, to: new });
        Ok(())
    }

    fn unlink(&self, path: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("remove", path)?;
        let (dir, name) = state.parent("remove", path)?;
        if !dir.names().contains_key(&name) {
            return Err(DiskError::new("remove", path, io::ErrorKind::NotFound));
        }
        dir.change(DirChange::Remove { name });
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("sync", dir)?;
        let Some(synced) = state.dir(dir) else { return Err(DiskError::new("sync", dir, io::ErrorKind::NotFound)) };
        synced.sync();
        Ok(())
    }

    fn sync_all(&self, path: &Path) -> Result<()> {
        let state = &mut *self.0.lock();
        state.change("sync", path)?;
        for inode in state.inodes.values_mut() {
            match inode {
                Inode::File(file) => file.sync(),
                Inode::Dir(dir) => dir.sync(),
            }
        }
        Ok(())
    }

    fn space(&self, path: &Path) -> Result<(u64, u64)> {
        let state = &mut *self.0.lock();
        state.check("look at", path)?;
        Ok((state.capacity.saturating_sub(state.used()), state.capacity))
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn DiskLock>, LockError> {
        let file = self.open(path, Open::OrCreate)?;
        drop(file);
        let state = &mut *self.0.lock();
        let inode = state.find(path).expect("it was opened");
        let life = state.life;
        if state.locked.insert(inode, life).is_some() {
            return Err(LockError::Held { by: None });
        }
        Ok(Box::new(FaultLock { disk: self.clone(), inode, life }))
    }
}

#[derive(Debug)]
struct FaultLock {
    disk: FaultDisk,
    inode: u64,
    life: u64,
}

impl DiskLock for FaultLock {}

impl Drop for FaultLock {
    fn drop(&mut self) {
        let state = &mut *self.disk.0.lock();
        if state.locked.get(&self.inode) == Some(&self.life) {
            state.locked.remove(&self.inode);
        }
    }
}

#[derive(Debug)]
struct FaultFile {
    disk: FaultDisk,
    inode: u64,
    life: u64,
    path: PathBuf,
}

impl FaultFile {
    fn alive(&self, state: &State, operation: &'static str) -> Result<()> {
        if state.life == self.life {
            Ok(())
        } else {
            Err(DiskError::new(operation, &self.path, io::Error::other("its process is dead")))
        }
    }

    fn content<'a>(&self, state: &'a mut State) -> &'a mut File {
        match state.inodes.get_mut(&self.inode) {
            Some(Inode::File(file)) => file,
            _ => unreachable!("a living handle keeps its file"),
        }
    }

    fn look<T>(&self, operation: &'static str, action: impl FnOnce(&mut File) -> T) -> Result<T> {
        let state = &mut *self.disk.0.lock();
        self.alive(state, operation)?;
        state.check(operation, &self.path)?;
        Ok(action(self.content(state)))
    }

    fn change(&self, operation: &'static str, action: impl FnOnce(&mut File)) -> Result<()> {
        let state = &mut *self.disk.0.lock();
        self.alive(state, operation)?;
        state.change(operation, &self.path)?;
        action(self.content(state));
        Ok(())
    }
}

impl DiskFile for FaultFile {
    fn write_at(&self, position: u64, parts: &mut [IoSlice<'_>]) -> Result<()> {
        let position = position as usize;
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        let state = &mut *self.disk.0.lock();
        self.alive(state, "write")?;
        let mut outcome = state.change("write", &self.path);
        if outcome.is_err() {
            // The write during which everything stops gets somewhere; later ones, and planned faults, do not.
            let torn = state.stopped() && !std::mem::replace(&mut state.torn, true);
            bytes.truncate(if torn { below(&mut state.chance, bytes.len() as u64 + 1) as usize } else { 0 });
        } else {
            let room = state.free().saturating_add(self.content(state).taken().saturating_sub(position));
            if bytes.len() > room {
                bytes.truncate(room);
                outcome = Err(DiskError::new("write", &self.path, io::ErrorKind::StorageFull));
            }
        }
        if !bytes.is_empty() {
            self.content(state).change(FileChange::Write { position, bytes: bytes.into() });
        }
        outcome
    }

    fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<usize> {
        self.look("read", |file| {
            let rest = file.content().get(position as usize..).unwrap_or(&[]);
            let len = rest.len().min(buffer.len());
            buffer[..len].copy_from_slice(&rest[..len]);
            len
        })
    }

    fn size(&self) -> Result<u64> {
        self.look("look at", |file| file.size() as u64)
    }

    fn sync(&self) -> Result<()> {
        let synced = self.change("sync", File::sync);
        if synced.is_err() {
            let state = &mut *self.disk.0.lock();
            if self.alive(state, "sync").is_ok() && !state.stopped() {
                self.content(state).forget_changes();
            }
        }
        synced
    }

    fn truncate(&self, size: u64) -> Result<()> {
        self.change("truncate", |file| file.change(FileChange::Truncate { size: size as usize }))
    }

    fn allocate(&self, size: u64) -> Result<()> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let state = &mut *self.disk.0.lock();
        self.alive(state, "allocate space for")?;
        state.check("allocate space for", &self.path)?;
        let room = state.free();
        let file = self.content(state);
        if size > file.taken().saturating_add(room) {
            return Err(DiskError::new("allocate space for", &self.path, io::ErrorKind::StorageFull));
        }
        file.reserve(size);
        Ok(())
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
