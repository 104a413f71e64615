//! What organizations, contacts, locations and account managers have in common: pages, and words for what is in use.

use crate::AppError;

pub use patchcord_store::listing::{After, Listed, Slice, Sort};

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl<T> Listing<T> {
    /// Cuts off the row more than asked for, which tells whether there are more.
    pub(crate) fn of(mut rows: Vec<T>, wanted: u64, total: Option<i64>) -> Self {
        let has_more = rows.len() as u64 > wanted;
        rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        Self { rows, has_more, total }
    }
}

/// The same part of a list and one row more.
pub(crate) fn one_more(slice: &Slice) -> Slice {
    Slice { limit: slice.limit + 1, ..slice.clone() }
}

/// Refuses to delete what is in use, naming by what; nothing counts further than to 1,000.
pub(crate) fn expect_unused(what: &str, uses: &[(i64, &str)], remedy: &str) -> Result<(), AppError> {
    let some = uses.iter().filter(|(count, _)| *count > 0);
    let named: Vec<String> = some
        .map(|(count, one)| match count {
            1 => format!("1 {one}"),
            2..1_000 => format!("{count} {one}s"),
            _ => format!("1,000 {one}s or more"),
        })
        .collect();
    let Some((last, others)) = named.split_last() else { return Ok(()) };
    let all = if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    Err(AppError::Conflict("in_use", format!("{what} is in use by {all}; {remedy}")))
}

/// Checks the text of a field that was given and may be emptied.
pub(crate) fn each<T>(field: Option<Option<String>>, mut check: impl FnMut(&str) -> T) -> Option<Option<T>> {
    field.map(|value| value.map(|text| check(&text)))
}

/// A text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_named() {
        let told =
            |uses: &[(i64, &str)]| expect_unused("the site", uses, "move them").map_err(|error| error.to_string());
        assert_eq!(told(&[(0, "contact"), (0, "device")]), Ok(()));
        for (uses, words) in [
            (&[(1, "contact"), (0, "device")][..], "the site is in use by 1 contact; move them"),
            (&[(2, "contact"), (1, "device")], "the site is in use by 2 contacts and 1 device; move them"),
            (&[(2, "a"), (1, "b"), (1_000, "c")], "the site is in use by 2 as, 1 b and 1,000 cs or more; move them"),
        ] {
            assert_eq!(told(uses), Err(words.to_owned()));
        }
    }
}
