//! Slots for requests that are sent twice: one effect, one answer.

use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::StoreError;
use patchcord_store::idempotency::{Slot, claim, complete};
use patchcord_store::rows::{Domain, IdempotencyKey};

use crate::rows;
use crate::support::{Db, Engine, both_engines, eventually, number};

both_engines!(
    the_first_answer_is_kept,
    a_slot_is_free_again_after_its_time,
    a_rollback_frees_the_slot,
    a_crowd_with_one_key_has_one_effect,
    each_part_of_a_slot_counts,
);

fn slot(key: &str) -> Slot {
    Slot { user_id: "u".into(), method: "POST".into(), path: "/api/tickets".into(), key: key.to_owned() }
}

async fn prepared(engine: Engine) -> (Db, WorkspaceId) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::user("u"), rows::user("v")]).await;
    (db, workspace)
}

/// Claims and, when it was free, does an effect and keeps an answer.
async fn request(
    db: &Db,
    workspace: &WorkspaceId,
    slot: Slot,
    now: i64,
    fails: bool,
) -> Result<Option<IdempotencyKey>, StoreError> {
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant = tx.tenant(&of);
            if let Some(before) = claim(tenant, &slot, "hash", now, now + 100).await? {
                return Ok(Some(before));
            }
            tenant.add_later(rows::domain(&format!("effect {now}"))).await?;
            complete(tenant, &slot, 201, "{\"id\":1}").await?;
            if fails { Err(StoreError::Internal("planned".into())) } else { Ok(None) }
        })
    })
    .await
}

async fn the_first_answer_is_kept(engine: Engine) {
    let (db, workspace) = prepared(engine).await;
    assert_eq!(request(&db, &workspace, slot("k"), 1, false).await.unwrap(), None);
    let before = request(&db, &workspace, slot("k"), 50, false).await.unwrap().unwrap();
    assert_eq!((before.response_status, before.response_body.as_deref()), (Some(201), Some("{\"id\":1}")));
    assert_eq!((before.request_hash.as_str(), before.expires_at), ("hash", 101));
}

async fn a_slot_is_free_again_after_its_time(engine: Engine) {
    let (db, workspace) = prepared(engine).await;
    assert_eq!(request(&db, &workspace, slot("k"), 1, false).await.unwrap(), None);
    assert!(request(&db, &workspace, slot("k"), 100, false).await.unwrap().is_some());
    assert_eq!(request(&db, &workspace, slot("k"), 101, false).await.unwrap(), None);
    let before = request(&db, &workspace, slot("k"), 102, false).await.unwrap().unwrap();
    assert_eq!(before.expires_at, 201);
}

async fn a_rollback_frees_the_slot(engine: Engine) {
    let (db, workspace) = prepared(engine).await;
    request(&db, &workspace, slot("k"), 1, true).await.unwrap_err();
    let raw = db.raw().await;
    assert_eq!(number(&raw, "SELECT COUNT(*) FROM idempotency_keys").await, 0);
    assert_eq!(request(&db, &workspace, slot("k"), 2, false).await.unwrap(), None);
}

async fn a_crowd_with_one_key_has_one_effect(engine: Engine) {
    let (db, workspace) = prepared(engine).await;
    let db = std::sync::Arc::new(db);
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..16 {
        let (db, workspace) = (db.clone(), workspace.clone());
        tasks.spawn(async move { request(&db, &workspace, slot("k"), 1 + index, index == 3).await });
    }
    let (mut first, mut later) = (0, 0);
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            Ok(None) => first += 1,
            Ok(Some(before)) => {
                assert_eq!(before.response_status, Some(201));
                later += 1;
            }
            Err(StoreError::Internal(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(first, 1);
    assert!(later >= 14, "{later}");
    let raw = db.raw().await;
    assert_eq!(number(&raw, "SELECT COUNT(*) FROM domains").await, 1);
}

async fn each_part_of_a_slot_counts(engine: Engine) {
    let (db, workspace) = prepared(engine).await;
    let other = db.add_workspace("other").await;
    let mut user = rows::user("u");
    user.email = "another@example.org".into();
    user.id = "w".into();
    db.add(&other, vec![user]).await;
    for (index, slot) in [
        slot("k"),
        slot("K"),
        Slot { user_id: "v".into(), ..slot("k") },
        Slot { method: "PUT".into(), ..slot("k") },
        Slot { path: "/api/tickets/1".into(), ..slot("k") },
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(request(&db, &workspace, slot.clone(), index as i64, false).await.unwrap(), None, "{slot:?}");
    }
    let of_other = Slot { user_id: "w".into(), ..slot("k") };
    assert_eq!(request(&db, &other, of_other, 9, false).await.unwrap(), None);
    // A user of another workspace cannot have a slot here.
    let answer = request(&db, &other, slot("new"), 9, false).await;
    assert!(matches!(answer, Err(StoreError::Reference(_))), "{answer:?}");
}

/// The second waits until it is known what became of the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_waits_for_the_first_on_postgres() {
    for fails in [false, true] {
        let (db, workspace) = prepared(Engine::Postgres).await;
        let db = std::sync::Arc::new(db);
        let (claimed, go_on) =
            (std::sync::Arc::new(tokio::sync::Notify::new()), std::sync::Arc::new(tokio::sync::Notify::new()));
        let first = {
            let (db, of, claimed, go_on) = (db.clone(), workspace.clone(), claimed.clone(), go_on.clone());
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        assert_eq!(claim(tx.tenant(&of), &slot("k"), "hash", 1, 100).await?, None);
                        claimed.notify_one();
                        go_on.notified().await;
                        tx.tenant(&of).add(rows::domain("first")).await?;
                        complete(tx.tenant(&of), &slot("k"), 201, "first").await?;
                        if fails { Err(StoreError::Internal("planned".into())) } else { Ok(()) }
                    })
                })
                .await
            })
        };
        claimed.notified().await;
        let second = {
            let (db, workspace) = (db.clone(), workspace.clone());
            tokio::spawn(async move { request(&db, &workspace, slot("k"), 2, false).await })
        };
        let raw = db.raw().await;
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually(async || (number(&raw, waiting).await == 1).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!second.is_finished());
        go_on.notify_one();
        assert_eq!(first.await.unwrap().is_err(), fails);
        let answer = second.await.unwrap().unwrap();
        assert_eq!(answer.and_then(|before| before.response_body), (!fails).then(|| "first".to_owned()));
        let kept = db.store.tenant(&workspace).get::<Domain>("first").await.unwrap();
        assert_eq!(kept.is_some(), !fails);
    }
}
