//! Work that recurs: one job row per workspace and kind, which begins again and again.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{Reader, StoreError, Tx};

/// Most rows that one call looks at.
const MOST: i64 = 1_000;

/// Workspaces that have no job yet whose key is `prefix` and their id, at most 1,000.
pub async fn without(reader: &Reader, prefix: &str) -> Result<Vec<String>, StoreError> {
    // A subquery for each row, not a join: there are few workspaces and many jobs.
    let sql = "SELECT w.id FROM workspaces w \
         WHERE (SELECT j.id FROM jobs j WHERE j.dedup_key = $1 || w.id) IS NULL ORDER BY w.id LIMIT $2";
    let values = [prefix.into(), MOST.into()];
    let rows = reader.query_all_raw(Statement::from_sql_and_values(reader.get_database_backend(), sql, values)).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

/// Whether a job of this kind has ended that was due before this moment.
pub async fn any_due(reader: &Reader, kind: &str, before: i64) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM jobs WHERE kind = $1 AND state IN ('DONE', 'DEAD') AND run_at < $2 LIMIT 1";
    let values = [kind.into(), before.into()];
    let row = reader.query_one_raw(Statement::from_sql_and_values(reader.get_database_backend(), sql, values)).await?;
    Ok(row.is_some())
}

/// Gives the jobs of this kind that have ended and were due before this moment back to the queue, as if they were new, at
/// most 1,000; says how many. One that is worked on is left alone, so that a kind never runs twice at once for a workspace.
pub async fn begin_again(tx: &Tx, kind: &str, before: i64, now: i64) -> Result<u64, StoreError> {
    let backend = tx.get_database_backend();
    let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id FROM jobs WHERE kind = $1 AND state IN ('DONE', 'DEAD') AND run_at < $2 \
         LIMIT $4 {skip}) \
         UPDATE jobs SET state = 'READY', attempts = 0, run_at = $2, updated_at = $3 WHERE id IN (SELECT id FROM due)"
    );
    let values = [kind.into(), before.into(), now.into(), MOST.into()];
    let begun = tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?.rows_affected();
    if begun > 0 {
        tx.wrote().jobs.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    Ok(begun)
}
