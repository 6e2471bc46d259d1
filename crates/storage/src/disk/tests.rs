//! One suite for every disk, and what only `FaultDisk` promises.

use std::io::IoSlice;

use proptest::prelude::*;

use super::*;

/// Runs `test` on a fresh directory of each disk.
fn on_every_disk(test: impl Fn(&dyn Disk, &Path)) {
    let directory = tempfile::tempdir().unwrap();
    test(&OsDisk, directory.path());
    test(&FaultDisk::new(0), Path::new("/"));
}

fn content(disk: &dyn Disk, path: &Path) -> Vec<u8> {
    read_file(disk, path, u64::MAX).unwrap()
}

#[test]
fn slices_are_written_one_after_the_other_and_read_back() {
    on_every_disk(|disk, dir| {
        let file = disk.open(&dir.join("a"), Open::New).unwrap();
        // More slices than one system call takes.
        let bytes: Vec<[u8; 3]> = (0..3000u16).map(|i| [i as u8, (i >> 8) as u8, 7]).collect();
        let mut parts: Vec<_> = bytes.iter().map(|part| IoSlice::new(part)).collect();
        file.write_at(5, &mut parts).unwrap();
        let mut expected = vec![0; 5];
        expected.extend(bytes.concat());
        assert_eq!(file.size().unwrap(), expected.len() as u64);
        assert_eq!(content(disk, &dir.join("a")), expected);
        let mut short = [9; 8];
        assert_eq!(file.read_at(expected.len() as u64 - 2, &mut short).unwrap(), 2);
        assert_eq!(file.read_at(expected.len() as u64 + 2, &mut short).unwrap(), 0);
        assert_eq!(FileRange { file, position: 5, len: 6 }.read().unwrap(), expected[5..11]);
    });
}

#[test]
fn opening_does_about_existing_files_as_told() {
    on_every_disk(|disk, dir| {
        let path = dir.join("a");
        assert!(disk.open(&path, Open::Existing).unwrap_err().is_missing());
        write_file(disk, &path, b"abc").unwrap();
        assert_eq!(disk.open(&path, Open::New).unwrap_err().source.kind(), io::ErrorKind::AlreadyExists);
        disk.open(&path, Open::OrCreate).unwrap();
        assert_eq!(content(disk, &path), b"abc");
        disk.open(&path, Open::Empty).unwrap();
        assert_eq!(content(disk, &path), b"");
    });
}

#[test]
fn names_change_and_handles_stay_with_their_file() {
    on_every_disk(|disk, dir| {
        disk.create_dir(&dir.join("d")).unwrap();
        let file = write_file(disk, &dir.join("d/a"), b"old").unwrap();
        write_file(disk, &dir.join("d/b"), b"other").unwrap();
        disk.rename(&dir.join("d/a"), &dir.join("d/b")).unwrap();
        disk.rename(&dir.join("d"), &dir.join("e")).unwrap();
        assert_eq!(disk.list(dir).unwrap(), [Entry { name: "e".into(), is_dir: true }]);
        assert_eq!(disk.list(&dir.join("e")).unwrap(), [Entry { name: "b".into(), is_dir: false }]);
        assert_eq!(content(disk, &dir.join("e/b")), b"old");
        assert_eq!(disk.size(&dir.join("e/b")).unwrap(), 3);
        assert!(disk.remove_dir(&dir.join("e")).is_err(), "it is not empty");
        disk.unlink(&dir.join("e/b")).unwrap();
        assert!(disk.unlink(&dir.join("e/b")).unwrap_err().is_missing());
        assert_eq!(FileRange { file, position: 0, len: 3 }.read().unwrap(), b"old");
        disk.remove_dir(&dir.join("e")).unwrap();
        assert_eq!(disk.list(dir).unwrap(), []);
    });
}

#[test]
fn reserved_space_does_not_show_in_the_size() {
    on_every_disk(|disk, dir| {
        let file = write_file(disk, &dir.join("a"), b"abc").unwrap();
        file.allocate(1 << 20).unwrap();
        assert_eq!(file.size().unwrap(), 3);
        file.truncate(1).unwrap();
        assert_eq!(content(disk, &dir.join("a")), b"a");
        assert!(disk.space(dir).unwrap().0 > 0);
    });
}

#[test]
fn a_lock_excludes_everybody_else_until_it_is_dropped() {
    on_every_disk(|disk, dir| {
        let path = dir.join(".lock");
        let lock = disk.lock(&path).unwrap();
        assert!(matches!(disk.lock(&path), Err(LockError::Held { by: None })));
        drop(lock);
        disk.lock(&path).unwrap();
    });
}

#[test]
fn a_replaced_file_is_the_old_or_the_new_one_after_a_power_cut_at_any_point() {
    for seed in 0..200 {
        let disk = FaultDisk::new(seed);
        let path = Path::new("/a");
        replace_file(&disk, path, b"old").unwrap();
        disk.stop_after(seed % 8);
        let done = replace_file(&disk, path, b"new").is_ok();
        disk.crash();
        let found = content(&disk, path);
        assert!(found == b"new" || !done && found == b"old", "seed {seed}: {found:?}");
    }
}

#[test]
fn a_failed_sync_forgets_the_bytes_although_the_next_one_succeeds() {
    let disk = FaultDisk::new(1);
    let file = write_file(&disk, Path::new("/a"), b"abc").unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    disk.fail(FaultRule { operation: Some("sync"), times: 1, ..FaultRule::default() });
    assert!(file.sync().is_err());
    file.sync().unwrap();
    assert_eq!(content(&disk, Path::new("/a")), b"abc");
    disk.crash();
    assert_eq!(content(&disk, Path::new("/a")), b"");
}

#[test]
fn a_full_disk_says_so_and_takes_bytes_again_once_there_is_room() {
    let disk = FaultDisk::new(1);
    disk.set_capacity(4);
    let file = disk.open(Path::new("/a"), Open::New).unwrap();
    assert!(file.write_at(0, &mut [IoSlice::new(b"abcdef")]).unwrap_err().is_full());
    assert_eq!(disk.space(Path::new("/")).unwrap().0, 0);
    file.truncate(0).unwrap();
    file.write_at(0, &mut [IoSlice::new(b"abcd")]).unwrap();
    file.write_at(0, &mut [IoSlice::new(b"wxyz")]).unwrap();
}

proptest! {
    #[test]
    fn what_was_synced_survives_a_power_cut_and_a_kill_keeps_everything(
        seed: u64,
        writes in prop::collection::vec((0u64..20_000, 1usize..9000, any::<bool>()), 1..12),
    ) {
        let disk = FaultDisk::new(seed);
        let path = Path::new("/a");
        let file = disk.open(path, Open::New).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let (mut cached, mut synced) = (Vec::new(), Vec::new());
        let mut untouched = vec![];
        for (i, (position, len, sync)) in writes.into_iter().enumerate() {
            let bytes = vec![i as u8 + 1; len];
            file.write_at(position, &mut [IoSlice::new(&bytes)]).unwrap();
            let end = position as usize + len;
            cached.resize(cached.len().max(end), 0);
            cached[position as usize..end].copy_from_slice(&bytes);
            untouched.resize(cached.len(), true);
            untouched[position as usize..end].fill(false);
            if sync {
                file.sync().unwrap();
                synced.clone_from(&cached);
                untouched = vec![true; cached.len()];
            }
        }
        disk.kill();
        prop_assert_eq!(&content(&disk, path), &cached);
        prop_assert!(file.sync().is_err(), "the handle died with its process");
        disk.crash();
        let found = content(&disk, path);
        prop_assert!(found.len() >= synced.len());
        for (i, byte) in synced.iter().enumerate().filter(|(i, _)| untouched[*i]) {
            prop_assert_eq!(found[i], *byte);
        }
    }
}
