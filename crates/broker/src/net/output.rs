//! Answers on their way out.
//!
//! What is ready goes out together: many small answers in one call, and the bytes in front of a file range with a hint
//! that more follows, so that both leave in one segment. A file range never passes through our memory.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
};

use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use storage::disk::FileRange;
use tokio::{io::Interest, net::TcpStream};

use crate::answer::Response;

/// As many pieces as one call takes.
const PIECES_MAX: usize = 64;

enum Chunk {
    Bytes(Vec<u8>, usize),
    File(FileRange),
}

/// What is still to be written to one connection.
#[derive(Default)]
pub(super) struct Output {
    chunks: VecDeque<Chunk>,
}

impl Output {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(super) fn push(&mut self, response: Response) {
        let Response { mut bytes, ranges } = response;
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
        if !bytes.is_empty() {
            self.chunks.push_back(Chunk::Bytes(bytes, 0));
        }
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

fn send_file(stream: &TcpStream, range: &FileRange) -> io::Result<usize> {
    let file = range.file.fd().ok_or(io::ErrorKind::Unsupported)?;
    let mut position = range.position;
    stream
        .try_io(Interest::WRITABLE, || Ok(rustix::fs::sendfile(stream, file, Some(&mut position), range.len as usize)?))
}
