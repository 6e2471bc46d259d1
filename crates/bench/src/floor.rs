//! The least a broker can do: what a GiB costs before anybody has added a feature.
//!
//! A server that knows just enough Kafka for the rows that move data. A thread per connection receives into one buffer,
//! checks each batch's CRC, gives it an offset, writes it to its partition's file and acknowledges; it answers a fetch
//! with header bytes and a range of the file. No producer state, no index, no high watermark, nothing that waits, one
//! batch per request. It runs as a process of its own, so that its CPU can be told from the generator's.
//!
//! What it needs depends on the machine and on the minute, so a broker's figure is compared with a floor of the same run.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{IoSlice, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use protocol::{
    Decode, Writer,
    api::{Api, ApiKey, NextFrame, Request, RequestHeader, next_frame, write_response},
    codec::{self, Reader, Records},
    messages::{
        api_versions::{ApiVersion, ApiVersionsResponse},
        create_topics::{CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse},
        delete_topics::{DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse},
        fetch::{FetchRequest, FetchResponse, FetchableTopicResponse, PartitionData},
        list_offsets::{
            ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopicResponse,
        },
        produce::{PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceResponse},
    },
    records::{
        RecordBatch,
        batch::{PLACEMENT_SIZE, placement},
    },
    types::{LeaderEpoch, Offset, Uuid},
};
use rustix::{fs::sendfile, io::pwritev};

/// What a connection's buffer has beyond the largest frame, so that it is seldom moved.
const BUFFER: usize = 4 << 20;
/// Ranges up to this are read into the answer: a call of their own would cost more than the copy.
const COPY_MAX: usize = 64 << 10;
const SERVED: [ApiKey; 6] = [
    ApiKey::PRODUCE,
    ApiKey::FETCH,
    ApiKey::LIST_OFFSETS,
    ApiKey::API_VERSIONS,
    ApiKey::CREATE_TOPICS,
    ApiKey::DELETE_TOPICS,
];

#[derive(Debug)]
struct Partition {
    path: PathBuf,
    file: File,
    next: i64,
    size: u64,
    /// Base offset and position of each batch.
    batches: Vec<(i64, u64)>,
}

impl Partition {
    fn append(&mut self, batch: &RecordBatch<'_>) -> Result<i64> {
        ensure!(batch.crc_is_valid(), "a batch came with another CRC than it has");
        let (base, bytes) = (self.next, batch.bytes());
        let placed = placement(Offset(base), LeaderEpoch(0), bytes);
        let slices = [IoSlice::new(&placed), IoSlice::new(&bytes[PLACEMENT_SIZE..])];
        ensure!(pwritev(&self.file, &slices, self.size)? == bytes.len(), "the disk is full");
        self.batches.push((base, self.size));
        self.size += bytes.len() as u64;
        self.next += i64::from(batch.last_offset_delta) + 1;
        Ok(base)
    }

    fn position(&self, offset: i64) -> u64 {
        self.batches.get(self.batches.partition_point(|(base, _)| *base < offset)).map_or(self.size, |(_, at)| *at)
    }
}

type Topics = BTreeMap<Uuid, (String, Vec<Arc<Mutex<Partition>>>)>;

#[derive(Debug)]
struct Server {
    home: PathBuf,
    topics: Mutex<Topics>,
}

/// Serves on a free port of the loopback device, which it prints, until it is killed.
pub(crate) fn serve(home: &Path) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let server = Arc::new(Server { home: home.to_owned(), topics: Mutex::default() });
    for stream in listener.incoming() {
        let (server, stream) = (Arc::clone(&server), stream?);
        thread::spawn(move || {
            if let Err(error) = connection(&server, stream) {
                eprintln!("floor: {error:#}");
            }
        });
    }
    Ok(())
}

fn connection(server: &Server, mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER];
    let (mut start, mut end) = (0, 0);
    let mut writer = Writer::new();
    loop {
        match next_frame(&buffer[start..end], BUFFER / 2) {
            NextFrame::Whole(frame) => {
                start += 4 + frame.len();
                writer = answer(server, &stream, writer, frame)?;
                continue;
            }
            NextFrame::Refused { size } => anyhow::bail!("a request of {size} bytes"),
            NextFrame::Incomplete { .. } => {}
        }
        if !writer.is_empty() {
            stream.write_all(&writer.into_bytes())?;
            writer = Writer::new();
        }
        if start == end {
            (start, end) = (0, 0);
        } else if BUFFER - start < BUFFER / 2 + 4 {
            buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
        }
        match stream.read(&mut buffer[end..])? {
            0 => return Ok(()),
            count => end += count,
        }
    }
}

/// Answers a frame into `writer`, which is sent before a range of a file is, and given back empty then.
fn answer(server: &Server, stream: &TcpStream, mut writer: Writer, frame: &[u8]) -> Result<Writer> {
    let mut reader = Reader::new(frame);
    let mut header = RequestHeader::decode_start(&mut reader)?;
    let api = Api::of(header.api_key).context("an unknown API")?;
    header.decode_rest(&mut reader, api.request_header_version(header.api_version))?;
    let (version, id) = (header.api_version, header.correlation_id);
    match header.api_key {
        ApiKey::PRODUCE => {
            let answer = server.produce(&request::<ProduceRequest<'_>>(&mut reader, version)?)?;
            write_response(&mut writer, api, version, id, &answer)?;
        }
        ApiKey::FETCH => {
            let fetch = request::<FetchRequest<'_>>(&mut reader, version)?;
            return server
                .fetch(&fetch, stream, writer, |writer, answer| Ok(write_response(writer, api, version, id, answer)?));
        }
        ApiKey::LIST_OFFSETS => {
            let answer = list_offsets(&request::<ListOffsetsRequest<'_>>(&mut reader, version)?);
            write_response(&mut writer, api, version, id, &answer)?;
        }
        ApiKey::CREATE_TOPICS => {
            let answer = server.create(&request::<CreateTopicsRequest<'_>>(&mut reader, version)?)?;
            write_response(&mut writer, api, version, id, &answer)?;
        }
        ApiKey::DELETE_TOPICS => {
            let answer = server.delete(&request::<DeleteTopicsRequest<'_>>(&mut reader, version)?)?;
            write_response(&mut writer, api, version, id, &answer)?;
        }
        ApiKey::API_VERSIONS => {
            let served = SERVED.iter().filter_map(|key| Api::of(*key));
            let served =
                served.map(|api| ApiVersion { api_key: api.key.0, min_version: api.max, max_version: api.max });
            let answer = ApiVersionsResponse { api_keys: served.collect(), ..ApiVersionsResponse::default() };
            write_response(&mut writer, api, version, id, &answer)?;
        }
        other => anyhow::bail!("{other} is not served"),
    }
    Ok(writer)
}

fn request<'f, R: Request<'f> + Decode<'f>>(reader: &mut Reader<'f>, version: i16) -> Result<R> {
    Ok(codec::decode_from(reader, version)?)
}

fn list_offsets(request: &ListOffsetsRequest<'_>) -> ListOffsetsResponse<'static> {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| ListOffsetsPartitionResponse {
            partition_index: partition.partition_index,
            ..ListOffsetsPartitionResponse::default()
        });
        ListOffsetsTopicResponse { name: topic.name.clone().into_owned(), partitions: partitions.collect() }
    });
    ListOffsetsResponse { topics: topics.collect(), ..ListOffsetsResponse::default() }
}

impl Server {
    fn partition(&self, topic: Uuid, index: i32) -> Result<Arc<Mutex<Partition>>> {
        let topics = self.topics.lock();
        let (_, partitions) = topics.get(&topic).context("an unknown topic")?;
        Ok(Arc::clone(partitions.get(index as usize).context("an unknown partition")?))
    }

    fn produce(&self, request: &ProduceRequest<'_>) -> Result<ProduceResponse<'static>> {
        let topic = request.topic_data.first().context("a produce without a topic")?;
        let data = topic.partition_data.first().context("a produce without a partition")?;
        let bytes = data.records.as_ref().map_or(&[][..], |records| records.as_bytes());
        let batch = RecordBatch::new(bytes).context("a produce without a batch")?;
        let base_offset = Offset(self.partition(topic.topic_id, data.index)?.lock().append(&batch)?);
        let partition =
            PartitionProduceResponse { index: data.index, base_offset, ..PartitionProduceResponse::default() };
        let topic = TopicProduceResponse {
            topic_id: topic.topic_id,
            partition_responses: vec![partition],
            ..TopicProduceResponse::default()
        };
        Ok(ProduceResponse { responses: vec![topic], ..ProduceResponse::default() })
    }

    fn fetch(
        &self,
        request: &FetchRequest<'_>,
        mut stream: &TcpStream,
        mut writer: Writer,
        write: impl FnOnce(&mut Writer, &FetchResponse<'_>) -> Result<()>,
    ) -> Result<Writer> {
        let topic = request.topics.first().context("a fetch without a topic")?;
        let asked = topic.partitions.first().context("a fetch without a partition")?;
        let partition = self.partition(topic.topic_id, asked.partition)?;
        let partition = partition.lock();
        let position = partition.position(asked.fetch_offset.0);
        let length = (partition.size - position).min(asked.partition_max_bytes as u64) as usize;
        let (file, end) = (partition.file.try_clone()?, Offset(partition.next));
        drop(partition);
        let copied = length <= COPY_MAX;
        let mut bytes = Vec::new();
        let records = if copied {
            bytes.resize(length, 0);
            rustix::io::pread(&file, &mut bytes[..], position)?;
            Records::Bytes((&bytes[..]).into())
        } else {
            Records::Elsewhere(length)
        };
        let answer = PartitionData {
            partition_index: asked.partition,
            high_watermark: end,
            last_stable_offset: end,
            records: Some(records),
            ..PartitionData::default()
        };
        let topic = FetchableTopicResponse {
            topic_id: topic.topic_id,
            partitions: vec![answer],
            ..FetchableTopicResponse::default()
        };
        write(&mut writer, &FetchResponse { responses: vec![topic], ..FetchResponse::default() })?;
        if copied {
            return Ok(writer);
        }
        let (bytes, splices) = writer.into_parts();
        let at = splices.first().context("no place for the range")?.position;
        stream.write_all(&bytes[..at])?;
        let (mut from, end) = (position, position + length as u64);
        while from < end {
            let left = (end - from) as usize;
            ensure!(sendfile(stream, &file, Some(&mut from), left)? > 0, "a file that is too short");
        }
        stream.write_all(&bytes[at..])?;
        Ok(Writer::new())
    }

    fn create(&self, request: &CreateTopicsRequest<'_>) -> Result<CreateTopicsResponse<'static>> {
        let mut answers = Vec::new();
        for topic in &request.topics {
            let mut topics = self.topics.lock();
            let number = topics.last_key_value().map_or(1, |(last, _)| u128::from_be_bytes(last.0) + 1);
            let partition = |index: i32| -> Result<_> {
                let path = self.home.join(format!("{number}-{index}.log"));
                let file = File::options().create_new(true).read(true).write(true).open(&path)?;
                Ok(Arc::new(Mutex::new(Partition { path, file, next: 0, size: 0, batches: Vec::new() })))
            };
            let partitions = (0..topic.num_partitions).map(partition).collect::<Result<_>>()?;
            let topic_id = Uuid(number.to_be_bytes());
            topics.insert(topic_id, (topic.name.to_string(), partitions));
            let name = topic.name.clone().into_owned();
            answers.push(CreatableTopicResult { name, topic_id, ..CreatableTopicResult::default() });
        }
        Ok(CreateTopicsResponse { topics: answers, ..CreateTopicsResponse::default() })
    }

    fn delete(&self, request: &DeleteTopicsRequest<'_>) -> Result<DeleteTopicsResponse<'static>> {
        let mut answers = Vec::new();
        for topic in &request.topics {
            let name = topic.name.as_ref().context("a topic to delete has no name")?.to_string();
            let mut topics = self.topics.lock();
            let id = topics.iter().find(|(_, (known, _))| *known == name).map(|(id, _)| *id);
            let (_, partitions) = id.and_then(|id| topics.remove(&id)).context("a topic that is not there")?;
            for partition in partitions {
                fs::remove_file(&partition.lock().path)?;
            }
            answers.push(DeletableTopicResult { name: Some(name.into()), ..DeletableTopicResult::default() });
        }
        Ok(DeleteTopicsResponse { responses: answers, ..DeleteTopicsResponse::default() })
    }
}
