//! How the nodes and their queue are. These rows belong to no workspace.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::{Reader, StoreError, Tenant, Tx};

/// How a node was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct HealthLog {
    /// Id of the line.
    pub id: String,
    /// Name of the node.
    pub node: String,
    /// Time of processors that it used, in thousandths of one processor.
    pub cpu: i64,
    /// Memory that it held, in bytes.
    pub memory: i64,
    /// Calls that it was in.
    pub active_calls: i64,
    /// Jobs that waited, of all nodes.
    pub queue_depth: i64,
    /// How long the database took to answer, in milliseconds.
    pub db_latency_ms: i64,
    /// Mean time that models took to answer since the line before, in milliseconds; none when none was asked.
    pub model_latency_ms: Option<i64>,
    /// OK or DEGRADED.
    pub status: String,
    /// When.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, node, cpu, memory, active_calls, queue_depth, db_latency_ms, model_latency_ms, status, created_at";

/// Notes how a node is.
pub async fn add(tx: &Tx, log: HealthLog) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO system_health_logs ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    let values = [
        log.id.into(),
        log.node.into(),
        log.cpu.into(),
        log.memory.into(),
        log.active_calls.into(),
        log.queue_depth.into(),
        log.db_latency_ms.into(),
        log.model_latency_ms.into(),
        log.status.into(),
        log.created_at.into(),
    ];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// The lines of all nodes since a moment, newest first, at most `limit`.
pub async fn since(reader: &Reader, at: i64, limit: u64) -> Result<Vec<HealthLog>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM system_health_logs WHERE created_at >= $1 ORDER BY created_at DESC LIMIT $2");
    let values = [at.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
    Ok(HealthLog::find_by_statement(statement).all(reader).await?)
}

/// Since when the job has waited that is due longest; none when none is due.
pub async fn waiting_since(reader: &Reader, now: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MIN(run_at) AS at FROM jobs WHERE state = 'READY' AND run_at <= $1";
    let row =
        reader.query_one_raw(Statement::from_sql_and_values(reader.get_database_backend(), sql, [now.into()])).await?;
    Ok(row.map(|row| row.try_get("", "at")).transpose()?.flatten())
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct DeadJob {
    /// Id of the job.
    pub id: String,
    /// What kind of work.
    pub kind: String,
    /// Why it was given up.
    pub last_error: Option<String>,
    /// When.
    pub updated_at: i64,
}

/// The jobs of a workspace that were given up, newest first, at most `limit`.
pub async fn dead_jobs<C: ConnectionTrait>(tenant: Tenant<'_, C>, limit: u64) -> Result<Vec<DeadJob>, StoreError> {
    let sql = "SELECT id, kind, last_error, updated_at FROM jobs WHERE workspace_id = $1 AND state = 'DEAD' \
         ORDER BY updated_at DESC LIMIT $2";
    let statement = tenant.statement(sql, [i64::try_from(limit).unwrap_or(i64::MAX).into()]);
    Ok(DeadJob::find_by_statement(statement).all(tenant.connection).await?)
}

/// How many jobs of a workspace were given up.
pub async fn dead_count<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM jobs WHERE workspace_id = $1 AND state = 'DEAD'";
    let row = tenant.connection.query_one_raw(tenant.statement(sql, [])).await?;
    Ok(row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or(0))
}
