//! The list of tickets as the numbers of the analytics lead to it.

use patchcord_domain::copilot::{Sentiment, Verdict};
use patchcord_domain::id::WorkspaceId;

use super::no_filter;
use crate::ticket_list::{Query, Sort, Suggested};
use crate::{Reader, StoreError, Tenant, scratch, ticket_list};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_in_a_list_by_priority_is_looked_up_and_nothing_is_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, options) = scratch::sqlite(folder.path()).await.unwrap();
    let (store, seen, plain) = super::watched(&options).await;
    for descending in [true, false] {
        let query = Query { descending, offset: 0, ..no_filter(Sort::Priority) };
        ticket_list::page(store.tenant(&WorkspaceId::new("w")), &query).await.unwrap();
    }
    let steps = super::steps::of_sqlite(&seen, &plain).await;
    for end in ["<expr>=? AND id<?)", "<expr><?)", "<expr>=? AND id>?)", "<expr>>?)"] {
        assert!(
            steps.iter().any(|step| step.contains("tickets_by_priority") && step.ends_with(end)),
            "{end} {steps:#?}"
        );
    }
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:#?}");
}
