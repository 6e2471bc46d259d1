//! Judges that are no clients: what they ask is one question each, of a whole data directory or a whole history.

pub mod directories;
pub mod dump_log;
pub mod kill_9;
pub mod power_cut;
pub mod wire;
