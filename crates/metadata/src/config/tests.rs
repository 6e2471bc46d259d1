mod alter;
mod effective;
mod properties;
mod server;
mod table;
mod value;

use super::Overrides;

/// Overrides from pairs.
fn of(pairs: &[(&str, &str)]) -> Overrides {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
