//! Carries what SQLite's log holds over into the database file, beside the writer instead of in its way.
//!
//! A commit goes to the write-ahead log alone. Somebody must copy the pages from there to the file and wait for the disk; left
//! to the writer, every fiftieth ticket or so would wait for it. See <https://www.sqlite.org/wal.html#ckpt>.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connect::close_idle;

/// From the end of one round to the earliest begin of the next. A page that was written often in between is copied once.
const PAUSE: Duration = Duration::from_secs(3);
/// Pages in the log at which the writer copies by itself, since rounds beside a busy writer never reach the end of the log:
/// 64 MiB.
pub(crate) const WRITER_PAGES: &str = "16000";

/// The task that copies, and what wakes it.
#[derive(Clone)]
pub(crate) struct Checkpoints {
    pool: SqlitePool,
    /// Locked during each round.
    round: Arc<Mutex<()>>,
    wrote: Arc<Notify>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Checkpoints {
    /// Begins with a pool of one connection, which is opened when it is first needed.
    pub(crate) fn start(pool: SqlitePool) -> Self {
        let (round, wrote, tasks) = (Arc::default(), Arc::default(), TaskTracker::new());
        let all = Self { pool, round, wrote, stop: CancellationToken::new(), tasks };
        all.tasks.spawn(run(all.clone()));
        all
    }

    /// Waits for the end of a round, closes the connection, and lets no round begin as long as the guard is kept.
    pub(crate) async fn hold(&self) -> OwnedMutexGuard<()> {
        let held = self.round.clone().lock_owned().await;
        close_idle(&self.pool).await;
        held
    }

    /// Something was committed.
    pub(crate) fn wrote(&self) {
        self.wrote.notify_one();
    }

    /// Ends the task and closes its connection.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn run(checkpoints: Checkpoints) {
    let Checkpoints { pool, round, wrote, stop, .. } = checkpoints;
    let work = async {
        loop {
            wrote.notified().await;
            tokio::time::sleep(PAUSE).await;
            let _round = round.lock().await;
            // PASSIVE waits for nobody: it copies what no reader needs any more, and leaves the rest to the next round.
            if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await {
                tracing::warn!(%error, "the log could not be carried over into the database file; trying again");
            }
        }
    };
    stop.run_until_cancelled(work).await;
    pool.close().await;
}
