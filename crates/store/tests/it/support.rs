//! Databases of both engines, raw connections to them, and waiting with a limit.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::{Options, Store, StoreError, Tx, WriteFuture, scratch, unscoped};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement};

use crate::rows;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of one test.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) options: Options,
    _folder: tempfile::TempDir,
}

/// The server that the tests may make databases on.
pub(crate) fn server() -> String {
    std::env::var("PATCHCORD_TEST_POSTGRES")
        .expect("PATCHCORD_TEST_POSTGRES names no server: run `make test`, or `cargo xtask postgres cargo test`")
}

/// A name that no other test uses.
pub(crate) fn unused_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    // Numbers of processes come again while the server is there.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    format!("store_{now}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

impl Engine {
    /// An empty database with the newest schema.
    pub(crate) async fn open(self) -> Db {
        let folder = tempfile::tempdir().unwrap();
        let (store, options) = match self {
            Engine::Sqlite => scratch::sqlite(folder.path()).await.unwrap(),
            Engine::Postgres => scratch::postgres(&server(), &unused_name()).await.unwrap(),
        };
        Db { store, options, _folder: folder }
    }

    /// A database with one workspace.
    pub(crate) async fn workspace(self) -> (Db, WorkspaceId) {
        let db = self.open().await;
        let workspace = db.add_workspace("first").await;
        (db, workspace)
    }
}

impl Db {
    /// A connection beside the store's.
    pub(crate) async fn raw(&self) -> DatabaseConnection {
        let url = match self.options.sqlite_file() {
            Some(file) => format!("sqlite://{}?mode=rwc", file.display()),
            None => self.options.url.clone(),
        };
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    /// Another store on the same database.
    pub(crate) async fn again(&self) -> Store {
        Store::connect(self.options.clone()).await.unwrap()
    }

    /// Adds a workspace with this id.
    pub(crate) async fn add_workspace(&self, id: &str) -> WorkspaceId {
        let row = rows::workspace(id);
        self.write(move |tx| Box::pin(async move { unscoped::workspaces::add(tx, row).await })).await.unwrap();
        WorkspaceId::new(id)
    }

    /// [`Store::write`] with the store's own error.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, StoreError> + Send + 'static,
    {
        self.store.write(work).await
    }

    /// Adds rows of one type.
    pub(crate) async fn add<M>(&self, workspace: &WorkspaceId, all: Vec<M>)
    where
        M: patchcord_store::rows::Row + 'static,
    {
        let workspace = workspace.clone();
        self.write(move |tx| {
            Box::pin(async move {
                for row in all {
                    tx.tenant(&workspace).add_later(row).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    }
}

/// Rows of a statement without values.
pub(crate) async fn query(connection: &impl ConnectionTrait, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    connection.query_all_raw(statement).await.unwrap()
}

/// The only number that a statement gives.
pub(crate) async fn number(connection: &impl ConnectionTrait, sql: &str) -> i64 {
    query(connection, sql).await[0].try_get_by_index(0).unwrap()
}

/// Asks again until the answer is there, at most 10 seconds.
pub(crate) async fn eventually<T, W: Future<Output = Option<T>>>(ask: impl Fn() -> W) -> T {
    for _ in 0..1_000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within 10 seconds");
}

/// Makes a test on each engine of functions that take an [`Engine`]. A function that is forgotten here is dead code, and the
/// compiler says so.
macro_rules! both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Engine::Sqlite).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Engine::Postgres).await;
            }
        )+}
    };
}

pub(crate) use both_engines;
