//! Answers on their way out.
//!
//! What is ready goes out together: many small answers in one call, and the bytes in front of a file range with a hint
//! that more follows, so that both leave in one segment. A large file range never passes through our memory; a small one
//! is read into its answer, because the calls to send it by itself cost more than to copy it.
//!
//! What is not in the page cache is brought there first, elsewhere: a task that waits for the disk would hold up all that
//! its thread serves.

use std::{
    collections::VecDeque,
    io::{self, IoSlice, IoSliceMut},
    num::NonZeroU64,
    os::fd::BorrowedFd,
};

use rustix::{
    fs::{Advice, fadvise, sendfile},
    io::{Errno, ReadWriteFlags, pread, preadv2, retry_on_intr},
    net::{SendAncillaryBuffer, SendFlags, sendmsg},
};
use storage::disk::FileRange;
use tokio::{io::Interest, net::TcpStream};

use crate::answer::Response;

/// As many pieces as one call takes.
const PIECES_MAX: usize = 64;

/// A file range up to this size is copied into its answer.
const COPIED_RANGE_MAX: u64 = 64 * 1024;

/// Of a larger range so much is looked for in the page cache and sent at a time.
const WINDOW: u64 = 1024 * 1024;

/// No range is copied while more than this waits to be sent: a client that asks much and takes little holds little.
const COPIED_MAX: usize = 256 * 1024;

enum Chunk {
    Bytes(Vec<u8>, usize),
    File(FileRange),
}

/// What is still to be written to one connection.
#[derive(Default)]
pub(super) struct Output {
    chunks: VecDeque<Chunk>,
    /// Bytes of ranges copied since all was sent.
    copied: usize,
    /// Up to this position the range that comes next was seen in the page cache, or brought there.
    cached_until: u64,
}

/// How far the writing came.
#[derive(Debug)]
pub(super) enum Progress {
    /// All is written.
    Done,
    /// The socket takes no more now.
    Full,
    /// This has to be brought into the page cache first, by [`bring_in`]. It is not looked for again then.
    Cold(FileRange),
}

impl Output {
    /// Adds an answer.
    ///
    /// # Errors
    /// A file that cannot be read, or that ends before its range does: the connection is of no further use.
    pub(super) fn push(&mut self, response: Response) -> io::Result<()> {
        let Response { bytes, ranges } = response;
        let length = ranges.iter().map(|(_, range)| range.len).sum::<u64>();
        let is_small = !ranges.is_empty() && length <= COPIED_RANGE_MAX && self.copied + length as usize <= COPIED_MAX;
        match if is_small { copied(&bytes, &ranges, length as usize)? } else { None } {
            Some(whole) => {
                self.copied += length as usize;
                self.push_bytes(whole);
            }
            None => self.push_spliced(bytes, ranges),
        }
        Ok(())
    }

    fn push_bytes(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.chunks.push_back(Chunk::Bytes(bytes, 0));
        }
    }

    fn push_spliced(&mut self, mut bytes: Vec<u8>, ranges: Vec<(usize, FileRange)>) {
        // From the last range to the first, so that each cut leaves the front in place.
        let mut tail = VecDeque::new();
        for (position, range) in ranges.into_iter().rev() {
            let behind = bytes.split_off(position);
            if !behind.is_empty() {
                tail.push_front(Chunk::Bytes(behind, 0));
            }
            if range.len > 0 {
                tail.push_front(Chunk::File(range));
            }
        }
        self.push_bytes(bytes);
        self.chunks.append(&mut tail);
    }

    /// Writes as much as the socket takes.
    ///
    /// # Errors
    /// The connection is of no further use; also where a file ends before its range does.
    pub(super) fn write_some(&mut self, stream: &TcpStream) -> io::Result<Progress> {
        while let Some(front) = self.chunks.front_mut() {
            let written = match front {
                Chunk::Bytes(..) => self.send_bytes(stream),
                Chunk::File(range) => {
                    if self.cached_until <= range.position {
                        let window = FileRange { len: range.len.min(WINDOW), ..range.clone() };
                        self.cached_until = window.position + window.len;
                        if !is_cached(&window)? {
                            return Ok(Progress::Cold(window));
                        }
                    }
                    send_file(stream, range, self.cached_until - range.position)
                }
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Full),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.copied = 0;
        Ok(Progress::Done)
    }

    fn send_bytes(&self, stream: &TcpStream) -> io::Result<usize> {
        let mut flags = SendFlags::NOSIGNAL;
        let mut pieces = Vec::with_capacity(self.chunks.len().min(PIECES_MAX));
        for chunk in &self.chunks {
            match chunk {
                Chunk::Bytes(bytes, from) if pieces.len() < PIECES_MAX => pieces.push(IoSlice::new(&bytes[*from..])),
                _ => {
                    flags |= SendFlags::MORE;
                    break;
                }
            }
        }
        stream.try_io(Interest::WRITABLE, || Ok(sendmsg(stream, &pieces, &mut SendAncillaryBuffer::default(), flags)?))
    }

    fn advance(&mut self, mut count: usize) {
        while count > 0 {
            let Some(front) = self.chunks.front_mut() else { return };
            let left = match front {
                Chunk::Bytes(bytes, from) => {
                    let step = count.min(bytes.len() - *from);
                    *from += step;
                    count -= step;
                    bytes.len() - *from
                }
                Chunk::File(range) => {
                    let step = count.min(range.len as usize);
                    range.position += step as u64;
                    range.len -= step as u64;
                    count -= step;
                    range.len as usize
                }
            };
            if left == 0 {
                self.chunks.pop_front();
                self.cached_until = 0;
            }
        }
    }
}

fn descriptor(range: &FileRange) -> io::Result<BorrowedFd<'_>> {
    range.file.fd().ok_or_else(|| io::ErrorKind::Unsupported.into())
}

/// Reads what the page cache has, without waiting for the disk. Where the file system cannot tell, it waits.
fn read_cached(file: BorrowedFd<'_>, into: &mut [u8], position: u64) -> rustix::io::Result<usize> {
    retry_on_intr(|| match preadv2(file, &mut [IoSliceMut::new(into)], position, ReadWriteFlags::NOWAIT) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => pread(file, &mut *into, position),
        read => read,
    })
}

/// Whether a range seems to be in the page cache, going by its end: what is read in order is brought in up to there.
fn is_cached(range: &FileRange) -> io::Result<bool> {
    match read_cached(descriptor(range)?, &mut [0], range.position + range.len - 1) {
        Ok(_) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Brings a range into the page cache, and takes as long as the disk does.
///
/// # Errors
/// What the disk says.
pub(super) fn bring_in(range: &FileRange) -> io::Result<()> {
    let file = descriptor(range)?;
    fadvise(file, range.position, NonZeroU64::new(range.len), Advice::WillNeed)?;
    let mut last = [0];
    retry_on_intr(|| pread(file, &mut last, range.position + range.len - 1))?;
    Ok(())
}

/// An answer with its ranges, `length` bytes together, read in; `None` if not all of them are in the page cache.
fn copied(bytes: &[u8], ranges: &[(usize, FileRange)], length: usize) -> io::Result<Option<Vec<u8>>> {
    let mut whole = vec![0; bytes.len() + length];
    let (mut from, mut end) = (0, 0);
    for (position, range) in ranges {
        let head = &bytes[from..*position];
        whole[end..end + head.len()].copy_from_slice(head);
        (from, end) = (*position, end + head.len());
        let (file, mut read) = (descriptor(range)?, 0);
        while read < range.len as usize {
            let into = &mut whole[end + read..end + range.len as usize];
            match read_cached(file, into, range.position + read as u64) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => read += count,
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        end += read;
    }
    whole[end..].copy_from_slice(&bytes[from..]);
    Ok(Some(whole))
}

fn send_file(stream: &TcpStream, range: &FileRange, most: u64) -> io::Result<usize> {
    let file = descriptor(range)?;
    let (mut position, count) = (range.position, range.len.min(most) as usize);
    stream.try_io(Interest::WRITABLE, || Ok(sendfile(stream, file, Some(&mut position), count)?))
}

#[cfg(test)]
mod tests {
    use storage::disk::{Disk as _, Open, OsDisk};

    use super::*;

    /// An answer of four bytes with a range of `len` bytes behind the third, and what a client should see of it.
    fn answer(dir: &tempfile::TempDir, len: usize) -> (Response, Vec<u8>) {
        let content: Vec<u8> = (0..len + 100).map(|i| (i % 251) as u8).collect();
        let path = dir.path().join("file");
        std::fs::write(&path, &content).unwrap();
        let file = OsDisk.open(&path, Open::Existing).unwrap();
        let range = FileRange { file, position: 50, len: len as u64 };
        let seen = [b"abc", &content[50..50 + len], b"d"].concat();
        (Response { bytes: b"abcd".to_vec(), ranges: vec![(3, range)] }, seen)
    }

    #[test]
    fn a_small_range_becomes_part_of_its_answer() {
        let dir = tempfile::tempdir().unwrap();
        for len in [0, 1, 61, COPIED_RANGE_MAX as usize] {
            let (response, seen) = answer(&dir, len);
            let mut output = Output::default();
            output.push(response).unwrap();
            assert!(matches!(&output.chunks[0], Chunk::Bytes(bytes, 0) if *bytes == seen), "{len} bytes");
            assert_eq!(output.chunks.len(), 1);
        }
    }

    #[test]
    fn memory_does_not_grow_with_what_a_client_does_not_take() {
        let dir = tempfile::tempdir().unwrap();
        let mut output = Output::default();
        for _ in 0..100 {
            output.push(answer(&dir, COPIED_RANGE_MAX as usize).0).unwrap();
        }
        output.push(answer(&dir, COPIED_RANGE_MAX as usize + 1).0).unwrap();
        let bytes = |chunk: &Chunk| if let Chunk::Bytes(bytes, _) = chunk { bytes.len() } else { 0 };
        assert!(output.chunks.iter().map(bytes).sum::<usize>() < COPIED_MAX + 1000);
        let files = output.chunks.iter().filter(|chunk| matches!(chunk, Chunk::File(_))).count();
        assert_eq!(files, 101 - COPIED_MAX / COPIED_RANGE_MAX as usize);
    }

    #[test]
    fn what_is_not_in_the_page_cache_is_brought_in_before_it_is_sent() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let entered = runtime.enter();
        for len in [1, COPIED_RANGE_MAX as usize, 3 * WINDOW as usize + 4711] {
            let (response, seen) = answer(&dir, len);
            let range = response.ranges[0].1.clone();
            range.file.sync().unwrap();
            let evict = || fadvise(descriptor(&range).unwrap(), 0, None, Advice::DontNeed).unwrap();
            evict();
            let evicted = !is_cached(&range).unwrap();
            // To look for it may have begun to read it.
            bring_in(&range).unwrap();
            evict();

            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let server = listener.accept().unwrap().0;
            server.set_nonblocking(true).unwrap();
            let server = TcpStream::from_std(server).unwrap();
            let reader = std::thread::spawn(move || {
                let mut bytes = Vec::new();
                io::Read::read_to_end(&mut &client, &mut bytes).map(|_| bytes)
            });
            let mut output = Output::default();
            output.push(response).unwrap();
            let mut cold = 0;
            loop {
                match output.write_some(&server).unwrap() {
                    Progress::Done => break,
                    Progress::Full => runtime.block_on(server.writable()).unwrap(),
                    Progress::Cold(window) => {
                        cold += 1;
                        bring_in(&window).unwrap();
                        assert!(is_cached(&window).unwrap());
                    }
                }
            }
            drop(server);
            assert!(reader.join().unwrap().unwrap() == seen, "{len} bytes");
            // A file system in memory has nothing to evict; to look for a small range may be enough to bring it in.
            assert!(cold > 0 || !evicted || len <= COPIED_RANGE_MAX as usize, "{len} bytes");
        }
        drop(entered);
    }

    #[test]
    fn a_file_that_is_too_short_ends_the_connection() {
        let dir = tempfile::tempdir().unwrap();
        let (response, _) = answer(&dir, 1000);
        std::fs::write(dir.path().join("file"), b"short").unwrap();
        let error = Output::default().push(response).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
