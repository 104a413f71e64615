//! Opening a database: what is set on each connection, and why.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};

use crate::StoreError;
use crate::checkpoints::WRITER_PAGES;
use crate::kept::{Connections, Kept, RESTED};

/// How to reach and treat the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host:port/database`.
    pub url: String,
    /// Most connections: readers on SQLite, readers and writers together on PostgreSQL.
    pub max_connections: u32,
    /// Whether a write on SQLite reaches the disk before it is acknowledged (`synchronous=full`).
    pub sqlite_full_sync: bool,
    /// How long a call waits for a connection or a lock before it fails as unavailable, in milliseconds.
    pub wait_ms: u64,
    /// Debug builds stop the process at this point between statements; tests of crashes set it.
    pub stop_at_point: Option<u64>,
}

impl Options {
    /// The defaults for a database address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 16, sqlite_full_sync: true, wait_ms: 5_000, stop_at_point: None }
    }

    /// The file behind a SQLite address.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("sqlite://").or_else(|| self.url.strip_prefix("sqlite:"))?;
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }
}

/// The pools of one engine.
pub(crate) struct Pools {
    /// For reading.
    pub(crate) read: Connections,
    /// For writing; on SQLite a single one.
    pub(crate) writer: DatabaseConnection,
    /// PostgreSQL connections whose commits do not wait for the disk: for ticket numbers only. A number may be lost in a
    /// crash; it cannot come twice, because the flush of the ticket that carries it also flushes the counter before it.
    pub(crate) counters: Option<Connections>,
    /// For carrying SQLite's log over into the file.
    pub(crate) checkpoints: Option<SqlitePool>,
    /// How the connections are made that tell other nodes, and are told by them.
    pub(crate) wakeups: Option<PgConnectOptions>,
}

pub(crate) async fn connect(options: &Options) -> Result<Pools, StoreError> {
    if options.sqlite_file().is_some() {
        return sqlite(options).await;
    }
    if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
        return postgres(options).await;
    }
    Err(StoreError::Internal("the database address must begin with sqlite:// or postgres://".into()))
}

async fn sqlite(options: &Options) -> Result<Pools, StoreError> {
    let wait = Duration::from_millis(options.wait_ms);
    let synchronous = if options.sqlite_full_sync { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    let path = options.sqlite_file().unwrap_or_default();
    let base = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(wait)
        // A row of the audit trail that another one would replace is deleted first, and that is refused as any deletion is.
        .pragma("recursive_triggers", "on")
        .pragma("temp_store", "memory")
        .statement_cache_capacity(200);
    // A file does not go away as a server does: asking each time whether it is still there would cost a hand-over.
    let pool = || SqlitePoolOptions::new().acquire_timeout(wait).test_before_acquire(false);
    // In KiB. Each connection has a cache of its own, and behind them is that of the system, which they share.
    // The file keeps how it is written, so those that only read need not say so.
    let writer = base
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("cache_size", "-4000")
        .pragma("wal_autocheckpoint", WRITER_PAGES);
    let checkpoints = pool().max_connections(1).connect_lazy_with(quiet(base.clone()));
    let base = base.pragma("cache_size", "-1500");
    let writer = pool().max_connections(1).after_release(is_usable).connect_with(quiet(writer)).await?;
    // More of them than cores read no faster; some more, so that a slow one is not in the way of all.
    let cores = std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(8));
    let readers = options.max_connections.clamp(1, (cores + 1).min(8));
    let read = pool().max_connections(readers).connect_with(quiet(base.read_only(true))).await?;
    Ok(Pools {
        read: Connections::Pooled(SqlxSqliteConnector::from_sqlx_sqlite_pool(read)),
        writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
        counters: None,
        checkpoints: Some(checkpoints),
        wakeups: None,
    })
}

/// Closes the connections of a pool; of those that are in use, the ones that come back soon.
pub(crate) async fn close_idle(pool: &SqlitePool) {
    for _ in 0..100 {
        while let Some(connection) = pool.try_acquire() {
            let _ = connection.close().await;
        }
        if pool.size() == 0 {
            return;
        }
        // One that was given back a moment ago is still on its way.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a connection that comes back may be used again.
///
/// On a full disk SQLite ends a transaction by itself. The roll-back then fails and sqlx goes on counting a transaction that
/// is not there: the next ones would be savepoints of it, acknowledged and never committed. Such a connection is closed.
fn is_usable(connection: &mut SqliteConnection, _: PoolConnectionMetadata) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    Box::pin(async move {
        if !connection.is_in_transaction() {
            return Ok(true);
        }
        // A roll-back may be on its way; it is done before this is answered.
        connection.ping().await?;
        Ok(!connection.is_in_transaction())
    })
}

async fn postgres(options: &Options) -> Result<Pools, StoreError> {
    let wait = Duration::from_millis(options.wait_ms);
    let base = PgConnectOptions::from_str(&options.url)?
        .application_name("patchcord")
        .options([
            ("lock_timeout", options.wait_ms.to_string()),
            ("statement_timeout", "30000".to_owned()),
            // What is asked for is small: starting other processes for it takes longer than they save, and takes the cores
            // from everybody else.
            ("max_parallel_workers_per_gather", "0".to_owned()),
        ])
        .statement_cache_capacity(200);
    // Connections are made when they are first needed: a server that starts before its database says 503 and recovers.
    // Half of them read and are kept apart, half of them write.
    let half = options.max_connections.div_ceil(2).max(1);
    let kept = |connections: u32, base: PgConnectOptions| {
        Connections::Kept(Kept::new(pool(connections, wait).connect_lazy_with(quiet(base)), connections, wait))
    };
    let writer = pool(half, wait).connect_lazy_with(quiet(base.clone()));
    Ok(Pools {
        read: kept(half, base.clone()),
        writer: SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
        checkpoints: None,
        counters: Some(kept(2, base.clone().options([("synchronous_commit", "off")]))),
        wakeups: Some(quiet(base.application_name("patchcord wakeups"))),
    })
}

/// Asking a connection each time whether it is still there would be a round trip more for each statement. One that was
/// used a moment ago is taken as it is; one that rested is asked, so that a restarted server is not noticed by anybody.
fn pool(connections: u32, wait: Duration) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(wait).test_before_acquire(false).before_acquire(
        |connection, used| {
            Box::pin(async move {
                if used.idle_for > RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        },
    )
}

/// Statements carry customers' words in their parameters and say nothing to an operator: they are not logged.
fn quiet<O: sqlx::ConnectOptions>(options: O) -> O {
    options.disable_statement_logging()
}
