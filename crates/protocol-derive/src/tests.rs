//! What the derive says to whoever writes a message that cannot be.

use proc_macro2::TokenStream;
use quote::quote;

/// What the compiler would show for this struct; `None` if there is nothing wrong with it.
fn complaint(input: TokenStream) -> Option<String> {
    let input = syn::parse2(input).expect("the test's struct is one");
    super::expand(&input).err().map(|error| error.to_string())
}

/// The same for one field in a message that has the versions 2 to 9 and is flexible from 5 on.
fn field_complaint(field: TokenStream) -> Option<String> {
    complaint(quote!(#[message(key = 1, versions = "2..=9", flexible = "5+")] struct M<'a> { #field, }))
}

#[test]
fn what_kafka_allows_is_allowed() {
    for field in [
        quote!(a: i32),
        quote!(#[field(versions = "3+", nullable = "7+", ignorable)] a: Option<Str<'a>>),
        quote!(#[field(versions = "2..=8", default = "a")] a: Str<'a>),
        quote!(#[field(versions = "6+", tag = 0, default = -1, name = "isA")] a: i64),
        quote!(#[field(default = BrokerId(-1))] a: BrokerId),
        quote!(#[field(nullable, default = Some(Default::default()))] a: Option<Vec<Part<'a>>>),
        quote!(#[field(nullable, default = "a", flexible = "none")] a: Option<Str<'a>>),
    ] {
        assert_eq!(field_complaint(field.clone()), None, "{field}");
    }
    assert_eq!(
        complaint(quote!(
            struct Part<'a> {
                #[field(versions = "99+", tag = 0)]
                a: Str<'a>,
            }
        )),
        None
    );
    assert_eq!(
        complaint(quote!(
            #[message(versions = "0", unstable = "0+")]
            struct Nothing;
        )),
        None
    );
}

#[test]
fn a_wrong_field_is_told_what_is_wrong() {
    for (field, expected) in [
        (quote!(#[field(version = "3+")] a: i8), "a field has `versions`, `nullable`, `tag`, `default`"),
        (quote!(#[field(versions = "3-4")] a: i8), r#"versions are written "7", "4..=18" or "12+""#),
        (quote!(#[field(versions = "-1")] a: i8), r#"versions are written "7", "4..=18" or "12+""#),
        (quote!(#[field(versions = "4..=3")] a: i8), "the first version comes after the last"),
        (quote!(#[field(versions = "3+", versions = "4+")] a: i8), "this is said twice"),
        (quote!(#[field(versions = "1+")] a: i8), "the field is there in 1+, but the message has 2..=9"),
        (quote!(#[field(versions = "3..=10")] a: i8), "the field is there in 3..=10, but the message has 2..=9"),
        (quote!(#[field(versions = "10+")] a: i8), "the field is there in 10+, but the message has 2..=9"),
        (quote!(#[field(nullable)] a: Str<'a>), "`nullable` and a type of `Option<…>` come together"),
        (quote!(a: Option<Str<'a>>), "`nullable` and a type of `Option<…>` come together"),
        (quote!(#[field(nullable)] a: Option<i32>), "Kafka has no null for `i32`"),
        (
            quote!(#[field(versions = "3..=6", nullable = "4..=7")] a: Option<Str<'a>>),
            "it may be null in 4..=7, but the field is there in 3..=6",
        ),
        (quote!(#[field(versions = "4+", nullable = "4+")] a: Option<Str<'a>>), "write `nullable` alone"),
        (quote!(#[field(default = "x")] a: i32), r#""x" is no default for `i32`"#),
        (quote!(#[field(default = -1)] a: Str<'a>), "-1 is no default for `Str<'a>`"),
        (quote!(#[field(default = true)] a: i8), "true is no default for `i8`"),
        (quote!(#[field(default = -1)] a: BrokerId), "write `BrokerId(-1)`"),
        (quote!(#[field(versions = "5..=7", tag = 0)] a: i8), "a tagged field stays"),
        (
            quote!(#[field(tag = 0)] a: i8),
            r#"a tagged field needs a flexible version: `versions = "5+"` at the earliest"#,
        ),
        (quote!(#[field(versions = "5+", tag = 1)] a: i8), "tags have no gaps: there is no tag 0"),
        (
            quote!(#[field(versions = "5+", tag = 0)] a: i8, #[field(versions = "6+", tag = 0)] b: i8),
            "another field has the tag 0",
        ),
        (
            quote!(#[field(versions = "5+", tag = 0, nullable = "6+")] a: Option<Str<'a>>),
            "a tagged field may be null in all its versions or in none",
        ),
        (quote!(#[field(flexible = "7+")] a: Str<'a>), "a field is as flexible as its message"),
    ] {
        let shown = field_complaint(field.clone()).unwrap_or_else(|| panic!("{field} is accepted"));
        assert!(shown.contains(expected), "{field}\n  {shown}");
    }
}

#[test]
fn a_wrong_message_is_told_what_is_wrong() {
    for (input, expected) in [
        (
            quote!(
                #[message(key = 1)]
                struct M;
            ),
            "which versions does the message have?",
        ),
        (
            quote!(
                #[message(versions = "1+")]
                struct M;
            ),
            "a message has a last version",
        ),
        (
            quote!(
                #[message(versions = "1", kay = 2)]
                struct M;
            ),
            "a message has `key`, `versions`",
        ),
        (
            quote!(
                #[message(versions = "1", flexible = "0..=1")]
                struct M;
            ),
            "a message stays flexible",
        ),
        (
            quote!(
                #[message(versions = "0..=1", flexible = "2+")]
                struct M;
            ),
            "the message has no version 2: it has 0..=1",
        ),
        (
            quote!(
                #[message(versions = "0..=1", unstable = "2+")]
                struct M;
            ),
            "the message has no version 2: it has 0..=1",
        ),
        (
            quote!(
                #[message(versions = "0..=1", listeners = "raft")]
                struct M;
            ),
            r#"a request is for "broker""#,
        ),
        (
            quote!(
                #[message(versions = "0")]
                enum M {}
            ),
            "a message is a struct",
        ),
        (
            quote!(
                #[message(versions = "0")]
                struct M(i8);
            ),
            "the fields of a message have names",
        ),
        (
            quote!(
                #[message(versions = "0")]
                struct M<T> {
                    a: T,
                }
            ),
            "a message has no type parameters",
        ),
        (
            quote!(
                #[message(versions = "0")]
                struct M<'a, 'b> {
                    a: Str<'a>,
                    b: Str<'b>,
                }
            ),
            "one lifetime",
        ),
        (
            quote!(
                #[message(versions = "0")]
                struct M {
                    #[field(tag = 0)]
                    a: i8,
                }
            ),
            "a tagged field needs a flexible message",
        ),
    ] {
        let shown = complaint(input.clone()).unwrap_or_else(|| panic!("{input} is accepted"));
        assert!(shown.contains(expected), "{input}\n  {shown}");
    }
}

#[test]
fn names_are_kafkas() {
    let expanded = |field: TokenStream| {
        let input = syn::parse2(quote!(struct M { #field })).unwrap();
        super::expand(&input).unwrap().to_string()
    };
    assert!(expanded(quote!(last_known_elr: i8)).contains(r#"name : "lastKnownElr""#));
    assert!(expanded(quote!(#[field(name = "isKRaftBroker")] is_kraft_broker: i8)).contains(r#""M.isKRaftBroker""#));
    assert!(expanded(quote!(r#type: i8)).contains(r#"name : "type""#));
}
