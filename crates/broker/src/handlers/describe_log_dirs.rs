//! DescribeLogDirs (key 35), versions 1–5: the log directory, what is in it and how large (KIP-113).
//!
//! Null asks for every partition. Partitions that are not here are left out. v4: the size of the file system, and what is
//! left of it (KIP-827); v5: whether the directory takes new partitions (KIP-1066), which this one always does.

use std::collections::BTreeMap;

use protocol::{
    ErrorCode,
    messages::describe_log_dirs::{
        DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
        DescribeLogDirsTopic,
    },
    types::Now,
};

use crate::{answer::Reply, dispatch::Context, node::Node, partition::Partition};

/// Answers DescribeLogDirs.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: DescribeLogDirsRequest<'_>,
    _: Now,
) -> Reply<DescribeLogDirsResponse<'static>> {
    let mut sizes = BTreeMap::<String, Vec<DescribeLogDirsPartition>>::new();
    let mut add = |partition: &Partition| {
        sizes.entry(partition.topic().to_owned()).or_default().push(DescribeLogDirsPartition {
            partition_index: partition.index(),
            partition_size: i64::try_from(partition.size()).unwrap_or(i64::MAX),
            offset_lag: 0,
            is_future_key: false,
        });
    };
    match &request.topics {
        None => {
            let all = node.topics.all_partitions();
            all.iter().filter(|partition| partition.open()).for_each(|partition| add(partition));
        }
        Some(topics) => {
            for topic in topics {
                let Some(known) = node.topics.by_str(&topic.topic) else { continue };
                let wanted = known.partitions.iter().filter(|known| topic.partitions.contains(&known.index()));
                wanted.filter(|partition| partition.open()).for_each(|partition| add(partition));
            }
        }
    }
    let (usable_bytes, total_bytes) = node.disk_bytes();
    let result = DescribeLogDirsResult {
        error_code: if node.is_dir_offline() { ErrorCode::KAFKA_STORAGE_ERROR } else { ErrorCode::NONE },
        log_dir: node.log_dir_name().into(),
        topics: sizes
            .into_iter()
            .map(|(name, partitions)| DescribeLogDirsTopic { name: name.into(), partitions })
            .collect(),
        total_bytes,
        usable_bytes,
        is_cordoned: false,
    };
    DescribeLogDirsResponse { results: vec![result], ..DescribeLogDirsResponse::default() }.into()
}
