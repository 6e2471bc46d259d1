//! The wall clock as retention and compaction see it: one that does not jump ahead.
//!
//! Segments go by their age, and an age is the wall clock's word. When that jumps ahead by an hour, a year, all records
//! are old at once, and what is deleted then does not come back when the clock does. Apache Kafka deletes it. Here a
//! jump is compared with the monotonic clock, and is believed only once it has lasted for an hour; until then age counts
//! on from before the jump. Nothing is lost by it that time would not make good: segments stay for an hour longer.
//!
//! A jump back is believed at once: it makes everything younger. What the clock says when the node starts is believed too.

use protocol::types::{Monotonic, Now, Timestamp};

/// Clocks that are set right step by step differ by less.
const TOLERANCE_MS: i64 = 60_000;

/// How long a jump has to last to be believed.
const HOLD_MS: i64 = 3_600_000;

/// See the [module](self).
#[derive(Clone, Copy, Debug, Default)]
pub struct RetentionClock {
    /// A moment at which the wall clock was believed, and what it said.
    anchor: Option<Now>,
    /// When it jumped, and by how much.
    jump: Option<(Monotonic, i64)>,
}

impl RetentionClock {
    /// What time it is. To be asked often: a jump is what happens between two calls.
    ///
    /// # Returns
    /// The time, and by how many milliseconds the wall clock has jumped ahead of it just now, if this call noticed.
    pub fn now(&mut self, now: Now) -> (Timestamp, Option<i64>) {
        let anchor = *self.anchor.get_or_insert(now);
        let elapsed = ms_between(anchor.mono, now.mono);
        let expected = anchor.wall.0.saturating_add(elapsed);
        let ahead = now.wall.0.saturating_sub(expected);
        if ahead <= TOLERANCE_MS {
            self.jump = None;
            // Not each time, or many small steps would make a jump.
            if ahead < -TOLERANCE_MS || elapsed >= HOLD_MS {
                self.anchor = Some(now);
            }
            return (now.wall, None);
        }
        match self.jump {
            Some((since, by)) if (ahead - by).abs() <= TOLERANCE_MS => {
                if ms_between(since, now.mono) >= HOLD_MS {
                    *self = Self { anchor: Some(now), jump: None };
                    return (now.wall, None);
                }
                (Timestamp(expected), None)
            }
            _ => {
                self.jump = Some((now.mono, ahead));
                (Timestamp(expected), Some(ahead))
            }
        }
    }

    /// By how many milliseconds the wall clock is ahead and not believed.
    #[must_use]
    pub fn ahead_ms(&self) -> i64 {
        self.jump.map_or(0, |(_, by)| by)
    }
}

fn ms_between(from: Monotonic, to: Monotonic) -> i64 {
    i64::try_from(to.since(from).as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(mono_ms: i64, wall_ms: i64) -> Now {
        Now { mono: Monotonic(mono_ms as u64 * 1_000_000), wall: Timestamp(wall_ms) }
    }

    #[test]
    fn a_jump_ahead_is_believed_after_an_hour_and_not_at_all_if_the_clock_comes_back() {
        let mut clock = RetentionClock::default();
        assert_eq!(clock.now(at(0, 1000)).0, Timestamp(1000));
        assert_eq!(clock.now(at(500, 1600)).0, Timestamp(1600), "clocks drift");
        assert_eq!(clock.now(at(1000, 1000 + 10 * HOUR)), (Timestamp(2000), Some(10 * HOUR - 1000)));
        assert_eq!(clock.now(at(2000, 2000 + 10 * HOUR)), (Timestamp(3000), None));
        assert!(clock.ahead_ms() > 9 * HOUR);
        assert_eq!(clock.now(at(3000, 4000)).0, Timestamp(4000), "it came back");
        assert_eq!(clock.ahead_ms(), 0);

        clock.now(at(4000, 5000 + HOUR));
        assert_eq!(clock.now(at(3999 + HOUR, 5000 + 2 * HOUR - 1)).0, Timestamp(4999 + HOUR));
        assert_eq!(clock.now(at(4000 + HOUR, 5000 + 2 * HOUR)).0, Timestamp(5000 + 2 * HOUR), "it has lasted");
    }

    #[test]
    fn a_jump_back_is_believed_at_once_and_then_to_and_fro_is_not() {
        let mut clock = RetentionClock::default();
        clock.now(at(0, 10 * HOUR));
        assert_eq!(clock.now(at(1000, 9 * HOUR)).0, Timestamp(9 * HOUR));
        assert_eq!(clock.now(at(2000, 10 * HOUR)).0, Timestamp(9 * HOUR + 1000));
        assert_eq!(clock.now(at(3000, 9 * HOUR)).0, Timestamp(9 * HOUR));
    }

    #[test]
    fn many_small_steps_are_no_way_around() {
        let mut clock = RetentionClock::default();
        let last = (0..1000).map(|i| clock.now(at(i * 1000, i * 51_000)).0).last().unwrap();
        assert!(last.0 < 1000 * 1000 + 2 * TOLERANCE_MS, "{last:?}");
    }
}
