//! SQLite: what was committed goes from the log into the file on a connection of its own, so that no write waits for it.
//!
//! A commit only appends to the log. Every thousand pages or so the log has to be copied into the file, which waits for the disk
//! twice. Left to SQLite, the commit that happens to be the thousandth does that, and everybody behind it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Pages of the log that are worth copying.
const PAGES: u64 = 1_000;
/// When the log is this long, in pages, the commit itself copies it after all: others were too slow, or readers in the way.
pub(crate) const PAGES_MAX: &str = "16000";
/// How often it is looked whether there are enough.
const LOOK: Duration = Duration::from_millis(200);
/// After so many looks the log is copied however short it is.
const LOOKS_MAX: u32 = 25;

/// Copies the log when there is enough of it.
#[derive(Clone)]
pub(crate) struct Checkpoints {
    commits: Arc<AtomicU64>,
    any: Arc<Notify>,
    stop: CancellationToken,
    connection: DatabaseConnection,
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Checkpoints {
    #[expect(clippy::disallowed_methods, reason = "the task ends with the store, which keeps its handle")]
    pub(crate) fn start(connection: DatabaseConnection) -> Self {
        let (commits, any, stop) = (Arc::<AtomicU64>::default(), Arc::<Notify>::default(), CancellationToken::new());
        let task = tokio::spawn(run(connection.clone(), commits.clone(), any.clone(), stop.clone()));
        Self { commits, any, stop, connection, task: Arc::new(tokio::sync::Mutex::new(Some(task))) }
    }

    /// Something was committed.
    pub(crate) fn committed(&self) {
        if self.commits.fetch_add(1, Ordering::Relaxed) == 0 {
            self.any.notify_one();
        }
    }

    pub(crate) async fn close(&self) {
        self.stop.cancel();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
        let _ = self.connection.close_by_ref().await;
    }
}

async fn run(connection: DatabaseConnection, commits: Arc<AtomicU64>, any: Arc<Notify>, stop: CancellationToken) {
    let mut pace = Pace::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = any.notified() => {}
        }
        for _ in 0..LOOKS_MAX {
            if commits.load(Ordering::Relaxed) >= pace.commits() {
                break;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        let done = commits.swap(0, Ordering::Relaxed);
        match copy(&connection).await {
            Ok(pages) => pace.learn(done, pages),
            // The next time it is tried again, and the commit does it in the end.
            Err(error) => tracing::warn!(%error, "the log of the database was not copied into it"),
        }
    }
}

/// Copies what it can without making anybody wait; gives how many pages the log has.
async fn copy(connection: &DatabaseConnection) -> Result<u64, DbErr> {
    let pragma = Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA wal_checkpoint(PASSIVE)");
    let Some(row) = connection.query_one_raw(pragma).await? else { return Ok(0) };
    let pages: i32 = row.try_get_by_index(1)?;
    Ok(u64::try_from(pages).unwrap_or(0))
}

/// How many commits come to about [`PAGES`] pages, learned from those before.
struct Pace {
    /// Pages of ten commits.
    of_ten: u64,
    /// How long the log was the last time.
    before: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { of_ten: 300, before: 0 }
    }
}

impl Pace {
    fn commits(&self) -> u64 {
        (PAGES * 10 / self.of_ten).max(1)
    }

    fn learn(&mut self, commits: u64, pages: u64) {
        // The log begins anew once all of it was copied and nobody reads it.
        let new = if pages >= self.before { pages - self.before } else { pages };
        self.before = pages;
        if commits > 0 && new > 0 {
            self.of_ten = ((self.of_ten + new * 10 / commits) / 2).clamp(10, PAGES * 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_follows_the_commits() {
        let mut pace = Pace::default();
        assert_eq!(pace.commits(), 33);
        for turn in 1..20 {
            pace.learn(50, turn * 500);
        }
        assert!((95..=105).contains(&pace.commits()), "{}", pace.commits());
        pace.learn(10, 10);
        assert!(pace.commits() > 105, "the log began anew with ten pages of ten commits: {}", pace.commits());
        for _ in 0..20 {
            pace.learn(1, pace.before + 90_000);
        }
        assert_eq!(pace.commits(), 1);
        pace.learn(0, 0);
        assert_eq!(pace.commits(), 1);
    }
}
