//! The store: readers, and the one way to write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::future::BoxFuture;
use patchcord_domain::id::WorkspaceId;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::batch::{Batch, Inserts};
use crate::bulk::Alone;
use crate::checkpoints::Checkpoints;
use crate::committer::Committer;
use crate::connect::{self, Options, Pools};
use crate::faults::Faults;
use crate::kept::Connections;
use crate::passing::Words;
use crate::wakeups::Wakeups;
use crate::{StoreError, Tenant, migrations};

/// What a closure given to [`Store::write`] returns.
pub type WriteFuture<'t, T, E> = BoxFuture<'t, Result<T, E>>;

/// An open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    reader: Arc<Reader>,
    counters: Option<Arc<Reader>>,
    writer: Writer,
    signals: Signals,
    wakeups: Option<Wakeups>,
}

#[derive(Clone)]
enum Writer {
    /// SQLite: closures wait in a queue, run one after the other and are committed together.
    Grouped(Committer),
    /// PostgreSQL: each closure has a transaction of its own.
    Own { pool: DatabaseConnection, faults: Faults, running: TaskTracker },
}

/// Told after a commit: something new can be read.
#[derive(Clone)]
pub(crate) struct Signals {
    events: watch::Sender<()>,
    jobs: watch::Sender<()>,
    others: Arc<Outgoing>,
}

/// What other nodes have not been told yet.
#[derive(Default)]
pub(crate) struct Outgoing {
    pub(crate) events: AtomicBool,
    pub(crate) jobs: AtomicBool,
    pub(crate) words: Words,
    pub(crate) any: Notify,
}

impl Signals {
    pub(crate) fn others(&self) -> &Outgoing {
        &self.others
    }

    /// Another node has recorded events.
    pub(crate) fn wake_events(&self) {
        self.events.send_replace(());
    }

    /// Another node has enqueued jobs.
    pub(crate) fn wake_jobs(&self) {
        self.jobs.send_replace(());
    }

    pub(crate) fn announce(&self, wrote: &Wrote) {
        let (events, jobs) = (wrote.events.load(Ordering::Relaxed), wrote.jobs.load(Ordering::Relaxed));
        if events {
            self.wake_events();
            self.others.events.store(true, Ordering::Release);
        }
        if jobs {
            self.wake_jobs();
            self.others.jobs.store(true, Ordering::Release);
        }
        if events || jobs {
            self.others.any.notify_one();
        }
    }
}

/// What a transaction left behind for others to pick up.
#[derive(Default)]
pub(crate) struct Wrote {
    pub(crate) events: AtomicBool,
    pub(crate) jobs: AtomicBool,
}

impl Wrote {
    /// What was left behind until now.
    pub(crate) fn so_far(&self) -> (bool, bool) {
        (self.events.load(Ordering::Relaxed), self.jobs.load(Ordering::Relaxed))
    }

    /// Goes back to what was left behind then.
    pub(crate) fn back_to(&self, (events, jobs): (bool, bool)) {
        self.events.store(events, Ordering::Relaxed);
        self.jobs.store(jobs, Ordering::Relaxed);
    }
}

impl Store {
    /// Opens the database; a SQLite file is created when it is missing. The schema is left alone: see [`Store::migrate`].
    ///
    /// # Errors
    /// When the address is malformed or a SQLite file cannot be opened. PostgreSQL is reached at the first use.
    pub async fn connect(options: Options) -> Result<Store, StoreError> {
        Ok(Store::over(connect::connect(&options).await?, &options))
    }

    pub(crate) fn over(pools: Pools, options: &Options) -> Store {
        let faults = Faults::new(options.stop_at_point);
        let signals = Signals { events: watch::Sender::new(()), jobs: watch::Sender::new(()), others: Arc::default() };
        let writer = if pools.writer.get_database_backend() == DbBackend::Sqlite {
            let wait = Duration::from_millis(options.wait_ms);
            let checkpoints = pools.checkpoints.map(Checkpoints::start);
            Writer::Grouped(Committer::start(pools.writer, signals.clone(), faults.clone(), wait, checkpoints))
        } else {
            Writer::Own { pool: pools.writer, faults: faults.clone(), running: TaskTracker::new() }
        };
        let counters = pools.counters.map(|pool| Arc::new(Reader { pool, faults: faults.clone() }));
        let wakeups = pools.wakeups.map(|options| Wakeups::new(options, signals.clone()));
        Store { reader: Arc::new(Reader { pool: pools.read, faults }), counters, writer, signals, wakeups }
    }

    /// Brings the schema up to date; each migration is applied once, in a transaction of its own. Returns the names of
    /// those that were applied now.
    ///
    /// # Errors
    /// When the database cannot be reached or a migration fails.
    pub async fn migrate(&self) -> Result<Vec<&'static str>, StoreError> {
        match &self.writer {
            Writer::Grouped(committer) => migrations::run(committer.connection()).await,
            Writer::Own { pool, .. } => migrations::run(pool).await,
        }
    }

    /// Which engine this is.
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// A handle for reading that holds the workspace.
    pub fn tenant<'s>(&'s self, workspace_id: &'s WorkspaceId) -> Tenant<'s, Reader> {
        Tenant::new(&self.reader, workspace_id)
    }

    /// For the functions of [`crate::unscoped`] only.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Whether other nodes can be on the same database.
    pub(crate) fn has_other_nodes(&self) -> bool {
        self.wakeups.is_some()
    }

    /// The connections of PostgreSQL that hand out ticket numbers; none on SQLite.
    pub(crate) fn counters(&self) -> Option<&Reader> {
        self.counters.as_deref()
    }

    /// The connections that write, on PostgreSQL: for COPY, which goes through no [`ConnectionTrait`].
    pub(crate) fn postgres_pool(&self) -> Option<&sqlx::PgPool> {
        match &self.writer {
            Writer::Grouped(_) => None,
            Writer::Own { pool, .. } => Some(pool.get_postgres_connection_pool()),
        }
    }

    /// Runs the closure in a transaction and answers after the commit; an error rolls everything back.
    ///
    /// On SQLite waiting closures share one commit, each in a savepoint of its own: the flush to the disk costs
    /// milliseconds, so a group of them is worth far more than each alone. On PostgreSQL each has its own transaction. The
    /// closure must not call [`Store::write`] itself (on SQLite it would wait for itself), and must not wait for anything
    /// but the database. It runs to its end even when the caller stops waiting. A statement that failed cannot be passed over:
    /// whatever the closure makes of it, nothing of it is committed.
    ///
    /// # Errors
    /// The closure's own error, or [`StoreError`] when the closure panicked, or when the transaction could not be begun or
    /// committed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, E> + Send + 'static,
    {
        match &self.writer {
            Writer::Grouped(committer) => committer.write(work, false).await,
            Writer::Own { running, .. } if running.is_closed() => Err(E::from(StoreError::closed())),
            Writer::Own { pool, faults, running } => {
                let (pool, faults, signals) = (pool.clone(), faults.clone(), self.signals.clone());
                let task = running.spawn(own_transaction(pool, faults, signals, work).in_current_span());
                task.await.unwrap_or_else(|error| {
                    tracing::error!(%error, "a write was rolled back");
                    Err(E::from(StoreError::Internal("the write panicked or was abandoned".into())))
                })
            }
        }
    }

    /// A write like [`Store::write`] for whom somebody outside waits who will not wait long, such as a carrier whose caller
    /// hears nothing. On SQLite it goes before the writes that wait, in a commit with its like. It has to be short.
    ///
    /// # Errors
    /// As for [`Store::write`].
    pub async fn write_soon<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, E> + Send + 'static,
    {
        match &self.writer {
            Writer::Grouped(committer) => committer.write(work, true).await,
            Writer::Own { .. } => self.write(work).await,
        }
    }

    /// Changes whenever a committed write recorded an event.
    pub fn watch_events(&self) -> watch::Receiver<()> {
        self.signals.events.subscribe()
    }

    /// Changes whenever a committed write enqueued a job.
    pub fn watch_jobs(&self) -> watch::Receiver<()> {
        self.signals.jobs.subscribe()
    }

    /// Tells other nodes on the same PostgreSQL of new events and jobs, and hears of theirs, until the token is cancelled.
    /// On SQLite there are no other nodes, and nothing is started.
    pub fn start_wakeups(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        if let Some(wakeups) = &self.wakeups {
            wakeups.start(tasks, stop);
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// On SQLite, the connection that writes, when no other one of this process is open: for a large load. Readers open theirs anew
    /// when they come.
    pub(crate) async fn alone(&self) -> Result<Option<Alone>, StoreError> {
        let Writer::Grouped(committer) = &self.writer else { return Ok(None) };
        let checkpoints = match committer.checkpoints() {
            Some(checkpoints) => Some(checkpoints.hold().await),
            None => None,
        };
        if let Connections::Pooled(readers) = &self.reader.pool {
            connect::close_idle(readers.get_sqlite_connection_pool()).await;
        }
        let connection = committer.connection().get_sqlite_connection_pool().acquire().await?;
        Ok(Some(Alone::new(connection, checkpoints)))
    }

    /// Waits for queued writes, then closes every connection.
    pub async fn close(&self) {
        match &self.writer {
            Writer::Grouped(committer) => committer.close().await,
            Writer::Own { running, pool, .. } => {
                running.close();
                running.wait().await;
                let _ = pool.close_by_ref().await;
            }
        }
        self.reader.pool.close().await;
        if let Some(counters) = &self.counters {
            counters.pool.close().await;
        }
    }
}

async fn own_transaction<T, E, F>(pool: DatabaseConnection, faults: Faults, signals: Signals, work: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, E>,
{
    let tx = begin(&pool, faults).await?;
    match work(&tx).await {
        Ok(value) => {
            tx.commit(&signals).await?;
            Ok(value)
        }
        Err(error) => {
            // A connection that cannot roll back is closed by the pool, which rolls back as well.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

pub(crate) async fn begin(pool: &DatabaseConnection, faults: Faults) -> Result<Tx, StoreError> {
    faults.point();
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let txn = pool.begin_with_options(options).await?;
    faults.point();
    Ok(Tx { txn, wrote: Wrote::default(), pending: Mutex::default(), faults })
}

/// An open transaction. It is reached only inside [`Store::write`].
pub struct Tx {
    txn: DatabaseTransaction,
    wrote: Wrote,
    pending: Mutex<Pending>,
    faults: Faults,
}

/// What a closure has left open.
#[derive(Default)]
struct Pending {
    /// Statements that wait for [`Tx::settle`], on SQLite only.
    later: Batch,
    /// The same on PostgreSQL.
    inserts: Inserts,
    /// Why a statement failed. From then on every other one is refused: PostgreSQL does so by itself, and SQLite may have
    /// ended the whole transaction, so that the next statement would be committed on its own.
    failed: Option<StoreError>,
}

impl Tx {
    /// A handle for reading and writing that holds the workspace.
    pub fn tenant<'t>(&'t self, workspace_id: &'t WorkspaceId) -> Tenant<'t, Tx> {
        Tenant::new(self, workspace_id)
    }

    pub(crate) fn wrote(&self) -> &Wrote {
        &self.wrote
    }

    /// Runs a statement whose result nobody looks at; it must not be one that a caller expects to fail.
    ///
    /// It runs together with others, before the next statement with a result or at the end of the closure. On SQLite a
    /// statement is handed to the connection's own thread and back, which costs several times what the statement does; on
    /// PostgreSQL each costs a round trip, so that inserts into different tables become one statement.
    pub(crate) async fn later(&self, statement: Statement) -> Result<(), StoreError> {
        if self.get_database_backend() == DbBackend::Sqlite {
            let full = {
                let mut pending = self.pending();
                pending.later.push(statement);
                pending.later.is_full()
            };
            if full {
                self.settle("").await?;
            }
            return Ok(());
        }
        if !Inserts::takes(&statement.sql) {
            self.execute_raw(statement).await?;
            return Ok(());
        }
        let is_taken = self.pending().inserts.has(&statement.sql);
        if is_taken {
            self.settle("").await?;
        }
        self.pending().inserts.push(statement);
        Ok(())
    }

    /// Runs what waits, and then `end`; refuses when a statement has failed before.
    pub(crate) async fn settle(&self, end: &'static str) -> Result<(), DbErr> {
        let statement = {
            let mut pending = self.pending();
            if let Some(error) = &pending.failed {
                return Err(DbErr::Custom(format!("the write went on after a statement had failed: {error}")));
            }
            let (inserts, later) = (std::mem::take(&mut pending.inserts), std::mem::take(&mut pending.later));
            inserts.finish().or_else(|| later.finish(end))
        };
        let Some(statement) = statement else { return Ok(()) };
        self.faults.point();
        let result = self.txn.execute_raw(statement).await;
        self.faults.point();
        self.noted(result).map(drop)
    }

    /// Begins anew after a rollback: drops what waits, and says why a statement failed, if one did.
    pub(crate) fn forget(&self) -> Option<StoreError> {
        std::mem::take(&mut *self.pending()).failed
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().expect("nothing panics while it is held")
    }

    /// Remembers that a statement failed.
    fn noted<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if let Err(error) = &result {
            self.pending().failed = Some(StoreError::from(error.clone()));
        }
        result
    }

    pub(crate) async fn commit(self, signals: &Signals) -> Result<(), StoreError> {
        self.settle("").await?;
        self.faults.point();
        self.txn.commit().await?;
        self.faults.point();
        signals.announce(&self.wrote);
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.txn.rollback().await?)
    }
}

/// The connections for reading.
pub struct Reader {
    pool: Connections,
    faults: Faults,
}

impl Reader {
    /// A reader has nothing that waits.
    async fn settle(&self, _: &'static str) -> Result<(), DbErr> {
        Ok(())
    }

    fn noted<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        result
    }
}

/// Both handles pass statements on; around each is a point at which a test can stop the process.
macro_rules! pass_on_statements {
    ($handle:ty, $inner:ident) => {
        #[async_trait::async_trait]
        impl ConnectionTrait for $handle {
            fn get_database_backend(&self) -> DbBackend {
                ConnectionTrait::get_database_backend(&self.$inner)
            }

            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                self.settle("").await?;
                self.faults.point();
                let result = self.$inner.execute_raw(statement).await;
                self.faults.point();
                self.noted(result)
            }

            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.settle("").await?;
                self.faults.point();
                let result = self.$inner.execute_unprepared(sql).await;
                self.faults.point();
                self.noted(result)
            }

            async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                self.settle("").await?;
                self.faults.point();
                let result = self.$inner.query_one_raw(statement).await;
                self.faults.point();
                self.noted(result)
            }

            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.settle("").await?;
                self.faults.point();
                let result = self.$inner.query_all_raw(statement).await;
                self.faults.point();
                self.noted(result)
            }
        }
    };
}

pass_on_statements!(Tx, txn);
pass_on_statements!(Reader, pool);

/// Anything that statements can be given to: a [`Reader`] or a [`Tx`].
pub trait Connection: ConnectionTrait {}

impl<C: ConnectionTrait> Connection for C {}
