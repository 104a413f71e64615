//! What the test of plans calls of the short lists: support agents, phone numbers and teams.

use crate::listing::{After, Slice, Sort};
use crate::{Reader, StoreError, Tenant, phone_numbers, support_agents, teams};

/// Calls each list in each order, with and without filters.
pub(crate) async fn read(t: Tenant<'_, Reader>) -> Result<(), StoreError> {
    let at = Some(After::At(5, "x".into()));
    for (sort, after) in [
        (Sort::Name, None),
        (Sort::Name, Some(After::Name("a".into(), "x".into()))),
        (Sort::CreatedAt, at.clone()),
        (Sort::UpdatedAt, at),
    ] {
        let slice = Slice { sort, descending: true, after, offset: 5, limit: 5 };
        for words in [None, Some("w".to_owned())] {
            let some = words.is_some();
            let agents = support_agents::Query {
                kind: some.then_some("BOT"),
                is_available: some.then_some(true),
                words: words.clone(),
                slice: slice.clone(),
            };
            support_agents::page(t, &agents).await?;
            support_agents::count(t, &agents).await?;
            let is_active = some.then_some(true);
            let numbers = phone_numbers::Query { is_active, words: words.clone(), slice: slice.clone() };
            phone_numbers::page(t, &numbers).await?;
            phone_numbers::count(t, &numbers).await?;
            let all = teams::Query { words, slice: slice.clone() };
            teams::page(t, &all).await?;
            teams::count(t, &all).await?;
        }
    }
    Ok(())
}
