//! Chance, from one seed.
//!
//! Ids of topics, members, sessions and directories are drawn here. The runtime seeds it from the system, the simulator
//! from the seed of the run, so that a run can be had again.

use parking_lot::Mutex;
use protocol::types::Uuid;

/// A source of random numbers that several threads may draw from.
#[derive(Debug)]
pub struct Chance(Mutex<fastrand::Rng>);

impl Chance {
    /// The source that `seed` begins.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// Any number.
    #[must_use]
    pub fn u64(&self) -> u64 {
        self.0.lock().u64(..)
    }

    /// A positive number.
    #[must_use]
    pub fn positive_i32(&self) -> i32 {
        self.0.lock().i32(1..)
    }

    /// A new id, none of those that Kafka reserves.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let mut rng = self.0.lock();
        loop {
            if let Some(id) = Uuid::random_from(rng.u128(..).to_be_bytes()) {
                return id;
            }
        }
    }
}
