//! Apache Kafka at hand, because every question of behaviour is settled by asking it.
//!
//! No distribution is unpacked: Kafka's jars come from Maven Central by way of a generated pom, and its programs are
//! started by class name. What Kafka's poms leave out is the logging backend, so that is named too. One class path
//! serves the broker, the command-line programs and the Java client.

pub mod cli;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{cache, process};

/// The release that Milena is measured against.
pub const VERSION: &str = "4.3.1";
/// The last release before 4.0: the oldest whose directories Milena takes over.
pub const BEFORE_4: &str = "3.9.2";

const SCALA: &str = "2.13";
const LOG4J: &str = "2.25.4";
const DEPENDENCY_PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// Kafka's logging needs to be told where to go; the level is a system property.
const LOGGING: &str = "\
status = error
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = ${sys:log.level:-warn}
rootLogger.appenderRef.stderr.ref = stderr
";

/// Kafka's programs by the names of its scripts, without `kafka-` and `.sh`.
pub const PROGRAMS: &[(&str, &str)] = &[
    ("broker-api-versions", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
    ("cluster", "org.apache.kafka.tools.ClusterTool"),
    ("configs", "kafka.admin.ConfigCommand"),
    ("console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
    ("console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    ("consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
    ("consumer-perf-test", "org.apache.kafka.tools.ConsumerPerformance"),
    ("delete-records", "org.apache.kafka.tools.DeleteRecordsCommand"),
    ("dump-log", "org.apache.kafka.tools.DumpLogSegments"),
    ("features", "org.apache.kafka.tools.FeatureCommand"),
    ("get-offsets", "org.apache.kafka.tools.GetOffsetShell"),
    ("groups", "org.apache.kafka.tools.GroupsCommand"),
    ("log-dirs", "org.apache.kafka.tools.LogDirsCommand"),
    ("metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand"),
    ("metadata-shell", "org.apache.kafka.shell.MetadataShell"),
    ("producer-perf-test", "org.apache.kafka.tools.ProducerPerformance"),
    ("server-start", "kafka.Kafka"),
    ("storage", "kafka.tools.StorageTool"),
    ("topics", "org.apache.kafka.tools.TopicCommand"),
    ("transactions", "org.apache.kafka.tools.TransactionsCommand"),
    ("verifiable-consumer", "org.apache.kafka.tools.VerifiableConsumer"),
    ("verifiable-producer", "org.apache.kafka.tools.VerifiableProducer"),
];

/// Before 4.0 Kafka logs by log4j 1, whose file has another form.
const LOGGING_BEFORE_4: &str = "\
log4j.rootLogger=${log.level}, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=[%d] %p %m (%c)%n
";

/// Apache Kafka's jars on this machine.
#[derive(Clone, Debug)]
pub struct Kafka {
    version: &'static str,
    folder: PathBuf,
    class_path: String,
}

impl Kafka {
    /// What of Java this machine lacks to run Kafka at all; `None` if nothing.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        match (process::there_is("java", &["-version"]), process::there_is("mvn", &["-v"])) {
            (true, true) => None,
            (false, _) => Some("Java (java)"),
            (true, false) => Some("Maven (mvn)"),
        }
    }

    /// Fetches Kafka into the cache, unless it is there.
    ///
    /// # Errors
    /// If Maven cannot be run or cannot fetch.
    pub fn fetch() -> Result<Kafka> {
        Kafka::fetch_release(VERSION)
    }

    /// Fetches another release: [`VERSION`] or [`BEFORE_4`].
    ///
    /// # Errors
    /// If Maven cannot be run or cannot fetch.
    pub fn fetch_release(version: &'static str) -> Result<Kafka> {
        let name = format!("kafka-{version}");
        let pom = pom(version);
        let (file, logging) = logging(version);
        let recipe = format!("{pom}{logging}");
        let folder = cache::folder(&name, &recipe, |folder| {
            fs::write(folder.join("pom.xml"), &pom)?;
            fs::write(folder.join(file), logging)?;
            let mut maven = Command::new("mvn");
            maven
                .args(["-q", "-B", &format!("{DEPENDENCY_PLUGIN}:build-classpath")])
                .args(["-Dmdep.outputFile=classpath.txt", "-Dmdep.includeScope=runtime"])
                .current_dir(folder);
            process::run(&mut maven, "", Duration::from_secs(600))?.success()?;
            Ok(())
        })?;
        let class_path = fs::read_to_string(folder.join("classpath.txt"))?.trim().to_owned();
        if let Some(gone) = class_path.split(':').find(|jar| !Path::new(jar).exists()) {
            // Maven's own repository was cleaned: the next call fetches again.
            fs::remove_file(folder.join(".installed"))?;
            anyhow::bail!("{gone} is gone from Maven's repository; run this again to fetch it");
        }
        Ok(Kafka { version, folder, class_path })
    }

    /// The folder of the cache that holds this release.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The release.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// All jars, separated as Java wants them.
    #[must_use]
    pub fn class_path(&self) -> &str {
        &self.class_path
    }

    /// A Java command ready for a short-lived program: quick to start rather than quick to run. The program is one of
    /// [`PROGRAMS`], with or without `kafka-` and `.sh`, or a class.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let mut java = self.java("warn");
        java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]).arg(class(name));
        java
    }

    fn java(&self, log_level: &str) -> Command {
        let mut java = Command::new("java");
        let (file, _) = logging(self.version);
        let file = self.folder.join(file);
        java.arg(format!("-Dlog4j2.configurationFile={}", file.display()))
            .arg(format!("-Dlog4j.configuration=file:{}", file.display()))
            .arg(format!("-Dlog.level={log_level}"))
            .args(["-cp", &self.class_path]);
        java
    }

    /// Makes `directory` the home of a combined node that listens on `port` (its controller on the next one), with
    /// `properties` (lines of `name=value`) after the usual ones. Formatted unless it was.
    ///
    /// # Errors
    /// If Kafka's formatter refuses.
    pub fn format(&self, directory: &Path, port: u16, properties: &[String]) -> Result<()> {
        let data = directory.join("data");
        fs::create_dir_all(&data)?;
        let config = directory.join("server.properties");
        let mut text = server_properties(&data, port);
        for line in properties {
            text.push_str(line);
            text.push('\n');
        }
        fs::write(&config, text)?;
        if data.join("meta.properties").exists() {
            return Ok(());
        }
        let id = process::run(self.program("storage").arg("random-uuid"), "", Duration::from_secs(120))?.success()?;
        let mut format = self.program("storage");
        format.args(["format", "--standalone", "-t", id.trim(), "-c"]).arg(&config);
        process::run(&mut format, "", Duration::from_secs(120))?.success()?;
        Ok(())
    }

    /// The command that runs the node of a directory made by [`Kafka::format`]; its log goes to the file `log`.
    /// `KAFKA_HEAP_OPTS` is heeded as Kafka's scripts do.
    ///
    /// # Errors
    /// If the directory is not formatted, or the log cannot be written.
    pub fn node(&self, directory: &Path, log: &Path) -> Result<Command> {
        let config = directory.join("server.properties");
        ensure!(config.exists(), "{} is missing: the node is not formatted", config.display());
        let heap = std::env::var("KAFKA_HEAP_OPTS").unwrap_or_else(|_| "-Xms1g -Xmx1g".to_owned());
        let log = File::options().create(true).append(true).open(log)?;
        let mut java = self.java("info");
        java.args(heap.split_whitespace())
            .args(["-XX:+UseG1GC", "kafka.Kafka"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(java)
    }
}

fn class(name: &str) -> &str {
    let short = name.strip_suffix(".sh").unwrap_or(name);
    let short = short.strip_prefix("kafka-").unwrap_or(short);
    PROGRAMS.iter().find(|(program, _)| *program == short).map_or(name, |(_, class)| class)
}

/// The file that tells Kafka's logging where to go, and its content.
fn logging(version: &str) -> (&'static str, &'static str) {
    if version == BEFORE_4 { ("log4j.properties", LOGGING_BEFORE_4) } else { ("log4j2.properties", LOGGING) }
}

fn pom(release: &str) -> String {
    let kafka_core = format!("kafka_{SCALA}");
    let mut dependencies = String::new();
    // Before 4.0 Kafka's poms name a logging backend.
    let backend: &[&str] = if release == BEFORE_4 { &[] } else { &["log4j-slf4j-impl", "log4j-core", "log4j-1.2-api"] };
    for (group, artifacts, version) in [
        ("org.apache.kafka", &[kafka_core.as_str(), "kafka-tools", "kafka-shell"][..], release),
        ("org.apache.logging.log4j", backend, LOG4J),
    ] {
        for artifact in artifacts {
            dependencies.push_str(&format!(
                "    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
                 <version>{version}</version></dependency>\n"
            ));
        }
    }
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>milena</groupId><artifactId>apache-kafka-at-hand</artifactId><version>1</version>\n  \
         <packaging>pom</packaging>\n  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )
}

fn server_properties(data: &Path, port: u16) -> String {
    let controller = port + 1;
    let listeners = format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}");
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
         listeners={listeners}\n\
         advertised.listeners={listeners}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n\
         log.dirs={}\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n",
        data.display()
    )
}
