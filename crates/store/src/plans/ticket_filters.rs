//! The list of tickets as the numbers of the analytics lead to it.

use patchcord_domain::copilot::{Sentiment, Verdict};

use super::no_filter;
use crate::ticket_list::{Query, Sort, Suggested};
use crate::{Reader, StoreError, Tenant, ticket_list};

/// Calls everything that reads.
pub(super) async fn read(t: Tenant<'_, Reader>) -> Result<(), StoreError> {
    let all = no_filter(Sort::CreatedAt);
    let within = Some(vec![1..2, 3..4]);
    let mut queries = vec![
        Query { sentiments: vec![Sentiment::Positive], ..all.clone() },
        Query { sentiments: vec![Sentiment::Positive, Sentiment::Negative], created_to: Some(5), ..all.clone() },
        Query { created_from: Some(1), created_to: Some(5), created_within: within, ..all.clone() },
    ];
    let (one, nobody) = (vec![Some(Verdict::Accepted)], vec![None]);
    let every = vec![None, Some(Verdict::Accepted), Some(Verdict::Edited), Some(Verdict::Rejected)];
    for verdicts in [one, nobody, every] {
        for (from, to) in [(None, None), (Some(1), Some(9))] {
            let of = Query { copilot: Some(Suggested { verdicts: verdicts.clone(), from, to }), ..all.clone() };
            // Alone they lead; beside words, which lead already, each ticket is looked at.
            queries.extend([Query { words: Some("w".into()), ..of.clone() }, of]);
        }
    }
    for query in queries {
        ticket_list::page(t, &query).await?;
        ticket_list::count(t, &query).await?;
    }
    Ok(())
}
