//! Signing in: sessions, tokens that are used once, guesses that are counted; and the sweep that takes out what is old.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::DAY;
use patchcord_store::rows::{LoginAttempt, RefreshToken};
use patchcord_store::unscoped::{sign_in, upkeep};
use patchcord_store::{StoreError, sessions, users};
use sea_orm::ConnectionTrait;

use crate::rows;
use crate::support::{Db, Engine, both_engines, number};

both_engines!(
    a_token_is_used_once,
    a_session_ends_with_its_family_or_its_user,
    failures_are_counted_by_person_and_by_network,
    a_crowd_of_guesses_is_counted_one_by_one,
    people_are_found_by_address_whatever_the_workspace,
    users_are_paged_and_counted,
    the_sweep_takes_what_is_past_its_time_and_nothing_else,
    the_sweep_comes_in_bites,
);

async fn with_tokens(engine: Engine) -> (Db, WorkspaceId) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::user("u"), rows::user("v")]).await;
    let token = |id: &str, user: &str, family: &str| {
        let mut row = rows::refresh_token(id, user);
        row.family_id = family.into();
        row
    };
    let all = vec![token("t1", "u", "f"), token("t2", "u", "f"), token("t3", "u", "g"), token("t4", "v", "h")];
    db.add(&workspace, all).await;
    (db, workspace)
}

async fn a_token_is_used_once(engine: Engine) {
    let (db, workspace) = with_tokens(engine).await;
    let token = sign_in::refresh_token(db.store.reader(), "token_hash of t1").await.unwrap().unwrap();
    assert_eq!(token.id, "t1");
    assert_eq!(sign_in::refresh_token(db.store.reader(), "token_hash of x").await.unwrap(), None);
    let mut tasks = tokio::task::JoinSet::new();
    for at in 1..=10 {
        let (store, of, token) = (db.store.clone(), workspace.clone(), token.clone());
        tasks.spawn(async move {
            let used = store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { sessions::use_token(tx.tenant(&of), &token, at).await })
                })
                .await
                .unwrap();
            (at, used)
        });
    }
    let mut winners = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (at, used) = done.unwrap();
        winners.extend(used.then_some(at));
    }
    assert_eq!(winners.len(), 1);
    let row: RefreshToken = db.store.tenant(&workspace).get("t1").await.unwrap().unwrap();
    assert_eq!(row.used_at, Some(winners[0]));
}

async fn live(db: &Db) -> Vec<&'static str> {
    let mut live = Vec::new();
    for (user, family) in [("u", "f"), ("u", "g"), ("v", "h"), ("v", "f"), ("x", "f")] {
        if let Some(session) = sign_in::session(db.store.reader(), user, family).await.unwrap() {
            assert_eq!((session.workspace_id.as_str(), session.role.as_str()), ("first", "AGENT"));
            live.push(family);
        }
    }
    live
}

async fn a_session_ends_with_its_family_or_its_user(engine: Engine) {
    let (db, workspace) = with_tokens(engine).await;
    assert_eq!(live(&db).await, ["f", "g", "h"]);
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { sessions::revoke_family(tx.tenant(&of), "f", 7).await })).await.unwrap();
    assert_eq!(live(&db).await, ["g", "h"]);
    for id in ["t1", "t2"] {
        let row: RefreshToken = db.store.tenant(&workspace).get(id).await.unwrap().unwrap();
        assert_eq!(row.revoked_at, Some(7), "{id}");
    }
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { sessions::revoke_user(tx.tenant(&of), "u", Some("g"), 8).await }))
        .await
        .unwrap();
    assert_eq!(live(&db).await, ["g", "h"]);
    let row: RefreshToken = db.store.tenant(&workspace).get("t1").await.unwrap().unwrap();
    assert_eq!(row.revoked_at, Some(7), "the first end counts");
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { sessions::revoke_user(tx.tenant(&of), "u", None, 9).await }))
        .await
        .unwrap();
    assert_eq!(live(&db).await, ["h"]);
    let mut disabled = rows::user("v");
    disabled.disabled_at = Some(10);
    db.write(move |tx| Box::pin(async move { tx.tenant(&workspace).save(disabled).await })).await.unwrap();
    assert_eq!(live(&db).await, Vec::<&str>::new());
}

fn attempt(id: &str, email: &str, address: &str, at: i64) -> LoginAttempt {
    LoginAttempt { id: id.into(), email: email.into(), address: address.into(), at, success: false }
}

async fn record(db: &Db, all: Vec<LoginAttempt>) {
    db.write(move |tx| {
        Box::pin(async move {
            for row in all {
                sign_in::record_attempt(tx, row).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn failures(db: &Db, email: &'static str, address: &'static str, since: i64) -> (u64, u64) {
    db.write(move |tx| Box::pin(async move { sign_in::failures_since(tx, email, address, since).await })).await.unwrap()
}

async fn failures_are_counted_by_person_and_by_network(engine: Engine) {
    let db = engine.open().await;
    let all = vec![
        attempt("1", "a@x", "10.0.0.1", 10),
        attempt("2", "a@x", "10.0.0.2", 20),
        attempt("3", "b@x", "10.0.0.1", 30),
        attempt("4", "a@x", "10.0.0.1", 40),
    ];
    record(&db, all).await;
    assert_eq!(failures(&db, "a@x", "10.0.0.1", 0).await, (3, 3));
    assert_eq!(failures(&db, "a@x", "10.0.0.1", 20).await, (2, 2));
    assert_eq!(failures(&db, "c@x", "10.0.0.3", 0).await, (0, 0));
    db.write(|tx| Box::pin(async move { sign_in::mark_success(tx, "4").await })).await.unwrap();
    assert_eq!(failures(&db, "a@x", "10.0.0.1", 0).await, (2, 2));
}

/// 30 guesses at one moment, of which 10 may be tried: each counts before it records itself.
async fn a_crowd_of_guesses_is_counted_one_by_one(engine: Engine) {
    let db = engine.open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..30 {
        let store = db.store.clone();
        tasks.spawn(async move {
            store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move {
                        let (by_email, _) = sign_in::failures_since(tx, "a@x", "10.0.0.1", 0).await?;
                        if by_email >= 10 {
                            return Ok(false);
                        }
                        let address = format!("10.0.0.{index}");
                        sign_in::record_attempt(tx, attempt(&format!("g{index}"), "a@x", &address, 5)).await?;
                        Ok(true)
                    })
                })
                .await
                .unwrap()
        });
    }
    let mut tried = 0;
    while let Some(done) = tasks.join_next().await {
        tried += usize::from(done.unwrap());
    }
    assert_eq!(tried, 10);
}

async fn people_are_found_by_address_whatever_the_workspace(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    db.add(&first, vec![rows::user("u")]).await;
    db.add(&second, vec![rows::user("v")]).await;
    db.add(&second, vec![rows::invitation("i", "v")]).await;
    let reader = db.store.reader();
    let user = sign_in::user_by_email(reader, "v@example.org").await.unwrap().unwrap();
    assert_eq!((user.id.as_str(), user.workspace_id.as_str()), ("v", "second"));
    assert_eq!(sign_in::user_by_email(reader, "V@example.org").await.unwrap(), None);
    let (user, workspace) = sign_in::user_by_id(reader, "u").await.unwrap().unwrap();
    assert_eq!((user.id.as_str(), workspace.id.as_str()), ("u", "first"));
    assert_eq!(sign_in::user_by_id(reader, "x").await.unwrap(), None);
    let invitation = sign_in::invitation(reader, "token_hash of i").await.unwrap().unwrap();
    assert_eq!((invitation.user_id.as_str(), invitation.workspace_id.as_str()), ("v", "second"));
    // An address is taken in whichever workspace it is.
    let mut same = rows::user("w");
    same.email = "u@example.org".into();
    let answer = db.write(move |tx| Box::pin(async move { tx.tenant(&second).add(same).await })).await;
    assert!(matches!(answer, Err(StoreError::Taken(_))), "{answer:?}");
}

async fn users_are_paged_and_counted(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let all = (0..7).map(|n| {
        let mut row = rows::user(&format!("u{n}"));
        row.name = ["Ada", "Ben"][n % 2].into();
        row.role = if n < 3 { "ADMIN" } else { "VIEWER" }.into();
        row.disabled_at = (n == 1).then_some(5);
        row
    });
    db.add(&workspace, all.collect()).await;
    let tenant = db.store.tenant(&workspace);
    let ids = async |limit, offset| {
        let page = users::page(tenant, limit, offset).await.unwrap();
        page.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(10, 0).await, ["u0", "u2", "u4", "u6", "u1", "u3", "u5"]);
    assert_eq!(ids(2, 3).await, ["u6", "u1"]);
    assert_eq!(ids(2, 7).await, Vec::<String>::new());
    assert_eq!(users::count(tenant).await.unwrap(), 7);
    assert_eq!(users::active_admins(tenant).await.unwrap(), 2);
    let some = users::some(tenant, &["u3".to_owned(), "x".to_owned()]).await.unwrap();
    assert_eq!(some.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["u3"]);
    let mut used = rows::invitation("used", "u0");
    used.used_at = Some(1);
    db.add(&workspace, vec![rows::invitation("open", "u0"), used, rows::invitation("other", "u1")]).await;
    let open = users::open_invitations(tenant, "u0").await.unwrap();
    assert_eq!(open.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["open"]);
}

/// What is kept how long, one row on each side of each border.
async fn the_sweep_takes_what_is_past_its_time_and_nothing_else(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::user("u")]).await;
    let raw = db.raw().await;
    let now = 100 * DAY;
    let (week, day) = (now - 7 * DAY, now - DAY);
    for (id, state, at) in [
        ("gone done", "DONE", week - 1),
        ("gone dead", "DEAD", week - 1),
        ("kept done", "DONE", week),
        ("kept ready", "READY", 1),
        ("kept running", "RUNNING", 1),
    ] {
        let sql = format!(
            "INSERT INTO jobs (id, workspace_id, kind, payload, priority, run_at, state, max_attempts, created_at, updated_at) \
             VALUES ('{id}', 'first', 'k', '{{}}', 0, 0, '{state}', 1, 1, {at})"
        );
        raw.execute_unprepared(&sql).await.unwrap();
    }
    for (id, at) in [("gone", week - 1), ("kept", week)] {
        let sql = format!(
            "INSERT INTO events (workspace_id, id, type, topic, subject_id, data, at) \
             VALUES ('first', '{id}', 'k', 't', 's', '{{}}', {at})"
        );
        raw.execute_unprepared(&sql).await.unwrap();
    }
    record(&db, vec![attempt("gone", "a", "b", day - 1), attempt("kept", "a", "b", day)]).await;
    let token = |id: &str, at| {
        let mut row = rows::refresh_token(id, "u");
        row.expires_at = at;
        row
    };
    db.add(&workspace, vec![token("gone", now - 1), token("kept", now)]).await;
    for (id, at) in [("gone", now - 1), ("kept", now)] {
        let sql = format!(
            "INSERT INTO ai_cache (workspace_id, key, value, expires_at) VALUES ('first', '{id}', '1', {at}); \
             INSERT INTO idempotency_keys (workspace_id, user_id, method, path, key, request_hash, expires_at) \
             VALUES ('first', 'u', 'm', 'p', '{id}', 'h', {at})"
        );
        raw.execute_unprepared(&sql).await.unwrap();
    }
    let sweep = || async { db.write(move |tx| Box::pin(async move { upkeep::sweep(tx, now).await })).await.unwrap() };
    assert_eq!(sweep().await, 7);
    assert_eq!(sweep().await, 0);
    for (table, id, kept) in [
        ("jobs", "id", 3),
        ("events", "id", 1),
        ("login_attempts", "id", 1),
        ("refresh_tokens", "id", 1),
        ("idempotency_keys", "key", 1),
        ("ai_cache", "key", 1),
        ("users", "id", 1),
    ] {
        assert_eq!(number(&raw, &format!("SELECT COUNT(*) FROM {table}")).await, kept, "{table}");
        let gone = format!("SELECT COUNT(*) FROM {table} WHERE {id} LIKE 'gone%'");
        assert_eq!(number(&raw, &gone).await, 0, "{table}");
    }
}

async fn the_sweep_comes_in_bites(engine: Engine) {
    let db = engine.open().await;
    let all = (0..2_300).map(|n| attempt(&format!("a{n}"), "a", "b", 1)).collect();
    record(&db, all).await;
    let mut bites = Vec::new();
    loop {
        let gone = db.write(|tx| Box::pin(async move { upkeep::sweep(tx, 2 * DAY).await })).await.unwrap();
        bites.push(gone);
        if gone == 0 {
            break;
        }
    }
    assert_eq!(bites, [1_000, 1_000, 300, 0]);
}
