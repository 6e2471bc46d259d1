//! Things that are kept while they are used: open files, the indexes of sealed segments.
//!
//! A partition must not cost a file descriptor for each of its segments, nor the memory of all their indexes. Each
//! owner has a [`Slot`], empty or filled; the cache knows which slots are filled and empties one that nobody used
//! lately when there are too many (the clock algorithm). Whoever took the value out keeps it alive, so emptying a slot
//! never takes a file away from a reader.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;

/// A place for one value.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    value: Mutex<Option<T>>,
    /// Used since the hand of the clock last passed.
    used: AtomicBool,
}

impl<T> Slot<T> {
    pub(crate) fn empty() -> Arc<Self> {
        Arc::new(Self { value: Mutex::new(None), used: AtomicBool::new(false) })
    }
}

/// Keeps at most `max` slots filled.
#[derive(Debug)]
pub(crate) struct Cache<T> {
    max: usize,
    filled: Mutex<VecDeque<Weak<Slot<T>>>>,
}

impl<T: Clone> Cache<T> {
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.max(1), filled: Mutex::new(VecDeque::new()) }
    }

    /// The value in `slot`, filled by `load` if it was empty.
    pub(crate) fn get<E>(&self, slot: &Arc<Slot<T>>, load: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let value = {
            let mut value = slot.value.lock();
            slot.used.store(true, Ordering::Relaxed);
            if let Some(value) = &*value {
                return Ok(value.clone());
            }
            value.insert(load()?).clone()
        };
        // After the slot's lock: emptying takes the locks in the other order.
        self.filled(slot);
        Ok(value)
    }

    /// Puts `value` into `slot`.
    pub(crate) fn put(&self, slot: &Arc<Slot<T>>, value: T) {
        if slot.value.lock().replace(value).is_none() {
            self.filled(slot);
        }
    }

    fn filled(&self, slot: &Arc<Slot<T>>) {
        let mut filled = self.filled.lock();
        while filled.len() >= self.max {
            let Some(candidate) = filled.pop_front() else { break };
            // A slot whose owner is gone needs no emptying.
            let Some(candidate) = candidate.upgrade() else { continue };
            if candidate.used.swap(false, Ordering::Relaxed) {
                filled.push_back(Arc::downgrade(&candidate));
            } else {
                *candidate.value.lock() = None;
            }
        }
        filled.push_back(Arc::downgrade(slot));
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let cache = Cache::new(2);
        let slots: Vec<_> = (0..3).map(|_| Slot::<u32>::empty()).collect();
        let loads = std::cell::Cell::new(0);
        let get = |slot: usize| {
            let value = cache.get(&slots[slot], || {
                loads.set(loads.get() + 1);
                Ok::<_, Infallible>(slot as u32)
            });
            assert_eq!(value, Ok(slot as u32));
            loads.get()
        };
        assert_eq!((get(0), get(1), get(0), get(1)), (1, 2, 2, 2));
        assert_eq!(get(2), 3);
        assert_eq!(slots.iter().filter(|slot| slot.value.lock().is_some()).count(), 2);
        assert_eq!(get(2), 3, "the newest is there");
    }
}
