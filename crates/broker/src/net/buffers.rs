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

/// At most so many buffers are kept.
const KEPT_COUNT_MAX: usize = 16;

/// The buffers of a node.
#[derive(Debug)]
pub struct Buffers {
    kept: Mutex<Vec<Vec<u8>>>,
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
        Self { kept: Mutex::default(), used: AtomicUsize::new(0), budget }
    }

    /// How many bytes connections hold.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Makes room for at least `additional` bytes behind what `buffer` holds. One that is small is exchanged for one that
    /// was kept.
    ///
    /// # Errors
    /// There is no budget for it; the buffer is as it was.
    pub fn grow(&self, buffer: &mut Vec<u8>, additional: usize) -> Result<(), OverBudget> {
        if buffer.capacity() <= LITTLE_MAX
            && let Some(mut kept) = self.kept.lock().pop()
            && self.take(kept.capacity()).is_ok()
        {
            kept.extend_from_slice(buffer);
            self.give_back(buffer);
            *buffer = kept;
        }
        let before = buffer.capacity();
        if before - buffer.len() >= additional {
            return Ok(());
        }
        self.take(additional)?;
        // Exactly so much: what `Vec` would add of its own is in nobody's budget.
        buffer.reserve_exact(additional);
        self.used.fetch_sub(additional.saturating_sub(buffer.capacity() - before), Ordering::Relaxed);
        Ok(())
    }

    /// Takes `bytes` of the budget, in one step: others ask at the same time.
    fn take(&self, bytes: usize) -> Result<(), OverBudget> {
        let within = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.budget);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).map(drop).map_err(|_| OverBudget)
    }

    /// Lets a buffer hold no more memory than is worth it for what is in it, while its connection waits for more.
    pub fn settle(&self, buffer: &mut Vec<u8>) {
        if buffer.len() <= LITTLE_MAX && buffer.capacity() > LITTLE_MAX {
            let little = buffer.as_slice().to_vec();
            self.give_back(buffer);
            self.used.fetch_add(little.capacity(), Ordering::Relaxed);
            *buffer = little;
        }
    }

    /// Takes a buffer back; it has no memory then.
    pub fn give_back(&self, buffer: &mut Vec<u8>) {
        if buffer.capacity() == 0 {
            return;
        }
        self.used.fetch_sub(buffer.capacity(), Ordering::Relaxed);
        let mut taken = std::mem::take(buffer);
        taken.clear();
        if (READ_SIZE..=KEPT_SIZE_MAX).contains(&taken.capacity()) {
            let mut kept = self.kept.lock();
            if kept.len() < KEPT_COUNT_MAX {
                kept.push(taken);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_and_bounded() {
        let buffers = Buffers::new(3 * READ_SIZE);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        buffers.grow(&mut a, READ_SIZE).unwrap();
        buffers.grow(&mut b, READ_SIZE).unwrap();
        assert_eq!(buffers.grow(&mut a, 4 * READ_SIZE), Err(OverBudget));
        buffers.give_back(&mut a);
        buffers.give_back(&mut b);
        assert_eq!((buffers.used(), a.capacity()), (0, 0));
    }

    #[test]
    fn who_waits_with_little_holds_little() {
        let buffers = Buffers::new(usize::MAX);
        let mut a = Vec::new();
        buffers.grow(&mut a, READ_SIZE).unwrap();
        a.extend(b"half a request");
        buffers.settle(&mut a);
        assert_eq!((&a[..], buffers.used()), (&b"half a request"[..], a.capacity()));
        assert!(a.capacity() <= LITTLE_MAX);
        buffers.grow(&mut a, READ_SIZE).unwrap();
        assert_eq!((&a[..], buffers.used()), (&b"half a request"[..], a.capacity()));
        a.clear();
        buffers.settle(&mut a);
        assert_eq!((a.capacity(), buffers.used()), (0, 0));
    }

    #[test]
    fn memory_given_back_is_used_again() {
        let buffers = Buffers::new(usize::MAX);
        let mut a = Vec::new();
        buffers.grow(&mut a, READ_SIZE).unwrap();
        let place = a.as_ptr();
        buffers.give_back(&mut a);
        buffers.grow(&mut a, 1).unwrap();
        assert_eq!(a.as_ptr(), place);
        assert_eq!(buffers.used(), a.capacity());
    }
}
