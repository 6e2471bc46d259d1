//! The clients of a run: idempotent producers and careless ones, readers, members of groups, an administrator.

pub mod admin;
pub mod member;
pub mod producer;
pub mod reader;

pub use admin::Admin;
pub use member::Member;
pub use producer::Producer;
pub use reader::Reader;
