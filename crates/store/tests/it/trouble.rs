//! A database that is locked, full or gone: a clear answer in time, and everything as before when the trouble is over.

use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Domain, Message};
use patchcord_store::{Options, Store, StoreError, scratch};
use sea_orm::ConnectionTrait;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::rows;
use crate::support::{Db, Engine, eventually, server, unused_name};

const WAIT: Duration = Duration::from_millis(400);

async fn add(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<(), StoreError> {
    let (of, id) = (workspace.clone(), id.to_owned());
    store.write(move |tx| Box::pin(async move { tx.tenant(&of).add(rows::domain(&id)).await })).await
}

fn impatient(options: &Options) -> Options {
    Options { wait_ms: u64::try_from(WAIT.as_millis()).unwrap(), ..options.clone() }
}

/// Runs it and makes sure that it was neither too early nor too late.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let answer = work.await;
    let took = begun.elapsed();
    assert!(took < WAIT * 4, "it took {took:?}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_sqlite_file_is_unavailable_for_as_long_as_it_is_locked() {
    let (db, workspace) = Engine::Sqlite.workspace().await;
    db.store.close().await;
    let store = Store::connect(impatient(&db.options)).await.unwrap();
    add(&store, &workspace, "before").await.unwrap();
    let raw = db.raw().await;
    raw.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let mut tasks = JoinSet::new();
    for index in 0..20 {
        let (store, workspace) = (store.clone(), workspace.clone());
        tasks.spawn(async move { in_time(add(&store, &workspace, &format!("during{index}"))).await });
    }
    // Whoever reads is not concerned.
    assert!(store.tenant(&workspace).get::<Domain>("before").await.unwrap().is_some());
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap();
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    // A lock that ends in time is waited for.
    let waiting = tokio::spawn({
        let (store, workspace) = (store.clone(), workspace.clone());
        async move { add(&store, &workspace, "waited").await }
    });
    tokio::time::sleep(WAIT / 4).await;
    raw.execute_unprepared("ROLLBACK").await.unwrap();
    waiting.await.unwrap().unwrap();
    add(&store, &workspace, "after").await.unwrap();
    assert_eq!(crate::support::number(&raw, "SELECT COUNT(*) FROM domains").await, 3);
}

/// The writer's connection may use so many pages of the file.
async fn pages(store: &Store, most: i64) {
    let sql = format!("PRAGMA max_page_count = {most}");
    store
        .write::<(), StoreError, _>(move |tx| Box::pin(async move { Ok(tx.execute_unprepared(&sql).await.map(drop)?) }))
        .await
        .unwrap();
}

/// One write of about a megabyte.
async fn big(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<(), StoreError> {
    let (of, id) = (workspace.clone(), id.to_owned());
    store
        .write(move |tx| {
            Box::pin(async move {
                for index in 0..10 {
                    let mut row = rows::message(&format!("{id}-{index}"), "t");
                    row.body = "x".repeat(100_000);
                    tx.tenant(&of).add(row).await?;
                }
                Ok(())
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_sqlite_file_is_full_and_recovers() {
    let (db, workspace) = Engine::Sqlite.workspace().await;
    db.add(&workspace, vec![rows::ticket("t", 1)]).await;
    let raw = db.raw().await;
    for round in 0..3 {
        let now = crate::support::number(&raw, "PRAGMA page_count").await;
        pages(&db.store, now + 20).await;
        let answer = big(&db.store, &workspace, &format!("alone{round}")).await;
        assert!(matches!(answer, Err(StoreError::Full(_))), "{answer:?}");
        // In a crowd: whoever does not fit is told so; whoever shares its commit is kept, or told the same.
        pages(&db.store, now + 20).await;
        let mut tasks = JoinSet::new();
        for index in 0..30 {
            let (store, workspace) = (db.store.clone(), workspace.clone());
            tasks.spawn(async move {
                let id = format!("r{round}-{index:02}");
                let answer = if index % 5 == 4 {
                    big(&store, &workspace, &id).await
                } else {
                    add(&store, &workspace, &id).await
                };
                (id, index % 5 == 4, answer)
            });
        }
        // The connection that was full is replaced, and the new one knows no limit: a later big one may be kept.
        while let Some(done) = tasks.join_next().await {
            let (id, is_big, answer) = done.unwrap();
            let of = format!("SELECT COUNT(*) FROM ticket_messages WHERE id LIKE '{id}-%'");
            let rows = if is_big {
                crate::support::number(&raw, &of).await
            } else {
                i64::from(db.store.tenant(&workspace).get::<Domain>(&id).await.unwrap().is_some())
            };
            match answer {
                Ok(()) => assert_eq!(rows, if is_big { 10 } else { 1 }, "{id}"),
                Err(StoreError::Full(_)) => assert_eq!(rows, 0, "{id}"),
                Err(error) => panic!("{id}: {error:?}"),
            }
        }
        pages(&db.store, 1_000_000).await;
        big(&db.store, &workspace, &format!("after{round}")).await.unwrap();
        add(&db.store, &workspace, &format!("after{round}")).await.unwrap();
        assert!(db.store.tenant(&workspace).get::<Message>(&format!("after{round}-9")).await.unwrap().is_some());
    }
    let healthy = crate::support::query(&raw, "PRAGMA integrity_check").await;
    assert_eq!(healthy[0].try_get_by_index::<String>(0).unwrap(), "ok");
}

/// Passes bytes between the store and the server, until it is told to stop.
struct Proxy {
    port: u16,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { port, task: Some(tokio::spawn(pass(listener))) }
    }

    /// Ends every connection and refuses new ones.
    async fn stop(&mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
    }

    async fn start_again(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.task = Some(tokio::spawn(pass(listener)));
    }

    fn options(&self, db: &Db) -> Options {
        let (head, tail) = db.options.url.split_once('@').unwrap();
        let (_, database) = tail.split_once('/').unwrap();
        impatient(&Options { url: format!("{head}@127.0.0.1:{}/{database}", self.port), ..db.options.clone() })
    }
}

async fn pass(listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        connections.spawn(async move {
            let url = server();
            let address = url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();
            let mut far = TcpStream::connect(address).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_stops_is_unavailable_and_comes_back() {
    let (db, workspace) = Engine::Postgres.workspace().await;
    let mut proxy = Proxy::start().await;
    let store = Store::connect(proxy.options(&db)).await.unwrap();
    for round in 0..2 {
        add(&store, &workspace, &format!("before{round}")).await.unwrap();
        proxy.stop().await;
        let mut tasks = JoinSet::new();
        for index in 0..12 {
            let (store, workspace) = (store.clone(), workspace.clone());
            tasks.spawn(async move { in_time(add(&store, &workspace, &format!("during{round}-{index}"))).await });
        }
        while let Some(answer) = tasks.join_next().await {
            let answer = answer.unwrap();
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        }
        for answer in [
            in_time(store.ping()).await,
            in_time(store.tenant(&workspace).get::<Domain>("before0")).await.map(drop),
            in_time(patchcord_store::tickets::reserve_number(&store, &workspace)).await.map(drop),
        ] {
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        }
        proxy.start_again().await;
        eventually(async || store.ping().await.ok()).await;
        add(&store, &workspace, &format!("after{round}")).await.unwrap();
    }
    let raw = db.raw().await;
    assert_eq!(crate::support::number(&raw, "SELECT COUNT(*) FROM domains").await, 4);
}

/// A connection that ends in the middle of a write: an answer that says so, and nothing is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_in_a_write_rolls_it_back() {
    let (db, workspace) = Engine::Postgres.workspace().await;
    let of = workspace.clone();
    let answer = db
        .write::<(), _>(move |tx| {
            Box::pin(async move {
                tx.tenant(&of).add(rows::domain("half")).await?;
                let _ = tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await;
                tx.tenant(&of).add(rows::domain("other half")).await
            })
        })
        .await;
    assert!(answer.is_err());
    let of = workspace.clone();
    let answer = db
        .write::<(), _>(move |tx| {
            Box::pin(async move {
                tx.tenant(&of).add(rows::domain("half")).await?;
                Ok(tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await.map(drop)?)
            })
        })
        .await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    add(&db.store, &workspace, "after").await.unwrap();
    let raw = db.raw().await;
    assert_eq!(crate::support::number(&raw, "SELECT COUNT(*) FROM domains").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_was_or_never_answers_is_unavailable() {
    // A port that was free a moment ago, and one where somebody listens who says nothing.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for address in [free, silent.local_addr().unwrap()] {
        let options = impatient(&Options::new(format!("postgres://somebody:secret@{address}/x")));
        let store = in_time(Store::connect(options)).await.unwrap();
        for answer in [
            in_time(store.ping()).await,
            in_time(store.migrate()).await.map(drop),
            in_time(add(&store, &WorkspaceId::new("w"), "d")).await,
        ] {
            assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{address}: {answer:?}");
        }
        store.close().await;
    }
}

/// A row that somebody else holds is not waited for forever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_stays_locked_on_postgres_is_unavailable() {
    let (db, workspace) = Engine::Postgres.workspace().await;
    add(&db.store, &workspace, "d").await.unwrap();
    let store = Store::connect(impatient(&db.options)).await.unwrap();
    let raw = db.raw().await;
    raw.execute_unprepared("BEGIN; SELECT id FROM domains FOR UPDATE").await.unwrap();
    let of = workspace.clone();
    let answer = in_time(
        store.write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.tenant(&of).lock::<Domain>("d").await })),
    )
    .await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    raw.execute_unprepared("ROLLBACK").await.unwrap();
    let of = workspace.clone();
    let locked = store
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.tenant(&of).lock::<Domain>("d").await }))
        .await;
    assert_eq!(locked.unwrap().unwrap().id, "d");
}

#[tokio::test]
async fn an_address_that_means_nothing_is_refused_at_once() {
    for url in ["", "mysql://x", "postgres:/x", "/tmp/x.db"] {
        assert!(Store::connect(Options::new(url)).await.is_err(), "{url}");
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite://{}/no/such/folder/x.db", folder.path().display());
    let answer = Store::connect(Options::new(missing)).await.map(drop);
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    let answer = scratch::postgres(&server(), &format!("{}; DROP", unused_name())).await.map(drop);
    assert!(matches!(answer, Err(StoreError::Internal(_))), "{answer:?}");
}
