//! What every message promises, at each of its versions.

use std::collections::BTreeSet;

use super::*;
use crate::{
    codec::{DecodeProblem, Reader, Writer},
    schema::{
        FieldSchema, Kind, Struct, Value,
        sample::{Choose, fill},
    },
};

/// Numbers from a seed (SplitMix64).
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn sample(entry: &Entry, version: i16, choose: &mut Choose<'_>) -> Box<dyn Struct> {
    let mut value = (entry.schema.body.new)();
    fill(&mut *value, version, choose);
    value
}

fn encoded(entry: &Entry, value: &dyn Struct, version: i16) -> Vec<u8> {
    let mut writer = Writer::new();
    if let Err(error) = entry.schema.encode(value, &mut writer, version) {
        panic!("{} v{version} cannot be written: {error}", entry.schema.name);
    }
    writer.into_bytes()
}

fn versions(entry: &Entry) -> std::ops::RangeInclusive<i16> {
    entry.schema.versions.min..=entry.schema.versions.max
}

/// Each message with some values at each of its versions.
fn for_each_sample(mut check: impl FnMut(&Entry, i16, &dyn Struct, &[u8])) {
    for entry in all() {
        for version in versions(&entry) {
            for seed in 0..20 {
                let value = sample(&entry, version, &mut chance(seed));
                let bytes = encoded(&entry, &*value, version);
                check(&entry, version, &*value, &bytes);
            }
        }
    }
}

/// Where two values differ, if they do.
fn difference(left: Value<'_>, right: Value<'_>) -> Option<String> {
    let differs = match (left, right) {
        (Value::Struct(left), Value::Struct(right)) => {
            return left.schema().fields.iter().enumerate().find_map(|(i, field)| {
                let found = difference(left.field(i).get(), right.field(i).get())?;
                Some(format!("{}.{found}", field.name))
            });
        }
        (Value::List(left), Value::List(right)) if left.len() == right.len() => {
            return (0..left.len())
                .find_map(|i| Some(format!("{i}.{}", difference(left.item(i).get(), right.item(i).get())?)));
        }
        (Value::Null, Value::Null) => false,
        (Value::Bool(left), Value::Bool(right)) => left != right,
        (Value::Int(left), Value::Int(right)) => left != right,
        (Value::Float(left), Value::Float(right)) => left != right,
        (Value::Uuid(left), Value::Uuid(right)) => left != right,
        (Value::String(left), Value::String(right)) | (Value::Bytes(left), Value::Bytes(right)) => left != right,
        _ => true,
    };
    differs.then(String::new)
}

#[test]
fn every_message_at_every_version_comes_back_as_it_was() {
    for_each_sample(|entry, version, value, bytes| {
        let name = entry.schema.name;
        let mut reader = Reader::new(bytes);
        let decoded = entry.schema.decode(&mut reader, version).unwrap_or_else(|e| panic!("{name} v{version}: {e}"));
        assert_eq!(reader.remaining(), 0, "{name} v{version}");
        assert_eq!(difference(value.get(), decoded.get()), None, "{name} v{version}");
        assert_eq!(encoded(entry, &*decoded, version), bytes, "{name} v{version}");
    });
}

#[test]
fn every_message_that_is_cut_is_refused() {
    for_each_sample(|entry, version, _, bytes| {
        // Every length near the ends, some between: most fields are met, and the test stays short.
        let step = 1 + bytes.len() / 40;
        for length in (0..bytes.len()).step_by(step).chain(bytes.len().saturating_sub(5)..bytes.len()) {
            let cut = entry.schema.decode(&mut Reader::new(&bytes[..length]), version);
            assert!(cut.is_err(), "{} v{version} is whole after {length} of {} bytes", entry.schema.name, bytes.len());
        }
    });
}

#[test]
fn every_flexible_message_skips_tags_that_nobody_knows() {
    for_each_sample(|entry, version, value, bytes| {
        let knows_tags = entry.schema.body.fields.iter().any(|field| field.tag.is_some());
        if !entry.schema.format(version).flexible || knows_tags {
            return;
        }
        let mut tagged = bytes.to_vec();
        assert_eq!(tagged.pop(), Some(0), "no tags are written");
        tagged.extend([2, 7, 1, 0xff, 0x80, 0x01, 0]);
        let mut reader = Reader::new(&tagged);
        let decoded = entry.schema.decode(&mut reader, version).unwrap();
        assert_eq!((difference(value.get(), decoded.get()), reader.remaining()), (None, 0), "{}", entry.schema.name);
    });
}

#[test]
fn a_version_that_does_not_exist_is_refused_both_ways() {
    for entry in all() {
        let value = (entry.schema.body.new)();
        for version in [entry.schema.versions.min - 1, entry.schema.versions.max + 1] {
            let error = entry.schema.decode(&mut Reader::new(&[0; 64]), version).err().unwrap();
            assert_eq!(error.problem, DecodeProblem::Version { version });
            assert!(entry.schema.encode(&*value, &mut Writer::new(), version).is_err());
        }
    }
}

#[test]
fn each_message_is_there_once_and_responses_follow_requests() {
    let mut names = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for Entry { kind, schema } in all() {
        assert!(names.insert(schema.name), "{} is there twice", schema.name);
        assert_eq!(schema.body.name, schema.name);
        assert_eq!(find(schema.name).unwrap().schema.name, schema.name);
        let in_log = matches!(kind, MessageKind::Metadata | MessageKind::RemoteLog | MessageKind::Request);
        assert!(!in_log || keys.insert((kind as u8, schema.key)), "{} has another's key", schema.name);
        assert_eq!(kind == MessageKind::Request, schema.name.ends_with("Request"), "{}", schema.name);
        assert_eq!(kind == MessageKind::Request, !schema.listeners.is_empty(), "{}: listeners", schema.name);
    }
    for [request, response] in api::MESSAGES {
        let (request, response) = (request.schema, response.schema);
        assert_eq!((request.key, request.versions), (response.key, response.versions), "{}", request.name);
        assert_eq!(request.flexible_min, response.flexible_min, "{}", request.name);
        assert_eq!(request.stable_max, response.stable_max, "{}", request.name);
        assert_eq!(request.name.replace("Request", "Response"), response.name);
    }
}

/// JSON finds a field by its name and version: Kafka 4.4 gave an old name to a field of another type.
#[test]
fn no_struct_has_two_fields_of_one_name_in_one_version() {
    fn walk(fields: &[FieldSchema], path: &str) {
        for (i, field) in fields.iter().enumerate() {
            let meet =
                |other: crate::schema::Versions| other.min <= field.versions.max && field.versions.min <= other.max;
            let clash = fields[..i].iter().any(|other| other.name == field.name && meet(other.versions));
            assert!(!clash, "{path} has two fields {}", field.name);
            let mut kind = field.kind;
            while let Kind::Array(element) = kind {
                kind = *element;
            }
            if let Kind::Struct(inner) = kind {
                walk(inner.fields, inner.name);
            }
        }
    }
    for entry in all() {
        walk(entry.schema.body.fields, entry.schema.name);
    }
}
