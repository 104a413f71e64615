//! Pages of lists that may be ordered by a text, such as a name: the cursor carries the text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_domain::id::is_id;

use crate::error::ApiError;
use crate::paging::wanted;

/// Longest cursor that is read, in characters: it carries a name.
const CURSOR_MAX: usize = 2_000;

/// A page as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedByName {
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    /// Sort value and id of the row before the page.
    pub(crate) after: Option<(String, String)>,
    pub(crate) count: bool,
}

/// Checks what was asked for, by the rules of [`wanted`].
pub(crate) fn wanted_by_name(
    limit: Option<u64>,
    offset: Option<u64>,
    page: Option<u64>,
    cursor: Option<&str>,
    count: Option<&str>,
) -> Result<WantedByName, ApiError> {
    if cursor.is_some() && (offset.is_some() || page.is_some()) {
        return Err(ApiError::invalid("offset", "use only one of offset, page and cursor"));
    }
    let plain = wanted(limit, offset, page, None, count)?;
    let after = cursor.map(|text| read(text).ok_or_else(no_cursor)).transpose()?;
    Ok(WantedByName { limit: plain.limit, offset: plain.offset, after, count: plain.count })
}

/// What a cursor gets that no list gave, or a list with another order.
pub(crate) fn no_cursor() -> ApiError {
    ApiError::invalid("cursor", "is not one that a list gave")
}

/// The cursor after a row: its sort value and id.
pub(crate) fn cursor_by_name(value: &str, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{id}.{value}"))
}

fn read(cursor: &str) -> Option<(String, String)> {
    if cursor.len() > CURSOR_MAX {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (id, value) = text.split_once('.')?;
    // PostgreSQL takes no NUL.
    (is_id(id) && !value.contains('\0')).then(|| (value.to_owned(), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip() {
        let id = "abcdefghijklmnopqrstuvwx";
        for value in ["", "nb-1207.corp.example", "größe 日本", "1795510800000"] {
            let page = wanted_by_name(Some(5), None, None, Some(&cursor_by_name(value, id)), None).unwrap();
            assert_eq!(page.after, Some((value.to_owned(), id.to_owned())));
        }
        for bad in ["", "nonsense", "!", &cursor_by_name("x", "no id"), &cursor_by_name("\0", id), &"a".repeat(2_001)] {
            assert!(wanted_by_name(None, None, None, Some(bad), None).is_err(), "{bad}");
        }
        assert!(wanted_by_name(None, Some(1), None, Some(&cursor_by_name("x", id)), None).is_err());
        assert!(wanted_by_name(Some(101), None, None, None, None).is_err());
    }
}
