//! What the derive calls, once for each field. The work is here so that what it writes stays small.

use super::{Decode, DecodeError, Encode, EncodeError, EncodeProblem, Format, Reader, Writer};

/// The derive's one call per field that is read; the error gets the field's name.
#[doc(hidden)]
pub fn read_field<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    format: Format,
    field: &'static str,
) -> Result<T, DecodeError> {
    T::decode(reader, format).map_err(|e| named(e, field))
}

/// The same for a field that is an `Option`; `nullable` says whether this version allows null.
#[doc(hidden)]
pub fn read_optional_field<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<Option<T>, DecodeError> {
    if nullable { T::decode_nullable(reader, format) } else { T::decode(reader, format).map(Some) }
        .map_err(|e| named(e, field))
}

/// The same for a tagged field: whatever its type, null is a zero there, for a struct too.
#[doc(hidden)]
pub fn read_optional_tag<'a, T: Decode<'a>>(
    reader: &mut Reader<'a>,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<Option<T>, DecodeError> {
    if nullable && reader.clone().take(1) == Ok(&[0]) {
        reader.take(1).map(|_| None)
    } else {
        read_optional_field(reader, format, field, nullable)
    }
}

/// The derive's one call per field that the version lacks; `is_default` says that nothing is lost.
#[doc(hidden)]
pub fn absent_field(is_default: bool, format: Format, field: &'static str) -> Result<(), EncodeError> {
    if is_default {
        return Ok(());
    }
    Err(EncodeError { field, problem: EncodeProblem::NotInVersion { version: format.version } })
}

#[cold]
fn named(error: DecodeError, field: &'static str) -> DecodeError {
    if error.field.is_empty() { DecodeError { field, ..error } } else { error }
}

/// The derive's one call per field that is written.
#[doc(hidden)]
pub fn write_field<T: Encode>(
    value: &T,
    writer: &mut Writer,
    format: Format,
    field: &'static str,
) -> Result<(), EncodeError> {
    value.encode(writer, format).map_err(|e| if e.field.is_empty() { EncodeError { field, ..e } } else { e })
}

/// The same for a field that is an `Option`; `nullable` says whether this version allows null.
#[doc(hidden)]
pub fn write_optional_field<T: Encode>(
    value: &Option<T>,
    writer: &mut Writer,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<(), EncodeError> {
    let written = match value {
        None if nullable => {
            T::encode_null(writer, format);
            Ok(())
        }
        None => Err(EncodeError { field, problem: EncodeProblem::Null }),
        Some(value) if nullable => value.encode_some(writer, format),
        Some(value) => value.encode(writer, format),
    };
    written.map_err(|e| if e.field.is_empty() { EncodeError { field, ..e } } else { e })
}

/// The same for a tagged field; see [`read_optional_tag`].
#[doc(hidden)]
pub fn write_optional_tag<T: Encode>(
    value: &Option<T>,
    writer: &mut Writer,
    format: Format,
    field: &'static str,
    nullable: bool,
) -> Result<(), EncodeError> {
    if nullable && value.is_none() {
        writer.put(&[0]);
        return Ok(());
    }
    write_optional_field(value, writer, format, field, nullable)
}
