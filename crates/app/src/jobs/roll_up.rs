//! The job that counts marked hours and customers again. There is one of each per workspace, which begins again whenever there
//! are marks; see [`crate::rollups`].

use patchcord_domain::time::{MINUTE, Millis, SECOND};
use patchcord_store::jobs::{NewJob, enqueue_again};
use patchcord_store::rows::Job;
use patchcord_store::{metrics, unscoped};
use serde_json::json;

use super::Failure;
use super::recurring::dedup_key;
use crate::rollups::{marked_customers, marked_hours};
use crate::{App, AppError};

/// The kind of the jobs that count hours and days.
pub const HOURS: &str = "roll_up";
/// The kind of the jobs that count customers.
pub const CUSTOMERS: &str = "roll_up_customers";
/// How often hours are counted at most, and so how often listeners are told.
const EVERY: Millis = 5 * SECOND;
/// How often customers are counted at most: a large one has many tickets.
const CUSTOMERS_EVERY: Millis = MINUTE;
/// Nobody waits for it.
const PRIORITY: i64 = 10;
/// After so many attempts it is given up, until the next mark.
const ATTEMPTS: i64 = 5;

impl App {
    /// Enqueues a job for each workspace that has marks; says how many. On an idle desk nothing is written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_roll_ups(&self) -> Result<u64, AppError> {
        let hours = self.begin_marked(HOURS, EVERY, false).await?;
        Ok(hours + self.begin_marked(CUSTOMERS, CUSTOMERS_EVERY, true).await?)
    }

    async fn begin_marked(&self, kind: &'static str, every: Millis, customers: bool) -> Result<u64, AppError> {
        let marked = metrics::marked_workspaces(self.store.reader(), customers).await?;
        if marked.is_empty() {
            return Ok(0);
        }
        let (app, now) = (self.clone(), self.clock.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let mut begun = 0;
                    for workspace in marked {
                        let job = NewJob {
                            id: app.id(),
                            kind,
                            payload: json!({}),
                            priority: PRIORITY,
                            run_at: now - now.rem_euclid(every),
                            max_attempts: ATTEMPTS,
                            dedup_key: Some(dedup_key(kind, workspace.as_str())),
                            at: now,
                        };
                        begun += u64::from(enqueue_again(tx.tenant(&workspace), job).await?);
                    }
                    Ok(begun)
                })
            })
            .await
    }
}

/// Counts until there are no marks, a bounded number in each transaction. The last one also ends the job and tells listeners.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub async fn run(app: &App, job: &Job) -> Result<(), Failure> {
    let mut changed = false;
    loop {
        let (again, of, before) = (app.clone(), job.clone(), changed);
        let done: Result<_, AppError> = app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let workspace = of.workspace();
                    let tenant = tx.tenant(&workspace);
                    let done =
                        if of.kind == HOURS { marked_hours(tenant).await? } else { marked_customers(tenant).await? };
                    if !done.more {
                        if done.changed || before {
                            again.tick(tx, &workspace).await?;
                        }
                        unscoped::jobs::finish(tx, &of, again.clock.now()).await?;
                    }
                    Ok(done)
                })
            })
            .await;
        let done = done?;
        changed |= done.changed;
        if !done.more {
            return Ok(());
        }
    }
}
