//! How a run ended.

use std::fmt;

use crate::settings::Options;

/// A rule was broken, or the node did what it must not.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// How the run was started.
    pub options: Options,
    /// What was broken.
    pub what: String,
    /// The last lines of the trace.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trace.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        let Self { seed, options, what, .. } = self;
        let power = if options.power_cuts { "" } else { " --no-power-cuts" };
        write!(
            f,
            "seed {seed}: {what}\nreplay: cargo run -p milena-sim -- --seed {seed} --steps {}{power} --verbose",
            options.steps
        )
    }
}

impl std::error::Error for Failure {}

/// What a run that passed has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Equal for equal runs.
    pub digest: u64,
    /// How many lines the trace has.
    pub lines: u64,
    /// How often the node was killed.
    pub kills: u64,
    /// How often the power was cut.
    pub power_cuts: u64,
    /// How often it was stopped cleanly.
    pub stops: u64,
    /// How many records were acknowledged.
    pub acknowledged: u64,
    /// How many records were read, repeats included.
    pub read: u64,
}
