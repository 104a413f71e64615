//! Enqueuing work in the same transaction as the change that causes it. What the worker does is in [`crate::unscoped::jobs`].

use std::sync::atomic::Ordering;

use sea_orm::ConnectionTrait;
use serde_json::Value as Json;

use crate::{StoreError, Tenant, Tx};

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// Id of the new job.
    pub id: String,
    /// What kind of work; chooses the handler.
    pub kind: &'a str,
    /// What the handler needs.
    pub payload: Json,
    /// The highest goes first.
    pub priority: i64,
    /// Not before this moment, in unix milliseconds.
    pub run_at: i64,
    /// After so many attempts the job is given up.
    pub max_attempts: i64,
    /// While a job with this key exists, another one is not added.
    pub dedup_key: Option<String>,
    /// Now, in unix milliseconds.
    pub at: i64,
}

/// Adds a job; says whether it was added, which it is not when its key is taken. Workers are told after the commit.
pub async fn enqueue(tenant: Tenant<'_, Tx>, job: NewJob<'_>) -> Result<bool, StoreError> {
    let insert = tenant.statement(
        "INSERT INTO jobs (workspace_id, id, kind, payload, priority, run_at, state, max_attempts, dedup_key, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'READY', $7, $8, $9, $9) \
         ON CONFLICT (dedup_key) DO NOTHING",
        [
            job.id.into(),
            job.kind.into(),
            job.payload.into(),
            job.priority.into(),
            job.run_at.into(),
            job.max_attempts.into(),
            job.dedup_key.into(),
            job.at.into(),
        ],
    );
    let added = tenant.connection.execute_raw(insert).await?.rows_affected() == 1;
    if added {
        tenant.connection.wrote().jobs.store(true, Ordering::Relaxed);
    }
    Ok(added)
}

/// Adds a job like [`enqueue`], or gives the one with its key back to the queue when that has ended and was due before this
/// one is. Without a key it is [`enqueue`].
pub async fn enqueue_again(tenant: Tenant<'_, Tx>, job: NewJob<'_>) -> Result<bool, StoreError> {
    let insert = tenant.statement(
        "INSERT INTO jobs (workspace_id, id, kind, payload, priority, run_at, state, max_attempts, dedup_key, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, 'READY', $7, $8, $9, $9) \
         ON CONFLICT (dedup_key) DO UPDATE SET state = 'READY', attempts = 0, run_at = excluded.run_at, \
         updated_at = excluded.updated_at \
         WHERE jobs.state IN ('DONE', 'DEAD') AND jobs.run_at < excluded.run_at",
        [
            job.id.into(),
            job.kind.into(),
            job.payload.into(),
            job.priority.into(),
            job.run_at.into(),
            job.max_attempts.into(),
            job.dedup_key.into(),
            job.at.into(),
        ],
    );
    let added = tenant.connection.execute_raw(insert).await?.rows_affected() == 1;
    if added {
        tenant.connection.wrote().jobs.store(true, Ordering::Relaxed);
    }
    Ok(added)
}

/// Takes a job away from whoever holds it, so that its result can no longer be written; says whether it was still open.
pub async fn withdraw(tenant: Tenant<'_, Tx>, dedup_key: &str, reason: &str, at: i64) -> Result<bool, StoreError> {
    let update = tenant.statement(
        "UPDATE jobs SET state = 'DEAD', lease_token = NULL, lease_until = NULL, last_error = $3, updated_at = $4 \
         WHERE workspace_id = $1 AND dedup_key = $2 AND state IN ('READY', 'RUNNING')",
        [dedup_key.into(), reason.into(), at.into()],
    );
    Ok(tenant.connection.execute_raw(update).await?.rows_affected() == 1)
}
