//! The list of tickets as the numbers of the analytics lead to it.

use patchcord_domain::copilot::{Sentiment, Verdict};
use patchcord_domain::id::WorkspaceId;

use super::no_filter;
use crate::ticket_list::{Query, Replied, Sort, Suggested};
use crate::{Reader, StoreError, Tenant, scratch, ticket_list};

pub(super) fn suggested() -> Suggested {
    Suggested { verdicts: vec![Some(Verdict::Edited)], by: vec!["a".into()], from: Some(1), to: Some(2) }
}

pub(super) fn replied() -> Replied {
    Replied { by: vec!["a".into()], from: Some(1), to: Some(2) }
}

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
    let some = vec!["a".to_owned(), "b".to_owned()];
    for (from, to) in [(None, None), (Some(1), Some(9))] {
        let suggested = [&one, &nobody, &every].into_iter().flat_map(|verdicts| {
            [vec![], some.clone()].map(|by| Suggested { verdicts: verdicts.clone(), by, from, to })
        });
        let suggested = suggested.map(|copilot| Query { copilot: Some(copilot), ..all.clone() });
        let replied = Query { replied: Some(Replied { by: some.clone(), from, to }), ..all.clone() };
        for of in suggested.chain([replied]) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_person_did_is_found_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, options) = scratch::sqlite(folder.path()).await.unwrap();
    let (store, seen, plain) = super::watched(&options).await;
    let all = no_filter(Sort::CreatedAt);
    let of_span = "AND created_at>? AND created_at<?)";
    for (leads, of_ticket, query) in [
        (
            format!("INDEX ticket_messages_by_author (workspace_id=? AND <expr>=? {of_span}"),
            "ticket_messages_by_ticket",
            Query { replied: Some(replied()), ..all.clone() },
        ),
        (
            format!("INDEX ai_suggestions_by_requester (workspace_id=? AND requested_by=? {of_span}"),
            "ai_suggestions_by_ticket",
            Query { copilot: Some(suggested()), ..all },
        ),
    ] {
        let of_ticket = format!("INDEX {of_ticket} (workspace_id=? AND ticket_id=?");
        let words = Query { words: Some("w".into()), ..query.clone() };
        for (query, index) in [(query, leads), (words, of_ticket)] {
            seen.lock().unwrap().clear();
            ticket_list::page(store.tenant(&WorkspaceId::new("w")), &query).await.unwrap();
            let steps = super::steps::of_sqlite(&seen, &plain).await;
            let mut looks = steps.iter().filter(|step| step.contains(" h USING ")).peekable();
            assert!(looks.peek().is_some() && looks.all(|step| step.contains(&index)), "{index} {steps:#?}");
        }
    }
}
