//! Calls: what belongs to one workspace stays there, tokens open once, leases end, and references hold on both engines.

use patchcord_store::rows::{Call, Escalation, Interaction, Ticket};
use patchcord_store::unscoped::calls as any_call;
use patchcord_store::{StoreError, Tenant, Tx, call_records, calls, search};
use serde_json::json;

use crate::support::{Db, Engine, both_engines};
use crate::{call_rows, rows, tenancy};

both_engines!(
    queries_of_calls_find_nothing_of_another_workspace,
    a_token_opens_once_and_within_its_time,
    leases_end_and_are_kept,
    what_names_a_call_needs_one,
    the_only_workspace_takes_calls_until_a_number_is_there,
    lists_are_filtered_and_ordered,
);

/// What the rows of the list of tenancy leave out.
pub(crate) async fn fill(t: Tenant<'_, Tx>) -> Result<(), StoreError> {
    let of = t.workspace_id().as_str();
    let call = format!("{of}_call");
    call_records::add_effect(t, &call, "create_ticket", json!({"number": 1}), 1).await?;
    call_records::add_wrong_code(t, &format!("{of}_code"), &call, "+12025550143", 5).await?;
    call_records::add_token(t, &call, &format!("{of}_hash"), 100).await
}

async fn queries_of_calls_find_nothing_of_another_workspace(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    tenancy::fill(&db, &first).await;
    let of = first.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let t = tx.tenant(&of);
            fill(t).await?;
            search::add(t, search::CALL, "first_call", "my printer is jammed").await
        })
    })
    .await
    .unwrap();
    for (workspace, n) in [(&first, 1), (&second, 0)] {
        let (t, one) = (db.store.tenant(workspace), n == 1);
        for query in [
            calls::Query { limit: 9, ..Default::default() },
            calls::Query { words: Some("printer".into()), limit: 9, ..Default::default() },
            calls::Query { agents: vec!["triage_agent".into()], limit: 9, ..Default::default() },
        ] {
            assert_eq!(calls::page(t, &query).await.unwrap().len(), n);
            assert_eq!(calls::count(t, &query).await.unwrap(), n as i64);
        }
        assert_eq!(calls::live(t).await.unwrap().len(), n);
        assert_eq!(calls::live_count(t).await.unwrap(), n as i64);
        assert_eq!(calls::line(t, "first_call").await.unwrap().is_some(), one);
        assert_eq!(call_records::turns(t, "first_call", 0, 9).await.unwrap().len(), n);
        assert_eq!(call_records::newest_turns(t, "first_call", 9).await.unwrap().len(), n);
        assert_eq!(call_records::interactions(t, "first_call").await.unwrap().len(), n);
        assert_eq!(call_records::last_interaction(t, "first_call").await.unwrap().is_some(), one);
        assert_eq!(call_records::carrier_usage(t, "first_call").await.unwrap().len(), n);
        assert_eq!(call_records::analysis(t, "first_call").await.unwrap().is_some(), one);
        assert_eq!(call_records::effect(t, "first_call", "create_ticket").await.unwrap().is_some(), one);
        assert_eq!(call_records::wrong_codes(t, "+12025550143", 0).await.unwrap(), n as i64);
        assert_eq!(call_records::wrong_codes(t, "+12025550143", 6).await.unwrap(), 0);
    }
    // Erasing, asked for by the other workspace, erases nothing.
    let (of, own) = (second.clone(), first.clone());
    let call: Call = db.store.tenant(&first).get("first_call").await.unwrap().unwrap();
    let again = call.clone();
    db.write(move |tx| Box::pin(async move { call_records::erase(tx.tenant(&of), &call).await })).await.unwrap();
    assert_eq!(call_records::turns(db.store.tenant(&first), "first_call", 0, 9).await.unwrap().len(), 1);
    db.write(move |tx| Box::pin(async move { call_records::erase(tx.tenant(&own), &again).await })).await.unwrap();
    let t = db.store.tenant(&first);
    assert_eq!(call_records::turns(t, "first_call", 0, 9).await.unwrap(), []);
    let words = calls::Query { words: Some("printer".into()), limit: 9, ..Default::default() };
    assert_eq!((calls::count(t, &words).await.unwrap(), calls::live_count(t).await.unwrap()), (0, 1));
}

async fn a_token_opens_once_and_within_its_time(engine: Engine) {
    let (db, first) = engine.workspace().await;
    add_call(&db, &first, call_rows::call("first_call")).await;
    let of = first.clone();
    db.write(move |tx| {
        Box::pin(async move { call_records::add_token(tx.tenant(&of), "first_call", "hash", 100).await })
    })
    .await
    .unwrap();
    for (hash, now, opens) in [("other", 5, false), ("hash", 100, false), ("hash", 99, true), ("hash", 99, false)] {
        let opened =
            db.write(move |tx| Box::pin(async move { any_call::use_token(tx, hash, now).await })).await.unwrap();
        assert_eq!(opened.map(|opened| opened.call_id), opens.then(|| "first_call".to_owned()), "{hash} at {now}");
    }
}

async fn leases_end_and_are_kept(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let held = |id: &str, node: &str| Call {
        owner_node: Some(node.into()),
        lease_until: Some(10),
        status: "IN_PROGRESS".into(),
        ..call_rows::call(id)
    };
    for call in [held("one", "a"), held("two", "b"), call_rows::call("three")] {
        add_call(&db, &first, call).await;
    }
    let kept = db.write(|tx| Box::pin(async move { any_call::extend_leases(tx, "a", 20).await })).await.unwrap();
    assert_eq!(kept, 1);
    let reader = db.store.reader();
    let count = |at| async move { any_call::expired(reader, at, 9).await.unwrap().len() };
    let (at10, at11, at21) = (count(10).await, count(11).await, count(21).await);
    assert_eq!((at10, at11, at21), (0, 1, 2));
    let forgotten = any_call::forgotten(db.store.reader(), 2, None, 9).await.unwrap();
    assert_eq!(forgotten.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["three"]);
    assert_eq!(any_call::by_sid(db.store.reader(), "CA of two").await.unwrap().unwrap().id, "two");
}

async fn what_names_a_call_needs_one(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let ticket = |call: Option<&str>| Ticket { call_id: call.map(str::to_owned), ..rows::ticket("ticket", 1) };
    for call in ["nowhere", "second_call"] {
        let (of, row) = (first.clone(), ticket(Some(call)));
        let answer = db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(row).await })).await;
        assert!(matches!(answer, Err(StoreError::Reference(_))), "{answer:?}");
    }
    add_call(&db, &first, call_rows::call("first_call")).await;
    let (of, row) = (first.clone(), ticket(Some("first_call")));
    db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(row).await })).await.unwrap();
    let escalation = Escalation { call_id: Some("nowhere".into()), ..rows::escalation("escalation", "ticket") };
    let of = first.clone();
    let answer = db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(escalation).await })).await;
    assert!(matches!(answer, Err(StoreError::Reference(_))), "{answer:?}");
    // A call that a ticket names stays.
    let sql = "DELETE FROM calls WHERE id = 'first_call'";
    let answer = db.write(move |tx| Box::pin(async move { sea_orm_exec(tx, sql).await })).await;
    assert!(matches!(answer, Err(StoreError::Reference(_))), "{answer:?}");
}

async fn sea_orm_exec(tx: &Tx, sql: &str) -> Result<(), StoreError> {
    use sea_orm::ConnectionTrait;
    Ok(tx.execute_unprepared(sql).await.map(drop)?)
}

async fn the_only_workspace_takes_calls_until_a_number_is_there(engine: Engine) {
    let (db, first) = engine.workspace().await;
    assert_eq!(any_call::only_workspace(db.store.reader()).await.unwrap(), Some(first.clone()));
    let of = first.clone();
    let number = rows::phone_number("number");
    db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(number).await })).await.unwrap();
    assert_eq!(any_call::only_workspace(db.store.reader()).await.unwrap(), None);
    let (db, _) = engine.workspace().await;
    db.add_workspace("second").await;
    assert_eq!(any_call::only_workspace(db.store.reader()).await.unwrap(), None);
}

async fn lists_are_filtered_and_ordered(engine: Engine) {
    let (db, first) = engine.workspace().await;
    for (id, started_at, status, sentiment) in [
        ("a", 10, "COMPLETED", Some("negative")),
        ("b", 30, "IN_PROGRESS", None),
        ("c", 20, "COMPLETED", Some("positive")),
    ] {
        let ended_at = (status == "COMPLETED").then_some(started_at + 5);
        let sentiment = sentiment.map(str::to_owned);
        let call = Call { started_at, ended_at, status: status.into(), sentiment, ..call_rows::call(id) };
        add_call(&db, &first, call).await;
    }
    // An agent that had each call twice: an offset counts calls, not stays.
    for (seq, stay) in [(1, "c"), (2, "c"), (1, "a"), (2, "a")] {
        let row = call_rows::interaction(&format!("{stay}{seq}"), stay);
        // One stay of them ended with another agent.
        let outcome = if (seq, stay) == (2, "c") { Some("HANDED_OFF".to_owned()) } else { None };
        db.add(&first, vec![Interaction { seq, outcome, ..row }]).await;
    }
    let t = db.store.tenant(&first);
    let ids = |lines: Vec<calls::Line>| lines.into_iter().map(|line| line.id).collect::<Vec<_>>().join("");
    let all = calls::Query { limit: 9, ..Default::default() };
    for (query, expect) in [
        (all.clone(), "bca"),
        (calls::Query { ascending: true, ..all.clone() }, "acb"),
        (calls::Query { after: Some((20, "c".into())), ..all.clone() }, "a"),
        (calls::Query { statuses: vec!["COMPLETED"], ..all.clone() }, "ca"),
        (calls::Query { sentiments: vec!["negative".into()], ..all.clone() }, "a"),
        (calls::Query { from: Some(20), to: Some(30), ..all.clone() }, "c"),
        (calls::Query { was_escalated: Some(true), ..all.clone() }, ""),
        (calls::Query { offset: 1, limit: 1, ..all.clone() }, "c"),
        (calls::Query { agents: vec!["triage_agent".into()], ..all.clone() }, "ca"),
        (calls::Query { agents: vec!["triage_agent".into()], offset: 1, ..all.clone() }, "a"),
        (calls::Query { agents: vec!["triage_agent".into()], offset: 2, ..all.clone() }, ""),
        (calls::Query { handed_on_by: vec!["triage_agent".into()], ..all.clone() }, "c"),
        (calls::Query { handed_on_by: vec!["network_agent".into()], ..all.clone() }, ""),
        (calls::Query { words: Some("?".into()), ..all }, ""),
    ] {
        assert_eq!(ids(calls::page(t, &query).await.unwrap()), expect, "{query:?}");
    }
    assert_eq!(ids(calls::live(t).await.unwrap()), "b");
}

async fn add_call(db: &Db, workspace: &patchcord_domain::id::WorkspaceId, call: Call) {
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(call).await })).await.unwrap();
}
