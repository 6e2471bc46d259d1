//! What can be wrong with a server's file.

use std::fmt;

use crate::config::value::InvalidValue;

/// One thing that is wrong with a server's file. Its text is one sentence that begins with the line, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerConfigError {
    /// Nobody knows this name.
    Unknown {
        /// The name as it was given.
        name: String,
        /// Where, unless it came from the command line.
        line: Option<usize>,
        /// The known name most like it.
        nearest: Option<&'static str>,
    },
    /// The value does not fit the config.
    Invalid {
        /// Where, unless it came from the command line.
        line: Option<usize>,
        /// Why, and what would be right.
        error: InvalidValue,
    },
    /// Kafka would act on this, Milena does not yet, and whoever set it relies on it.
    NotSupportedYet {
        /// The config.
        name: String,
        /// Where, unless it came from the command line.
        line: Option<usize>,
        /// The value that is accepted.
        default: Option<&'static str>,
    },
    /// Several configs do not go together, or one is missing.
    Rule(String),
}

impl fmt::Display for ServerConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, line: &Option<usize>| match line {
            Some(line) => write!(f, "line {line}: "),
            None => Ok(()),
        };
        match self {
            Self::Unknown { name, line, nearest } => {
                at(f, line)?;
                write!(f, "unknown config {name}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::Invalid { line, error } => {
                at(f, line)?;
                write!(f, "{error}")
            }
            Self::NotSupportedYet { name, line, default } => {
                at(f, line)?;
                write!(f, "{name} is not supported yet; ")?;
                match default {
                    Some("") => f.write_str("leave it empty or take the line out"),
                    Some(default) => write!(f, "leave it at {default} or take the line out"),
                    None => f.write_str("take the line out"),
                }
            }
            Self::Rule(rule) => f.write_str(rule),
        }
    }
}

impl std::error::Error for ServerConfigError {}
