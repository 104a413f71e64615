//! Work that recurs: which kinds, how often, and what begins it.
//!
//! Each kind has one job per workspace, under a key of its own. The worker's round makes it, and gives it back to the queue
//! when its time has come again. So any number of nodes may begin it, one at a time does it, and what a node left undone is
//! taken over like any other job. A job that was given up begins again at its next time.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::Millis;
use patchcord_store::jobs::{NewJob, enqueue};
use patchcord_store::unscoped::recurring;
use serde_json::json;

use crate::{App, AppError};

/// A kind of work that recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurring {
    /// The kind of its jobs, which no other job may have.
    pub kind: &'static str,
    /// How often, in milliseconds. It is due at multiples of this, counted from 1970 in UTC: what recurs hourly is due on the
    /// hour. Times that were missed are not made up for.
    pub every: Millis,
    /// The highest goes first. The copilot's jobs have 100, for somebody waits for them.
    pub priority: i64,
}

/// All of them. To add one: a line here, and a line in [`super::run`].
pub const ALL: &[Recurring] = &[];

/// After so many attempts a job is given up until its next time.
const MAX_ATTEMPTS: i64 = 5;

/// The key of the one job of a kind for a workspace.
pub fn dedup_key(kind: &str, workspace: &str) -> String {
    format!("{}{workspace}", prefix(kind))
}

fn prefix(kind: &str) -> String {
    format!("recurring:{kind}:")
}

impl App {
    /// Enqueues the work that recurs and is due; says how many jobs. The worker calls this every few seconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_recurring(&self) -> Result<u64, AppError> {
        Ok(self.begin(ALL).await? + self.begin_roll_ups().await?)
    }

    /// The same for kinds of the caller's choice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self, kinds: &[Recurring]) -> Result<u64, AppError> {
        let mut begun = 0;
        for kind in kinds {
            begun += self.begin_kind(*kind).await?;
        }
        Ok(begun)
    }

    async fn begin_kind(&self, kind: Recurring) -> Result<u64, AppError> {
        let now = self.clock.now();
        let due = now - now.rem_euclid(kind.every);
        // Reading first keeps an idle desk from writing every few seconds.
        let missing = recurring::without(self.store.reader(), &prefix(kind.kind)).await?;
        if missing.is_empty() && !recurring::any_due(self.store.reader(), kind.kind, due).await? {
            return Ok(0);
        }
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let mut begun = recurring::begin_again(tx, kind.kind, due, now).await?;
                    for workspace in missing {
                        let job = NewJob {
                            id: app.id(),
                            kind: kind.kind,
                            payload: json!({}),
                            priority: kind.priority,
                            run_at: due,
                            max_attempts: MAX_ATTEMPTS,
                            dedup_key: Some(dedup_key(kind.kind, &workspace)),
                            at: now,
                        };
                        begun += u64::from(enqueue(tx.tenant(&WorkspaceId::new(workspace)), job).await?);
                    }
                    Ok(begun)
                })
            })
            .await
    }
}
