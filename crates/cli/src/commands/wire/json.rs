//! A message as JSON, as the converters of Apache Kafka have it, and back.
//!
//! Fields go by Kafka's names and stand in its order. Bytes are base64, ids their own text, and null is null. A tagged
//! field at its default is left out, since nothing of it is written; every other field of the version is there, and has
//! to be. A value for a field that the version lacks is for the codec to drop or to refuse.

use protocol::{
    schema::{Kind, Reflect, Scalar, Struct, Value as Held},
    types::Uuid,
};
use serde_json::{Map, Number, Value};

use crate::format;

/// The fields of a version; of none, all of them.
pub(super) fn of(value: &dyn Struct, version: Option<i16>) -> Value {
    let schema = value.schema();
    let untouched = schema.fields.iter().any(|field| field.tag.is_some()).then(schema.new);
    let mut object = Map::new();
    for (i, field) in schema.fields.iter().enumerate() {
        if version.is_some_and(|version| !field.versions.contains(version)) {
            continue;
        }
        let is_left_out = version.is_some()
            && field.tag.is_some()
            && untouched.as_ref().is_some_and(|untouched| untouched.field(i).get() == value.field(i).get());
        if !is_left_out {
            object.insert(field.name.to_owned(), of_value(value.field(i), version));
        }
    }
    Value::Object(object)
}

/// What a field holds.
pub(super) fn of_value(value: &dyn Reflect, version: Option<i16>) -> Value {
    match value.get() {
        Held::Null => Value::Null,
        Held::Bool(value) => value.into(),
        Held::Int(value) => value.into(),
        // Not all are JSON: Kafka writes those as strings.
        Held::Float(value) => Number::from_f64(value).map_or_else(
            || {
                Value::from(if value.is_nan() {
                    "NaN"
                } else if value > 0.0 {
                    "Infinity"
                } else {
                    "-Infinity"
                })
            },
            Value::Number,
        ),
        Held::Uuid(value) => value.to_string().into(),
        Held::String(bytes) => String::from_utf8_lossy(bytes).into(),
        Held::Bytes(bytes) => format::base64(bytes).into(),
        Held::List(list) => (0..list.len()).map(|i| of_value(list.item(i), version)).collect(),
        Held::Struct(inner) => of(inner, version),
    }
}

/// Gives a message the values of `json`, to be written at `version`.
///
/// # Errors
/// What does not fit, and where it stands.
pub(super) fn set(value: &mut dyn Struct, json: &Value, version: i16) -> Result<(), String> {
    let name = value.schema().name;
    set_struct(value, json, version, name)
}

fn set_struct(value: &mut dyn Struct, json: &Value, version: i16, path: &str) -> Result<(), String> {
    let Value::Object(object) = json else { return Err(format!("{path} is an object")) };
    let fields = value.schema().fields;
    for (name, json) in object {
        let named = |field: &protocol::schema::FieldSchema| field.name == name;
        let i = fields.iter().position(|field| named(field) && field.versions.contains(version));
        let i = i.or_else(|| fields.iter().position(named)).ok_or_else(|| format!("{path} has no field {name}"))?;
        set_value(value.field_mut(i), fields[i].kind, json, version, &format!("{path}.{name}"))?;
    }
    let missing = fields
        .iter()
        .find(|field| field.versions.contains(version) && field.tag.is_none() && !object.contains_key(field.name));
    match missing {
        Some(field) => Err(format!("{path}.{} is missing", field.name)),
        None => Ok(()),
    }
}

fn set_value(value: &mut dyn Reflect, kind: Kind, json: &Value, version: i16, path: &str) -> Result<(), String> {
    let wanted = || format!("{path} is of type {kind}, which {json} is not");
    if json.is_null() {
        return value.set(Scalar::Null).map_err(|_| format!("{path} is never null"));
    }
    let scalar = match kind {
        Kind::Array(element) => {
            let items = json.as_array().ok_or_else(wanted)?;
            let list = value.list_mut().ok_or_else(wanted)?;
            list.clear();
            for (i, item) in items.iter().enumerate() {
                set_value(list.push(), *element, item, version, &format!("{path}[{i}]"))?;
            }
            return Ok(());
        }
        Kind::Struct(_) => {
            return set_struct(value.struct_mut().ok_or_else(wanted)?, json, version, path);
        }
        Kind::Bool => json.as_bool().map(Scalar::Bool),
        Kind::Float64 => match json.as_str() {
            Some("NaN") => Some(Scalar::Float(f64::NAN)),
            Some("Infinity") => Some(Scalar::Float(f64::INFINITY)),
            Some("-Infinity") => Some(Scalar::Float(f64::NEG_INFINITY)),
            _ => json.as_f64().map(Scalar::Float),
        },
        Kind::Uuid => json.as_str().and_then(|text| text.parse::<Uuid>().ok()).map(Scalar::Uuid),
        Kind::String => json.as_str().map(|text| Scalar::Bytes(text.as_bytes().to_vec())),
        Kind::Bytes | Kind::Records => json.as_str().and_then(format::from_base64).map(Scalar::Bytes),
        Kind::Int8 | Kind::Int16 | Kind::Uint16 | Kind::Int32 | Kind::Uint32 | Kind::Int64 => {
            json.as_i64().map(Scalar::Int)
        }
    };
    value.set(scalar.ok_or_else(wanted)?).map_err(|_| wanted())
}
