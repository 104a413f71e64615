//! Webhooks of all workspaces: how far the outbox was read for them, which deliveries are due, and what became of them.

use patchcord_domain::id::WorkspaceId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value,
};

use crate::entities::webhook_endpoints;
use crate::rows::{WebhookDelivery, WebhookEndpoint};
use crate::unscoped::events::Position;
use crate::{Reader, StoreError, Tx};

/// Most endpoints that are looked at, of all workspaces.
const ENDPOINTS_MAX: u64 = 10_000;
/// Deliveries of one endpoint that are looked through for some whose turn it is.
const LOOKED_THROUGH: i64 = 1_000;

const DELIVERY: &str = "workspace_id, id, endpoint_id, event_id, event_type, subject_id, audit_seq, seq, state, attempts, \
    next_attempt_at, first_tried_at, last_tried_at, delivered_at, lease_token, lease_until, request_body, \
    response_status, response_body, duration_ms, last_error, created_at";

fn statement<C: ConnectionTrait>(connection: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

impl WebhookDelivery {
    /// The workspace that the delivery belongs to.
    pub fn workspace(&self) -> WorkspaceId {
        WorkspaceId::new(self.workspace_id.as_str())
    }
}

/// How far the outbox was turned into deliveries.
pub async fn cursor(reader: &Reader) -> Result<Position, StoreError> {
    let sql = "SELECT xid, seq FROM webhook_cursor WHERE id = 'outbox'";
    let row = reader.query_one_raw(statement(reader, sql, [])).await?;
    let Some(row) = row else { return Ok(Position::default()) };
    Ok(Position { xid: row.try_get("", "xid")?, seq: row.try_get("", "seq")? })
}

/// Moves the cursor, unless somebody else did so meanwhile: then `false`, and the caller's deliveries must not be made.
pub async fn advance(tx: &Tx, from: Position, to: Position) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook_cursor SET xid = $3, seq = $4 WHERE id = 'outbox' AND xid = $1 AND seq = $2";
    let values = [from.xid.into(), from.seq.into(), to.xid.into(), to.seq.into()];
    Ok(tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() == 1)
}

/// Every endpoint that gets events, of all workspaces.
pub async fn enabled(reader: &Reader) -> Result<Vec<WebhookEndpoint>, StoreError> {
    Ok(webhook_endpoints::Entity::find()
        .filter(webhook_endpoints::Column::DisabledAt.is_null())
        .filter(webhook_endpoints::Column::DeletedAt.is_null())
        .limit(ENDPOINTS_MAX)
        .all(reader)
        .await?)
}

/// An endpoint with deliveries that are due.
#[derive(Debug, Clone, PartialEq, Eq, Hash, FromQueryResult)]
pub struct Due {
    /// The tenant.
    pub workspace_id: String,
    /// The endpoint.
    pub id: String,
}

/// The endpoints that have something due.
pub async fn due(reader: &Reader, now: i64) -> Result<Vec<Due>, StoreError> {
    let sql = "SELECT e.workspace_id, e.id FROM webhook_endpoints e WHERE e.disabled_at IS NULL AND e.deleted_at IS NULL \
         AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.workspace_id = e.workspace_id AND d.endpoint_id = e.id \
         AND d.state = 'PENDING' AND d.next_attempt_at <= $1) LIMIT $2";
    let limit = i64::try_from(ENDPOINTS_MAX).unwrap_or(i64::MAX);
    Ok(Due::find_by_statement(statement(reader, sql, [now.into(), limit.into()])).all(reader).await?)
}

/// How a claim is made.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'c> {
    /// Of this endpoint.
    pub endpoint: &'c Due,
    /// Proves that the claim is held.
    pub lease_token: &'c str,
    /// Now.
    pub now: i64,
    /// Until then nobody else takes them.
    pub lease_until: i64,
    /// At most so many.
    pub limit: i64,
}

/// Takes deliveries of an endpoint whose turn it is, under a lease. The first try of a delivery waits until the first tries
/// of all earlier ones of the same subject have ended, well or badly; further tries wait for nothing but their time.
pub async fn claim(tx: &Tx, claim: Claim<'_>) -> Result<Vec<WebhookDelivery>, StoreError> {
    // Materialized: as in the claim of jobs.
    let skip = if tx.get_database_backend() == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "WITH near AS MATERIALIZED (SELECT workspace_id, endpoint_id, id, subject_id, seq, next_attempt_at, first_tried_at \
         FROM webhook_deliveries WHERE workspace_id = $1 AND endpoint_id = $2 AND state = 'PENDING' \
         AND next_attempt_at <= $4 ORDER BY next_attempt_at, seq LIMIT {LOOKED_THROUGH}), \
         turn AS MATERIALIZED (SELECT n.id, n.next_attempt_at, n.seq FROM near n WHERE n.first_tried_at IS NOT NULL OR NOT EXISTS \
         (SELECT 1 FROM webhook_deliveries p WHERE p.workspace_id = n.workspace_id AND p.endpoint_id = n.endpoint_id \
         AND p.subject_id = n.subject_id AND p.seq < n.seq AND p.state = 'PENDING' AND p.first_tried_at IS NULL) \
         ORDER BY n.next_attempt_at, n.seq LIMIT $6), \
         taken AS MATERIALIZED (SELECT d.id FROM webhook_deliveries d WHERE d.workspace_id = $1 \
         AND d.id IN (SELECT id FROM turn) AND d.state = 'PENDING' AND d.next_attempt_at <= $4 {skip}) \
         UPDATE webhook_deliveries SET lease_token = $3, lease_until = $5, next_attempt_at = $5 \
         WHERE workspace_id = $1 AND id IN (SELECT id FROM taken) RETURNING {DELIVERY}"
    );
    let Claim { endpoint, lease_token, now, lease_until, limit } = claim;
    let values = [
        endpoint.workspace_id.as_str().into(),
        endpoint.id.as_str().into(),
        lease_token.into(),
        now.into(),
        lease_until.into(),
        limit.into(),
    ];
    let mut taken = WebhookDelivery::find_by_statement(statement(tx, &sql, values)).all(tx).await?;
    taken.sort_by_key(|delivery| delivery.seq);
    Ok(taken)
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When it ended.
    pub at: i64,
    /// How long it took.
    pub duration_ms: i64,
    /// The status, when there was an answer.
    pub response_status: Option<i64>,
    /// The beginning of the answer.
    pub response_body: Option<String>,
    /// Why it failed; none when it arrived.
    pub error: Option<String>,
    /// When it is tried again; none when it arrived or is given up.
    pub next_attempt_at: Option<i64>,
}

/// Writes what a try came to, behind the fence of the lease: who lost it gets [`StoreError::LeaseLost`], and nothing of the
/// transaction is kept.
pub async fn settle(tx: &Tx, delivery: &WebhookDelivery, outcome: &Outcome) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_deliveries SET lease_token = NULL, lease_until = NULL, attempts = attempts + 1, state = $4, \
         first_tried_at = COALESCE(first_tried_at, $5), last_tried_at = $5, delivered_at = $6, next_attempt_at = $7, \
         response_status = $8, response_body = $9, duration_ms = $10, last_error = $11 \
         WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND state = 'PENDING'";
    let state = match (&outcome.error, outcome.next_attempt_at) {
        (None, _) => "DELIVERED",
        (Some(_), Some(_)) => "PENDING",
        (Some(_), None) => "FAILED",
    };
    let values = [
        delivery.workspace_id.as_str().into(),
        delivery.id.as_str().into(),
        delivery.lease_token.clone().into(),
        state.into(),
        outcome.at.into(),
        outcome.error.is_none().then_some(outcome.at).into(),
        outcome.next_attempt_at.into(),
        outcome.response_status.into(),
        outcome.response_body.clone().into(),
        outcome.duration_ms.into(),
        outcome.error.clone().into(),
    ];
    match tx.execute_raw(statement(tx, sql, values)).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::LeaseLost(delivery.id.clone())),
    }
}

/// Gives deliveries back that were claimed and not tried.
pub async fn give_back(tx: &Tx, delivery: &WebhookDelivery, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_deliveries SET lease_token = NULL, lease_until = NULL, next_attempt_at = $4 \
         WHERE workspace_id = $1 AND id = $2 AND lease_token = $3 AND state = 'PENDING'";
    let values = [
        delivery.workspace_id.as_str().into(),
        delivery.id.as_str().into(),
        delivery.lease_token.clone().into(),
        now.into(),
    ];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Notes at the endpoint that something arrived; to the minute, when nothing had failed.
pub async fn arrived(tx: &Tx, workspace_id: &str, endpoint_id: &str, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_endpoints SET failure_count = 0, failing_since = NULL, last_success_at = $3 \
         WHERE workspace_id = $1 AND id = $2 AND (failure_count > 0 OR failing_since IS NOT NULL \
         OR last_success_at IS NULL OR last_success_at <= $3 - 60000)";
    tx.execute_raw(statement(tx, sql, [workspace_id.into(), endpoint_id.into(), at.into()])).await?;
    Ok(())
}

/// Notes at the endpoint that a try failed; says since when nothing but failures happened.
pub async fn failed(tx: &Tx, workspace_id: &str, endpoint_id: &str, at: i64) -> Result<Option<i64>, StoreError> {
    let sql = "UPDATE webhook_endpoints SET failure_count = failure_count + 1, \
         failing_since = COALESCE(failing_since, $3) WHERE workspace_id = $1 AND id = $2 RETURNING failing_since";
    let row = tx.query_one_raw(statement(tx, sql, [workspace_id.into(), endpoint_id.into(), at.into()])).await?;
    Ok(row.map(|row| row.try_get("", "failing_since")).transpose()?.flatten())
}

/// Takes out a bite of the deliveries of deleted endpoints, and endpoints that have none any more; says how many rows went.
pub(crate) async fn sweep(tx: &Tx, bite: i64) -> Result<u64, StoreError> {
    let sql = "SELECT workspace_id, id FROM webhook_endpoints WHERE deleted_at IS NOT NULL LIMIT 10";
    let deleted = Due::find_by_statement(statement(tx, sql, [])).all(tx).await?;
    let mut gone = 0;
    for endpoint in deleted {
        let names = || [endpoint.workspace_id.as_str().into(), endpoint.id.as_str().into()];
        let sql = "DELETE FROM webhook_deliveries WHERE workspace_id = $1 AND endpoint_id = $2 AND id IN (SELECT id \
             FROM webhook_deliveries WHERE workspace_id = $1 AND endpoint_id = $2 LIMIT $3)";
        let values = names().into_iter().chain([bite.into()]);
        let deliveries = tx.execute_raw(statement(tx, sql, values)).await?.rows_affected();
        gone += deliveries;
        if deliveries == 0 {
            let sql = "DELETE FROM webhook_endpoints WHERE workspace_id = $1 AND id = $2";
            gone += tx.execute_raw(statement(tx, sql, names())).await?.rows_affected();
        }
    }
    Ok(gone)
}

/// Workspaces whose endpoint of the operator is missing, or goes elsewhere, at most 1,000.
pub async fn without_managed(reader: &Reader, url: &str) -> Result<Vec<WorkspaceId>, StoreError> {
    let sql = "SELECT w.id FROM workspaces w WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints e \
         WHERE e.workspace_id = w.id AND e.is_managed AND e.deleted_at IS NULL AND e.url = $1) LIMIT 1000";
    let rows = reader.query_all_raw(statement(reader, sql, [url.into()])).await?;
    rows.into_iter().map(|row| Ok(WorkspaceId::new(row.try_get::<String>("", "id")?))).collect()
}

/// The operator's endpoints of all workspaces.
pub async fn managed(reader: &Reader) -> Result<Vec<WebhookEndpoint>, StoreError> {
    Ok(webhook_endpoints::Entity::find()
        // As in the partial index, and not as a comparison.
        .filter(Expr::cust("is_managed"))
        .filter(webhook_endpoints::Column::DeletedAt.is_null())
        .limit(ENDPOINTS_MAX)
        .all(reader)
        .await?)
}
