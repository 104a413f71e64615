//! The one way to write: what is committed, what is rolled back, who is told what.

use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Domain;
use patchcord_store::{StoreError, Tx, events, jobs};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::sync::Notify;

use crate::rows;
use crate::support::{Db, Engine, both_engines, number};

both_engines!(
    values_and_errors_come_back,
    a_panic_is_an_error_and_the_store_goes_on,
    neighbours_of_a_failure_are_kept,
    a_caller_who_stops_waiting_does_not_stop_the_write,
    an_answer_means_that_others_can_read_it,
    closing_finishes_what_waits_and_refuses_what_comes_later,
    a_failed_statement_cannot_be_passed_over,
    a_failed_later_statement_fails_its_own_write,
    many_later_statements_arrive_in_order,
    signals_tell_of_what_was_committed,
    what_cannot_wait_goes_first,
);

#[derive(Debug, PartialEq)]
enum Mine {
    Refused(u32),
    Store(String),
}

impl From<StoreError> for Mine {
    fn from(error: StoreError) -> Self {
        Mine::Store(error.to_string())
    }
}

async fn domains(db: &Db) -> Vec<String> {
    let raw = db.raw().await;
    let rows = crate::support::query(&raw, "SELECT id FROM domains ORDER BY id").await;
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn add(tx: &Tx, workspace: &WorkspaceId, id: &str) -> Result<(), StoreError> {
    tx.tenant(workspace).add(rows::domain(id)).await
}

async fn values_and_errors_come_back(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let of = workspace.clone();
    let kept: Result<u32, Mine> =
        db.store.write(move |tx| Box::pin(async move { Ok(add(tx, &of, "kept").await.map(|()| 7)?) })).await;
    assert_eq!(kept, Ok(7));

    let of = workspace.clone();
    let refused: Result<u32, Mine> = db
        .store
        .write(move |tx| {
            Box::pin(async move {
                add(tx, &of, "refused").await?;
                tx.tenant(&of).add_later(rows::domain("refused too")).await?;
                Err(Mine::Refused(3))
            })
        })
        .await;
    assert_eq!(refused, Err(Mine::Refused(3)));

    let of = workspace.clone();
    let twice: Result<(), Mine> =
        db.store.write(move |tx| Box::pin(async move { Ok(add(tx, &of, "kept").await?) })).await;
    assert!(matches!(twice, Err(Mine::Store(text)) if text.starts_with("a unique value is taken")));
    assert_eq!(domains(&db).await, ["kept"]);
}

async fn a_panic_is_an_error_and_the_store_goes_on(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    for _ in 0..3 {
        let of = workspace.clone();
        let answer = db
            .write::<(), _>(move |tx| {
                Box::pin(async move {
                    add(tx, &of, "half").await?;
                    panic!("planned");
                })
            })
            .await;
        assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
    }
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { add(tx, &of, "after").await })).await.unwrap();
    assert_eq!(domains(&db).await, ["after"]);
}

/// 200 writes at once: every fourth is refused, every fourth panics, every fourth breaks a constraint; the rest is kept, and
/// each caller gets its own answer.
async fn neighbours_of_a_failure_are_kept(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::domain("taken")]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..200_u32 {
        let (store, of) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            let answer: Result<u32, Mine> = store
                .write(move |tx| {
                    Box::pin(async move {
                        tx.tenant(&of).add_later(rows::domain(&format!("later{index:03}"))).await?;
                        add(tx, &of, &format!("now{index:03}")).await?;
                        match index % 4 {
                            1 => Err(Mine::Refused(index)),
                            2 => panic!("planned"),
                            3 => Ok(add(tx, &of, "taken").await.map(|()| 0)?),
                            _ => Ok(index),
                        }
                    })
                })
                .await;
            (index, answer)
        });
    }
    let mut expected = vec!["taken".to_owned()];
    while let Some(done) = tasks.join_next().await {
        let (index, answer) = done.unwrap();
        match (index % 4, answer) {
            (0, Ok(value)) => {
                assert_eq!(value, index);
                expected.extend([format!("later{index:03}"), format!("now{index:03}")]);
            }
            (1, Err(Mine::Refused(value))) => assert_eq!(value, index),
            (2, Err(Mine::Store(text))) => assert!(text.contains("panicked"), "{text}"),
            (3, Err(Mine::Store(text))) => assert!(text.starts_with("a unique value is taken"), "{text}"),
            (_, answer) => panic!("write {index} got {answer:?}"),
        }
    }
    expected.sort();
    assert_eq!(domains(&db).await, expected);
}

async fn a_caller_who_stops_waiting_does_not_stop_the_write(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let begun = Arc::new(Notify::new());
    let go_on = Arc::new(Notify::new());
    let write = {
        let (store, of, begun, go_on) = (db.store.clone(), workspace.clone(), begun.clone(), go_on.clone());
        tokio::spawn(async move {
            store
                .write::<(), StoreError, _>(move |tx| {
                    Box::pin(async move {
                        add(tx, &of, "one").await?;
                        begun.notify_one();
                        go_on.notified().await;
                        add(tx, &of, "two").await
                    })
                })
                .await
        })
    };
    begun.notified().await;
    write.abort();
    assert!(write.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    crate::support::eventually(async || (domains(&db).await == ["one", "two"]).then_some(())).await;
}

async fn an_answer_means_that_others_can_read_it(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut tasks = tokio::task::JoinSet::new();
    let other = Arc::new(db.again().await);
    for index in 0..40 {
        let (store, of, other) = (db.store.clone(), workspace.clone(), other.clone());
        tasks.spawn(async move {
            let id = format!("d{index}");
            let (within, inside) = (of.clone(), id.clone());
            store
                .write::<(), StoreError, _>(move |tx| Box::pin(async move { add(tx, &within, &inside).await }))
                .await
                .unwrap();
            assert!(other.tenant(&of).get::<Domain>(&id).await.unwrap().is_some(), "{id} was answered too early");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn closing_finishes_what_waits_and_refuses_what_comes_later(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..300 {
        let (store, of) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            let answer = store
                .write::<(), StoreError, _>(move |tx| {
                    Box::pin(async move { add(tx, &of, &format!("d{index:03}")).await })
                })
                .await;
            (index, answer)
        });
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
    db.store.close().await;
    let mut kept = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            (index, Ok(())) => kept.push(format!("d{index:03}")),
            (_, Err(StoreError::Unavailable(_))) => {}
            (index, Err(error)) => panic!("write {index} got {error:?}"),
        }
    }
    kept.sort();
    assert_eq!(domains(&db).await, kept);
    let late = db.write(move |tx| Box::pin(async move { add(tx, &workspace, "late").await })).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(matches!(db.store.ping().await, Err(StoreError::Unavailable(_))));
    db.store.close().await;
}

/// PostgreSQL turns the commit of a failed transaction into a rollback and says nothing: it must not look like success.
async fn a_failed_statement_cannot_be_passed_over(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::domain("taken")]).await;
    let of = workspace.clone();
    let answer = db
        .write(move |tx| {
            Box::pin(async move {
                add(tx, &of, "before").await?;
                let _ = add(tx, &of, "taken").await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
    let of = workspace.clone();
    let answer = db
        .write(move |tx| {
            Box::pin(async move {
                let _ = add(tx, &of, "taken").await;
                add(tx, &of, "after").await
            })
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
    assert_eq!(domains(&db).await, ["taken"]);
}

async fn a_failed_later_statement_fails_its_own_write(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    db.add(&workspace, vec![rows::domain("taken")]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..60 {
        let (store, of) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            let answer = store
                .write::<(), StoreError, _>(move |tx| {
                    Box::pin(async move {
                        let id = if index % 3 == 0 { "taken".to_owned() } else { format!("d{index:02}") };
                        tx.tenant(&of).add_later(rows::domain(&id)).await?;
                        tx.tenant(&of).add_later(rows::location(&format!("l{index}"), "no such organization")).await
                    })
                })
                .await;
            (index, answer)
        });
    }
    while let Some(done) = tasks.join_next().await {
        match done.unwrap() {
            (index, Err(StoreError::Taken(_))) if index % 3 == 0 => {}
            (index, Err(StoreError::Reference(_))) if index % 3 != 0 => {}
            (index, answer) => panic!("write {index} got {answer:?}"),
        }
    }
    assert_eq!(domains(&db).await, ["taken"]);
}

async fn many_later_statements_arrive_in_order(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            for index in 0..3_000 {
                tx.tenant(&of).add_later(rows::domain(&format!("d{index:04}"))).await?;
            }
            let last = tx.tenant(&of).get::<Domain>("d2999").await?;
            assert!(last.is_some(), "a statement with a result sees those before it");
            Ok(())
        })
    })
    .await
    .unwrap();
    assert_eq!(domains(&db).await.len(), 3_000);
}

async fn signals_tell_of_what_was_committed(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let (mut of_events, mut of_jobs) = (db.store.watch_events(), db.store.watch_jobs());
    of_events.mark_unchanged();
    let write = |id: &'static str, event: bool, job: bool, fails: bool| {
        let (store, of) = (db.store.clone(), workspace.clone());
        async move {
            store
                .write::<(), StoreError, _>(move |tx| {
                    Box::pin(async move {
                        add(tx, &of, id).await?;
                        if event {
                            events::record(tx.tenant(&of), new_event(id)).await?;
                        }
                        if job {
                            assert!(jobs::enqueue(tx.tenant(&of), new_job(id)).await?);
                        }
                        if fails { Err(StoreError::Internal("planned".into())) } else { Ok(()) }
                    })
                })
                .await
        }
    };
    write("plain", false, false, false).await.unwrap();
    write("failed", true, true, true).await.unwrap_err();
    assert!(!of_events.has_changed().unwrap() && !of_jobs.has_changed().unwrap(), "nothing was recorded");
    // A failed write and a good one that leaves nothing, in one group.
    let (_, good) = tokio::join!(write("beside", true, true, true), write("good", false, false, false));
    good.unwrap();
    assert!(!of_events.has_changed().unwrap() && !of_jobs.has_changed().unwrap(), "nothing was recorded");

    write("event", true, false, false).await.unwrap();
    assert!(of_events.has_changed().unwrap() && !of_jobs.has_changed().unwrap());
    of_events.mark_unchanged();
    write("job", false, true, false).await.unwrap();
    assert!(!of_events.has_changed().unwrap() && of_jobs.has_changed().unwrap());
    of_jobs.mark_unchanged();
    let raw = db.raw().await;
    assert_eq!(number(&raw, "SELECT COUNT(*) FROM events").await, 1);
    assert_eq!(number(&raw, "SELECT COUNT(*) FROM jobs").await, 1);
}

pub(crate) fn new_event(id: &str) -> events::NewEvent<'_> {
    events::NewEvent { id: id.to_owned(), kind: "k", topic: "tickets", subject_id: "s", data: json!({"id": id}), at: 1 }
}

fn new_job(id: &str) -> jobs::NewJob<'static> {
    jobs::NewJob {
        id: id.to_owned(),
        kind: "k",
        payload: json!({}),
        priority: 0,
        run_at: 0,
        max_attempts: 3,
        dedup_key: None,
        at: 1,
    }
}

/// A closure that keeps the writer busy, and far more closures than have a place in the queue: those that find none in time
/// are refused, and nothing of them is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let (store, options) = patchcord_store::scratch::sqlite(folder.path()).await.unwrap();
    store.close().await;
    let store =
        patchcord_store::Store::connect(patchcord_store::Options { wait_ms: 300, ..options.clone() }).await.unwrap();
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut tasks = tokio::task::JoinSet::new();
    {
        let (store, begun, go_on) = (store.clone(), begun.clone(), go_on.clone());
        tasks.spawn(async move {
            store
                .write(move |_| {
                    Box::pin(async move {
                        begun.notify_one();
                        go_on.notified().await;
                        Ok(())
                    })
                })
                .await
        });
    }
    begun.notified().await;
    for _ in 0..1_500 {
        let store = store.clone();
        tasks.spawn(async move {
            store.write(|tx| Box::pin(async move { Ok(tx.execute_unprepared("SELECT 1").await.map(drop)?) })).await
        });
    }
    tokio::time::sleep(Duration::from_millis(900)).await;
    go_on.notify_one();
    let (mut done, mut refused) = (0, 0);
    while let Some(answer) = tasks.join_next().await {
        match answer.unwrap() {
            Ok(()) => done += 1,
            Err(StoreError::Unavailable(text)) if text.contains("waiting") => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((done, refused), (1_025, 476));
}

async fn what_cannot_wait_goes_first(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, waits) = (Arc::clone(&begun), Arc::clone(&go));
    let blocking = db.store.write(move |_| {
        Box::pin(async move {
            told.notify_one();
            waits.notified().await;
            Ok::<_, StoreError>(())
        })
    });
    // In which order they were at it: those that end together may be told in any.
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = async |id: &'static str, is_urgent: bool| {
        let (of, begun) = (workspace.clone(), Arc::clone(&order));
        if is_urgent {
            let soon = db.store.write_soon(move |tx| {
                Box::pin(async move {
                    begun.lock().unwrap().push(id);
                    add(tx, &of, id).await
                })
            });
            soon.await.unwrap();
        } else {
            let later = db.store.write(move |tx| {
                Box::pin(async move {
                    begun.lock().unwrap().push(id);
                    add(tx, &of, id).await
                })
            });
            later.await.unwrap();
        }
    };
    let others = async {
        begun.notified().await;
        let waiting = futures::future::join3(kept("later", false), kept("later still", false), kept("soon", true));
        let free = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            go.notify_one();
        };
        futures::future::join(waiting, free).await;
    };
    let (done, ()) = futures::future::join(blocking, others).await;
    done.unwrap();
    assert_eq!(domains(&db).await, ["later", "later still", "soon"]);
    // On PostgreSQL nobody waits for anybody.
    if matches!(engine, Engine::Sqlite) {
        assert_eq!(order.lock().unwrap().first(), Some(&"soon"));
    }
}
