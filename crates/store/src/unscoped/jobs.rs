//! The worker's side of the job table: claim under a lease, keep it, finish behind the fence.

use patchcord_domain::id::WorkspaceId;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};

use crate::rows::Job;
use crate::{Reader, StoreError, Tx};

const COLUMNS: &str = "id, workspace_id, kind, payload, priority, run_at, state, attempts, max_attempts, lease_token, \
    lease_until, dedup_key, last_error, created_at, updated_at";

impl Job {
    /// The workspace that the job belongs to.
    pub fn workspace(&self) -> WorkspaceId {
        WorkspaceId::new(self.workspace_id.as_str())
    }
}

fn statement(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

/// The priorities of jobs that are ready, due or not, the highest first. Each is one look into the index, however many jobs wait.
const LEVELS: &str = "WITH RECURSIVE levels (priority) AS (SELECT MAX(priority) FROM jobs WHERE state = 'READY' \
    UNION ALL SELECT (SELECT MAX(j.priority) FROM jobs j WHERE j.state = 'READY' AND j.priority < levels.priority) \
    FROM levels WHERE levels.priority IS NOT NULL) \
    SELECT priority FROM levels WHERE priority IS NOT NULL ORDER BY priority DESC LIMIT 50";

#[derive(FromQueryResult)]
struct Level {
    priority: i64,
}

/// Takes the most urgent jobs that are due, at most `limit`, under a lease. Any number of workers may do so at once.
///
/// Each priority is looked at by itself: the index has the jobs of one in the order in which they are due, so that thousands which
/// are due tomorrow cost nothing.
pub async fn claim(tx: &Tx, lease_token: &str, now: i64, lease_until: i64, limit: u64) -> Result<Vec<Job>, StoreError> {
    let levels = Level::find_by_statement(statement(tx, LEVELS, [])).all(tx).await?;
    if levels.is_empty() {
        return Ok(Vec::new());
    }
    let skip = if tx.get_database_backend() == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let due = (0..levels.len()).map(|level| {
        format!(
            "SELECT id, priority, run_at FROM (SELECT id, priority, run_at FROM jobs WHERE state = 'READY' \
             AND priority = ${} AND run_at <= $3 ORDER BY run_at, id LIMIT $4 {skip}) AS level",
            level + 5
        )
    });
    // Materialized: a subquery that PostgreSQL runs once for each row of a join would pass over its own locked rows, and take
    // more than `limit`.
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id FROM ({}) AS levels ORDER BY priority DESC, run_at, id LIMIT $4) \
         UPDATE jobs SET state = 'RUNNING', attempts = attempts + 1, lease_token = $1, lease_until = $2, updated_at = $3 \
         WHERE id IN (SELECT id FROM due) RETURNING {COLUMNS}",
        due.collect::<Vec<_>>().join(" UNION ALL ")
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [lease_token.into(), lease_until.into(), now.into(), limit.into()];
    let levels = levels.into_iter().map(|level| level.priority.into());
    let statement = statement(tx, &sql, values.into_iter().chain(levels));
    let mut jobs = Job::find_by_statement(statement).all(tx).await?;
    jobs.sort_by(|a, b| b.priority.cmp(&a.priority).then(a.run_at.cmp(&b.run_at)).then(a.id.cmp(&b.id)));
    Ok(jobs)
}

/// Gives jobs whose worker has vanished back to the queue; says how many.
pub async fn rescue(tx: &Tx, now: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE jobs SET state = 'READY', lease_token = NULL, lease_until = NULL, run_at = $1, updated_at = $1, \
         last_error = 'the worker vanished' WHERE state = 'RUNNING' AND lease_until < $1";
    Ok(tx.execute_raw(statement(tx, sql, [now.into()])).await?.rows_affected())
}

/// Keeps a lease alive; says whether it was still held.
pub async fn extend(tx: &Tx, job: &Job, lease_until: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND state = 'RUNNING'";
    let values = [job.id.as_str().into(), job.lease_token.clone().into(), lease_until.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Ends a job in the transaction of its effect. This is the fence: a worker whose lease was taken over, or whose job was
/// cancelled, gets [`StoreError::LeaseLost`], and with it everything else of the transaction is rolled back.
pub async fn finish(tx: &Tx, job: &Job, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = 'DONE', lease_token = NULL, lease_until = NULL, updated_at = $3 \
         WHERE id = $1 AND lease_token = $2 AND state = 'RUNNING'";
    fenced(tx, job, statement(tx, sql, [job.id.as_str().into(), job.lease_token.clone().into(), now.into()])).await
}

/// Gives a job up for good, behind the same fence.
pub async fn give_up(tx: &Tx, job: &Job, error: &str, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = 'DEAD', lease_token = NULL, lease_until = NULL, last_error = $4, updated_at = $3 \
         WHERE id = $1 AND lease_token = $2 AND state = 'RUNNING'";
    let values = [job.id.as_str().into(), job.lease_token.clone().into(), now.into(), error.into()];
    fenced(tx, job, statement(tx, sql, values)).await
}

/// Puts a job back to be tried again, behind the same fence. `counts` says whether the attempt counts.
pub async fn put_back(
    tx: &Tx,
    job: &Job,
    error: Option<&str>,
    run_at: i64,
    counts: bool,
    now: i64,
) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = 'READY', lease_token = NULL, lease_until = NULL, run_at = $3, \
         last_error = COALESCE($4, last_error), attempts = attempts - $5, updated_at = $6 \
         WHERE id = $1 AND lease_token = $2 AND state = 'RUNNING'";
    let values = [
        job.id.as_str().into(),
        job.lease_token.clone().into(),
        run_at.into(),
        error.into(),
        i64::from(!counts).into(),
        now.into(),
    ];
    fenced(tx, job, statement(tx, sql, values)).await
}

async fn fenced(tx: &Tx, job: &Job, statement: Statement) -> Result<(), StoreError> {
    match tx.execute_raw(statement).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::LeaseLost(job.id.clone())),
    }
}

/// When the first lease ends; `None` when no job is being worked on.
pub async fn oldest_lease(reader: &Reader) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MIN(lease_until) AS at FROM jobs WHERE state = 'RUNNING'";
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
    Ok(row.map(|row| row.try_get("", "at")).transpose()?.flatten())
}

/// How many jobs wait and how many are being worked on.
pub async fn depth(reader: &Reader) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM jobs WHERE state = 'READY') AS ready, \
         (SELECT COUNT(*) FROM jobs WHERE state = 'RUNNING') AS running";
    let row = reader.query_one_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| StoreError::Internal("a count gave no row".into()))?;
    Ok((row.try_get("", "ready")?, row.try_get("", "running")?))
}

/// A job by its id, for tests and `doctor`.
pub async fn by_id(reader: &Reader, id: &str) -> Result<Option<Job>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = $1");
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, [id.into()]);
    Ok(Job::find_by_statement(statement).one(reader).await?)
}
