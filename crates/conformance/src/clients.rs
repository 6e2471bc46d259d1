//! The foreign clients: versions, installation, and how each is started.
//!
//! Five are programs in their own language under `clients/`. kcat and Apache Kafka's tools are programs already, so
//! what drives them is written here.

mod kcat;
mod tools;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::features::{FEATURES, PROGRAMS, RESTART};
use crate::kafka::Kafka;
use crate::{cache, process};

/// How long all cells of one client may take together.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long one installation may take.
const INSTALLATION: Duration = Duration::from_secs(600);

/// What is missing where there is no [`python`].
pub(crate) const NO_PYTHON: &str = "Python 3 with venv";

/// What pip installs. The codecs are kafka-python's; confluent-kafka brings its own.
const PYTHON: &str = "confluent-kafka==2.16.1 kafka-python==3.0.12 crc32c==2.9.post0 cramjam==2.14.0 lz4==4.4.5 \
                      python-snappy==0.7.3 zstandard==0.25.0";
/// What npm installs. kafkajs has only gzip inside.
const NODE: &str = "kafkajs@2.2.4 kafkajs-snappy@1.1.0 kafkajs-lz4@1.2.1 @mongodb-js/zstd@1.2.2";

/// Before or after the restart of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// All features but [`RESTART`].
    Before,
    /// [`RESTART`] alone.
    After,
}

impl Phase {
    /// The features that `client` has to report in this phase.
    pub fn features(self, client: &str) -> impl Iterator<Item = &'static str> {
        let programs = if client == "kafka-tools" { PROGRAMS } else { &[] };
        FEATURES.iter().chain(programs).copied().filter(move |&feature| (feature == RESTART) == (self == Phase::After))
    }
}

/// What became of one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Ok,
    /// It does not, and why.
    Fail(String),
    /// The client has nothing of the kind, and why.
    NotOffered(String),
}

/// Where a client meets the node.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The node's address.
    pub bootstrap: String,
    /// Begins the name of every topic and group, so that clients do not meet.
    pub prefix: String,
}

impl Scene {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// A client at its pinned version.
#[derive(Debug)]
pub struct Client {
    /// As in the table.
    pub name: &'static str,
    /// The pinned version.
    pub version: &'static str,
    install: fn(&Path) -> Result<Installed>,
}

/// What came of an installation.
#[derive(Debug)]
pub enum Installed {
    /// It can be asked.
    Ready(Program),
    /// It cannot be asked on this machine, since this is missing.
    Without(String),
}

/// How an installed client is asked.
#[derive(Debug)]
pub enum Program {
    /// A program that follows `clients/README.md`: the command line without the phase, and its environment.
    Foreign(Vec<String>, Vec<(&'static str, String)>),
    /// kcat, driven from here.
    Kcat,
    /// Apache Kafka's programs, driven from here.
    Tools(Kafka),
}

/// The clients, the slowest first, so that the quick ones fill the gaps.
pub const CLIENTS: &[Client] = &[
    Client { name: "kafka-tools", version: "4.3.1", install: install_tools },
    Client { name: "kcat", version: "1.7.1", install: install_kcat },
    Client { name: "kafka-go", version: "0.4.51", install: install_go },
    Client { name: "java", version: "4.3.1", install: install_java },
    Client { name: "kafkajs", version: "2.2.4", install: install_node },
    Client { name: "confluent-kafka", version: "2.16.1", install: |_| install_python("confluent.py") },
    Client { name: "kafka-python", version: "3.0.12", install: |_| install_python("kafka_python.py") },
];

impl Client {
    /// Installs the client, unless it is there. `scratch` is for what is compiled anew each time.
    ///
    /// # Errors
    /// If the toolchain is there and the installation fails all the same.
    pub fn install(&self, scratch: &Path) -> Result<Installed> {
        (self.install)(scratch).with_context(|| format!("{} {}", self.name, self.version))
    }

    /// Walks the client through one phase; every feature of the phase gets exactly one outcome.
    pub fn walk(&self, program: &Program, scene: &Scene, phase: Phase, tell: &mut dyn FnMut(&'static str, Outcome)) {
        let mut due: Vec<&'static str> = phase.features(self.name).collect();
        // Foreign programs print names; one that is no feature, or comes twice, is noise.
        let mut once = |feature: &str, outcome: Outcome| {
            if let Some(at) = due.iter().position(|&due| due == feature) {
                tell(due.remove(at), outcome);
            }
        };
        let ended = match program {
            Program::Foreign(command, environment) => foreign(command, environment, scene, phase, &mut once),
            Program::Kcat => {
                kcat::walk(scene, phase, &mut once);
                Ok(())
            }
            Program::Tools(kafka) => {
                tools::walk(kafka, scene, phase, &mut once);
                Ok(())
            }
        };
        let why = ended.err().map_or_else(|| "not reported".to_owned(), |error| format!("{error:#}"));
        for feature in due {
            tell(feature, Outcome::Fail(why.clone()));
        }
    }
}

/// Runs `check` as one cell.
fn cell(feature: &str, tell: &mut dyn FnMut(&str, Outcome), check: impl FnOnce() -> Result<()>) {
    let outcome = match check() {
        Ok(()) => Outcome::Ok,
        Err(error) => Outcome::Fail(format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    tell(feature, outcome);
}

fn foreign(
    command: &[String],
    environment: &[(&str, String)],
    scene: &Scene,
    phase: Phase,
    tell: &mut dyn FnMut(&str, Outcome),
) -> Result<()> {
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .arg(if phase == Phase::Before { "before" } else { "after" })
        .env("BOOTSTRAP", &scene.bootstrap)
        .env("PREFIX", &scene.prefix)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", command[0]))?;
    let (sender, lines) = mpsc::channel();
    let stdout = child.stdout.take().context("no standard output")?;
    let stderr = child.stderr.take().context("no standard error")?;
    let errors = sender.clone();
    thread::spawn(move || each_line(BufReader::new(stdout), |line| drop(sender.send((true, line)))));
    thread::spawn(move || each_line(BufReader::new(stderr), |line| drop(errors.send((false, line)))));
    let end = Instant::now() + PATIENCE;
    let mut noise: Vec<String> = Vec::new();
    // The channel closes when the program has closed both streams.
    let closed = loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok((true, line)) => match parse(&line) {
                Some((feature, outcome)) => tell(feature, outcome),
                None => noise.push(line),
            },
            Ok((false, line)) => noise.push(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => break true,
            Err(mpsc::RecvTimeoutError::Timeout) => break false,
        }
    };
    if !closed {
        child.kill()?;
    }
    let status = child.wait()?;
    let noise = noise[noise.len().saturating_sub(8)..].join(" / ");
    ensure!(closed, "still running after {} s: {noise}", PATIENCE.as_secs());
    ensure!(status.success(), "{status}: {noise}");
    Ok(())
}

fn each_line(mut reader: impl BufRead, mut found: impl FnMut(String)) {
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        found(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
        line.clear();
    }
}

fn parse(line: &str) -> Option<(&str, Outcome)> {
    let mut fields = line.splitn(3, '\t');
    let (feature, outcome, detail) = (fields.next()?, fields.next()?, fields.next()?);
    let outcome = match outcome {
        "ok" => Outcome::Ok,
        "fail" => Outcome::Fail(detail.to_owned()),
        "n/a" => Outcome::NotOffered(detail.to_owned()),
        _ => return None,
    };
    Some((feature, outcome))
}

/// Where the programs of the clients are.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn foreign_program(command: &[&Path], environment: Vec<(&'static str, String)>) -> Installed {
    let command = command.iter().map(|part| part.display().to_string()).collect();
    Installed::Ready(Program::Foreign(command, environment))
}

fn install_python(program: &str) -> Result<Installed> {
    let Some(python) = python()? else { return Ok(Installed::Without(NO_PYTHON.into())) };
    let no_litter = vec![("PYTHONDONTWRITEBYTECODE", "1".to_owned())];
    Ok(foreign_program(&[&python, &sources().join("python").join(program)], no_litter))
}

/// A Python that has the clients; `None` if there is no [Python](NO_PYTHON).
pub(crate) fn python() -> Result<Option<PathBuf>> {
    if !process::there_is("python3", &["-c", "import venv, ensurepip"]) {
        return Ok(None);
    }
    let folder = cache::folder("python-clients", PYTHON, |folder| {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(folder), "", INSTALLATION)?.success()?;
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "-q", "--disable-pip-version-check"]).args(PYTHON.split_whitespace());
        process::run(&mut pip, "", INSTALLATION)?.success()?;
        Ok(())
    })?;
    Ok(Some(folder.join("bin/python")))
}

fn install_node(_: &Path) -> Result<Installed> {
    if !(process::there_is("node", &["--version"]) && process::there_is("npm", &["--version"])) {
        return Ok(Installed::Without("Node (node, npm)".into()));
    }
    let folder = cache::folder("kafkajs-2.2.4", NODE, |folder| {
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "-q", "--no-package-lock", "--no-audit", "--no-fund"]);
        npm.args(NODE.split_whitespace()).current_dir(folder);
        process::run(&mut npm, "", INSTALLATION)?.success()?;
        Ok(())
    })?;
    let modules = vec![
        ("NODE_PATH", folder.join("node_modules").display().to_string()),
        ("KAFKAJS_NO_PARTITIONER_WARNING", "1".to_owned()),
    ];
    Ok(foreign_program(&[Path::new("node"), &sources().join("node/kafkajs.cjs")], modules))
}

fn install_go(scratch: &Path) -> Result<Installed> {
    if !process::there_is("go", &["version"]) {
        return Ok(Installed::Without("Go (go)".into()));
    }
    let binary = scratch.join("kafka-go");
    let mut go = Command::new("go");
    go.args(["build", "-o"]).arg(&binary).arg(".").current_dir(sources().join("go"));
    process::run(&mut go, "", INSTALLATION)?.success()?;
    Ok(foreign_program(&[&binary], Vec::new()))
}

/// Compiles the Java programs; gives the class path to run them with.
pub(crate) fn compile_java(kafka: &Kafka, scratch: &Path) -> Result<String> {
    compile(kafka, &sources().join("java"), &scratch.join("java"))
}

/// Compiles the Java programs of the folder `from`; gives the class path to run them with.
pub(crate) fn compile(kafka: &Kafka, from: &Path, classes: &Path) -> Result<String> {
    fs::create_dir_all(classes)?;
    let mut sources: Vec<PathBuf> =
        fs::read_dir(from)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    sources.retain(|source| source.extension().is_some_and(|suffix| suffix == "java"));
    sources.sort();
    let mut javac = Command::new("javac");
    javac.arg("-d").arg(classes).args(["-cp", kafka.class_path()]).args(sources);
    process::run(&mut javac, "", INSTALLATION)?.success()?;
    Ok(format!("{}:{}", classes.display(), kafka.class_path()))
}

/// What the Java client, Apache Kafka's tools and the judges made of them need; `Err` inside is what is missing.
pub(crate) fn java() -> Result<Result<Kafka, &'static str>> {
    match Kafka::missing() {
        Some(missing) => Ok(Err(missing)),
        None if !process::there_is("javac", &["-version"]) => Ok(Err("a Java compiler (javac)")),
        None => Ok(Ok(Kafka::fetch()?)),
    }
}

fn install_java(scratch: &Path) -> Result<Installed> {
    let kafka = match java()? {
        Ok(kafka) => kafka,
        Err(missing) => return Ok(Installed::Without(missing.into())),
    };
    let class_path = compile_java(&kafka, scratch)?;
    let command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", &class_path, "Cells"];
    Ok(foreign_program(&command.map(Path::new), Vec::new()))
}

fn install_tools(_: &Path) -> Result<Installed> {
    Ok(match java()? {
        Ok(kafka) => Installed::Ready(Program::Tools(kafka)),
        Err(missing) => Installed::Without(missing.into()),
    })
}

/// Installs a package of Debian's; gives what is missing for that.
///
/// # Errors
/// If it could not be installed.
pub(crate) fn install_package(name: &str) -> Result<Option<String>> {
    if !process::there_is("apt-get", &["--version"]) {
        return Ok(Some(format!("{name}, and apt-get to install it")));
    }
    if !rustix::process::geteuid().is_root() {
        return Ok(Some(format!("{name}, and root to install it (apt-get install {name})")));
    }
    eprintln!("installing {name} by apt-get");
    for args in [&["-q", "update"][..], &["-q", "-y", "install", name]] {
        let mut apt = Command::new("apt-get");
        apt.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        process::run(&mut apt, "", INSTALLATION)?.success()?;
    }
    Ok(None)
}

fn install_kcat(_: &Path) -> Result<Installed> {
    let there = || process::there_is("kcat", &["-V"]);
    if there() {
        return Ok(Installed::Ready(Program::Kcat));
    }
    if let Some(missing) = install_package("kcat")? {
        return Ok(Installed::Without(missing));
    }
    ensure!(there(), "kcat was installed, and yet cannot be run");
    Ok(Installed::Ready(Program::Kcat))
}

/// The numbered records as lines of text, `key TAB value`, with `prefix` before each.
fn lines(numbers: std::ops::Range<u32>, prefix: impl Fn(u32) -> String) -> String {
    let mut text = String::new();
    for number in numbers {
        let _ = writeln!(text, "{}key-{number}\tvalue-{number}{}", prefix(number), "x".repeat(100));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(script: &str) -> Vec<(&'static str, Outcome)> {
        let client = &CLIENTS[1];
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let program = Program::Foreign(command, Vec::new());
        let scene = Scene { bootstrap: "nowhere".into(), prefix: "test".into() };
        let mut cells = Vec::new();
        client.walk(&program, &scene, Phase::After, &mut |feature, outcome| cells.push((feature, outcome)));
        cells
    }

    #[test]
    fn a_program_that_dies_before_it_reports_has_failed() {
        let cells = walk("echo starting; exit 3");
        assert!(matches!(&cells[..], [(RESTART, Outcome::Fail(why))] if why.contains("starting")), "{cells:?}");
    }

    #[test]
    fn a_program_that_says_nothing_has_failed() {
        assert_eq!(walk("true"), [(RESTART, Outcome::Fail("not reported".into()))]);
    }

    #[test]
    fn a_cell_counts_once_and_noise_does_not_count() {
        let cells = walk("printf 'a\\tb\\tc\\nrestart\\tok\\t\\nrestart\\tfail\\tagain\\n'; exit 1");
        assert_eq!(cells, [(RESTART, Outcome::Ok)]);
    }
}
