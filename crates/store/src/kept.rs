//! PostgreSQL connections that are kept between statements, so that a statement costs one round trip.
//!
//! A connection that goes back to sqlx's pool is asked whether it is still there, each time: a round trip more, and a task.
//! Here one whose statement went well is put aside and taken again as it is. Any other goes back to the pool.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::error::ConnAcquireErr;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{Connection, Executor, Postgres};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// A connection that was not used for so long is asked whether it is still there.
pub(crate) const RESTED: Duration = Duration::from_secs(1);
/// After so many statements a connection goes back to the pool, which closes it when it is old.
const USES_MAX: u32 = 10_000;

/// Connections that each statement takes one of.
pub(crate) enum Connections {
    /// SQLite, or any others that sqlx's pool looks after alone.
    Pooled(DatabaseConnection),
    /// PostgreSQL.
    Kept(Kept),
}

impl Connections {
    /// Closes every connection, once those in use are done.
    pub(crate) async fn close(&self) {
        match self {
            Self::Pooled(pool) => drop(pool.close_by_ref().await),
            Self::Kept(kept) => kept.close().await,
        }
    }

    /// The pool underneath.
    #[cfg(test)]
    pub(crate) fn pooled(&self) -> DatabaseConnection {
        match self {
            Self::Pooled(pool) => pool.clone(),
            Self::Kept(kept) => sea_orm::SqlxPostgresConnector::from_sqlx_postgres_pool(kept.pool.clone()),
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Connections {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Pooled(pool) => ConnectionTrait::get_database_backend(pool),
            Self::Kept(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pooled(pool) => pool.execute_raw(statement).await,
            Self::Kept(kept) => kept.execute(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pooled(pool) => pool.execute_unprepared(sql).await,
            Self::Kept(kept) => kept.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pooled(pool) => pool.query_one_raw(statement).await,
            Self::Kept(kept) => kept.query_one(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pooled(pool) => pool.query_all_raw(statement).await,
            Self::Kept(kept) => kept.query_all(statement).await,
        }
    }
}

/// The connections of a pool, which nobody else may take from.
pub(crate) struct Kept {
    pool: PgPool,
    permits: Semaphore,
    wait: Duration,
    /// The one that was used last is at the end.
    free: Mutex<Vec<Free>>,
}

struct Free {
    connection: PoolConnection<Postgres>,
    since: Instant,
    uses: u32,
}

/// A connection in use. Dropped in the middle of a statement, it goes back to the pool, which looks after it.
struct Held<'k> {
    connection: PoolConnection<Postgres>,
    uses: u32,
    _permit: SemaphorePermit<'k>,
}

impl Kept {
    /// Over a pool of `connections`; a statement waits for one no longer than `wait`.
    pub(crate) fn new(pool: PgPool, connections: u32, wait: Duration) -> Self {
        let permits = Semaphore::new(usize::try_from(connections).unwrap_or(1));
        Self { pool, permits, wait, free: Mutex::default() }
    }

    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = parts(statement);
        let mut held = self.take().await?;
        let query = sqlx::query_with(sqlx::AssertSqlSafe(sql), values);
        let done = query.execute(&mut *held.connection).await.map_err(exec_failed)?;
        self.put_back(held);
        Ok(done.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut held = self.take().await?;
        let done = held.connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.map_err(exec_failed)?;
        self.put_back(held);
        Ok(done.into())
    }

    async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        let mut held = self.take().await?;
        let query = sqlx::query_with(sqlx::AssertSqlSafe(sql), values);
        let row = query.fetch_optional(&mut *held.connection).await.map_err(query_failed)?;
        self.put_back(held);
        Ok(row.map(QueryResult::from))
    }

    async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        let mut held = self.take().await?;
        let query = sqlx::query_with(sqlx::AssertSqlSafe(sql), values);
        let rows = query.fetch_all(&mut *held.connection).await.map_err(query_failed)?;
        self.put_back(held);
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    async fn close(&self) {
        // The pool counts as closed from here on, so that nothing is put aside any more.
        let closed = self.pool.close();
        let free = std::mem::take(&mut *self.free());
        drop(free);
        closed.await;
    }

    async fn take(&self) -> Result<Held<'_>, DbErr> {
        let taken = tokio::time::timeout(self.wait, self.take_in_time()).await;
        taken.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn take_in_time(&self) -> Result<Held<'_>, DbErr> {
        let closed = |_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        let _permit = self.permits.acquire().await.map_err(closed)?;
        loop {
            let last = self.free().pop();
            let Some(mut free) = last else {
                let connection = self.pool.acquire().await.map_err(not_acquired)?;
                return Ok(Held { connection, uses: 0, _permit });
            };
            if free.since.elapsed() > RESTED && free.connection.ping().await.is_err() {
                // The server was started anew. The pool finds that out as well and closes it.
                continue;
            }
            return Ok(Held { connection: free.connection, uses: free.uses, _permit });
        }
    }

    fn put_back(&self, held: Held<'_>) {
        let Held { connection, uses, _permit } = held;
        let uses = uses + 1;
        let mut free = self.free();
        if self.pool.is_closed() || uses >= USES_MAX {
            drop(free);
            drop(connection);
        } else {
            free.push(Free { connection, since: Instant::now(), uses });
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // Without a runtime, a connection cannot go back to its pool.
        for free in self.free().drain(..) {
            drop(free.connection.detach());
        }
    }
}

fn parts(statement: Statement) -> (String, SqlxValues) {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    (statement.sql, SqlxValues(values))
}

fn exec_failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn query_failed(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn not_acquired(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Conn(RuntimeErr::SqlxError(other.into())),
    }
}
