//! Ticket numbers: unique, increasing, counted by each workspace for itself.

use std::collections::BTreeSet;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Ticket;
use patchcord_store::{Store, StoreError, tickets};

use crate::rows;
use crate::support::{Engine, both_engines, number};

both_engines!(
    numbers_are_unique_under_concurrency,
    each_workspace_counts_for_itself,
    a_number_that_was_not_used_does_not_come_twice,
    a_workspace_without_a_counter_is_an_error,
);

async fn create(store: &Store, workspace: &WorkspaceId, id: String, fails: bool) -> Result<i64, StoreError> {
    let reserved = tickets::reserve_number(store, workspace).await?;
    let workspace = workspace.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let number = tickets::number(tx.tenant(&workspace), reserved).await?;
                tx.tenant(&workspace).add(rows::ticket(&id, number)).await?;
                if fails { Err(StoreError::Internal("planned".into())) } else { Ok(number) }
            })
        })
        .await
}

async fn numbers_are_unique_under_concurrency(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..10 {
        let (store, workspace) = (db.store.clone(), workspace.clone());
        tasks.spawn(async move {
            let mut own = Vec::new();
            for turn in 0..20 {
                let fails = turn % 5 == 4;
                if let Ok(number) = create(&store, &workspace, format!("t{task}-{turn}"), fails).await {
                    own.push(number);
                }
            }
            own
        });
    }
    let mut all = Vec::new();
    while let Some(own) = tasks.join_next().await {
        let own = own.unwrap();
        assert_eq!(own.len(), 16);
        assert!(own.is_sorted_by(|a, b| a < b), "whoever comes later gets the larger number: {own:?}");
        all.extend(own);
    }
    let unique: BTreeSet<i64> = all.iter().copied().collect();
    assert_eq!(unique.len(), 160);
    assert_eq!(unique.first(), Some(&1));
    match engine {
        // Nothing is lost with a rollback.
        Engine::Sqlite => assert_eq!(unique.last(), Some(&160)),
        Engine::Postgres => assert!(unique.last() <= Some(&200)),
    }
    let by_number: Option<Ticket> = tickets::by_number(db.store.tenant(&workspace), all[3]).await.unwrap();
    assert_eq!(by_number.unwrap().number, all[3]);
}

async fn each_workspace_counts_for_itself(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    for (workspace, id, number) in
        [(&first, "a", 1), (&first, "b", 2), (&second, "a", 1), (&first, "c", 3), (&second, "b", 2)]
    {
        assert_eq!(create(&db.store, workspace, id.into(), false).await.unwrap(), number);
    }
    let taken = db.write(move |tx| Box::pin(async move { tx.tenant(&first).add(rows::ticket("d", 3)).await })).await;
    assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
}

async fn a_number_that_was_not_used_does_not_come_twice(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    create(&db.store, &workspace, "a".into(), true).await.unwrap_err();
    let next = create(&db.store, &workspace, "b".into(), false).await.unwrap();
    assert_eq!(next, if engine == Engine::Postgres { 2 } else { 1 });
    let raw = db.raw().await;
    assert_eq!(number(&raw, "SELECT last_number FROM ticket_counters").await, next);
}

async fn a_workspace_without_a_counter_is_an_error(engine: Engine) {
    let (db, _) = engine.workspace().await;
    let answer = create(&db.store, &WorkspaceId::new("nowhere"), "a".into(), false).await;
    assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
}
