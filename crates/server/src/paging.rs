//! Pages of lists: limit with offset, page or cursor.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;

/// Most rows of a page.
const LIMIT_MAX: u64 = 100;
/// Rows of a page when nothing is asked for.
const LIMIT: u64 = 25;
/// Deepest offset; beyond it the database would read and throw away too much.
const OFFSET_MAX: u64 = 10_000;

/// A page as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) after: Option<(i64, String)>,
    pub(crate) count: bool,
}

/// Checks what was asked for; `page` counts from 1 and excludes `offset` and `cursor`.
pub(crate) fn wanted(
    limit: Option<u64>,
    offset: Option<u64>,
    page: Option<u64>,
    cursor: Option<&str>,
    count: Option<&str>,
) -> Result<Wanted, ApiError> {
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::invalid("limit", format!("must be 1 to {LIMIT_MAX}")));
    }
    if usize::from(offset.is_some()) + usize::from(page.is_some()) + usize::from(cursor.is_some()) > 1 {
        return Err(ApiError::invalid("offset", "use only one of offset, page and cursor"));
    }
    let offset = match page {
        Some(0) => return Err(ApiError::invalid("page", "counts from 1")),
        Some(page) => (page - 1).saturating_mul(limit),
        None => offset.unwrap_or(0),
    };
    if offset > OFFSET_MAX {
        return Err(ApiError::UseCursor);
    }
    let after =
        cursor.map(|cursor| read(cursor).ok_or_else(|| ApiError::invalid("cursor", "is not one that a list gave")));
    let count = match count {
        None | Some("none") => false,
        Some("exact") => true,
        Some(_) => return Err(ApiError::invalid("count", "must be exact or none")),
    };
    Ok(Wanted { limit, offset, after: after.transpose()?, count })
}

/// The cursor after a row: its sort value and id.
pub(crate) fn cursor(value: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{value}.{id}"))
}

fn read(cursor: &str) -> Option<(i64, String)> {
    if cursor.len() > 100 {
        return None;
    }
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (value, id) = text.split_once('.')?;
    patchcord_domain::id::is_id(id).then_some(())?;
    Some((value.parse().ok()?, id.to_owned()))
}

/// One page of a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// Most rows of this page.
    pub(crate) limit: u64,
    /// Rows that were passed over.
    pub(crate) offset: u64,
    /// Whether there are more.
    pub(crate) has_more: bool,
    /// Where the next page begins; null at the end, and for lists that have no cursor.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many there are in all; null unless `count=exact` was asked for.
    #[schema(required)]
    pub(crate) total: Option<i64>,
}

/// A short list that has no pages.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Items<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        assert_eq!(wanted(None, None, None, None, None).unwrap().limit, 25);
        assert_eq!(wanted(Some(10), None, Some(3), None, None).unwrap().offset, 20);
        for bad in [
            wanted(Some(0), None, None, None, None),
            wanted(Some(101), None, None, None, None),
            wanted(None, Some(10_001), None, None, None),
            wanted(None, Some(1), Some(1), None, None),
            wanted(None, None, Some(0), None, None),
            wanted(None, None, None, Some("nonsense"), None),
            wanted(None, None, None, None, Some("yes")),
            wanted(Some(100), None, Some(u64::MAX), None, None),
        ] {
            assert!(bad.is_err());
        }
        let id = "abcdefghijklmnopqrstuvwx";
        let page = wanted(None, None, None, Some(&cursor(-5, id)), Some("exact")).unwrap();
        assert_eq!((page.after, page.count), (Some((-5, id.to_owned())), true));
    }
}
