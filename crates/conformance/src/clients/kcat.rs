//! kcat, the command line of librdkafka.
//!
//! It has no administration: topics appear when they are written to, with one partition, so the topic of the group is
//! made for it. All records of one run share their headers, and none can be given a timestamp: a moment between two
//! runs is what is sought.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};

use super::{Outcome, Phase, Scene, cell, lines};
use crate::features::CODECS;
use crate::process::{self, Background, Output};
use crate::wire;

const PATIENCE: Duration = Duration::from_secs(90);
const COUNT: u32 = 100;

pub(super) fn walk(scene: &Scene, phase: Phase, tell: &mut dyn FnMut(&str, Outcome)) {
    let kcat = Kcat { scene };
    if phase == Phase::After {
        cell("restart", tell, || kcat.takes_half("restart", COUNT / 2));
        return;
    }
    for feature in ["create", "alter", "delete"] {
        tell(feature, Outcome::NotOffered("it has no administration".into()));
    }
    cell("describe", tell, || kcat.describe());
    for codec in CODECS {
        cell(codec, tell, || kcat.produce_all(codec, &["-z", codec]));
    }
    cell("idempotent", tell, || kcat.produce_all("idempotent", &["-X", "enable.idempotence=true"]));
    cell("consume", tell, || CODECS.iter().try_for_each(|codec| kcat.consume(codec)));
    cell("group", tell, || kcat.group());
    cell("resume", tell, || {
        kcat.produce_all("resume", &[])?;
        kcat.takes_half("resume", 0)?;
        kcat.takes_half("resume", COUNT / 2)
    });
    cell("timestamp", tell, || kcat.timestamp());
    cell("bad-name", tell, || refused(&kcat.send("bad name!", "x\n", &[])?, "Broker: Invalid topic"));
    cell("unknown-topic", tell, || {
        let topic = scene.name("nowhere");
        let read = ["-C", "-t", &topic, "-e", "-X", "allow.auto.create.topics=false"];
        refused(&kcat.run(&read, "")?, "Broker: Unknown topic or partition")
    });
    cell("too-large", tell, || {
        let large = format!("{}\n", "x".repeat(2_000_000));
        let sent = kcat.send(&scene.name("too-large"), &large, &["-X", "message.max.bytes=3000000"])?;
        refused(&sent, "Broker: Message size too large")
    });
    // A failure here shows in `restart`.
    let _ = kcat.produce_all("restart", &[]).and_then(|()| kcat.takes_half("restart", 0));
}

struct Kcat<'a> {
    scene: &'a Scene,
}

impl Kcat<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("kcat");
        command.args(["-b", &self.scene.bootstrap]).args(args);
        command
    }

    fn run(&self, args: &[&str], input: &str) -> Result<Output> {
        process::run(&mut self.command(args), input, PATIENCE)
    }

    fn send(&self, topic: &str, text: &str, options: &[&str]) -> Result<Output> {
        self.run(&[&["-P", "-t", topic, "-K", "\t", "-H", "number=all", "-X", "acks=all"], options].concat(), text)
    }

    fn produce_all(&self, name: &str, options: &[&str]) -> Result<()> {
        let topic = self.scene.name(name);
        self.send(&topic, &lines(0..COUNT, |_| String::new()), options)?.success()?;
        self.expect_offset(&topic, -1, COUNT)
    }

    /// Checks the offset for a timestamp; -1 stands for the end.
    fn expect_offset(&self, topic: &str, timestamp: i64, wanted: u32) -> Result<()> {
        let answer = self.run(&["-Q", "-t", &format!("{topic}:0:{timestamp}")], "")?.success()?;
        let wanted = format!("{topic} [0] offset {wanted}");
        ensure!(answer.trim() == wanted, "offset for {timestamp}: {} instead of {wanted}", answer.trim());
        Ok(())
    }

    fn describe(&self) -> Result<()> {
        let topic = self.scene.name("describe");
        wire::create_topic(&self.scene.bootstrap, &topic, 2)?;
        let listed = self.run(&["-L", "-t", &topic], "")?.success()?;
        ensure!(listed.contains(&format!("topic \"{topic}\" with 2 partitions:")), "listed: {listed}");
        Ok(())
    }

    fn consume(&self, name: &str) -> Result<()> {
        let topic = self.scene.name(name);
        let options = ["-C", "-t", &topic, "-p", "0", "-o", "beginning", "-e", "-f", "%o %h %k\t%s\n"];
        let seen = self.run(&options, "")?.success()?;
        let sent = lines(0..COUNT, |number| format!("{number} number=all "));
        let parts = seen.lines().zip(sent.lines()).find(|(seen, sent)| seen != sent);
        ensure!(parts.is_none(), "{name}: read and sent: {parts:?}");
        ensure!(seen.lines().count() == COUNT as usize, "{name}: {} records", seen.lines().count());
        Ok(())
    }

    /// Takes half of the records of a topic in its group, which must begin at `from`; the end of kcat commits them.
    fn takes_half(&self, name: &str, from: u32) -> Result<()> {
        let (topic, half) = (self.scene.name(name), COUNT / 2);
        let count = half.to_string();
        let options = ["-G", &topic, "-c", &count, "-X", "auto.offset.reset=earliest", "-f", "%o %k\n", &topic];
        let seen = self.run(&options, "")?.success()?;
        let wanted: String = (from..from + half).map(|number| format!("{number} key-{number}\n")).collect();
        ensure!(seen == wanted, "read {:?} instead of {from} to {}", first_and_last(&seen), from + half - 1);
        Ok(())
    }

    fn group(&self) -> Result<()> {
        let topic = self.scene.name("group");
        wire::create_topic(&self.scene.bootstrap, &topic, 6)?;
        let options = ["-G", &topic, "-u", "-X", "auto.offset.reset=earliest", "-f", "%k\n", &topic];
        let member = || Background::start(&mut self.command(&options));
        let mut members = vec![member()?, member()?, member()?];
        let hold = |members: &[Background], count: usize| {
            let wait = |member: &Background| {
                let what = format!("assignment of {count} partitions");
                member.wait_for(&what, PATIENCE, |lines| (assigned(lines, &topic) == count).then_some(()))
            };
            members.iter().try_for_each(wait)
        };
        hold(&members, 2)?;
        members.pop().context("three members")?.terminate(PATIENCE)?;
        hold(&members, 3)?;
        self.send(&topic, &lines(0..60, |_| String::new()), &[])?.success()?;
        let keys = |lines: &[String]| lines.iter().filter(|line| line.starts_with("key-")).cloned().collect::<Vec<_>>();
        let mut all = process::until("60 records", PATIENCE, || {
            let all: Vec<String> = members.iter().flat_map(|member| keys(&member.lines())).collect();
            (all.len() >= 60).then_some(all)
        })?;
        all.sort();
        let mut wanted: Vec<String> = (0..60).map(|number| format!("key-{number}")).collect();
        wanted.sort();
        ensure!(all == wanted, "{} records arrived: {all:?}", all.len());
        members.iter_mut().try_for_each(|member| member.terminate(PATIENCE).map(drop))
    }

    fn timestamp(&self) -> Result<()> {
        let (topic, half) = (self.scene.name("timestamp"), COUNT / 2);
        self.send(&topic, &lines(0..half, |_| String::new()), &[])?.success()?;
        // Later than the first half, and not later than the second: both are stamped by kcat on this machine.
        let between = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())? + 1;
        std::thread::sleep(Duration::from_millis(2));
        self.send(&topic, &lines(half..COUNT, |_| String::new()), &[])?.success()?;
        self.expect_offset(&topic, between, half)?;
        self.expect_offset(&topic, -2, 0)?;
        self.expect_offset(&topic, -1, COUNT)?;
        let start = format!("s@{between}");
        let read = ["-C", "-t", &topic, "-p", "0", "-o", &start, "-c", "1", "-f", "%o %k\n"];
        let seen = self.run(&read, "")?.success()?;
        ensure!(seen == format!("{half} key-{half}\n"), "from the timestamp on: {seen:?}");
        Ok(())
    }
}

fn refused(output: &Output, message: &str) -> Result<()> {
    ensure!(!output.status.success(), "not refused");
    ensure!(output.stderr.contains(message), "{}", output.tail());
    Ok(())
}

fn first_and_last(text: &str) -> (Option<&str>, Option<&str>) {
    (text.lines().next(), text.lines().last())
}

/// How many partitions of `topic` the last rebalance in kcat's messages has assigned.
fn assigned(lines: &[String], topic: &str) -> usize {
    let last = lines.iter().rev().find(|line| line.starts_with("% Group ") && line.contains(" rebalanced "));
    let Some((_, partitions)) = last.and_then(|line| line.split_once(": assigned: ")) else { return 0 };
    partitions.matches(&format!("{topic} [")).count()
}

#[cfg(test)]
mod tests {
    use super::assigned;

    #[test]
    fn only_the_last_rebalance_counts() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let first = "% Group g rebalanced (memberid m): assigned: t [0], t [1]";
        assert_eq!(assigned(&lines(first), "t"), 2);
        assert_eq!(assigned(&lines(&format!("{first}\n% Group g rebalanced (memberid m): revoked: t [0]")), "t"), 0);
        assert_eq!(assigned(&lines(&format!("{first}\nkey-1\n% Reached end of topic t [1] at offset 3")), "t"), 2);
    }
}
