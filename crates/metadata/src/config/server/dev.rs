//! The settings of `milena dev`: one node that wants nothing from whoever starts it.

use super::{ServerConfig, ServerConfigError};
use crate::config::properties::Properties;
use crate::config::value::Address;

/// What can be chosen about a development node.
#[derive(Clone, Debug)]
pub struct Dev {
    /// The host it binds.
    pub host: String,
    /// The port for clients, 0 for a free one. The controller takes the next one, or a free one too.
    pub port: u16,
    /// What clients are told, when it differs from what is bound.
    pub advertised: Option<Address>,
    /// Where the logs go.
    pub data_dir: String,
    /// Where metrics and health are served; `None` for nowhere.
    pub http: Option<Address>,
}

impl ServerConfig {
    /// The settings of a development node. They differ from Kafka's defaults only in what one node alone needs:
    /// internal topics have one replica, and groups do not wait for more members.
    ///
    /// # Errors
    /// What a person can have chosen badly: a host that is no host, or port 65535, which leaves none for the controller.
    pub fn dev(dev: &Dev) -> Result<Self, Vec<ServerConfigError>> {
        let Dev { host, port, advertised, data_dir, http } = dev;
        let controller_port = match port {
            0 => 0,
            port => port.checked_add(1).ok_or_else(|| {
                vec![ServerConfigError::Rule(format!(
                    "port {port} leaves none for the controller, which takes the next"
                ))]
            })?,
        };
        let broker = Address { host: host.clone(), port: *port };
        let controller = Address { host: host.clone(), port: controller_port };
        let mut file = Properties::default();
        let mut set = |name: &str, value: String| file.set(name, &value);
        set("process.roles", "broker,controller".to_owned());
        set("node.id", "1".to_owned());
        set("listeners", format!("PLAINTEXT://{broker},CONTROLLER://{controller}"));
        set("controller.listener.names", "CONTROLLER".to_owned());
        set("controller.quorum.bootstrap.servers", controller.to_string());
        set("log.dirs", data_dir.clone());
        if let Some(advertised) = advertised {
            set("advertised.listeners", format!("PLAINTEXT://{advertised}"));
        } else if host == "0.0.0.0" || host == "::" {
            // What is bound everywhere cannot be advertised; this machine's name can.
            set("advertised.listeners", format!("PLAINTEXT://:{port}"));
        }
        if let Some(http) = http {
            set("milena.http.listener", http.to_string());
        }
        for topic in ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"] {
            set(&format!("{topic}.replication.factor"), "1".to_owned());
        }
        set("transaction.state.log.min.isr", "1".to_owned());
        set("share.coordinator.state.topic.min.isr", "1".to_owned());
        set("group.initial.rebalance.delay.ms", "0".to_owned());
        Self::from_properties(&file, &[]).map(|(config, _notices)| config)
    }
}
