//! What is kept of one call: its turns, stays, effects of tools, wrong codes, tokens, usage and prices.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use crate::entities::{agent_interactions, ai_usage_logs, call_turns, conversation_analyses, twilio_usage_logs};
use crate::rows::{Analysis, Call, CallTurn, CarrierUsage, Interaction, UsageLog};
use crate::{StoreError, Tenant, Tx};

/// Most lines of usage that are read of one call.
const USAGE_MAX: u64 = 1_000;
/// Most stays that are read of one call.
const INTERACTIONS_MAX: u64 = 500;

/// Most turns that are read of all calls in progress together.
const LIVE_TURNS_MAX: i64 = 4_000;

/// Turns of a call in their order, after a place in it.
pub async fn turns<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
    after: i64,
    limit: u64,
) -> Result<Vec<CallTurn>, StoreError> {
    let find = tenant.find::<call_turns::Entity>().filter(call_turns::Column::CallId.eq(call_id));
    let find = find.filter(call_turns::Column::Seq.gt(after)).order_by_asc(call_turns::Column::Seq).limit(limit);
    Ok(find.all(tenant.connection).await?)
}

/// The newest turns of a call, in their order.
pub async fn newest_turns<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
    limit: u64,
) -> Result<Vec<CallTurn>, StoreError> {
    let find = tenant.find::<call_turns::Entity>().filter(call_turns::Column::CallId.eq(call_id));
    let mut found = find.order_by_desc(call_turns::Column::Seq).limit(limit).all(tenant.connection).await?;
    found.reverse();
    Ok(found)
}

/// What was said last in each call in progress, by call and in the order of the words: at most so many turns of each.
pub async fn live_turns<C: ConnectionTrait>(tenant: Tenant<'_, C>, each: i64) -> Result<Vec<CallTurn>, StoreError> {
    let sql = format!(
        "SELECT t.workspace_id, t.id, t.call_id, t.seq, t.speaker, t.agent, t.text, t.started_ms, t.ended_ms, t.response_ms, \
         t.sentiment_score, t.interrupted, t.item_id, t.created_at FROM calls c \
         JOIN call_turns t ON t.workspace_id = c.workspace_id AND t.call_id = c.id AND t.seq > c.turn_count - {each} \
         WHERE c.workspace_id = $1 AND c.ended_at IS NULL ORDER BY t.call_id, t.seq LIMIT {LIVE_TURNS_MAX}"
    );
    Ok(CallTurn::find_by_statement(tenant.statement(&sql, [])).all(tenant.connection).await?)
}

/// The stays of a call in their order.
pub async fn interactions<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
) -> Result<Vec<Interaction>, StoreError> {
    let find = tenant.find::<agent_interactions::Entity>().filter(agent_interactions::Column::CallId.eq(call_id));
    let find = find.order_by_asc(agent_interactions::Column::Seq).limit(INTERACTIONS_MAX);
    Ok(find.all(tenant.connection).await?)
}

/// The stay that a call is in, or was in last.
pub async fn last_interaction<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
) -> Result<Option<Interaction>, StoreError> {
    let find = tenant.find::<agent_interactions::Entity>().filter(agent_interactions::Column::CallId.eq(call_id));
    Ok(find.order_by_desc(agent_interactions::Column::Seq).limit(1).one(tenant.connection).await?)
}

/// What models used for a call, oldest first.
pub async fn usage<C: ConnectionTrait>(tenant: Tenant<'_, C>, call_id: &str) -> Result<Vec<UsageLog>, StoreError> {
    let find = tenant.find::<ai_usage_logs::Entity>().filter(ai_usage_logs::Column::CallId.eq(call_id));
    let find = find.order_by_asc(ai_usage_logs::Column::CreatedAt).limit(USAGE_MAX);
    Ok(find.all(tenant.connection).await?)
}

/// What the carrier charged for a call.
pub async fn carrier_usage<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
) -> Result<Vec<CarrierUsage>, StoreError> {
    let find = tenant.find::<twilio_usage_logs::Entity>().filter(twilio_usage_logs::Column::CallId.eq(call_id));
    Ok(find.order_by_asc(twilio_usage_logs::Column::Kind).limit(USAGE_MAX).all(tenant.connection).await?)
}

/// The rendered texts of calls that have one, by their ids.
pub async fn transcripts<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ids: &[String],
) -> Result<HashMap<String, String>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let places: Vec<String> = (0..ids.len()).map(|index| format!("${}", index + 2)).collect();
    let sql = format!(
        "SELECT id, transcript FROM calls WHERE workspace_id = $1 AND transcript IS NOT NULL AND id IN ({})",
        places.join(", ")
    );
    let statement = tenant.statement(&sql, ids.iter().map(|id| id.as_str().into()));
    let rows = tenant.connection.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "transcript")?))).collect()
}

/// What was found out about a call.
pub async fn analysis<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
) -> Result<Option<Analysis>, StoreError> {
    let find = tenant.find::<conversation_analyses::Entity>();
    Ok(find.filter(conversation_analyses::Column::CallId.eq(call_id)).one(tenant.connection).await?)
}

/// What a tool did before in this call, by the tool and its arguments.
pub async fn effect<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    call_id: &str,
    key: &str,
) -> Result<Option<Json>, StoreError> {
    let select = tenant.statement(
        "SELECT result FROM call_effects WHERE workspace_id = $1 AND call_id = $2 AND key = $3",
        [call_id.into(), key.into()],
    );
    let row = tenant.connection.query_one_raw(select).await?;
    Ok(row.map(|row| row.try_get("", "result")).transpose()?)
}

/// Notes what a tool did. The call must be locked, so that two that ask the same wait for each other.
pub async fn add_effect(
    tenant: Tenant<'_, Tx>,
    call_id: &str,
    key: &str,
    result: Json,
    at: i64,
) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO call_effects (workspace_id, call_id, key, result, created_at) VALUES ($1, $2, $3, $4, $5)",
        [call_id.into(), key.into(), result.into(), at.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    Ok(())
}

/// Notes a wrong code.
pub async fn add_wrong_code(
    tenant: Tenant<'_, Tx>,
    id: &str,
    call_id: &str,
    caller: &str,
    at: i64,
) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO call_wrong_codes (workspace_id, id, call_id, caller, at) VALUES ($1, $2, $3, $4, $5)",
        [id.into(), call_id.into(), caller.into(), at.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    Ok(())
}

/// How many wrong codes came from a caller since a moment, in whichever calls; counted up to 100.
pub async fn wrong_codes<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    caller: &str,
    since: i64,
) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS total FROM (SELECT 1 AS one FROM call_wrong_codes \
         WHERE workspace_id = $1 AND caller = $2 AND at >= $3 LIMIT 100) AS hits";
    crate::listing::number(tenant, sql, vec![caller.into(), since.into()]).await
}

/// Adds a token with which a stream of this call opens once.
pub async fn add_token(
    tenant: Tenant<'_, Tx>,
    call_id: &str,
    token_hash: &str,
    expires_at: i64,
) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO call_tokens (token_hash, workspace_id, call_id, expires_at) VALUES ($2, $1, $3, $4)",
        [token_hash.into(), call_id.into(), expires_at.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    Ok(())
}

/// Removes what was said in a call and what was found out from it; times, cost and counts stay.
pub async fn erase(tenant: Tenant<'_, Tx>, call: &Call) -> Result<(), StoreError> {
    for table in ["call_turns", "call_effects", "conversation_analyses", "call_tokens", "call_wrong_codes"] {
        let sql = format!("DELETE FROM {table} WHERE workspace_id = $1 AND call_id = $2");
        tenant.connection.execute_raw(tenant.statement(&sql, [call.id.as_str().into()])).await?;
    }
    let stays = tenant.statement(
        "UPDATE agent_interactions SET tool_calls = $3, handoff_reason = NULL WHERE workspace_id = $1 AND call_id = $2",
        [call.id.as_str().into(), Json::Array(Vec::new()).into()],
    );
    tenant.connection.execute_raw(stays).await?;
    crate::search::forget(tenant, crate::search::CALL, &call.id).await
}
