//! What AlterConfigs and IncrementalAlterConfigs change, decided without doing it.
//!
//! The result of a request on one resource is a list of *changes*, name and new text or removal, for the controller to
//! write as ConfigRecords; or an error, and then nothing of that resource changes. Kafka's codes differ by resource for
//! historical reasons, and clients know them: a bad value is INVALID_CONFIG (40) on a topic or group and
//! INVALID_REQUEST (42) on a broker.
//!
//! A broker takes names nobody knows, because plugins may; everything else refuses them. Configs that Milena does not
//! act on yet are accepted at their default only.
//!
//! Source: Kafka `ConfigAdminManager`, `ConfigurationControlManager`, `ControllerConfigurationValidator`,
//! `DynamicBrokerConfig.validateConfigs`.

mod error;
mod groups;
mod validate;

use super::def::{Kind, ResourceType};
use super::layers::{BrokerLayers, Overrides};
use super::table;

pub use error::AlterError;

/// One entry of an IncrementalAlterConfigs request.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The config.
    pub name: &'a str,
    /// 0 set, 1 delete, 2 append, 3 subtract.
    pub operation: i8,
    /// The text; a deletion needs none.
    pub value: Option<&'a str>,
}

/// Where the change would be made: what the answer depends on besides the request.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The node that answers; other brokers' configs are for them to change.
    pub node_id: i32,
    /// The configs of that node.
    pub broker: BrokerLayers<'a>,
    /// Whether eligible leader replicas (KIP-966) are on, which ties `min.insync.replicas` to the cluster level.
    pub elr_enabled: bool,
}

/// What to change on one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Altered {
    /// Names with their new text, or `None` to remove them.
    pub changes: Vec<(String, Option<String>)>,
}

/// The longest value the metadata log can hold, in bytes.
const VALUE_BYTES_MAX: usize = i16::MAX as usize;

/// Decides an IncrementalAlterConfigs request on one resource.
///
/// `existing` is what the resource has now. Whether the resource exists is for the caller to check, with code 3 for a
/// topic; so is a resource that the request names twice, which gets 42 twice.
///
/// # Errors
/// [`AlterError`], which knows Kafka's code; nothing is changed then.
pub fn alter_incrementally(
    resource: ResourceType,
    resource_name: &str,
    existing: &Overrides,
    request: &[Change<'_>],
    standing: Standing<'_>,
) -> Result<Altered, AlterError> {
    no_doubles(request.iter().map(|change| change.name))?;
    no_nulls(request.iter().filter(|c| c.operation != DELETE && c.value.is_none()).map(|c| c.name))?;
    validate::resource_name(resource, resource_name, standing.node_id)?;
    let mut changes = Vec::with_capacity(request.len());
    for change in request {
        let current = existing.get(change.name).map(String::as_str);
        let given = change.value.unwrap_or_default();
        let new = match change.operation {
            SET => Some(given.to_owned()),
            DELETE => None,
            APPEND => {
                let mut elements = list_of(resource, change.name, current, "APPEND")?;
                for element in given.split(',') {
                    if !elements.iter().any(|known| known == element) {
                        elements.push(element.to_owned());
                    }
                }
                Some(elements.join(","))
            }
            SUBTRACT => {
                let mut elements = list_of(resource, change.name, current, "SUBTRACT")?;
                elements.retain(|element| !given.split(',').any(|gone| gone == element));
                Some(elements.join(","))
            }
            operation => return Err(AlterError::UnknownOperation { resource, operation }),
        };
        // A broker's configs are written again even when they stay: Kafka's brokers reload files on that occasion.
        if resource == ResourceType::Broker || new.as_deref() != current {
            changes.push((change.name.to_owned(), new));
        }
    }
    validate::changes(resource, resource_name, existing, changes, standing)
}

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

/// Decides an AlterConfigs request on one resource: `request` is all it shall have afterwards.
///
/// # Errors
/// [`AlterError`], which knows Kafka's code; nothing is changed then.
pub fn replace_all(
    resource: ResourceType,
    resource_name: &str,
    existing: &Overrides,
    request: &[(&str, Option<&str>)],
    standing: Standing<'_>,
) -> Result<Altered, AlterError> {
    no_doubles(request.iter().map(|(name, _)| *name))?;
    no_nulls(request.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name))?;
    validate::resource_name(resource, resource_name, standing.node_id)?;
    let set = request.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let unchanged = |name: &str, value: &str| existing.get(name).is_some_and(|current| current == value);
    let mut changes: Vec<(String, Option<String>)> = set
        .filter(|(name, value)| resource == ResourceType::Broker || !unchanged(name, value))
        .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
        .collect();
    let dropped = existing.keys().filter(|name| !request.iter().any(|(kept, _)| kept == name));
    changes.extend(dropped.map(|name| (name.clone(), None)));
    validate::changes(resource, resource_name, existing, changes, standing)
}

/// Checks the configs a topic is created with. Of a name that is there twice the caller keeps the last.
///
/// # Errors
/// [`AlterError`], always with code 40.
pub fn check_new_topic(configs: &Overrides, standing: Standing<'_>) -> Result<Altered, AlterError> {
    let changes = configs.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
    validate::changes(ResourceType::Topic, "", &Overrides::new(), changes, standing)
}

fn no_doubles<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), AlterError> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(_) => Err(AlterError::DuplicateName),
        None => Ok(()),
    }
}

fn no_nulls<'a>(nulls: impl Iterator<Item = &'a str>) -> Result<(), AlterError> {
    let names: Vec<String> = nulls.map(str::to_owned).collect();
    if names.is_empty() { Ok(()) } else { Err(AlterError::NullValue { names }) }
}

/// The elements an append or subtraction starts from: what is set, or the default.
fn list_of(
    resource: ResourceType,
    name: &str,
    current: Option<&str>,
    operation: &'static str,
) -> Result<Vec<String>, AlterError> {
    let def = match resource {
        ResourceType::Broker => table::find_broker(name),
        _ => table::find(resource, name),
    };
    let Some(def) = def.filter(|def| def.kind == Kind::List) else {
        return Err(AlterError::NotAList { name: name.to_owned(), operation });
    };
    let text = current.or(def.default).unwrap_or_default();
    Ok(text.split(',').filter(|element| !element.is_empty()).map(str::to_owned).collect())
}
