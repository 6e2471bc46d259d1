//! OffsetFetch (key 9), versions 1–10: reads committed offsets.
//!
//! Before v8 a request is about one group, from v8 on about several; v10 names topics by id. The coordinator knows the
//! later form only, so an earlier request is brought into it and its answer back. No topics are all topics, from v2 on;
//! v1 has no null and cannot ask for it. A group's error stands beside it from v8 on, beside the whole in v2–v7, and in v1
//! beside every partition.

use coordinator::group::{Body, Response};
use protocol::{
    ErrorCode,
    messages::offset_fetch::{
        OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
    },
    types::{LeaderEpoch, Now, Offset, Str},
};

use crate::{answer::Reply, dispatch::Context, groups::Gather, node::Node};

/// Answers OffsetFetch.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: OffsetFetchRequest<'_>,
    now: Now,
) -> Reply<OffsetFetchResponse<'static>> {
    let version = cx.version();
    let require_stable = request.require_stable;
    let asked = if version >= 8 { request.groups } else { vec![in_later_form(&request)] };
    let names = if version == 1 { named_partitions(&asked[0]) } else { Vec::new() };
    let tickets = asked.into_iter().map(|group| {
        let id = group.group_id.clone();
        node.groups.ticket(node, cx, &id, Body::OffsetFetch { group, require_stable }, now)
    });
    Gather::reply(tickets.collect(), move |responses| {
        let mut groups = responses.into_iter().map(|response| match response {
            Response::OffsetFetch(group) => group,
            other => unreachable!("an OffsetFetch was answered with {other:?}"),
        });
        if version >= 8 {
            return OffsetFetchResponse { groups: groups.collect(), ..OffsetFetchResponse::default() };
        }
        let group = groups.next().expect("one group was asked about");
        if version == 1 && group.error_code != ErrorCode::NONE {
            return failed_partitions(names, group.error_code);
        }
        in_earlier_form(group)
    })
}

fn in_later_form<'a>(request: &OffsetFetchRequest<'a>) -> OffsetFetchRequestGroup<'a> {
    let topics = request.topics.as_ref().map(|topics| {
        let topic = topics.iter().map(|topic| OffsetFetchRequestTopics {
            name: topic.name.clone(),
            partition_indexes: topic.partition_indexes.clone(),
            ..OffsetFetchRequestTopics::default()
        });
        topic.collect()
    });
    OffsetFetchRequestGroup { group_id: request.group_id.clone(), topics, ..OffsetFetchRequestGroup::default() }
}

fn in_earlier_form(group: OffsetFetchResponseGroup<'static>) -> OffsetFetchResponse<'static> {
    let topics = group.topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|partition| OffsetFetchResponsePartition {
                partition_index: partition.partition_index,
                committed_offset: partition.committed_offset,
                committed_leader_epoch: partition.committed_leader_epoch,
                metadata: partition.metadata,
                error_code: partition.error_code,
            })
            .collect(),
    });
    OffsetFetchResponse { topics: topics.collect(), error_code: group.error_code, ..OffsetFetchResponse::default() }
}

fn named_partitions(group: &OffsetFetchRequestGroup<'_>) -> Vec<(Str<'static>, Vec<i32>)> {
    let topics = group.topics.iter().flatten();
    topics.map(|topic| (topic.name.clone().into_owned(), topic.partition_indexes.clone())).collect()
}

fn failed_partitions(names: Vec<(Str<'static>, Vec<i32>)>, error_code: ErrorCode) -> OffsetFetchResponse<'static> {
    let topics = names.into_iter().map(|(name, partitions)| OffsetFetchResponseTopic {
        name,
        partitions: partitions
            .into_iter()
            .map(|partition_index| OffsetFetchResponsePartition {
                partition_index,
                committed_offset: Offset::NONE,
                committed_leader_epoch: LeaderEpoch::NONE,
                metadata: Some(Str::EMPTY),
                error_code,
            })
            .collect(),
    });
    OffsetFetchResponse { topics: topics.collect(), ..OffsetFetchResponse::default() }
}
