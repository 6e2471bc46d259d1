//! Apache Kafka's own programs, each started as its script would.
//!
//! The console producer cannot give records a timestamp: a moment between two runs is what is sought.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};

use super::{Outcome, Phase, Scene, cell, lines};
use crate::features::CODECS;
use crate::kafka::Kafka;
use crate::process::{self, Background, Output};

const PATIENCE: Duration = Duration::from_secs(120);
const COUNT: u32 = 100;

pub(super) fn walk(kafka: &Kafka, scene: &Scene, phase: Phase, tell: &mut dyn FnMut(&str, Outcome)) {
    let tools = Tools { kafka, scene };
    if phase == Phase::After {
        cell("restart", tell, || tools.takes_half("restart", COUNT / 2));
        return;
    }
    let admin = scene.name("admin");
    cell("broker-api-versions", tell, || {
        let versions = tools.run("broker-api-versions", &[], "")?.success()?;
        ensure!(versions.contains("\tProduce(0): ") && versions.contains("\tFetch(1): "), "{versions}");
        Ok(())
    });
    cell("create", tell, || {
        let options = ["--create", "--topic", &admin, "--partitions", "2", "--config", "retention.ms=3600000"];
        tools.run("topics", &options, "")?.success()?;
        Ok(())
    });
    cell("describe", tell, || tools.described(&admin, "PartitionCount: 2", "retention.ms=3600000"));
    cell("alter", tell, || {
        tools.run("topics", &["--alter", "--topic", &admin, "--partitions", "4"], "")?.success()?;
        tools.alter_retention(&admin)?.success()?;
        tools.described(&admin, "PartitionCount: 4", "retention.ms=7200000")
    });
    cell("delete", tell, || {
        tools.run("topics", &["--delete", "--topic", &admin], "")?.success()?;
        tools.until("topic gone", "topics", &["--list"], |listed| !listed.lines().any(|line| line == admin))
    });
    for codec in CODECS {
        let options = ["--compression-codec", codec, "--command-property", "enable.idempotence=false"];
        cell(codec, tell, || tools.produce_all(codec, &options));
    }
    cell("idempotent", tell, || tools.produce_all("idempotent", &["--command-property", "enable.idempotence=true"]));
    cell("consume", tell, || CODECS.iter().try_for_each(|codec| tools.consume(codec)));
    cell("get-offsets", tell, || {
        let wanted: String = CODECS.iter().map(|codec| format!("{}:0:100\n", scene.name(codec))).collect();
        let pattern = format!("{}({})", scene.prefix, CODECS.join("|"));
        let listed = tools.run("get-offsets", &["--topic", &pattern], "")?.success()?;
        ensure!(sorted(&listed) == sorted(&wanted), "{listed}");
        Ok(())
    });
    cell("group", tell, || tools.group());
    cell("resume", tell, || {
        tools.produce_all("resume", &[])?;
        tools.takes_half("resume", 0)?;
        tools.takes_half("resume", COUNT / 2)
    });
    cell("consumer-groups", tell, || tools.consumer_groups());
    cell("timestamp", tell, || tools.timestamp());
    cell("producer-perf-test", tell, || {
        let topic = scene.name("perf");
        let options = ["--num-records", "20000", "--record-size", "500", "--throughput", "-1", "--topic", &topic];
        let told = tools.run("producer-perf-test", &options, "")?.success()?;
        ensure!(told.contains("20000 records sent"), "{told}");
        tools.expect_offsets(&topic, "-1", 20_000)
    });
    cell("bad-name", tell, || {
        refused(&tools.run("topics", &["--create", "--topic", "bad name!"], "")?, "InvalidTopicException")
    });
    cell("unknown-topic", tell, || {
        refused(&tools.alter_retention(&scene.name("nowhere"))?, "UnknownTopicOrPartitionException")
    });
    cell("too-large", tell, || {
        let topic = scene.name("too-large");
        let options = ["--num-records", "1", "--record-size", "2000000", "--throughput", "-1", "--topic", &topic];
        let large = ["--command-property", "max.request.size=3000000"];
        // It reports the refusal of a record, and ends with success all the same.
        let told = tools.run("producer-perf-test", &[&options[..], &large].concat(), "")?;
        ensure!(says(&told, "RecordTooLargeException"), "{}", told.tail());
        Ok(())
    });
    // A failure here shows in `restart`.
    let _ = tools.produce_all("restart", &[]).and_then(|()| tools.takes_half("restart", 0));
}

struct Tools<'a> {
    kafka: &'a Kafka,
    scene: &'a Scene,
}

impl Tools<'_> {
    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = self.kafka.program(program);
        command.args(["--bootstrap-server", &self.scene.bootstrap]).args(args);
        command
    }

    fn run(&self, program: &str, args: &[&str], input: &str) -> Result<Output> {
        process::run(&mut self.command(program, args), input, PATIENCE).context(program.to_owned())
    }

    /// Asks again until the answer is as wanted: what was acknowledged may take a moment to be seen by another call.
    fn until(&self, what: &str, program: &str, args: &[&str], wanted: impl Fn(&str) -> bool) -> Result<()> {
        let mut output = String::new();
        for _ in 0..20 {
            output = self.run(program, args, "")?.success()?;
            if wanted(&output) {
                return Ok(());
            }
        }
        anyhow::bail!("{what}: not after 20 calls of {program}: {output}")
    }

    fn described(&self, topic: &str, partitions: &str, retention: &str) -> Result<()> {
        let options = ["--describe", "--topic", topic];
        let wanted = |told: &str| told.contains(partitions) && told.contains(retention);
        self.until(&format!("{partitions}, {retention}"), "topics", &options, wanted)?;
        let options = ["--describe", "--entity-type", "topics", "--entity-name", topic];
        let told = self.run("configs", &options, "")?.success()?;
        ensure!(told.contains(retention), "{retention}: {told}");
        Ok(())
    }

    fn alter_retention(&self, topic: &str) -> Result<Output> {
        let entity = ["--alter", "--entity-type", "topics", "--entity-name", topic];
        self.run("configs", &[&entity[..], &["--add-config", "retention.ms=7200000"]].concat(), "")
    }

    fn produce(&self, topic: &str, numbers: std::ops::Range<u32>, options: &[&str]) -> Result<()> {
        let reader = ["--reader-property", "parse.key=true", "--reader-property", "parse.headers=true"];
        let options = [&["--topic", topic][..], &reader, options].concat();
        let text = lines(numbers, |number| format!("number:{number}\t"));
        let told = self.run("console-producer", &options, &text)?;
        ensure!(!told.stderr.contains("ERROR"), "{}", told.tail());
        told.success()?;
        Ok(())
    }

    fn produce_all(&self, name: &str, options: &[&str]) -> Result<()> {
        let topic = self.scene.name(name);
        self.produce(&topic, 0..COUNT, options)?;
        self.expect_offsets(&topic, "-1", COUNT)
    }

    fn expect_offsets(&self, topic: &str, time: &str, wanted: u32) -> Result<()> {
        let told = self.run("get-offsets", &["--topic", topic, "--time", time], "")?.success()?;
        let wanted = format!("{topic}:0:{wanted}");
        ensure!(told.trim() == wanted, "offset for {time}: {} instead of {wanted}", told.trim());
        Ok(())
    }

    /// Reads `numbers` with the console consumer, which must find just these, in order.
    fn read(&self, topic: &str, numbers: std::ops::Range<u32>, options: &[&str]) -> Result<()> {
        let count = numbers.len().to_string();
        let mut all = vec!["--topic", topic, "--max-messages", &count, "--timeout-ms", "90000"];
        for property in ["print.offset=true", "print.headers=true", "print.key=true"] {
            all.extend(["--formatter-property", property]);
        }
        all.extend(options);
        let seen = self.run("console-consumer", &all, "")?.success()?;
        let sent = lines(numbers, |number| format!("Offset:{number}\tnumber:{number}\t"));
        let parts = seen.lines().zip(sent.lines()).find(|(seen, sent)| seen != sent);
        ensure!(parts.is_none(), "{topic}: read and sent: {parts:?}");
        ensure!(seen.lines().count() == sent.lines().count(), "{topic}: {} records", seen.lines().count());
        Ok(())
    }

    fn consume(&self, name: &str) -> Result<()> {
        self.read(&self.scene.name(name), 0..COUNT, &["--from-beginning"])
    }

    /// Takes half of the records of a topic in its group, beginning at `from`; the end of the program commits them.
    fn takes_half(&self, name: &str, from: u32) -> Result<()> {
        let topic = self.scene.name(name);
        self.read(&topic, from..from + COUNT / 2, &["--group", &topic, "--from-beginning"])
    }

    /// The verifiable consumer tells what it is assigned and what it reads.
    fn group(&self) -> Result<()> {
        let topic = self.scene.name("group");
        self.run("topics", &["--create", "--topic", &topic, "--partitions", "6"], "")?.success()?;
        let options = ["--topic", &topic, "--group-id", &topic, "--reset-policy", "earliest", "--verbose"];
        let member = || Background::start(&mut self.command("verifiable-consumer", &options));
        let mut members = vec![member()?, member()?, member()?];
        let hold = |members: &[Background], count: usize| {
            let wait = |member: &Background| {
                let what = format!("assignment of {count} partitions");
                member.wait_for(&what, PATIENCE, |lines| (assigned(lines) == count).then_some(()))
            };
            members.iter().try_for_each(wait)
        };
        hold(&members, 2)?;
        members.pop().context("three members")?.terminate(PATIENCE)?;
        hold(&members, 3)?;
        let told = self.run("verifiable-producer", &["--topic", &topic, "--max-messages", "60"], "")?.success()?;
        ensure!(told.contains("\"sent\":60,\"acked\":60"), "{told}");
        let mut all = process::until("60 records", PATIENCE, || {
            let all: Vec<u32> = members.iter().flat_map(|member| values(&member.lines())).collect();
            (all.len() >= 60).then_some(all)
        })?;
        all.sort_unstable();
        ensure!(all == (0..60).collect::<Vec<_>>(), "{} records arrived: {all:?}", all.len());
        members.iter_mut().try_for_each(|member| member.terminate(PATIENCE).map(drop))
    }

    /// Goes on where `resume` has left its group: at the end, and empty.
    fn consumer_groups(&self) -> Result<()> {
        let group = self.scene.name("resume");
        let call = |options: &[&str]| self.run("consumer-groups", options, "")?.success();
        let listed = call(&["--list"])?;
        ensure!(listed.lines().any(|line| line == group), "{listed}");
        let offsets = |wanted: [&str; 3]| -> Result<()> {
            let told = call(&["--describe", "--group", &group])?;
            let row: Vec<&str> =
                told.lines().rev().find(|line| line.contains(&group)).unwrap_or("").split_whitespace().collect();
            ensure!(row.get(3..6) == Some(&wanted[..]), "offset, end and lag are not {wanted:?}: {told}");
            Ok(())
        };
        offsets(["100", "100", "0"])?;
        call(&["--reset-offsets", "--group", &group, "--topic", &group, "--to-offset", "10", "--execute"])?;
        offsets(["10", "100", "90"])?;
        call(&["--delete-offsets", "--group", &group, "--topic", &group])?;
        call(&["--delete", "--group", &group])?;
        // It says so, and ends with success all the same.
        let told = self.run("consumer-groups", &["--describe", "--group", &group], "")?;
        ensure!(says(&told, "GroupIdNotFoundException"), "{}", told.tail());
        Ok(())
    }

    fn timestamp(&self) -> Result<()> {
        let (topic, half) = (self.scene.name("timestamp"), COUNT / 2);
        self.produce(&topic, 0..half, &[])?;
        // Later than the first half, and not later than the second: both are stamped on this machine.
        let between = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() + 1;
        std::thread::sleep(Duration::from_millis(2));
        self.produce(&topic, half..COUNT, &[])?;
        self.expect_offsets(&topic, &between.to_string(), half)?;
        self.expect_offsets(&topic, "-2", 0)?;
        self.read(&topic, half..COUNT, &["--partition", "0", "--offset", &half.to_string()])
    }
}

fn refused(output: &Output, exception: &str) -> Result<()> {
    ensure!(!output.status.success(), "not refused");
    ensure!(says(output, exception), "{}", output.tail());
    Ok(())
}

fn says(output: &Output, exception: &str) -> bool {
    output.stdout.contains(exception) || output.stderr.contains(exception)
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// How many partitions the member's last event of the kind says it was assigned. Between a revocation and the next
/// assignment it holds none.
fn assigned(lines: &[String]) -> usize {
    let event = lines.iter().rev().find(|line| line.contains("\"name\":\"partitions_"));
    event.filter(|line| line.contains("partitions_assigned")).map_or(0, |line| line.matches("\"partition\":").count())
}

/// The values that a member has read.
fn values(lines: &[String]) -> Vec<u32> {
    let records = lines.iter().filter(|line| line.contains("\"name\":\"record_data\""));
    let value = |line: &String| line.split("\"value\":\"").nth(1)?.split('"').next()?.parse().ok();
    records.filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_holds_what_its_last_assignment_says() {
        let assignment = r#"{"name":"partitions_assigned","partitions":[{"topic":"t","partition":0},{"partition":1}]}"#;
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        assert_eq!(assigned(&lines(&[assignment])), 2);
        assert_eq!(assigned(&lines(&[assignment, r#"{"name":"records_consumed","partition":1}"#])), 2);
        assert_eq!(assigned(&lines(&[assignment, r#"{"name":"partitions_revoked","partitions":[]}"#])), 0);
        assert_eq!(values(&lines(&[r#"{"name":"record_data","key":null,"value":"7","topic":"t"}"#])), [7]);
    }
}
