//! A reader of all partitions of some topics, alone, by fetch sessions where the version has them.
//!
//! It reads on from where it stands and so sees every record once; now and then it goes back to the beginning, and must
//! see the same again.

use fastrand::Rng;
use protocol::{
    ErrorCode, api,
    messages::{
        fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, PartitionData},
        list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic},
    },
    records::next_batch,
    types::{BrokerId, Offset, Str, Timestamp, Uuid},
};

use crate::{
    client::{Client, Cx, Input, Link},
    history::History,
    settings::pick,
};

/// Asks ListOffsets for the first offset.
const EARLIEST: Timestamp = Timestamp(-2);

/// More than any batch of the simulator has.
const DECOMPRESSED_MAX: usize = 1 << 20;

#[derive(Debug)]
struct Place {
    topic: usize,
    partition: usize,
    position: i64,
    /// The position that the session knows.
    told: Option<i64>,
    /// The high watermark that the node told last, and the partition's losses then.
    high_watermark: (i64, u32),
    wants_earliest: bool,
    /// When it was asked for, there may have been no such offset.
    may_be_out_of_range: bool,
}

#[derive(Debug)]
enum Kept {
    Fetch,
    Earliest { place: usize },
}

/// A reader.
#[derive(Debug)]
pub struct Reader {
    link: Link<Kept>,
    version: i16,
    places: Vec<Place>,
    /// The session and its next epoch; 0, 0 asks for a new one.
    session: (i32, i32),
    max_bytes: i32,
    max_wait_ms: i32,
}

impl Reader {
    /// A reader of `topics` from their beginning.
    #[must_use]
    pub fn new(name: String, topics: &[usize], history: &History, rng: &mut Rng) -> Self {
        let places = topics.iter().flat_map(|&topic| {
            (0..history.topics[topic].partitions.len()).map(move |partition| Place {
                topic,
                partition,
                position: 0,
                told: None,
                high_watermark: (0, 0),
                wants_earliest: false,
                may_be_out_of_range: false,
            })
        });
        Self {
            link: Link::new(name),
            version: pick(rng, &[4, 7, 11, 12, 13, 17]),
            places: places.collect(),
            session: (0, 0),
            max_bytes: pick(rng, &[1, 3_000, 1 << 20]),
            max_wait_ms: pick(rng, &[0, 20, 500]),
        }
    }

    fn go_on(&mut self, cx: &mut Cx<'_>) {
        if !self.link.is_up || self.link.under_way() > 0 {
            return;
        }
        if let Some(place) = self.places.iter().position(|place| place.wants_earliest) {
            let Place { topic, partition, .. } = self.places[place];
            let partitions = vec![ListOffsetsPartition {
                partition_index: partition as i32,
                timestamp: EARLIEST,
                ..Default::default()
            }];
            let name = Str::from(cx.history.topics[topic].name.clone());
            let topics = vec![ListOffsetsTopic { name, partitions }];
            let request = ListOffsetsRequest { replica_id: BrokerId(-1), topics, ..Default::default() };
            return self.link.send(cx, &request, 7, Kept::Earliest { place });
        }
        let is_full = self.session.1 <= 0;
        let mut topics = Vec::<FetchTopic<'static>>::new();
        for place in &mut self.places {
            let log = &cx.history.topics[place.topic].partitions[place.partition];
            place.may_be_out_of_range = log.may_be_out_of_range(place.position);
            if !is_full && place.told == Some(place.position) {
                continue;
            }
            place.told = Some(place.position);
            let asked = FetchPartition {
                partition: place.partition as i32,
                fetch_offset: Offset(place.position),
                partition_max_bytes: self.max_bytes,
                ..Default::default()
            };
            let topic = &cx.history.topics[place.topic];
            let (name, topic_id) =
                if self.version >= 13 { (Str::EMPTY, topic.id) } else { (Str::from(topic.name.clone()), Uuid::ZERO) };
            match topics.last_mut() {
                Some(last) if (&last.topic, last.topic_id) == (&name, topic_id) => last.partitions.push(asked),
                _ => topics.push(FetchTopic { topic: name, topic_id, partitions: vec![asked] }),
            }
        }
        let request = FetchRequest {
            max_wait_ms: self.max_wait_ms,
            min_bytes: 1,
            max_bytes: self.max_bytes,
            session_id: self.session.0,
            session_epoch: self.session.1,
            topics,
            ..Default::default()
        };
        self.link.send(cx, &request, self.version, Kept::Fetch);
    }

    fn fetched(&mut self, body: &[u8], cx: &mut Cx<'_>) {
        let response = match api::decode_response::<FetchRequest<'_>>(body, self.version) {
            Ok((_, response)) => response,
            Err(error) => return cx.history.violated(format!("{}: {error:?}", self.link.name())),
        };
        match response.error_code {
            ErrorCode::NONE if response.session_id != 0 => self.session = (response.session_id, self.session.1 + 1),
            // No session was given, or the one there was is gone: from the beginning.
            ErrorCode::NONE | ErrorCode::FETCH_SESSION_ID_NOT_FOUND => self.session = (0, 0),
            other => cx.history.violated(format!("{}: a fetch failed: {other:?}", self.link.name())),
        }
        self.take(&response, cx);
    }

    fn take(&mut self, response: &FetchResponse<'_>, cx: &mut Cx<'_>) {
        for topic in &response.responses {
            for data in &topic.partitions {
                let place = self.places.iter_mut().find(|place| {
                    let known = &cx.history.topics[place.topic];
                    (if self.version >= 13 { topic.topic_id == known.id } else { topic.topic == *known.name.as_str() })
                        && data.partition_index == place.partition as i32
                });
                match place {
                    Some(place) => place.take(data, cx, self.link.name()),
                    None => cx.history.violated(format!("{}: an answer nobody asked for", self.link.name())),
                }
            }
        }
    }
}

impl Place {
    fn take(&mut self, data: &PartitionData<'_>, cx: &mut Cx<'_>, reader: &str) {
        let (topic, partition) = (self.topic, self.partition);
        let name = cx.history.topics[topic].name.clone();
        let log = &cx.history.topics[topic].partitions[partition];
        match data.error_code {
            ErrorCode::NONE => {}
            ErrorCode::OFFSET_OUT_OF_RANGE if self.may_be_out_of_range || log.may_be_out_of_range(self.position) => {
                self.wants_earliest = true;
                return;
            }
            other => {
                let position = self.position;
                return cx.history.violated(format!("{reader}: {name}-{partition} at {position}: {other:?}"));
            }
        }
        let (told, losses) = (data.high_watermark.0, log.losses);
        if told < self.high_watermark.0 && losses == self.high_watermark.1 {
            let before = self.high_watermark.0;
            cx.history.violated(format!("{reader}: {name}-{partition}: high watermark {told} after {before}"));
        }
        self.high_watermark = (told, losses);
        cx.history.high_watermark(topic, partition, told);
        let mut rest = data.records.as_ref().map_or(&[][..], |records| records.as_bytes());
        // What follows the last whole batch was cut at the limit.
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            rest = behind;
            let body = match batch.decompress(DECOMPRESSED_MAX) {
                Ok(body) if batch.crc_is_valid() => body,
                other => {
                    return cx.history.violated(format!("{reader}: {name}-{partition}: a damaged batch: {other:?}"));
                }
            };
            for record in batch.records(&body) {
                let Ok(record) = record else {
                    return cx.history.violated(format!("{reader}: {name}-{partition}: a damaged record"));
                };
                let offset = record.offset.0;
                if offset < self.position {
                    continue;
                }
                if offset > self.position || offset >= told {
                    let position = self.position;
                    cx.history.violated(format!("{reader}: {name}-{partition}: {offset} at {position}, below {told}"));
                }
                cx.history.was_read(topic, partition, offset, record.value.unwrap_or_default());
                self.position = offset + 1;
            }
        }
    }
}

impl Client for Reader {
    fn name(&self) -> &str {
        self.link.name()
    }

    fn on(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Connected => self.link.is_up = true,
            Input::Lost => {
                self.link.lost();
                self.session = (0, 0);
                let after = cx.rng.u64(..20_000);
                cx.connect(after);
            }
            Input::Answer(frame) => {
                let Some((kept, body)) = self.link.answered(&frame, cx.history) else { return };
                match kept {
                    Kept::Fetch => self.fetched(body, cx),
                    Kept::Earliest { place } => match api::decode_response::<ListOffsetsRequest<'_>>(body, 7) {
                        Ok((_, answer)) if answer.topics[0].partitions[0].error_code == ErrorCode::NONE => {
                            self.places[place].position = answer.topics[0].partitions[0].offset.0;
                            self.places[place].wants_earliest = false;
                        }
                        other => cx.history.violated(format!("{}: no earliest offset: {other:?}", self.link.name())),
                    },
                }
                let after = cx.rng.u64(1..20_000);
                return cx.wake(after);
            }
            Input::Timer => {
                if !cx.is_ending && cx.rng.u8(..50) == 0 {
                    let place = cx.rng.usize(..self.places.len());
                    self.places[place].wants_earliest = true;
                }
            }
        }
        self.go_on(cx);
    }

    /// Once it has read everything that was acknowledged.
    fn is_done(&self, history: &History) -> bool {
        self.places.iter().all(|place| {
            let log = &history.topics[place.topic].partitions[place.partition];
            !place.wants_earliest && place.position >= log.high_watermark
        })
    }
}
