//! How `consume` prints a record: a format string in the way of kcat's, or a line of JSON.

use client::consumer::ConsumedRecord;
use protocol::records::TimestampType;
use serde_json::{Map, Value, json};

use crate::instant;

/// A format string, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Topic,
    Partition,
    Offset,
    Key,
    KeyLength,
    Value,
    ValueLength,
    Timestamp,
    Date,
    Headers,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '%' => match chars.next() {
                    Some('t') => Piece::Topic,
                    Some('p') => Piece::Partition,
                    Some('o') => Piece::Offset,
                    Some('k') => Piece::Key,
                    Some('K') => Piece::KeyLength,
                    Some('v' | 's') => Piece::Value,
                    Some('V' | 'S') => Piece::ValueLength,
                    Some('T') => Piece::Timestamp,
                    Some('D') => Piece::Date,
                    Some('h') => Piece::Headers,
                    Some('%') => {
                        literal.push(b'%');
                        continue;
                    }
                    other => return Err(format!("'%{}' means nothing; see --help", other.unwrap_or_default())),
                },
                '\\' => {
                    literal.push(match chars.next() {
                        Some('n') => b'\n',
                        Some('t') => b'\t',
                        Some('r') => b'\r',
                        Some('0') => 0,
                        Some('\\') => b'\\',
                        other => return Err(format!("'\\{}' means nothing; see --help", other.unwrap_or_default())),
                    });
                    continue;
                }
                c => {
                    literal.extend(c.to_string().into_bytes());
                    continue;
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(piece);
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Ok(Self(pieces))
    }
}

impl Format {
    /// The bytes of a record; keys and values as they are.
    pub(crate) fn record(&self, record: &ConsumedRecord) -> Vec<u8> {
        let mut out = Vec::new();
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(-1, |b| b.len() as i64).to_string();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Topic => out.extend_from_slice(record.topic.as_bytes()),
                Piece::Partition => out.extend(record.partition.to_string().into_bytes()),
                Piece::Offset => out.extend(record.offset.to_string().into_bytes()),
                Piece::Key => out.extend_from_slice(record.key.as_deref().unwrap_or_default()),
                Piece::KeyLength => out.extend(length(&record.key).into_bytes()),
                Piece::Value => out.extend_from_slice(record.value.as_deref().unwrap_or_default()),
                Piece::ValueLength => out.extend(length(&record.value).into_bytes()),
                Piece::Timestamp => out.extend(record.timestamp.to_string().into_bytes()),
                Piece::Date => out.extend(instant::show(record.timestamp).into_bytes()),
                Piece::Headers => {
                    for (i, (key, value)) in record.headers.iter().enumerate() {
                        if i > 0 {
                            out.push(b',');
                        }
                        out.extend_from_slice(key);
                        out.push(b'=');
                        out.extend_from_slice(value.as_deref().unwrap_or(b"NULL"));
                    }
                }
            }
        }
        out
    }
}

/// A record as JSON. What is not UTF-8 is null and stands in base64 beside it.
pub(crate) fn json(record: &ConsumedRecord) -> Value {
    let mut object = Map::new();
    object.insert("topic".to_owned(), json!(&*record.topic));
    object.insert("partition".to_owned(), json!(record.partition));
    object.insert("offset".to_owned(), json!(record.offset.0));
    object.insert("timestamp".to_owned(), json!(record.timestamp.0));
    let timestamp_type = match record.timestamp_type {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    };
    object.insert("timestamp_type".to_owned(), json!(timestamp_type));
    insert_bytes(&mut object, "key", record.key.as_deref());
    insert_bytes(&mut object, "value", record.value.as_deref());
    let header = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| {
        let mut header = Map::new();
        header.insert("key".to_owned(), json!(String::from_utf8_lossy(key)));
        insert_bytes(&mut header, "value", value.as_deref());
        Value::Object(header)
    };
    object.insert("headers".to_owned(), record.headers.iter().map(header).collect());
    Value::Object(object)
}

fn insert_bytes(object: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    object.insert(name.to_owned(), json!(text));
    if let (Some(bytes), None) = (bytes, text) {
        object.insert(format!("{name}_base64"), json!(base64(bytes)));
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i) & 0x3f) as usize];
            text.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// What [`base64`] was made of; `None` if the text is no such thing.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for digit in digits.bytes() {
        bits = bits << 6 | DIGITS.iter().position(|d| *d == digit)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use protocol::types::{LeaderEpoch, Offset, Timestamp};

    use super::*;

    fn record() -> ConsumedRecord {
        ConsumedRecord {
            topic: "t".into(),
            partition: 2,
            offset: Offset(7),
            timestamp: Timestamp(1_700_000_000_000),
            timestamp_type: TimestampType::CreateTime,
            leader_epoch: LeaderEpoch(0),
            key: None,
            value: Some(b"\xff\x00v".to_vec()),
            headers: vec![(b"a".to_vec(), Some(b"1".to_vec())), (b"b".to_vec(), None)],
        }
    }

    #[test]
    fn a_format_string_prints_each_part_of_a_record() {
        let format: Format = r"%t-%p@%o %k(%K) %v(%V) %T %D %h 100%%\n".parse().unwrap();
        let expected = b"t-2@7 (-1) \xff\x00v(3) 1700000000000 2023-11-14T22:13:20.000Z a=1,b=NULL 100%\n";
        assert_eq!(format.record(&record()), expected);
        assert_eq!("%s".parse::<Format>(), "%v".parse(), "kcat's word for the value");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in ["%x", "%", r"\x", r"\"] {
            assert!(text.parse::<Format>().is_err(), "{text}");
        }
    }

    #[test]
    fn json_keeps_bytes_that_are_no_text() {
        let json = json(&record());
        assert_eq!(json["value"], Value::Null);
        assert_eq!(json["value_base64"], "/wB2");
        assert_eq!(json["key"], Value::Null);
        assert!(json.get("key_base64").is_none());
        assert_eq!(json["headers"][1], json!({ "key": "b", "value": null }));
        assert_eq!(["", "f", "fo", "foo"].map(|t| base64(t.as_bytes())), ["", "Zg==", "Zm8=", "Zm9v"]);
        for bytes in [&b""[..], b"f", b"fo", b"foo", &[0xff, 0xfe, 0x3f, 0]] {
            assert_eq!(from_base64(&base64(bytes)).as_deref(), Some(bytes));
        }
        assert!(["Zg", "Zg=", "Z===", "Z g=", "====", "Zm9v\u{e9}=="].iter().all(|text| from_base64(text).is_none()));
    }
}
