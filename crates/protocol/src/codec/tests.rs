//! What the codec promises, on a message that has one field of every kind.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::{
    Message,
    types::{Str, Uuid},
};

#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 7, versions = "0..=4", flexible = "2+")]
struct Sample<'a> {
    always: i32,
    #[field(versions = "1+", default = -1, ignorable)]
    later: i64,
    #[field(versions = "0..=1")]
    gone: i8,
    #[field(nullable = "1+")]
    name: Option<Str<'a>>,
    #[field(versions = "3+", nullable)]
    inner: Option<Inner<'a>>,
    list: Vec<Inner<'a>>,
    #[field(versions = "4+", tag = 1, default = 5)]
    second: i16,
    #[field(versions = "2+", tag = 0, nullable)]
    first: Option<Str<'a>>,
}

#[derive(Clone, Debug, PartialEq, Message)]
struct Inner<'a> {
    id: Uuid,
    bytes: Bytes<'a>,
}

fn inner() -> impl Strategy<Value = Inner<'static>> {
    (any::<[u8; 16]>(), any::<Vec<u8>>()).prop_map(|(id, bytes)| Inner { id: Uuid(id), bytes: Cow::Owned(bytes) })
}

fn text() -> impl Strategy<Value = Str<'static>> {
    any::<String>().prop_map(Str::from)
}

prop_compose! {
    fn sample_at(version: i16)(
        always: i32, later: i64, gone: i8, name in text(), has_name: bool,
        inner in proptest::option::of(inner()), list in proptest::collection::vec(inner(), 0..4),
        second: i16, first in proptest::option::of(text()),
    ) -> Sample<'static> {
        Sample {
            always,
            later: if version >= 1 { later } else { -1 },
            gone: if version <= 1 { gone } else { 0 },
            name: (has_name || version == 0).then_some(name),
            inner: inner.filter(|_| version >= 3),
            list,
            second: if version >= 4 { second } else { 5 },
            first: first.filter(|_| version >= 2),
        }
    }
}

fn any_sample() -> impl Strategy<Value = (i16, Sample<'static>)> {
    (0i16..=4).prop_flat_map(|version| (Just(version), sample_at(version)))
}

proptest! {
    #[test]
    fn what_is_written_is_read_back((version, sample) in any_sample()) {
        let bytes = to_bytes(&sample, version).unwrap();
        prop_assert_eq!(decode_exact::<Sample<'_>>(&bytes, version).unwrap(), sample);
    }

    #[test]
    fn cut_bytes_are_an_error_and_never_a_panic((version, sample) in any_sample(), cut: prop::sample::Index) {
        let bytes = to_bytes(&sample, version).unwrap();
        let short = &bytes[..cut.index(bytes.len())];
        prop_assert!(decode_exact::<Sample<'_>>(short, version).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, version in 0i16..=4) {
        let _ = decode::<Sample<'_>>(&bytes, version);
    }

    #[test]
    fn varints_survive(small: i32, large: i64, unsigned: u32) {
        let mut writer = Writer::new();
        writer.varint(small);
        writer.varlong(large);
        writer.unsigned_varint(unsigned);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.varint(), Ok(small));
        prop_assert_eq!(reader.varlong(), Ok(large));
        prop_assert_eq!(reader.unsigned_varint(), Ok(unsigned));
        prop_assert_eq!(reader.remaining(), 0);
    }
}

#[test]
fn a_value_that_the_version_lacks_is_refused_unless_it_may_be_ignored() {
    let sample = Sample { later: 9, name: Some("n".into()), ..Sample::default() };
    assert_eq!(to_bytes(&sample, 0).map(|b| decode::<Sample<'_>>(&b, 0).unwrap().later), Ok(-1));
    let sample = Sample { first: Some("f".into()), ..sample };
    let error = to_bytes(&sample, 1).unwrap_err();
    assert_eq!((error.field, error.problem), ("Sample.first", EncodeProblem::NotInVersion { version: 1 }));
}

#[test]
fn null_is_refused_where_the_version_has_none() {
    let error = to_bytes(&Sample::default(), 0).unwrap_err();
    assert_eq!((error.field, error.problem), ("Sample.name", EncodeProblem::Null));
}

#[test]
fn tags_are_written_in_order_and_only_when_they_say_something() {
    let mut sample = Sample::default();
    assert_eq!(to_bytes(&sample, 4).unwrap().last(), Some(&0), "no tag at its default");
    sample.second = 6;
    sample.first = Some("a".into());
    let bytes = to_bytes(&sample, 4).unwrap();
    assert!(bytes.ends_with(&[2, 0, 2, 2, b'a', 1, 2, 0, 6]), "{bytes:?}");
}

#[test]
fn unknown_tags_are_skipped_in_any_order() {
    let mut bytes = to_bytes(&Sample::default(), 4).unwrap();
    bytes.pop();
    bytes.extend([3, 9, 1, 0xff, 1, 2, 0, 6, 8, 0]);
    assert_eq!(decode_exact::<Sample<'_>>(&bytes, 4).unwrap().second, 6);
}

#[test]
fn a_count_beyond_the_bytes_is_refused_before_anything_is_allocated() {
    let error = decode::<Sample<'_>>(&[0, 0, 0, 1, 0, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff], 0).unwrap_err();
    assert_eq!(error.field, "Sample.name", "a v0 name may not be null");
    let error = decode::<Sample<'_>>(&[0, 0, 0, 1, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], 0).unwrap_err();
    assert_eq!((error.field, error.offset), ("Sample.list", 11));
    assert_eq!(error.problem, DecodeProblem::Length { length: i64::from(i32::MAX), remaining: 0 });
}

#[test]
fn a_varint_of_six_bytes_is_refused() {
    let mut reader = Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    assert_eq!(reader.unsigned_varint().unwrap_err().problem, DecodeProblem::Varint);
}

#[test]
fn records_from_elsewhere_are_counted_and_leave_a_place() {
    let mut writer = Writer::new();
    let format = Format { version: 12, flexible: true };
    Records::Elsewhere(300).encode(&mut writer, format).unwrap();
    writer.put(&[0]);
    let (bytes, splices) = writer.into_parts();
    assert_eq!(bytes, [0xad, 0x02, 0]);
    assert_eq!(splices, [Splice { position: 2, length: 300 }]);
}
