//! The records that Kafka's logs, snapshots and internal topics hold.
//!
//! - [`metadata`]: what the controller writes into `__cluster_metadata`.
//! - [`control`]: what a quorum or a transaction coordinator writes between the data.
//! - [`quorum`]: what a node of the quorum keeps in `quorum-state`.
//! - [`groups`], [`consumer_groups`], [`share_groups`], [`streams_groups`]: what the group coordinator writes into
//!   `__consumer_offsets`.
//! - [`transactions`]: what the transaction coordinator writes into `__transaction_state`.
//! - [`share_state`]: what the share coordinator writes into `__share_group_state`.
//! - [`remote_log`]: what brokers write into `__remote_log_metadata`.
//! - [`producers`]: what a partition keeps of its producers beside its log.
//! - [`consumer_protocol`]: what the members of a classic consumer group tell each other through the broker.
//! - [`principal`]: who a client is, as brokers tell each other.

use crate::{
    codec::{self, Decode, DecodeError, DecodeProblem, Encode, EncodeError, Message, Reader, Writer},
    types::Str,
};

pub mod consumer_groups;
pub mod consumer_protocol;
pub mod control;
pub mod groups;
pub mod metadata;
pub mod principal;
pub mod producers;
pub mod quorum;
pub mod remote_log;
pub mod share_groups;
pub mod share_state;
pub mod streams_groups;
pub mod transactions;

/// What precedes a metadata record: its type and version. The frame version in front of both is always 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataFrame {
    /// The type, as in [`Message::KEY`].
    pub key: i16,
    /// The version of the record.
    pub version: i16,
}

/// The only frame version that exists; 0 was a preview of Kafka 2.8 and is refused.
const FRAME_VERSION: u32 = 1;

/// Reads the frame of a metadata record and leaves the reader at the record.
///
/// # Errors
/// Cut bytes, a frame version other than 1, a type or version beyond `i16`.
pub fn read_metadata_frame(reader: &mut Reader<'_>) -> Result<MetadataFrame, DecodeError> {
    let frame = reader.unsigned_varint()?;
    if frame != FRAME_VERSION {
        return Err(reader.error(DecodeProblem::Version { version: i16::try_from(frame).unwrap_or(i16::MAX) }));
    }
    let mut number = || {
        let value = reader.unsigned_varint()?;
        i16::try_from(value).map_err(|_| reader.error(DecodeProblem::Varint))
    };
    Ok(MetadataFrame { key: number()?, version: number()? })
}

/// Writes the frame of a metadata record, which is to follow.
pub fn write_metadata_frame(writer: &mut Writer, frame: MetadataFrame) {
    writer.unsigned_varint(FRAME_VERSION);
    writer.unsigned_varint(frame.key as u32);
    writer.unsigned_varint(frame.version as u32);
}

/// A metadata record as the value that is stored: frame, type, version, record.
///
/// # Errors
/// What the version cannot hold.
pub fn metadata_value<M: Message + Encode>(record: &M, version: i16) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    write_metadata_frame(&mut writer, MetadataFrame { key: M::KEY, version });
    codec::encode(record, &mut writer, version)?;
    Ok(writer.into_bytes())
}

/// Writes what is stored behind a number of its own: a coordinator's key behind its type, a coordinator's value or a
/// consumer's subscription behind its version.
///
/// # Errors
/// What the version cannot hold.
pub fn prefixed<M: Message + Encode>(prefix: i16, message: &M, version: i16) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::new();
    writer.put(&prefix.to_be_bytes());
    codec::encode(message, &mut writer, version)?;
    Ok(writer.into_bytes())
}

/// Splits the `i16` in front from what follows it; the inverse of [`prefixed`].
///
/// # Errors
/// Fewer than two bytes.
pub fn split_prefix(bytes: &[u8]) -> Result<(i16, &[u8]), DecodeError> {
    let mut reader = Reader::new(bytes);
    let prefix = i16::decode(&mut reader, codec::Format { version: 0, flexible: false })?;
    Ok((prefix, &bytes[2..]))
}

/// The partition of an internal topic that a group or a transactional id belongs to: Java's `String.hashCode` over
/// UTF-16, without its sign, by the number of partitions.
///
/// # Panics
/// If `partitions` is not positive.
#[must_use]
pub fn coordinator_partition(id: &Str<'_>, partitions: i32) -> i32 {
    assert!(partitions > 0, "an internal topic has partitions");
    let hash = id.to_text().encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    // Kafka's `Utils.abs`: the smallest number has no positive counterpart and becomes 0.
    hash.checked_abs().unwrap_or(0) % partitions
}

#[cfg(test)]
mod tests {
    use super::{control::LeaderChangeMessage, metadata::FeatureLevelRecord, *};

    #[test]
    fn a_metadata_record_carries_its_type_and_version() {
        let record = FeatureLevelRecord { name: "metadata.version".into(), feature_level: 30 };
        let value = metadata_value(&record, 0).unwrap();
        assert_eq!(value[..4], [1, 12, 0, 17]);
        let mut reader = Reader::new(&value);
        assert_eq!(read_metadata_frame(&mut reader), Ok(MetadataFrame { key: 12, version: 0 }));
        assert_eq!(codec::decode_from::<FeatureLevelRecord<'_>>(&mut reader, 0).unwrap(), record);
    }

    #[test]
    fn the_preview_of_kafka_2_8_is_refused() {
        assert!(read_metadata_frame(&mut Reader::new(&[0, 12, 0])).is_err());
    }

    #[test]
    fn groups_go_where_java_hashes_them() {
        // The expected numbers are those of a Java program.
        for (group, partition) in [("", 0), ("g", 3), ("polygenelubricants", 0), ("group-1", 49), ("é", 33), ("😀", 49)]
        {
            assert_eq!(coordinator_partition(&group.into(), 50), partition, "{group:?}");
        }
    }

    #[test]
    fn a_leader_change_of_one_voter_has_the_19_bytes_that_kafka_writes() {
        let voter = control::LeaderChangeVoter { voter_id: 1, ..control::LeaderChangeVoter::default() };
        let message = LeaderChangeMessage {
            version: 0,
            leader_id: protocol::types::BrokerId(1),
            voters: vec![voter.clone()],
            granting_voters: vec![voter],
        };
        assert_eq!(codec::to_bytes(&message, 0).unwrap().len(), 19);
    }
}
