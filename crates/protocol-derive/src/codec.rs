//! `Decode`, `Encode` and `Default`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprLit, Lit, spanned::Spanned};

use crate::{Input, attributes::FieldAttributes, versions::Versions};

/// The parts of the generated functions, field by field.
#[derive(Default)]
struct Parts<'i> {
    names: Vec<&'i syn::Ident>,
    defaults: Vec<TokenStream>,
    reads: Vec<TokenStream>,
    writes: Vec<TokenStream>,
    tag_reads: Vec<TokenStream>,
    /// Tag, whether it is written, and what writes it.
    tag_writes: Vec<(u32, TokenStream, TokenStream)>,
}

pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let whole = input.message.as_ref().map_or(Versions::ALL, |m| m.versions);
    // Whether a struct may be flexible is known at compile time for whole messages only.
    let may_be_flexible = input.message.as_ref().is_none_or(|m| m.flexible_min != i16::MAX);
    let name = &input.ast.ident;
    let mut parts = Parts::default();
    for field in &input.fields {
        parts.add(&name.to_string(), field, whole);
    }
    let read_tags = may_be_flexible.then(|| parts.read_tags());
    let write_tags = may_be_flexible.then(|| parts.write_tags());
    let Parts { names, defaults, reads, writes, .. } = parts;

    let (generics, type_generics) = (&input.ast.generics, input.ast.generics.split_for_impl().1);
    let de = input.lifetime.clone().unwrap_or_else(|| syn::Lifetime::new("'de", Span::call_site()));
    let de_generics = if input.lifetime.is_some() { quote!(#generics) } else { quote!(<#de>) };
    quote! {
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
    }
}

impl<'i> Parts<'i> {
    fn add(&mut self, name: &str, field: &FieldAttributes<'i>, whole: Versions) {
        let FieldAttributes { ident, ty, versions, nullable, .. } = field;
        let label = format!("{name}.{}", field.name);
        let default = default(field);
        let format = if field.flexible { quote!(format) } else { quote!(format.inflexible()) };
        let null_test = nullable.map(|n| n.test(versions.narrowed_to(whole)).unwrap_or(quote!(true)));
        let (read, write) = match null_test {
            Some(test) if field.tag.is_some() => (
                quote!(protocol::codec::read_optional_tag(reader, #format, #label, #test)?),
                quote!(protocol::codec::write_optional_tag(&self.#ident, writer, #format, #label, #test)),
            ),
            Some(test) => (
                quote!(protocol::codec::read_optional_field(reader, #format, #label, #test)?),
                quote!(protocol::codec::write_optional_field(&self.#ident, writer, #format, #label, #test)),
            ),
            None => (
                quote!(protocol::codec::read_field(reader, #format, #label)?),
                quote!(protocol::codec::write_field(&self.#ident, writer, #format, #label)),
            ),
        };
        let test = versions.test(whole);
        let is_default = quote!(self.#ident == { let default: #ty = #default; default });
        let absent = (!field.ignorable).then(|| quote!(protocol::codec::absent_field(#is_default, format, #label)?;));
        self.names.push(ident);
        self.defaults.push(quote!(#ident: #default));
        match (field.tag, test) {
            (Some(tag), test) => {
                let in_version = test.clone().unwrap_or(quote!(true));
                self.reads.push(quote!(let mut #ident: #ty = #default;));
                self.tag_reads.push(quote!(#tag if #in_version => #ident = #read,));
                self.tag_writes.push((tag, quote!(#in_version && !(#is_default)), write));
                if let Some(test) = test.filter(|_| !field.ignorable) {
                    self.writes.push(quote!(if !(#test) { #absent }));
                }
            }
            (None, None) => {
                self.reads.push(quote!(let #ident: #ty = #read;));
                self.writes.push(quote!(#write?;));
            }
            (None, Some(test)) => {
                self.reads.push(quote!(let #ident: #ty = if #test { #read } else { #default };));
                self.writes.push(quote!(if #test { #write?; } else { #absent }));
            }
        }
    }

    fn read_tags(&self) -> TokenStream {
        let tag_reads = &self.tag_reads;
        let body = if tag_reads.is_empty() {
            quote!(reader.skip_tagged_fields()?;)
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
    }

    fn write_tags(&mut self) -> TokenStream {
        if self.tag_writes.is_empty() {
            return quote!(if format.flexible {
                writer.unsigned_varint(0);
            });
        }
        self.tag_writes.sort_by_key(|(tag, ..)| *tag);
        let present: Vec<_> = self.tag_writes.iter().map(|(tag, ..)| format_ident!("present_{tag}")).collect();
        let conditions = self.tag_writes.iter().map(|(_, condition, _)| condition);
        let values = self
            .tag_writes
            .iter()
            .zip(&present)
            .map(|((tag, _, write), present)| quote!(if #present { writer.tagged_field(#tag, |writer| #write)?; }));
        quote!(if format.flexible {
            #(let #present = #conditions;)*
            writer.unsigned_varint(0 #(+ u32::from(#present))*);
            #(#values)*
        })
    }
}

/// The default as an expression of the field's type.
fn default(field: &FieldAttributes<'_>) -> TokenStream {
    match &field.default {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
            let text = quote_spanned!(text.span()=> protocol::types::Str::from(#text));
            if field.nullable.is_some() { quote!(Some(#text)) } else { text }
        }
        Some(other) => quote_spanned!(other.span()=> #other),
        None => quote!(::core::default::Default::default()),
    }
}
