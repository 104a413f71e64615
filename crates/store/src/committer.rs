//! The single writer of SQLite: takes the closures that wait, runs each in a savepoint, commits them together.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::StoreError;
use crate::checkpoints::Checkpoints;
use crate::faults::Faults;
use crate::store::{Signals, Tx, WriteFuture, begin};

/// Most closures in one commit: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 64;
/// Most closures that wait. A caller beyond that waits for a place for a while, which slows it down instead of growing
/// memory.
const QUEUE_MAX: usize = 1_024;

/// A handle to the writer task.
#[derive(Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Box<dyn Work>>,
    /// What goes before all that.
    soon: mpsc::Sender<Box<dyn Work>>,
    connection: DatabaseConnection,
    checkpoints: Option<Checkpoints>,
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
    /// How long a caller waits for a place in the queue.
    wait: Duration,
}

impl Committer {
    #[expect(clippy::disallowed_methods, reason = "the task ends with the store, which keeps its handle")]
    pub(crate) fn start(
        connection: DatabaseConnection,
        signals: Signals,
        faults: Faults,
        wait: Duration,
        checkpoints: Option<Checkpoints>,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let (soon, waiting_soon) = mpsc::channel(QUEUE_MAX);
        let waiting = Waiting { all: waiting, soon: waiting_soon };
        let task = tokio::spawn(run(connection.clone(), signals, faults, waiting, checkpoints.clone()));
        Self { queue, soon, connection, checkpoints, task: Arc::new(tokio::sync::Mutex::new(Some(task))), wait }
    }

    /// The writer's connection, for migrations before the first write.
    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// What carries the log over into the file.
    pub(crate) fn checkpoints(&self) -> Option<&Checkpoints> {
        self.checkpoints.as_ref()
    }

    pub(crate) async fn write<T, E, F>(&self, work: F, is_urgent: bool) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let item = Closure { work: Some(work), result: None, answer };
        let queue = if is_urgent { &self.soon } else { &self.queue };
        queue.send_timeout(Box::new(item), self.wait).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => StoreError::Unavailable("too many writes are waiting".into()),
            SendTimeoutError::Closed(_) => StoreError::closed(),
        })?;
        // The answer is missing only when the writer task was ended from outside.
        answered.await.unwrap_or_else(|_| Err(E::from(StoreError::Internal("the write was abandoned".into()))))
    }

    /// Stops taking closures, finishes those that wait, closes the connection.
    pub(crate) async fn close(&self) {
        if let Some(task) = self.task.lock().await.take() {
            let stop = Stop;
            let _ = self.queue.send(Box::new(stop)).await;
            let _ = task.await;
        }
        let _ = self.connection.close_by_ref().await;
    }
}

/// A closure with its types erased.
trait Work: Send {
    /// Runs the closure and, when it succeeded, `end`; says whether both did.
    fn run<'w>(&'w mut self, tx: &'w Tx, end: &'static str) -> BoxFuture<'w, bool>;
    /// Answers the caller: the closure's result when the group was committed, otherwise the reason why not.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
    /// Whether the task shall end after this group.
    fn is_stop(&self) -> bool {
        false
    }
}

struct Closure<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Closure<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> FnOnce(&'t Tx) -> WriteFuture<'t, T, E> + Send + 'static,
{
    fn run<'w>(&'w mut self, tx: &'w Tx, end: &'static str) -> BoxFuture<'w, bool> {
        Box::pin(async move {
            let work = self.work.take().expect("a closure is run once");
            // A closure that panics must not take the writer with it: the others' work goes on.
            let result = AssertUnwindSafe(async { work(tx).await }).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a write panicked and was rolled back");
                Err(E::from(StoreError::Internal("the write panicked".into())))
            });
            let result = match result {
                Ok(value) => tx.settle(end).await.map(|()| value).map_err(|error| E::from(StoreError::from(error))),
                Err(error) => Err(error),
            };
            let succeeded = result.is_ok();
            self.result = Some(result);
            succeeded
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (self.result, committed) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(E::from(error)),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(E::from(StoreError::Internal("the write did not run".into()))),
        };
        // A caller that went away does not change what was committed.
        let _ = self.answer.send(result);
    }
}

struct Stop;

impl Work for Stop {
    fn run<'w>(&'w mut self, tx: &'w Tx, end: &'static str) -> BoxFuture<'w, bool> {
        Box::pin(async move { tx.settle(end).await.is_ok() })
    }

    fn answer(self: Box<Self>, _: Result<(), StoreError>) {}

    fn is_stop(&self) -> bool {
        true
    }
}

/// The closures that wait.
struct Waiting {
    all: mpsc::Receiver<Box<dyn Work>>,
    soon: mpsc::Receiver<Box<dyn Work>>,
}

impl Waiting {
    /// Those of the next commit; none when nobody can come any more. What cannot wait is committed by itself, so that it does
    /// not wait for the work of others either.
    async fn next(&mut self) -> Option<Vec<Box<dyn Work>>> {
        let (first, more) = tokio::select! {
            biased;
            Some(first) = self.soon.recv() => (first, &mut self.soon),
            Some(first) = self.all.recv() => (first, &mut self.all),
            else => return None,
        };
        let mut group = vec![first];
        while group.len() < GROUP_MAX {
            match more.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        Some(group)
    }

    fn close(&mut self) {
        self.all.close();
        self.soon.close();
    }
}

async fn run(
    pool: DatabaseConnection,
    signals: Signals,
    faults: Faults,
    mut waiting: Waiting,
    checkpoints: Option<Checkpoints>,
) {
    while let Some(mut group) = waiting.next().await {
        let stop = group.iter().any(|item| item.is_stop());
        let committed = commit_group(&pool, &signals, &faults, &mut group).await;
        if let (Ok(()), Some(checkpoints)) = (&committed, &checkpoints) {
            checkpoints.wrote();
        }
        let reason = committed.err();
        if let Some(error) = &reason {
            tracing::error!(%error, writes = group.len(), "a group of writes was not committed");
        }
        for item in group {
            item.answer(match &reason {
                None => Ok(()),
                Some(error) => Err(again(error)),
            });
        }
        if stop {
            // Nobody can come any more; those that came in time are still served.
            waiting.close();
        }
    }
    if let Some(checkpoints) = checkpoints {
        checkpoints.close().await;
    }
}

async fn commit_group(
    pool: &DatabaseConnection,
    signals: &Signals,
    faults: &Faults,
    group: &mut [Box<dyn Work>],
) -> Result<(), StoreError> {
    let tx = begin(pool, faults.clone()).await?;
    match run_group(&tx, group).await {
        Ok(true) => tx.commit(signals).await,
        Ok(false) => {
            // Each has its own error. A connection that cannot roll back is closed by the pool, which rolls back as well.
            let _ = tx.rollback().await;
            Ok(())
        }
        Err(error) => {
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// Says whether there is anything to commit.
///
/// Each closure runs in a savepoint, so that one that fails takes back its own changes only; a closure that is alone needs
/// none. A savepoint that cannot be rolled back (SQLite may end the whole transaction when the disk is full) fails the group,
/// for the reason for which its closure failed.
async fn run_group(tx: &Tx, group: &mut [Box<dyn Work>]) -> Result<bool, StoreError> {
    let Some(last) = group.len().checked_sub(1) else { return Ok(false) };
    if last > 0 {
        tx.execute_unprepared("SAVEPOINT one").await?;
    }
    let mut any = false;
    for (index, item) in group.iter_mut().enumerate() {
        // The commit releases the last savepoint.
        let end = if index < last { "RELEASE one; SAVEPOINT one" } else { "" };
        let wrote = tx.wrote().so_far();
        if item.run(tx, end).await {
            any = true;
            continue;
        }
        let failure = tx.forget();
        tx.wrote().back_to(wrote);
        if last > 0
            && let Err(error) = tx.execute_unprepared("ROLLBACK TO one").await
        {
            return Err(failure.unwrap_or_else(|| StoreError::from(error)));
        }
    }
    Ok(any)
}

/// The same reason for each closure of a group.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full(detail) => StoreError::Full(detail.clone()),
        StoreError::Unavailable(detail) => StoreError::Unavailable(detail.clone()),
        other => StoreError::Internal(other.to_string()),
    }
}
