//! The derive that turns a struct into a message of Kafka's protocol.
//!
//! The struct is the schema. What Kafka's definitions say in JSON stands here in attributes, and the codec is written
//! from it:
//!
//! ```ignore
//! #[derive(Message)]
//! #[message(key = 1, versions = "4..=18", flexible = "12+")]
//! pub struct FetchRequest<'a> {
//!     #[field(versions = "12+", tag = 0, nullable)]
//!     pub cluster_id: Option<Str<'a>>,
//!     …
//! ```
//!
//! | on the struct | meaning |
//! |---|---|
//! | `key = 1` | API key or record type; left out for what has none |
//! | `versions = "4..=18"` | the versions that exist: `"3"`, `"4..=18"` |
//! | `flexible = "12+"` | the first flexible version; left out where none is |
//! | nothing | a struct inside a message; it follows the version of the whole |
//!
//! | on a field | meaning |
//! |---|---|
//! | `versions = "12+"` | the versions that have it: `"7"`, `"0..=3"`, `"12+"`; all when left out |
//! | `nullable`, `nullable = "8+"` | may be null, always or from a version on; the type is an `Option` |
//! | `tag = 0` | a tagged field, from its first version on |
//! | `default = -1` | the value where the version lacks it; else `Default::default()` |
//! | `ignorable` | a value is dropped silently in a version that lacks it, instead of an error |
//!
//! The derive also implements `Default`, with these defaults. What it writes per field is one call into
//! `protocol::codec`, so that the expanded code stays small.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Field, Fields, Lit, LitInt, LitStr, Result, Type,
    parse_macro_input, spanned::Spanned,
};

/// Writes `Decode`, `Encode`, `Default` and, where the struct is a whole message, `codec::Message`.
#[proc_macro_derive(Message, attributes(message, field))]
pub fn derive_message(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// An inclusive run of versions; open towards the top where the message's own versions end it.
#[derive(Clone, Copy)]
struct Versions {
    min: i16,
    max: i16,
}

impl Versions {
    const ALL: Self = Self { min: 0, max: i16::MAX };

    /// Reads `"7"`, `"4..=18"` or `"12+"`.
    fn parse(text: &LitStr) -> Result<Self> {
        let value = text.value();
        let number = |part: &str| {
            part.parse::<i16>()
                .map_err(|_| Error::new(text.span(), "versions are written \"7\", \"4..=18\" or \"12+\""))
        };
        let versions = if let Some(min) = value.strip_suffix('+') {
            Self { min: number(min)?, max: i16::MAX }
        } else if let Some((min, max)) = value.split_once("..=") {
            Self { min: number(min)?, max: number(max)? }
        } else {
            Self { min: number(&value)?, max: number(&value)? }
        };
        if versions.min > versions.max {
            return Err(Error::new(text.span(), "the first version comes after the last"));
        }
        Ok(versions)
    }

    /// The test that `version` is among them, inside a message that has `whole`; `None` where it always is.
    fn test(self, whole: Self) -> Option<TokenStream> {
        let (min, max) = (self.min, self.max);
        match (min > whole.min, max < whole.max) {
            (false, false) => None,
            (true, false) => Some(quote!(format.version >= #min)),
            (false, true) => Some(quote!(format.version <= #max)),
            (true, true) => Some(quote!((#min..=#max).contains(&format.version))),
        }
    }
}

#[derive(Default)]
struct MessageAttribute {
    key: Option<LitInt>,
    versions: Option<Versions>,
    flexible: Option<i16>,
}

fn message_attribute(attributes: &[Attribute]) -> Result<Option<MessageAttribute>> {
    let Some(attribute) = attributes.iter().find(|a| a.path().is_ident("message")) else {
        return Ok(None);
    };
    let mut parsed = MessageAttribute::default();
    attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("key") {
            parsed.key = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("versions") {
            parsed.versions = Some(Versions::parse(&meta.value()?.parse()?)?);
        } else if meta.path.is_ident("flexible") {
            let text: LitStr = meta.value()?.parse()?;
            let versions = Versions::parse(&text)?;
            if versions.max != i16::MAX {
                return Err(Error::new(text.span(), "a message stays flexible: write \"12+\""));
            }
            parsed.flexible = Some(versions.min);
        } else {
            return Err(meta.error("a message has `key`, `versions` and `flexible`"));
        }
        Ok(())
    })?;
    match parsed.versions {
        None => Err(Error::new(attribute.span(), "which versions does the message have? `versions = \"4..=18\"`")),
        Some(versions) if versions.max == i16::MAX => {
            Err(Error::new(attribute.span(), "a message has a last version: `versions = \"4..=18\"`"))
        }
        Some(_) => Ok(Some(parsed)),
    }
}

struct FieldAttribute {
    versions: Versions,
    nullable: Option<Versions>,
    tag: Option<u32>,
    default: Option<Expr>,
    ignorable: bool,
}

fn field_attribute(field: &Field) -> Result<FieldAttribute> {
    let mut parsed =
        FieldAttribute { versions: Versions::ALL, nullable: None, tag: None, default: None, ignorable: false };
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("field")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("versions") {
                parsed.versions = Versions::parse(&meta.value()?.parse()?)?;
            } else if meta.path.is_ident("nullable") {
                parsed.nullable = Some(if meta.input.peek(syn::Token![=]) {
                    Versions::parse(&meta.value()?.parse()?)?
                } else {
                    Versions::ALL
                });
            } else if meta.path.is_ident("tag") {
                parsed.tag = Some(meta.value()?.parse::<LitInt>()?.base10_parse()?);
            } else if meta.path.is_ident("default") {
                parsed.default = Some(meta.value()?.parse()?);
            } else if meta.path.is_ident("ignorable") {
                parsed.ignorable = true;
            } else {
                return Err(meta.error("a field has `versions`, `nullable`, `tag`, `default` and `ignorable`"));
            }
            Ok(())
        })?;
    }
    if parsed.nullable.is_some() != is_option(&field.ty) {
        let message = "`nullable` and a type of `Option<…>` come together or not at all";
        return Err(Error::new(field.ty.span(), message));
    }
    Ok(parsed)
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Option"))
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "a message is a struct"));
    };
    let fields = match &data.fields {
        Fields::Named(named) => named.named.iter().collect::<Vec<_>>(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(unnamed) => {
            return Err(Error::new(unnamed.span(), "the fields of a message have names"));
        }
    };
    let name = &input.ident;
    let message = message_attribute(&input.attrs)?;
    let whole = message.as_ref().and_then(|m| m.versions).unwrap_or(Versions::ALL);
    let flexible = message.as_ref().map(|m| m.flexible.unwrap_or(i16::MAX));

    let lifetime = input.generics.lifetimes().next().map(|l| l.lifetime.clone());
    let (_, type_generics, _) = input.generics.split_for_impl();
    let de = lifetime.clone().unwrap_or_else(|| syn::Lifetime::new("'de", Span::call_site()));
    let generics = &input.generics;

    let (mut names, mut reads, mut defaults) = (Vec::new(), Vec::new(), Vec::new());
    let (mut writes, mut tag_reads, mut tags) = (Vec::new(), Vec::new(), Vec::<(u32, TokenStream)>::new());
    for field in fields {
        let FieldAttribute { versions, nullable, tag, default, ignorable } = field_attribute(field)?;
        let ident = field.ident.as_ref().expect("named");
        let label = format!("{name}.{}", ident.to_string().trim_start_matches("r#"));
        let ty = &field.ty;
        let default = match default {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => quote!(#text.into()),
            Some(other) => quote!(#other),
            None => quote!(::core::default::Default::default()),
        };
        let null_test = nullable.map(|n| n.test(versions.narrowed_to(whole)).unwrap_or(quote!(true)));
        let read = |reader: TokenStream| match &null_test {
            Some(test) => {
                quote!(protocol::codec::read_optional_field(#reader, format, #label, #test)?)
            }
            None => quote!(protocol::codec::read_field(#reader, format, #label)?),
        };
        let write = match &null_test {
            Some(test) => {
                quote!(protocol::codec::write_optional_field(&self.#ident, writer, format, #label, #test))
            }
            None => quote!(protocol::codec::write_field(&self.#ident, writer, format, #label)),
        };
        let test = versions.test(whole);
        let is_default = quote!(self.#ident == { let default: #ty = #default; default });
        let missing = (!ignorable).then(|| {
            quote!(if !(#is_default) {
                return Err(protocol::codec::EncodeError {
                    field: #label,
                    problem: protocol::codec::EncodeProblem::NotInVersion { version: format.version },
                });
            })
        });
        names.push(ident);
        defaults.push(quote!(#ident: #default));
        if let Some(tag) = tag {
            let in_version = test.clone().unwrap_or(quote!(true));
            let read = read(quote!(reader));
            reads.push(quote!(let mut #ident: #ty = #default;));
            tag_reads.push(quote!(#tag if #in_version => #ident = #read,));
            tags.push((
                tag,
                quote!((#tag, #in_version && !(#is_default), |writer: &mut protocol::codec::Writer| #write)),
            ));
            if let Some(test) = test {
                writes.push(quote!(if !(#test) { #missing }));
            }
        } else {
            let read = read(quote!(reader));
            match test {
                None => {
                    reads.push(quote!(let #ident: #ty = #read;));
                    writes.push(quote!(#write?;));
                }
                Some(test) => {
                    reads.push(quote!(let #ident: #ty = if #test { #read } else { #default };));
                    writes.push(quote!(if #test { #write?; } else { #missing }));
                }
            }
        }
    }

    // Whether a struct may be flexible is known at compile time for whole messages only.
    let may_be_flexible = flexible != Some(i16::MAX);
    let read_tags = may_be_flexible.then(|| {
        let body = if tag_reads.is_empty() {
            quote!(reader.tagged_fields(|_, _| Ok(()))?;)
        } else {
            quote!(reader.tagged_fields(|tag, reader| {
                match tag {
                    #(#tag_reads)*
                    _ => {}
                }
                Ok(())
            })?;)
        };
        quote!(if format.flexible { #body })
    });
    tags.sort_by_key(|(tag, _)| *tag);
    let write_tags = may_be_flexible.then(|| {
        if tags.is_empty() {
            return quote!(if format.flexible {
                writer.unsigned_varint(0);
            });
        }
        let (conditions, values): (Vec<_>, Vec<_>) = tags
            .iter()
            .enumerate()
            .map(|(i, (tag, entry))| {
                let present = quote::format_ident!("present_{i}");
                (
                    quote!(let (_, #present, value) = #entry;
                           let #present = #present.then_some(value);
                           count += u32::from(#present.is_some());),
                    quote!(if let Some(value) = #present { writer.tagged_field(#tag, value)?; }),
                )
            })
            .unzip();
        quote!(if format.flexible {
            let mut count = 0u32;
            #(#conditions)*
            writer.unsigned_varint(count);
            #(#values)*
        })
    });

    let de_generics = if lifetime.is_some() { quote!(#generics) } else { quote!(<#de>) };
    let whole_message = message.map(|m| {
        let (text, min, max) = (name.to_string(), whole.min, whole.max);
        let key = m.key.map_or(quote!(-1), |key| quote!(#key));
        let flexible = flexible.expect("a whole message");
        quote! {
            impl #generics protocol::codec::Message for #name #type_generics {
                const NAME: &'static str = #text;
                const KEY: i16 = #key;
                const VERSION_MIN: i16 = #min;
                const VERSION_MAX: i16 = #max;
                const FLEXIBLE_MIN: i16 = #flexible;
            }
        }
    });

    Ok(quote! {
        impl #de_generics protocol::codec::Decode<#de> for #name #type_generics {
            #[allow(unused_variables, unused_mut)]
            fn decode(
                reader: &mut protocol::codec::Reader<#de>,
                format: protocol::codec::Format,
            ) -> ::core::result::Result<Self, protocol::codec::DecodeError> {
                #(#reads)*
                #read_tags
                Ok(Self { #(#names),* })
            }
        }

        impl #generics protocol::codec::Encode for #name #type_generics {
            #[allow(unused_variables)]
            fn encode(
                &self,
                writer: &mut protocol::codec::Writer,
                format: protocol::codec::Format,
            ) -> ::core::result::Result<(), protocol::codec::EncodeError> {
                #(#writes)*
                #write_tags
                Ok(())
            }
        }

        impl #generics ::core::default::Default for #name #type_generics {
            fn default() -> Self {
                Self { #(#defaults),* }
            }
        }

        #whole_message
    })
}

impl Versions {
    /// What of these versions a message that has `whole` knows; the frame for a further test inside.
    fn narrowed_to(self, whole: Self) -> Self {
        Self { min: self.min.max(whole.min), max: self.max.min(whole.max) }
    }
}
