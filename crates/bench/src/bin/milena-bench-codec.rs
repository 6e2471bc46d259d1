//! How many instructions it takes to read and to write Produce and Fetch, counted by callgrind.
//!
//! Instructions do not depend on what else the machine does, so two numbers of two days can be compared: a change of a
//! percent is a change of the code. The program runs itself under valgrind, each case at two numbers of rounds; what
//! they differ by is the rounds alone, without the start of the process.
//!
//! `cargo run --release -p milena-bench --bin milena-bench-codec` prints the table; valgrind must be installed.

use std::{hint::black_box, process::Command};

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use protocol::{
    Decode, Encode, Writer,
    codec::{self, Message, Records},
    messages::{
        fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse, PartitionData},
        produce::{
            PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
            TopicProduceResponse,
        },
    },
    types::{Offset, Uuid},
};

/// How many partitions of one topic the messages have.
const PARTITIONS: [i32; 3] = [1, 100, 10_000];
/// Rounds are chosen so that each case handles about as many partitions.
const PARTITIONS_IN_ALL: i32 = 20_000;

/// Count the instructions that reading and writing Produce and Fetch take.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Run one case, as the program calls itself under callgrind.
    #[arg(long, hide = true, requires_all = ["partitions", "rounds"])]
    case: Option<Case>,
    #[arg(long, hide = true)]
    partitions: Option<i32>,
    #[arg(long, hide = true)]
    rounds: Option<i32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Case {
    ProduceRequestDecode,
    ProduceRequestEncode,
    ProduceResponseDecode,
    ProduceResponseEncode,
    FetchRequestDecode,
    FetchRequestEncode,
    FetchResponseDecode,
    FetchResponseEncode,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    if let (Some(case), Some(partitions), Some(rounds)) = (cli.case, cli.partitions, cli.rounds) {
        return run(case, partitions, rounds);
    }
    println!("| instructions | partitions | a message | a partition |");
    println!("|---|---:|---:|---:|");
    for case in Case::value_variants() {
        for partitions in PARTITIONS {
            let rounds = PARTITIONS_IN_ALL / partitions;
            let (once, twice) = (counted(*case, partitions, rounds)?, counted(*case, partitions, 2 * rounds)?);
            let message = (twice - once) / u64::try_from(rounds)?;
            let name = name(*case);
            println!("| {name} | {partitions} | {message} | {} |", message / u64::try_from(partitions)?);
        }
    }
    Ok(())
}

fn name(case: Case) -> String {
    case.to_possible_value().expect("no case is skipped").get_name().to_owned()
}

/// The instructions of a process that runs the case.
fn counted(case: Case, partitions: i32, rounds: i32) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--case", &name(case), "--partitions", &partitions.to_string(), "--rounds", &rounds.to_string()])
        .output()
        .context("valgrind could not be started; is it installed?")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let Some((_, rest)) = said.split_once("Collected : ") else { bail!("callgrind did not count: {said}") };
    let count = rest.split_whitespace().next().context("callgrind said no number")?;
    count.parse().with_context(|| format!("callgrind counted {count:?}"))
}

fn run(case: Case, partitions: i32, rounds: i32) -> Result<()> {
    match case {
        Case::ProduceRequestDecode => decode(&produce_request(partitions), rounds),
        Case::ProduceRequestEncode => encode(&produce_request(partitions), rounds),
        Case::ProduceResponseDecode => decode(&produce_response(partitions), rounds),
        Case::ProduceResponseEncode => encode(&produce_response(partitions), rounds),
        Case::FetchRequestDecode => decode(&fetch_request(partitions), rounds),
        Case::FetchRequestEncode => encode(&fetch_request(partitions), rounds),
        Case::FetchResponseDecode => decode(&fetch_response(partitions), rounds),
        Case::FetchResponseEncode => encode(&fetch_response(partitions), rounds),
    }
}

/// Reads what `message` is written as, over and over.
fn decode<'a, M: Message + Encode + Decode<'a>>(message: &M, rounds: i32) -> Result<()> {
    let version = M::SCHEMA.stable_max;
    // The process ends when this does: the bytes may stay for as long as any message could borrow from them.
    let bytes: &'static [u8] = codec::to_bytes(message, version)?.leak();
    for _ in 0..rounds {
        black_box(codec::decode_exact::<M>(black_box(bytes), version)?);
    }
    Ok(())
}

/// Writes `message` over and over, into a buffer that has room already.
fn encode<M: Message + Encode>(message: &M, rounds: i32) -> Result<()> {
    let version = M::SCHEMA.stable_max;
    let mut buffer = codec::to_bytes(message, version)?;
    for _ in 0..rounds {
        buffer.clear();
        let mut writer = Writer::over(buffer);
        codec::encode(black_box(message), &mut writer, version)?;
        buffer = black_box(writer.into_bytes());
    }
    Ok(())
}

fn records() -> Option<Records<'static>> {
    Some(Records::Bytes(b"what stands here is not looked at"[..].into()))
}

fn produce_request(partitions: i32) -> ProduceRequest<'static> {
    let partition = |index| PartitionProduceData { index, records: records() };
    let topic = TopicProduceData {
        topic_id: Uuid::ONE,
        partition_data: (0..partitions).map(partition).collect(),
        ..TopicProduceData::default()
    };
    ProduceRequest { transactional_id: None, topic_data: vec![topic], ..ProduceRequest::default() }
}

fn produce_response(partitions: i32) -> ProduceResponse<'static> {
    let partition = |index| PartitionProduceResponse {
        index,
        base_offset: Offset(1_000_000),
        ..PartitionProduceResponse::default()
    };
    let topic = TopicProduceResponse {
        topic_id: Uuid::ONE,
        partition_responses: (0..partitions).map(partition).collect(),
        ..TopicProduceResponse::default()
    };
    ProduceResponse { responses: vec![topic], ..ProduceResponse::default() }
}

fn fetch_request(partitions: i32) -> FetchRequest<'static> {
    let partition = |partition| FetchPartition {
        partition,
        fetch_offset: Offset(1_000_000),
        partition_max_bytes: 1 << 20,
        ..FetchPartition::default()
    };
    let topic = FetchTopic {
        topic_id: Uuid::ONE,
        partitions: (0..partitions).map(partition).collect(),
        ..FetchTopic::default()
    };
    FetchRequest { topics: vec![topic], ..FetchRequest::default() }
}

fn fetch_response(partitions: i32) -> FetchResponse<'static> {
    let partition = |partition_index| PartitionData {
        partition_index,
        high_watermark: Offset(1_000_000),
        aborted_transactions: None,
        records: records(),
        ..PartitionData::default()
    };
    let topic = FetchableTopicResponse {
        topic_id: Uuid::ONE,
        partitions: (0..partitions).map(partition).collect(),
        ..FetchableTopicResponse::default()
    };
    FetchResponse { responses: vec![topic], ..FetchResponse::default() }
}
