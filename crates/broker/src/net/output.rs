//! Answers on their way out.
//!
//! What is ready goes out together: many small answers in one call, and the bytes in front of a file range with a hint
//! that more follows, so that both leave in one segment. A large file range never passes through our memory; a small one
//! is read into its answer, because the calls to send it by itself cost more than to copy it.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
};

use rustix::{
    buffer::spare_capacity,
    net::{SendAncillaryBuffer, SendFlags, sendmsg},
};
use storage::disk::FileRange;
use tokio::{io::Interest, net::TcpStream};

use crate::answer::Response;

/// As many pieces as one call takes.
const PIECES_MAX: usize = 64;

/// A file range up to this size is copied into its answer.
const COPIED_RANGE_MAX: u64 = 64 * 1024;

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
}

impl Output {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// A file that cannot be read, or that ends before its range does: the connection is of no further use.
    pub(super) fn push(&mut self, response: Response) -> io::Result<()> {
        let Response { bytes, ranges } = response;
        let length = ranges.iter().map(|(_, range)| range.len).sum::<u64>();
        let is_small = !ranges.is_empty() && length <= COPIED_RANGE_MAX && self.copied + length as usize <= COPIED_MAX;
        if is_small {
            self.copied += length as usize;
            self.push_bytes(copied(&bytes, &ranges, length as usize)?);
        } else {
            self.push_spliced(bytes, ranges);
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

    /// Writes as much as the socket takes. `Ok(false)`: it takes no more now.
    ///
    /// # Errors
    /// The connection is of no further use; also where a file ends before its range does.
    pub(super) fn write_some(&mut self, stream: &TcpStream) -> io::Result<bool> {
        while let Some(front) = self.chunks.front_mut() {
            let written = match front {
                Chunk::Bytes(..) => self.send_bytes(stream),
                Chunk::File(range) => send_file(stream, range),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.copied = 0;
        Ok(true)
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
            }
        }
    }
}

/// An answer with its ranges, `length` bytes together, read in.
fn copied(bytes: &[u8], ranges: &[(usize, FileRange)], length: usize) -> io::Result<Vec<u8>> {
    let mut whole = Vec::with_capacity(bytes.len() + length);
    let mut from = 0;
    for (position, range) in ranges {
        whole.extend_from_slice(&bytes[from..*position]);
        from = *position;
        let file = range.file.fd().ok_or(io::ErrorKind::Unsupported)?;
        let end = whole.len() + range.len as usize;
        while whole.len() < end {
            // It may bring what lies behind the range, too.
            let at = range.position + range.len - (end - whole.len()) as u64;
            if rustix::io::retry_on_intr(|| rustix::io::pread(file, spare_capacity(&mut whole), at))? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        whole.truncate(end);
    }
    whole.extend_from_slice(&bytes[from..]);
    Ok(whole)
}

fn send_file(stream: &TcpStream, range: &FileRange) -> io::Result<usize> {
    let file = range.file.fd().ok_or(io::ErrorKind::Unsupported)?;
    let mut position = range.position;
    stream
        .try_io(Interest::WRITABLE, || Ok(rustix::fs::sendfile(stream, file, Some(&mut position), range.len as usize)?))
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
    fn a_file_that_is_too_short_ends_the_connection() {
        let dir = tempfile::tempdir().unwrap();
        let (response, _) = answer(&dir, 1000);
        std::fs::write(dir.path().join("file"), b"short").unwrap();
        let error = Output::default().push(response).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
