//! Calls in figures: how content callers were and what became of them, and what each voice agent did.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{StoreError, Tenant};

/// Days of every time zone begin at the beginning of a quarter of an hour, in milliseconds.
pub const QUARTER: i64 = 15 * 60_000;
/// Most lines that are read: more than a hundred days can have quarters, moods and outcomes.
const TALLIES_MAX: i64 = 200_000;
/// Most voice agents.
const AGENTS_MAX: i64 = 100;

/// Calls of a quarter of an hour that ended alike.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Tally {
    /// The quarter in which they began, counted from 1970.
    pub quarter: i64,
    /// positive, neutral, negative; none when nothing was said.
    pub sentiment: Option<String>,
    /// What became of the callers' problems.
    pub ai_resolution: String,
    /// How many.
    pub calls: i64,
}

/// What a voice agent did.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct AgentWork {
    /// Such as `printer_agent`.
    pub agent: String,
    /// Calls that it had.
    pub calls: i64,
    /// Of those calls, the ones that the voice agents resolved.
    pub resolved: i64,
    /// Of those calls, the ones that were handed to a person.
    pub escalated: i64,
    /// How often it had a call.
    pub stays: i64,
    /// What was said meanwhile, by either side.
    pub turns: i64,
    /// How long it had them together, in milliseconds; stays that last count when they end.
    pub ms: i64,
    /// Stays that ended with another agent.
    pub handed_off: i64,
}

/// Calls that began within a span, counted by quarter, mood and outcome, the oldest first.
pub async fn tallies<C: ConnectionTrait>(tenant: Tenant<'_, C>, from: i64, to: i64) -> Result<Vec<Tally>, StoreError> {
    let sql = format!(
        "SELECT c.started_at / {QUARTER} AS quarter, c.sentiment, c.ai_resolution, COUNT(*) AS calls FROM calls c \
         WHERE c.workspace_id = $1 AND c.started_at >= $2 AND c.started_at < $3 \
         GROUP BY c.started_at / {QUARTER}, c.sentiment, c.ai_resolution \
         ORDER BY quarter LIMIT {TALLIES_MAX}"
    );
    Ok(Tally::find_by_statement(tenant.statement(&sql, [from.into(), to.into()])).all(tenant.connection).await?)
}

/// What each voice agent did in the calls that began within a span; who had most calls is first.
pub async fn agents<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    from: i64,
    to: i64,
) -> Result<Vec<AgentWork>, StoreError> {
    let sql = format!(
        "SELECT i.agent, COUNT(DISTINCT i.call_id) AS calls, \
         COUNT(DISTINCT CASE WHEN c.ai_resolution = 'RESOLVED' THEN i.call_id END) AS resolved, \
         COUNT(DISTINCT CASE WHEN c.was_escalated THEN i.call_id END) AS escalated, \
         COUNT(*) AS stays, CAST(SUM(i.turns) AS BIGINT) AS turns, \
         CAST(COALESCE(SUM(i.left_at - i.entered_at), 0) AS BIGINT) AS ms, \
         COUNT(CASE WHEN i.outcome = 'HANDED_OFF' THEN 1 END) AS handed_off \
         FROM calls c CROSS JOIN agent_interactions i \
         WHERE c.workspace_id = $1 AND c.started_at >= $2 AND c.started_at < $3 \
         AND i.workspace_id = $1 AND i.call_id = c.id \
         GROUP BY i.agent ORDER BY calls DESC, i.agent LIMIT {AGENTS_MAX}"
    );
    Ok(AgentWork::find_by_statement(tenant.statement(&sql, [from.into(), to.into()])).all(tenant.connection).await?)
}
