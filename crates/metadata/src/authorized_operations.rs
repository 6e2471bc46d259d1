//! What a client may do with a thing, as the bit fields in Metadata, DescribeCluster and DescribeGroups say it.
//!
//! Bit `n` is the operation with the code `n`; where nobody asked, the field is `i32::MIN`. Without an authorizer everybody may do whatever makes sense.
//!
//! Source: KIP-430; Kafka `AclOperation`, `AclEntry.supportedOperations`.

const READ: i32 = 1 << 3;
const WRITE: i32 = 1 << 4;
const CREATE: i32 = 1 << 5;
const DELETE: i32 = 1 << 6;
const ALTER: i32 = 1 << 7;
const DESCRIBE: i32 = 1 << 8;
const CLUSTER_ACTION: i32 = 1 << 9;
const DESCRIBE_CONFIGS: i32 = 1 << 10;
const ALTER_CONFIGS: i32 = 1 << 11;
const IDEMPOTENT_WRITE: i32 = 1 << 12;

/// Everything with the cluster.
pub const CLUSTER: i32 =
    CREATE | ALTER | DESCRIBE | CLUSTER_ACTION | DESCRIBE_CONFIGS | ALTER_CONFIGS | IDEMPOTENT_WRITE;
/// Everything with a topic.
pub const TOPIC: i32 = READ | WRITE | CREATE | DELETE | ALTER | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;
/// Everything with a group.
pub const GROUP: i32 = READ | DELETE | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;

#[cfg(test)]
mod tests {
    #[test]
    fn without_an_authorizer_the_numbers_are_kafkas() {
        assert_eq!((super::CLUSTER, super::TOPIC, super::GROUP), (8096, 3576, 3400));
    }
}
