//! Copilot suggestions, conversations, cached answers and what they cost.

use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use crate::entities::{ai_cache, ai_conversations, ai_suggestions, ai_usage_logs};
use crate::rows::{Conversation, Suggestion, UsageLog};
use crate::{StoreError, Tenant, Tx};

/// The suggestions of a ticket, newest first, at most 100.
pub async fn of_ticket<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Vec<Suggestion>, StoreError> {
    Ok(tenant
        .find::<ai_suggestions::Entity>()
        .filter(ai_suggestions::Column::TicketId.eq(ticket_id))
        .order_by_desc(ai_suggestions::Column::CreatedAt)
        .order_by_desc(ai_suggestions::Column::Id)
        .limit(100)
        .all(tenant.connection)
        .await?)
}

/// How many of the newest suggestions are looked through for those that people have judged.
pub const JUDGED_WITHIN: u64 = 5_000;

/// The suggestions with a result that people have judged, among the newest [`JUDGED_WITHIN`]; newest first, at most `limit`.
pub async fn judged<C: ConnectionTrait>(tenant: Tenant<'_, C>, limit: u64) -> Result<Vec<Suggestion>, StoreError> {
    let oldest: Option<i64> = tenant
        .find::<ai_suggestions::Entity>()
        .select_only()
        .column(ai_suggestions::Column::CreatedAt)
        .order_by_desc(ai_suggestions::Column::CreatedAt)
        .offset(JUDGED_WITHIN - 1)
        .limit(1)
        .into_tuple()
        .one(tenant.connection)
        .await?;
    Ok(tenant
        .find::<ai_suggestions::Entity>()
        .filter(ai_suggestions::Column::CreatedAt.gte(oldest.unwrap_or(0)))
        .filter(ai_suggestions::Column::Feedback.is_not_null())
        .filter(ai_suggestions::Column::State.eq("success"))
        .order_by_desc(ai_suggestions::Column::CreatedAt)
        .order_by_desc(ai_suggestions::Column::Id)
        .limit(limit)
        .all(tenant.connection)
        .await?)
}

/// Marks a suggestion as being worked on; says whether it was not final yet.
pub async fn start(tenant: Tenant<'_, Tx>, id: &str, at: i64) -> Result<bool, StoreError> {
    let started = tenant
        .update::<ai_suggestions::Entity>()
        .col_expr(ai_suggestions::Column::State, Expr::value("running"))
        .col_expr(
            ai_suggestions::Column::StartedAt,
            Func::coalesce([Expr::col(ai_suggestions::Column::StartedAt), Expr::value(at)]).into(),
        )
        .col_expr(ai_suggestions::Column::Attempts, ExprTrait::add(Expr::col(ai_suggestions::Column::Attempts), 1))
        .col_expr(ai_suggestions::Column::UpdatedAt, Expr::value(at))
        .filter(ai_suggestions::Column::Id.eq(id))
        .filter(ai_suggestions::Column::State.is_in(["queued", "running"]))
        .exec(tenant.connection)
        .await?;
    Ok(started.rows_affected == 1)
}

/// What a user and the copilot said about a ticket.
pub async fn conversation<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    user_id: &str,
) -> Result<Option<Conversation>, StoreError> {
    Ok(tenant
        .find::<ai_conversations::Entity>()
        .filter(ai_conversations::Column::TicketId.eq(ticket_id))
        .filter(ai_conversations::Column::UserId.eq(user_id))
        .one(tenant.connection)
        .await?)
}

/// The conversation, locked until the end of the transaction: an empty one is made first where there is none, so that two
/// answers that arrive together are both kept.
pub async fn lock_conversation(
    tenant: Tenant<'_, Tx>,
    new_id: &str,
    ticket_id: &str,
    user_id: &str,
    at: i64,
) -> Result<Conversation, StoreError> {
    let insert = tenant.statement(
        "INSERT INTO ai_conversations (workspace_id, id, ticket_id, user_id, messages, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (workspace_id, ticket_id, user_id) DO NOTHING",
        [new_id.into(), ticket_id.into(), user_id.into(), Json::Array(Vec::new()).into(), at.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    let mut select = tenant
        .find::<ai_conversations::Entity>()
        .filter(ai_conversations::Column::TicketId.eq(ticket_id))
        .filter(ai_conversations::Column::UserId.eq(user_id));
    if tenant.connection.get_database_backend() == sea_orm::DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    let found = select.one(tenant.connection).await?;
    found.ok_or_else(|| StoreError::Internal("a conversation vanished while it was locked".into()))
}

/// Forgets a conversation.
pub async fn forget_conversation(tenant: Tenant<'_, Tx>, ticket_id: &str, user_id: &str) -> Result<(), StoreError> {
    let delete = tenant.statement(
        "DELETE FROM ai_conversations WHERE workspace_id = $1 AND ticket_id = $2 AND user_id = $3",
        [ticket_id.into(), user_id.into()],
    );
    tenant.connection.execute_raw(delete).await?;
    Ok(())
}

/// An answer that was given to the same question before.
pub async fn cached<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    key: &str,
    now: i64,
) -> Result<Option<Json>, StoreError> {
    Ok(ai_cache::Entity::find()
        .filter(ai_cache::Column::WorkspaceId.eq(tenant.workspace_id().as_str()))
        .filter(ai_cache::Column::Key.eq(key))
        .filter(ai_cache::Column::ExpiresAt.gt(now))
        .one(tenant.connection)
        .await?
        .map(|row| row.value))
}

/// Keeps an answer for the same question.
pub async fn cache(tenant: Tenant<'_, Tx>, key: &str, value: Json, expires_at: i64) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO ai_cache (workspace_id, key, value, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (workspace_id, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        [key.into(), value.into(), expires_at.into()],
    );
    tenant.connection.later(insert).await
}

/// What the models of this workspace have cost since a moment, in micro-dollars.
pub async fn cost_since<C: ConnectionTrait>(tenant: Tenant<'_, C>, since: i64) -> Result<i64, StoreError> {
    let statement = tenant.statement(
        "SELECT CAST(COALESCE(SUM(cost_usd), 0) AS BIGINT) AS cost FROM ai_usage_logs \
         WHERE workspace_id = $1 AND created_at >= $2",
        [since.into()],
    );
    let row = tenant.connection.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "cost")).transpose()?.unwrap_or(0))
}

/// How many tokens the models of this workspace have used since a moment.
pub async fn tokens_since<C: ConnectionTrait>(tenant: Tenant<'_, C>, since: i64) -> Result<i64, StoreError> {
    let statement = tenant.statement(
        "SELECT CAST(COALESCE(SUM(input_tokens + output_tokens + audio_input_tokens + audio_output_tokens), 0) AS BIGINT) \
         AS tokens FROM ai_usage_logs WHERE workspace_id = $1 AND created_at >= $2",
        [since.into()],
    );
    let row = tenant.connection.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get("", "tokens")).transpose()?.unwrap_or(0))
}

/// The ledger of model calls, oldest first, at most `limit` of the newest.
pub async fn usage<C: ConnectionTrait>(tenant: Tenant<'_, C>, limit: u64) -> Result<Vec<UsageLog>, StoreError> {
    let mut rows = tenant
        .find::<ai_usage_logs::Entity>()
        .order_by_desc(ai_usage_logs::Column::CreatedAt)
        .order_by_desc(ai_usage_logs::Column::Id)
        .limit(limit)
        .all(tenant.connection)
        .await?;
    rows.reverse();
    Ok(rows)
}
