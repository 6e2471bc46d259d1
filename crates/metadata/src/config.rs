//! Configs: what there is, what a text may say, and which layer wins.
//!
//! ```text
//! a topic's value        the broker's value
//!
//! topic override    ┐    per-broker override   ┐ in the metadata log,
//!                   │    cluster-wide default  ┘ changed at run time
//!                   └──▶ file                    `server.properties`, read at start
//!                        default                 [`table`]
//! ```
//!
//! The topmost layer that has a value wins. A topic's config often goes by another name on the broker, and may fall
//! back to several ([`def::Synonym`]); a group's likewise.
//!
//! - [`table`] knows every config of Kafka 4.3 and ours, and whether Milena acts on it;
//! - [`value`] reads and checks one text, [`properties`] a file of them;
//! - [`server`] makes a file into the settings a node starts with, or says everything that is wrong with it;
//! - [`effective`] answers DescribeConfigs, [`topic`] tells a partition how to behave;
//! - [`alter`] decides what AlterConfigs and IncrementalAlterConfigs change.
//!
//! Nothing that a user sets is silently ignored: [`def::Status`] says what happens to a config without effect. The page
//! `docs/configuration.md` is written from the table.

pub mod alter;
pub mod def;
pub mod effective;
pub mod layers;
pub mod properties;
pub mod server;
pub mod table;
pub mod topic;
pub mod value;

pub use alter::{AlterError, Altered, Change, Standing};
pub use def::{ConfigDef, Kind, ResourceType};
pub use effective::{Entry, Source};
pub use layers::{BrokerLayers, Overrides};
pub use server::{Notices, ServerConfig};
pub use topic::TopicConfig;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
