//! Watches how much room the disk has, and acts on it: what the levels mean is in [`storage::space`].

use std::path::Path;

use parking_lot::Mutex;
use protocol::types::{Monotonic, Now};
use storage::{SpaceLevel, SpaceStatus};

/// How often the disk is asked.
const LOOK_MS: u64 = 1000;

/// How much room the disk of a log directory has, as last seen.
#[derive(Debug, Default)]
pub struct SpaceWatch(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    due: Monotonic,
    status: SpaceStatus,
}

impl SpaceWatch {
    /// What was last seen.
    #[must_use]
    pub fn status(&self) -> SpaceStatus {
        self.0.lock().status
    }

    /// Whether it is time to look again, and the level before.
    pub(crate) fn begin_look(&self, now: Now) -> Option<SpaceLevel> {
        let mut watched = self.0.lock();
        if now.mono < watched.due {
            return None;
        }
        watched.due = now.mono.plus_ms(LOOK_MS);
        Some(watched.status.level)
    }

    /// Takes what was seen, and tells the operator if it means something else than before.
    pub(crate) fn looked(&self, before: SpaceLevel, status: SpaceStatus, dir: &Path) {
        self.0.lock().status = status;
        if status.level == before {
            return;
        }
        let (dir, free, level) = (dir.display(), status.free, status.level.name());
        match status.level {
            SpaceLevel::Ok => tracing::info!(%dir, free, "there is room on the disk again"),
            SpaceLevel::Alert => tracing::warn!(%dir, free, level, "the disk is getting full"),
            SpaceLevel::Backpressure => {
                tracing::warn!(%dir, free, level, "the disk is getting full, and producers are slowed down")
            }
            SpaceLevel::ReadOnly => tracing::error!(
                %dir, free, level, "the disk is full: records are refused until there is room; everything else goes on"
            ),
        }
    }
}
