//! The worker: claims jobs under a lease, keeps the lease alive while it works, and leaves nothing behind when it stops.

use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::time::{HOUR, Millis, SECOND};
use patchcord_store::rows::Job;
use patchcord_store::unscoped;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::jobs::{self, Failure};
use crate::{App, AppError};

/// Jobs that a signal was missed for are found this often at the latest.
const POLL: Duration = Duration::from_secs(1);
/// The first pause after a failure; it doubles with each attempt.
const BACKOFF_FIRST: Millis = SECOND;
/// The longest pause after a failure.
const BACKOFF_MAX: Millis = 5 * 60 * SECOND;
/// How often what is past its time is taken out.
const UPKEEP: Millis = HOUR;
/// How often work that recurs is looked for.
const RECURRING: Millis = 5 * SECOND;

impl App {
    /// Works until the token is cancelled; then waits for the jobs under way, and puts back those that take too long.
    pub fn start_worker(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let worker = Worker {
            app: self.clone(),
            places: Arc::new(Semaphore::new(self.options.concurrent_jobs)),
            running: TaskTracker::new(),
            abort: CancellationToken::new(),
        };
        self.start_webhooks(tasks, stop.clone());
        tasks.spawn(worker.run(stop));
    }

    /// Claims and does the jobs that are due, one round; says how many. For tests and commands that run no worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn work_once(&self) -> Result<usize, AppError> {
        rescue(self).await?;
        let claimed = claim(self, self.options.concurrent_jobs).await?;
        let count = claimed.len();
        for job in claimed {
            work(self, &job, &CancellationToken::new()).await;
        }
        Ok(count)
    }
}

struct Worker {
    app: App,
    places: Arc<Semaphore>,
    running: TaskTracker,
    abort: CancellationToken,
}

impl Worker {
    async fn run(self, stop: CancellationToken) {
        let mut enqueued = self.app.store.watch_jobs();
        let mut upkeep_at = 0;
        let mut recurring_at = if self.app.options.recurring { 0 } else { Millis::MAX };
        while !stop.is_cancelled() {
            if recurring_at <= self.app.clock.now() {
                recurring_at = self.app.clock.now() + RECURRING;
                if let Err(error) = self.app.begin_recurring().await {
                    tracing::warn!(%error, "work that recurs cannot be begun; trying again");
                }
            }
            let began = match self.begin_jobs().await {
                Ok(began) => began,
                Err(error) => {
                    tracing::warn!(%error, "jobs cannot be claimed; trying again");
                    0
                }
            };
            if upkeep_at <= self.app.clock.now() {
                upkeep_at = self.app.clock.now() + UPKEEP;
                upkeep(&self.app).await;
            }
            if began > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = enqueued.changed() => {}
                () = self.place_is_free() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
        self.running.close();
        let grace = Duration::from_millis(self.app.options.grace_ms);
        if tokio::time::timeout(grace, self.running.wait()).await.is_err() {
            self.abort.cancel();
            self.running.wait().await;
        }
    }

    /// Claims as many jobs as there are free places, and begins them.
    async fn begin_jobs(&self) -> Result<usize, AppError> {
        rescue(&self.app).await?;
        let free = self.places.available_permits();
        if free == 0 {
            return Ok(0);
        }
        let claimed = claim(&self.app, free).await?;
        let count = claimed.len();
        for job in claimed {
            let place = self.places.clone().acquire_owned().await;
            let (app, abort) = (self.app.clone(), self.abort.clone());
            self.running.spawn(async move {
                work(&app, &job, &abort).await;
                drop(place);
            });
        }
        Ok(count)
    }

    /// Ends when all places were taken and one becomes free; otherwise never, for then nothing waits for a place.
    async fn place_is_free(&self) {
        if self.places.available_permits() > 0 {
            std::future::pending::<()>().await;
        }
        drop(self.places.acquire().await);
    }
}

async fn claim(app: &App, limit: usize) -> Result<Vec<Job>, AppError> {
    let (token, now, lease) = (app.id(), app.clock.now(), app.options.lease_ms);
    let limit = u64::try_from(limit).unwrap_or(1);
    app.store
        .write(move |tx| Box::pin(async move { Ok(unscoped::jobs::claim(tx, &token, now, now + lease, limit).await?) }))
        .await
}

async fn rescue(app: &App) -> Result<(), AppError> {
    let now = app.clock.now();
    // Reading first keeps an idle desk from writing every second.
    if unscoped::jobs::oldest_lease(app.store.reader()).await?.is_none_or(|until| until >= now) {
        return Ok(());
    }
    let rescued = app.store.write(move |tx| Box::pin(async move { unscoped::jobs::rescue(tx, now).await }));
    let rescued: u64 = rescued.await.map_err(AppError::from)?;
    if rescued > 0 {
        tracing::warn!(rescued, "jobs of a worker that vanished are tried again");
    }
    Ok(())
}

/// Does a job and sees to what follows.
async fn work(app: &App, job: &Job, abort: &CancellationToken) {
    let began = app.clock.now();
    let done = tokio::select! {
        done = attempt(app, job) => done,
        lost = keep_lease(app, job) => Err(lost),
        () = abort.cancelled() => Err(Failure::Wait { after_ms: 0 }),
    };
    let outcome = match &done {
        Ok(()) => "done",
        Err(Failure::Retry { .. }) => "retry",
        Err(Failure::Wait { .. }) => "wait",
        Err(Failure::Permanent { .. }) => "failed",
        Err(Failure::LeaseLost) => "lease_lost",
    };
    app.meters.job(&job.kind, outcome, app.clock.now() - began);
    let settled = match done {
        Ok(()) => Ok(()),
        Err(failure) => settle(app, job, failure).await,
    };
    match settled {
        Ok(()) => {}
        Err(AppError::LeaseLost) => {
            tracing::info!(job_id = job.id, kind = job.kind, "somebody else has this job by now");
        }
        Err(error) => {
            // Its lease runs out and another worker finds it.
            tracing::error!(%error, job_id = job.id, kind = job.kind, "a job could not be settled");
        }
    }
}

/// Does a job, unless it has taken every worker so far with it: such a job must not go on ending processes for ever.
async fn attempt(app: &App, job: &Job) -> Result<(), Failure> {
    if job.attempts <= job.max_attempts {
        return jobs::run(app, job).await;
    }
    let tries = job.max_attempts;
    let message = format!("It was tried {tries} times, and each time the program stopped before the end. See its log.");
    Err(Failure::Permanent { code: "out_of_attempts", message })
}

/// Extends the lease while the job is worked on; ends when it is lost.
async fn keep_lease(app: &App, job: &Job) -> Failure {
    let pause = Duration::from_millis(u64::try_from(app.options.lease_ms / 3).unwrap_or(1_000).max(50));
    loop {
        tokio::time::sleep(pause).await;
        let (held, until) = (job.clone(), app.clock.now() + app.options.lease_ms);
        let extended: Result<bool, AppError> = app
            .store
            .write(move |tx| Box::pin(async move { Ok(unscoped::jobs::extend(tx, &held, until).await?) }))
            .await;
        match extended {
            Ok(true) => {}
            Ok(false) => return Failure::LeaseLost,
            Err(error) => tracing::warn!(%error, job_id = job.id, "a lease could not be extended; trying again"),
        }
    }
}

/// Decides what follows from a failure and writes it, behind the fence.
async fn settle(app: &App, job: &Job, failure: Failure) -> Result<(), AppError> {
    match failure {
        Failure::LeaseLost => Err(AppError::LeaseLost),
        Failure::Permanent { code, message } => jobs::give_up(app, job, code, &message).await,
        Failure::Wait { after_ms } => put_back(app, job, None, millis(after_ms), false).await,
        Failure::Retry { error, .. } if job.attempts >= job.max_attempts => {
            let message = format!("{error} It was tried {} times.", job.attempts);
            jobs::give_up(app, job, "out_of_attempts", &message).await
        }
        Failure::Retry { error, after_ms } => {
            let pause = after_ms.map_or_else(|| backoff(app, job.attempts), |asked| millis(asked).max(SECOND));
            put_back(app, job, Some(error), pause, true).await
        }
    }
}

async fn put_back(app: &App, job: &Job, error: Option<String>, pause: Millis, counts: bool) -> Result<(), AppError> {
    let (job, now) = (job.clone(), app.clock.now());
    app.store
        .write(move |tx| {
            Box::pin(async move {
                Ok(unscoped::jobs::put_back(tx, &job, error.as_deref(), now + pause, counts, now).await?)
            })
        })
        .await
}

/// Exponential with full jitter: many jobs that failed together do not come back together.
fn backoff(app: &App, attempts: i64) -> Millis {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let most = BACKOFF_FIRST.saturating_mul(1 << doublings).min(BACKOFF_MAX);
    let mut random = [0_u8; 4];
    app.entropy.fill(&mut random);
    SECOND / 4 + i64::from(u32::from_le_bytes(random)) % most
}

fn millis(asked: u64) -> Millis {
    i64::try_from(asked).unwrap_or(BACKOFF_MAX)
}

async fn upkeep(app: &App) {
    let now = app.clock.now();
    loop {
        let swept: Result<u64, AppError> =
            app.store.write(move |tx| Box::pin(async move { Ok(unscoped::upkeep::sweep(tx, now).await?) })).await;
        match swept {
            Ok(0) => return,
            Ok(rows) => tracing::debug!(rows, "took out what is past its time"),
            Err(error) => {
                tracing::warn!(%error, "upkeep failed; it is tried again in an hour");
                return;
            }
        }
    }
}
