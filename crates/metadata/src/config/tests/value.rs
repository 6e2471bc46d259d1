use crate::config::def::ResourceType;
use crate::config::{table, value};

/// The normal form of a value of a broker or topic config, or the message why it is none.
fn check(name: &str, text: &str) -> Result<String, String> {
    let def = table::find(ResourceType::Broker, name).or_else(|| table::find(ResourceType::Topic, name));
    let def = def.or_else(|| table::find(ResourceType::Group, name)).expect(name);
    value::parse(def, text).map(|value| value.to_string()).map_err(|error| error.to_string())
}

#[test]
fn values_are_read_as_java_reads_them() {
    for (name, text, normal) in [
        ("auto.create.topics.enable", " TRUE ", "true"),
        ("num.partitions", "+007", "7"),
        ("offsets.topic.replication.factor", "1", "1"),
        ("retention.ms", "-1", "-1"),
        ("min.cleanable.dirty.ratio", ".50", "0.5"),
        ("log.cleaner.io.max.bytes.per.second", "10000000", "1.0E7"),
        ("log.cleaner.io.max.bytes.per.second", "1.5e-4", "1.5E-4"),
        ("cleanup.policy", " compact , delete,compact", "compact,delete"),
        ("cleanup.policy", "", ""),
        ("compression.type", "zstd", "zstd"),
        ("compression.gzip.level", "-1", "-1"),
        ("group.consumer.migration.policy", "Upgrade", "Upgrade"),
        ("leader.replication.throttled.replicas", "0:1,12:2", "0:1,12:2"),
        ("leader.replication.throttled.replicas", "*", "*"),
        ("share.auto.offset.reset", "by_duration:P1DT2H3.5S", "by_duration:P1DT2H3.5S"),
        ("controller.quorum.voters", "1@[::1]:9093, 2@b.example:9093", "1@[::1]:9093,2@b.example:9093"),
    ] {
        assert_eq!(check(name, text).as_deref(), Ok(normal), "{name}={text}");
    }
}

#[test]
fn a_bad_value_is_refused_in_kafkas_words() {
    let number = "Invalid value 1k for configuration num.partitions: Not a number of type INT";
    let list = "Configuration 'process.roles' must not be empty. Valid values include: [broker, controller]";
    for (name, text, message) in [
        ("num.partitions", "1k", number),
        ("num.partitions", "0", "Invalid value 0 for configuration num.partitions: Value must be at least 1"),
        ("retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
        ("process.roles", "", list),
        ("log.dir", "a,,b", "Configuration 'log.dir' values must not be empty."),
        (
            "cleanup.policy",
            "shred",
            "Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete",
        ),
        (
            "auto.create.topics.enable",
            "yes",
            "Invalid value yes for configuration auto.create.topics.enable: Expected value to be either true or false",
        ),
        (
            "compression.gzip.level",
            "0",
            "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
        ),
        (
            "min.cleanable.dirty.ratio",
            "1.1",
            "Invalid value 1.1 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
        ),
    ] {
        assert_eq!(check(name, text), Err(message.to_owned()), "{name}={text}");
    }
}

#[test]
fn what_no_parser_should_take_is_not_taken() {
    for (name, text) in [
        ("num.partitions", "2147483648"),
        ("num.partitions", "1_000"),
        ("min.cleanable.dirty.ratio", "NaN"),
        ("compression.lz4.level", "18"),
        ("leader.replication.throttled.replicas", "*,0:1"),
        ("leader.replication.throttled.replicas", "0:"),
        ("controller.quorum.voters", "1@host"),
        ("controller.quorum.voters", "one@host:9093"),
        ("controller.quorum.bootstrap.servers", "http://host:9093"),
        ("controller.quorum.bootstrap.servers", ":9093"),
        ("share.auto.offset.reset", "by_duration:-P1D"),
        ("share.auto.offset.reset", "by_duration:PT"),
        ("share.auto.offset.reset", "by_duration:1D"),
    ] {
        assert!(check(name, text).is_err(), "{name}={text}");
    }
}
