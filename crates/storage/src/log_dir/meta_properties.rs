//! `meta.properties`: which cluster and which node a log directory belongs to.
//!
//! A Java properties file. Version 1 has `cluster.id`, `node.id` and, since Kafka 3.7, `directory.id`; version 0, of
//! ZooKeeper's time, has `broker.id` and no directory id. Order and comments mean nothing.
//!
//! Source: Kafka `MetaProperties`; KIP-631, KIP-858.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use protocol::types::{BrokerId, Uuid};

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// The cluster's id, mostly 22 characters; any text, in old clusters.
    pub cluster_id: String,
    /// The node's id.
    pub node_id: BrokerId,
    /// The directory's id; `None` before Kafka 3.7.
    pub directory_id: Option<Uuid>,
}

/// Why a text is not a `meta.properties`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaPropertiesError {
    /// It is not UTF-8.
    NotText,
    /// A property is missing.
    Missing {
        /// Its name.
        key: &'static str,
    },
    /// A property has a value that it cannot have.
    Value {
        /// Its name.
        key: &'static str,
        /// Its value.
        value: String,
    },
}

impl fmt::Display for MetaPropertiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("it is not a text"),
            Self::Missing { key } => write!(f, "{key} is missing"),
            Self::Value { key, value } => write!(f, "{key} cannot be {value:?}"),
        }
    }
}

impl std::error::Error for MetaPropertiesError {}

impl MetaProperties {
    /// The file's name.
    pub const FILE_NAME: &str = "meta.properties";

    /// The text of the file, as of version 1.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("#\nnode.id={}\n", self.node_id);
        if let Some(directory_id) = self.directory_id {
            writeln!(text, "directory.id={directory_id}").expect("a String takes everything");
        }
        write!(text, "version=1\ncluster.id={}\n", self.cluster_id).expect("a String takes everything");
        text
    }

    /// What a file says.
    ///
    /// # Errors
    /// If a property is missing or makes no sense.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MetaPropertiesError> {
        let text = std::str::from_utf8(bytes).map_err(|_| MetaPropertiesError::NotText)?;
        let properties: BTreeMap<&str, &str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with(['#', '!']))
            .filter_map(|line| line.split_once('=').map(|(key, value)| (key.trim_end(), value.trim_start())))
            .collect();
        let get = |key| properties.get(key).copied().ok_or(MetaPropertiesError::Missing { key });
        let wrong = |key, value: &str| MetaPropertiesError::Value { key, value: value.to_owned() };
        let id_key = match get("version")? {
            "1" => "node.id",
            "0" => "broker.id",
            other => return Err(wrong("version", other)),
        };
        let id = get(id_key)?;
        let node_id = id.parse().ok().filter(|id| *id >= 0).ok_or_else(|| wrong(id_key, id))?;
        let directory_id = match properties.get("directory.id") {
            Some(id) => Some(id.parse().map_err(|_| wrong("directory.id", id))?),
            None => None,
        };
        let cluster_id = get("cluster.id")?.to_owned();
        Ok(Self { cluster_id, node_id: BrokerId(node_id), directory_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_apache_kafka_is_read_and_ours_has_the_same_properties() {
        let theirs = "#\n#Tue Nov 24 01:00:00 UTC 2026\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\nversion=1\ncluster.id=4L6g3nShT-eMCtK--X86sw\n";
        let meta = MetaProperties::from_bytes(theirs.as_bytes()).unwrap();
        assert_eq!(
            meta,
            MetaProperties {
                cluster_id: "4L6g3nShT-eMCtK--X86sw".into(),
                node_id: BrokerId(1),
                directory_id: Some(Uuid::ONE),
            }
        );
        assert_eq!(MetaProperties::from_bytes(meta.to_text().as_bytes()), Ok(meta));
    }

    #[test]
    fn a_file_that_makes_no_sense_says_what_does_not() {
        let error = |text: &str| MetaProperties::from_bytes(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error(""), "version is missing");
        assert_eq!(error("version=1\ncluster.id=a"), "node.id is missing");
        assert_eq!(error("version=2"), "version cannot be \"2\"");
        assert_eq!(error("version=1\nnode.id=-1\ncluster.id=a"), "node.id cannot be \"-1\"");
    }
}
