//! The table of clients by features, on the screen and in files.
//!
//! A file has one line to a cell, `client TAB feature TAB outcome TAB detail`. The outcomes of a run go into such a
//! file for whoever started it; those of a run against Apache Kafka, without details, into the one that is committed,
//! so that a change of Apache Kafka's column is seen in a diff.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::clients::{CLIENTS, Outcome};
use crate::features::{FEATURES, PROGRAMS};

/// What a run has found: outcomes by client (or judge) and feature.
#[derive(Debug, Default)]
pub struct Table {
    cells: BTreeMap<(String, String), Outcome>,
    left_out: Vec<(String, String)>,
}

impl Table {
    /// Notes the outcome of a cell.
    pub fn add(&mut self, client: &str, feature: &str, outcome: Outcome) {
        self.cells.insert((client.to_owned(), feature.to_owned()), outcome);
    }

    /// Notes that a client or judge could not be asked, since `missing` is not on this machine.
    pub fn leave_out(&mut self, client: &str, missing: &str) {
        self.left_out.push((client.to_owned(), format!("needs {missing}")));
    }

    /// Whether no cell has failed.
    #[must_use]
    pub fn all_hold(&self) -> bool {
        !self.cells.values().any(|outcome| matches!(outcome, Outcome::Fail(_)))
    }

    fn get(&self, client: &str, feature: &str) -> Option<&Outcome> {
        self.cells.get(&(client.to_owned(), feature.to_owned()))
    }

    /// The table as people read it: features down, clients across, then what does not fit into it.
    #[must_use]
    pub fn render(&self) -> String {
        let asked: Vec<&str> = CLIENTS.iter().map(|client| client.name).filter(|name| self.knows(name)).collect();
        let mut text = String::new();
        if !asked.is_empty() {
            let _ = write!(text, "{:<14}", "");
            for client in &asked {
                let _ = write!(text, "  {client}");
            }
            text.push('\n');
            for feature in FEATURES {
                let _ = write!(text, "{feature:<14}");
                for client in &asked {
                    let mark = mark(self.get(client, feature));
                    let _ = write!(text, "  {mark:<width$}", width = client.len());
                }
                text.truncate(text.trim_end().len());
                text.push('\n');
            }
        }
        for program in PROGRAMS {
            if let Some(outcome) = self.get("kafka-tools", program) {
                let _ = writeln!(text, "Apache Kafka's {program}: {}", mark(Some(outcome)));
            }
        }
        for ((judge, question), outcome) in &self.cells {
            if !CLIENTS.iter().any(|client| client.name == judge) {
                let _ = writeln!(text, "{judge}, {question}: {}", mark(Some(outcome)));
            }
        }
        for (client, missing) in &self.left_out {
            let _ = writeln!(text, "{client}: left out, {missing}");
        }
        text
    }

    fn knows(&self, client: &str) -> bool {
        self.cells.keys().any(|(known, _)| known == client)
    }

    /// Writes the outcomes for the program that started this one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, file: &Path) -> Result<()> {
        let mut text = String::new();
        for ((client, feature), outcome) in &self.cells {
            let (word, detail) = words(outcome);
            let _ = writeln!(text, "{client}\t{feature}\t{word}\t{}", detail.replace(['\t', '\n'], " "));
        }
        for (client, missing) in &self.left_out {
            let _ = writeln!(text, "{client}\t*\tleft-out\t{missing}");
        }
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }

    /// Renews the committed column of Apache Kafka. Rows of clients that were not asked stay as they were.
    ///
    /// # Errors
    /// If the file holds something else, or cannot be written.
    pub fn save_column(&self, file: &Path) -> Result<()> {
        let mut column = read_column(file)?;
        for ((client, feature), outcome) in &self.cells {
            column.insert((client.clone(), feature.clone()), words(outcome).0.to_owned());
        }
        let lines = column.iter().map(|((client, feature), word)| format!("{client}\t{feature}\t{word}\n"));
        fs::write(file, lines.collect::<String>()).with_context(|| format!("writing {}", file.display()))
    }

    /// Where this run parts from Apache Kafka's column, one line to a cell.
    ///
    /// # Errors
    /// If the column holds something else.
    pub fn against_column(&self, file: &Path) -> Result<Vec<String>> {
        let column = read_column(file)?;
        let mut parts = Vec::new();
        for ((client, feature), outcome) in &self.cells {
            let ours = words(outcome).0;
            match column.get(&(client.clone(), feature.clone())) {
                Some(theirs) if theirs == ours => {}
                Some(theirs) => parts.push(format!("{client}, {feature}: {ours} here, {theirs} on Apache Kafka")),
                None => parts.push(format!("{client}, {feature}: {ours} here, never asked of Apache Kafka")),
            }
        }
        Ok(parts)
    }
}

fn words(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Ok => ("ok", ""),
        Outcome::Fail(why) => ("fail", why),
        Outcome::NotOffered(why) => ("n/a", why),
    }
}

fn mark(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Ok) => "ok",
        Some(Outcome::Fail(_)) => "FAIL",
        Some(Outcome::NotOffered(_)) => "–",
        None => "?",
    }
}

fn read_column(file: &Path) -> Result<BTreeMap<(String, String), String>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    let mut column = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        ensure!(fields.len() == 3, "{}: odd line: {line}", file.display());
        column.insert((fields[0].to_owned(), fields[1].to_owned()), fields[2].to_owned());
    }
    Ok(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_renewed_cell_by_cell_and_compared() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("column.tsv");
        let mut kafka = Table::default();
        kafka.add("kcat", "none", Outcome::Ok);
        kafka.add("kcat", "create", Outcome::NotOffered("no administration".into()));
        kafka.save_column(&file).unwrap();
        let mut ours = Table::default();
        ours.add("kcat", "none", Outcome::Fail("no".into()));
        ours.add("kcat", "create", Outcome::NotOffered(String::new()));
        assert_eq!(ours.against_column(&file).unwrap(), ["kcat, none: fail here, ok on Apache Kafka"]);
        let mut later = Table::default();
        later.add("java", "none", Outcome::Ok);
        later.save_column(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "java\tnone\tok\nkcat\tcreate\tn/a\nkcat\tnone\tok\n");
    }

    #[test]
    fn a_failed_cell_is_seen_in_the_table_and_its_reason_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("results.tsv");
        let mut table = Table::default();
        table.add("kcat", "none", Outcome::Fail("two\tlines\nof it".into()));
        table.leave_out("java", "Java (java)");
        assert!(!table.all_hold());
        assert!(table.render().lines().any(|line| line.split_whitespace().eq(["none", "FAIL"])), "{}", table.render());
        table.save(&file).unwrap();
        let saved = fs::read_to_string(&file).unwrap();
        assert_eq!(saved, "kcat\tnone\tfail\ttwo lines of it\njava\t*\tleft-out\tneeds Java (java)\n");
    }
}
