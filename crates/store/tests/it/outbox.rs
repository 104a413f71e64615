//! The outbox: every committed event once, in order, also when an early transaction commits late.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Event;
use patchcord_store::unscoped::events::{Position, after, by_id, newest};
use patchcord_store::{StoreError, events};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;

use crate::support::{Db, Engine, both_engines, eventually};
use crate::writes::new_event;

both_engines!(events_are_read_once_and_in_order, a_rolled_back_event_never_comes, many_writers_and_a_reader);

async fn record(db: &Db, workspace: &WorkspaceId, ids: &[&str]) {
    let (of, ids) = (workspace.clone(), ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    db.write(move |tx| {
        Box::pin(async move {
            for id in &ids {
                events::record(tx.tenant(&of), new_event(id)).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

/// Reads until so many events are there; on PostgreSQL transactions of other tests may hold them back for a moment.
async fn read(db: &Db, from: Position, count: usize) -> Vec<Event> {
    eventually(async || {
        let found = after(db.store.reader(), from, 1_000).await.unwrap();
        (found.len() >= count).then_some(found)
    })
    .await
}

async fn events_are_read_once_and_in_order(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    assert_eq!(newest(db.store.reader()).await.unwrap(), Position::default());
    assert_eq!(after(db.store.reader(), Position::default(), 10).await.unwrap(), vec![]);
    record(&db, &workspace, &["a", "b"]).await;
    record(&db, &workspace, &["c"]).await;
    record(&db, &workspace, &["d", "e"]).await;
    let all = read(&db, Position::default(), 5).await;
    assert_eq!(ids(&all), ["a", "b", "c", "d", "e"]);
    assert_eq!(newest(db.store.reader()).await.unwrap(), Position::of(&all[4]));
    for (index, event) in all.iter().enumerate() {
        let rest = after(db.store.reader(), Position::of(event), 10).await.unwrap();
        assert_eq!(rest, all[index + 1..]);
    }
    assert_eq!(ids(&after(db.store.reader(), Position::of(&all[0]), 2).await.unwrap()), ["b", "c"]);
    assert_eq!(by_id(db.store.reader(), "d").await.unwrap().as_ref(), Some(&all[3]));
    assert_eq!(by_id(db.store.reader(), "x").await.unwrap(), None);
    let first = &all[0];
    assert_eq!((first.workspace_id.as_str(), first.r#type.as_str(), first.at), ("first", "k", 1));
    assert_eq!(first.data, json!({"id": "a"}));
}

async fn a_rolled_back_event_never_comes(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let of = workspace.clone();
    let answer = db
        .write::<(), _>(move |tx| {
            Box::pin(async move {
                events::record(tx.tenant(&of), new_event("never")).await?;
                Err(StoreError::Internal("planned".into()))
            })
        })
        .await;
    answer.unwrap_err();
    record(&db, &workspace, &["after"]).await;
    assert_eq!(ids(&read(&db, Position::default(), 1).await), ["after"]);
}

async fn many_writers_and_a_reader(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let (store, of) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            for turn in 0..25 {
                let of = of.clone();
                store
                    .write::<(), StoreError, _>(move |tx| {
                        Box::pin(async move {
                            events::record(tx.tenant(&of), new_event(&format!("{task}-{turn}"))).await?;
                            if turn % 5 == 0 {
                                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                            }
                            Ok(())
                        })
                    })
                    .await
                    .unwrap();
            }
        });
    }
    let mut place = Position::default();
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        for event in after(db.store.reader(), place, 7).await.unwrap() {
            place = Position::of(&event);
            seen.push(event.id);
        }
        if seen.len() == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(after(db.store.reader(), place, 10).await.unwrap(), vec![]);
    for task in 0..8 {
        let own: Vec<_> = seen.iter().filter(|id| id.starts_with(&format!("{task}-"))).collect();
        let expected: Vec<_> = (0..25).map(|turn| format!("{task}-{turn}")).collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>(), "each once, in the order in which they were written");
    }
}

/// A transaction takes its number first and commits last: what came after it waits, and nothing is skipped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_commit_is_not_skipped_on_postgres() {
    let (db, workspace) = Engine::Postgres.workspace().await;
    record(&db, &workspace, &["before"]).await;
    let before = read(&db, Position::default(), 1).await;
    let place = Position::of(&before[0]);
    let raw = db.raw().await;
    let early = raw.begin().await.unwrap();
    let insert = "INSERT INTO events (workspace_id, id, type, topic, subject_id, data, at) \
        VALUES ('first', 'early', 'k', 't', 's', '{}', 1)";
    early.execute_unprepared(insert).await.unwrap();
    record(&db, &workspace, &["later"]).await;
    assert_eq!(after(db.store.reader(), place, 10).await.unwrap(), vec![], "what is behind it must wait");
    assert_eq!(newest(db.store.reader()).await.unwrap(), place);
    early.commit().await.unwrap();
    let rest = read(&db, place, 2).await;
    assert_eq!(ids(&rest), ["early", "later"]);
    assert_eq!(after(db.store.reader(), Position::of(&rest[1]), 10).await.unwrap(), vec![]);
}
