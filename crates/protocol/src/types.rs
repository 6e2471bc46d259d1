//! The words of the house that could be confused with one another.
//!
//! An offset, a leader epoch and a timestamp are all numbers; swapping two of them compiles in most languages and
//! loses data in all of them. Here each is a type. They are thin: the number inside is public, arithmetic that makes
//! sense is offered, the rest is not.

use std::{borrow::Cow, fmt, ops::Range, time::Duration};

/// Declares a number with a meaning, and how it is written on the wire.
macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}

number! {
    /// The position of a record in the log of its partition. The first is 0; negative values have a meaning of
    /// their own in each API (`-1` is mostly "none").
    Offset(i64)
}

number! {
    /// How often a partition has had a new leader; `-1` is "unknown" or "none".
    LeaderEpoch(i32)
}

number! {
    /// The identity of an idempotent producer, given out by the controller; `-1` is "none".
    ProducerId(i64)
}

number! {
    /// Which incarnation of a producer wrote; a higher one fences the lower. `-1` is "none".
    ProducerEpoch(i16)
}

number! {
    /// Wall-clock time in milliseconds since 1970, UTC, as Kafka writes it into records; `-1` is "none".
    Timestamp(i64)
}

number! {
    /// `node.id` of a broker; `-1` is "none".
    BrokerId(i32)
}

impl Offset {
    /// Offset 0, where every log begins.
    pub const ZERO: Self = Self(0);
    /// "No offset" in most places of the protocol.
    pub const NONE: Self = Self(-1);

    /// The offset `count` records further.
    #[must_use]
    pub const fn plus(self, count: i64) -> Self {
        Self(self.0 + count)
    }
}

impl LeaderEpoch {
    /// "Unknown" or "not given".
    pub const NONE: Self = Self(-1);
}

impl ProducerId {
    /// A batch of no idempotent producer.
    pub const NONE: Self = Self(-1);
}

impl ProducerEpoch {
    /// A batch of no idempotent producer.
    pub const NONE: Self = Self(-1);
}

impl Timestamp {
    /// "No timestamp".
    pub const NONE: Self = Self(-1);
}

/// A half-open run of offsets, `base..next`.
pub type OffsetRange = Range<Offset>;

/// Time that only moves forward, in nanoseconds since some start of this process's choosing.
///
/// It is an argument wherever logic needs it, so that the simulator can own it. It must never be stored or sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub u64);

impl Monotonic {
    /// The moment `milliseconds` later; saturates at the end of time.
    #[must_use]
    pub const fn plus_ms(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds.saturating_mul(1_000_000)))
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Monotonic {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// The two clocks at one moment: one to wait by, one to write down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For timers and waits.
    pub mono: Monotonic,
    /// For what is stored or told: record timestamps, commit times.
    pub wall: Timestamp,
}

/// A 128-bit id as Kafka writes it: topic ids, directory ids, incarnation ids, cluster ids.
///
/// Shown as 22 characters of URL-safe base64 without padding, as in `meta.properties`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// "No id".
    pub const ZERO: Self = Self([0; 16]);
    /// The topic id reserved for `__cluster_metadata`; as a directory id, "unassigned".
    pub const ONE: Self = Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

    /// A random id (version 4) from 16 random bytes. Ids that Kafka reserves, or whose text would start with a dash
    /// and be taken for an option, are `None`: draw again.
    #[must_use]
    pub fn random_from(mut bytes: [u8; 16]) -> Option<Self> {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let id = Self(bytes);
        (!id.to_string().starts_with('-')).then_some(id)
    }

    /// Whether this is "no id".
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 22];
        for (i, out) in text.iter_mut().enumerate() {
            let bit = i * 6;
            let (byte, shift) = (bit / 8, bit % 8);
            let pair = u16::from(self.0[byte]) << 8 | u16::from(self.0.get(byte + 1).copied().unwrap_or(0));
            *out = BASE64[usize::from(pair >> (10 - shift) & 0x3f)];
        }
        f.pad(std::str::from_utf8(&text).expect("base64 is ASCII"))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 22 characters of URL-safe base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseUuidError;

impl fmt::Display for ParseUuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 22 characters of letters, digits, '-' and '_'")
    }
}

impl std::error::Error for ParseUuidError {}

impl std::str::FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, ParseUuidError> {
        let text = text.strip_suffix("==").unwrap_or(text);
        if text.len() != 22 {
            return Err(ParseUuidError);
        }
        let mut bits: u128 = 0;
        for (i, c) in text.bytes().enumerate() {
            let value = BASE64.iter().position(|&b| b == c).ok_or(ParseUuidError)? as u128;
            // The last character carries two bits of the id; the other four are padding, which Kafka ignores.
            bits = if i < 21 { bits << 6 | value } else { bits << 2 | value >> 4 };
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

/// A Kafka string: bytes that are meant to be UTF-8 and that nobody has checked.
///
/// It borrows from the received frame, and owns where a response is built. Whoever keeps one beyond the handler makes
/// it owned ([`Str::into_owned`]) or keeps a `String`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str<'a>(Cow<'a, [u8]>);

impl<'a> Str<'a> {
    /// The empty string.
    pub const EMPTY: Self = Self(Cow::Borrowed(&[]));

    /// A string over bytes that may or may not be UTF-8.
    #[must_use]
    pub const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// A string of its own bytes, which may or may not be UTF-8.
    #[must_use]
    pub const fn from_vec(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }

    /// The bytes as they came.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text with whatever is not UTF-8 replaced by U+FFFD, which is what Apache Kafka reads too.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same string, free of the frame it came in.
    #[must_use]
    pub fn into_owned(self) -> Str<'static> {
        Str(Cow::Owned(self.0.into_owned()))
    }

    /// A second view of the same bytes, without copying.
    #[must_use]
    pub fn borrowed(&self) -> Str<'_> {
        Str(Cow::Borrowed(&self.0))
    }
}

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<&'a String> for Str<'a> {
    fn from(text: &'a String) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<String> for Str<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

impl PartialEq<str> for Str<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Str<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl fmt::Debug for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text(), f)
    }
}

/// One log of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic's name, checked against Kafka's rules for names.
    pub topic: String,
    /// From 0 up to the topic's number of partitions.
    pub partition: i32,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    #[must_use]
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_shown_as_kafka_shows_it() {
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Uuid::ONE.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(text.parse::<Uuid>(), Err(ParseUuidError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_id_survives_its_text(bytes: [u8; 16]) {
            prop_assert_eq!(Uuid(bytes).to_string().parse(), Ok(Uuid(bytes)));
        }
    }
}
