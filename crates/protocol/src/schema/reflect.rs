//! Values whose type is known only when the program runs.
//!
//! [`Reflect`] is what every type of a field has: look at it ([`Value`]), set it ([`Scalar`]), or reach into it as a
//! [`List`] or a [`Struct`]. An `Option` is the value inside or null.

use std::{borrow::Cow, fmt};

use super::{Kind, StructSchema};
use crate::{
    api::ApiKey,
    codec::{Bytes, EncodeError, Format, Records, Writer},
    error::ErrorCode,
    types::{BrokerId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Str, Timestamp, Uuid},
};

/// A type that a field can have, and what Kafka calls it.
pub trait Described {
    /// What Kafka calls it.
    const KIND: Kind;
}

/// A value to be looked at.
pub enum Value<'s> {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number of any width.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// An id.
    Uuid(Uuid),
    /// A string, which may or may not be UTF-8.
    String(&'s [u8]),
    /// Bytes, or records.
    Bytes(&'s [u8]),
    /// An array.
    List(&'s dyn List),
    /// A struct.
    Struct(&'s dyn Struct),
}

/// Whether all inside is the same.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left == right,
            (Self::Uuid(left), Self::Uuid(right)) => left == right,
            (Self::String(left), Self::String(right)) | (Self::Bytes(left), Self::Bytes(right)) => left == right,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len() && (0..left.len()).all(|i| left.item(i).get() == right.item(i).get())
            }
            (Self::Struct(left), Self::Struct(right)) => {
                let count = left.schema().fields.len();
                count == right.schema().fields.len() && (0..count).all(|i| left.field(i).get() == right.field(i).get())
            }
            _ => false,
        }
    }
}

/// A value to be set. Arrays and structs are reached into instead.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number of any width.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// An id.
    Uuid(Uuid),
    /// A string, bytes or records.
    Bytes(Vec<u8>),
}

/// A value of another type, or a number beyond the type's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not fit the type of the field")
    }
}

impl std::error::Error for Misfit {}

/// A field, or what is in one.
pub trait Reflect {
    /// What it holds.
    fn get(&self) -> Value<'_>;

    /// Sets it; one that could be null and was is so no longer, or the other way round.
    ///
    /// # Errors
    /// A value that the type cannot hold; arrays and structs take none but null where they may be null.
    fn set(&mut self, value: Scalar) -> Result<(), Misfit> {
        let _ = value;
        Err(Misfit)
    }

    /// The array that it is, empty if it was null.
    fn list_mut(&mut self) -> Option<&mut dyn List> {
        None
    }

    /// The struct that it is, with all fields at their defaults if it was null.
    fn struct_mut(&mut self) -> Option<&mut dyn Struct> {
        None
    }
}

/// An array.
pub trait List {
    /// How many elements it has.
    fn len(&self) -> usize;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element `index`, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    fn item(&self, index: usize) -> &dyn Reflect;

    /// Appends an element that has its default, to be set.
    fn push(&mut self) -> &mut dyn Reflect;

    /// Takes all elements away.
    fn clear(&mut self);
}

/// A struct whose fields are reached by their number in [`StructSchema::fields`].
pub trait Struct: Reflect {
    /// Its fields.
    fn schema(&self) -> &'static StructSchema;

    /// The field `index`, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    fn field(&self, index: usize) -> &dyn Reflect;

    /// The field `index`, counted from 0, to be changed.
    ///
    /// # Panics
    /// If there are not so many.
    fn field_mut(&mut self, index: usize) -> &mut dyn Reflect;

    /// Writes it, as `Encode` does.
    ///
    /// # Errors
    /// A value that the version cannot hold.
    fn write(&self, writer: &mut Writer, format: Format) -> Result<(), EncodeError>;
}

/// What the derive calls for a field that is not there.
#[doc(hidden)]
#[cold]
pub fn no_field(index: usize) -> ! {
    panic!("the struct has no field {index}")
}

/// Implements both for a type that is one value, read as `$get` and made from `$set`.
macro_rules! scalar {
    ($($type:ty: $kind:ident, $self:ident => $get:expr, $pattern:pat => $set:expr;)*) => {$(
        impl Described for $type {
            const KIND: Kind = Kind::$kind;
        }

        impl Reflect for $type {
            fn get(&self) -> Value<'_> {
                let $self = self;
                $get
            }

            fn set(&mut self, value: Scalar) -> Result<(), Misfit> {
                *self = match value {
                    $pattern => $set,
                    _ => return Err(Misfit),
                };
                Ok(())
            }
        }
    )*};
}

/// The same for whole numbers, and for the words of the house that are numbers inside.
macro_rules! number {
    ($($type:ty: $inner:ty, $kind:ident, $self:ident => $get:expr, $make:expr;)*) => {
        scalar!($($type: $kind, $self => Value::Int(i64::from($get)),
            Scalar::Int(n) => $make(<$inner>::try_from(n).map_err(|_| Misfit)?);)*);
    };
}

number! {
    i8: i8, Int8, v => *v, std::convert::identity;
    i16: i16, Int16, v => *v, std::convert::identity;
    u16: u16, Uint16, v => *v, std::convert::identity;
    i32: i32, Int32, v => *v, std::convert::identity;
    u32: u32, Uint32, v => *v, std::convert::identity;
    i64: i64, Int64, v => *v, std::convert::identity;
    Offset: i64, Int64, v => v.0, Offset;
    ProducerId: i64, Int64, v => v.0, ProducerId;
    Timestamp: i64, Int64, v => v.0, Timestamp;
    LeaderEpoch: i32, Int32, v => v.0, LeaderEpoch;
    BrokerId: i32, Int32, v => v.0, BrokerId;
    ProducerEpoch: i16, Int16, v => v.0, ProducerEpoch;
    ErrorCode: i16, Int16, v => v.0, ErrorCode;
    ApiKey: i16, Int16, v => v.0, ApiKey;
}

scalar! {
    bool: Bool, v => Value::Bool(*v), Scalar::Bool(v) => v;
    f64: Float64, v => Value::Float(*v), Scalar::Float(v) => v;
    Uuid: Uuid, v => Value::Uuid(*v), Scalar::Uuid(v) => v;
    Str<'_>: String, v => Value::String(v.as_bytes()), Scalar::Bytes(v) => Str::from_vec(v);
    Bytes<'_>: Bytes, v => Value::Bytes(v), Scalar::Bytes(v) => Cow::Owned(v);
    Records<'_>: Records, v => Value::Bytes(v.as_bytes()), Scalar::Bytes(v) => Records::Bytes(Cow::Owned(v));
}

impl<T: Described> Described for Vec<T> {
    const KIND: Kind = Kind::Array(&T::KIND);
}

impl<T: Described> Described for Option<T> {
    const KIND: Kind = T::KIND;
}

impl<T: Reflect + Default> Reflect for Option<T> {
    fn get(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::get)
    }

    fn set(&mut self, value: Scalar) -> Result<(), Misfit> {
        if value == Scalar::Null {
            *self = None;
            return Ok(());
        }
        self.get_or_insert_default().set(value)
    }

    fn list_mut(&mut self) -> Option<&mut dyn List> {
        self.get_or_insert_default().list_mut()
    }

    fn struct_mut(&mut self) -> Option<&mut dyn Struct> {
        self.get_or_insert_default().struct_mut()
    }
}

impl<T: Reflect + Default> Reflect for Vec<T> {
    fn get(&self) -> Value<'_> {
        Value::List(self)
    }

    fn list_mut(&mut self) -> Option<&mut dyn List> {
        Some(self)
    }
}

impl<T: Reflect + Default> List for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }

    fn item(&self, index: usize) -> &dyn Reflect {
        &self[index]
    }

    fn push(&mut self) -> &mut dyn Reflect {
        self.push(T::default());
        self.last_mut().expect("it was just pushed")
    }

    fn clear(&mut self) {
        self.clear();
    }
}
