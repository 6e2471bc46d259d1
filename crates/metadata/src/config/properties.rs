//! Java's properties format: what `server.properties` is written in.
//!
//! ```text
//! # a comment, as is a line that begins with !
//! node.id=1
//! listeners : PLAINTEXT://:9092,\
//!             CONTROLLER://:9093        the backslash joins lines, the blanks in front are dropped
//! greeting  a\tb \u00e9                 a blank separates too; escapes are those of Java
//! ```
//!
//! Every entry knows the line it began on, so that a complaint about it can say where to look.
//!
//! Source: `java.util.Properties.load` and `store`.

use std::fmt;

/// The entries of a file in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    entries: Vec<Property>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped; blanks at its end belong to it.
    pub value: String,
    /// The line it began on, from 1; `None` for an entry that came from elsewhere.
    pub line: Option<usize>,
}

/// A `\u` that four hexadecimal digits do not follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedEscape {
    /// The line the entry began on, from 1.
    pub line: usize,
}

impl fmt::Display for MalformedEscape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: \\u must be followed by four hexadecimal digits; a literal backslash is \\\\", self.line)
    }
}

impl std::error::Error for MalformedEscape {}

impl Properties {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MalformedEscape`]; nothing else is wrong in this format.
    pub fn parse(text: &str) -> Result<Self, MalformedEscape> {
        let mut entries = Vec::new();
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).enumerate();
        while let Some((index, first)) = lines.next() {
            let mut logical = first.trim_start_matches(BLANKS).to_owned();
            if logical.is_empty() || logical.starts_with(['#', '!']) {
                continue;
            }
            while continues(&logical) {
                logical.pop();
                let Some((_, next)) = lines.next() else { break };
                logical.push_str(next.trim_start_matches(BLANKS));
            }
            let line = index + 1;
            let (key, value) = split(&logical);
            entries.push(Property {
                key: unescape(key).ok_or(MalformedEscape { line })?,
                value: unescape(value).ok_or(MalformedEscape { line })?,
                line: Some(line),
            });
        }
        Ok(Self { entries })
    }

    /// The value of a key; the last entry counts when there are several.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// Gives a key a value, in place of whatever it had.
    pub fn set(&mut self, key: &str, value: &str) {
        self.entries.retain(|entry| entry.key != key);
        self.entries.push(Property { key: key.to_owned(), value: value.to_owned(), line: None });
    }

    /// The entries in their order, doubles included.
    pub fn iter(&self) -> impl Iterator<Item = &Property> {
        self.entries.iter()
    }
}

/// Writes `key=value` lines that [`Properties::parse`] reads back as they are.
impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Property { key, value, .. } in &self.entries {
            writeln!(f, "{}={}", escape(key, true), escape(value, false))?;
        }
        Ok(())
    }
}

const BLANKS: [char; 3] = [' ', '\t', '\x0c'];

/// An odd number of backslashes at the end: the last of them escapes the line's end.
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Cuts at the first separator that no backslash escapes. Of blanks and one `=` or `:`, together one separator.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let separates = !escaped && (BLANKS.contains(&c) || c == '=' || c == ':');
        escaped = !escaped && c == '\\';
        separates
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).map_or(rest, |rest| rest.trim_start_matches(BLANKS));
    (key, value)
}

/// `None` when a `\u` is malformed. Two escaped UTF-16 surrogates make one character.
fn unescape(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some('u') => {
                    let digits = chars.as_str().get(..4).filter(|digits| !digits.starts_with('+'))?;
                    units.push(u16::from_str_radix(digits, 16).ok()?);
                    chars = chars.as_str()[4..].chars();
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            other => other,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    Some(String::from_utf16_lossy(&units))
}

/// Blanks are escaped everywhere in a key, and in a value where it begins.
fn escape(text: &str, is_key: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        match c {
            ' ' if is_key || index == 0 => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}"))),
        }
    }
    out
}
