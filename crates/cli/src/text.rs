//! Tables and numbers for people.

/// Which side a column's cells stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Rows under a header, each column as wide as its widest cell.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns; one whose name begins with `>` holds numbers, which stand at the right.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => (name.to_owned(), Side::Right),
            None => ((*name).to_owned(), Side::Left),
        };
        Self { columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has another number of cells than there are columns.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.columns.len(), "a cell for each column");
        self.rows.push(cells.into());
    }

    /// The header and the rows; nothing if there are no rows.
    pub(crate) fn lines(&self, indent: usize) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let width = |i: usize| {
            let cells = self.rows.iter().map(|row| row[i].chars().count());
            cells.chain([self.columns[i].0.chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let header: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let line = |cells: &Vec<String>| {
            let mut line = " ".repeat(indent);
            for ((cell, width), (_, side)) in cells.iter().zip(&widths).zip(&self.columns) {
                match side {
                    Side::Left => line.push_str(&format!("{cell:<width$}  ")),
                    Side::Right => line.push_str(&format!("{cell:>width$}  ")),
                }
            }
            line.trim_end().to_owned()
        };
        [&header].into_iter().chain(&self.rows).map(line).collect()
    }
}

/// A size in bytes, in the unit that makes it a number below 1,024.
pub(crate) fn size(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit < UNITS.len() - 1 {
        value /= 1024.0;
        unit += 1;
    }
    match (unit, value) {
        (0, _) => format!("{bytes} B"),
        (_, 100.0..) => format!("{value:.0} {}", UNITS[unit]),
        _ => format!("{value:.1} {}", UNITS[unit]),
    }
}

/// A number with its thousands set apart.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 partition`, `2 partitions`.
pub(crate) fn counted(number: i64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(number))
}

/// Things in a row, `1,2,3`; a dash for none.
pub(crate) fn list(things: impl IntoIterator<Item = impl ToString>) -> String {
    let all: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    if all.is_empty() { "-".to_owned() } else { all.join(",") }
}

/// A thing, or a dash.
pub(crate) fn or_dash(thing: Option<impl ToString>) -> String {
    thing.map_or_else(|| "-".to_owned(), |thing| thing.to_string())
}

/// Lines of at most `width` characters, broken at spaces; a word may be longer.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["TOPIC", ">SIZE"]);
        assert!(table.lines(0).is_empty());
        table.row(["orders".to_owned(), "1".to_owned()]);
        table.row(["zürich".to_owned(), "12345".to_owned()]);
        assert_eq!(table.lines(2), ["  TOPIC    SIZE", "  orders      1", "  zürich  12345"]);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 1023, 1024, 1_500_000, 150 << 30].map(size), ["0 B", "1023 B", "1.0 KiB", "1.4 MiB", "150 GiB"]);
        assert_eq!([0, 999, 1000, -1_234_567].map(count), ["0", "999", "1,000", "-1,234,567"]);
        assert_eq!([1, 2000].map(|n| counted(n, "record")), ["1 record", "2,000 records"]);
        assert_eq!(list([1, 2]), "1,2");
        assert_eq!(list([0; 0]), "-");
    }

    #[test]
    fn text_is_broken_at_spaces() {
        assert_eq!(wrap("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("incomprehensible", 4), ["incomprehensible"]);
    }
}
