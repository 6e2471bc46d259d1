//! Writing: a thread per connection, each with several requests under way, round-robin over the partitions.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use anyhow::{Context, Result, ensure};
use protocol::{api::decode_response, messages::produce::ProduceRequest};

use crate::{
    payload::{Frame, Payload},
    wire::{Connection, Target, Topic},
};

/// Takes one request from the budget that all connections share.
fn take(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// Writes `payload` so many times to the partitions of `topic`; gives the number of acknowledged batches by partition.
pub(crate) fn run(
    target: &Target,
    topic: &Topic,
    payload: &Payload,
    connections: usize,
    in_flight: usize,
    requests: u64,
) -> Result<Vec<u64>> {
    let budget = &AtomicU64::new(requests);
    let frames = payload.frames(target, topic)?;
    let acknowledged = thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|first| {
                let frames = frames.clone();
                scope.spawn(move || connection(target, frames, payload, first, in_flight, budget))
            })
            .collect();
        threads.into_iter().map(|t| t.join().expect("no panic")).collect::<Result<Vec<_>>>()
    })?;
    let partitions = 0..topic.partitions as usize;
    Ok(partitions.map(|partition| acknowledged.iter().map(|by| by[partition]).sum()).collect())
}

fn connection(
    target: &Target,
    mut frames: Vec<Frame>,
    payload: &Payload,
    first: usize,
    in_flight: usize,
    budget: &AtomicU64,
) -> Result<Vec<u64>> {
    let mut connection = Connection::open(target)?;
    let mut waiting: VecDeque<(i32, usize)> = VecDeque::new();
    let mut acknowledged = vec![0; frames.len()];
    let mut next = first % frames.len();
    loop {
        while waiting.len() < in_flight && take(budget) {
            let frame = &mut frames[next];
            let correlation = connection.send_frame(&mut frame.head, &payload.bytes, &frame.tail)?;
            waiting.push_back((correlation, next));
            next = (next + 1) % frames.len();
        }
        let Some((correlation, partition)) = waiting.pop_front() else { return Ok(acknowledged) };
        let (answered, response) =
            decode_response::<ProduceRequest<'_>>(connection.receive()?, frames[partition].version)?;
        ensure!(answered == correlation, "Produce: an answer out of order");
        let answer = response.responses.first().and_then(|topic| topic.partition_responses.first());
        let answer = answer.context("Produce: an answer without the partition")?;
        ensure!(answer.error_code.is_none(), "Produce: {}", answer.error_code);
        acknowledged[partition] += 1;
    }
}
