//! The batches of the metadata log and its snapshots, and the control records in them.
//!
//! All of them are uncompressed, of no producer, with the time of their making in every record.

use std::fmt;

use protocol::{
    DecodeError, Encode,
    codec::{self, Message},
    records::{BatchBuilder, Compression, CompressionType, ControlRecordType, RecordBatch, RecordError},
    stored::control::{
        KRaftVersionRecord, LeaderChangeMessage, LeaderChangeVoter, SnapshotFooterRecord, SnapshotHeaderRecord,
        VotersRecord,
    },
    types::{BrokerId, LeaderEpoch, Offset, Timestamp, Uuid},
};

use crate::voters::VoterSet;

/// Where and when a batch is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) base_offset: Offset,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) timestamp: Timestamp,
}

impl Place {
    fn builder(self) -> BatchBuilder {
        BatchBuilder::new(Compression::NONE).base_offset(self.base_offset).leader_epoch(self.epoch)
    }
}

/// What a quorum writes about itself. All in version 0, as Kafka 4.3 does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControlRecord {
    LeaderChange { leader: BrokerId, voters: Vec<BrokerId>, granting: Vec<BrokerId> },
    SnapshotHeader { last_contained_log_timestamp: Timestamp },
    SnapshotFooter,
    KRaftVersion(i16),
    KRaftVoters(VoterSet),
}

impl ControlRecord {
    fn kind(&self) -> ControlRecordType {
        match self {
            Self::LeaderChange { .. } => ControlRecordType::LeaderChange,
            Self::SnapshotHeader { .. } => ControlRecordType::SnapshotHeader,
            Self::SnapshotFooter => ControlRecordType::SnapshotFooter,
            Self::KRaftVersion(_) => ControlRecordType::KRaftVersion,
            Self::KRaftVoters(_) => ControlRecordType::KRaftVoters,
        }
    }

    fn value(&self) -> Vec<u8> {
        fn bytes<M: Message + Encode>(message: &M) -> Vec<u8> {
            codec::to_bytes(message, 0).expect("names of listeners and hosts were short when they were configured")
        }
        match self {
            Self::LeaderChange { leader, voters, granting } => bytes(&LeaderChangeMessage {
                version: 0,
                leader_id: *leader,
                voters: leader_change_voters(voters),
                granting_voters: leader_change_voters(granting),
            }),
            Self::SnapshotHeader { last_contained_log_timestamp } => {
                bytes(&SnapshotHeaderRecord { version: 0, last_contained_log_timestamp: *last_contained_log_timestamp })
            }
            Self::SnapshotFooter => bytes(&SnapshotFooterRecord { version: 0 }),
            Self::KRaftVersion(level) => bytes(&KRaftVersionRecord { version: 0, kraft_version: *level }),
            Self::KRaftVoters(voters) => bytes(&voters.to_record()),
        }
    }

    fn parse(kind: ControlRecordType, value: &[u8]) -> Result<Option<Self>, DecodeError> {
        Ok(Some(match kind {
            ControlRecordType::LeaderChange => {
                // The version is the first field; one that is not known yet only adds to the end.
                let version = value.first_chunk().map_or(0, |&bytes| i16::from_be_bytes(bytes)).clamp(0, 1);
                let message: LeaderChangeMessage = codec::decode(value, version)?;
                let ids = |voters: &[LeaderChangeVoter]| voters.iter().map(|v| BrokerId(v.voter_id)).collect();
                Self::LeaderChange {
                    leader: message.leader_id,
                    voters: ids(&message.voters),
                    granting: ids(&message.granting_voters),
                }
            }
            ControlRecordType::SnapshotHeader => {
                let record: SnapshotHeaderRecord = codec::decode(value, 0)?;
                Self::SnapshotHeader { last_contained_log_timestamp: record.last_contained_log_timestamp }
            }
            ControlRecordType::SnapshotFooter => {
                codec::decode::<SnapshotFooterRecord>(value, 0)?;
                Self::SnapshotFooter
            }
            ControlRecordType::KRaftVersion => {
                Self::KRaftVersion(codec::decode::<KRaftVersionRecord>(value, 0)?.kraft_version)
            }
            ControlRecordType::KRaftVoters => {
                Self::KRaftVoters(VoterSet::from_record(&codec::decode::<VotersRecord<'_>>(value, 0)?))
            }
            ControlRecordType::Abort | ControlRecordType::Commit => return Ok(None),
        }))
    }
}

fn leader_change_voters(ids: &[BrokerId]) -> Vec<LeaderChangeVoter> {
    ids.iter().map(|id| LeaderChangeVoter { voter_id: id.0, voter_directory_id: Uuid::ZERO }).collect()
}

/// A control batch with these records, of which there must be some.
pub(crate) fn control_batch(place: Place, records: &[ControlRecord]) -> Vec<u8> {
    let mut builder = place.builder().control();
    for record in records {
        builder.append_control(place.timestamp, record.kind(), &record.value());
    }
    builder.build()
}

/// A batch of metadata records, of which there must be some: values without keys.
pub(crate) fn data_batch<V: AsRef<[u8]>>(place: Place, values: &[V]) -> Vec<u8> {
    let mut builder = place.builder();
    for value in values {
        builder.append(place.timestamp, None, Some(value.as_ref()), &[]);
    }
    builder.build()
}

/// The quorum's records of a batch with their offsets, none if it holds metadata. Kinds that Kafka 4.3 does not have are
/// passed over.
pub(crate) fn control_records(batch: &RecordBatch<'_>) -> Result<Vec<(Offset, ControlRecord)>, ControlError> {
    if !batch.attributes.is_control() {
        return Ok(Vec::new());
    }
    if batch.attributes.compression() != Some(CompressionType::None) {
        return Err(ControlError::Compressed);
    }
    let mut records = Vec::new();
    for record in batch.records(batch.body()) {
        let record = record.map_err(ControlError::Record)?;
        let (Some(key), Some(value)) = (record.key, record.value) else { return Err(ControlError::Null) };
        let Some(kind) = ControlRecordType::from_key(key) else { continue };
        if let Some(parsed) = ControlRecord::parse(kind, value).map_err(ControlError::Decode)? {
            records.push((record.offset, parsed));
        }
    }
    Ok(records)
}

/// Why the records of a control batch cannot be read.
#[derive(Debug)]
pub(crate) enum ControlError {
    /// A quorum never compresses them.
    Compressed,
    Null,
    Record(RecordError),
    Decode(DecodeError),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed => f.write_str("a control batch is compressed"),
            Self::Null => f.write_str("a control record without key or value"),
            Self::Record(error) => error.fmt(f),
            Self::Decode(error) => error.fmt(f),
        }
    }
}
