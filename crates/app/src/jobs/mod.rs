//! Background work: one file a kind, and the one place that knows them all.

use patchcord_store::StoreError;
use patchcord_store::rows::Job;

use crate::calls::{PRICE, RECORDING, WRAP_UP, fetch_price, fetch_recording, wrap_up};
use crate::{App, AppError};

pub mod assignment;
pub mod copilot;
pub mod recurring;
pub mod roll_up;
pub mod sla;

/// Why a job is not done. The worker decides what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later: a model or the database did not answer.
    Retry {
        /// What happened, for people.
        error: String,
        /// What the other side asked for, in milliseconds.
        after_ms: Option<u64>,
    },
    /// It cannot work now, and that is not this job's fault: the attempt does not count.
    Wait {
        /// How long at least, in milliseconds.
        after_ms: u64,
    },
    /// It will never work.
    Permanent {
        /// A stable code.
        code: &'static str,
        /// What a person can do about it.
        message: String,
    },
    /// Another worker has it, or it was cancelled: nothing is to be done.
    LeaseLost,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::from(AppError::from(error))
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::LeaseLost => Failure::LeaseLost,
            AppError::NotFound(what) => {
                Failure::Permanent { code: "not_found", message: format!("The {what} is gone.") }
            }
            AppError::Unavailable(error) | AppError::TimedOut(error) => Failure::Retry { error, after_ms: None },
            AppError::Upstream { detail, retry_after: Some(_), .. } => Failure::Retry { error: detail, after_ms: None },
            AppError::Upstream { detail, .. } => Failure::Permanent { code: "upstream_refused", message: detail },
            other => {
                tracing::error!(error = %other, "a job failed");
                Failure::Retry { error: "something went wrong inside the desk".into(), after_ms: None }
            }
        }
    }
}

/// Does a job. On success the job was finished in the transaction of its effect.
///
/// # Errors
/// Why it is not done.
pub async fn run(app: &App, job: &Job) -> Result<(), Failure> {
    match job.kind.as_str() {
        assignment::JOB => assignment::run(app, job).await,
        copilot::JOB => copilot::run(app, job).await,
        WRAP_UP => wrap_up(app, job).await,
        PRICE => fetch_price(app, job).await,
        RECORDING => fetch_recording(app, job).await,
        roll_up::HOURS | roll_up::CUSTOMERS => roll_up::run(app, job).await,
        sla::SCAN => sla::scan(app, job).await,
        sla::REFRESH => sla::refresh(app, job).await,
        _ => Err(Failure::Permanent { code: "unknown_job", message: "This version does not know this job.".into() }),
    }
}

/// Gives a job up for good: what it was for ends in an error that a person can read, in the same transaction.
///
/// # Errors
/// [`AppError::LeaseLost`] when somebody else has it by now.
pub async fn give_up(app: &App, job: &Job, code: &'static str, message: &str) -> Result<(), AppError> {
    let (app, job, message) = (app.clone(), job.clone(), message.to_owned());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                if job.kind == copilot::JOB {
                    copilot::give_up(&app, tx, &job, code, &message).await?;
                }
                let now = app.clock.now();
                Ok(patchcord_store::unscoped::jobs::give_up(tx, &job, &message, now).await?)
            })
        })
        .await
}
