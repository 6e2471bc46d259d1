//! The commands, one file each.

pub(crate) mod cluster;
pub(crate) mod config;
pub(crate) mod consume;
pub(crate) mod dev;
pub(crate) mod dump_log;
pub(crate) mod format;
pub(crate) mod group;
pub(crate) mod node;
pub(crate) mod produce;
pub(crate) mod random_uuid;
pub(crate) mod server;
pub(crate) mod topic;
pub(crate) mod wire;
