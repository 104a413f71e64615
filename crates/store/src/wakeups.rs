//! Waking the other nodes on one PostgreSQL: after commits a NOTIFY that says no more than "look", and a LISTEN for theirs.
//!
//! A NOTIFY inside a transaction would take a lock that all committing transactions share, until the flush. So it is sent
//! outside, on a connection of its own, and at most once every few milliseconds. A signal may be lost: readers also look
//! once a second by themselves. Words that are not stored ([`crate::passing`]) go the same way, on a channel of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, Row};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::store::Signals;

/// One channel for events, one for jobs, one for words.
const EVENTS: &str = "patchcord_events";
const JOBS: &str = "patchcord_jobs";
const WORDS: &str = "patchcord_words";
/// Between two NOTIFYs of this node.
const PAUSE: Duration = Duration::from_millis(5);
/// The first pause before connecting again; it doubles with each failure.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
/// The longest pause before connecting again.
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// A listener that heard nothing for so long asks whether its connection is still there.
const QUIET: Duration = Duration::from_secs(20);
/// How long that question, or connecting, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to reach the other nodes. Clones share it.
#[derive(Clone)]
pub(crate) struct Wakeups {
    options: PgConnectOptions,
    signals: Signals,
    /// The server's process behind the connection that sends: what comes from there is our own. 0 when there is none.
    own: Arc<AtomicU32>,
}

impl Wakeups {
    pub(crate) fn new(options: PgConnectOptions, signals: Signals) -> Self {
        Self { options, signals, own: Arc::default() }
    }

    pub(crate) fn start(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (teller, listener) = (self.clone(), self.clone());
        let (stop_telling, stop_listening) = (stop.clone(), stop.clone());
        tasks.spawn(async move { stop_telling.run_until_cancelled(teller.tell_for_ever()).await });
        tasks.spawn(async move { stop_listening.run_until_cancelled(Box::pin(listener.listen_for_ever())).await });
    }

    async fn tell_for_ever(self) {
        let mut pause = BACKOFF_FIRST;
        loop {
            let failed = match self.connect().await {
                Ok(mut connection) => {
                    pause = BACKOFF_FIRST;
                    self.tell(&mut connection).await
                }
                Err(error) => error,
            };
            self.own.store(0, Ordering::Relaxed);
            tracing::warn!(error = %failed, "other nodes cannot be told; they find out by looking; connecting again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        // Nobody needs the connection before there is something to tell.
        self.wait_for_news().await;
        let mut connection = within(self.options.connect()).await?;
        let row = within(connection.fetch_one("SELECT pg_backend_pid()")).await?;
        let pid: i32 = row.try_get(0)?;
        self.own.store(pid.unsigned_abs(), Ordering::Relaxed);
        Ok(connection)
    }

    /// Waits without taking the news away.
    async fn wait_for_news(&self) {
        let others = self.signals.others();
        while !(others.events.load(Ordering::Acquire) || others.jobs.load(Ordering::Acquire)) {
            match others.words.due() {
                Some(due) if due <= Instant::now() => return,
                Some(due) => drop(tokio::time::timeout_at(due, others.any.notified()).await),
                None => others.any.notified().await,
            }
        }
    }

    /// Tells until the connection fails.
    async fn tell(&self, connection: &mut PgConnection) -> sqlx::Error {
        let others = self.signals.others();
        loop {
            self.wait_for_news().await;
            for (news, channel) in [(&others.events, EVENTS), (&others.jobs, JOBS)] {
                if !news.swap(false, Ordering::AcqRel) {
                    continue;
                }
                if let Err(error) = notify(connection, channel, "").await {
                    news.store(true, Ordering::Release);
                    return error;
                }
            }
            for (_, word) in others.words.take(Instant::now()) {
                if let Err(error) = notify(connection, WORDS, &word).await {
                    return error;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen_for_ever(self) {
        let mut pause = BACKOFF_FIRST;
        // The listener takes its one connection out of a pool.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(self.options.clone());
        loop {
            let failed = match self.listener(&pool).await {
                Ok(mut listener) => {
                    pause = BACKOFF_FIRST;
                    // What was missed while nobody listened.
                    self.signals.wake_events();
                    self.signals.wake_jobs();
                    self.hear(&mut listener).await
                }
                Err(error) => error,
            };
            tracing::warn!(error = %failed, "other nodes cannot be heard; looking once a second; connecting again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    async fn listener(&self, pool: &sqlx::PgPool) -> Result<PgListener, sqlx::Error> {
        let mut listener = within(PgListener::connect_with(pool)).await?;
        listener.eager_reconnect(false);
        within(listener.listen_all([EVENTS, JOBS, WORDS])).await?;
        Ok(listener)
    }

    /// Hears until the connection fails.
    async fn hear(&self, listener: &mut PgListener) -> sqlx::Error {
        loop {
            match tokio::time::timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(told))) if told.process_id() == self.own.load(Ordering::Relaxed) => {}
                Ok(Ok(Some(told))) => match told.channel() {
                    EVENTS => self.signals.wake_events(),
                    JOBS => self.signals.wake_jobs(),
                    _ => self.signals.others().words.hear(told.payload()),
                },
                Ok(Ok(None)) => return sqlx::Error::Protocol("the connection was closed".into()),
                Ok(Err(error)) => return error,
                Err(_) => {
                    if let Err(error) = within(listener.execute("SELECT 1")).await {
                        return error;
                    }
                }
            }
        }
    }
}

async fn notify(connection: &mut PgConnection, channel: &str, word: &str) -> Result<(), sqlx::Error> {
    let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(word);
    within(notify.execute(connection)).await.map(drop)
}

/// Waits for an answer of the server, but not for ever.
async fn within<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(sqlx::Error::Io(late)))
}
