//! Versions as attributes write them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitStr, Result};

/// An inclusive run of versions; open towards the top where the message's own versions end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) min: i16,
    pub(crate) max: i16,
}

impl Versions {
    pub(crate) const ALL: Self = Self { min: 0, max: i16::MAX };

    /// Reads `"7"`, `"4..=18"` or `"12+"`.
    pub(crate) fn parse(text: &LitStr) -> Result<Self> {
        let value = text.value();
        let number = |part: &str| {
            part.parse::<i16>()
                .ok()
                .filter(|n| *n >= 0)
                .ok_or_else(|| Error::new(text.span(), "versions are written \"7\", \"4..=18\" or \"12+\""))
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

    /// Whether they go on as long as the message does.
    pub(crate) fn is_open(self) -> bool {
        self.max == i16::MAX
    }

    /// Whether all of these are among `whole`, of whose last version an open run knows nothing.
    pub(crate) fn is_within(self, whole: Self) -> bool {
        whole.min <= self.min && self.min <= whole.max && (self.is_open() || self.max <= whole.max)
    }

    /// What of these versions a message that has `whole` knows; the frame for a further test inside.
    pub(crate) fn narrowed_to(self, whole: Self) -> Self {
        Self { min: self.min.max(whole.min), max: self.max.min(whole.max) }
    }

    /// The test that the version of `format` is among them, inside a message that has `whole`; `None` where it always
    /// is.
    pub(crate) fn test(self, whole: Self) -> Option<TokenStream> {
        let (min, max) = (self.min, self.max);
        match (min > whole.min, max < whole.max) {
            (false, false) => None,
            (true, false) => Some(quote!(format.version >= #min)),
            (false, true) => Some(quote!(format.version <= #max)),
            (true, true) => Some(quote!((#min..=#max).contains(&format.version))),
        }
    }

    /// The same as a value of `protocol::schema`.
    pub(crate) fn described(self) -> TokenStream {
        let (min, max) = (self.min, self.max);
        quote!(protocol::schema::Versions { min: #min, max: #max })
    }
}

impl std::fmt::Display for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (min, i16::MAX) => write!(f, "{min}+"),
            (min, max) if min == max => write!(f, "{min}"),
            (min, max) => write!(f, "{min}..={max}"),
        }
    }
}
