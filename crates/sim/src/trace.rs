//! What happened in a run, line by line: to be read by people, and to be compared.

use std::{collections::VecDeque, fmt};

/// How many of the last lines a failure shows.
const SHOWN: usize = 60;

/// The lines of a run. All count into a digest, the last few are kept.
#[derive(Debug)]
pub struct Trace {
    digest: u64,
    count: u64,
    last: VecDeque<String>,
    echo: bool,
}

impl Trace {
    /// No lines yet. With `echo` each is printed as it comes.
    #[must_use]
    pub fn new(echo: bool) -> Self {
        // The start and the prime of FNV-1a.
        Self { digest: 0xcbf2_9ce4_8422_2325, count: 0, last: VecDeque::new(), echo }
    }

    /// Adds a line.
    pub fn line(&mut self, at_ns: u64, line: fmt::Arguments<'_>) {
        let text = format!("{:>12.6} {line}", at_ns as f64 / 1e9);
        for byte in text.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.count += 1;
        if self.echo {
            println!("{text}");
        }
        if self.last.len() == SHOWN {
            self.last.pop_front();
        }
        self.last.push_back(text);
    }

    /// A digest of all lines; equal for equal runs.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// How many lines there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last lines.
    pub fn last(&self) -> impl Iterator<Item = &str> {
        self.last.iter().map(String::as_str)
    }
}
