//! What `protocol::schema` wants to know of a struct, and its fields by number.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{Input, attributes::FieldAttributes};

pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let name = &input.ast.ident;
    let (generics, type_generics) = (&input.ast.generics, input.ast.generics.split_for_impl().1);
    let text = name.to_string();
    let owned = if input.lifetime.is_some() { quote!(#name::<'static>) } else { quote!(#name) };
    let fields = input.fields.iter().map(describe);
    let idents: Vec<_> = input.fields.iter().map(|field| field.ident).collect();
    let indexes: Vec<_> = (0..idents.len()).collect();
    let message = message(input);
    quote! {
        impl #generics #name #type_generics {
            const DESCRIPTION: &'static protocol::schema::StructSchema = &protocol::schema::StructSchema {
                name: #text,
                fields: &[#(#fields),*],
                new: || ::std::boxed::Box::new(<#owned as ::core::default::Default>::default()),
            };
        }

        impl #generics protocol::schema::Described for #name #type_generics {
            const KIND: protocol::schema::Kind = protocol::schema::Kind::Struct(Self::DESCRIPTION);
        }

        impl #generics protocol::schema::Reflect for #name #type_generics {
            fn get(&self) -> protocol::schema::Value<'_> {
                protocol::schema::Value::Struct(self)
            }

            fn struct_mut(&mut self) -> ::core::option::Option<&mut dyn protocol::schema::Struct> {
                ::core::option::Option::Some(self)
            }
        }

        impl #generics protocol::schema::Struct for #name #type_generics {
            fn schema(&self) -> &'static protocol::schema::StructSchema {
                Self::DESCRIPTION
            }

            fn field(&self, index: usize) -> &dyn protocol::schema::Reflect {
                match index {
                    #(#indexes => &self.#idents,)*
                    _ => protocol::schema::no_field(index),
                }
            }

            fn field_mut(&mut self, index: usize) -> &mut dyn protocol::schema::Reflect {
                match index {
                    #(#indexes => &mut self.#idents,)*
                    _ => protocol::schema::no_field(index),
                }
            }

            fn write(
                &self,
                writer: &mut protocol::codec::Writer,
                format: protocol::codec::Format,
            ) -> ::core::result::Result<(), protocol::codec::EncodeError> {
                protocol::codec::Encode::encode(self, writer, format)
            }
        }

        #message
    }
}

fn describe(field: &FieldAttributes<'_>) -> TokenStream {
    let FieldAttributes { ty, name, ignorable, flexible, unstable, .. } = field;
    let versions = field.versions.described();
    let nullable = option(field.nullable.map(|versions| versions.described()));
    let tag = option(field.tag.map(|tag| quote!(#tag)));
    quote!(protocol::schema::FieldSchema {
        name: #name,
        kind: <#ty as protocol::schema::Described>::KIND,
        versions: #versions,
        nullable: #nullable,
        tag: #tag,
        ignorable: #ignorable,
        flexible: #flexible,
        unstable: #unstable,
    })
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn message(input: &Input<'_>) -> Option<TokenStream> {
    let message = input.message.as_ref()?;
    let name = &input.ast.ident;
    let (generics, type_generics) = (&input.ast.generics, input.ast.generics.split_for_impl().1);
    let de = input.lifetime.as_ref().map_or(quote!('de), |lifetime| quote!(#lifetime));
    let text = name.to_string();
    let key = message.key.as_ref().map_or(quote!(-1), |key| quote!(#key));
    let versions = message.versions.described();
    let stable_max = message.unstable_min.map_or(message.versions.max, |min| min - 1);
    let flexible_min = message.flexible_min;
    let listeners = &message.listeners;
    Some(quote! {
        impl #generics protocol::codec::Message for #name #type_generics {
            const SCHEMA: &'static protocol::schema::MessageSchema = {
                fn read<#de>(
                    reader: &mut protocol::codec::Reader<#de>,
                    format: protocol::codec::Format,
                ) -> ::core::result::Result<
                    ::std::boxed::Box<dyn protocol::schema::Struct + #de>,
                    protocol::codec::DecodeError,
                > {
                    let message = <#name #type_generics as protocol::codec::Decode<#de>>::decode(reader, format)?;
                    Ok(::std::boxed::Box::new(message))
                }

                &protocol::schema::MessageSchema {
                    name: #text,
                    key: #key,
                    versions: #versions,
                    stable_max: #stable_max,
                    flexible_min: #flexible_min,
                    listeners: &[#(protocol::schema::Listener::#listeners),*],
                    body: Self::DESCRIPTION,
                    read,
                }
            };
        }
    })
}
