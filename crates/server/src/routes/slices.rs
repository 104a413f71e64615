//! Order and page of the lists that go by name or by age.

use patchcord_app::support_agents::Slice;
use patchcord_domain::ticket_input::Faults;

use crate::paging::{Wanted, cursor};

/// Reads `sort`: the field that names the rows, or createdAt; `-` before it turns the order round. A cursor goes with
/// createdAt only.
pub(super) fn slice(faults: &mut Faults, page: &Wanted, sort: Option<&str>, name: &'static str) -> Slice {
    let text = sort.unwrap_or(name);
    let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
    let by_created = field == "createdAt";
    if !by_created && field != name {
        faults.add("sort", format!("must be one of {name}, createdAt, each with - before it for the other way round"));
    } else if !by_created && page.after.is_some() {
        faults.add("cursor", "goes with sort=createdAt or sort=-createdAt only; use offset or page");
    }
    Slice { by_created, descending, after: page.after.clone(), offset: page.offset, limit: page.limit }
}

/// Where the page after this row begins; lists by name have no cursor.
pub(super) fn next(by_created: bool, has_more: bool, last: Option<(i64, &str)>) -> Option<String> {
    last.filter(|_| by_created && has_more).map(|(at, id)| cursor(at, id))
}

/// Cleans the words of a search.
pub(super) fn words(faults: &mut Faults, text: Option<String>) -> Option<String> {
    text.map(|q| faults.text("q", &q, 0, 200)).filter(|q| !q.is_empty())
}
