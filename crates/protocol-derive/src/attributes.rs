//! The attributes: read, and held against one another.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Attribute, Error, Expr, ExprLit, ExprUnary, Field, GenericArgument, Ident, Lit, LitInt, LitStr, PathArguments,
    Result, Type, UnOp, meta::ParseNestedMeta, spanned::Spanned,
};

use crate::versions::Versions;

/// What stands on a whole message.
pub(crate) struct MessageAttributes {
    pub(crate) key: Option<LitInt>,
    pub(crate) versions: Versions,
    pub(crate) flexible_min: i16,
    /// The first version that is not stable.
    pub(crate) unstable_min: Option<i16>,
    /// `Broker` and `Controller`.
    pub(crate) listeners: Vec<Ident>,
}

/// Puts a value into its place, which must be empty.
fn put<T>(place: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> Result<()> {
    if place.replace(value).is_some() {
        return Err(meta.error("this is said twice"));
    }
    Ok(())
}

/// A run that must be open towards the top.
fn open_min(meta: &ParseNestedMeta<'_>, why: &str) -> Result<i16> {
    let text: LitStr = meta.value()?.parse()?;
    let versions = Versions::parse(&text)?;
    if versions.is_open() { Ok(versions.min) } else { Err(Error::new(text.span(), why)) }
}

impl MessageAttributes {
    /// What `#[message(…)]` says, if it is there.
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Option<Self>> {
        let mut found = attributes.iter().filter(|a| a.path().is_ident("message"));
        let Some(attribute) = found.next() else { return Ok(None) };
        if let Some(second) = found.next() {
            return Err(Error::new(second.span(), "`message` stands here twice"));
        }
        let (mut key, mut versions, mut flexible, mut unstable, mut listeners) = (None, None, None, None, None);
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("key") {
                let value: LitInt = meta.value()?.parse()?;
                value.base10_parse::<i16>()?;
                put(&mut key, &meta, value)
            } else if meta.path.is_ident("versions") {
                let text: LitStr = meta.value()?.parse()?;
                put(&mut versions, &meta, (Versions::parse(&text)?, text.span()))
            } else if meta.path.is_ident("flexible") {
                let min = open_min(&meta, "a message stays flexible: write \"12+\"")?;
                put(&mut flexible, &meta, (min, meta.path.span()))
            } else if meta.path.is_ident("unstable") {
                let min = open_min(&meta, "what follows an unstable version is unstable too: write \"6+\"")?;
                put(&mut unstable, &meta, (min, meta.path.span()))
            } else if meta.path.is_ident("listeners") {
                let text: LitStr = meta.value()?.parse()?;
                let names = text.value().split(", ").map(|name| listener(name, text.span())).collect::<Result<_>>()?;
                put(&mut listeners, &meta, names)
            } else {
                Err(meta.error("a message has `key`, `versions`, `flexible`, `unstable` and `listeners`"))
            }
        })?;
        let Some((versions, span)) = versions else {
            let message = "which versions does the message have? `versions = \"4..=18\"`";
            return Err(Error::new(attribute.span(), message));
        };
        if versions.is_open() {
            return Err(Error::new(span, "a message has a last version: `versions = \"4..=18\"`"));
        }
        for (min, span) in [flexible, unstable].into_iter().flatten() {
            if min > versions.max {
                return Err(Error::new(span, format!("the message has no version {min}: it has {versions}")));
            }
        }
        Ok(Some(Self {
            key,
            versions,
            flexible_min: flexible.map_or(i16::MAX, |(min, _)| min),
            unstable_min: unstable.map(|(min, _)| min),
            listeners: listeners.unwrap_or_default(),
        }))
    }
}

fn listener(name: &str, span: Span) -> Result<Ident> {
    match name {
        "broker" => Ok(Ident::new("Broker", span)),
        "controller" => Ok(Ident::new("Controller", span)),
        _ => Err(Error::new(span, "a request is for \"broker\", \"controller\" or \"broker, controller\"")),
    }
}

/// What stands on a field.
pub(crate) struct FieldAttributes<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) ty: &'i Type,
    /// Kafka's name in JSON.
    pub(crate) name: String,
    pub(crate) versions: Versions,
    pub(crate) nullable: Option<Versions>,
    pub(crate) tag: Option<u32>,
    pub(crate) default: Option<Expr>,
    pub(crate) ignorable: bool,
    pub(crate) flexible: bool,
    pub(crate) unstable: bool,
    versions_span: Span,
    tag_span: Span,
}

impl<'i> FieldAttributes<'i> {
    /// What `#[field(…)]` says, and what holds without it.
    pub(crate) fn parse(field: &'i Field) -> Result<Self> {
        let ident = field.ident.as_ref().expect("fields have names");
        let (mut versions, mut nullable, mut tag, mut default, mut name) = (None, None, None, None, None);
        let (mut ignorable, mut unstable, mut inflexible) = (None, None, None);
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("versions") {
                    let text: LitStr = meta.value()?.parse()?;
                    put(&mut versions, &meta, (Versions::parse(&text)?, text.span()))
                } else if meta.path.is_ident("nullable") {
                    let value = if meta.input.peek(syn::Token![=]) {
                        let text: LitStr = meta.value()?.parse()?;
                        (Some(Versions::parse(&text)?), text.span())
                    } else {
                        (None, meta.path.span())
                    };
                    put(&mut nullable, &meta, value)
                } else if meta.path.is_ident("tag") {
                    let value: LitInt = meta.value()?.parse()?;
                    put(&mut tag, &meta, (value.base10_parse::<u32>()?, value.span()))
                } else if meta.path.is_ident("default") {
                    put(&mut default, &meta, meta.value()?.parse::<Expr>()?)
                } else if meta.path.is_ident("name") {
                    put(&mut name, &meta, meta.value()?.parse::<LitStr>()?.value())
                } else if meta.path.is_ident("ignorable") {
                    put(&mut ignorable, &meta, ())
                } else if meta.path.is_ident("unstable") {
                    put(&mut unstable, &meta, ())
                } else if meta.path.is_ident("flexible") {
                    let text: LitStr = meta.value()?.parse()?;
                    if text.value() != "none" {
                        return Err(Error::new(text.span(), "a field is as flexible as its message, or \"none\""));
                    }
                    put(&mut inflexible, &meta, ())
                } else {
                    Err(meta.error(
                        "a field has `versions`, `nullable`, `tag`, `default`, `ignorable`, `name`, `unstable` and \
                         `flexible`",
                    ))
                }
            })?;
        }
        let (versions, versions_span) = versions.unwrap_or((Versions::ALL, ident.span()));
        check_nullable(&field.ty, nullable, versions)?;
        if let Some(default) = &default {
            check_default(&field.ty, default)?;
        }
        Ok(Self {
            ident,
            ty: &field.ty,
            name: name.unwrap_or_else(|| camel_case(&ident.to_string())),
            versions,
            nullable: nullable.map(|(nullable, _)| nullable.unwrap_or(versions)),
            tag: tag.map(|(tag, _)| tag),
            default,
            ignorable: ignorable.is_some(),
            flexible: inflexible.is_none(),
            unstable: unstable.is_some(),
            versions_span,
            tag_span: tag.map_or(Span::call_site(), |(_, span)| span),
        })
    }
}

/// `cluster_id` as Kafka's JSON has it: `clusterId`.
fn camel_case(ident: &str) -> String {
    let mut name = String::with_capacity(ident.len());
    let mut is_first = false;
    for c in ident.trim_start_matches("r#").chars() {
        match c {
            '_' => is_first = true,
            _ if is_first => {
                name.extend(c.to_uppercase());
                is_first = false;
            }
            _ => name.push(c),
        }
    }
    name
}

/// The last word of a type's path, and the first type in its angle brackets.
fn type_words(ty: &Type) -> Option<(String, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    };
    Some((last.ident.to_string(), inner))
}

/// The numbers and words that are never null in Kafka.
const SCALARS: &[&str] = &[
    "bool",
    "i8",
    "i16",
    "u16",
    "i32",
    "u32",
    "i64",
    "f64",
    "Uuid",
    "Offset",
    "LeaderEpoch",
    "ProducerId",
    "ProducerEpoch",
    "Timestamp",
    "BrokerId",
    "ErrorCode",
    "ApiKey",
];

fn check_nullable(ty: &Type, nullable: Option<(Option<Versions>, Span)>, versions: Versions) -> Result<()> {
    let inner = match type_words(ty) {
        Some((word, inner)) if word == "Option" => inner,
        _ => None,
    };
    let (nullable, span) = match (nullable, inner) {
        (None, None) => return Ok(()),
        (Some(nullable), Some(_)) => nullable,
        _ => {
            let message = "`nullable` and a type of `Option<…>` come together or not at all";
            return Err(Error::new(ty.span(), message));
        }
    };
    if let Some((word, _)) = inner.and_then(type_words).filter(|(word, _)| SCALARS.contains(&word.as_str())) {
        let message =
            format!("Kafka has no null for `{word}`: strings, bytes, records, arrays and structs may be null");
        return Err(Error::new(ty.span(), message));
    }
    match nullable {
        Some(nullable) if !nullable.is_within(versions) => {
            let message = format!("it may be null in {nullable}, but the field is there in {versions}");
            Err(Error::new(span, message))
        }
        Some(nullable) if nullable == versions => {
            Err(Error::new(span, "these are all versions of the field: write `nullable` alone"))
        }
        _ => Ok(()),
    }
}

/// What a literal must stand for. An expression that is none is left to the compiler.
fn check_default(ty: &Type, default: &Expr) -> Result<()> {
    let literal = match default {
        Expr::Lit(ExprLit { lit, .. }) => lit,
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match expr.as_ref() {
            Expr::Lit(ExprLit { lit, .. }) => lit,
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    let (mut word, inner) = type_words(ty).unwrap_or_default();
    if word == "Option" && matches!(literal, Lit::Str(_)) {
        word = inner.and_then(type_words).unwrap_or_default().0;
    }
    let fits = match literal {
        Lit::Str(_) => word == "Str",
        Lit::Bool(_) => word == "bool",
        Lit::Int(_) => matches!(word.as_str(), "i8" | "i16" | "u16" | "i32" | "u32" | "i64"),
        Lit::Float(_) => word == "f64",
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let shown = default.to_token_stream().to_string().replace("- ", "-");
    let hint = match literal {
        Lit::Int(_) if SCALARS.contains(&word.as_str()) && word.chars().next().is_some_and(char::is_uppercase) => {
            format!(": write `{word}({shown})`")
        }
        _ => String::new(),
    };
    let ty = ty.to_token_stream().to_string().replace(' ', "");
    Err(Error::new(default.span(), format!("{shown} is no default for `{ty}`{hint}")))
}

/// What holds between the fields, and between them and the message, as Kafka's generator demands it.
pub(crate) fn check(message: Option<&MessageAttributes>, fields: &[FieldAttributes<'_>]) -> Result<()> {
    for field in fields {
        let Some(message) = message else { continue };
        let versions = field.versions;
        if versions != Versions::ALL && !versions.is_within(message.versions) {
            let text = format!("the field is there in {versions}, but the message has {}", message.versions);
            return Err(Error::new(field.versions_span, text));
        }
        if field.tag.is_some() && versions.min.max(message.versions.min) < message.flexible_min {
            let text = match message.flexible_min {
                i16::MAX => "a tagged field needs a flexible message".to_owned(),
                min => format!("a tagged field needs a flexible version: `versions = \"{min}+\"` at the earliest"),
            };
            return Err(Error::new(field.tag_span, text));
        }
    }
    let mut tags = Vec::new();
    for field in fields {
        let Some(tag) = field.tag else { continue };
        if !field.versions.is_open() {
            return Err(Error::new(field.versions_span, "a tagged field stays: write \"12+\""));
        }
        if field.nullable.is_some_and(|nullable| nullable != field.versions) {
            return Err(Error::new(field.tag_span, "a tagged field may be null in all its versions or in none"));
        }
        if tags.contains(&tag) {
            return Err(Error::new(field.tag_span, format!("another field has the tag {tag}")));
        }
        tags.push(tag);
    }
    tags.sort_unstable();
    match tags.iter().zip(0..).find(|(tag, expected)| **tag != *expected) {
        None => Ok(()),
        Some((_, expected)) => {
            let beyond = fields.iter().find(|field| field.tag.is_some_and(|tag| tag > expected)).expect("it was found");
            Err(Error::new(beyond.tag_span, format!("tags have no gaps: there is no tag {expected}")))
        }
    }
}
