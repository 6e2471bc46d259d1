use proptest::prelude::*;

use crate::config::properties::{MalformedEscape, Properties};

fn entries(text: &str) -> Vec<(String, String, Option<usize>)> {
    let properties = Properties::parse(text).expect("well-formed");
    properties.iter().map(|p| (p.key.clone(), p.value.clone(), p.line)).collect()
}

#[test]
fn a_file_is_read_as_java_reads_it() {
    let text = "\
# a comment\\
  ! another
node.id=1
  spaced  :  out \t\r
blank separated
listeners = PLAINTEXT://:9092,\\
   # no comment,\\
   CONTROLLER://:9093
a\\ key\\:=\\u00e9\\ud83d\\ude00\\n\\q
empty=
alone
double=1
double=2
backslash\\\\=end\\\\";
    let expected = [
        ("node.id", "1", 3),
        ("spaced", "out \t", 4),
        ("blank", "separated", 5),
        ("listeners", "PLAINTEXT://:9092,# no comment,CONTROLLER://:9093", 6),
        ("a key:", "é😀\nq", 9),
        ("empty", "", 10),
        ("alone", "", 11),
        ("double", "1", 12),
        ("double", "2", 13),
        ("backslash\\", "end\\", 14),
    ];
    let expected: Vec<_> = expected.map(|(k, v, line)| (k.to_owned(), v.to_owned(), Some(line))).into();
    assert_eq!(entries(text), expected);
    assert_eq!(Properties::parse(text).expect("well-formed").get("double"), Some("2"));
}

#[test]
fn a_malformed_escape_names_its_line() {
    for text in ["a=1\nb=\\u12", "a=1\nb=\\u12g4", "a=1\n\\u+123=x", "a=1\nb=\\u12é"] {
        assert_eq!(Properties::parse(text), Err(MalformedEscape { line: 2 }), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(pairs in proptest::collection::btree_map(".+", ".*", 0..8)) {
        let mut properties = Properties::default();
        for (key, value) in &pairs {
            properties.set(key, value);
        }
        let text = properties.to_string();
        prop_assert!(text.is_ascii());
        let read = Properties::parse(&text).expect("we wrote it");
        prop_assert_eq!(read.iter().count(), pairs.len());
        for (key, value) in &pairs {
            prop_assert_eq!(read.get(key), Some(value.as_str()));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\\\u0-9a-f=:#! \t\r\n\u{e9}]*") {
        let _ = Properties::parse(&text);
    }
}
