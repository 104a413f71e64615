//! Calls: the list with its filters, those in progress, and one with the names around it.

use std::ops::Range;

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::search::{self, Joined, of_kind, words_query};
use crate::{StoreError, Tenant};

/// Most calls in progress that are shown at once.
const LIVE_MAX: i64 = 500;

/// Which calls, by when they began.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the lists below.
    pub statuses: Vec<&'static str>,
    /// REALTIME, RELAY.
    pub engines: Vec<&'static str>,
    /// What became of the caller's problem.
    pub resolutions: Vec<&'static str>,
    /// positive, neutral, negative.
    pub sentiments: Vec<String>,
    /// Of any of these organizations.
    pub organizations: Vec<String>,
    /// From any of these contacts.
    pub contacts: Vec<String>,
    /// About any of these devices.
    pub devices: Vec<String>,
    /// About any of these tickets.
    pub tickets: Vec<String>,
    /// Calls that any of these voice agents had.
    pub agents: Vec<String>,
    /// Calls that any of these voice agents handed on to another one.
    pub handed_on_by: Vec<String>,
    /// Only those that were, or were not, handed to a person.
    pub was_escalated: Option<bool>,
    /// Began at or after.
    pub from: Option<i64>,
    /// Began before.
    pub to: Option<i64>,
    /// Began within any of these spans, when there are any.
    pub within: Option<Vec<Range<i64>>>,
    /// Words that the transcript must have; the last may be the beginning of one.
    pub words: Option<String>,
    /// The oldest first.
    pub ascending: bool,
    /// The call after which the page begins: when it began, and its id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// A call as lists show it.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub provider: String,
    pub provider_call_sid: String,
    pub caller_phone: Option<String>,
    pub from_number: String,
    pub to_number: String,
    pub organization_id: Option<String>,
    pub organization_name: Option<String>,
    pub contact_id: Option<String>,
    pub contact_name: Option<String>,
    pub device_id: Option<String>,
    pub device_name: Option<String>,
    pub identified_by: String,
    pub verification: String,
    pub status: String,
    pub engine: String,
    pub model: Option<String>,
    pub current_agent: Option<String>,
    pub started_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub duration_seconds: Option<i64>,
    pub ai_resolution: String,
    pub was_escalated: bool,
    pub call_summary: Option<String>,
    pub sentiment: Option<String>,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<i64>,
    pub ticket_subject: Option<String>,
    pub recording_key: Option<String>,
    pub first_sound_ms: Option<i64>,
    pub interruptions: i64,
    pub frames_late: i64,
    pub frames_lost: i64,
    pub bridge_added_ms: Option<i64>,
    pub resume_count: i64,
    pub turn_count: i64,
    pub started_by_user_id: Option<String>,
    pub erased_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

const SELECT: &str = "SELECT c.id, c.provider, c.provider_call_sid, c.caller_phone, c.from_number, c.to_number, \
    c.organization_id, o.name AS organization_name, c.contact_id, p.name AS contact_name, c.device_id, \
    d.name AS device_name, c.identified_by, c.verification, c.status, c.engine, c.model, c.current_agent, c.started_at, \
    c.answered_at, c.ended_at, c.duration_seconds, c.ai_resolution, c.was_escalated, c.call_summary, c.sentiment, \
    c.ticket_id, t.number AS ticket_number, t.subject AS ticket_subject, c.recording_key, c.first_sound_ms, \
    c.interruptions, c.frames_late, c.frames_lost, c.bridge_added_ms, c.resume_count, c.turn_count, \
    c.started_by_user_id, c.erased_at, c.version, c.created_at, c.updated_at FROM calls c \
    LEFT JOIN organizations o ON o.workspace_id = c.workspace_id AND o.id = c.organization_id \
    LEFT JOIN contacts p ON p.workspace_id = c.workspace_id AND p.id = c.contact_id \
    LEFT JOIN devices d ON d.workspace_id = c.workspace_id AND d.id = c.device_id \
    LEFT JOIN tickets t ON t.workspace_id = c.workspace_id AND t.id = c.ticket_id";

/// The page of calls.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(mut all) = Conditions::of(tenant.connection.get_database_backend(), query) else { return Ok(Vec::new()) };
    let (direction, beyond) = if query.ascending { ("ASC", ">") } else { ("DESC", "<") };
    if let Some((at, id)) = &query.after {
        let (at, id) = (all.bind(*at), all.bind(id.as_str()));
        all.sql.push(format!("(c.started_at, c.id) {beyond} ({at}, {id})"));
    }
    // Numbers of our own, not parameters: only so does PostgreSQL know how few rows are wanted.
    let [limit, offset] = [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let sql = format!(
        "{SELECT} WHERE {} ORDER BY c.started_at {direction}, c.id {direction} LIMIT {limit} OFFSET {offset}",
        all.sql.join(" AND ")
    );
    Ok(Line::find_by_statement(tenant.statement(&sql, all.values)).all(tenant.connection).await?)
}

/// How many calls fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = Conditions::of(tenant.connection.get_database_backend(), query) else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) AS total FROM calls c WHERE {}", all.sql.join(" AND "));
    crate::listing::number(tenant, &sql, all.values).await
}

/// Calls in progress on every node, the oldest first.
pub async fn live<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Vec<Line>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE c.workspace_id = $1 AND c.ended_at IS NULL ORDER BY c.started_at, c.id LIMIT {LIVE_MAX}"
    );
    Ok(Line::find_by_statement(tenant.statement(&sql, [])).all(tenant.connection).await?)
}

/// How many calls are in progress.
pub async fn live_count<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS total FROM calls WHERE workspace_id = $1 AND ended_at IS NULL";
    crate::listing::number(tenant, sql, Vec::new()).await
}

/// One call as a line of the list.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    let sql = format!("{SELECT} WHERE c.workspace_id = $1 AND c.id = $2");
    Ok(Line::find_by_statement(tenant.statement(&sql, [id.into()])).one(tenant.connection).await?)
}

struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing can fit.
    fn of(backend: DbBackend, query: &Query) -> Option<Self> {
        let mut all = Self { sql: vec!["c.workspace_id = $1".to_owned()], values: Vec::new() };
        all.any_of("c.status", query.statuses.iter().copied());
        all.any_of("c.engine", query.engines.iter().copied());
        all.any_of("c.ai_resolution", query.resolutions.iter().copied());
        all.any_of("c.sentiment", query.sentiments.iter().map(String::as_str));
        all.any_of("c.organization_id", query.organizations.iter().map(String::as_str));
        all.any_of("c.contact_id", query.contacts.iter().map(String::as_str));
        all.any_of("c.device_id", query.devices.iter().map(String::as_str));
        all.any_of("c.ticket_id", query.tickets.iter().map(String::as_str));
        all.stays_of(&query.agents, "");
        all.stays_of(&query.handed_on_by, " AND i.outcome = 'HANDED_OFF'");
        match query.was_escalated {
            Some(true) => all.sql.push("c.was_escalated".to_owned()),
            Some(false) => all.sql.push("NOT c.was_escalated".to_owned()),
            None => {}
        }
        if let Some(from) = query.from {
            let place = all.bind(from);
            all.sql.push(format!("c.started_at >= {place}"));
        }
        if let Some(to) = query.to {
            let place = all.bind(to);
            all.sql.push(format!("c.started_at < {place}"));
        }
        if let Some(spans) = &query.within {
            let each: Vec<String> = spans
                .iter()
                .map(|span| {
                    let (from, to) = (all.bind(span.start), all.bind(span.end));
                    format!("c.started_at >= {from} AND c.started_at < {to}")
                })
                .collect();
            if each.is_empty() {
                return None;
            }
            all.sql.push(format!("({})", each.join(" OR ")));
        }
        if let Some(words) = &query.words {
            let text = of_kind(backend, search::CALL, &words_query(backend, words, Joined::All)?);
            let place = all.bind(text);
            all.sql.push(search::condition(backend, "c.id", search::CALL, &place));
        }
        Some(all)
    }

    /// Only calls with a stay of one of these voice agents that fits the condition.
    fn stays_of(&mut self, agents: &[String], condition: &str) {
        if agents.is_empty() {
            return;
        }
        let places: Vec<String> = agents.iter().map(|agent| self.bind(agent.as_str())).collect();
        // With the limit SQLite does not join the stays to the calls, after which an offset counts a call twice.
        self.sql.push(format!(
            "EXISTS (SELECT 1 FROM agent_interactions i WHERE i.workspace_id = c.workspace_id AND i.call_id = c.id \
             AND i.agent IN ({}){condition} LIMIT 1)",
            places.join(", ")
        ));
    }

    fn any_of<'v>(&mut self, column: &str, values: impl Iterator<Item = &'v str>) {
        let places: Vec<String> = values.map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.sql.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }
}
