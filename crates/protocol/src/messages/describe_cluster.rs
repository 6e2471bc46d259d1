//! DescribeCluster: the brokers or controllers of a cluster.
//!
//! Source: KIP-700, KIP-919, KIP-1073.

use crate::{
    ErrorCode, Message,
    types::{BrokerId, Str},
};

/// DescribeCluster (key 60): the brokers or controllers of a cluster.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 60, versions = "0..=2", flexible = "0+", listeners = "broker, controller")]
pub struct DescribeClusterRequest {
    /// Whether to say what the principal may do with the cluster.
    pub include_cluster_authorized_operations: bool,
    /// 1 for brokers, 2 for controllers.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// Whether to tell of fenced brokers too.
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
}

/// The answer to [`DescribeClusterRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 60, versions = "0..=2", flexible = "0+")]
pub struct DescribeClusterResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable)]
    pub error_message: Option<Str<'a>>,
    /// 1 for brokers, 2 for controllers.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// The id of the cluster.
    pub cluster_id: Str<'a>,
    /// A broker that passes requests on to the controller, or the controller itself if a controller answers; -1 if none
    /// is known.
    #[field(default = BrokerId(-1))]
    pub controller_id: BrokerId,
    /// The nodes a client may connect to.
    pub brokers: Vec<DescribeClusterBroker<'a>>,
    /// What the principal may do with the cluster, a bit per ACL operation; -2147483648 if it was not asked for.
    #[field(default = -2147483648)]
    pub cluster_authorized_operations: i32,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeClusterBroker<'a> {
    /// The `node.id` of the broker.
    pub broker_id: BrokerId,
    /// The host to connect to.
    pub host: Str<'a>,
    /// The port to connect to.
    pub port: i32,
    /// The rack; null if it has none.
    #[field(nullable)]
    pub rack: Option<Str<'a>>,
    /// Whether the broker is fenced: registered, and not to lead.
    #[field(versions = "2+")]
    pub is_fenced: bool,
}
