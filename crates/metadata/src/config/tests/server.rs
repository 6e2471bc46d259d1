use crate::config::properties::Properties;
use crate::config::server::{Dev, SecurityProtocol};
use crate::config::topic::{Compression, Durability, RecordValidation};
use crate::config::value::Address;
use crate::config::{Notices, ServerConfig};

/// The least a node needs.
const BASE: &str = "\
process.roles=broker,controller
node.id=3
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=localhost:9093
";

fn read(more: &str) -> Result<(ServerConfig, Notices), Vec<String>> {
    let properties = Properties::parse(&format!("{BASE}{more}")).expect("well-formed");
    let result = ServerConfig::from_properties(&properties, &[]);
    result.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn config(more: &str) -> ServerConfig {
    read(more).expect("a good file").0
}

/// Checks that a file is refused, with one error that contains the text.
fn refused(more: &str, why: &str) {
    let errors = read(more).expect_err(more);
    assert!(errors.len() == 1 && errors[0].contains(why), "{more}\n{errors:?}\n{why}");
}

#[test]
fn a_minimal_file_gives_kafkas_defaults() {
    let (config, notices) = read("").expect("a good file");
    assert_eq!(notices, Notices::default());
    assert_eq!((config.node_id, config.log_dir.as_str()), (3, "/tmp/kafka-logs"));
    assert_eq!(config.metadata_log_dir, config.log_dir);
    assert_eq!(config.listeners[0].to_string(), "PLAINTEXT://:9092");
    assert_eq!(config.advertised_listeners, config.listeners);
    assert_eq!(config.controller_listeners[0].to_string(), "CONTROLLER://:9093");
    assert_eq!(config.controller_listeners[0].protocol, SecurityProtocol::Plaintext);
    assert_eq!(config.inter_broker_listener_name, "PLAINTEXT");
    assert_eq!(config.network.socket_request_max_bytes, 104_857_600);
    assert_eq!(config.network.queued_max_request_bytes, None);
    assert_eq!(config.groups.offsets_retention_ms, 7 * 24 * 3_600_000);
    assert_eq!(config.topic_defaults.retention_ms, 7 * 24 * 3_600_000);
    assert_eq!(config.topic_defaults.segment_ms, 7 * 24 * 3_600_000);
    assert_eq!(config.topic_defaults.flush_ms, i64::MAX);
    assert_eq!(config.topic_defaults.compression, Compression::Producer);
    assert_eq!(config.topic_defaults.durability, Durability::ProcessCrash);
    assert_eq!(config.topic_defaults.record_validation, RecordValidation::Walk);
    assert_eq!(config.http_listener, None);
}

#[test]
fn an_unknown_name_is_refused_with_its_line_and_the_nearest_known_one() {
    refused("log.retention.hour=1", "line 6: unknown config log.retention.hour; did you mean log.retention.hours?");
    refused("milena.durable=yes", "line 6: unknown config milena.durable");
}

#[test]
fn every_problem_is_told_at_once() {
    let errors = read("num.partitions=0\nnonsense.at.all=1\nauthorizer.class.name=org.acme.Guard").expect_err("bad");
    let [value, name, class] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!(value, "line 6: Invalid value 0 for configuration num.partitions: Value must be at least 1");
    assert_eq!(name, "line 7: unknown config nonsense.at.all");
    assert_eq!(class, "line 8: authorizer.class.name is not supported yet; leave it empty or take the line out");
}

#[test]
fn what_has_no_effect_yet_is_told_once_and_only_if_it_was_changed() {
    let file = "num.io.threads=16\nnum.network.threads=3\ntransaction.state.log.min.isr=1\n\
                unstable.api.versions.enable=true\nlistener.name.plaintext.max.connections=7\nnum.io.threads=17";
    let (_, notices) = read(file).expect("a good file");
    let without_effect = [
        "listener.name.plaintext.max.connections",
        "num.io.threads",
        "transaction.state.log.min.isr",
        "unstable.api.versions.enable",
    ];
    assert_eq!(notices.without_effect, without_effect);
    let (_, notices) = read("log.cleanup.policy=compact\nbroker.heartbeat.interval.ms=9000").expect("a good file");
    assert_eq!(notices.warnings.len(), 1, "{notices:?}");
}

#[test]
fn what_an_authorizer_would_read_is_taken_without_one_as_apache_kafka_takes_it() {
    let (_, notices) = read("super.users=User:admin\nallow.everyone.if.no.acl.found=true").expect("a good file");
    assert_eq!(notices.without_effect, ["allow.everyone.if.no.acl.found", "super.users"]);
    let errors = read("super.users=User:admin\nauthorizer.class.name=org.acme.Guard").expect_err("nobody would guard");
    assert_eq!(errors.len(), 1, "{errors:?}");
}

#[test]
fn what_a_promise_depends_on_is_refused_unless_at_its_default() {
    refused("log.dirs=/a,/b", "several log directories are not supported yet");
    refused("remote.log.storage.system.enable=true", "leave it at false");
    refused("create.topic.policy.class.name=org.acme.Policy", "take the line out");
    refused("process.roles=broker", "a node of one role is not supported yet");
    refused("controller.quorum.voters=3@a:1,4@b:1", "several voters");
    config("remote.log.storage.system.enable=false\nauthorizer.class.name=\nlog.dirs=/data");
}

#[test]
fn a_file_as_apache_kafka_ships_it_starts_a_node() {
    let file = "\
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=/tmp/kraft-combined-logs
num.recovery.threads.per.data.dir=2
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.replication.factor=1
log.retention.hours=168";
    let (config, notices) = read(file).expect("a good file");
    assert_eq!(config.log_dir, "/tmp/kraft-combined-logs");
    assert_eq!(config.advertised_controller_listeners[0].to_string(), "CONTROLLER://localhost:9093");
    assert_eq!(
        notices.without_effect,
        ["share.coordinator.state.topic.replication.factor", "transaction.state.log.replication.factor"]
    );
}

#[test]
fn only_plaintext_listeners_are_opened() {
    refused("listeners=SSL://:9092,CONTROLLER://:9093", "no security protocol is defined for listener CONTROLLER");
    let map = "listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT\n";
    refused(&format!("{map}listeners=CLIENTS://:9092,CONTROLLER://:9093"), "SASL_SSL, which is not supported yet");
    refused("listener.security.protocol.map=A:TLS", "TLS is no security protocol");
}

#[test]
fn listeners_are_checked_against_each_other() {
    refused("listeners=PLAINTEXT://:9092,CONTROLLER://:9092", "must have a different port");
    refused("listeners=PLAINTEXT://:9092,plaintext://:9094,CONTROLLER://:9093", "must have a different name");
    refused("listeners=CONTROLLER://:9093", "there must be a listener for clients");
    refused("controller.listener.names=OTHER", "controller.listener.names must name");
    refused("listeners=PLAINTEXT:9092,CONTROLLER://:9093", "a listener is NAME://host:port");
    refused("listeners=PLAINTEXT://:99999,CONTROLLER://:9093", "99999 in PLAINTEXT://:99999 is no port");
    refused("listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093", "cannot be advertised");
    refused("advertised.listeners=ELSEWHERE://a:1", "no security protocol is defined for listener ELSEWHERE");
    refused("inter.broker.listener.name=CONTROLLER", "must be one of the advertised listeners, PLAINTEXT");
    config("listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://[::1]:9092");
    config("listeners=PLAINTEXT://:0,CONTROLLER://:0");
}

#[test]
fn clients_are_told_what_the_file_advertises() {
    let more = "listeners=IN://0.0.0.0:9092,OUT://0.0.0.0:9095,CONTROLLER://0.0.0.0:9093\n\
                advertised.listeners=IN://broker.internal:9092,OUT://[2001:db8::1]:19095\n\
                listener.security.protocol.map=IN:PLAINTEXT,OUT:plaintext,CONTROLLER:PLAINTEXT\n\
                inter.broker.listener.name=in\ncontroller.quorum.voters=3@ctl.internal:9093";
    let config = config(more);
    let told: Vec<_> = config.advertised_listeners.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["IN://broker.internal:9092", "OUT://[2001:db8::1]:19095"]);
    assert_eq!(config.inter_broker_listener_name, "IN");
    assert_eq!(config.advertised_controller_listeners[0].to_string(), "CONTROLLER://ctl.internal:9093");
}

#[test]
fn rules_between_configs_are_kafkas() {
    refused("node.id=3\nbroker.id=4", "node.id and broker.id must be the same");
    refused("controller.quorum.voters=4@a:1", "controller.quorum.voters must contain this node");
    refused("controller.quorum.bootstrap.servers=", "must say where the controllers are");
    refused("log.retention.ms=0", "log.retention.ms must be -1 (for ever) or at least 1");
    refused("log.roll.ms=0", "log.roll.ms must be at least 1");
    refused("queued.max.request.bytes=1000", "must be at least socket.request.max.bytes");
    refused("max.connections.per.ip=0", "can be 0 only if");
    refused("replica.fetch.wait.max.ms=40000", "replica.socket.timeout.ms must be at least");
    refused("group.coordinator.rebalance.protocols=consumer", "must contain classic");
    refused("milena.http.listener=nowhere", "must be host:port");
    let errors = ServerConfig::from_properties(&Properties::default(), &[]).expect_err("empty");
    assert!(errors[0].to_string().contains("process.roles is missing"), "{errors:?}");
}

#[test]
fn coarser_units_count_while_finer_ones_are_unset() {
    let retention = |more| config(more).topic_defaults.retention_ms;
    assert_eq!(retention("log.retention.hours=2"), 7_200_000);
    assert_eq!(retention("log.retention.hours=2\nlog.retention.minutes=3"), 180_000);
    assert_eq!(retention("log.retention.minutes=3\nlog.retention.ms=4"), 4);
    assert_eq!(retention("log.retention.hours=-1"), -1);
    assert_eq!(config("log.roll.hours=2").topic_defaults.segment_ms, 7_200_000);
    assert_eq!(config("log.flush.scheduler.interval.ms=9").topic_defaults.flush_ms, 9);
}

#[test]
fn the_command_line_overrides_the_file() {
    let properties = Properties::parse(BASE).expect("well-formed");
    let with =
        |name: &str, value: &str| ServerConfig::from_properties(&properties, &[(name.to_owned(), value.to_owned())]);
    assert_eq!(with("node.id", "9").expect("good").0.node_id, 9);
    let errors = with("nodeid", "9").expect_err("unknown");
    assert_eq!(errors[0].to_string(), "unknown config nodeid; did you mean node.id?");
}

#[test]
fn a_development_node_needs_no_file() {
    let dev = |host: &str, port| Dev {
        host: host.to_owned(),
        port,
        advertised: None,
        data_dir: "./milena-data".to_owned(),
        http: Some(Address { host: "127.0.0.1".to_owned(), port: 0 }),
    };
    let config = ServerConfig::dev(&dev("127.0.0.1", 9092)).expect("good");
    assert_eq!(config.listeners[0].to_string(), "PLAINTEXT://127.0.0.1:9092");
    assert_eq!(config.controller_listeners[0].to_string(), "CONTROLLER://127.0.0.1:9093");
    assert_eq!(config.log_dir, "./milena-data");
    assert_eq!(config.groups.offsets_topic_replication_factor, 1);
    assert_eq!(config.groups.initial_rebalance_delay_ms, 0);
    let free = ServerConfig::dev(&dev("::1", 0)).expect("good");
    assert_eq!((free.listeners[0].port, free.controller_listeners[0].port), (0, 0));
    let everywhere = ServerConfig::dev(&dev("0.0.0.0", 9092)).expect("good");
    assert_eq!(everywhere.advertised_listeners[0].host, "", "the machine's own name");
    assert!(ServerConfig::dev(&dev("127.0.0.1", 65535)).is_err());
}
