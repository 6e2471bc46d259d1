//! The layers of a broker's configs, and the value that wins.

use std::collections::BTreeMap;

use super::def::{ConfigDef, Mode, ResourceType};
use super::table;
use super::value::{self, Value};

/// What somebody set: texts by name, of one file or one resource.
pub type Overrides = BTreeMap<String, String>;

/// The layers of one broker, the strongest first. See [`super`] for the picture.
#[derive(Clone, Copy, Debug)]
pub struct BrokerLayers<'a> {
    /// What was set at run time for this broker.
    pub per_broker: &'a Overrides,
    /// What was set at run time for all brokers.
    pub cluster_default: &'a Overrides,
    /// What the file says.
    pub file: &'a Overrides,
}

static NOTHING: Overrides = BTreeMap::new();

impl<'a> BrokerLayers<'a> {
    /// Layers of which only the file is there.
    pub fn of_file(file: &'a Overrides) -> Self {
        Self { per_broker: &NOTHING, cluster_default: &NOTHING, file }
    }

    /// The text that wins, `None` when the config is unset.
    ///
    /// What was set at run time for a config that needs a restart, or with a value that does not fit, does not count:
    /// the metadata log may hold both when another version wrote it.
    ///
    /// # Panics
    /// If `name` is no broker config.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let def = broker_def(name);
        let dynamic = [self.per_broker, self.cluster_default].into_iter().filter_map(|layer| layer.get(name));
        let dynamic = dynamic.filter(|text| def.mode != Mode::ReadOnly && value::parse(def, text).is_ok());
        dynamic.chain(self.file.get(name)).map(String::as_str).next().or(def.default)
    }

    /// The value that wins, `None` when the config is unset.
    ///
    /// # Panics
    /// If `name` is no broker config, or the file holds a value for it that does not fit: [`super::server`] refused it.
    pub fn value(&self, name: &str) -> Option<Value> {
        let text = self.text(name)?;
        match value::parse(broker_def(name), text) {
            Ok(value) => Some(value),
            Err(error) => panic!("a file with this value was refused: {error}"),
        }
    }

    /// The value of a boolean config.
    ///
    /// # Panics
    /// If the config is unset or no boolean.
    pub fn boolean(&self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Boolean(value)) => value,
            other => unfit(name, other.as_ref()),
        }
    }

    /// The value of a config of whole numbers of up to 32 bits.
    ///
    /// # Panics
    /// If the config is unset or of another type.
    pub fn int(&self, name: &str) -> i32 {
        match self.value(name) {
            Some(Value::Int(value)) => value,
            Some(Value::Short(value)) => i32::from(value),
            other => unfit(name, other.as_ref()),
        }
    }

    /// The value of a config of whole numbers.
    ///
    /// # Panics
    /// If the config is unset or of another type.
    pub fn long(&self, name: &str) -> i64 {
        self.long_if_set(name).unwrap_or_else(|| unfit(name, None))
    }

    /// The value of a config of whole numbers that may be unset.
    ///
    /// # Panics
    /// If the config is of another type.
    pub fn long_if_set(&self, name: &str) -> Option<i64> {
        self.value(name).map(|value| match value {
            Value::Long(value) => value,
            Value::Int(value) => i64::from(value),
            Value::Short(value) => i64::from(value),
            other => unfit(name, Some(&other)),
        })
    }

    /// The value of a config of fractions.
    ///
    /// # Panics
    /// If the config is unset or of another type.
    pub fn double(&self, name: &str) -> f64 {
        match self.value(name) {
            Some(Value::Double(value)) => value,
            other => unfit(name, other.as_ref()),
        }
    }

    /// The value of a config of text that may be unset.
    ///
    /// # Panics
    /// If the config is of another type.
    pub fn string(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| match value {
            Value::Text(value) => value,
            other => unfit(name, Some(&other)),
        })
    }

    /// The elements of a list that may be unset.
    ///
    /// # Panics
    /// If the config is of another type.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.value(name).map(|value| match value {
            Value::List(value) => value,
            other => unfit(name, Some(&other)),
        })
    }

    /// The value of a topic's or group's config when the resource itself sets none: that of the first broker config
    /// behind it that has one, in the unit of `def`, or its own default.
    pub fn fallback(&self, def: &ConfigDef) -> Option<Value> {
        for synonym in def.synonyms {
            let Some(value) = self.value(synonym.name) else { continue };
            return Some(match value {
                _ if synonym.factor == 1 && def.kind == broker_def(synonym.name).kind => unlimited(def, value),
                Value::Int(value) => unlimited(def, Value::Long(i64::from(value).saturating_mul(synonym.factor))),
                other => unfit(synonym.name, Some(&other)),
            });
        }
        def.default.map(|text| value::parse(def, text).unwrap_or_else(|error| panic!("of a default: {error}")))
    }

    /// The value of a topic's or group's config: its override, if there is one that fits, or [`Self::fallback`].
    pub fn effective(&self, def: &ConfigDef, overrides: &Overrides) -> Option<Value> {
        let own = overrides.get(def.name).and_then(|text| value::parse(def, text).ok());
        own.or_else(|| self.fallback(def))
    }
}

/// Any negative `log.retention.*` means for ever, which the topic's config writes as -1.
fn unlimited(def: &ConfigDef, value: Value) -> Value {
    match value {
        Value::Long(ms) if def.name == "retention.ms" && ms < 0 => Value::Long(-1),
        other => other,
    }
}

fn broker_def(name: &str) -> &'static ConfigDef {
    table::find(ResourceType::Broker, name).unwrap_or_else(|| panic!("{name} is no broker config"))
}

fn unfit(name: &str, value: Option<&Value>) -> ! {
    panic!("{name} was read as a type it does not have: {value:?}")
}
