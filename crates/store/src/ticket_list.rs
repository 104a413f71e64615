//! The list of tickets: filters from enumerations to bound parameters, keyset paging, one statement.

use patchcord_domain::sla::{ClockKind, ClockView, Stored};
use patchcord_domain::ticket::{Channel, Priority, Status};
use patchcord_domain::time::Millis;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};
use serde_json::Value as Json;

use crate::by_position::by_position;
use crate::search::{Joined, ticket_condition, words_query};
use crate::{StoreError, Tenant};

/// Which tickets, in which order, from where.
#[derive(Debug, Clone)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the lists below.
    pub statuses: Vec<Status>,
    /// Any of these.
    pub priorities: Vec<Priority>,
    /// Any of these.
    pub channels: Vec<Channel>,
    /// Any of these.
    pub product_areas: Vec<String>,
    /// Any of these support agents; `None` in the list stands for tickets without one.
    pub assignees: Vec<Option<String>>,
    /// Any of these.
    pub organizations: Vec<String>,
    /// Any of these.
    pub contacts: Vec<String>,
    /// At least one of these tags.
    pub tags: Vec<String>,
    /// By the service-level clocks.
    pub sla: Option<Sla>,
    /// Opened at or after.
    pub created_from: Option<Millis>,
    /// Opened before.
    pub created_to: Option<Millis>,
    /// Resolved at or after.
    pub resolved_from: Option<Millis>,
    /// Resolved before.
    pub resolved_to: Option<Millis>,
    /// Words that number, subject or messages must have.
    pub words: Option<String>,
    /// By what the list is ordered; the id breaks ties.
    pub sort: Sort,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The row after which the page begins: its sort value and id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
    /// The present moment, for the service-level clocks.
    pub now: Millis,
}

/// A filter by the service-level clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sla {
    /// A clock ran out, whether or not it has ended since.
    Breached,
    /// A clock runs and ends within the next hour.
    DueSoon,
}

/// What a list may be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// When it was opened.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// Its number.
    Number,
    /// How urgent it is.
    Priority,
}

impl Sort {
    fn sql(self) -> &'static str {
        match self {
            Sort::CreatedAt => "t.created_at",
            Sort::UpdatedAt => "t.updated_at",
            Sort::Number => "t.number",
            Sort::Priority => "CASE t.priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub number: i64,
    pub subject: String,
    pub status: String,
    pub priority: String,
    pub channel: String,
    pub product_area: Option<String>,
    pub category: Option<String>,
    pub tags: Json,
    pub sentiment: Option<String>,
    pub message_count: i64,
    pub last_message_at: Option<i64>,
    pub first_response_due_at: Option<i64>,
    pub resolution_due_at: Option<i64>,
    pub first_responded_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub sla_breached_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub organization_id: Option<String>,
    pub organization_name: Option<String>,
    pub contact_id: Option<String>,
    pub contact_name: Option<String>,
    pub assignee_id: Option<String>,
    pub assignee_name: Option<String>,
    pub assignee_kind: Option<String>,
    pub assignee_user_id: Option<String>,
    pub business_hours_only: Option<bool>,
    pub first_response_minutes: Option<i64>,
    pub first_response_halted_at: Option<i64>,
    pub first_response_done_at: Option<i64>,
    pub first_response_breached_at: Option<i64>,
    pub resolution_minutes: Option<i64>,
    pub resolution_halted_at: Option<i64>,
    pub resolution_done_at: Option<i64>,
    pub resolution_breached_at: Option<i64>,
    /// The value that the list is ordered by; it goes into the cursor.
    pub sort_value: i64,
    /// The clocks as they look now; whoever reads the list fills them in.
    pub clocks: Vec<ClockView>,
}

impl Line {
    /// What is stored of the ticket's clocks.
    pub fn stored_clocks(&self) -> Vec<Stored> {
        let first = self.first_response_minutes.map(|minutes| Stored {
            kind: ClockKind::FirstResponse,
            minutes,
            due_at: self.first_response_due_at,
            halted_at: self.first_response_halted_at,
            done_at: self.first_response_done_at,
            breached_at: self.first_response_breached_at,
        });
        let second = self.resolution_minutes.map(|minutes| Stored {
            kind: ClockKind::Resolution,
            minutes,
            due_at: self.resolution_due_at,
            halted_at: self.resolution_halted_at,
            done_at: self.resolution_done_at,
            breached_at: self.resolution_breached_at,
        });
        first.into_iter().chain(second).collect()
    }
}

by_position!(Line {
    id: "t.id",
    number: "t.number",
    subject: "t.subject",
    status: "t.status",
    priority: "t.priority",
    channel: "t.channel",
    product_area: "t.product_area",
    category: "t.category",
    tags: "t.tags",
    sentiment: "t.sentiment",
    message_count: "t.message_count",
    last_message_at: "t.last_message_at",
    first_response_due_at: "t.first_response_due_at",
    resolution_due_at: "t.resolution_due_at",
    first_responded_at: "t.first_responded_at",
    resolved_at: "t.resolved_at",
    closed_at: "t.closed_at",
    sla_breached_at: "t.sla_breached_at",
    version: "t.version",
    created_at: "t.created_at",
    updated_at: "t.updated_at",
    organization_id: "t.organization_id",
    organization_name: "o.name",
    contact_id: "t.contact_id",
    contact_name: "c.name",
    assignee_id: "t.assignee_id",
    assignee_name: "a.name",
    assignee_kind: "a.kind",
    assignee_user_id: "a.user_id",
    business_hours_only: "l.business_hours_only",
    first_response_minutes: "l.first_response_minutes",
    first_response_halted_at: "l.first_response_halted_at",
    first_response_done_at: "l.first_response_done_at",
    first_response_breached_at: "l.first_response_breached_at",
    resolution_minutes: "l.resolution_minutes",
    resolution_halted_at: "l.resolution_halted_at",
    resolution_done_at: "l.resolution_done_at",
    resolution_breached_at: "l.resolution_breached_at",
} sort_value; clocks);

const JOINS: &str = "LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id \
    LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id \
    LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id \
    LEFT JOIN ticket_slas l ON l.workspace_id = t.workspace_id AND l.ticket_id = t.id";

/// The page of tickets.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(mut conditions) = Conditions::of(tenant.connection.get_database_backend(), query) else {
        return Ok(Vec::new());
    };
    let key = query.sort.sql();
    if let Some((value, id)) = &query.after {
        let than = if query.descending { "<" } else { ">" };
        let (value, id) = (conditions.bind(*value), conditions.bind(id.as_str()));
        conditions.push(format!("({key}, t.id) {than} ({value}, {id})"));
    }
    let direction = if query.descending { "DESC" } else { "ASC" };
    // Numbers of our own, not parameters: only so does PostgreSQL know how few rows are wanted, and keeps the plan.
    let [limit, offset] = [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let offset = if offset == 0 { String::new() } else { format!(" OFFSET {offset}") };
    let sql = format!(
        "SELECT {} CAST({key} AS BIGINT) FROM tickets t {JOINS} WHERE {} \
         ORDER BY {key} {direction}, t.id {direction} LIMIT {limit}{offset}",
        Line::COLUMNS,
        conditions.sql.join(" AND ")
    );
    Ok(Line::find_by_statement(tenant.statement(&sql, conditions.values)).all(tenant.connection).await?)
}

/// How many tickets fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(conditions) = Conditions::of(tenant.connection.get_database_backend(), query) else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) AS total FROM tickets t WHERE {}", conditions.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, conditions.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
struct Conditions {
    backend: DbBackend,
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing can fit: a search without a single word.
    fn of(backend: DbBackend, query: &Query) -> Option<Self> {
        let mut all = Self { backend, sql: vec!["t.workspace_id = $1".to_owned()], values: Vec::new() };
        all.any_of("t.status", query.statuses.iter().map(|value| value.as_str()));
        all.any_of("t.priority", query.priorities.iter().map(|value| value.as_str()));
        all.any_of("t.channel", query.channels.iter().map(|value| value.as_str()));
        all.any_of("t.product_area", query.product_areas.iter().map(String::as_str));
        all.any_of("t.organization_id", query.organizations.iter().map(String::as_str));
        all.any_of("t.contact_id", query.contacts.iter().map(String::as_str));
        all.assignees(&query.assignees);
        all.tags(&query.tags);
        all.bound("t.created_at", ">=", query.created_from);
        all.bound("t.created_at", "<", query.created_to);
        all.bound("t.resolved_at", ">=", query.resolved_from);
        all.bound("t.resolved_at", "<", query.resolved_to);
        all.sla(query);
        if let Some(words) = &query.words {
            let text = words_query(backend, words, Joined::All)?;
            let placeholder = all.bind(text);
            all.push(ticket_condition(backend, &placeholder));
        }
        Some(all)
    }

    fn push(&mut self, condition: String) {
        self.sql.push(condition);
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    fn any_of<'v>(&mut self, column: &str, values: impl Iterator<Item = &'v str>) {
        let places: Vec<String> = values.map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    fn assignees(&mut self, assignees: &[Option<String>]) {
        let places: Vec<String> = assignees.iter().flatten().map(|id| self.bind(id.as_str())).collect();
        let mut either = Vec::new();
        if !places.is_empty() {
            either.push(format!("t.assignee_id IN ({})", places.join(", ")));
        }
        if assignees.contains(&None) {
            either.push("t.assignee_id IS NULL".to_owned());
        }
        if !either.is_empty() {
            self.push(format!("({})", either.join(" OR ")));
        }
    }

    fn tags(&mut self, tags: &[String]) {
        let either: Vec<String> = tags
            .iter()
            .map(|tag| {
                if self.backend == DbBackend::Postgres {
                    let place = self.bind(Json::from(vec![tag.as_str()]));
                    format!("t.tags @> {place}")
                } else {
                    let place = self.bind(tag.as_str());
                    format!("EXISTS (SELECT 1 FROM json_each(t.tags) WHERE json_each.value = {place})")
                }
            })
            .collect();
        if !either.is_empty() {
            self.push(format!("({})", either.join(" OR ")));
        }
    }

    fn bound(&mut self, column: &str, than: &str, at: Option<Millis>) {
        if let Some(at) = at {
            let place = self.bind(at);
            self.push(format!("{column} {than} {place}"));
        }
    }

    fn sla(&mut self, query: &Query) {
        match query.sla {
            None => {}
            Some(Sla::Breached) => self.push("t.sla_breached_at IS NOT NULL".to_owned()),
            Some(Sla::DueSoon) => {
                let now = self.bind(query.now);
                let soon = self.bind(query.now + patchcord_domain::time::HOUR);
                self.push(format!(
                    "t.id IN (SELECT s.ticket_id FROM ticket_slas s WHERE s.workspace_id = $1 \
                     AND s.due_at BETWEEN {now} AND {soon})"
                ));
            }
        }
    }
}
