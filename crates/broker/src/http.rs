//! The HTTP listener, `milena.http.listener`: metrics for Prometheus and a health check.
//!
//! | path | answer |
//! |---|---|
//! | `/metrics` | every metric, in the text format of OpenMetrics |
//! | `/health` | 200 and `ok` while the broker serves; 503 and the reason while it does not |
//!
//! Names are those that the JMX exporter makes of Kafka's metrics, so that dashboards go on working. Nothing is measured
//! for a scrape that could be read off the state.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use crate::{net::Shared, partition::Partition};

/// Serves HTTP on a socket until it is dropped.
///
/// # Errors
/// What the system says of the socket.
pub async fn serve(socket: tokio::net::TcpListener, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(NodeCollector(Arc::clone(&shared))));
    let registry = Arc::new(registry);
    let router = Router::new()
        .route("/metrics", get(metrics).with_state(registry))
        .route("/health", get(health).with_state(shared));
    axum::serve(socket, router).await
}

/// Binds the HTTP listener.
///
/// # Errors
/// What the system says.
pub async fn bind(host: &str, port: u16) -> std::io::Result<(tokio::net::TcpListener, SocketAddr)> {
    let host = if host.is_empty() { "0.0.0.0" } else { host };
    let socket = tokio::net::TcpListener::bind((host, port)).await?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([("content-type", kind)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> (StatusCode, String) {
    match shared.node.trouble() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}

/// Reads the node whenever somebody asks.
#[derive(Debug)]
struct NodeCollector(Arc<Shared>);

impl Collector for NodeCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let node = &self.0.node;
        let counters = &node.metrics;
        let mut counter = |name: &str, help: &str, value: u64| {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
        };
        counter(
            "kafka_server_brokertopicmetrics_bytesin",
            "Bytes of record batches produced",
            counters.bytes_in.get(),
        )?;
        counter(
            "kafka_server_brokertopicmetrics_bytesout",
            "Bytes of record batches fetched",
            counters.bytes_out.get(),
        )?;
        counter("kafka_server_brokertopicmetrics_messagesin", "Records produced", counters.messages_in.get())?;
        let refused = counters.produce_failures.get();
        counter("kafka_server_brokertopicmetrics_failedproducerequests", "Batches refused", refused)?;
        let unreadable = counters.requests_refused.get();
        counter("milena_network_requests_unreadable", "Requests that could not be read", unreadable)?;

        counter("milena_scrubber_bytes", "Bytes of logs whose checksums were looked at", node.scrubber.bytes.get())?;
        counter("milena_scrubber_passes", "Times that all logs were looked at", node.scrubber.passes.get())?;

        let mut requests = encoder.encode_descriptor(
            "kafka_network_requestmetrics_requests",
            "Requests by API",
            None,
            MetricType::Counter,
        )?;
        for (api, count) in counters.requests.iter() {
            ConstCounter::new(count).encode(requests.encode_family(&[("request", api)])?)?;
        }

        let partitions = node.topics.partitions();
        let connections = self.0.connections.load(std::sync::atomic::Ordering::Relaxed);
        let mut gauge = |name: &str, help: &str, value: i64| {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
        };
        gauge("kafka_server_replicamanager_partitioncount", "Partitions of this broker", partitions.len() as i64)?;
        gauge("kafka_server_replicamanager_leadercount", "Partitions it leads", partitions.len() as i64)?;
        let offline = partitions.iter().filter(|partition| partition.is_offline()).count();
        gauge("kafka_server_replicamanager_offlinereplicacount", "Partitions whose log failed", offline as i64)?;
        gauge("kafka_server_fetchsessioncache_numincrementalfetchsessions", "Fetch sessions", {
            node.sessions.lock().len() as i64
        })?;
        gauge("kafka_server_socketservermetrics_connection_count", "Connections", connections as i64)?;
        gauge("milena_network_request_buffer_bytes", "Memory that requests arrive in", self.0.buffers.used() as i64)?;
        let controller = node.controller.status();
        gauge("kafka_controller_kafkacontroller_activecontrollercount", "1 where the controller is active", {
            i64::from(controller.is_active)
        })?;
        gauge("kafka_controller_kafkacontroller_globaltopiccount", "Topics", node.image().topics.len() as i64)?;
        gauge("kafka_controller_kafkacontroller_globalpartitioncount", "Partitions", partitions.len() as i64)?;
        gauge("kafka_server_raftmetrics_current_epoch", "Epoch of the metadata quorum", controller.epoch.0.into())?;
        gauge("kafka_server_raftmetrics_high_watermark", "Committed metadata", controller.high_watermark.0)?;
        gauge("kafka_server_raftmetrics_log_end_offset", "Written metadata", controller.log_end.0)?;

        gauge("milena_scrubber_pass_percent", "How much of the pass under way is done", node.scrubber.percent())?;

        let space = node.space.status();
        let free = i64::try_from(space.free).unwrap_or(i64::MAX);
        gauge("milena_disk_free_bytes", "Room on the disk, as last seen", free)?;
        let level = space.level as i64;
        gauge("milena_disk_level", "0 enough room, 1 alert, 2 producers slowed down, 3 producers refused", level)?;

        let cleaner = node.cleaner.status(node, self.0.clock.now());
        gauge(
            "kafka_log_logcleaner_max_buffer_utilization_percent",
            "Memory for keys in use in the last cleanings",
            cleaner.max_buffer_utilization_percent,
        )?;
        gauge("kafka_log_logcleaner_cleaner_recopy_percent", "Part of what was read that the last cleanings kept", {
            cleaner.recopy_percent
        })?;
        gauge("kafka_log_logcleaner_max_clean_time_secs", "Length of the longest of the last cleanings", {
            cleaner.max_clean_time_secs
        })?;
        gauge("kafka_log_logcleaner_max_compaction_delay_secs", "How overdue what the last cleanings met was", {
            cleaner.max_compaction_delay_secs
        })?;
        gauge("kafka_log_logcleaner_deadthreadcount", "Cleaner threads that died", cleaner.dead_threads as i64)?;
        gauge("kafka_log_logcleanermanager_max_dirty_percent", "Dirty part of the dirtiest compacted log", {
            cleaner.max_dirty_percent
        })?;
        gauge("kafka_log_logcleanermanager_time_since_last_run_ms", "Since the cleaner last looked for work", {
            cleaner.since_last_run_ms
        })?;
        gauge("milena_log_clock_ahead_ms", "Jump of the clock that retention does not believe", node.clock_ahead_ms())?;
        let dir = node.log_dir_name();
        let mut per_dir = |name: &str, help: &str, value: i64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(family.encode_family(&[("logDirectory", dir.as_str())])?)
        };
        per_dir(
            "kafka_log_logcleanermanager_uncleanable_partitions_count",
            "Compacted logs that cannot be cleaned",
            cleaner.uncleanable.len() as i64,
        )?;
        per_dir("kafka_log_logcleanermanager_uncleanable_bytes", "What should be cleaned of them", {
            cleaner.uncleanable_bytes as i64
        })?;
        let name = "milena_log_cleaner_failure";
        let help = "Compacted logs that cannot be cleaned, and the last cleaning that failed, with the reason";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        let mut told = cleaner.uncleanable;
        told.extend(cleaner.failure.filter(|last| !told.contains(last)));
        for failure in &told {
            let index = failure.partition.to_string();
            let labels =
                [("topic", failure.topic.as_str()), ("partition", index.as_str()), ("reason", failure.reason.as_str())];
            ConstGauge::new(1_i64).encode(family.encode_family(&labels)?)?;
        }

        encode_damage(&mut encoder, &partitions)?;

        let mut per_log = |name: &str, help: &str, value: &dyn Fn(&Partition) -> i64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for partition in &partitions {
                let index = partition.index().to_string();
                let labels = [("topic", partition.topic()), ("partition", index.as_str())];
                ConstGauge::new(value(partition)).encode(family.encode_family(&labels)?)?;
            }
            Ok::<(), fmt::Error>(())
        };
        per_log("kafka_log_log_size", "Bytes of a log", &|partition| partition.size() as i64)?;
        per_log("kafka_log_log_logstartoffset", "First offset of a log", &|partition| partition.log_start().0)?;
        per_log("kafka_log_log_logendoffset", "Next offset of a log", &|partition| partition.log_end().0)
    }
}

/// Which offsets of which files are damaged.
fn encode_damage(encoder: &mut DescriptorEncoder<'_>, partitions: &[Arc<Partition>]) -> Result<(), fmt::Error> {
    let help = "Offsets that are damaged and cannot be read, and the file they are in";
    let mut family = encoder.encode_descriptor("milena_log_damaged_offsets", help, None, MetricType::Gauge)?;
    for damage in partitions.iter().flat_map(|partition| partition.damage()) {
        let (file, index) = (damage.path.display().to_string(), damage.partition.partition.to_string());
        let (first, last) = (damage.offsets.start.to_string(), damage.offsets.end.plus(-1).to_string());
        let labels = [
            ("topic", damage.partition.topic.as_str()),
            ("partition", index.as_str()),
            ("file", file.as_str()),
            ("first", first.as_str()),
            ("last", last.as_str()),
        ];
        let count = damage.offsets.end.0 - damage.offsets.start.0;
        ConstGauge::new(count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
