//! The memory that requests arrive in.
//!
//! A connection holds a buffer only while there are bytes in it: ten thousand idle connections hold none, and a buffer
//! grows with what was received, never with what was announced. Whoever has sent a few bytes of a request and waits holds
//! those few bytes. Used buffers are kept for the next connection that has something to read, because fresh memory costs
//! as much as receiving into it.
//!
//! All buffers together have a budget. A connection that would exceed it is closed: to let it wait would let half-sent
//! requests block each other for ever.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

/// What a buffer has at first, and what one read may bring.
pub const READ_SIZE: usize = 64 * 1024;

/// So little is moved to a place of its own while its connection waits for more.
const LITTLE_MAX: usize = 1024;

/// Kept for the next connection; a larger one is given back to the system.
const KEPT_SIZE_MAX: usize = 4 * 1024 * 1024;

/// At most so many buffers are kept for each group of CPUs.
const KEPT_COUNT_MAX: usize = 4;

/// How many groups. A buffer goes on where it was used last, while it is in that processor's cache.
const CPU_GROUPS: usize = 4;

/// What a connection received and has not handled.
#[derive(Debug, Default)]
pub struct Buffer {
    /// All of it is initialised; `start..end` is what was received.
    memory: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// The bytes received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    /// How many bytes were received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// How much memory it holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// The first `count` bytes are done with.
    ///
    /// # Panics
    /// If it has fewer.
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.len(), "no more than there is");
        self.start += count;
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Where the next bytes go.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.memory[self.end..]
    }

    /// So many bytes were put into the [`room`](Self::room).
    ///
    /// # Panics
    /// If there was no room for them.
    pub fn filled(&mut self, count: usize) {
        assert!(count <= self.memory.len() - self.end, "no more than there was room for");
        self.end += count;
    }

    /// With what it holds in `memory`, which is larger.
    fn moved_to(&mut self, mut memory: Vec<u8>) -> Self {
        let end = self.len();
        memory[..end].copy_from_slice(self.bytes());
        Self { memory, start: 0, end }
    }
}

/// The buffers of a node.
#[derive(Debug)]
pub struct Buffers {
    kept: [Mutex<Vec<Vec<u8>>>; CPU_GROUPS],
    used: AtomicUsize,
    budget: usize,
}

/// All buffers together would take more than the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBudget;

impl Buffers {
    /// Buffers of at most `budget` bytes together, as far as connections hold them.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self { kept: Default::default(), used: AtomicUsize::new(0), budget }
    }

    /// How many bytes connections hold.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Makes [`room`](Buffer::room) for at least `additional` bytes. A buffer that is small is exchanged for one that was
    /// kept.
    ///
    /// # Errors
    /// There is no budget for it; what the buffer holds is as it was.
    pub fn grow(&self, buffer: &mut Buffer, additional: usize) -> Result<(), OverBudget> {
        if buffer.capacity() <= LITTLE_MAX
            && let Some(kept) = self.kept().lock().pop()
            && self.take(kept.len()).is_ok()
        {
            let larger = buffer.moved_to(kept);
            self.give_back(buffer);
            *buffer = larger;
        }
        if buffer.room().len() >= additional {
            return Ok(());
        }
        let wanted = buffer.len() + additional;
        if buffer.capacity() < wanted {
            self.take(wanted - buffer.capacity())?;
            // Exactly so much: what `Vec` would add of its own is in nobody's budget.
            *buffer = buffer.moved_to(vec![0; wanted]);
        } else {
            buffer.memory.copy_within(buffer.start..buffer.end, 0);
            (buffer.start, buffer.end) = (0, buffer.len());
        }
        Ok(())
    }

    /// Takes `bytes` of the budget, in one step: others ask at the same time.
    fn take(&self, bytes: usize) -> Result<(), OverBudget> {
        let within = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.budget);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).map(drop).map_err(|_| OverBudget)
    }

    /// Lets a buffer hold no more memory than is worth it for what is in it, while its connection waits for more.
    pub fn settle(&self, buffer: &mut Buffer) {
        if buffer.len() <= LITTLE_MAX && buffer.capacity() > LITTLE_MAX {
            let little = buffer.moved_to(vec![0; buffer.len()]);
            self.give_back(buffer);
            self.used.fetch_add(little.capacity(), Ordering::Relaxed);
            *buffer = little;
        }
    }

    /// Takes a buffer back; it has no memory then.
    pub fn give_back(&self, buffer: &mut Buffer) {
        let Buffer { memory, .. } = std::mem::take(buffer);
        self.used.fetch_sub(memory.len(), Ordering::Relaxed);
        if (READ_SIZE..=KEPT_SIZE_MAX).contains(&memory.len()) {
            let mut kept = self.kept().lock();
            if kept.len() < KEPT_COUNT_MAX {
                kept.push(memory);
            }
        }
    }

    fn kept(&self) -> &Mutex<Vec<Vec<u8>>> {
        &self.kept[rustix::thread::sched_getcpu() % CPU_GROUPS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buffer: &mut Buffer, bytes: &[u8]) {
        buffer.room()[..bytes.len()].copy_from_slice(bytes);
        buffer.filled(bytes.len());
    }

    #[test]
    fn what_is_held_is_counted_and_bounded() {
        let buffers = Buffers::new(3 * READ_SIZE);
        let (mut a, mut b) = (Buffer::default(), Buffer::default());
        buffers.grow(&mut a, READ_SIZE).unwrap();
        buffers.grow(&mut b, READ_SIZE).unwrap();
        assert_eq!(buffers.grow(&mut a, 4 * READ_SIZE), Err(OverBudget));
        assert_eq!(buffers.used(), a.capacity() + b.capacity());
        buffers.give_back(&mut a);
        buffers.give_back(&mut b);
        assert_eq!((buffers.used(), a.capacity()), (0, 0));
    }

    #[test]
    fn who_waits_with_little_holds_little() {
        let buffers = Buffers::new(usize::MAX);
        let mut a = Buffer::default();
        buffers.grow(&mut a, READ_SIZE).unwrap();
        put(&mut a, b"a request, half a request");
        a.consume(b"a request, ".len());
        buffers.settle(&mut a);
        assert_eq!((a.bytes(), buffers.used()), (&b"half a request"[..], a.capacity()));
        assert!(a.capacity() <= LITTLE_MAX);
        buffers.grow(&mut a, READ_SIZE).unwrap();
        assert_eq!((a.bytes(), buffers.used()), (&b"half a request"[..], a.capacity()));
        a.consume(a.len());
        buffers.settle(&mut a);
        assert_eq!((a.capacity(), buffers.used()), (0, 0));
    }

    #[test]
    fn what_was_received_stays_while_room_is_made_behind_it() {
        let buffers = Buffers::new(usize::MAX);
        let mut a = Buffer::default();
        buffers.grow(&mut a, READ_SIZE).unwrap();
        let bytes: Vec<u8> = (0..READ_SIZE).map(|i| (i % 251) as u8).collect();
        put(&mut a, &bytes);
        a.consume(READ_SIZE - 5000);
        buffers.grow(&mut a, READ_SIZE - 5000).unwrap();
        assert_eq!((a.bytes(), a.capacity()), (&bytes[READ_SIZE - 5000..], READ_SIZE), "moved to the front");
        buffers.grow(&mut a, READ_SIZE).unwrap();
        assert_eq!((a.bytes(), a.capacity()), (&bytes[READ_SIZE - 5000..], READ_SIZE + 5000), "more memory");
        assert_eq!(buffers.used(), a.capacity());
    }

    #[test]
    fn memory_given_back_is_used_again() {
        let buffers = Buffers::new(usize::MAX);
        // On another CPU it may not be found, but not for long: each keeps what it is given.
        let used_again = (0..1000).any(|_| {
            let mut a = Buffer::default();
            buffers.grow(&mut a, READ_SIZE).unwrap();
            let place = a.memory.as_ptr();
            buffers.give_back(&mut a);
            buffers.grow(&mut a, 1).unwrap();
            assert_eq!(buffers.used(), a.capacity());
            let found = a.memory.as_ptr() == place;
            buffers.give_back(&mut a);
            found
        });
        assert!(used_again);
    }
}
