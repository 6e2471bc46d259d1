//! The newest offset of each key, in bounded memory.
//!
//! A key is remembered by a hash of 128 bits only, 24 bytes an entry whatever the key's size, so two keys with one hash
//! would be taken for one and the older's last value would be lost. By chance that does not happen. On purpose it could:
//! keys come from producers, and a collision of Kafka's MD5 can be bought. So the hash here is one with a secret
//! (SipHash-2-4 with 128 bits), drawn anew for each cleaning.
//!
//! The table is a plain array with linear probing, made as large as the records to be mapped ask for and the operator
//! allows (`log.cleaner.dedupe.buffer.size`). When it is full the cleaning ends there, and another goes on.
//!
//! Source: Kafka `SkimpyOffsetMap`.

use protocol::types::Offset;

/// How many bytes an entry takes.
pub const ENTRY_SIZE: usize = size_of::<Entry>();

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: [u64; 2],
    /// Negative: there is no entry here.
    offset: i64,
}

const EMPTY: Entry = Entry { hash: [0; 2], offset: -1 };

/// The newest offset of each key.
#[derive(Debug)]
pub struct OffsetMap {
    key: [u64; 2],
    slots: Vec<Entry>,
    /// How many keys there may be.
    keys_max: usize,
    keys: usize,
}

impl OffsetMap {
    /// An empty map.
    ///
    /// # Arguments
    /// - `bytes_max`: how much memory it may take; it takes room for one key at least.
    /// - `load_factor`: which part of that may be filled.
    /// - `keys`: how many keys there are at most; no more room is made than for them.
    /// - `secret`: what the hash depends on.
    #[must_use]
    pub fn new(bytes_max: usize, load_factor: f64, keys: u64, secret: [u64; 2]) -> Self {
        let load_factor = load_factor.clamp(0.01, 0.99);
        let wanted = (keys as f64 / load_factor).ceil().min(usize::MAX as f64) as usize;
        let slots = wanted.saturating_add(1).min(bytes_max / ENTRY_SIZE).max(2);
        let keys_max = ((slots as f64 * load_factor) as usize).clamp(1, slots - 1);
        Self { key: secret, slots: vec![EMPTY; slots], keys_max, keys: 0 }
    }

    /// Notes that `key` is at `offset`, unless it was later. `false`: there is no room for another key.
    #[must_use]
    pub fn put(&mut self, key: &[u8], offset: Offset) -> bool {
        let (hash, at) = self.find(key);
        let slot = &mut self.slots[at];
        if slot.offset >= 0 {
            slot.offset = slot.offset.max(offset.0);
            return true;
        }
        if self.keys == self.keys_max {
            return false;
        }
        *slot = Entry { hash, offset: offset.0 };
        self.keys += 1;
        true
    }

    /// The newest offset of `key`.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Offset> {
        let offset = self.slots[self.find(key).1].offset;
        (offset >= 0).then_some(Offset(offset))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys == 0
    }

    /// Which part of the memory that `bytes_max` allows is in use, from 0 to 1.
    #[must_use]
    pub fn utilization(&self, bytes_max: usize) -> f64 {
        self.keys as f64 / (bytes_max / ENTRY_SIZE).max(1) as f64
    }

    /// The hash of a key, and its slot, or the one that it would get.
    fn find(&self, key: &[u8]) -> ([u64; 2], usize) {
        let hash = siphash(self.key, key);
        let mut at = (hash[0] % self.slots.len() as u64) as usize;
        while self.slots[at].offset >= 0 && self.slots[at].hash != hash {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        (hash, at)
    }
}

/// SipHash-2-4 with an output of 128 bits.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and their reference code for the long output.
fn siphash(key: [u64; 2], data: &[u8]) -> [u64; 2] {
    let mut v = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = data.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    last[7] = data.len() as u8;
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        v[3] ^= word;
        rounds(&mut v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xee;
    rounds(&mut v, 4);
    let first = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    rounds(&mut v, 4);
    [first, v[0] ^ v[1] ^ v[2] ^ v[3]]
}

fn rounds(v: &mut [u64; 4], count: usize) {
    for _ in 0..count {
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_hash_is_siphash() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let data: Vec<u8> = (0..16).collect();
        let hash = |len: usize| siphash(key, &data[..len]).map(u64::to_le_bytes).concat();
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        // The first vectors of the reference code.
        assert_eq!(hex(hash(0)), "a3817f04ba25a8e66df67214c7550293");
        assert_eq!(hex(hash(1)), "da87c1d86b99af44347659119b22fc45");
    }

    #[test]
    fn a_full_map_takes_what_it_knows_and_nothing_else() {
        let mut map = OffsetMap::new(10 * ENTRY_SIZE, 0.5, 1000, [1, 2]);
        for key in 0..5u8 {
            assert!(map.put(&[key], Offset(i64::from(key))));
        }
        assert!(!map.put(b"another", Offset(9)));
        assert!(map.put(&[0], Offset(7)) && map.put(&[1], Offset(0)));
        assert_eq!([map.get(&[0]), map.get(&[1]), map.get(b"another")], [Some(Offset(7)), Some(Offset(1)), None]);
        let mut least = OffsetMap::new(0, 0.0, 0, [1, 2]);
        assert!(least.put(b"a", Offset(1)) && !least.put(b"b", Offset(2)));
    }

    proptest! {
        #[test]
        fn every_key_has_its_newest_offset(
            puts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..3), 0..100i64), 0..200),
            secret: [u64; 2],
        ) {
            let mut map = OffsetMap::new(usize::MAX, 0.9, puts.len() as u64, secret);
            let mut model = BTreeMap::new();
            for (key, offset) in &puts {
                prop_assert!(map.put(key, Offset(*offset)));
                let newest = model.entry(key.clone()).or_insert(*offset);
                *newest = (*newest).max(*offset);
            }
            prop_assert_eq!(map.len(), model.len());
            for (key, offset) in model {
                prop_assert_eq!(map.get(&key), Some(Offset(offset)));
            }
        }
    }
}
