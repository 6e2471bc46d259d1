//! What the keys and values of records mean, as text.

use std::fmt::Debug;

use metadata::MetadataRecord;
use protocol::{
    Decode,
    codec::{self, Message},
    records::{ControlRecordType, Record},
    stored::{
        control::{
            EndTxnMarker, KRaftVersionRecord, LeaderChangeMessage, SnapshotFooterRecord, SnapshotHeaderRecord,
            VotersRecord,
        },
        groups::{GroupMetadataKey, GroupMetadataValue, OffsetCommitKey, OffsetCommitValue},
        split_prefix,
    },
};

use crate::text;

/// How keys and values are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoder {
    /// As bytes, shown as text.
    Bytes,
    /// As records of the metadata log.
    Metadata,
    /// As records of a group coordinator.
    Offsets,
    /// As records for brokers and quorums.
    Control,
}

/// The texts of a record's key and value; none where there is none. What cannot be decoded is shown as bytes.
pub(super) fn decode(decoder: Decoder, record: &Record<'_>) -> (Option<String>, Option<String>) {
    let bytes = || (record.key.map(show_bytes), record.value.map(show_bytes));
    match decoder {
        Decoder::Bytes => bytes(),
        Decoder::Metadata => match record.value.map(MetadataRecord::decode) {
            Some(Ok(value)) => (record.key.map(show_bytes), Some(inner(&value))),
            _ => bytes(),
        },
        Decoder::Control => match record.key.and_then(ControlRecordType::from_key) {
            Some(kind) => (None, Some(control(kind, record.value.unwrap_or_default()))),
            None => bytes(),
        },
        Decoder::Offsets => group_record(record).map_or_else(bytes, |(key, value)| (Some(key), Some(value))),
    }
}

/// Text as it is, anything else as the bytes of a string literal.
fn show_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && c != '\t') => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// The record without the name of its variant, which only repeats the record's.
fn inner(record: &MetadataRecord) -> String {
    let text = format!("{record:?}");
    let unwrapped = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    unwrapped.map_or_else(|| text.clone(), str::to_owned)
}

fn control(kind: ControlRecordType, value: &[u8]) -> String {
    match kind {
        ControlRecordType::Abort => format!("Abort {}", stored::<EndTxnMarker>(value)),
        ControlRecordType::Commit => format!("Commit {}", stored::<EndTxnMarker>(value)),
        ControlRecordType::LeaderChange => at_its_version::<LeaderChangeMessage>(value),
        ControlRecordType::SnapshotHeader => at_its_version::<SnapshotHeaderRecord>(value),
        ControlRecordType::SnapshotFooter => at_its_version::<SnapshotFooterRecord>(value),
        ControlRecordType::KRaftVersion => at_its_version::<KRaftVersionRecord>(value),
        ControlRecordType::KRaftVoters => at_its_version::<VotersRecord<'_>>(value),
    }
}

/// A record behind its version.
fn stored<'a, M: Message + Decode<'a> + Debug>(value: &'a [u8]) -> String {
    let decoded = split_prefix(value).and_then(|(version, rest)| codec::decode::<M>(rest, version));
    decoded.map_or_else(|_| show_bytes(value), |message| format!("{message:?}"))
}

/// A record whose first field is its version.
fn at_its_version<'a, M: Message + Decode<'a> + Debug>(value: &'a [u8]) -> String {
    let decoded = split_prefix(value).and_then(|(version, _)| codec::decode::<M>(value, version));
    decoded.map_or_else(|_| show_bytes(value), |message| format!("{message:?}"))
}

/// A record of `__consumer_offsets`, if it is of a kind that is known.
fn group_record(record: &Record<'_>) -> Option<(String, String)> {
    const OFFSET: i16 = OffsetCommitKey::KEY;
    const GROUP: i16 = GroupMetadataKey::KEY;
    let (kind, key) = split_prefix(record.key?).ok()?;
    let value = match record.value {
        None => None,
        Some(value) => Some(split_prefix(value).ok()?),
    };
    let deleted = || "null (deleted)".to_owned();
    match kind {
        // Type 0 is the same in the way of before Kafka 0.9.
        0 | OFFSET => {
            let key: OffsetCommitKey<'_> = codec::decode(key, 0).ok()?;
            let value = match value {
                None => deleted(),
                Some((version, bytes)) => {
                    let value: OffsetCommitValue<'_> = codec::decode(bytes, version).ok()?;
                    let metadata =
                        if value.metadata.is_empty() { String::new() } else { format!(", {:?}", value.metadata) };
                    let epoch =
                        if value.leader_epoch < 0 { String::new() } else { format!(", epoch {}", value.leader_epoch) };
                    format!("offset {}{epoch}{metadata}, committed at {}", value.offset, value.commit_timestamp)
                }
            };
            Some((format!("offset of group '{}' in {}-{}", key.group, key.topic, key.partition), value))
        }
        GROUP => {
            let key: GroupMetadataKey<'_> = codec::decode(key, 0).ok()?;
            let value = match value {
                None => deleted(),
                Some((version, bytes)) => show_group(&codec::decode(bytes, version).ok()?),
            };
            Some((format!("group '{}'", key.group), value))
        }
        _ => None,
    }
}

fn show_group(group: &GroupMetadataValue<'_>) -> String {
    let mut parts = vec![format!("generation {}", group.generation)];
    parts.extend(group.protocol.as_ref().map(|protocol| format!("protocol {protocol}")));
    parts.extend(group.leader.as_ref().map(|leader| format!("leader {leader}")));
    if group.members.is_empty() {
        parts.push("no members".to_owned());
    }
    for member in &group.members {
        let assigned = text::list(client::admin::assigned(&member.assignment));
        parts.push(format!("member {} at {} reads {assigned}", member.member_id, member.client_host));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use protocol::{
        records::{BatchBuilder, Compression, RecordBatch},
        stored::{metadata::FeatureLevelRecord, metadata_value, prefixed},
        types::Timestamp,
    };

    use super::*;

    fn decoded(decoder: Decoder, key: Option<&[u8]>, value: Option<&[u8]>) -> (Option<String>, Option<String>) {
        let mut builder = BatchBuilder::new(Compression::NONE);
        builder.append(Timestamp(0), key, value, &[]);
        let bytes = builder.build();
        let batch = RecordBatch::new(&bytes).unwrap();
        decode(decoder, &batch.records(batch.body()).next().unwrap().unwrap())
    }

    #[test]
    fn metadata_records_are_shown_field_by_field() {
        let record = FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30 };
        let value = metadata_value(&record, 0).unwrap();
        let (key, value) = decoded(Decoder::Metadata, None, Some(&value));
        assert_eq!(key, None);
        assert_eq!(value.unwrap(), r#"FeatureLevelRecord { name: "metadata.version", feature_level: 30 }"#);
    }

    #[test]
    fn offsets_are_shown_with_their_group_and_partition() {
        let key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 2 };
        let key = prefixed(1, &key, 0).unwrap();
        let value = OffsetCommitValue { offset: 7, commit_timestamp: Timestamp(5), ..OffsetCommitValue::default() };
        let value = prefixed(3, &value, 3).unwrap();
        let shown = decoded(Decoder::Offsets, Some(&key), Some(&value));
        assert_eq!(shown.0.unwrap(), "offset of group 'g' in t-2");
        assert_eq!(shown.1.unwrap(), "offset 7, committed at 5");
        assert_eq!(decoded(Decoder::Offsets, Some(&key), None).1.unwrap(), "null (deleted)");
    }

    #[test]
    fn what_is_not_of_the_kind_is_shown_as_bytes() {
        for decoder in [Decoder::Bytes, Decoder::Metadata, Decoder::Offsets, Decoder::Control] {
            let (key, value) = decoded(decoder, Some(b"\x00k"), Some(b"v\n\xff"));
            assert_eq!((key.as_deref(), value.as_deref()), (Some(r"\x00k"), Some(r"v\n\xff")), "{decoder:?}");
        }
    }
}
