//! Endpoints of webhooks and their deliveries, of one workspace. Sending them is unscoped: see [`crate::unscoped::webhooks`].

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};

use crate::entities::{webhook_deliveries, webhook_endpoints};
use crate::rows::{WebhookDelivery, WebhookEndpoint};
use crate::{StoreError, Tenant, Tx};

/// The endpoints that were not deleted, oldest first, at most `limit`.
pub async fn endpoints<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    limit: u64,
    offset: u64,
) -> Result<Vec<WebhookEndpoint>, StoreError> {
    Ok(tenant
        .find::<webhook_endpoints::Entity>()
        .filter(webhook_endpoints::Column::DeletedAt.is_null())
        .order_by_asc(webhook_endpoints::Column::CreatedAt)
        .order_by_asc(webhook_endpoints::Column::Id)
        .limit(limit)
        .offset(offset)
        .all(tenant.connection)
        .await?)
}

/// How many endpoints there are that were not deleted.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<u64, StoreError> {
    Ok(tenant
        .find::<webhook_endpoints::Entity>()
        .filter(webhook_endpoints::Column::DeletedAt.is_null())
        .count(tenant.connection)
        .await?)
}

/// Which deliveries of an endpoint, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The endpoint.
    pub endpoint_id: String,
    /// Any of these; empty means all.
    pub states: Vec<&'static str>,
    /// The row after which the page begins: its time and id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// One line of the list of deliveries: all but the bodies.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub endpoint_id: String,
    pub event_id: String,
    pub event_type: String,
    pub seq: i64,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Option<i64>,
    pub last_tried_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub response_status: Option<i64>,
    pub duration_ms: Option<i64>,
    pub last_error: Option<String>,
    pub created_at: i64,
}

impl From<&WebhookDelivery> for Line {
    fn from(row: &WebhookDelivery) -> Self {
        Self {
            id: row.id.clone(),
            endpoint_id: row.endpoint_id.clone(),
            event_id: row.event_id.clone(),
            event_type: row.event_type.clone(),
            seq: row.seq,
            state: row.state.clone(),
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_tried_at: row.last_tried_at,
            delivered_at: row.delivered_at,
            response_status: row.response_status,
            duration_ms: row.duration_ms,
            last_error: row.last_error.clone(),
            created_at: row.created_at,
        }
    }
}

/// The page of deliveries.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    use webhook_deliveries::Column;
    let mut select = filtered(tenant, query);
    if let Some((at, id)) = &query.after {
        let same_time = Condition::all().add(Column::CreatedAt.eq(*at)).add(Column::Id.lt(id.as_str()));
        select = select
            .filter(Column::CreatedAt.lte(*at))
            .filter(Condition::any().add(Column::CreatedAt.lt(*at)).add(same_time));
    }
    Ok(select
        .select_only()
        .columns([
            Column::Id,
            Column::EndpointId,
            Column::EventId,
            Column::EventType,
            Column::Seq,
            Column::State,
            Column::Attempts,
            Column::NextAttemptAt,
            Column::LastTriedAt,
            Column::DeliveredAt,
            Column::ResponseStatus,
            Column::DurationMs,
            Column::LastError,
            Column::CreatedAt,
        ])
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(query.limit)
        .offset(query.offset)
        .into_model::<Line>()
        .all(tenant.connection)
        .await?)
}

/// How many deliveries fit, whatever the page.
pub async fn count_deliveries<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<u64, StoreError> {
    Ok(filtered(tenant, query).count(tenant.connection).await?)
}

fn filtered<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> sea_orm::Select<webhook_deliveries::Entity> {
    use webhook_deliveries::Column;
    let select = tenant.find::<webhook_deliveries::Entity>().filter(Column::EndpointId.eq(query.endpoint_id.as_str()));
    if query.states.is_empty() { select } else { select.filter(Column::State.is_in(query.states.iter().copied())) }
}

/// Gives an endpoint the next `count` numbers, unless it was disabled or deleted; says which one was the last before.
pub async fn reserve(tenant: Tenant<'_, Tx>, endpoint_id: &str, count: i64) -> Result<Option<i64>, StoreError> {
    let sql = "UPDATE webhook_endpoints SET last_seq = last_seq + $3 WHERE workspace_id = $1 AND id = $2 \
         AND disabled_at IS NULL AND deleted_at IS NULL RETURNING last_seq - $3 AS before";
    let statement = tenant.statement(sql, [endpoint_id.into(), count.into()]);
    let row = tenant.connection.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "before")).transpose()?)
}

/// What became of the deliveries of a ticket's events.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    /// Length of the ticket's audit trail when the event was recorded: the event tells of the lines up to this one.
    pub audit_seq: i64,
    /// Deliveries of the event.
    pub deliveries: i64,
    /// Those of them that arrived.
    pub delivered: i64,
    /// When the last one arrived.
    pub delivered_at: Option<i64>,
    /// Tries, of all of them.
    pub attempts: i64,
    /// Why one of those that did not arrive failed.
    pub last_error: Option<String>,
}

/// The deliveries of the events of some tickets, summed up by event, at most 1,000 of the newest, oldest first.
pub async fn told<C: ConnectionTrait>(tenant: Tenant<'_, C>, ticket_id: &str) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT audit_seq, COUNT(*) AS deliveries, COUNT(delivered_at) AS delivered, \
         MAX(delivered_at) AS delivered_at, CAST(SUM(attempts) AS BIGINT) AS attempts, \
         MAX(CASE WHEN delivered_at IS NULL THEN last_error END) AS last_error \
         FROM webhook_deliveries WHERE workspace_id = $1 AND subject_id = $2 AND audit_seq IS NOT NULL \
         GROUP BY audit_seq ORDER BY audit_seq DESC LIMIT 1000";
    let statement = tenant.statement(sql, [Value::from(ticket_id)]);
    let mut told = Told::find_by_statement(statement).all(tenant.connection).await?;
    told.reverse();
    Ok(told)
}

/// What waits to be told, and to whom that is not possible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Backlog {
    /// Deliveries that are not decided, counted up to [`BACKLOG_COUNTED`].
    pub pending: i64,
    /// Of those, the ones whose time has come.
    pub due: i64,
    /// Since when the one of those has waited that waits longest.
    pub due_since: Option<i64>,
    /// Endpoints whose newest deliveries fail.
    pub failing: i64,
    /// Endpoints that are told nothing any more, because they failed for days or said that they are gone.
    pub disabled: i64,
}

/// More deliveries that wait are as good as so many.
pub const BACKLOG_COUNTED: i64 = 10_000;

/// What waits to be told.
pub async fn backlog<C: ConnectionTrait>(tenant: Tenant<'_, C>, now: i64) -> Result<Backlog, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) AS pending, CAST(COALESCE(SUM(CASE WHEN next_attempt_at <= $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS due, \
         MIN(CASE WHEN next_attempt_at <= $2 THEN next_attempt_at END) AS due_since, \
         (SELECT COUNT(*) FROM webhook_endpoints WHERE workspace_id = $1 AND deleted_at IS NULL AND disabled_at IS NULL \
          AND failing_since IS NOT NULL) AS failing, \
         (SELECT COUNT(*) FROM webhook_endpoints WHERE workspace_id = $1 AND deleted_at IS NULL \
          AND disabled_reason IN ('GONE', 'FAILING')) AS disabled \
         FROM (SELECT next_attempt_at FROM webhook_deliveries WHERE workspace_id = $1 AND state = 'PENDING' \
         LIMIT {BACKLOG_COUNTED}) AS waiting"
    );
    let found = Backlog::find_by_statement(tenant.statement(&sql, [now.into()])).one(tenant.connection).await?;
    Ok(found.unwrap_or_default())
}

/// Adds deliveries to this workspace, whatever workspace the rows name.
pub async fn add_deliveries(tenant: Tenant<'_, Tx>, rows: Vec<WebhookDelivery>) -> Result<(), StoreError> {
    // A statement has a bounded number of values on both engines.
    for chunk in rows.chunks(100) {
        let rows = chunk.iter().cloned().map(|row| {
            let row = WebhookDelivery { workspace_id: tenant.workspace_id().as_str().to_owned(), ..row };
            row.into_active_model().reset_all()
        });
        webhook_deliveries::Entity::insert_many(rows).exec_without_returning(tenant.connection).await?;
    }
    Ok(())
}
