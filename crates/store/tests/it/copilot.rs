//! Suggestions, conversations, cached answers, costs, and what the copilot may look up.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Suggestion, Ticket};
use patchcord_store::{StoreError, articles, directory, messages, suggestions, tickets};
use serde_json::json;

use crate::rows;
use crate::support::{Db, Engine, both_engines, number};

both_engines!(
    suggestions_come_newest_first,
    a_suggestion_is_started_until_it_is_final,
    two_answers_in_one_conversation_are_both_kept,
    a_cached_answer_stays_in_its_workspace_and_its_time,
    costs_are_summed_up,
    only_published_articles_and_finished_tickets_are_cited,
    a_device_comes_with_its_names,
    assignments_and_escalations,
    messages_and_files_stand_in_order,
);

async fn with_ticket(engine: Engine) -> (Db, WorkspaceId) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::user("u")]).await;
    db.add(&workspace, vec![rows::ticket("t", 1), rows::ticket("other", 2)]).await;
    (db, workspace)
}

async fn suggestions_come_newest_first(engine: Engine) {
    let (db, workspace) = with_ticket(engine).await;
    let all = (0..103)
        .map(|n| {
            let mut row = rows::suggestion(&format!("s{n:03}"), "t");
            row.created_at = 1_000 + n / 2;
            row
        })
        .chain([rows::suggestion("elsewhere", "other")])
        .collect();
    db.add(&workspace, all).await;
    let found = suggestions::of_ticket(db.store.tenant(&workspace), "t").await.unwrap();
    let ids: Vec<String> = found.into_iter().map(|row| row.id).collect();
    assert_eq!(ids, (3..103).rev().map(|n| format!("s{n:03}")).collect::<Vec<_>>());
}

async fn a_suggestion_is_started_until_it_is_final(engine: Engine) {
    let (db, workspace) = with_ticket(engine).await;
    for (id, state) in [("q", "queued"), ("r", "running"), ("s", "success"), ("e", "error")] {
        let mut row = rows::suggestion(id, "t");
        row.state = state.into();
        db.add(&workspace, vec![row]).await;
    }
    let start = |id: &'static str, at| {
        let (store, of) = (db.store.clone(), workspace.clone());
        async move {
            store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { suggestions::start(tx.tenant(&of), id, at).await })
                })
                .await
                .unwrap()
        }
    };
    for (id, started) in [("q", true), ("r", true), ("s", false), ("e", false), ("nothing", false)] {
        assert_eq!(start(id, 50).await, started, "{id}");
    }
    assert!(start("q", 60).await);
    let row: Suggestion = db.store.tenant(&workspace).get("q").await.unwrap().unwrap();
    let seen = (row.state.as_str(), row.attempts, row.started_at, row.updated_at);
    assert_eq!(seen, ("running", 2, Some(50), 60), "the first start counts");
    let row: Suggestion = db.store.tenant(&workspace).get("s").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.attempts, row.started_at), ("success", 0, None));
}

async fn two_answers_in_one_conversation_are_both_kept(engine: Engine) {
    let (db, workspace) = with_ticket(engine).await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..10 {
        let (store, of) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move {
                        let tenant = tx.tenant(&of);
                        let new_id = format!("c{index}");
                        let mut row = suggestions::lock_conversation(tenant, &new_id, "t", "u", 5).await?;
                        row.messages.as_array_mut().unwrap().push(json!({"content": index}));
                        assert!(tenant.save(row).await?);
                        Ok(())
                    })
                })
                .await
                .unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let tenant = db.store.tenant(&workspace);
    let row = suggestions::conversation(tenant, "t", "u").await.unwrap().unwrap();
    let mut kept: Vec<i64> =
        row.messages.as_array().unwrap().iter().map(|message| message["content"].as_i64().unwrap()).collect();
    kept.sort_unstable();
    assert_eq!(kept, (0..10).collect::<Vec<_>>());
    assert_eq!(suggestions::conversation(tenant, "other", "u").await.unwrap(), None);
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { suggestions::forget_conversation(tx.tenant(&of), "t", "u").await }))
        .await
        .unwrap();
    assert_eq!(suggestions::conversation(tenant, "t", "u").await.unwrap(), None);
}

async fn a_cached_answer_stays_in_its_workspace_and_its_time(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    let keep = |workspace: &WorkspaceId, key: &'static str, value, expires_at| {
        let (store, of) = (db.store.clone(), workspace.clone());
        async move {
            store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { suggestions::cache(tx.tenant(&of), key, value, expires_at).await })
                })
                .await
                .unwrap();
        }
    };
    let cached = async |workspace: &WorkspaceId, key: &str, now| {
        suggestions::cached(db.store.tenant(workspace), key, now).await.unwrap()
    };
    keep(&first, "k", json!({"answer": [1, null, "ü"]}), 100).await;
    assert_eq!(cached(&first, "k", 99).await, Some(json!({"answer": [1, null, "ü"]})));
    assert_eq!(cached(&first, "k", 100).await, None);
    assert_eq!(cached(&first, "K", 1).await, None);
    assert_eq!(cached(&second, "k", 1).await, None);
    keep(&second, "k", json!("second"), 100).await;
    keep(&first, "k", json!("newer"), 300).await;
    assert_eq!(cached(&first, "k", 200).await, Some(json!("newer")));
    assert_eq!(cached(&second, "k", 1).await, Some(json!("second")));
    assert_eq!(number(&db.raw().await, "SELECT COUNT(*) FROM ai_cache").await, 2);
}

async fn costs_are_summed_up(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    assert_eq!(suggestions::cost_since(db.store.tenant(&first), 0).await.unwrap(), 0);
    for (workspace, costs) in [(&first, [3_000_000_000, 5, 70]), (&second, [1, 1, 1])] {
        let all = (1..).zip(costs).map(|(at, cost)| {
            let mut row = rows::usage_log(&format!("l{at}"));
            (row.cost_usd, row.created_at) = (cost, at);
            row
        });
        db.add(workspace, all.collect()).await;
    }
    for (since, cost) in [(0, 3_000_000_075), (2, 75), (3, 70), (4, 0)] {
        assert_eq!(suggestions::cost_since(db.store.tenant(&first), since).await.unwrap(), cost, "{since}");
    }
}

async fn only_published_articles_and_finished_tickets_are_cited(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut draft = rows::article("draft");
    draft.status = "DRAFT".into();
    db.add(&workspace, vec![rows::article("a"), rows::article("b"), draft]).await;
    let tickets = ["OPEN", "RESOLVED", "CLOSED"].iter().zip(1..).map(|(status, number)| {
        let mut row = rows::ticket(status, number);
        row.status = (*status).to_owned();
        row
    });
    db.add(&workspace, tickets.collect()).await;
    let tenant = db.store.tenant(&workspace);
    let wanted: Vec<String> = ["b", "draft", "nothing", "a"].map(str::to_owned).to_vec();
    let mut found: Vec<String> =
        articles::published(tenant, &wanted).await.unwrap().into_iter().map(|row| row.id).collect();
    found.sort();
    assert_eq!(found, ["a", "b"]);
    assert_eq!(articles::published(tenant, &[]).await.unwrap(), vec![]);
    let wanted: Vec<String> = ["OPEN", "RESOLVED", "CLOSED"].map(str::to_owned).to_vec();
    let mut found: Vec<Ticket> = directory::finished_tickets(tenant, &wanted).await.unwrap();
    found.sort_by_key(|row| row.number);
    assert_eq!(found.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3]);
}

async fn a_device_comes_with_its_names(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::organization("o")]).await;
    db.add(&workspace, vec![rows::contact("c", "o")]).await;
    db.add(&workspace, vec![rows::device_manufacturer("f")]).await;
    db.add(&workspace, vec![rows::device_model("m", "f")]).await;
    db.add(&workspace, vec![rows::operating_system("s")]).await;
    let mut device = rows::device("d", "o");
    (device.manufacturer_id, device.model_id) = (Some("f".into()), Some("m".into()));
    device.operating_system_id = Some("s".into());
    db.add(&workspace, vec![device, rows::device("bare", "o")]).await;
    let tenant = db.store.tenant(&workspace);
    let facts = directory::device(tenant, "d").await.unwrap().unwrap();
    assert_eq!((facts.kind.as_str(), facts.manufacturer.as_deref()), ("LAPTOP", Some("name of f")));
    assert_eq!((facts.model.as_deref(), facts.os_name.as_deref()), (Some("name of m"), Some("name of s")));
    let bare = directory::device(tenant, "bare").await.unwrap().unwrap();
    assert_eq!((bare.manufacturer, bare.model, bare.os_name), (None, None, None));
    for (device, fits) in [("d", true), ("nothing", false)] {
        let of = workspace.clone();
        let owner = patchcord_store::rows::ContactDevice {
            workspace_id: "nobody".into(),
            contact_id: "c".into(),
            device_id: device.into(),
            is_primary: true,
        };
        let answer =
            db.write(move |tx| Box::pin(async move { directory::add_owner(tx.tenant(&of), owner).await })).await;
        assert_eq!(answer.is_ok(), fits, "{answer:?}");
    }
}

async fn assignments_and_escalations(engine: Engine) {
    let (db, workspace) = with_ticket(engine).await;
    let mut agent = rows::support_agent("a");
    agent.user_id = Some("u".into());
    db.add(&workspace, vec![agent, rows::support_agent("b")]).await;
    let mut released = rows::assignment("old", "t", "a");
    released.released_at = Some(5);
    db.add(&workspace, vec![released, rows::assignment("now", "t", "b")]).await;
    let escalations = (0..3).map(|n| {
        let mut row = rows::escalation(&format!("e{n}"), "t");
        row.created_at = n;
        row
    });
    db.add(&workspace, escalations.collect()).await;
    let tenant = db.store.tenant(&workspace);
    assert_eq!(tickets::current_assignment(tenant, "t").await.unwrap().unwrap().id, "now");
    assert_eq!(tickets::current_assignment(tenant, "other").await.unwrap(), None);
    let found = tickets::escalations(tenant, "t").await.unwrap();
    assert_eq!(found.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["e2", "e1", "e0"]);
    assert_eq!(tickets::agent_of_user(tenant, "u").await.unwrap().unwrap().id, "a");
    assert_eq!(tickets::agent_of_user(tenant, "x").await.unwrap(), None);
}

async fn messages_and_files_stand_in_order(engine: Engine) {
    let (db, workspace) = with_ticket(engine).await;
    // Two each at one moment; the id breaks the tie.
    let said = (0..7).rev().map(|n| {
        let mut row = rows::message(&format!("m{n}"), "t");
        row.created_at = n / 2;
        row
    });
    db.add(&workspace, said.chain([rows::message("elsewhere", "other")]).collect()).await;
    let files = (0..5).rev().map(|n| {
        let mut row = rows::attachment(&format!("f{n}"), "t");
        row.created_at = n / 2;
        row
    });
    db.add(&workspace, files.collect()).await;
    let tenant = db.store.tenant(&workspace);
    let ids = |all: Vec<patchcord_store::rows::Message>| all.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(messages::first(tenant, "t", 3).await.unwrap()), ["m0", "m1", "m2"]);
    assert_eq!(ids(messages::newest(tenant, "t", 3).await.unwrap()), ["m4", "m5", "m6"]);
    assert_eq!(ids(messages::first(tenant, "t", 99).await.unwrap()).len(), 7);
    let files = tickets::attachments(tenant, "t").await.unwrap();
    assert_eq!(files.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["f0", "f1", "f2", "f3", "f4"]);
    let of_t = tickets::attachment_by_content(tenant, "t", "sha256 of f3").await.unwrap();
    assert_eq!(of_t.unwrap().id, "f3");
    assert_eq!(tickets::attachment_by_content(tenant, "other", "sha256 of f3").await.unwrap(), None);
    assert!(tickets::storage_key_in_use(tenant, "storage_key of f3").await.unwrap());
    assert!(!tickets::storage_key_in_use(tenant, "nothing").await.unwrap());
    // The same content again on one ticket.
    let mut again = rows::attachment("again", "t");
    again.sha256 = "sha256 of f3".into();
    let answer = db.write(move |tx| Box::pin(async move { tx.tenant(&workspace).add(again).await })).await;
    assert!(matches!(answer, Err(StoreError::Taken(_))), "{answer:?}");
}
