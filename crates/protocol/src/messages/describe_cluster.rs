//! DescribeCluster: the brokers or controllers of a cluster.
//!
//! Source: KIP-700, KIP-919, KIP-1073.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// DescribeCluster (key 60): the brokers or controllers of a cluster.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 60, versions = "0..=2", flexible = "0+")]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
}

/// The answer to [`DescribeClusterRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 60, versions = "0..=2", flexible = "0+")]
pub struct DescribeClusterResponse<'a> {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    pub cluster_id: Str<'a>,
    #[field(default = BrokerId(-1))]
    pub controller_id: BrokerId,
    pub brokers: Vec<DescribeClusterBroker<'a>>,
    #[field(default = -2147483648)]
    pub cluster_authorized_operations: i32,
}

/// Part of [`DescribeClusterResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeClusterBroker<'a> {
    pub broker_id: BrokerId,
    pub host: Str<'a>,
    pub port: i32,
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
    #[field(versions = "2+")]
    pub is_fenced: bool,
}
