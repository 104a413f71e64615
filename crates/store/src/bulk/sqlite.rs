//! The connection of SQLite that writes a load, alone with its file.
//!
//! What a transaction adds to the file needs no way back, so without the write-ahead log it is written once instead of twice: the
//! file only has to be cut off again where it ended. Nobody can read meanwhile.

use std::iter::Peekable;

use async_trait::async_trait;
use sea_orm::{DbBackend, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, IntoArguments, Row};
use tokio::sync::OwnedMutexGuard;

use super::aside::{MARK_ALL, MARKS};
use super::{Insert, Rows, statement};
use crate::StoreError;

/// Memory for pages, in KiB: ids of tickets are random, so that a load touches every page of their indexes again and again.
const FOR_ROWS: &str = "PRAGMA cache_size = -1000000";
/// Indexes are sorted in pieces as large as the memory for pages, and those that fit into the caches of the processor are sorted
/// twice as fast; with files, on threads of their own.
const FOR_INDEXES: &str = "PRAGMA cache_size = -16000; PRAGMA threads = 2";

/// The one connection of this process to the file. When it is dropped it is closed, which undoes what was not committed.
pub(crate) struct Alone {
    connection: PoolConnection<Sqlite>,
    _checkpoints: Option<OwnedMutexGuard<()>>,
}

impl Alone {
    pub(crate) fn new(mut connection: PoolConnection<Sqlite>, checkpoints: Option<OwnedMutexGuard<()>>) -> Self {
        // Its settings go with it.
        connection.close_on_drop();
        Self { connection, _checkpoints: checkpoints }
    }

    /// Begins a transaction and drops the indexes of these tables and the trigger of marks; gives what makes them anew.
    pub(super) async fn begin(&mut self, tables: &[&str]) -> Result<Vec<String>, sqlx::Error> {
        self.run(FOR_ROWS).await?;
        // Not within the transaction. In memory, each row that is sorted would have a piece of its own.
        self.run("PRAGMA temp_store = file").await?;
        if let Err(error) = self.run("PRAGMA journal_mode = DELETE").await {
            tracing::info!(%error, "another program has the file open: what is written goes to its log first");
        }
        self.run("BEGIN IMMEDIATE").await?;
        let tables = tables.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
        // Indexes without a text are those of keys.
        let aside = format!(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name IN ({tables}) \
             AND (type = 'index' OR name = '{MARKS}') ORDER BY type, name LIMIT 1000"
        );
        let mut again = Vec::new();
        for row in sqlx::query(AssertSqlSafe(aside)).fetch_all(&mut *self.connection).await? {
            let (kind, name): (String, String) = (row.try_get("type")?, row.try_get("name")?);
            self.run(&format!("DROP {kind} {name}")).await?;
            again.push(row.try_get("sql")?);
        }
        again.extend(MARK_ALL.map(str::to_owned));
        Ok(again)
    }

    /// Makes all that anew and commits.
    pub(super) async fn commit(mut self, again: Vec<String>) -> Result<(), sqlx::Error> {
        self.run(FOR_INDEXES).await?;
        for statement in again {
            self.run(&statement).await?;
        }
        self.run("COMMIT").await?;
        // Or the next one to write does it.
        let _ = self.run("PRAGMA journal_mode = WAL").await;
        self.connection.close().await
    }

    /// The connection, for rows.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    async fn run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *self.connection).await.map(|_| ())
    }
}

#[async_trait]
impl Insert for SqliteConnection {
    async fn insert(&mut self, target: &str, columns: usize, mut rows: Peekable<Rows>) -> Result<(), StoreError> {
        let mut next = prepared(target, columns, &mut rows);
        while let Some((sql, arguments)) = next {
            let written = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *self);
            // While the database works on one statement, the next one is made.
            let (written, made) = tokio::join!(written, async { prepared(target, columns, &mut rows) });
            written?;
            next = made;
        }
        Ok(())
    }
}

fn prepared(target: &str, columns: usize, rows: &mut Peekable<Rows>) -> Option<(String, SqliteArguments)> {
    let (sql, values) = statement(DbBackend::Sqlite, target, columns, rows)?;
    let arguments = IntoArguments::<Sqlite>::into_arguments(SqlxValues(Values(values)));
    Some((sql, arguments))
}
