//! What a topic may be called, and which topics are Kafka's own.
//!
//! A name is 1 to 249 letters, digits, `.`, `_` and `-`. The names of metrics have no dots, so `a.b` and `a_b` would
//! share theirs: no topic is made whose name differs from an existing one in these two characters only.
//!
//! Source: Kafka `Topic`.

use std::fmt;

/// The longest name.
pub const LENGTH_MAX: usize = 249;
/// Where consumer groups and their offsets are kept.
pub const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// Where transactions are kept.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// Where share groups are kept.
pub const SHARE_GROUP_STATE: &str = "__share_group_state";
/// The log of metadata, which is no topic that a client could make or see.
pub const CLUSTER_METADATA: &str = "__cluster_metadata";

/// Whether brokers write the topic and clients only read it.
#[must_use]
pub fn is_internal(name: &str) -> bool {
    [CONSUMER_OFFSETS, TRANSACTION_STATE, SHARE_GROUP_STATE].contains(&name)
}

/// Checks a name.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &str) -> Result<(), InvalidTopicName> {
    if name.is_empty() {
        Err(InvalidTopicName::Empty)
    } else if name == "." || name == ".." {
        Err(InvalidTopicName::Dots { name: name.to_owned() })
    } else if name.chars().count() > LENGTH_MAX {
        Err(InvalidTopicName::TooLong { name: name.to_owned() })
    } else if !name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-')) {
        Err(InvalidTopicName::Character { name: name.to_owned() })
    } else {
        Ok(())
    }
}

/// What two names that collide have in common; `None` for a name that cannot collide.
#[must_use]
pub fn collision_key(name: &str) -> Option<String> {
    name.contains(['.', '_']).then(|| name.replace('.', "_"))
}

/// What is wrong with the name of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidTopicName {
    /// It is empty.
    Empty,
    /// It would be a directory's own name or its parent's.
    Dots {
        /// The name.
        name: String,
    },
    /// It has more than [`LENGTH_MAX`] characters.
    TooLong {
        /// The name.
        name: String,
    },
    /// It has a character that names do not have.
    Character {
        /// The name.
        name: String,
    },
}

impl fmt::Display for InvalidTopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Topic name is invalid: ")?;
        match self {
            Self::Empty => f.write_str("the empty string is not allowed"),
            Self::Dots { name } => write!(f, "'{name}' is not allowed"),
            Self::TooLong { name } => {
                write!(f, "the length of '{name}' is longer than the max allowed length {LENGTH_MAX}")
            }
            Self::Character { name } => {
                write!(f, "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
            }
        }
    }
}

impl std::error::Error for InvalidTopicName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_letters_digits_dots_underscores_and_dashes_are_fine() {
        for name in ["a", "A-1_b.c", "...", "__consumer_offsets", &"x".repeat(249)] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_reason() {
        let long = "x".repeat(250);
        for (name, reason) in [
            ("", "empty"),
            (".", "'.'"),
            ("..", "'..'"),
            (long.as_str(), "longer than"),
            ("a b", "characters"),
            ("ä", "characters"),
            ("a/b", "characters"),
            ("a\u{fffd}", "characters"),
            ("a\n", "characters"),
        ] {
            let error = check(name).unwrap_err().to_string();
            assert!(error.contains(reason), "{name:?}: {error}");
        }
    }

    #[test]
    fn names_that_differ_in_dots_and_underscores_only_collide() {
        assert_eq!(collision_key("a.b_c"), collision_key("a_b.c"));
        assert_eq!(collision_key("ab"), None);
        assert_ne!(collision_key("a.b"), collision_key("a.c"));
    }
}
