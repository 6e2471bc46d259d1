//! Values to try a message with: any that a version can hold, those at the edges among them.
//!
//! Chance comes from outside, so that a seed can be replayed, and so that a fuzzer's bytes can take its place.

use super::{FieldSchema, Kind, Reflect, Scalar, Struct};
use crate::types::Uuid;

/// Where the choices come from: any number below the one given, which is not 0.
pub type Choose<'c> = dyn FnMut(u64) -> u64 + 'c;

/// Gives each field that `version` has a value; the others keep theirs.
pub fn fill(value: &mut dyn Struct, version: i16, choose: &mut Choose<'_>) {
    for (i, field) in value.schema().fields.iter().enumerate() {
        // A tagged field at its default is not written at all: let that happen often.
        let stays = !field.versions.contains(version) || (field.tag.is_some() && choose(3) == 0);
        if !stays {
            fill_field(value.field_mut(i), field, version, choose);
        }
    }
}

fn fill_field(value: &mut dyn Reflect, field: &FieldSchema, version: i16, choose: &mut Choose<'_>) {
    if field.is_nullable(version) && choose(4) == 0 {
        value.set(Scalar::Null).expect("what may be null is an Option");
    } else {
        fill_value(value, field.kind, version, choose);
    }
}

fn fill_value(value: &mut dyn Reflect, kind: Kind, version: i16, choose: &mut Choose<'_>) {
    let scalar = match kind {
        Kind::Array(element) => {
            let list = value.list_mut().expect("an array is a list");
            list.clear();
            for _ in 0..choose(4) {
                fill_value(list.push(), *element, version, choose);
            }
            return;
        }
        Kind::Struct(_) => return fill(value.struct_mut().expect("a struct is one"), version, choose),
        Kind::Bool => Scalar::Bool(choose(2) == 1),
        Kind::Float64 => Scalar::Float([0.0, -1.5, 1e300, f64::MIN_POSITIVE, f64::MAX][choose(5) as usize]),
        Kind::Uuid if choose(4) == 0 => Scalar::Uuid(Uuid::ZERO),
        Kind::Uuid => {
            Scalar::Uuid(Uuid((u128::from(choose(u64::MAX)) << 64 | u128::from(choose(u64::MAX))).to_be_bytes()))
        }
        Kind::String => Scalar::Bytes(text(choose).into_bytes()),
        Kind::Bytes | Kind::Records => {
            // Lengths around the point where a varint takes a second byte.
            let length = [0, 1, 7, 126, 127, 128, 300][choose(7) as usize];
            Scalar::Bytes((0..length).map(|_| choose(256) as u8).collect())
        }
        Kind::Int8 | Kind::Int16 | Kind::Uint16 | Kind::Int32 | Kind::Uint32 | Kind::Int64 => {
            let (min, max) = kind.bounds().expect("a type of whole numbers");
            Scalar::Int(match choose(8) {
                0 => min,
                1 => max,
                2 => 0,
                3 => (-1).max(min),
                4 | 5 => choose(100) as i64,
                // `max - min + 1` values, counted from `min`: for 64 bits that count wraps to 0, and any number will do.
                _ => match max.wrapping_sub(min).wrapping_add(1) as u64 {
                    0 => choose(u64::MAX) as i64,
                    count => min + choose(count) as i64,
                },
            })
        }
    };
    value.set(scalar).expect("a value of the field's own type");
}

fn text(choose: &mut Choose<'_>) -> String {
    match choose(8) {
        0 => String::new(),
        1 => "é😀\u{0}\"\\\n".to_owned(),
        2 => "long ".repeat(26 + choose(60) as usize),
        _ => (0..1 + choose(12)).map(|_| char::from(b'a' + choose(26) as u8)).collect(),
    }
}
